'use strict';
// Values out: objects from the strings and numbers that src/values_out.c writes, in its order.
//
// The addon gives an array of strings whose first place is empty, and the numbers in `scratch`; or,
// where they did not fit, in the array's first place. Reading is synchronous: the next call
// overwrites the scratch.

const { ENGINE_STATE, FACTOR_COUNT, KIND, META_TYPE, OP, STATUS } = require('./abi.js');

const SCRATCH_COUNT = 4096; // as in src/addon.h
const scratch = new Float64Array(SCRATCH_COUNT);

const namesOf = (table) => Object.keys(table).sort((a, b) => table[a] - table[b]);
const KIND_NAMES = namesOf(KIND);
const STATE_NAMES = namesOf(ENGINE_STATE);

// Bits of a memory's mask, as in src/values_out.c.
const HAS_KEY = 1, HAS_TENANT = 2, HAS_USER = 4, HAS_AGENT = 8, HAS_SESSION = 16, HAS_SPEAKER = 32, HAS_SOURCE = 64, HAS_VECTOR = 128, HAS_TIME = 256;

// Where reading is: strings and numbers of the reply, and the next place in each.
let strings, numbers, s, n;

// A whole number; a BigInt beyond 2^53.
function whole() {
  const value = numbers[n++];
  return value >= 0 ? value : strings[s++];
}

// A Date. Microseconds beyond its milliseconds, if there are any, are in its property of that name.
function time() {
  const date = new Date(numbers[n++]);
  const microseconds = numbers[n++];
  if (microseconds !== 0) date.microseconds = microseconds;
  return date;
}

function metaValue(type) {
  switch (type) {
    case META_TYPE.string:
      return strings[s++];
    case META_TYPE.bool:
      return numbers[n++] !== 0;
    case META_TYPE.time:
      return time();
    case META_TYPE.list:
      return Array.from({ length: numbers[n++] }, () => strings[s++]);
    default:
      return numbers[n++];
  }
}

function meta() {
  const values = {};
  for (let count = numbers[n++]; count > 0; count--) {
    const name = strings[s++];
    const value = metaValue(numbers[n++]);
    if (name === '__proto__') Object.defineProperty(values, name, { value, enumerable: true, configurable: true, writable: true });
    else values[name] = value;
  }
  return values;
}

// The members of a memory, read in the order of the literal.
function memory() {
  const has = numbers[n++];
  return {
    text: strings[s++],
    key: has & HAS_KEY ? strings[s++] : undefined,
    tenant: has & HAS_TENANT ? strings[s++] : undefined,
    user: has & HAS_USER ? strings[s++] : undefined,
    agent: has & HAS_AGENT ? strings[s++] : undefined,
    session: has & HAS_SESSION ? strings[s++] : undefined,
    speaker: has & HAS_SPEAKER ? strings[s++] : undefined,
    source: has & HAS_SOURCE ? strings[s++] : undefined,
    vector: has & HAS_VECTOR ? strings[s++] : undefined,
    time: has & HAS_TIME ? time() : undefined,
    id: whole(),
    start: whole(),
    end: whole(),
    ingested: time(),
    kind: KIND_NAMES[numbers[n++]],
    position: numbers[n++],
    importance: numbers[n++],
    meta: meta(),
  };
}

function factors() {
  const at = n;
  n += FACTOR_COUNT;
  return {
    relevance: numbers[at],
    freshness: numbers[at + 1],
    diversity: numbers[at + 2],
    authority: numbers[at + 3],
    coherence: numbers[at + 4],
    confidence: numbers[at + 5],
  };
}

function hit() {
  const value = memory();
  value.score = numbers[n++];
  value.factors = factors();
  value.duplicates = list(whole);
  return value;
}

const engine = () => ({
  name: strings[s++],
  note: strings[s++],
  state: STATE_NAMES[numbers[n++]],
  candidates: numbers[n++],
  tookNs: numbers[n++],
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
  tookNs: numbers[n++],
  prepareNs: numbers[n++],
  searchNs: numbers[n++],
  fuseNs: numbers[n++],
  fetchNs: numbers[n++],
  engines: list(engine),
  hits: list(hit),
});

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
  vectors: strings[s++],
  mergeError: strings[s++],
});

const problem = () => ({ line: numbers[n++], code: STATUS[numbers[n++]], message: strings[s++] });

const report = () => ({ memories: numbers[n++], bad: numbers[n++], problems: list(problem) });

// What each operation gives, by number.
const READERS = [];
READERS[OP.open] = READERS[OP.list] = () => strings[s++];
READERS[OP.add] = () => list(whole);
READERS[OP.query] = answer;
READERS[OP.get] = READERS[OP.get_by_key] = READERS[OP.next] = () => list(memory);
READERS[OP.stats] = stats;
READERS[OP.verify] = READERS[OP.import] = report;
READERS[OP.delete] = READERS[OP.export] = () => numbers[n++];
READERS[OP.close] = READERS[OP.compact] = () => undefined;

// The value of an operation's reply.
function decode(op, reply) {
  strings = reply;
  numbers = reply[0] ?? scratch;
  s = 1;
  n = 0;
  const value = READERS[op]();
  strings = numbers = undefined; // the reply is the caller's to keep
  return value;
}

module.exports = { decode, scratch };
