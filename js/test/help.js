'use strict';
// What the tests share.

const { spawnSync } = require('node:child_process');
const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const nexus = require('..');

const temporary = () => mkdtempSync(join(tmpdir(), 'nexus-js-'));
const remove = (path) => rmSync(path, { recursive: true, force: true });

// A folder that goes with the test.
function folder(t) {
  const path = temporary();
  t.after(() => remove(path));
  return path;
}

// A store that is closed and goes with the test.
function keep(t, db, path) {
  t.after(async () => {
    await db.close();
    remove(path);
  });
  return db;
}

function store(t, options) {
  const path = temporary();
  return keep(t, nexus.openSync(join(path, 'store'), options), path);
}

async function storeOf(t, options) {
  const path = temporary();
  return keep(t, await nexus.open(join(path, 'store'), options), path);
}

// Runs a program in a process of its own; it finds the package as `nexus`, its arguments behind it.
function run(program, args = [], options = {}) {
  const source = `const nexus = require(${JSON.stringify(join(__dirname, '..'))});\n${program}`;
  const result = spawnSync(process.execPath, ['--expose-gc', '-e', source, ...args], { encoding: 'utf8', timeout: 30_000, ...options });
  return { ...result, out: result.stdout.trim() };
}

// What a refused call has to be.
const code = (name) => (error) => error instanceof nexus.NexusError && error.code === name;

const WORDS = 'oslo bergen peanut allergy travel music guitar piano summer winter garden moving work office river harbour'.split(' ');

// n memories of some thirty words, the same at every call.
function memories(n) {
  let seed = 1;
  const word = () => WORDS[(seed = (seed * 1103515245 + 12345) & 0x7fffffff) % WORDS.length];
  return Array.from({ length: n }, (_, i) => ({ text: `${Array.from({ length: 30 }, word).join(' ')} ${i}`, key: `k${i}`, session: `s${i >> 4}` }));
}

module.exports = { WORDS, code, folder, memories, run, store, storeOf };
