// What calls cost, beside usearch and DuckDB, in one process: node bench/compare.mjs
//
// Every measure runs once a round, alternating; the medians of the rounds are printed with the bars
// that they are held to. `npm install` in this folder fetches the peers; without them they are left
// out and named. Exits with 1 where a bar is missed.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const nexus = require('..');
const platform = require('../lib/platform.js');
const { headers } = require('../scripts/build.js');

const ROUNDS = 7;
const MEMORIES = 1000;
const DIM = 256;
const WORDS = 'oslo bergen peanut allergy travel music guitar piano summer winter garden moving work office river harbour'.split(' ');
const QUESTION = 'guitar in oslo harbour';
const folder = mkdtempSync(join(tmpdir(), 'nexus-bench-'));

let seed = 1;
const random = () => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) / 0x7fffffff;
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const now = () => Number(process.hrtime.bigint());

// Nanoseconds a call of a plain function; what it returns is used, so that no call is left out.
function each(count, call) {
  let sink = 0;
  const start = now();
  for (let i = 0; i < count; i++) sink += call(i);
  const took = (now() - start) / count;
  if (Number.isNaN(sink)) throw new Error('a call gave nothing');
  return took;
}

async function eachAwaited(count, call) {
  const start = now();
  for (let i = 0; i < count; i++) await call(i);
  return (now() - start) / count;
}

async function eachPipelined(count, call) {
  const start = now();
  await Promise.all(Array.from({ length: count }, (_, i) => call(i)));
  return (now() - start) / count;
}

// ---- Nexus. ----

const texts = Array.from({ length: MEMORIES }, (_, i) => `${Array.from({ length: 30 }, () => WORDS[Math.floor(random() * WORDS.length)]).join(' ')} ${i}`);
const path = join(folder, 'store');
const filled = nexus.openSync(path);
filled.addSync(texts.map((text, i) => ({ text, key: `k${i}`, session: `s${i >> 4}`, user: 'ann', speaker: 'Bob', time: new Date(1.7e12 + i * 6e4) })));
filled.closeSync();
const db = nexus.openSync(path, { readOnly: true, cacheBytes: -1 }); // questions are timed, not the cache

function read({ hits }) {
  let sum = hits.length === 8 ? 0 : NaN;
  for (const { text, factors: f } of hits) sum += text.length + f.relevance + f.freshness + f.diversity + f.authority + f.coherence + f.confidence;
  return sum;
}

// The median of a question with eight hits read, beyond the library's own time.
function questionBeyond() {
  const beyond = [];
  for (let i = 0; i < 1000; i++) {
    const start = now();
    const answer = db.querySync(QUESTION);
    if (Number.isNaN(read(answer))) throw new Error('want eight hits');
    beyond.push(now() - start - answer.tookNs);
  }
  return median(beyond);
}

// The same calls from C, in this process and on this store.
function loadC() {
  const addon = join(folder, 'ccall.node');
  execFileSync('cc', ['-O2', '-fPIC', '-shared', '-isystem', headers(), '-I', join(here, '..', '..', 'bindings', 'include'), '-o', addon, join(here, 'ccall.c'), '-ldl']);
  const c = require(addon);
  c.load(join(platform.folder(), 'libnexus.so.1'));
  return c;
}

function requireMs(name) {
  const program = `const start = performance.now(); require(process.argv[1]); console.log(performance.now() - start)`;
  return Number(execFileSync(process.execPath, ['-e', program, name], { cwd: here, encoding: 'utf8' }));
}

// ---- Peers. ----

function usearchMeasures() {
  const { Index, MetricKind } = require('usearch');
  const index = new Index({ metric: MetricKind.Cos, dimensions: DIM, connectivity: 16 });
  const vector = () => Float32Array.from({ length: DIM }, () => random() - 0.5);
  for (let i = 0; i < MEMORIES; i++) index.add(BigInt(i), vector());
  const question = vector();
  return {
    'usearch size()': () => each(100_000, () => Number(index.size())),
    'usearch search, 8 of 1,000': () => each(2000, () => index.search(question, 8, 1).keys.length),
    'usearch require [ms]': () => requireMs('usearch'),
  };
}

async function duckdbMeasures() {
  const { DuckDBInstance } = require('@duckdb/node-api');
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const prepared = await connection.prepare('select 1');
  return {
    'DuckDB select 1, awaited': () => eachAwaited(500, async () => (await (await prepared.run()).getRows()).length),
    'DuckDB require [ms]': () => requireMs('@duckdb/node-api'),
  };
}

async function peer(name, measures) {
  try {
    return await measures();
  } catch (error) {
    console.error(`*** ${name} is not here and was NOT MEASURED: ${error.message.split('\n')[0]} ***`);
    return {};
  }
}

// ---- Rounds. ----

const c = loadC();
const measures = {
  'C: handle check': () => c.check(db.handle, 100_000),
  'db.isOpen': () => each(100_000, () => (db.isOpen ? 1 : NaN)),
  'C: question beyond the library': () => c.question(db.handle, 1000),
  'querySync beyond the library': questionBeyond,
  'querySync': () => each(1000, () => read(db.querySync(QUESTION))),
  'query, awaited': () => eachAwaited(500, async () => read(await db.query(QUESTION))),
  'query, pipelined': () => eachPipelined(1000, async () => read(await db.query(QUESTION))),
  'require [ms]': () => requireMs('..'),
  ...(await peer('usearch', usearchMeasures)),
  ...(await peer('DuckDB', duckdbMeasures)),
};
const seen = Object.fromEntries(Object.keys(measures).map((name) => [name, []]));
for (let round = -1; round < ROUNDS; round++) {
  for (const [name, measure] of Object.entries(measures)) {
    const figure = await measure();
    if (round >= 0) seen[name].push(figure); // the first round warms up
  }
}
db.closeSync();
rmSync(folder, { recursive: true });

const figures = Object.fromEntries(Object.entries(seen).map(([name, list]) => [name, median(list)]));
const beyondC = median(seen['db.isOpen'].map((ns, i) => ns - seen['C: handle check'][i]));
const bars = [
  ['db.isOpen over the C call', beyondC, 150, 'ns'],
  ['querySync beyond the library', figures['querySync beyond the library'], 6000, 'ns'],
  ['require', figures['require [ms]'], 30, 'ms'],
];
for (const [name, list] of Object.entries(seen)) {
  const digits = name.endsWith('[ms]') ? 1 : 0;
  console.log(`${name.padEnd(34)} ${figures[name].toFixed(digits).padStart(9)}   ${Math.min(...list).toFixed(digits)}..${Math.max(...list).toFixed(digits)}`);
}
console.log();
for (const [name, figure, bar, unit] of bars) {
  const met = figure <= bar;
  console.log(`${met ? 'met   ' : 'MISSED'} ${name}: ${figure.toFixed(1)} ${unit}, bar ${bar} ${unit}`);
  if (!met) process.exitCode = 1;
}
