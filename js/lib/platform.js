'use strict';
// Which machines the library runs on, and what to tell the others.

const { existsSync } = require('node:fs');
const { join } = require('node:path');

const SUPPORTED = ['linux-x64', 'linux-arm64'];

// The key of this machine: operating system and CPU as Node names them.
const key = () => `${process.platform}-${process.arch}`;

// The folder of the addon and libnexus.so.1 for this machine, built or shipped.
const folder = () => join(__dirname, '..', 'prebuilds', key());

// Whether addon and library are there.
const isBuilt = () => existsSync(join(folder(), 'nexus.node')) && existsSync(join(folder(), 'libnexus.so.1'));

// Whether this process runs on musl (Alpine), whose loader cannot load a Go library. A report takes
// milliseconds, so it is asked for only where something went wrong, or before building.
function isMusl() {
  if (process.platform !== 'linux' || !process.report?.getReport) return false;
  process.report.excludeNetwork = true;
  const { header } = process.report.getReport();
  return header !== undefined && header.glibcVersionRuntime === undefined;
}

// Why this machine cannot run the library, or undefined where it can.
function unsupported() {
  if (process.platform === 'win32') return 'nexus-memory does not run on Windows yet; it runs in WSL';
  if (process.platform === 'darwin') return 'nexus-memory does not run on macOS yet; it runs in a Linux container';
  if (!SUPPORTED.includes(key())) return `nexus-memory runs on ${SUPPORTED.join(' and ')}, not on ${key()}`;
  if (isMusl()) return 'nexus-memory needs glibc: the loader of musl (Alpine) cannot load a Go library. Use a Debian image such as node:20-slim';
  return undefined;
}

module.exports = { folder, isBuilt, key, unsupported };
