// A store with an embedder of your own. This one counts pairs of letters, which stands in for a
// model: replace `embed` by a call to yours. It may be asynchronous.
//
//   node own_embedder.mjs [STORE]

import { open } from 'nexus-memory';

const DIM = 512;

// Pairs of letters of a text, each counted in a place of its own.
function embedOne(text) {
  const vector = new Float32Array(DIM);
  const letters = ` ${text.toLowerCase().replaceAll(/[^\p{L}]+/gu, ' ')} `;
  for (let i = 0; i + 1 < letters.length; i++) vector[(letters.charCodeAt(i) * 31 + letters.charCodeAt(i + 1)) % DIM]++;
  return vector;
}

const embedder = {
  name: 'letter-pairs-1', // model and version: a store refuses vectors of another name
  dim: DIM,
  embed: async (texts) => texts.map(embedOne),
};

const db = await open(process.argv[2] ?? './embedder-memory', { embedder });
await db.add(['Ann plays the violoncello.', 'Bob repairs bicycles in Bergen.', 'Cleo grows tomatoes on the roof.']);

// Misspelt, so that no word is the same: only vectors can find it.
const { hits, engines } = await db.query({ text: 'bycicle repairman', k: 1 });
console.log(hits[0].text);
for (const { name, state, candidates } of engines) console.log(`${name}: ${state}, ${candidates} candidates`);
await db.close();
