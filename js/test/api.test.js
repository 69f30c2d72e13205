'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { existsSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const nexus = require('..');
const { code, folder, memories, run, store, storeOf } = require('./help.js');

const FULL = {
  text: 'Bob is allergic to peanuts, är hallå 😀.', key: 'k1', tenant: 'acme', user: 'ann', agent: 'chef', session: 's1', speaker: 'Bob',
  source: 'talk.md', start: 3, end: 45, kind: 'semantic', importance: 0.75,
  time: Object.assign(new Date('2024-05-31T18:00:00.123Z'), { microseconds: 456 }),
  validFrom: new Date('2024-01-01T00:00:00Z'), validTo: new Date('2024-12-31T00:00:00Z'), expires: new Date('2999-01-01T00:00:00Z'),
  meta: { lang: 'en', count: -1.5, done: true, at: new Date(-1), tags: ['a', '', 'ö'], __proto__x: 'y', nothing: undefined },
};

test('every member of a memory comes back', async (t) => {
  const db = store(t);
  const id = await db.add(FULL);
  const { meta, ingested, vector, id: got, position, updated, replaced, version, supersedes, supersededBy, usage, ...rest } = await db.get(id);
  const { meta: given, ...wanted } = FULL;
  delete given.nothing;
  assert.deepEqual(rest, wanted);
  assert.equal(rest.time.microseconds, 456);
  assert.deepEqual(meta, given);
  assert.deepEqual([got, vector, position], [id, undefined, 0]);
  assert.ok(ingested instanceof Date && Math.abs(Date.now() - ingested) < 60_000);
  assert.deepEqual([updated, replaced, version, supersedes, supersededBy], [ingested, undefined, 1, undefined, undefined]);
  assert.deepEqual(usage, { hits: 0, gets: 0, lastHit: undefined, positive: 0, negative: 0 });
});

test('a memory is changed, superseded and remembered', async (t) => {
  const db = store(t);
  const id = await db.add({ text: 'Ann lives in Oslo.', meta: { n: 1 }, time: new Date(0) });
  const changed = await db.update(id, { text: 'Ann lives in Lima.', time: null, meta: { m: 'x' }, removeMeta: ['n'], ifVersion: 1 });
  assert.deepEqual([changed.id, changed.version, changed.text, changed.time, changed.meta], [id, 2, 'Ann lives in Lima.', undefined, { m: 'x' }]);
  assert.throws(() => db.updateSync(id, { text: 'x', ifVersion: 1 }), { code: 'conflict' });
  assert.throws(() => db.updateSync(id, { kex: 'x' }), TypeError);
  assert.throws(() => db.updateSync(id, { text: null }), TypeError);
  const at = changed.updated;
  const by = db.supersedeSync(id, { text: 'Ann lives in Rome.', validFrom: new Date('2024-06-01T00:00:00Z') });
  assert.deepEqual([(await db.get(id)).supersededBy, (await db.get(by)).supersedes], [by, id]);
  const texts = async (question) => (await db.query({ text: 'where does Ann live', ...question })).hits.map((h) => h.text);
  assert.deepEqual(await texts({ validAt: new Date('2024-05-01T00:00:00Z') }), ['Ann lives in Lima.']);
  assert.deepEqual(await texts({ validAt: new Date('2024-07-01T00:00:00Z') }), ['Ann lives in Rome.']);
  assert.deepEqual(await texts({ asOf: at }), ['Ann lives in Lima.']);
  assert.deepEqual(db.querySync({ text: 'Ann', asOf: new Date(0) }).hits, []);
  const history = await db.history(id);
  assert.deepEqual(history.map((m) => [m.version, m.text]), [[1, 'Ann lives in Oslo.'], [2, 'Ann lives in Lima.'], [3, 'Ann lives in Lima.']]);
  assert.deepEqual([history[0].replaced, history[2].replaced], [history[1].updated, undefined]);
  await db.feedback(by, 0.5);
  db.feedbackSync(by, -0.25);
  const { positive, negative } = db.getSync(by).usage;
  assert.deepEqual([positive, negative], [0.5, 0.25]);
  assert.equal(db.statsSync().retired, 2);
  await assert.rejects(db.history(99), { code: 'not found' });
});

test('a preference ranks for its user and is forgotten', async (t) => {
  const db = store(t);
  const places = 'attic barn cellar dock estate farm garage hall island jetty kiosk lodge'.split(' ');
  const ids = await db.add(Array.from({ length: 24 }, (_, i) =>
    `Plan ${i} for the weekend: ${['a candle and silence', 'a sprint and a racket'][i % 2]}, ${places[i >> 1]} and ${places[((i >> 1) + 5) % 12]}.`));
  for (const id of ids.slice(0, 20)) await db.learn({ id, value: id % 2 ? 1 : -1, user: 'anna', question: 'weekend?' });
  const ask = (more) => db.querySync({ text: 'plan for the weekend', k: 4, ...more }).hits;
  const quiet = (hits) => hits.filter((hit) => hit.text.includes('candle')).length;
  assert.ok(quiet(ask({ asker: 'anna' })) > quiet(ask({})));
  const idsOf = (more) => ask(more).map((hit) => hit.id);
  assert.deepEqual(idsOf({ asker: 'anna', impersonal: true }), idsOf({}));
  assert.deepEqual(idsOf({ asker: 'ben' }), idsOf({}));
  const known = await db.preference('anna');
  assert.equal(known.judgements.length, 20);
  assert.ok(known.trust > 0 && known.words.length > 0 && known.judgements[0].question === 'weekend?');
  assert.deepEqual([db.forgetSync('anna'), await db.forget('anna')], [20, 0]);
  await assert.rejects(db.preference('anna'), { code: 'not found' });
  assert.equal(await db.setPreference(known), 20);
  assert.deepEqual(db.preferenceSync('anna'), known);
  db.learnSync({ id: ids[0], value: 0.5, user: 'ben', shown: [ids[1], ids[0]] });
  assert.deepEqual(db.preferenceSync('ben').judgements.map((j) => j.implicit), [undefined, true]);
  assert.throws(() => db.learnSync({ id: ids[0], value: 2, user: 'anna' }), { code: 'invalid' });
  assert.throws(() => db.learnSync({ id: ids[0], value: 1 }), TypeError);
  assert.throws(() => db.learnSync({ id: ids[0], value: 1, user: 'anna', usr: 'x' }), TypeError);
  assert.throws(() => db.setPreferenceSync({ user: 'anna', judgments: [] }), { code: 'invalid' });
  const aborted = AbortSignal.abort();
  await assert.rejects(db.learn({ id: ids[0], value: 1, user: 'anna' }, { signal: aborted }));
});

test('patterns and anomalies of a diary', async (t) => {
  const db = store(t);
  assert.deepEqual([db.patternsSync(), await db.anomalies()], [[], []]);
  const day = (d) => new Date(Date.UTC(2024, 0, 1 + d, 9));
  const diary = Array.from({ length: 60 }, (_, d) => ({ text: d % 5 === 0 ? 'robotics club on the hill' : 'rested at home and read', time: day(d), user: 'ann' }));
  diary[59].text = '7741 9902 1123 8840 2231 6650 1209 7734 8123 9981 3321 4410 5512';
  await db.add(diary);
  const [found, ...others] = await db.patterns({ user: 'ann', kind: 'recurring', since: day(0), until: day(59), limit: 5 });
  assert.deepEqual([found.terms.toSorted(), found.support, found.periodDays, found.weekday, found.speaker, others], [['club', 'hill', 'robotics'], 12, 5, undefined, undefined, []]);
  assert.deepEqual([found.from, found.to, found.examples], [day(0), day(55), [56, 51, 46, 41, 36]]);
  assert.deepEqual(db.patternsSync({ user: 'nobody' }), []);
  const [odd] = db.anomaliesSync({ limit: 1, minScore: 0.5 });
  assert.equal(odd.id, 60);
  assert.ok(odd.score > 0.5 && odd.reasons.some((r) => r.column === 'words' && r.value > r.usual && r.weight > 0));
  assert.deepEqual(await db.anomalies({ tenant: 'other' }), []);
  for (const wrong of [{ limit: 1001 }, { kind: 'fashion' }, { filter: 'user =' }]) assert.throws(() => db.patternsSync(wrong), { code: 'invalid' });
  assert.throws(() => db.anomaliesSync({ minScore: 2 }), { code: 'invalid' });
  for (const wrong of [{ kex: 1 }, { since: 'now' }, { limit: 'x' }]) assert.throws(() => db.patternsSync(wrong), TypeError);
  await assert.rejects(db.patterns({}, { signal: AbortSignal.abort() }), { name: 'AbortError' });
});

test('a ranker is fitted to judged questions, and taken back', async (t) => {
  const db = store(t);
  const file = join(folder(t), 'judged.jsonl');
  const names = Array.from({ length: 40 }, (_, i) => `lamp${'abcd'[i % 4]}${'abcdefghij'[i % 10]}${i}`);
  await db.add(names.flatMap((name) => [
    { key: `${name} brief`, text: `the ${name}` },
    { key: `${name} full`, text: `it was late when somebody lit the ${name} that hangs over the stairs of the old house` },
  ]));
  writeFileSync(file, names.map((name) => JSON.stringify({ question: `which ${name}?`, relevant: [`${name} full`] })).join('\n'));
  await assert.rejects(db.rollbackRanker(), { code: 'not found' });
  const report = await db.train(file, { seed: 3, rounds: 12, force: true, onProgress() {} });
  assert.deepEqual([report.installed, report.questions, report.missing, report.folds, report.keptWith, report.serving], [true, 40, 0, 5, 'question', undefined]);
  assert.ok(report.after.mrr >= report.before.mrr && report.gain.mrr.low <= report.gain.mrr.mean && report.bytes > 1000 && report.tookNs > 0);
  const { ranker } = db.statsSync();
  assert.deepEqual([ranker.own, ranker.trees, ranker.canRollBack, ranker.warning], [true, report.trees, true, '']);
  assert.ok(ranker.fitted > new Date(2026, 0) && ranker.metrics.startsWith('40 questions'));
  assert.equal(db.querySync('which lampaa0?').warning, '');
  assert.ok(db.trainSync(file, { rounds: 12, force: true }).serving.mrr > 0);
  db.rollbackRankerSync();
  await db.rollbackRanker();
  assert.deepEqual([db.statsSync().ranker.own, db.statsSync().ranker.canRollBack], [false, false]);
  assert.throws(() => db.trainSync(file, { rounds: 301 }), { code: 'invalid' });
  for (const wrong of [{ seed: -1 }, { rounds: 1.5 }]) assert.throws(() => db.trainSync(file, wrong), { code: 'invalid' });
  assert.throws(() => db.trainSync(undefined, { fromJudgements: true }), { code: 'invalid' });
  for (const wrong of [{ force: 1 }, { fromJudgements: 1 }, { sead: 1 }]) assert.throws(() => db.trainSync(file, wrong), TypeError);
  await assert.rejects(db.train(file, { signal: AbortSignal.abort() }), { name: 'AbortError' });
});

test('a store keeps no history where it is told so', async (t) => {
  const db = store(t, { historyMs: 0 });
  const id = db.addSync('first');
  db.updateSync(id, { text: 'second' });
  assert.deepEqual(db.historySync(id).map((m) => m.text), ['second']);
});

test('a memory that was read can be added elsewhere', async (t) => {
  const [a, b] = [store(t), store(t)];
  const memory = await a.get(await a.add(FULL));
  const again = await b.get(await b.add(memory));
  assert.deepEqual({ ...again, ingested: 0, updated: 0 }, { ...memory, ingested: 0, updated: 0 });
});

test('one memory gives one id, an array gives an array', async (t) => {
  const db = store(t);
  assert.equal(await db.add('first'), 1);
  assert.deepEqual(await db.add(['second', { text: 'third' }]), [2, 3]);
  assert.equal(db.addSync('fourth'), 4);
  assert.deepEqual(db.addSync(['fifth']), [5]);
  assert.deepEqual(await db.add([]), []);
});

test('a plain call and a Promise give the same answer', async (t) => {
  const db = store(t);
  db.addSync(memories(200));
  const bare = ({ hits, candidates }) => JSON.stringify({ hits, candidates });
  for (const q of ['guitar in oslo', { text: 'peanut', k: 3, session: 's1' }, { text: 'winter', weights: { relevance: 1 }, intent: 'fact' }]) {
    const [sync, quick, job] = [db.querySync(q), await db.query(q), await db.query(q, { signal: new AbortController().signal })];
    assert.ok(sync.hits.length > 0);
    assert.equal(bare(quick), bare(sync));
    assert.equal(bare(job), bare(sync));
  }
});

test('an answer has hits with factors and a trace', (t) => {
  const db = store(t);
  db.addSync(['Ann moved to Oslo in May.', 'Bob plays the guitar.']);
  const answer = db.querySync('Who moved to Oslo?');
  const [hit] = answer.hits;
  assert.equal(hit.text, 'Ann moved to Oslo in May.');
  assert.deepEqual(Object.keys(hit.factors), ['relevance', 'freshness', 'diversity', 'authority', 'coherence', 'confidence']);
  assert.ok(hit.score > 0 && hit.score <= 1);
  assert.deepEqual(answer.engines.map((e) => [e.name, e.state]), [['lexical', 'used'], ['vector', 'used']]);
  assert.ok(answer.tookNs > 0 && Number.isInteger(answer.searchNs));
});

test('near-duplicates are named', (t) => {
  const db = store(t);
  const text = 'The quick brown fox jumps over the lazy dog by the river in the morning light';
  db.addSync([text, `${text} again`, 'something else']);
  const [hit] = db.querySync('quick brown fox').hits;
  assert.equal(hit.duplicates.length, 1);
});

test('an answer larger than the scratch is whole', (t) => {
  const db = store(t);
  const meta = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`n${i}`, i]));
  db.addSync(Array.from({ length: 128 }, (_, i) => ({ text: `common word number${i} ${'abcdefgh'[i % 8].repeat(i + 3)}`, meta, key: `k${i}` })));
  const { hits } = db.querySync({ text: 'common word', k: 128 });
  assert.ok(hits.length > 100);
  for (const hit of hits) assert.deepEqual(hit.meta, meta);
});

test('vectors go in and out', async (t) => {
  const db = await storeOf(t, { dim: 3 });
  await db.add([{ text: 'x', vector: new Float32Array([1, 0, 0]) }, { text: 'y', vector: [0, 1, 0] }, { text: 'z', vector: new Float64Array([0, 0, 1]) }]);
  assert.deepEqual((await db.get(2)).vector, new Float32Array([0, 1, 0]));
  assert.equal(db.querySync({ vector: new Float32Array([0, 0.1, 1]), k: 1 }).hits[0].text, 'z');
  assert.equal((await db.query({ vector: [1, 0.1, 0], k: 1 })).hits[0].text, 'x');
});

test('a Promise copies vectors before it returns', async (t) => {
  const db = await storeOf(t, { dim: 2 });
  await db.add([{ text: 'x', vector: [1, 0] }, { text: 'y', vector: [0, 1] }]);
  const vector = new Float32Array([1, 0]);
  const [asked, added] = [db.query({ vector, k: 1 }), db.add({ text: 'late', vector })];
  vector.set([0, 1]);
  structuredClone(vector.buffer, { transfer: [vector.buffer] });
  assert.equal((await asked).hits[0].text, 'x');
  assert.deepEqual((await db.get(await added)).vector, new Float32Array([1, 0]));
});

test('a vector may lie in shared memory or inside a larger buffer', async (t) => {
  const db = await storeOf(t, { dim: 2 });
  const shared = new Float32Array(new SharedArrayBuffer(16), 8);
  shared.set([3, 4]);
  assert.deepEqual((await db.get(await db.add({ text: 'x', vector: shared }))).vector, new Float32Array([3, 4]));
  assert.equal(db.querySync({ vector: shared }).hits.length, 1);
});

test('values of another realm are taken', async (t) => {
  const db = await storeOf(t, { dim: 2 });
  const signal = new AbortController().signal;
  const memory = require('node:vm').runInNewContext(`({ text: 'x', vector: new Float32Array([1, 2]), time: new Date(5), meta: { at: new Date(7), list: ['a'] } })`);
  const got = await db.get(await db.add([memory, { ...memory, vector: require('node:vm').runInNewContext('[3, 4]') }], { signal }).then((ids) => ids[0]));
  assert.deepEqual([got.vector, got.time, got.meta], [new Float32Array([1, 2]), new Date(5), { at: new Date(7), list: ['a'] }]);
});

test('keys, deletion, figures, verification and compaction', async (t) => {
  const db = store(t);
  await db.add({ text: 'mine', key: 'k', tenant: 'a' });
  assert.equal((await db.getByKey('k', { tenant: 'a' })).text, 'mine');
  assert.equal(db.getByKeySync('k', { tenant: 'a' }).id, 1);
  await assert.rejects(db.getByKey('k'), code('not found'));
  assert.equal(await db.delete([1, 5n]), 1);
  assert.equal(db.deleteSync(1), 0);
  const { memories, discarded, outdated, damagedJudgements, vectors } = await db.stats();
  assert.deepEqual([memories, discarded, outdated, damagedJudgements, vectors], [0, 0, 0, 0, 'words-v1-64']);
  await db.compact();
  db.compactSync();
  assert.deepEqual(await db.verify(), { memories: 0, bad: 0, problems: [] });
  assert.equal(db.statsSync().vectors, 'words-v1-64');
});

test('a backup restores', async (t) => {
  const dir = folder(t);
  const db = nexus.openSync(join(dir, 'store'));
  await db.add(['one', 'two']);
  assert.equal(await db.backup(join(dir, 'copy'), { onProgress: () => {} }), 2);
  await assert.rejects(db.backup(join(dir, 'copy')), { code: 'exists' });
  assert.equal(db.backupSync(join(dir, 'again')), 2);
  db.closeSync();
  assert.equal(await nexus.restore(join(dir, 'copy'), join(dir, 'new')), 2);
  assert.throws(() => nexus.restoreSync(join(dir, 'copy'), join(dir, 'new')), { code: 'exists' });
  const restored = nexus.openSync(join(dir, 'new'));
  assert.deepEqual([...restored.listSync()].map((m) => m.text), ['one', 'two']);
  restored.closeSync();
});

test('limits of questions are given, and the trace says when engines worked', (t) => {
  const path = join(folder(t), 'store');
  for (const limits of [{ engineTimeoutMs: 5000, maxQuestions: 2 }, { engineTimeoutMs: -1, maxQuestions: -1 }, { engineTimeoutMs: 0, maxQuestions: 0 }]) {
    const db = nexus.openSync(path, { ...limits, cacheBytes: -1 });
    if (db.statsSync().memories === 0) db.addSync('Ann moved to Oslo.');
    for (const engine of db.querySync('Oslo').engines) assert.ok(engine.state === 'used' && engine.startNs >= 0 && engine.tookNs > 0);
    db.closeSync();
  }
  for (const wrong of [{ engineTimeoutMs: '1s' }, { engineTimeoutMs: NaN }, { maxQuestions: 1.5 }]) assert.throws(() => nexus.openSync(path, wrong));
});

test('answers come from the cache until something changes', (t) => {
  const dir = folder(t);
  const db = nexus.openSync(join(dir, 'store'));
  const off = nexus.openSync(join(dir, 'off'), { cacheBytes: -1 });
  for (const store of [db, off]) store.addSync('Ann moved to Oslo.');
  assert.deepEqual([1, 2].map(() => db.querySync('Oslo').cache), ['none', 'exact']);
  assert.deepEqual([1, 2].map(() => off.querySync('Oslo').cache), ['none', 'none']);
  db.querySync({ text: 'Where did Ann move?', near: true });
  assert.equal(db.querySync({ text: 'where did ANN move', near: true }).cache, 'near');
  db.addSync('Bob stayed in Rome.');
  assert.equal(db.querySync('Oslo').cache, 'none');
  const { cacheHot, cacheNear } = db.statsSync();
  assert.equal(cacheHot.hits + cacheNear.hits, 2);
  db.closeSync();
  off.closeSync();
});

test('export and import, with progress and bad lines', async (t) => {
  const [a, b, dir] = [store(t), store(t), folder(t)];
  a.addSync(memories(8000));
  const path = join(dir, 'all.jsonl');
  assert.equal(await a.export(path), 8000);
  const seen = [];
  const report = await b.import(path, { batch: 16, onProgress: (p) => seen.push(p) });
  assert.equal(report.memories, 8000);
  assert.ok(seen.length > 0 && seen.every((p, i) => p.done <= p.total && (i === 0 || p.done >= seen[i - 1].done)), JSON.stringify(seen));
  assert.equal((await b.importSync(path)).memories, 8000);
  assert.equal(b.exportSync(join(dir, 'again.jsonl')), 8000);
  require('node:fs').writeFileSync(join(dir, 'bad.jsonl'), '{"text":"good"}\nrubbish\n{"text":""}\n');
  const bad = await b.import(join(dir, 'bad.jsonl'));
  assert.deepEqual([bad.memories, bad.bad, bad.problems.map((p) => [p.line, p.code])], [1, 2, [[2, 'invalid'], [3, 'invalid']]]);
});

test('what onProgress throws cancels the import and is thrown', async (t) => {
  const [a, b, dir] = [store(t), store(t), folder(t)];
  a.addSync(memories(8000));
  await a.export(join(dir, 'all.jsonl'));
  const ouch = new Error('ouch');
  await assert.rejects(b.import(join(dir, 'all.jsonl'), { batch: 4, onProgress: () => { throw ouch; } }), (error) => error === ouch);
});

test('a store stays when it is opened again', async (t) => {
  const path = join(folder(t), 'store');
  const first = await nexus.open(path);
  await first.add('kept');
  await first.close();
  const second = nexus.openSync(path, { readOnly: true });
  assert.equal(second.getSync(1).text, 'kept');
  await assert.rejects(second.add('more'), code('read-only'));
  second.closeSync();
});

test('disposal closes', async (t) => {
  const db = store(t);
  db[Symbol.dispose]();
  assert.equal(db.isOpen, false);
  const other = store(t);
  await other[Symbol.asyncDispose]();
  assert.equal(other.isOpen, false);
});

test('a listing is a snapshot in the order of ids', async (t) => {
  const db = store(t);
  db.addSync(memories(1000));
  const ids = [];
  for await (const m of db.list()) {
    if (ids.length === 0) await db.add('later');
    ids.push(m.id);
  }
  assert.deepEqual(ids, Array.from({ length: 1000 }, (_, i) => i + 1));
  assert.equal([...db.listSync({ session: 's3' })].length, 16);
});

test('a listing that is left early ends', async (t) => {
  const db = store(t);
  db.addSync(memories(600));
  for await (const m of db.list()) if (m.id === 300) break;
  for (const m of db.listSync()) if (m.id === 3) break;
  await assert.rejects(async () => { for await (const m of db.list()) throw new Error(`at ${m.id}`); }, /at 1/);
  await db.close();
});

test('the built files are where they are looked for', () => {
  assert.ok(existsSync(join(require('../lib/platform.js').folder(), 'nexus.node')));
  assert.match(nexus.version(), /^\d+\.\d+\.\d+/);
});

test('no code of the caller runs while vectors are borrowed', (t) => {
  const db = store(t);
  const vector = new Float32Array(1024).fill(1);
  const tags = ['a'];
  tags.map = () => Object.defineProperty([0], 0, { get() { structuredClone(vector.buffer, { transfer: [vector.buffer] }); return 'b'; } });
  const [id] = db.addSync([{ text: 'one', vector }, { text: 'two', vector: new Float32Array(1024).fill(3), meta: { tags } }]);
  assert.ok(db.getSync(id).vector.every((x) => x === 1));
  assert.deepEqual(db.getSync(id + 1).meta.tags, ['a']);
});

test('a store is not collected under a call', (t) => {
  const { status, stderr } = run(`(async () => {
    const path = process.argv[1];
    const db = nexus.openSync(path);
    db.addSync(Array.from({ length: 8000 }, (_, i) => 'memory number ' + i));
    db.exportSync(path + '.jsonl');
    let other = nexus.openSync(path + '2');
    const importing = other.import(path + '.jsonl');
    other = undefined;
    for (let i = 0; i < 6; i++) { gc(); await new Promise((done) => setTimeout(done, 1)); }
    await importing;
  })().catch((error) => { console.error(error); process.exit(1); })`, [join(folder(t), 's')]);
  assert.equal(status, 0, stderr);
});

test('hits say why they were found', async (t) => {
  const db = store(t);
  await db.add([{ text: 'Ben went to the lake on Saturday.', session: 's' }, { text: 'A kettle.', session: 's' }]);
  const ask = { text: 'Who went to the lake?' };
  const plain = db.querySync(ask);
  assert.equal(plain.hits[0].explanation, undefined);
  assert.ok(plain.confidence >= 0 && plain.confidence <= 1);
  for (const answer of [await db.query({ ...ask, explain: true }), db.querySync({ ...ask, explain: true })]) {
    const { engines, signals, ranker } = answer.hits[0].explanation;
    assert.deepEqual(engines.map(({ name, rank }) => [name, rank]), [['lexical', 1], ['vector', 1]]);
    assert.ok(engines.every((e) => e.score > 0));
    assert.ok(signals.bm25_turn_rank === 1 && signals.asks_person === 1 && !('tells_asked_time' in signals) && 'cosine_turn' in signals, JSON.stringify(signals));
    assert.ok(ranker > answer.hits[1].explanation.ranker);
    assert.deepEqual(answer.hits.map((h) => [h.id, h.text]), plain.hits.map((h) => [h.id, h.text]));
  }
  const ways = ['learnt', 'convex', 'rrf', 'dbsf'].map((fusion) => db.querySync({ ...ask, fusion, explain: true }));
  assert.deepEqual(ways.map((a) => Object.keys(a.hits[0].explanation.signals).length > 0), [true, false, false, false]);
  assert.ok(ways.slice(1).every((a) => a.confidence === 0));
  await assert.rejects(db.query({ ...ask, fusion: 'odd' }), { code: 'invalid', message: /fusion "odd", want one of learnt/ });
  await assert.rejects(db.query({ ...ask, explain: 'yes' }), /explain/);
});

test('a route says how much work to spend', async (t) => {
  const db = store(t);
  await db.add(['Ben went to the lake on Saturday.', 'The lake is cold.', 'A kettle.']);
  const text = 'Who went to the lake?';
  await assert.rejects(db.query({ text, route: 'cache-only' }), { code: 'not found' });
  for (const route of ['smart', 'full', 'maximum']) {
    for (const answer of [await db.query({ text, route }), db.querySync({ text, route })]) {
      assert.deepEqual([answer.route, answer.started, answer.hurried], [route, route, false]);
    }
  }
  const first = await db.query(text);
  const again = db.querySync({ text, route: 'cache-only' });
  assert.deepEqual([again.cache, again.route], ['exact', first.route]);
  assert.deepEqual(again.hits.map((h) => h.id), first.hits.map((h) => h.id));
  assert.equal(db.querySync({ text: 'lake', engines: ['lexical'], singleEngine: true }).route, 'adaptive');
  await assert.rejects(db.query({ text, route: 'scenic' }), { code: 'invalid', message: /route "scenic", want one of adaptive, cache-only/ });
  assert.throws(() => db.querySync({ text, route: 3 }), TypeError);
});

test('a share of the hits is drawn', async (t) => {
  const db = store(t);
  await db.add(['Priya swam in the lake on Sunday.', 'The lake was too cold for Ben.', 'Anna rowed a boat over the lake at night.', 'A path leads round the lake.', 'They painted the boat at the lake green.', 'Nobody fishes at the lake in May.']);
  const text = 'Who was at the lake?';
  const ids = async (q) => (await db.query({ text, k: 4, ...q })).hits.map((h) => h.id);
  const best = await ids({});
  const draws = [];
  for (let exploreSeed = 0; exploreSeed < 12; exploreSeed++) draws.push(await ids({ explore: 0.5, exploreSeed }));
  for (const draw of draws) assert.deepEqual([draw.slice(0, 2), new Set(draw).size], [best.slice(0, 2), 4]);
  assert.ok(new Set(draws.map(String)).size > 1);
  assert.deepEqual(db.querySync({ text, k: 4, explore: 0.5, exploreSeed: 3 }).hits.map((h) => h.id), draws[3]);
  for (const explore of [-0.1, 1.1, NaN]) await assert.rejects(db.query({ text, explore }), { code: 'invalid', message: /explore/ });
  await assert.rejects(db.query({ text, exploreSeed: 0.5 }), { code: 'invalid', message: /exploreSeed/ });
  await assert.rejects(db.query({ text, explore: 'half' }), TypeError);
});

test('vector effort is a multiple within bounds', async (t) => {
  const db = store(t);
  await db.add(['Priya swam in the lake on Sunday.', 'The kettle is broken.']);
  const ids = async (q) => (await db.query({ text: 'Who swam?', ...q })).hits.map((h) => h.id);
  const usual = await ids({});
  for (const vectorEffort of [0, 1 / 16, 0.5, 1, 16]) assert.deepEqual(await ids({ vectorEffort }), usual);
  for (const vectorEffort of [-1, 0.06, 17, NaN]) await assert.rejects(db.query({ text: 'Who swam?', vectorEffort }), { code: 'invalid', message: /vector effort/ });
  await assert.rejects(db.query({ text: 'Who swam?', vectorEffort: 'half' }), TypeError);
});

test('a match says which words count, boosts what they are worth', async (t) => {
  const db = store(t);
  await db.add([{ text: 'the quarterly report', speaker: 'Ann' }, { text: 'a report, quarterly', speaker: 'Bob' }, { text: 'hello', meta: { title: 'The report' } }]);
  const texts = async (q) => (await db.query(q)).hits.map((h) => h.text);
  assert.deepEqual(await texts({ text: 'report', match: '"quarterly report"' }), ['the quarterly report']);
  assert.deepEqual(await texts({ match: 'quart* -speaker:ann' }), ['a report, quarterly']);
  assert.deepEqual(db.querySync({ match: 'title:report' }).hits.map((h) => h.text), ['hello']);
  const alone = { text: 'report', engines: ['lexical'], singleEngine: true };
  assert.deepEqual(await texts({ ...alone, boosts: { text: 0, title: 1 } }), ['hello']);
  assert.equal((await texts({ ...alone, boosts: { title: 1 } })).length, 3);
  for (const [q, says] of [[{ match: '(a' }, /byte 0: a bracket/], [{ match: '+the' }, /byte 1: stop words/], [{ boosts: { title: -1 } }, /boost of title/], [{ boosts: { body: 1 } }, /no field "body"/], [{ match: 3 }, /match/], [{ boosts: 3 }, /boosts/]])
    await assert.rejects(async () => db.query({ text: 'report', ...q }), says);
});

test('a filter narrows questions, listings and deletions', async (t) => {
  const db = store(t);
  await db.add([{ text: 'one', speaker: 'Ann', meta: { score: 3 } }, { text: 'two', speaker: 'Bob', meta: { tags: ['x'] } }]);
  const texts = async (selection) => {
    const found = [];
    for await (const m of db.list(selection)) found.push(m.text);
    return found;
  };
  assert.deepEqual(await texts({ filter: 'speaker = "Ann"' }), ['one']);
  assert.deepEqual([...db.listSync({ filter: 'tags has "x"' })].map((m) => m.text), ['two']);
  assert.deepEqual((await db.query({ text: 'one two', filter: 'not speaker = "Ann"' })).hits.map((h) => h.text), ['two']);
  for (const [filter, says] of [['speaker = Ann', /byte 10: want a value/], ['score = "3"', /byte 0: field "score" is a number/], ['('.repeat(10 << 20), /more than 65536/]]) {
    await assert.rejects(db.query({ text: 'one', filter }), says);
    await assert.rejects(db.deleteWhere({ filter }), says);
    assert.throws(() => [...db.listSync({ filter })], says);
  }
  await assert.rejects(db.deleteWhere({}), /neither a scope nor a filter/);
  assert.equal(await db.deleteWhere({ filter: 'score >= 3' }), 1);
  assert.equal(db.deleteWhereSync({ filter: 'exists speaker' }), 1);
});
