'use strict';
// Runs the conformance corpus: node test/conformance.js [CORPUS [sync|async]]
//
// Without the second argument every case runs both ways. Builds the library where it is not built. Works in Node, Bun and Deno; the format is
// in bindings/conformance/README.md. Exits with 1 unless every case passes.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const process = require('node:process');
const nexus = require('../lib/index.js');
const platform = require('../lib/platform.js');
const { build } = require('../scripts/build.js');

// Members of the steps; one that is not here fails the case.
const ARGUMENTS = {
  open: ['path', 'read_only', 'dim', 'segments_in_memory', 'metric', 'cache_bytes', 'language', 'compress_texts', 'engine_timeout_us', 'max_questions'], close: [], add: ['memories', 'repeat'],
  query: ['text', 'vector', 'k', 'tenant', 'user', 'agent', 'session', 'intent', 'weights', 'now', 'as_of', 'valid_at', 'engines', 'single_engine', 'filter', 'near', 'match', 'boosts', 'fusion', 'route', 'explain', 'explore', 'explore_seed', 'vector_effort', 'asker', 'impersonal'],
  get: ['id'], get_by_key: ['tenant', 'key'], list: ['tenant', 'user', 'agent', 'session', 'filter'], delete: ['ids'],
  delete_where: ['tenant', 'user', 'agent', 'session', 'filter'],
  update: ['id', 'if_version', 'set', 'clear', 'remove_meta'], supersede: ['id', 'memory'], history: ['id'], feedback: ['id', 'value'],
  learn: ['id', 'value', 'user', 'question', 'tenant', 'shown'], preference: ['user', 'tenant'], set_preference: ['preference'], forget: ['user', 'tenant'],
  patterns: ['kind', 'limit', 'since', 'until', 'tenant', 'user', 'agent', 'session', 'filter'],
  anomalies: ['limit', 'min_score', 'since', 'until', 'tenant', 'user', 'agent', 'session', 'filter'],
  train: ['path', 'seed', 'rounds', 'force', 'from_judgements'], rollback_ranker: [],
  stats: [], verify: [], compact: [], write: ['path', 'content'], export: ['path'], import: ['path'],
  backup: ['path'], restore: ['backup', 'path'],
};
const MEMORY = ['key', 'text', 'time', 'speaker', 'session', 'user', 'agent', 'tenant', 'kind', 'importance', 'source', 'start', 'end', 'meta', 'vector', 'valid_from', 'valid_to', 'expires'];
const LIFE = ['version', 'supersedes', 'superseded_by', 'positive', 'negative'];

function onlyKnown(value, known) {
  for (const name of Object.keys(value)) if (!known.includes(name)) throw new Error(`member ${name} is not known`);
}

// ---- Values of the corpus as arguments. ----

const string = (value) => (value && typeof value === 'object' && '$repeat' in value ? value.$repeat.repeat(value.count) : value);

const number = (value) => ({ nan: NaN, inf: Infinity })[value] ?? value;

const vector = (value) => value && Float32Array.from(value, number);

// A Date with its microseconds, from RFC 3339 in any zone; digits beyond them are cut off.
function time(value) {
  if (value === undefined) return undefined;
  const [, head, fraction = '', zone] = /^(.*?)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(value);
  const us = Number(fraction.padEnd(6, '0').slice(0, 6));
  const date = new Date(`${head}.${String(Math.floor(us / 1000)).padStart(3, '0')}${zone}`);
  if (us % 1000) date.microseconds = us % 1000;
  return date;
}

function meta(values) {
  const one = (value) => (Array.isArray(value) ? value.map(string) : value?.$time ? time(value.$time) : string(value));
  return values && Object.fromEntries(Object.entries(values).map(([name, value]) => [name, one(value)]));
}

function memory(record, i) {
  onlyKnown(record, MEMORY);
  const { valid_from, valid_to, ...rest } = record;
  const m = { ...rest, time: time(record.time), validFrom: time(valid_from), validTo: time(valid_to), expires: time(record.expires), vector: vector(record.vector), meta: meta(record.meta), importance: number(record.importance) };
  for (const name of ['key', 'text', 'speaker', 'session', 'user', 'agent', 'tenant', 'source', 'kind']) m[name] = string(m[name]);
  if (m.kind === '') delete m.kind;
  if (m.text === undefined) m.text = '';
  if (i === undefined) return m;
  return { ...m, text: `${m.text}#${i}`, key: m.key && `${m.key}#${i}` };
}

function memories(step) {
  const records = step.memories ?? [];
  if (step.repeat === undefined) return records.map((record) => memory(record));
  return Array.from({ length: step.repeat }, (_, i) => records.map((record) => memory(record, i))).flat();
}

const selection = (step) => Object.fromEntries(['tenant', 'user', 'agent', 'session', 'filter'].map((name) => [name, string(step[name])]));

function question(step) {
  const q = { weights: step.weights && Object.fromEntries(Object.entries(step.weights).map(([name, w]) => [name, number(w)])) };
  for (const name of ['text', 'tenant', 'user', 'agent', 'session', 'filter', 'match']) q[name] = string(step[name]);
  return { ...q, k: step.k, intent: step.intent || undefined, now: time(step.now), asOf: time(step.as_of), validAt: time(step.valid_at), vector: vector(step.vector), engines: step.engines, singleEngine: step.single_engine, near: step.near, boosts: step.boosts, fusion: step.fusion, route: step.route, explain: step.explain, explore: step.explore, exploreSeed: step.explore_seed, vectorEffort: step.vector_effort, asker: string(step.asker), impersonal: step.impersonal };
}

// ---- Values of the library as the corpus has them. ----

const instant = (date) => date && BigInt(date.getTime()) * 1000n + BigInt(date.microseconds ?? 0);

const float32 = (x) => Math.fround(x ?? 0);

const singles = (values) => Object.fromEntries(Object.entries(values).map(([name, x]) => [name, float32(x)]));

// Signals of the corpus are in the order of their names, ours in that of the ranker's columns.
const explanation = (e) => e && { ...e, signals: Object.entries(singles(e.signals)).sort(), ranker: float32(e.ranker) };

const hit = (h) => ({
  id: h.id, key: h.key ?? '', score: float32(h.score),
  factors: singles(h.factors), duplicates: h.duplicates, explanation: explanation(h.explanation),
});

const wantedHit = (h) => hit({ ...h, factors: h.factors, duplicates: h.duplicates ?? [] });

const metaOut = (values, isTime, toTime) =>
  Object.fromEntries(Object.entries(values ?? {}).sort().map(([name, value]) => [name, isTime(value) ? { at: instant(toTime(value)) } : value]));

// A record of the corpus or a memory of ours in one form, absent members as empty or 0.
function plain(m, isTime, toTime) {
  const texts = ['text', 'key', 'tenant', 'user', 'agent', 'session', 'speaker', 'source'];
  const out = Object.fromEntries(texts.map((name) => [name, string(m[name]) ?? '']));
  return {
    ...out, id: m.id, kind: m.kind ?? '', importance: float32(m.importance), start: m.start ?? 0, end: m.end ?? 0, position: m.position ?? 0,
    time: instant(m.time && toTime(m.time)), validFrom: instant(m.validFrom && toTime(m.validFrom)), validTo: instant(m.validTo && toTime(m.validTo)),
    expires: instant(m.expires && toTime(m.expires)), version: m.version ?? 1, supersedes: m.supersedes ?? 0, supersededBy: m.supersededBy ?? 0,
    positive: m.usage?.positive ?? 0, negative: m.usage?.negative ?? 0, vector: Array.from(m.vector ?? [], float32), meta: metaOut(m.meta, isTime, toTime),
  };
}

const wantedMemory = (record) => {
  onlyKnown(record, [...MEMORY, ...LIFE, 'id', 'position']);
  const { valid_from: validFrom, valid_to: validTo, superseded_by: supersededBy, ...rest } = record;
  return plain({ ...rest, validFrom, validTo, supersededBy, usage: record }, (value) => value?.$time !== undefined, (value) => time(value.$time ?? value));
};

const givenMemory = (m) => plain(m, (value) => value instanceof Date, (value) => value);

const givenPattern = ({ from, to, periodDays = 0, weekday = -1, speaker = '', examples, kind, terms, window, support, g2, npmi, lift }) => ({
  kind, terms, speaker, window, support, g2, npmi, lift, from_us: Number(instant(from)), to_us: Number(instant(to)), period_us: periodDays * 86400e6, weekday, examples,
});

const givenFigures = (f) => f && [f.any8, f.frac8, f.mrr, f.calibrationError];
const ends = (i) => [i.mean, i.low, i.high];
const givenTrained = (r) => ({
  questions: r.questions, unanswered: r.unanswered, left_out: r.leftOut, missing: r.missing, folds: r.folds, kept_with: r.keptWith, better: r.better,
  installed: r.installed, trees: r.trees, bytes: r.bytes, before: givenFigures(r.before), after: givenFigures(r.after), serving: givenFigures(r.serving) ?? null,
  gain_any_8: ends(r.gain.any8), gain_frac_8: ends(r.gain.frac8), gain_mrr: ends(r.gain.mrr), gain_overall: ends(r.gain.overall),
});

// What is compared, by member of `expect`: [from the corpus, from the library].
const same = [(value) => value, (value) => value];
const sorted = (value) => (value && typeof value === 'object' && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort().map(([name, v]) => [name, sorted(v)])) : Array.isArray(value) ? value.map(sorted) : value);
// No two runs agree on when a judgement was made.
const timeless = ({ judgements, ...rest }) => sorted({ ...rest, judgements: judgements.map(({ time: _, ...j }) => j) });
const COMPARED = {
  trained: [same[0], givenTrained], ranker_own: same, ranker_trees: same,
  preference: [sorted, timeless],
  patterns: [same[0], (list) => list.map(givenPattern)], anomalies: same,
  ids: same, id: same, count: same,
  memories: [(value) => (Array.isArray(value) ? value.map(wantedMemory) : value), (value) => (Array.isArray(value) ? value.map(givenMemory) : value)], bad: same, lines: same, vectors: same, dimension: same, language: same, packed: same, metric: [same[0], (name) => name ?? ''], candidates: same, collapsed: same, cache: same, route: same, started: same, confidence: [float32, float32],
  hits: [(list) => list.map(wantedHit), (list) => list.map(hit)],
  engines: [same[0], (list) => list.map(({ name, state }) => ({ name, state }))],
  memory: [wantedMemory, givenMemory],
};

// ---- Running. ----

// Names of the methods, and how their results become members of `expect`.
class Runner {
  constructor(folder, sync) {
    this.folder = folder;
    this.sync = sync;
    this.stores = [];
  }

  call(name, ...args) {
    const db = this.stores.at(-1);
    return this.sync ? db[`${name}Sync`](...args) : db[name](...args);
  }

  at(name) {
    return name === '' ? '' : path.join(this.folder, name);
  }

  async open(step) {
    const where = this.at(step.path ?? 'store');
    const options = { readOnly: step.read_only, dim: step.dim, metric: step.metric, cacheBytes: step.cache_bytes, language: step.language, segmentsInMemory: step.segments_in_memory, compressTexts: step.compress_texts,
      engineTimeoutMs: step.engine_timeout_us && step.engine_timeout_us / 1000, maxQuestions: step.max_questions };
    this.stores.push(this.sync ? nexus.openSync(where, options) : await nexus.open(where, options));
    return {};
  }

  async list(step) {
    const ids = [];
    for await (const m of this.call('list', selection(step))) ids.push(m.id);
    return { ids };
  }

  async delete_where(step) { return { count: await this.call('deleteWhere', selection(step)) }; }

  async patterns(step) {
    return { patterns: await this.call('patterns', { ...selection(step), kind: step.kind, limit: step.limit, since: time(step.since), until: time(step.until) }) };
  }

  async anomalies(step) {
    return { anomalies: await this.call('anomalies', { ...selection(step), minScore: step.min_score, limit: step.limit, since: time(step.since), until: time(step.until) }) };
  }

  async import(step) {
    const report = await this.call('import', this.at(step.path));
    return { memories: report.memories, bad: report.bad, lines: report.problems.map((p) => p.line) };
  }

  write(step) {
    fs.writeFileSync(this.at(step.path), string(step.content));
    return {};
  }

  async close() {
    await this.call('close');
    return {};
  }

  async add(step) { return { ids: await this.call('add', memories(step)) }; }
  async query(step) { return this.call('query', question(step)); }
  async get(step) { return { memory: await this.call('get', step.id) }; }
  async get_by_key(step) { return { memory: await this.call('getByKey', string(step.key) ?? '', { tenant: string(step.tenant) }) }; }
  async update(step) {
    const set = step.set ?? {};
    const m = memory({ text: '', ...set });
    const patch = { vector: m.vector, meta: m.meta, removeMeta: step.remove_meta, ifVersion: step.if_version };
    const names = { text: 'text', speaker: 'speaker', kind: 'kind', importance: 'importance', time: 'time', valid_from: 'validFrom', valid_to: 'validTo', expires: 'expires' };
    for (const [name, field] of Object.entries(names)) if (name in set) patch[field] = m[field];
    for (const name of step.clear ?? []) patch[names[name]] = name === 'speaker' ? '' : null;
    return { memory: await this.call('update', step.id, patch) };
  }

  async supersede(step) { return { id: await this.call('supersede', step.id, memory(step.memory)) }; }
  async history(step) { return { memories: await this.call('history', step.id) }; }
  async feedback(step) { await this.call('feedback', step.id, step.value); return {}; }
  async learn(step) { await this.call('learn', step); return {}; }
  async preference({ user, ...options }) { return { preference: await this.call('preference', user, options) }; }
  async set_preference(step) { return { count: await this.call('setPreference', step.preference) }; }
  async forget({ user, ...options }) { return { count: await this.call('forget', user, options) }; }
  async delete(step) { return { count: await this.call('delete', step.ids ?? []) }; }
  async stats() { const figures = await this.call('stats'); return { ...figures, packed: figures.recordStored < figures.recordBytes, ranker_own: figures.ranker.own, ranker_trees: figures.ranker.trees }; }

  async train(step) { return { trained: await this.call('train', step.path && this.at(step.path), { seed: step.seed, rounds: step.rounds, force: step.force, fromJudgements: step.from_judgements }) }; }

  async rollback_ranker() { await this.call('rollbackRanker'); return {}; }
  async verify() { return this.call('verify'); }
  async compact() { await this.call('compact'); return {}; }
  async export(step) { return { count: await this.call('export', this.at(step.path)) }; }

  async backup(step) { return { count: await this.call('backup', this.at(step.path)) }; }

  async restore(step) {
    const restore = this.sync ? nexus.restoreSync : nexus.restore;
    return { count: await restore(this.at(step.backup), this.at(step.path)) };
  }

  async end() {
    for (const db of this.stores) await db.close();
  }
}

const show = (value) => JSON.stringify(value, (_, v) => (typeof v === 'bigint' ? String(v) : v));

function compare(expect, given) {
  for (const [name, value] of Object.entries(expect)) {
    if (!COMPARED[name]) throw new Error(`member ${name} of expect is not known`);
    const [want, got] = [show(COMPARED[name][0](value)), show(COMPARED[name][1](given[name]))];
    if (want !== got) throw new Error(`${name}: got ${got.slice(0, 500)}, want ${want.slice(0, 500)}`);
  }
}

async function outcome(runner, step) {
  const { op, expect, ...args } = step;
  if (!ARGUMENTS[op]) throw new Error(`operation ${op} is not known`);
  onlyKnown(args, ARGUMENTS[op]);
  try {
    return await runner[op](args);
  } catch (error) {
    if (error instanceof nexus.NexusError) return { error: error.code, message: error.message };
    throw error;
  }
}

async function runCase(one, sync) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nexus-conformance-'));
  const runner = new Runner(folder, sync);
  try {
    for (const [i, step] of one.steps.entries()) {
      const given = await outcome(runner, step);
      if ((step.expect.error ?? undefined) !== given.error) throw new Error(`step ${i} ${step.op}: got ${given.error ?? 'no error'} (${given.message}), want ${step.expect.error ?? 'none'}`);
      if (given.error) continue;
      try {
        compare(step.expect, given);
      } catch (error) {
        throw new Error(`step ${i} ${step.op}: ${error.message}`);
      }
    }
  } finally {
    await runner.end();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

const language = process.versions.bun ? 'bun' : process.versions.deno ? 'deno' : 'node';

const CORPUS = path.join(__dirname, '..', '..', 'bindings', 'conformance', 'corpus.json');

async function main([corpusPath = CORPUS, only]) {
  if (!platform.isBuilt()) build();
  const { cases, version } = JSON.parse(fs.readFileSync(corpusPath, 'utf8'));
  if (version !== 1) throw new Error(`corpus of version ${version}`);
  let failed = 0;
  for (const one of cases) {
    try {
      if (only !== 'async') await runCase(one, true);
      if (only !== 'sync') await runCase(one, false);
    } catch (error) {
      failed++;
      console.log(`FAILED ${one.name}: ${error.message}`);
    }
  }
  console.log(`conformance ${language}: ${cases.length - failed} passed, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
}

main(process.argv.slice(2));
