'use strict';
// Memory stays flat. NEXUS_LEAK_ROUNDS=1000000 runs the long form.
const test = require('node:test');
const assert = require('node:assert/strict');
const { join } = require('node:path');
const { folder, run } = require('./help.js');

const ROUNDS = Number(process.env.NEXUS_LEAK_ROUNDS ?? 10_000);
const LONG = ROUNDS > 10_000;
const MIB = 8;

// Runs a loop body ROUNDS / share times after a warm-up of a quarter; what the resident set grew by,
// in MiB, without JavaScript's heap, whose young generation V8 enlarges up to 32 MiB by and by.
function grown(t, prepare, body, share = 1) {
  const { out, stderr } = run(`
    const outside = () => { gc(); gc(); const { heapTotal, heapUsed, rss } = process.memoryUsage(); return (rss - heapTotal + heapUsed) / 2 ** 20; };
    (async () => {
      const path = process.argv[1], rounds = ${Math.ceil(ROUNDS / share)};
      ${prepare}
      const loop = async (n) => { for (let i = 0; i < n; i++) { ${body} } };
      await loop(rounds / 4);
      const before = outside();
      await loop(rounds);
      console.log(outside() - before);
      process.exit(0);
    })();`, [join(folder(t), 's')], { timeout: LONG ? 3_600_000 : 60_000 });
  assert.ok(out !== '' && !Number.isNaN(Number(out)), stderr);
  return Number(out);
}

// A small cache of answers, so that it is full after the warm-up.
const STORE = `const db = nexus.openSync(path, { cacheBytes: 1 << 20 }); db.addSync(Array.from({ length: 50 }, (_, i) => ({ text: 'some text about peanuts ' + i, key: 'k' + i, meta: { a: i, b: ['x', 'y'] } })));`;
const LOOPS = {
  'plain questions': [STORE, `db.querySync('peanuts ' + i);`],
  'questions as Promises, eight at once': [STORE, `await Promise.all(Array.from({ length: 8 }, () => db.query('peanuts ' + i)));`, 8],
  'jobs with a signal': [`${STORE} const { signal } = new AbortController();`, `await db.query('peanuts ' + i, { signal });`, 2],
  'errors of every way': [`${STORE} const { signal } = new AbortController(); const no = () => {};`, `try { db.getSync(999); } catch {} await db.get(999).catch(no); await db.get(999, { signal }).catch(no); await db.query(5).catch(no); await db.query('x', { signal: AbortSignal.abort() }).catch(no);`, 8],
  'memories and listings': [STORE, `db.getSync(1 + i % 50); db.getByKeySync('k3'); for (const m of db.listSync()) break; for await (const m of db.list()) if (m.id > 3) break;`, 10],
  'embedding': [`const db = await nexus.open(path, { embedder: { name: 'n', dim: 4, embed: async (texts) => texts.map((x) => [x.length, 1, 2, 3]) } }); await db.add(['a', 'b']);`, `await db.query('a' + i);`, 8],
  'opening and closing': [`nexus.openSync(path).closeSync();`, `const db = await nexus.open(path, { embedder: { name: 'n', dim: 4, embed: () => [] } }); await db.close();`, 200],
};

for (const [name, [prepare, body, share]] of Object.entries(LOOPS))
  test(`no leak: ${name}`, (t) => {
    const mib = grown(t, prepare, body, share);
    t.diagnostic(`${name}: ${mib.toFixed(1)} MiB in ${Math.ceil(ROUNDS / (share ?? 1))} rounds`);
    assert.ok(mib < MIB, `${mib} MiB`);
  });
