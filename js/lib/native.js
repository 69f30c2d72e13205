'use strict';
// Loads the addon and, through it, libnexus: when the first store is opened, not before.

const { join } = require('node:path');
const { NexusError, fail } = require('./error.js');
const { decode, scratch } = require('./decode.js');
const platform = require('./platform.js');

let loaded;

// The addon, started. Throws a NexusError 'unsupported' that says what to do.
function native() {
  return loaded ?? load();
}

function load() {
  const addon = requireAddon();
  const library = process.env.NEXUS_LIBRARY || join(platform.folder(), 'libnexus.so.1');
  const problem = addon.load(library);
  if (problem !== undefined) throw explain(`${library}: ${problem}`);
  addon.start(decode, fail, scratch);
  loaded = addon;
  return addon;
}

// One literal path a machine, so that bundlers see them.
function requireAddon() {
  try {
    switch (platform.key()) {
      case 'linux-x64':
        return require('../prebuilds/linux-x64/nexus.node');
      case 'linux-arm64':
        return require('../prebuilds/linux-arm64/nexus.node');
    }
  } catch (error) {
    throw explain(error.message, error);
  }
  throw explain('there is no addon for this machine');
}

function explain(problem, cause) {
  const reason = platform.unsupported();
  if (reason) return new NexusError('unsupported', reason, { cause });
  const advice = platform.isBuilt()
    ? 'the files are there but do not load'
    : `nothing is built for ${platform.key()}: install Go 1.26 and a C compiler, then run "node ${join(__dirname, '..', 'scripts', 'build.js')}" in a clone of the repository, or install the packed tarball`;
  return new NexusError('unsupported', `nexus-memory: ${advice} (${problem})`, { cause });
}

module.exports = { native };
