// The same module for `import`: one instance of the library serves both.
import nexus from './index.js';

export const { DB, NexusError, attach, open, openSync, restore, restoreSync, version } = nexus;
