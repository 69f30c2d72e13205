// Compiled, never run: what is right compiles, what is wrong is marked so.
import { DB, NexusError, attach, open, openSync, version } from 'nexus-memory';
import type { Answer, Embedder, Hit, Id, Memory, Report } from 'nexus-memory';

const embedder: Embedder = { name: 'mine-1', dim: 3, embed: async (texts) => texts.map(() => [1, 0, 0]) };

export async function stores(): Promise<string> {
  await using db = await open('./data', { embedder, signal: AbortSignal.timeout(1000) });
  using second = openSync('./other', { readOnly: true, dim: 3 });
  const shared: DB = attach(second.handle);
  return version() + String(db.isOpen) + String(shared.handle);
}

export async function verbs(db: DB): Promise<void> {
  const id: Id = await db.add('text');
  const ids: Id[] = await db.add([{ text: 'a', vector: new Float32Array(3), meta: { at: new Date(), tags: ['x'] } }, 'b']);
  const answer: Answer = await db.query({ text: 'a', k: 3, user: 'ann', intent: 'recent', weights: { relevance: 1 } });
  const hit: Hit | undefined = answer.hits[0];
  const relevance: number | undefined = hit?.factors.relevance;
  const memory: Memory = await db.get(ids[0] ?? id);
  await db.add(memory);
  for await (const m of db.list({ user: 'ann' }, { signal: new AbortController().signal })) console.log(m.text.length, relevance);
  for (const m of db.listSync()) console.log(m.time?.getTime(), m.time?.microseconds);
  const report: Report = await db.import('f', { batch: 10, onProgress: ({ done, total }) => console.log(done / total) });
  console.log(report.problems[0]?.code === 'invalid', await db.export('g'), await db.delete([1, 2n]), db.statsSync().memories);
  await db.close();
}

export function errors(error: unknown): boolean {
  return error instanceof NexusError && error.code === 'not found' && error.retryable;
}

export async function wrong(db: DB): Promise<void> {
  // @ts-expect-error: a number is no question
  await db.query(7);
  // @ts-expect-error: text is required
  await db.add({ key: 'k' });
  // @ts-expect-error: there is no such kind
  await db.add({ text: 'a', kind: 'eternal' });
  // @ts-expect-error: handles are BigInts
  attach(1);
  // @ts-expect-error: stores come from open
  new DB();
  // @ts-expect-error: there is no such code
  new NexusError('odd', 'message');
}
