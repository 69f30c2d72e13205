'use strict';
const test = require('node:test');
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { join } = require('node:path');
const nexus = require('..');
const verbs = require('../../gen/abi/nexus.json').verbs;

test('the types compile as strict TypeScript, for import and require', () => {
  const { status, stdout } = spawnSync(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', join(__dirname, 'types')], { encoding: 'utf8' });
  assert.equal(status, 0, stdout);
});

test('every verb of the ABI is there, as a Promise and as a plain call', () => {
  for (const { go, node } of verbs) {
    const owner = go.startsWith('DB.') ? nexus.DB.prototype : nexus;
    for (const name of [node, `${node}Sync`]) assert.equal(typeof owner[name], 'function', name);
  }
});
