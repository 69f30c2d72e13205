'use strict';
// The tests of the API, errors, cancellation, embedders and workers once more, with the addon's C
// under AddressSanitizer and UndefinedBehaviorSanitizer.
const test = require('node:test');
const assert = require('node:assert/strict');
const { execFileSync, spawnSync } = require('node:child_process');
const { cpSync, mkdirSync, readdirSync } = require('node:fs');
const { join } = require('node:path');
const { headers } = require('../scripts/build.js');
const platform = require('../lib/platform.js');
const { folder } = require('./help.js');

const root = join(__dirname, '..');
const TESTS = ['api', 'errors', 'abort', 'embedder', 'workers'].map((name) => join('test', `${name}.test.js`));

const runtime = (name) => execFileSync('gcc', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim();

test('the addon is clean under the sanitizers', (t) => {
  if (spawnSync('gcc', ['--version']).status !== 0) return t.skip('gcc is not here');
  const dir = folder(t);
  for (const name of ['lib', 'test', 'package.json', 'scripts']) cpSync(join(root, name), join(dir, name), { recursive: true });
  const built = join(dir, 'prebuilds', platform.key());
  mkdirSync(built, { recursive: true });
  cpSync(join(platform.folder(), 'libnexus.so.1'), join(built, 'libnexus.so.1'));
  const source = join(root, 'src');
  execFileSync('gcc', [
    '-std=gnu11', '-O1', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=undefined', '-fPIC', '-shared', '-pthread', '-isystem', headers(),
    '-I', join(root, '..', 'bindings', 'include'), '-o', join(built, 'nexus.node'), ...readdirSync(source).filter((f) => f.endsWith('.c')).map((f) => join(source, f)), '-ldl',
  ]);
  // Leaks are leak.test.js's matter: V8 and Go keep what the leak sanitizer would name.
  const env = { ...process.env, LD_PRELOAD: `${runtime('libasan.so')}:${runtime('libubsan.so')}`, ASAN_OPTIONS: 'detect_leaks=0:handle_segv=0' };
  delete env.NODE_TEST_CONTEXT; // a test run of its own
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', ...TESTS], { cwd: dir, env, encoding: 'utf8', timeout: 120_000 });
  assert.equal(status, 0, stdout + stderr);
  assert.ok(!/AddressSanitizer|runtime error/.test(stdout + stderr), stdout + stderr);
  t.diagnostic(/# pass \d+/.exec(stdout)[0]);
});
