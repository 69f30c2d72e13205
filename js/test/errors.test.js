'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { join } = require('node:path');
const nexus = require('..');
const { code, folder, memories, store, storeOf } = require('./help.js');

test('an error has code, status, name and a message', async (t) => {
  const db = store(t);
  const error = await db.get(7).catch((e) => e);
  assert.ok(error instanceof nexus.NexusError && error instanceof Error);
  assert.deepEqual([error.name, error.code, error.status, error.retryable], ['NexusError', 'not found', 2, false]);
  assert.match(error.message, /not found/);
});

test('values of a wrong type are TypeErrors that name them', async (t) => {
  const db = store(t);
  const wrong = [
    [() => db.query(7), /query/], [() => db.query(null), /null/], [() => db.query({ text: 1 }), /text/], [() => db.query({ text: 'a', k: '3' }), /k/],
    [() => db.query({ vector: new Uint8Array(4) }), /vector/], [() => db.query({ vector: ['a'] }), /vector/], [() => db.query({ text: 'a', engines: 'lexical' }), /engines/],
    [() => db.query({ text: 'a', now: 5 }), /now/], [() => db.query({ text: 'a', singleEngine: 1 }), /singleEngine/], [() => db.query({ text: 'a', weights: [1] }), /weights/],
    [() => db.add(undefined), /memory/], [() => db.add({}), /text/], [() => db.add(['a', 5]), /memory 1/], [() => db.add({ text: 'a', key: null }), /key/],
    [() => db.add({ text: 'a', meta: [] }), /meta/], [() => db.add({ text: 'a', meta: { x: {} } }), /"x"/], [() => db.add({ text: 'a', meta: { x: [1] } }), /"x"/],
    [() => db.add({ text: 'a', time: '2024' }), /time/], [() => db.add({ text: 'a', importance: '1' }), /importance/],
    [() => db.get('1'), /id/], [() => db.delete([1, '2']), /id/], [() => db.getByKey(), /key/], [() => db.list(5).next(), /selection/], [() => db.deleteWhere(), /selection/], [() => db.deleteWhere({ filter: 5 }), /filter/],
    [() => db.export(), /path/], [() => db.import(5), /path/], [() => db.query('a', { signal: {} }), /signal/], [() => db.query('a', 5), /options/],
    [() => nexus.open(5), /path/], [() => nexus.open('x', { dim: 'y' }), /dim/], [() => nexus.open('x', { embedder: { name: 'a', dim: 3, embed: 5 } }), /embed/],
  ];
  for (const [call, names] of wrong) await assert.rejects(call, (e) => e instanceof TypeError && names.test(e.message), String(call));
  assert.throws(() => db.querySync(7), TypeError);
  assert.throws(() => db.addSync({ text: 5 }), TypeError);
  assert.throws(() => nexus.attach(5), TypeError);
});

test('half a surrogate pair is invalid wherever it stands', async (t) => {
  const db = store(t);
  const half = 'a\ud83d';
  for (const call of [
    () => db.add(half), () => db.add({ text: 'a', key: half }), () => db.add({ text: 'a', meta: { x: half } }), () => db.add({ text: 'a', meta: { [half]: 1 } }),
    () => db.add({ text: 'a', meta: { x: [half] } }), () => db.query(half), () => db.query({ text: 'a', user: half }), () => db.getByKey(half),
    () => db.list({ tenant: half }).next(), () => db.export(half), () => nexus.open(half),
  ]) await assert.rejects(call, code('invalid'), String(call));
});

test('values that cannot be are invalid', async (t) => {
  const db = store(t);
  for (const call of [
    () => db.query({}), () => db.query(''), () => db.query({ text: 'a', k: 1e9 }), () => db.query({ text: 'a', k: 1e300 }), () => db.query({ text: 'a', k: -1 }),
    () => db.query({ text: 'a', k: 129 }), () => db.query({ text: 'a', k: 1.5 }), () => db.query({ text: 'a', k: NaN }), () => db.query({ text: 'a', intent: 'toString' }),
    () => db.query({ text: 'a', weights: { relevance: 2 } }), () => db.query({ text: 'a', weights: { luck: 1 } }), () => db.query({ text: 'a', engines: ['none'] }),
    () => db.query({ text: 'a', budgetMs: -1 }), () => db.query({ text: 'a', budgetMs: Infinity }), () => db.query({ text: 'a', singleEngine: true }),
    () => db.query('a'.repeat(70_000)), () => db.query({ vector: [NaN] }), () => db.query({ text: 'a', now: new Date(NaN) }), () => db.query({ text: 'a', now: new Date(8.64e15) }).then(() => db.add({ text: 'a', time: new Date(8.64e15) })),
    () => db.add(''), () => db.add('x'.repeat(2 ** 20 + 1)), () => db.add({ text: 'a', importance: 2 }), () => db.add({ text: 'a', kind: 'eternal' }), () => db.add({ text: 'a', start: 5, end: 4 }),
    () => db.add({ text: 'a', meta: { x: Infinity } }), () => db.add({ text: 'a', meta: { '': 1 } }), () => db.add(memories(8193)), () => db.get(-1), () => db.get(1.5), () => db.get(2n ** 64n),
    () => db.import('x', { batch: -1 }), () => nexus.open(''),
  ]) await assert.rejects(call, code('invalid'), String(call));
  assert.equal(db.statsSync().memories, 0);
});

test('vectors of a wrong size, empty or detached are refused by type', async (t) => {
  const db = await storeOf(t, { dim: 4 });
  await db.add({ text: 'a', vector: [1, 2, 3, 4] });
  const detached = new Float32Array(4).fill(1);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  for (const vector of [new Float32Array(3).fill(1), new Float32Array(0), new Float32Array(5000).fill(1), detached]) {
    await assert.rejects(db.query({ vector }), code('dimension'));
    assert.throws(() => db.querySync({ vector }), code('dimension'));
    await assert.rejects(db.add({ text: 'a', vector }), code('dimension'));
  }
});

test('a closed store says so to every verb, and closing twice is harmless', async (t) => {
  const db = store(t);
  const listing = db.list();
  db.closeSync();
  db.closeSync();
  await db.close();
  assert.equal(db.isOpen, false);
  for (const call of [
    () => db.add('a'), () => db.query('a'), () => db.get(1), () => db.getByKey('k'), () => listing.next(), () => db.delete(1), () => db.stats(), () => db.verify(),
    () => db.compact(), () => db.export('x'), () => db.import('x'), async () => db.querySync('a'), async () => db.addSync('a'), async () => nexus.attach(db.handle),
  ]) await assert.rejects(call, code('closed'), String(call));
});

test('closing while questions run lets them end', async (t) => {
  const db = store(t);
  db.addSync(memories(500));
  const asked = Array.from({ length: 200 }, () => db.query('guitar in oslo').then((a) => a.hits.length, (e) => e.code));
  await db.close();
  for (const outcome of await Promise.all(asked)) assert.ok(outcome === 8 || outcome === 'closed', String(outcome));
});

test('opening what cannot be opened', async (t) => {
  const dir = folder(t);
  await assert.rejects(nexus.open(join(dir, 'none'), { readOnly: true }), code('not found'));
  const db = nexus.openSync(join(dir, 'store'));
  await assert.rejects(nexus.open(join(dir, 'store')), code('locked'));
  assert.throws(() => nexus.openSync(join(dir, 'x'), { dim: 5000 }), code('invalid'));
  await assert.rejects(nexus.open(join(dir, 'x'), { dim: 3, embedder: { name: '', dim: 3 } }));
  db.closeSync();
});

test('a handle that never was is refused', () => {
  assert.throws(() => nexus.attach(0n), code('closed'));
  assert.throws(() => nexus.attach(2n ** 63n), code('closed'));
});
