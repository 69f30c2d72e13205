'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { Worker } = require('node:worker_threads');
const { join } = require('node:path');
const nexus = require('..');
const { folder, memories, run, store, storeOf } = require('./help.js');

// Runs a program in a worker; its last value comes back.
function worker(program, workerData) {
  const source = `const nexus = require(${JSON.stringify(join(__dirname, '..'))});
    const { parentPort, workerData } = require('node:worker_threads');
    (async () => { ${program} })().then((value) => parentPort.postMessage({ value }), (error) => parentPort.postMessage({ error: String(error.stack) }));`;
  const thread = new Worker(source, { eval: true, workerData });
  const value = new Promise((resolve, reject) => {
    thread.on('error', reject);
    thread.on('message', ({ value, error }) => (error ? reject(new Error(error)) : resolve(value)));
  });
  const exit = new Promise((resolve) => thread.on('exit', resolve));
  return { exit, thread, value };
}

test('four workers have stores of their own at once', async (t) => {
  const dir = folder(t);
  const program = `
    const db = await nexus.open(workerData.path);
    await db.add(workerData.list);
    let hits = 0;
    for (let i = 0; i < 200; i++) hits += db.querySync('guitar in oslo').hits.length + (await db.query('peanut')).hits.length;
    await db.close();
    return hits;`;
  const all = [1, 2, 3, 4].map((i) => worker(program, { path: join(dir, `s${i}`), list: memories(100) }));
  for (const { exit, value } of all) assert.deepEqual([await value, await exit], [3200, 0]);
});

test('four workers share one store by its handle', async (t) => {
  const db = store(t);
  db.addSync(memories(100));
  const program = `
    const db = nexus.attach(workerData.handle);
    for (let i = 0; i < 100; i++) { db.querySync('guitar'); await db.query('peanut'); await db.add('from a worker ' + workerData.n + ' ' + i); }
    return db.isOpen;`;
  const all = [1, 2, 3, 4].map((n) => worker(program, { handle: db.handle, n }));
  for (const { exit, value } of all) assert.deepEqual([await value, await exit], [true, 0]);
  assert.equal(db.isOpen, true, 'a worker that shares a store does not close it');
  assert.equal(db.statsSync().memories, 500);
});

test('a worker embeds through the thread that opened the store', async (t) => {
  const seen = [];
  const db = await storeOf(t, { embedder: { name: 'n', dim: 2, embed: async (texts) => (seen.push(...texts), texts.map((x) => [x.length, 1])) } });
  const { value } = worker(`const db = nexus.attach(workerData); const id = await db.add('abc'); return [id, db.querySync('de').engines[1].state];`, db.handle);
  assert.deepEqual(await value, [1, 'used']);
  assert.deepEqual(seen, ['abc', 'de']);
});

test('a worker that ends closes its stores', async (t) => {
  const path = join(folder(t), 'store');
  const { exit, value } = worker(`const db = await nexus.open(workerData); await db.add('kept'); return db.handle;`, path);
  const handle = await value;
  await exit;
  assert.throws(() => nexus.attach(handle), { code: 'closed' });
  const db = nexus.openSync(path);
  assert.equal(db.getSync(1).text, 'kept');
  db.closeSync();
});

test('a worker may be terminated in the middle of everything', async (t) => {
  const dir = folder(t);
  const program = `
    const db = await nexus.open(workerData.path + '/a');
    const own = await nexus.open(workerData.path + '/b', { embedder: { name: 'n', dim: 2, embed: () => new Promise(() => {}) } });
    await db.add(workerData.list);
    const { signal } = new AbortController();
    for (let i = 0; i < 500; i++) { db.query('guitar').catch(() => {}); db.query('peanut', { signal }).catch(() => {}); db.add('x').catch(() => {}); own.add('y').catch(() => {}); }
    parentPort.postMessage({ value: 'busy' });
    for (;;) { db.querySync('guitar'); await db.query('peanut'); }`;
  for (let i = 0; i < 5; i++) {
    const { thread, value } = worker(program, { path: join(dir, `s${i}`), list: memories(100) });
    await value;
    await thread.terminate();
    nexus.openSync(join(dir, `s${i}`, 'a')).closeSync(); // not locked any more
  }
});

test('the process ends while workers share an embedder of the main thread', (t) => {
  const { status, signal } = run(`
    const { Worker } = require('node:worker_threads');
    nexus.open(process.argv[1], { embedder: { name: 'n', dim: 2, embed: () => new Promise(() => {}) } }).then((db) => {
      for (let i = 0; i < 3; i++) new Worker('const nexus = require(' + JSON.stringify(${JSON.stringify(join(__dirname, '..'))}) + '); const db = nexus.attach(require("node:worker_threads").workerData); db.add("a"); db.query("b");', { eval: true, workerData: db.handle });
      setTimeout(() => process.exit(3), 300);
    });`, [join(folder(t), 's')]);
  assert.deepEqual([status, signal], [3, null]);
});
