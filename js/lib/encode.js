'use strict';
// Values in: checks what the caller gives and lays it out as src/values_in.c takes it.
//
// A value of a wrong type is a TypeError that names it. A value of the right type that cannot be
// (half a surrogate pair, an invalid Date, an unknown kind) is a NexusError 'invalid'; limits are
// the library's to check.

const { types } = require('node:util');
const { BOOST, BOOST_COUNT, FACTOR, FACTOR_COUNT, FUSION, INTENT, KIND, META_TYPE, METRIC, OP, PATTERN_KIND, ROUTE } = require('./abi.js');
const { invalid } = require('./error.js');

const U32_MAX = 2 ** 32 - 1;
const QUERY_HAS_NOW = 1, QUERY_HAS_WEIGHTS = 2, QUERY_SINGLE_ENGINE = 4, QUERY_HAS_AS_OF = 8, QUERY_HAS_VALID_AT = 16, QUERY_NEAR = 32, QUERY_HAS_BOOSTS = 64, QUERY_EXPLAIN = 128, QUERY_IMPERSONAL = 256, MINING_HAS_SINCE = 1, MINING_HAS_UNTIL = 2, OPEN_READ_ONLY = 1, OPEN_SEGMENTS_IN_MEMORY = 2, OPEN_COMPRESS_TEXTS = 4; // as in nexus.h
const NUMBERS_PER_MEMORY = 13; // as in src/values_in.c
// Times of a memory with their flags, in the order of src/values_in.c from TIMES_AT on.
const TIMES = [['time', 1], ['validFrom', 2], ['validTo', 4], ['expires', 8]];
const TIMES_AT = 5;
// What an update may change, with the flags of nexus.h.
const PATCH_FLAGS = { text: 1, speaker: 2, kind: 4, importance: 8, time: 16, validFrom: 32, validTo: 64, expires: 128 };

function wrong(name, want, value) {
  const got = value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value === 'object' ? (value.constructor?.name ?? 'an object') : typeof value;
  return new TypeError(`${name}: want ${want}, got ${got}`);
}

// A string that UTF-8 can hold; undefined where there is none.
function text(value, name) {
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw wrong(name, 'a string', value);
  if (!value.isWellFormed()) throw invalid(`${name}: half a surrogate pair, which is not Unicode text`);
  return value;
}

function required(value, name) {
  if (value === undefined) throw wrong(name, 'a string', value);
  return text(value, name);
}

function object(value, name) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(name, 'an object', value);
  return value;
}

// Fields that each object may have. A mistyped "user" would else ask, or tell, everybody. Those
// of a hit may be given to add, which makes nothing of them.
const MEMORY_FIELDS = new Set(['text', 'key', 'tenant', 'user', 'agent', 'session', 'speaker', 'source', 'vector', 'time', 'start', 'end', 'kind', 'importance', 'meta',
  'validFrom', 'validTo', 'expires', 'id', 'position', 'ingested', 'score', 'factors', 'duplicates', 'version', 'updated', 'replaced', 'supersedes', 'supersededBy', 'usage']);
const PATCH_FIELDS = new Set([...Object.keys(PATCH_FLAGS), 'vector', 'meta', 'removeMeta', 'ifVersion']);
const QUERY_FIELDS = new Set(['text', 'vector', 'k', 'tenant', 'user', 'agent', 'session', 'intent', 'weights', 'now', 'engines', 'singleEngine', 'budgetMs', 'asOf', 'validAt', 'filter', 'near', 'match', 'boosts', 'fusion', 'route', 'explain', 'explore', 'exploreSeed', 'vectorEffort', 'asker', 'impersonal']);
const SELECTION_FIELDS = new Set(['tenant', 'user', 'agent', 'session', 'filter']);
const MINING_FIELDS = [...SELECTION_FIELDS, 'limit', 'since', 'until'];
const PATTERN_FIELDS = new Set([...MINING_FIELDS, 'kind']);
const ANOMALY_FIELDS = new Set([...MINING_FIELDS, 'minScore']);
const OPEN_FIELDS = new Set(['readOnly', 'dim', 'embedder', 'metric', 'historyMs', 'segmentsInMemory', 'compressTexts', 'signal', 'cacheBytes', 'language', 'engineTimeoutMs', 'maxQuestions']);
const LEARN_FIELDS = new Set(['id', 'value', 'user', 'question', 'tenant', 'shown']);
const KEY_FIELDS = new Set(['tenant', 'signal']);
const IMPORT_FIELDS = new Set(['batch', 'signal', 'onProgress']);

const TRAIN_FIELDS = new Set(['seed', 'rounds', 'force', 'fromJudgements', 'signal', 'onProgress']);
const TRAINING_FORCE = 1; // as in nexus.h
const TRAINING_FROM_JUDGEMENTS = 2;

// An object without other fields than those.
function fields(value, allowed, name) {
  object(value, name);
  for (const field in value)
    if (!allowed.has(field)) throw new TypeError(`${name}: there is no field ${JSON.stringify(field)}, only ${[...allowed].join(', ')}`);
  return value;
}

const byKey = (key, options) => [text(fields(options, KEY_FIELDS, 'options').tenant, 'tenant'), required(key, 'key')];

const byUser = (user, options) => [text(fields(options, KEY_FIELDS, 'options').tenant, 'tenant'), required(user, 'user')];

const importing = (path, options) => [required(path, 'path'), count(fields(options, IMPORT_FIELDS, 'options').batch, 'batch', U32_MAX)];

function boolean(value, name) {
  if (value !== undefined && typeof value !== 'boolean') throw wrong(name, 'a boolean', value);
  return value === true;
}

function training(path, options) {
  const { seed, rounds, force, fromJudgements } = fields(options, TRAIN_FIELDS, 'options');
  const judgements = boolean(fromJudgements, 'fromJudgements');
  const flags = (boolean(force, 'force') ? TRAINING_FORCE : 0) | (judgements ? TRAINING_FROM_JUDGEMENTS : 0);
  return [judgements ? text(path, 'path') : required(path, 'path'), count(seed, 'seed'), count(rounds, 'rounds', U32_MAX), flags];
}

// A whole number of 0..max; 0 where there is none.
function count(value, name, max = Number.MAX_SAFE_INTEGER) {
  if (value === undefined) return 0;
  if (typeof value !== 'number') throw wrong(name, 'a number', value);
  if (!Number.isInteger(value) || value < 0 || value > max) throw invalid(`${name} is ${value}, want a whole number of 0..${max}`);
  return value;
}

// A whole number of either sign; 0 where there is none.
function bytes(value, name) {
  return value < 0 ? -count(-value, name) : count(value, name);
}

function number(value, name) {
  if (value === undefined) return 0;
  if (typeof value !== 'number') throw wrong(name, 'a number', value);
  return value;
}

function oneOf(table, value, name) {
  if (value === undefined) return 0;
  if (typeof value !== 'string') throw wrong(name, 'a string', value);
  if (!Object.hasOwn(table, value)) throw invalid(`${name} ${JSON.stringify(value)}, want one of ${Object.keys(table).join(', ')}`);
  return table[value];
}

// Values may come from another realm (a vm context, a test runner's), where instanceof is false.
const isFloat32Array = (value) => value instanceof Float32Array || types.isFloat32Array(value);
const isDate = (value) => value instanceof Date || types.isDate(value);

// A Float32Array: the caller's own, or made from numbers.
function vector(value, name) {
  if (value === undefined) return undefined;
  if (isFloat32Array(value)) return types.isSharedArrayBuffer(value.buffer) ? Float32Array.from(value) : value; // others may write to it meanwhile
  if (!Array.isArray(value) && !types.isFloat64Array(value)) throw wrong(name, 'a Float32Array or an array of numbers', value);
  if (!value.every((x) => typeof x === 'number')) throw new TypeError(`${name}: want numbers only`);
  return Float32Array.from(value);
}

// The milliseconds of a Date, and checks it.
function milliseconds(value, name) {
  if (!isDate(value)) throw wrong(name, 'a Date', value);
  const ms = Date.prototype.getTime.call(value); // a subclass may answer otherwise
  if (Number.isNaN(ms)) throw invalid(`${name}: an invalid Date`);
  return ms;
}

const microseconds = (date, name) => count(date.microseconds, `${name}.microseconds`, 999);

// Milliseconds and microseconds; 0 where there is no time.
const instant = (date, name) => (date === undefined ? [0, 0] : [milliseconds(date, name), microseconds(date, name)]);

// How long replaced versions are kept, in microseconds: undefined for ever, 0 not at all.
function history(ms) {
  if (ms === undefined) return 0;
  if (typeof ms !== 'number') throw wrong('historyMs', 'a number', ms);
  const us = Math.ceil(ms * 1000);
  if (!(us >= 0 && us <= Number.MAX_SAFE_INTEGER)) throw invalid(`historyMs is ${ms}`);
  return us === 0 ? -1 : us;
}

// An engine's time in microseconds: 0 is the library's own, less no limit.
function timeout(ms, name) {
  const us = Math.ceil(number(ms, name) * 1000);
  if (!(Math.abs(us) <= Number.MAX_SAFE_INTEGER)) throw invalid(`${name} is ${ms}`);
  return Math.max(us, -1);
}

function id(value) {
  if (typeof value !== 'number' && typeof value !== 'bigint') throw wrong('id', 'a number or BigInt', value);
  if (value < 0 || (typeof value === 'number' ? !Number.isSafeInteger(value) : value >= 2n ** 64n)) throw invalid(`id is ${value}, want a whole number`);
  return value;
}

function ids(value) {
  return Array.isArray(value) ? Array.from(value, id) : [id(value)];
}

function texts(value, name) {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw wrong(name, 'an array of strings', value);
  return Array.from(value, (t) => required(t, name)); // a plain array: no code runs while the addon reads it and borrows vectors
}

// name, type, value and microseconds of one entry.
function metaEntry(name, value) {
  const where = `meta ${JSON.stringify(name)}`;
  text(name, 'meta name');
  switch (typeof value) {
    case 'string':
      return [name, META_TYPE.string, text(value, where), 0];
    case 'number':
      return [name, META_TYPE.number, value, 0];
    case 'boolean':
      return [name, META_TYPE.bool, value ? 1 : 0, 0];
  }
  if (isDate(value)) return [name, META_TYPE.time, milliseconds(value, where), microseconds(value, where)];
  if (Array.isArray(value)) return [name, META_TYPE.list, texts(value, where), 0];
  throw wrong(where, 'a string, number, boolean, Date or array of strings', value);
}

function meta(value) {
  if (value === undefined) return undefined;
  return Object.entries(object(value, 'meta'))
    .filter((entry) => entry[1] !== undefined)
    .flatMap((entry) => metaEntry(entry[0], entry[1]));
}

function memoryTexts(m, out) {
  out.push(
    required(m.text, 'text'), text(m.key, 'key'), text(m.tenant, 'tenant'), text(m.user, 'user'),
    text(m.agent, 'agent'), text(m.session, 'session'), text(m.speaker, 'speaker'), text(m.source, 'source'),
  );
}

function memoryNumbers(m, out, at) {
  TIMES.forEach(([name, flag], i) => {
    const value = m[name];
    if (value === undefined) return;
    out[at] |= flag;
    out[at + TIMES_AT + 2 * i] = milliseconds(value, name);
    out[at + TIMES_AT + 2 * i + 1] = microseconds(value, name);
  });
  out[at + 1] = count(m.start, 'start');
  out[at + 2] = count(m.end, 'end');
  out[at + 3] = oneOf(KIND, m.kind, 'kind');
  out[at + 4] = number(m.importance, 'importance');
}

// Runs `add` of memories, an array of texts and objects.
const add = (run, db, memories) => run(OP.add, db, ...laidOut(memories));

// Runs `supersede` of an id by a memory.
const supersede = (run, db, old, memory) => run(OP.supersede, db, [id(old)], ...laidOut([memory]));

// Runs `update` of an id. A time that is null goes.
function update(run, db, of, patch) {
  fields(patch, PATCH_FIELDS, 'patch');
  const m = {}, strings = [], numbers = new Float64Array(NUMBERS_PER_MEMORY);
  let flags = 0;
  for (const [name, flag] of Object.entries(PATCH_FLAGS)) {
    if (patch[name] === undefined) continue;
    flags |= flag;
    if (patch[name] !== null || !TIMES.some(([time]) => time === name)) m[name] = patch[name];
  }
  memoryTexts({ ...m, text: m.text === undefined ? '' : m.text }, strings);
  memoryNumbers(m, numbers, 0);
  return run(
    OP.update, db, [id(of)], strings, numbers, [vector(patch.vector, 'vector')], [meta(patch.meta)],
    flags, count(patch.ifVersion, 'ifVersion', U32_MAX), texts(patch.removeMeta, 'removeMeta'),
  );
}

// Texts, numbers, vectors and metas of memories, as src/values_in.c takes them.
function laidOut(memories) {
  const strings = [], vectors = [], metas = [];
  const numbers = new Float64Array(memories.length * NUMBERS_PER_MEMORY);
  memories.forEach((given, i) => {
    const m = typeof given === 'string' ? { text: given } : fields(given, MEMORY_FIELDS, memories.length > 1 ? `memory ${i}` : 'memory');
    memoryTexts(m, strings);
    memoryNumbers(m, numbers, i * NUMBERS_PER_MEMORY);
    vectors.push(vector(m.vector, 'vector'));
    metas.push(meta(m.meta));
  });
  return [strings, numbers, vectors, metas];
}

function weights(value) {
  if (value === undefined) return undefined;
  object(value, 'weights');
  const row = new Float32Array(FACTOR_COUNT);
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(FACTOR, name)) throw invalid(`weights: there is no factor ${JSON.stringify(name)}`);
    row[FACTOR[name]] = number(value[name], `weights.${name}`);
  }
  return row;
}

// What words are worth by field. What is not named keeps its own: 1 of the text, 0 of the others.
function boosts(value) {
  if (value === undefined) return undefined;
  object(value, 'boosts');
  const row = new Float32Array(BOOST_COUNT);
  row[BOOST.text] = 1;
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(BOOST, name)) throw invalid(`boosts: there is no field ${JSON.stringify(name)}`);
    if (value[name] !== undefined) row[BOOST[name]] = number(value[name], `boosts.${name}`);
  }
  return row;
}

function budget(ms) {
  const ns = Math.round(number(ms, 'budgetMs') * 1e6);
  if (!Number.isSafeInteger(ns)) throw invalid(`budgetMs is ${ms}`);
  return ns;
}

// Runs `query` of a question, a text or an object.
function query(run, db, q) {
  if (typeof q === 'string') return run(OP.query, db, text(q, 'query'));
  fields(q, QUERY_FIELDS, 'query');
  const row = weights(q.weights), fieldBoosts = boosts(q.boosts);
  const hasNow = q.now !== undefined;
  const flags = (hasNow ? QUERY_HAS_NOW : 0) | (row ? QUERY_HAS_WEIGHTS : 0) | (boolean(q.singleEngine, 'singleEngine') ? QUERY_SINGLE_ENGINE : 0) |
    (q.asOf === undefined ? 0 : QUERY_HAS_AS_OF) | (q.validAt === undefined ? 0 : QUERY_HAS_VALID_AT) |
    (boolean(q.near, 'near') ? QUERY_NEAR : 0) | (fieldBoosts ? QUERY_HAS_BOOSTS : 0) | (boolean(q.explain, 'explain') ? QUERY_EXPLAIN : 0) | (boolean(q.impersonal, 'impersonal') ? QUERY_IMPERSONAL : 0);
  return run(
    OP.query, db, text(q.text, 'text'), vector(q.vector, 'vector'),
    text(q.tenant, 'tenant'), text(q.user, 'user'), text(q.agent, 'agent'), text(q.session, 'session'), texts(q.engines, 'engines'),
    count(q.k, 'k', U32_MAX), oneOf(INTENT, q.intent, 'intent'), flags,
    hasNow ? milliseconds(q.now, 'now') : 0, hasNow ? microseconds(q.now, 'now') : 0, budget(q.budgetMs), row,
    ...instant(q.asOf, 'asOf'), ...instant(q.validAt, 'validAt'), text(q.filter, 'filter'), text(q.match, 'match'), fieldBoosts, oneOf(FUSION, q.fusion, 'fusion'), oneOf(ROUTE, q.route, 'route'), text(q.asker, 'asker'),
    number(q.explore, 'explore'), count(q.exploreSeed, 'exploreSeed', U32_MAX), number(q.vectorEffort, 'vectorEffort'),
  );
}

// Runs `learn` of what a user made of a hit.
function learn(run, db, judged) {
  fields(judged, LEARN_FIELDS, 'judged');
  const { shown = [] } = judged;
  if (!Array.isArray(shown)) throw wrong('shown', 'an array of ids', shown);
  if (judged.value === undefined) throw wrong('value', 'a number', undefined);
  return run(OP.learn, db, [id(judged.id)], number(judged.value, 'value'), required(judged.user, 'user'), text(judged.question, 'question'), text(judged.tenant, 'tenant'), ids(shown));
}

// A preference as JSON; values that have none are the library's to refuse.
const preference = (value) => text(JSON.stringify(object(value, 'preference')), 'preference');

// A scope and a filter.
const selected = (s) => [text(s.tenant, 'tenant'), text(s.user, 'user'), text(s.agent, 'agent'), text(s.session, 'session'), text(s.filter, 'filter')];

const list = (run, db, selection) => run(OP.list, db, ...selected(fields(selection, SELECTION_FIELDS, 'selection')));
const deleteWhere = (run, db, selection) => run(OP.delete_where, db, ...selected(fields(selection, SELECTION_FIELDS, 'selection')));

// Runs an operation of mining.
function mining(op, run, db, q, kind, minScore) {
  const flags = (q.since === undefined ? 0 : MINING_HAS_SINCE) | (q.until === undefined ? 0 : MINING_HAS_UNTIL);
  return run(op, db, ...selected(q), kind, count(q.limit, 'limit', U32_MAX), flags, ...instant(q.since, 'since'), ...instant(q.until, 'until'), minScore);
}

const patterns = (run, db, q) => mining(OP.patterns, run, db, fields(q, PATTERN_FIELDS, 'query'), oneOf(PATTERN_KIND, q.kind, 'kind'), 0);
const anomalies = (run, db, q) => mining(OP.anomalies, run, db, fields(q, ANOMALY_FIELDS, 'query'), 0, number(q.minScore, 'minScore'));

// Runs `open`; embed is the embedder's function as the addon calls it, or undefined.
function open(run, path, options, embed) {
  fields(options, OPEN_FIELDS, 'options');
  const { dim, embedder } = options;
  const flags = (boolean(options.readOnly, 'readOnly') ? OPEN_READ_ONLY : 0)
    | (boolean(options.segmentsInMemory, 'segmentsInMemory') ? OPEN_SEGMENTS_IN_MEMORY : 0)
    | (boolean(options.compressTexts, 'compressTexts') ? OPEN_COMPRESS_TEXTS : 0);
  return run(
    OP.open, 0, required(path, 'path'), flags,
    embedder ? count(embedder.dim, 'embedder.dim', U32_MAX) : count(dim, 'dim', U32_MAX),
    embedder ? required(embedder.name, 'embedder.name') : undefined, embed, oneOf(METRIC, options.metric, 'metric'), history(options.historyMs), bytes(options.cacheBytes, 'cacheBytes'), text(options.language, 'language'),
    timeout(options.engineTimeoutMs, 'engineTimeoutMs'), bytes(options.maxQuestions, 'maxQuestions'),
  );
}

module.exports = { add, anomalies, byKey, byUser, count, deleteWhere, id, ids, importing, isFloat32Array, learn, list, number, object, open, patterns, preference, query, required, supersede, text, training, update, wrong };
