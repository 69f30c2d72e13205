// Compiled, never run: the types as `require` sees them.
import nexus = require('nexus-memory');

export const answer: Promise<nexus.Answer> = nexus.open('./data').then((db) => db.query('a'));
export const first: number = nexus.openSync('./data').querySync('a').hits.length;
