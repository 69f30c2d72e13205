'use strict';
// The conformance corpus in Node, and in Bun and Deno where they are to be had: on the PATH, in
// node_modules, or named by NEXUS_BUN and NEXUS_DENO. A runtime that is missing is named loudly.
const test = require('node:test');
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { existsSync } = require('node:fs');
const { delimiter, join } = require('node:path');

const corpus = process.env.NEXUS_CORPUS ?? join(__dirname, '..', '..', 'bindings', 'conformance', 'corpus.json');
const runner = join(__dirname, 'conformance.js');
const RUNTIMES = { node: [process.execPath, []], bun: [process.env.NEXUS_BUN ?? 'bun', []], deno: [process.env.NEXUS_DENO ?? 'deno', ['run', '-A']] };
const env = { ...process.env, PATH: [join(__dirname, '..', 'node_modules', '.bin'), process.env.PATH].join(delimiter) };

for (const [name, [command, args]] of Object.entries(RUNTIMES))
  test(`conformance in ${name}`, (t) => {
    if (name !== 'node' && spawnSync(command, ['--version'], { env }).status !== 0) {
      console.error(`\n*** ${name.toUpperCase()} IS NOT HERE: the conformance corpus was NOT TESTED in it ***\n`);
      return t.skip(`${name} is not installed`);
    }
    assert.ok(existsSync(corpus), `${corpus} is missing`);
    const { stdout, stderr, status } = spawnSync(command, [...args, runner, corpus], { encoding: 'utf8', env, timeout: 120_000 });
    t.diagnostic(stdout.trim().split('\n').at(-1));
    assert.match(stdout, new RegExp(`conformance ${name}: \\d+ passed, 0 failed\\n$`), stdout + stderr);
    assert.equal(status, 0);
  });
