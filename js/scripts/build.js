'use strict';
// Builds the addon and libnexus for this machine into prebuilds/, in a clone of the repository.
// Needs Go, a C compiler and Node's headers; no node-gyp, no network once Go's modules are there.
//
//   node scripts/build.js
//
// NEXUS_NODE_HEADERS: the folder of node_api.h, where it is not found. CC: the C compiler.

const { spawnSync } = require('node:child_process');
const { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } = require('node:fs');
const { dirname, join } = require('node:path');
const platform = require('../lib/platform.js');

const root = join(__dirname, '..', '..');
const source = join(__dirname, '..', 'src');
const libraryScript = join(root, 'capi', 'build.sh');

// The folder of node_api.h: the running Node's own, or the system's.
function headers() {
  const places = [process.env.NEXUS_NODE_HEADERS, join(dirname(process.execPath), '..', 'include', 'node'), '/usr/include/node', '/usr/local/include/node'];
  const found = places.find((place) => place && existsSync(join(place, 'node_api.h')));
  if (!found) throw new Error('node_api.h is not found: install the headers of Node (Debian: libnode-dev), or set NEXUS_NODE_HEADERS');
  return found;
}

function run(command, ...args) {
  const { error, status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (error) throw new Error(`${command}: ${error.message}`);
  if (status !== 0) throw new Error(`${command} ended with ${status}`);
}

function buildAddon(out) {
  const files = readdirSync(source).filter((name) => name.endsWith('.c')).map((name) => join(source, name));
  run(
    process.env.CC || 'cc', '-std=gnu11', '-O2', '-Wall', '-Wextra', '-Werror', '-fPIC', '-fvisibility=hidden', '-shared', '-pthread', '-s',
    '-include', join(root, 'bindings', 'include', 'nexus_floor.h'), // it loads with older versions of glibc than the build's
    '-isystem', headers(), '-I', join(root, 'bindings', 'include'), '-o', join(out, 'nexus.node'), ...files,
    '-Wl,--push-state,--no-as-needed,-l:libdl.so.2,-l:libpthread.so.0,--pop-state',
  );
}

function buildLibrary(out) {
  run('sh', libraryScript, out);
  rmSync(join(out, 'libnexus.so')); // a link for compilers; packages carry no links
}

// Whether this is a clone, with the sources of the library.
const canBuild = () => existsSync(libraryScript);

// Builds beside prebuilds/ and moves each file over: a process that runs keeps what it has loaded.
function build() {
  const target = platform.folder();
  mkdirSync(target, { recursive: true });
  const out = mkdtempSync(join(target, 'build-'));
  try {
    buildAddon(out);
    buildLibrary(out);
    for (const name of readdirSync(out)) renameSync(join(out, name), join(target, name));
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

module.exports = { build, canBuild, headers };
if (require.main === module) build();
