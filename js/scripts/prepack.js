'use strict';
// Runs at `npm pack`: builds what the tarball ships, and takes the licence and the notices of others along.

const { copyFileSync } = require('node:fs');
const { join } = require('node:path');

require('./build.js').build();
for (const from of [['LICENSE'], ['engine', 'embed', 'NOTICE']]) {
  copyFileSync(join(__dirname, '..', '..', ...from), join(__dirname, '..', from.at(-1)));
}
