'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { cpSync, mkdirSync, symlinkSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { folder } = require('./help.js');

const examples = join(__dirname, '..', '..', 'examples', 'node');

// The examples in a folder where the package is installed.
function copy(t) {
  const dir = folder(t);
  mkdirSync(join(dir, 'node_modules'));
  symlinkSync(join(__dirname, '..'), join(dir, 'node_modules', 'nexus-memory'));
  cpSync(examples, dir, { recursive: true, filter: (path) => !path.includes('node_modules') });
  return dir;
}

function run(dir, args, input = '') {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: dir, input, encoding: 'utf8', timeout: 30_000 });
  assert.equal(status, 0, stderr);
  return stdout;
}

test('chat_loop remembers across runs', (t) => {
  const dir = copy(t);
  assert.match(run(dir, ['chat_loop.mjs'], 'My sister Ann lives in Oslo.\nI am allergic to peanuts.\nbye\n'), /I remember 0 things[^]*I will remember that/);
  const out = run(dir, ['chat_loop.mjs'], 'Where does Ann live?\nzzzz qqqq?\n');
  assert.match(out, /I remember 2 things/);
  assert.match(out, /My sister Ann lives in Oslo/);
  assert.match(out, /You have not told me/);
});

test('bulk_load loads a folder, once', (t) => {
  const dir = copy(t);
  mkdirSync(join(dir, 'docs', 'deep'), { recursive: true });
  writeFileSync(join(dir, 'docs', 'a.md'), '# Harbour\n\nThe harbour of Bergen is old.\n\nShips come from Hamburg.\n');
  writeFileSync(join(dir, 'docs', 'deep', 'b.txt'), 'Peanuts are no nuts.\n');
  writeFileSync(join(dir, 'docs', 'c.bin'), 'Not text.');
  for (let i = 0; i < 2; i++) {
    const out = run(dir, ['bulk_load.mjs', 'docs', './store', 'where do ships come from?']);
    assert.match(out, /^4 memories/);
    assert.match(out, /a\.md:42 Ships come from Hamburg/);
  }
});

test('own_embedder finds a misspelt word', (t) => {
  assert.match(run(copy(t), ['own_embedder.mjs']), /^Bob repairs bicycles in Bergen/);
});
