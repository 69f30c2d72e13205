'use strict';
// What `npm pack` makes, and what installing it, or the folder itself, gives.
const test = require('node:test');
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { folder } = require('./help.js');

const root = join(__dirname, '..');
const npm = (cwd, ...args) => execFileSync('npm', [...args, '--no-audit', '--no-fund'], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

// A project that installs the package and asks it something by require and import.
function project(t, what, ...flags) {
  const dir = join(folder(t), 'project');
  mkdirSync(dir);
  writeFileSync(join(dir, 'package.json'), '{"name":"project","private":true}');
  npm(dir, 'install', '--offline', ...flags, what);
  const program = `const db = nexus.openSync('./store'); db.addSync('Ann moved to Oslo.'); console.log(db.querySync('Oslo').hits[0].text); db.closeSync();`;
  writeFileSync(join(dir, 'a.cjs'), `const nexus = require('nexus-memory'); ${program}`);
  writeFileSync(join(dir, 'b.mjs'), `import * as nexus from 'nexus-memory'; ${program}`);
  for (const file of ['a.cjs', 'b.mjs'])
    assert.equal(execFileSync(process.execPath, [file], { cwd: dir, encoding: 'utf8', env: { ...process.env, PATH: '/nonexistent' } }), 'Ann moved to Oslo.\n');
  return dir;
}

test('the tarball has at most 5 MB and installs without Go, with scripts and without', (t) => {
  const dir = folder(t);
  npm(root, 'pack', '--pack-destination', dir);
  const tarball = join(dir, readdirSync(dir)[0]);
  const { size } = statSync(tarball);
  t.diagnostic(`tarball: ${(size / 1e6).toFixed(2)} MB`);
  assert.ok(size <= 5e6, `${size} bytes`);
  for (const flags of [['--ignore-scripts'], []]) {
    const installed = join(project(t, tarball, ...flags), 'node_modules', 'nexus-memory');
    assert.deepEqual(readdirSync(installed).sort(), ['LICENSE', 'NOTICE', 'README.md', 'index.d.mts', 'index.d.ts', 'lib', 'package.json', 'prebuilds', 'scripts']);
  }
});

test('the folder of a clone installs into another project, and goes again', (t) => {
  const dir = project(t, root);
  npm(dir, 'uninstall', 'nexus-memory');
  assert.ok(!existsSync(join(dir, 'node_modules', 'nexus-memory')));
});
