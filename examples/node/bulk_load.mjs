// Loads a folder of text and Markdown into a store, paragraph by paragraph, and asks it.
//
//   node bulk_load.mjs FOLDER [STORE] [QUESTION]
//
// Run it again after a change: paragraphs that are there already keep their ids.

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { open } from 'nexus-memory';

const [folder, path = './bulk-memory', question] = process.argv.slice(2);
if (!folder) {
  console.error('usage: node bulk_load.mjs FOLDER [STORE] [QUESTION]');
  process.exit(2);
}

const BATCH = 256; // memories a commit: enough to share its cost, small enough to show progress

// The paragraphs of a text with their byte ranges.
function* paragraphs(text) {
  for (const { 0: paragraph, index } of text.matchAll(/\S[^]*?(?=\n\s*\n|\s*$)/g)) {
    const start = Buffer.byteLength(text.slice(0, index));
    yield { text: paragraph, start, end: start + Buffer.byteLength(paragraph) };
  }
}

async function* memories() {
  for (const file of await readdir(folder, { recursive: true })) {
    if (!/\.(md|markdown|txt)$/i.test(file)) continue;
    const text = (await readFile(join(folder, file), 'utf8')).toWellFormed();
    for (const part of paragraphs(text)) {
      const digest = createHash('sha256').update(`${file}\0${part.start}\0${part.text}`).digest('hex');
      yield { ...part, source: file, key: digest, kind: 'semantic' };
    }
  }
}

const db = await open(path);
let batch = [];
let count = 0;
async function flush() {
  await db.add(batch);
  count += batch.length;
  batch = [];
  process.stderr.write(`\r${count} paragraphs`);
}
for await (const memory of memories()) if (batch.push(memory) === BATCH) await flush();
await flush();
process.stderr.write('\n');
console.log(`${(await db.stats()).memories} memories in ${path}`);

if (question) {
  const { hits, tookNs } = await db.query({ text: question, k: 3, intent: 'fact' });
  for (const { score, source, start, text } of hits) console.log(`${score.toFixed(2)} ${source}:${start} ${text.replaceAll(/\s+/g, ' ').slice(0, 100)}`);
  console.log(`${(tookNs / 1e6).toFixed(2)} ms`);
}

await db.close();
