// A chat with memory and without a language model: what you tell it is kept, and a question is
// answered by what you told it before.
//
//   node chat_loop.mjs [STORE] [USER]
//
// A line that ends in "?" is a question, every other line is remembered; "bye" ends it. Start it
// again with the same store: it still knows.

import { createInterface } from 'node:readline';
import { open } from 'nexus-memory';

const [path = './chat-memory', user = 'me'] = process.argv.slice(2);
const session = new Date().toISOString();

const db = await open(path);

async function answer(question) {
  const { hits } = await db.query({ text: question, user, k: 3, intent: 'recent' });
  // Confidence is 0 where no word of the question was ever said.
  const known = hits.filter((hit) => hit.factors.confidence > 0);
  if (known.length === 0) return 'You have not told me.';
  return known.map((hit) => `You said on ${hit.time.toLocaleDateString('en-GB')}: ${hit.text}`).join('\n');
}

async function remember(text) {
  await db.add({ text, user, session, speaker: user, time: new Date() });
  return 'I will remember that.';
}

const { memories } = await db.stats();
console.log(`I remember ${memories} things. Tell me something, or ask me.`);
for await (const line of createInterface({ input: process.stdin })) {
  const text = line.trim();
  if (text === 'bye') break;
  if (text) console.log(text.endsWith('?') ? await answer(text) : await remember(text));
}
await db.close();
