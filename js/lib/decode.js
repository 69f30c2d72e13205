'use strict';
// Values out: objects from the strings and numbers that src/values_out.c writes, in its order.
//
// The addon gives an array. Its first place has the numbers where they did not fit into the scratch;
// then come passages and names, two strings to be cut by lengths among the numbers; then strings of
// their own, vectors and BigInts. Reading is synchronous: the next call overwrites the scratch.

const { ANOMALY_COLUMN, CACHE_USE, ENGINE_STATE, FACTOR_COUNT, KIND, META_TYPE, METRIC, OP, PATTERN_KIND, ROUTE, STATUS } = require('./abi.js');

const SCRATCH_COUNT = 8192; // as in src/addon.h
const scratch = new Float64Array(SCRATCH_COUNT);

const namesOf = (table) => Object.keys(table).sort((a, b) => table[a] - table[b]);
const KIND_NAMES = namesOf(KIND);
const METRIC_NAMES = [undefined, ...namesOf(METRIC).slice(1)]; // unset before the first memory
const STATE_NAMES = namesOf(ENGINE_STATE);
const PATTERN_NAMES = namesOf(PATTERN_KIND);
const COLUMN_NAMES = namesOf(ANOMALY_COLUMN);
const CACHE_NAMES = namesOf(CACHE_USE);
const ROUTE_NAMES = namesOf(ROUTE);

// Numbers that a memory begins with, as in src/values_out.c.
const MEMORY_NUMBERS = 39;

// Lengths that are none, as in src/values_out.c.
const ALONE = -1, AGAIN = -2;

// Where reading is: parts of the reply and the next place in each.
let strings, numbers, passages, names, s, n, p, m;

// Names of the memory before, by place.
const before = ['', '', '', '', '', '', ''];

function passage(size) {
  return size === ALONE ? strings[s++] : passages.substring(p, (p += size));
}

function cut(size) {
  return size === ALONE ? strings[s++] : names.substring(m, (m += size));
}

const text = () => cut(numbers[n++]);

// A name of a memory, undefined where there is none: its own, or that of the memory before.
function name(size, i) {
  if (size === 0) return undefined;
  return size === AGAIN ? before[i] : (before[i] = cut(size));
}

// A whole number; a BigInt beyond 2^53.
const exact = (value) => (value >= 0 ? value : strings[s++]);
const whole = () => exact(numbers[n++]);

// A Date. Microseconds beyond its milliseconds, if there are any, are in its property of that name.
function date(ms, microseconds) {
  const value = new Date(ms);
  if (microseconds !== 0) value.microseconds = microseconds;
  return value;
}

// The time at a place, undefined where there is none.
const dateAt = (f, at) => (Number.isNaN(f[at]) ? undefined : date(f[at], f[at + 1]));

function metaValue(type) {
  switch (type) {
    case META_TYPE.string:
      return text();
    case META_TYPE.bool:
      return numbers[n++] !== 0;
    case META_TYPE.time:
      return date(numbers[n++], numbers[n++]);
    case META_TYPE.list:
      return Array.from({ length: numbers[n++] }, text);
    default:
      return numbers[n++];
  }
}

function meta(count) {
  const values = {};
  for (; count > 0; count--) {
    const key = text();
    const value = metaValue(numbers[n++]);
    if (key === '__proto__') Object.defineProperty(values, key, { value, enumerable: true, configurable: true, writable: true });
    else values[key] = value;
  }
  return values;
}

// A memory. Members whose strings are read, or whose numbers follow, are in the order of writing.
function memory() {
  const at = n, f = numbers;
  n = at + MEMORY_NUMBERS;
  return {
    text: passage(f[at]),
    key: name(f[at + 1], 0),
    tenant: name(f[at + 2], 1),
    user: name(f[at + 3], 2),
    agent: name(f[at + 4], 3),
    session: name(f[at + 5], 4),
    speaker: name(f[at + 6], 5),
    source: name(f[at + 7], 6),
    vector: f[at + 8] === 1 ? strings[s++] : undefined,
    time: dateAt(f, at + 9),
    ingested: date(f[at + 11], f[at + 12]),
    id: exact(f[at + 13]),
    start: exact(f[at + 14]),
    end: exact(f[at + 15]),
    kind: KIND_NAMES[f[at + 16]],
    position: f[at + 17],
    importance: f[at + 18],
    validFrom: dateAt(f, at + 19),
    validTo: dateAt(f, at + 21),
    expires: dateAt(f, at + 23),
    updated: date(f[at + 25], f[at + 26]),
    replaced: dateAt(f, at + 27),
    version: f[at + 29],
    supersedes: linked(f[at + 30]),
    supersededBy: linked(f[at + 31]),
    meta: meta(f[at + 38]),
  };
}

// An id, undefined for 0.
const linked = (id) => (id === 0 ? undefined : exact(id));

// A memory that was asked for by id or key, with its use.
function used() {
  const at = n, f = numbers;
  const value = memory();
  value.usage = { hits: f[at + 32], gets: f[at + 33], lastHit: dateAt(f, at + 34), positive: f[at + 36], negative: f[at + 37] };
  return value;
}

function hit() {
  const value = memory();
  const at = n, f = numbers;
  n = at + 1 + FACTOR_COUNT;
  value.score = f[at];
  value.factors = {
    relevance: f[at + 1],
    freshness: f[at + 2],
    diversity: f[at + 3],
    authority: f[at + 4],
    coherence: f[at + 5],
    confidence: f[at + 6],
  };
  value.duplicates = list(whole);
  value.explanation = numbers[n++] ? explanation() : undefined;
  return value;
}

const rank = () => ({ name: text(), rank: numbers[n++], score: numbers[n++] });

const explanation = () => ({ engines: list(rank), signals: Object.fromEntries(list(() => [text(), numbers[n++]])), ranker: numbers[n++] });

const engine = () => ({
  name: text(),
  note: text(),
  state: STATE_NAMES[numbers[n++]],
  candidates: numbers[n++],
  tookNs: numbers[n++],
  startNs: numbers[n++],
});

function list(element) {
  const values = [];
  for (let count = numbers[n++]; count > 0; count--) values.push(element());
  return values;
}

const answer = () => ({
  candidates: numbers[n++],
  collapsed: numbers[n++],
  segments: numbers[n++],
  cache: CACHE_NAMES[numbers[n++]],
  tookNs: numbers[n++],
  prepareNs: numbers[n++],
  searchNs: numbers[n++],
  fuseNs: numbers[n++],
  fetchNs: numbers[n++],
  confidence: numbers[n++],
  route: ROUTE_NAMES[numbers[n++]],
  started: ROUTE_NAMES[numbers[n++]],
  hurried: numbers[n++] !== 0,
  warning: text(),
  engines: list(engine),
  hits: list(hit),
});

const DAY_US = 86400e6;

// A value where there is one, else undefined.
const unless = (none, value) => (value === none ? undefined : value);

const pattern = () => ({
  kind: PATTERN_NAMES[numbers[n++]],
  terms: list(text),
  speaker: unless('', text()),
  window: numbers[n++] !== 0,
  support: numbers[n++],
  g2: numbers[n++],
  npmi: numbers[n++],
  lift: numbers[n++],
  from: date(numbers[n++], numbers[n++]),
  to: date(numbers[n++], numbers[n++]),
  periodDays: unless(0, numbers[n++] / DAY_US),
  weekday: unless(-1, numbers[n++]),
  examples: list(whole),
});

const reason = () => ({ column: COLUMN_NAMES[numbers[n++]], value: numbers[n++], usual: numbers[n++], weight: numbers[n++] });

const anomaly = () => ({ id: whole(), score: numbers[n++], reasons: list(reason) });

const level = () => ({ hits: numbers[n++], misses: numbers[n++], bytes: numbers[n++], lookUpNs: numbers[n++] });

const stats = () => ({
  dimension: numbers[n++],
  memories: numbers[n++],
  deleted: numbers[n++],
  segments: numbers[n++],
  segmentFiles: numbers[n++],
  segmentBytes: numbers[n++],
  truthBytes: numbers[n++],
  terms: numbers[n++],
  epoch: numbers[n++],
  added: numbers[n++],
  commits: numbers[n++],
  merges: numbers[n++],
  replayed: numbers[n++],
  discarded: numbers[n++],
  metric: METRIC_NAMES[numbers[n++]],
  retired: numbers[n++],
  cacheHot: level(),
  cacheWarm: level(),
  cacheNear: level(),
  recordBytes: numbers[n++],
  recordStored: numbers[n++],
  recordNs: numbers[n++],
  outdated: numbers[n++],
  damagedJudgements: numbers[n++],
  vectors: text(),
  mergeError: text(),
  language: text(),
  ranker: {
    own: numbers[n++] !== 0,
    trees: numbers[n++],
    canRollBack: numbers[n++] !== 0,
    fitted: new Date(numbers[n++] / 1000),
    metrics: text(),
    warning: text(),
  },
});

const figures = () => ({ any8: numbers[n++], frac8: numbers[n++], mrr: numbers[n++], calibrationError: numbers[n++] });

const interval = () => ({ mean: numbers[n++], low: numbers[n++], high: numbers[n++] });

const trained = () => ({
  better: numbers[n++] !== 0,
  installed: numbers[n++] !== 0,
  questions: numbers[n++],
  unanswered: numbers[n++],
  leftOut: numbers[n++],
  missing: numbers[n++],
  folds: numbers[n++],
  trees: numbers[n++],
  bytes: numbers[n++],
  tookNs: numbers[n++],
  keptWith: text(),
  before: figures(),
  after: figures(),
  serving: numbers[n++] ? figures() : undefined,
  gain: { any8: interval(), frac8: interval(), mrr: interval(), overall: interval() },
});

const problem = () => ({ line: numbers[n++], code: STATUS[numbers[n++]], message: text() });

const report = () => ({ memories: numbers[n++], bad: numbers[n++], problems: list(problem) });

// What each operation gives, by number.
const READERS = [];
READERS[OP.open] = READERS[OP.list] = () => strings[s++];
READERS[OP.add] = () => list(whole);
READERS[OP.query] = answer;
READERS[OP.get] = READERS[OP.get_by_key] = () => list(used);
READERS[OP.next] = READERS[OP.update] = READERS[OP.history] = () => list(memory);
READERS[OP.supersede] = whole;
READERS[OP.patterns] = () => list(pattern);
READERS[OP.anomalies] = () => list(anomaly);
READERS[OP.train] = trained;
READERS[OP.stats] = stats;
READERS[OP.verify] = READERS[OP.import] = report;
READERS[OP.preference] = () => JSON.parse(text());
READERS[OP.set_preference] = READERS[OP.forget] = READERS[OP.delete] = READERS[OP.delete_where] = READERS[OP.export] = READERS[OP.backup] = READERS[OP.restore] = () => numbers[n++];
READERS[OP.close] = READERS[OP.compact] = READERS[OP.feedback] = READERS[OP.learn] = READERS[OP.ranker_rollback] = () => undefined;

// The value of an operation's reply.
function decode(op, reply) {
  strings = reply;
  numbers = reply[0] ?? scratch;
  passages = reply[1];
  names = reply[2];
  s = 3;
  n = p = m = 0;
  const value = READERS[op]();
  strings = numbers = passages = names = undefined; // the reply is the caller's to keep
  return value;
}

module.exports = { decode, scratch };
