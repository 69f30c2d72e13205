'use strict';
// Runs at `npm pack`: builds what the tarball ships, and takes the licence along.

const { copyFileSync } = require('node:fs');
const { join } = require('node:path');

require('./build.js').build();
copyFileSync(join(__dirname, '..', '..', 'LICENSE'), join(__dirname, '..', 'LICENSE'));
