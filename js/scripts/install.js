'use strict';
// Runs at `npm install`. It never fails: where nothing can be built, the package installs and the
// first open says what is missing.

const platform = require('../lib/platform.js');

function install() {
  const reason = platform.unsupported();
  if (reason) return reason;
  const { build, canBuild } = requireBuild() ?? { canBuild: () => false };
  if (!canBuild()) return platform.isBuilt() ? undefined : `nexus-memory: this package has no files for ${platform.key()}`;
  try {
    build(); // in a clone the library may have changed; Go builds only what did
    return undefined;
  } catch (error) {
    return platform.isBuilt() ? `nexus-memory: not built anew: ${error.message}` : `nexus-memory: not built: ${error.message}`;
  }
}

// The packed tarball carries built files instead of this script.
function requireBuild() {
  try {
    return require('./build.js');
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

const message = install();
if (message) console.warn(message);
