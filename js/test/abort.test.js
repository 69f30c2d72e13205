'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { join } = require('node:path');
const nexus = require('..');
const { code, folder, memories, store } = require('./help.js');

test('a signal that is aborted already rejects every verb, and nothing happens', async (t) => {
  const db = store(t);
  db.addSync('there');
  const signal = AbortSignal.abort(new Error('why'));
  const dir = folder(t);
  for (const call of [
    () => db.add('a', { signal }), () => db.query('a', { signal }), () => db.get(1, { signal }), () => db.getByKey('k', { signal }), () => db.list({}, { signal }).next(),
    () => db.delete(1, { signal }), () => db.stats({ signal }), () => db.verify({ signal }), () => db.compact({ signal }), () => db.export(join(dir, 'e'), { signal }),
    () => db.import(join(dir, 'i'), { signal }), () => nexus.open(join(dir, 's'), { signal }),
  ]) {
    const error = await call().then(() => assert.fail(String(call)), (e) => e);
    assert.deepEqual([error.code, error.name, error.cause?.message], ['cancelled', 'AbortError', 'why'], String(call));
  }
  assert.equal(db.statsSync().memories, 1);
});

test('aborting a long import ends it soon; what was committed stays', async (t) => {
  const [a, b, dir] = [store(t), store(t), folder(t)];
  a.addSync(memories(8000));
  await a.export(join(dir, 'all.jsonl'));
  const controller = new AbortController();
  const importing = b.import(join(dir, 'all.jsonl'), { batch: 1, signal: controller.signal });
  setTimeout(() => controller.abort(), 50);
  const error = await importing.catch((e) => e);
  assert.ok(code('cancelled')(error), String(error));
  assert.equal(error.cause, controller.signal.reason);
  const { memories: count } = b.statsSync();
  assert.ok(count < 8000, String(count));
  assert.equal((await b.verify()).bad, 0);
});

test('aborting is heard within 200 ms', async (t) => {
  const [a, b, dir] = [store(t), store(t), folder(t)];
  a.addSync(memories(8000));
  await a.export(join(dir, 'all.jsonl'));
  const controller = new AbortController();
  let aborted;
  setTimeout(() => { aborted = performance.now(); controller.abort(); }, 30);
  await assert.rejects(b.import(join(dir, 'all.jsonl'), { batch: 1, signal: controller.signal }), code('cancelled'));
  const took = performance.now() - aborted;
  assert.ok(took < 200, `${took} ms`);
});

test('more jobs than run at once wait their turn, and can be cancelled there', async (t) => {
  const db = store(t);
  db.addSync(memories(100));
  const controller = new AbortController();
  const { signal } = new AbortController();
  const first = Array.from({ length: 1500 }, () => db.query('guitar', { signal }));
  const last = Array.from({ length: 50 }, () => db.query('guitar', { signal: controller.signal }));
  controller.abort();
  for (const asked of last) await assert.rejects(asked, code('cancelled'));
  for (const answer of await Promise.all(first)) assert.equal(answer.hits.length, 8);
});

test('a signal after the end changes nothing', async (t) => {
  const db = store(t);
  const controller = new AbortController();
  const id = await db.add('kept', { signal: controller.signal });
  controller.abort();
  assert.equal(db.getSync(id).text, 'kept');
});

test('a listing stops at the page after the abort', async (t) => {
  const db = store(t);
  db.addSync(memories(1000));
  const controller = new AbortController();
  let seen = 0;
  await assert.rejects(async () => {
    for await (const m of db.list({}, { signal: controller.signal })) if (++seen === 10) controller.abort();
  }, code('cancelled'));
  assert.ok(seen < 1000);
});

test('a time limit is a signal', async (t) => {
  const [a, b, dir] = [store(t), store(t), folder(t)];
  a.addSync(memories(8000));
  await a.export(join(dir, 'all.jsonl'));
  const error = await b.import(join(dir, 'all.jsonl'), { batch: 1, signal: AbortSignal.timeout(20) }).catch((e) => e);
  assert.deepEqual([error.code, error.cause?.name], ['cancelled', 'TimeoutError']);
});
