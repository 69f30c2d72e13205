'use strict';
// nexus-memory: memory for AI applications, inside the application's process. See index.d.ts.

const { DB, attach, open, openSync, restore, restoreSync } = require('./db.js');
const { NexusError } = require('./error.js');
const { native } = require('./native.js');

// The version of libnexus.
const version = () => native().version();

module.exports = { DB, NexusError, attach, open, openSync, restore, restoreSync, version };
