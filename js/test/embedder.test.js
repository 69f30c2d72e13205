'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { setTimeout: sleep } = require('node:timers/promises');
const { join } = require('node:path');
const nexus = require('..');
const { code, folder, memories, run, storeOf } = require('./help.js');

// Vectors by the letters of a text: enough to tell texts apart.
function letters(text) {
  const v = new Float32Array(26);
  for (const c of text.toLowerCase()) if (c >= 'a' && c <= 'z') v[c.charCodeAt(0) - 97]++;
  v[0] += 0.01;
  return v;
}
const embedder = (embed) => ({ name: 'letters-1', dim: 26, embed });

test('an embedder may answer now or later, flat or in rows', async (t) => {
  const forms = [
    (texts) => texts.map(letters), async (texts) => texts.map((x) => Array.from(letters(x))),
    (texts) => Float32Array.from(texts.flatMap((x) => [...letters(x)])), async (texts) => { await sleep(2); return texts.map(letters); },
  ];
  for (const embed of forms) {
    const db = await storeOf(t, { embedder: embedder(embed) });
    await db.add(memories(300).map((m) => m.text));
    await db.add('zzzz qqqq');
    const { hits, engines } = await db.query({ text: 'qz', engines: ['vector'], k: 1 });
    assert.deepEqual([hits[0].text, engines[0].state], ['zzzz qqqq', 'used']);
    await db.close();
  }
});

test('what an embedder throws or rejects with is the error, and nothing is added', async (t) => {
  let embed;
  const db = await storeOf(t, { embedder: embedder((texts) => embed(texts)) });
  const wrong = [
    [() => { throw new Error('no model'); }, 'unavailable', /no model/], [async () => { throw new nexus.NexusError('rate limited', 'slow down'); }, 'rate limited', /slow down/],
    [() => Promise.reject('just text'), 'unavailable', /just text/], [() => [[1, 2]], 'dimension', /2 numbers/], [() => new Float32Array(3), 'dimension', /3 numbers/],
    [() => [], 'invalid', /0 vectors/], [() => 'odd', 'unavailable', /embedder/], [() => undefined, 'unavailable', /embedder/], [(texts) => texts.map(() => new Float32Array(26).fill(NaN)), 'invalid', /finite/],
  ];
  for (const [how, want, message] of wrong) {
    embed = how;
    const error = await db.add('a text').then(() => assert.fail(String(how)), (e) => e);
    assert.ok(code(want)(error) && message.test(error.message), `${how}: ${error.code} ${error.message}`);
  }
  assert.equal((await db.stats()).memories, 0);
  embed = (texts) => texts.map(letters);
  assert.equal(await db.add('a text'), 1);
  embed = () => { throw new Error('no model'); };
  const answer = await db.query('a text');
  assert.deepEqual(answer.engines.map((e) => e.state), ['used', 'failed']);
  assert.match(answer.engines[1].note, /no model/);
});

test('plain calls that would wait for themselves throw instead', async (t) => {
  const db = await storeOf(t, { embedder: embedder((texts) => texts.map(letters)) });
  await db.add('a text');
  for (const call of [() => db.addSync('b'), () => db.addSync([{ text: 'b', vector: letters('b') }, 'c']), () => db.querySync('a'), () => db.querySync({ text: 'a' }), () => db.importSync('x')])
    assert.throws(call, code('unsupported'));
  assert.throws(() => nexus.openSync(join(folder(t), 's'), { embedder: embedder(() => []) }), code('unsupported'));
  assert.throws(() => nexus.attach(db.handle).querySync('a'), code('unsupported'));
  assert.equal(db.addSync({ text: 'b', vector: letters('b') }), 2);
  assert.equal(db.querySync({ text: 'b', vector: letters('b'), k: 1 }).hits[0].id, 2);
  assert.equal(db.getSync(1).text, 'a text');
});

test('an embedder without a function keeps the vectors that are brought', async (t) => {
  const db = await storeOf(t, { embedder: { name: 'elsewhere-1', dim: 26 } });
  assert.equal(db.addSync({ text: 'a', vector: letters('a') }), 1);
  await assert.rejects(db.add('b'), code('unsupported'));
  assert.equal(db.statsSync().vectors, 'elsewhere-1');
});

test('another embedder is refused', async (t) => {
  const path = join(folder(t), 'store');
  const db = await nexus.open(path, { embedder: embedder((texts) => texts.map(letters)) });
  await db.add('a');
  await db.close();
  await assert.rejects(nexus.open(path, { embedder: { ...embedder(() => []), name: 'other' } }), code('dimension'));
});

test('many calls embed at once while the embedder needs the pool itself', async (t) => {
  const { readFile } = require('node:fs/promises');
  const db = await storeOf(t, { embedder: embedder(async (texts) => { await readFile(__filename); return texts.map(letters); }) });
  const ids = await Promise.all(memories(200).map((m) => db.add(m)));
  assert.equal(new Set(ids).size, 200);
  const answers = await Promise.all(Array.from({ length: 200 }, () => db.query('guitar in oslo')));
  assert.ok(answers.every((a) => a.engines.every((e) => e.state === 'used')));
});

test('closing under an embedder that never answers ends the call', async (t) => {
  const db = await storeOf(t, { embedder: embedder(() => new Promise(() => {})) });
  const adding = db.add('a').catch((e) => e);
  await sleep(20);
  db.closeSync();
  assert.ok(code('cancelled')(await adding));
});

test('the process ends while an embedder never answers', (t) => {
  for (const end of ['process.exit(7)', 'setTimeout(() => process.exit(7), 30)', 'setTimeout(() => { throw 1; }, 30)']) {
    const { status, signal } = run(`nexus.open(process.argv[1], { embedder: { name: 'n', dim: 2, embed: () => new Promise(() => {}) } })
      .then((db) => { for (let i = 0; i < 20; i++) db.add('a'); ${end} })`, [join(folder(t), 's')]);
    assert.equal(signal, null, end);
    assert.equal(status, end.includes('throw') ? 1 : 7, end);
  }
});

test('a budget leaves a slow embedder behind', async (t) => {
  let slow = false;
  const db = await storeOf(t, { embedder: embedder(async (texts) => { if (slow) await sleep(300); return texts.map(letters); }) });
  await db.add('a text');
  slow = true;
  const answer = await db.query({ text: 'text', budgetMs: 30 });
  assert.equal(answer.engines.find((e) => e.name === 'vector').state, 'late');
});

test('a close ends the wait for an embedder that never answers', async (t) => {
  const db = await storeOf(t, { embedder: embedder(() => new Promise(() => {})) });
  const adding = assert.rejects(db.add('a'), code('cancelled'));
  await sleep(20);
  await db.close();
  await adding;
});

test('anything may be thrown, and a getter that changes its mind does not block the thread', async (t) => {
  const db = await storeOf(t, { embedder: embedder(() => { throw { get message() { throw 1; } }; }) });
  await assert.rejects(db.add('a'), code('unavailable'));
  let reads = 0;
  const fickle = { text: 'a', get vector() { return reads++ ? undefined : new Float32Array(26).fill(1); } };
  db.addSync(fickle);
  assert.throws(() => db.addSync(fickle), code('unsupported'));
  assert.throws(() => db.querySync(fickle), code('unsupported'));
});
