/// <reference lib="esnext.disposable" />

/**
 * Memory for AI applications, inside the application's process.
 *
 * Every verb of a store exists as a Promise (`query`) and as a plain call (`querySync`). A Promise
 * is for servers; a plain call is quicker by the way to another thread and back, and blocks this
 * one as long as the library works: a fraction of a millisecond for a question.
 */

/** An id: a number up to 2^53, a BigInt beyond. Ids rise from 1 in the order of adding. */
export type Id = number | bigint;

/** A Date; where the instant has microseconds beyond its milliseconds they are in `microseconds`. */
export type Time = Date & { microseconds?: number };

/** A further value of a memory. Numbers are finite. */
export type MetaValue = string | number | boolean | Time | string[];

/** The levels of memory: of the task at hand, what happened, facts, how something is done. */
export type Kind = 'working' | 'episodic' | 'semantic' | 'procedural';

/** What a question is after: a row of weights for the six factors. */
export type Intent = 'general' | 'fact' | 'recent' | 'explore' | 'trusted';

/** The six factors of a score, each 0..1. */
export interface Factors {
  /** How well the engines' scores say it answers the question. */
  relevance: number;
  /** How recent it is. */
  freshness: number;
  /** How little it repeats the hits above it. */
  diversity: number;
  /** Its importance. */
  authority: number;
  /** How much its neighbours in the session support it. */
  coherence: number;
  /** How far the engines agree on it. */
  confidence: number;
}

/** Whose memories: the tenant is a wall, the others narrow when given. */
export interface Scope {
  tenant?: string | undefined;
  user?: string | undefined;
  agent?: string | undefined;
  session?: string | undefined;
}

/** Which memories a listing or a deletion is about: those of a scope that a filter lets through. */
export interface Selection extends Scope {
  /** A condition on their fields, such as `speaker = "Ann" and time >= 2024-01-01`. */
  filter?: string | undefined;
}

export type PatternKind = 'association' | 'recurring' | 'burst';

/** Of which memories, and what, `patterns` finds. */
export interface PatternQuery extends Selection {
  /** One kind; all by default. */
  kind?: 'all' | PatternKind | undefined;
  /** Patterns of each kind, 1 to 1,000; 20 by default. */
  limit?: number | undefined;
  /** Memories of that time or later, by `time`, or where they have none by when they were added. */
  since?: Date | undefined;
  /** And of before that time. */
  until?: Date | undefined;
}

/** One regularity of a selection, which chance would bring forth in one of twenty selections at most. */
export interface Pattern {
  kind: PatternKind;
  /**
   * One to eight words as they are mostly written. Figures of an association are of its first two, or of
   * the speaker and the first; the others come with these in four of five cases.
   */
  terms: string[];
  /** Who says them, of an association where that matters. */
  speaker: string | undefined;
  /** Whether they come in neighbouring turns of a session, not in one memory. */
  window: boolean;
  /** Memories (windows of four turns) with all terms; of a burst, of those within it. */
  support: number;
  /** Evidence: a log-likelihood ratio. */
  g2: number;
  /** Of an association, how far one word tells that the other is there: 1 always, 0 not at all. */
  npmi: number;
  /** How many times as often as by chance. */
  lift: number;
  /** Times of the first and the last memory that count. */
  from: Date;
  to: Date;
  /** The usual gap between the days of a recurring pattern, where there is one. */
  periodDays: number | undefined;
  /** The weekday of a recurring pattern that keeps to one: 0 is Sunday, in UTC. */
  weekday: number | undefined;
  /** Up to five of the memories that count, the latest first; of a window its first turn. */
  examples: Id[];
}

/** Of which memories, and how many, `anomalies` finds. */
export interface AnomalyQuery extends Selection {
  /** 1 to 1,000; 20 by default. */
  limit?: number | undefined;
  /** Leaves out what has less, 0 to 1. */
  minScore?: number | undefined;
  /** As of a PatternQuery. */
  since?: Date | undefined;
  until?: Date | undefined;
}

export interface AnomalyReason {
  /**
   * meaning: cosine distance to the nearest other memories; words: their rarity; length: bytes; gap: seconds
   * since the turn before; hour, weekday (0 is Sunday): in UTC; speaker: share of the memories that are theirs.
   */
  column: 'meaning' | 'words' | 'length' | 'gap' | 'hour' | 'weekday' | 'speaker';
  value: number;
  /** The median of the selection; of hour, weekday and speaker the commonest. */
  usual: number;
  /** Share of the memory's unusualness, 0 to 1. */
  weight: number;
}

/** A memory that does not fit among the others of its selection. */
export interface Anomaly {
  id: Id;
  /** Above 0 and below 1; .5 is strange. Those of different selections can be compared. */
  score: number;
  /** The weightiest first, up to three. */
  reasons: AnomalyReason[];
}

/** What can be added. Only `text` is required. */
export interface NewMemory extends Scope {
  /** 1 byte to 1 MiB of UTF-8. */
  text: string;
  /** The caller's own name for it, unique in its tenant: adding it again with the same content changes nothing. */
  key?: string | undefined;
  /** Who said it. */
  speaker?: string | undefined;
  /** The caller's embedding. Copied, except by addSync. */
  vector?: Float32Array | Float64Array | readonly number[] | undefined;
  meta?: Record<string, MetaValue | undefined> | undefined;
  /** When it happened. */
  time?: Time | undefined;
  kind?: Kind | undefined;
  /** 0..1; 0 means not given and counts as 0.5. */
  importance?: number | undefined;
  /** The document it was cut from, and its byte range there. */
  source?: string | undefined;
  start?: Id | undefined;
  end?: Id | undefined;
  /** True in the world from then on, and until before then. */
  validFrom?: Time | undefined;
  validTo?: Time | undefined;
  /** In no answer from then on, and erased. */
  expires?: Time | undefined;
}

/** What an update changes; what is not named stays. A time that is null goes. */
export interface Patch {
  text?: string | undefined;
  speaker?: string | undefined;
  /** The embedding of the new text, where the vectors are the caller's. */
  vector?: Float32Array | Float64Array | readonly number[] | undefined;
  /** Entries to set. */
  meta?: Record<string, MetaValue | undefined> | undefined;
  /** Names of entries to remove. */
  removeMeta?: readonly string[] | undefined;
  kind?: Kind | undefined;
  importance?: number | undefined;
  time?: Time | null | undefined;
  validFrom?: Time | null | undefined;
  validTo?: Time | null | undefined;
  expires?: Time | null | undefined;
  /** The version that was seen: 'conflict' where it is another by now. */
  ifVersion?: number | undefined;
}

/** How a memory was of use. */
export interface Usage {
  /** Answers that it was in, and times it was read by id or key. */
  hits: number;
  gets: number;
  lastHit: Time | undefined;
  /** Sums of the feedback above and below 0, both positive. */
  positive: number;
  negative: number;
}

/** A memory of the store. Members of NewMemory that were not given are undefined. */
export interface Memory extends NewMemory {
  id: Id;
  key: string | undefined;
  speaker: string | undefined;
  /** A copy of the one that was brought; undefined in hits, and where the store embeds. */
  vector: Float32Array | undefined;
  meta: Record<string, MetaValue>;
  time: Time | undefined;
  kind: Kind;
  importance: number;
  source: string | undefined;
  start: Id;
  end: Id;
  /** When it was committed. */
  ingested: Time;
  /** Its place in its session, from 0. */
  position: number;
  /** 1 as it was added, one more with every update. */
  version: number;
  /** When this version was committed. */
  updated: Time;
  /** When a later version took its place; undefined of the current one. */
  replaced: Time | undefined;
  /** The memory that this one replaced in the world, and the one that replaced it. */
  supersedes: Id | undefined;
  supersededBy: Id | undefined;
  /** Of `get` and `getByKey` alone. */
  usage?: Usage | undefined;
}

/** A question. `text`, `vector` or `match` is required; a `filter` narrows it. */
export interface Query extends Selection {
  text?: string | undefined;
  /** The caller's embedding of the question. Copied, except by querySync. */
  vector?: Float32Array | Float64Array | readonly number[] | undefined;
  /** Hits wanted, 1..128; 8 unless given. */
  k?: number | undefined;
  intent?: Intent | undefined;
  /** Instead of the intent's row: each 0..1; what is not named is 0. */
  weights?: Partial<Factors> | undefined;
  /** Condition on the words of what may be found, such as `+budget -draft "quarterly report" plan* colour~1 speaker:ann`. */
  match?: string | undefined;
  /** What words are worth by the field that they stand in, each 0..1000. What is not named keeps its own: 1 of the text, 0 of the others. */
  boosts?: { text?: number | undefined; speaker?: number | undefined; title?: number | undefined } | undefined;
  /** What freshness is measured from; unless given, the newest candidate. */
  now?: Time | undefined;
  /** What the store knew at that time. */
  asOf?: Time | undefined;
  /** What was true at that time. */
  validAt?: Time | undefined;
  /** How long engines may take, in milliseconds; a late one is left out and named. */
  budgetMs?: number | undefined;
  /** Names of the engines to consult: lexical, vector. All unless given. */
  engines?: readonly string[] | undefined;
  /** Fusion off: the order of the one engine named, for measuring. */
  singleEngine?: boolean | undefined;
  /**
   * Allows the answer to an earlier question, asked with it too, that has the same words but for
   * case, punctuation, endings and stop words, and is the same in all else.
   */
  near?: boolean | undefined;
  /** How relevance comes from what the engines found: learnt unless given. */
  fusion?: Fusion | undefined;
  /** How much work to spend: what the question calls for (adaptive) unless given. */
  route?: Route | undefined;
  /** Share of the hits, 0..1, that are drawn by lot in place of the last of the best, each with the chance of its relevance. */
  explore?: number | undefined;
  /** Which draw: the same seed, question and memories give the same hits. */
  exploreSeed?: number | undefined;
  /** How much of the vectors is looked at, as a multiple of what is usual, 1/16..16: less is quicker and overlooks more, which tells in stores of 65,536 memories and more. 1, or 0, unless given. */
  vectorEffort?: number | undefined;
  /** Every hit says why it was found. */
  explain?: boolean | undefined;
  /** Whose preference ranks the hits, see `learn`: `user`, unless given. */
  asker?: string | undefined;
  /** Nobody's preference ranks the hits. */
  impersonal?: boolean | undefined;
}

/** What a user made of a hit. */
export interface Judged {
  id: Id;
  /** How useful the hit was, from -1 (it misled) to 1. */
  value: number;
  /** Who asked. */
  user: string;
  /** What was asked, as far as it is known. */
  question?: string | undefined;
  /** Whose memories were asked. */
  tenant?: string | undefined;
  /** The hits as they were shown, best first: those before `id` count as passed over. */
  shown?: readonly Id[] | undefined;
}

/** What a word or a feature is worth to a user. */
export interface Worth {
  name: string;
  value: number;
}

/** What a user said of a memory, or showed by passing it over. */
export interface Judgement {
  id?: number | undefined;
  key?: string | undefined;
  value: number;
  implicit?: boolean | undefined;
  question?: string | undefined;
  /** RFC 3339. */
  time?: string | undefined;
}

/** What is known of a user's preference. `setPreference` reads tenant, user and judgements. */
export interface Preference {
  tenant?: string | undefined;
  user: string;
  trust?: number | undefined;
  words?: readonly Worth[] | undefined;
  features?: readonly Worth[] | undefined;
  judgements: readonly Judgement[];
}

/** The learnt ranker over all signals; or the engines' scores alone: normalised, by ranks, or by their spread. */
export type Fusion = 'learnt' | 'convex' | 'rrf' | 'dbsf';

/**
 * How much work a question is given. What `cache-only` does not find among earlier answers is 'not found'; the
 * routes after it differ by how many candidates the learnt ranker sees, least first.
 */
export type Route = 'adaptive' | 'cache-only' | 'smart' | 'full' | 'maximum';

/** What the place of a hit was decided by. */
export interface Explanation {
  /** Of the engines that were used: the hit's rank among the candidates, from 1, and the engine's own score. */
  engines: { name: string; rank: number; score: number }[];
  /** Those that are known; none where fusion is not learnt. Names come and go with the ranker. */
  signals: Record<string, number>;
  /** The ranker's score; only differences within one answer mean something. */
  ranker: number;
}

export interface Hit extends Memory {
  /** Weighted sum of the factors; it orders one answer and compares with no other. */
  score: number;
  factors: Factors;
  /** Ids of near-duplicates that this hit stands for, best first. */
  duplicates: Id[];
  /** Of a question with `explain`. */
  explanation: Explanation | undefined;
}

/** An engine's part in an answer. */
export interface EngineTrace {
  name: string;
  /** Why it failed, was skipped or not asked; else empty. */
  note: string;
  state: 'used' | 'late' | 'failed' | 'skipped' | 'open';
  candidates: number;
  tookNs: number;
  /** When it began, from when the engines were asked. */
  startNs: number;
}

export interface Answer {
  /** Best first. */
  hits: Hit[];
  engines: EngineTrace[];
  /** Distinct candidates that entered fusion. */
  candidates: number;
  /** Near-duplicates that hits stand for. */
  collapsed: number;
  segments: number;
  /** Where it came from. If from the cache, tookNs is 0 and all else is of its first asking. */
  cache: 'none' | 'exact' | 'near';
  /** All of the library's time, and its parts, in nanoseconds. */
  tookNs: number;
  prepareNs: number;
  searchNs: number;
  fuseNs: number;
  fetchNs: number;
  /** How probable it is that the answer is among the first eight hits, 0..1; 0, which says nothing, where fusion is not learnt. */
  confidence: number;
  /** The route by which it was found; adaptive of a question with singleEngine, which has none. */
  route: Route;
  /** The route that was tried first. */
  started: Route;
  /** Whether time was too short for a higher route, which the question called for. */
  hurried: boolean;
  /** What is wrong with the store's own ranker, or cannot be read of what the asker said; empty where nothing is. */
  warning: string;
}

/** Figures of a tier of the cache of answers, since opening. */
export interface CacheLevel {
  hits: number;
  misses: number;
  /** Held, about. */
  bytes: number;
  /** Of a look-up, the mean of those that were timed. */
  lookUpNs: number;
}

/** Figures of a store. */
export interface Stats {
  /** Numbers of a vector; 0 before the first memory. */
  dimension: number;
  memories: number;
  deleted: number;
  segments: number;
  segmentFiles: number;
  segmentBytes: number;
  truthBytes: number;
  terms: number;
  epoch: number;
  /** Since opening, like commits and merges. */
  added: number;
  commits: number;
  merges: number;
  replayed: number;
  /** Segment files that were not valid, or that opening found to be of another version or language: rebuilt either way. */
  discarded: number;
  outdated: number;
  /** Judgements of users that were met since opening, cannot be read and are left out; `verify` says whose. */
  damagedJudgements: number;
  /** How vectors are compared; undefined before the first memory. */
  metric: Metric | undefined;
  /** Versions that later ones replaced, kept as history. */
  retired: number;
  /** The table of answers that is read without a lock, the larger cache behind it, and that of near questions. */
  cacheHot: CacheLevel;
  cacheWarm: CacheLevel;
  cacheNear: CacheLevel;
  /** Of all memories in segments without their vectors: as they are read, as they are stored (less where texts are packed), and the mean time of reading one. */
  recordBytes: number;
  recordStored: number;
  recordNs: number;
  /** Name of the vector space; empty before the first memory. */
  vectors: string;
  /** Why merging to files has stopped; empty while it goes on. */
  mergeError: string;
  /** What the texts are taken for; empty before the first memory. */
  language: string;
  /** The ranker that serves: the store's own, which `train` fitted, or the built-in one. */
  ranker: { own: boolean; trees: number; canRollBack: boolean; fitted: Date; metrics: string; /** Why the built-in one serves in its place; empty where nothing is wrong. */ warning: string };
}

/** How `train` fits a ranker. */
export interface TrainOptions {
  /** Of what is drawn at random, from 0. */
  seed?: number | undefined;
  /** Trees to add to the built-in ranker's, 1 to 300; 40 to 80 by default, by the questions. */
  rounds?: number | undefined;
  /** Have the new ranker serve also where it is not better beyond noise. */
  force?: boolean | undefined;
  /** The questions that users judged hits of count too, see `learn`; the path may be undefined then. */
  fromJudgements?: boolean | undefined;
}

/** How well a ranker answers the judged questions, by the first eight hits, each 0 to 1. */
export interface TrainFigures {
  /** Questions with something relevant among the hits. */
  any8: number;
  /** Share of what is relevant among the hits. */
  frac8: number;
  /** 1 / rank of the first relevant hit. */
  mrr: number;
  /** How far confidence is off, on average. */
  calibrationError: number;
}

/** A mean with the ends of its 95 % interval. */
export interface Interval {
  mean: number;
  low: number;
  high: number;
}

/** What came of fitting a ranker. */
export interface TrainReport {
  /** Beyond noise. */
  better: boolean;
  /** Whether the new ranker serves: it is better, or was forced to. */
  installed: boolean;
  /** With something relevant in the store; that nothing is relevant to; that nothing which is relevant to them is in the store. */
  questions: number;
  unanswered: number;
  leftOut: number;
  /** Relevant memories that are not in the store. */
  missing: number;
  /** Parts of the questions, each measured by a ranker fitted on the others, and what is kept together in one. */
  folds: number;
  keptWith: 'user' | 'session' | 'question';
  /** Of the built-in ranker, and of rankers fitted on other questions than those that they answer. */
  before: TrainFigures;
  after: TrainFigures;
  /** Of the store's own ranker that served until then. */
  serving: TrainFigures | undefined;
  /** After - before, question by question; overall, their mean, decides. */
  gain: { any8: Interval; frac8: Interval; mrr: Interval; overall: Interval };
  trees: number;
  /** Of its file. */
  bytes: number;
  tookNs: number;
}

/** What a check or an import found. */
export interface Report {
  /** Memories checked, or imported (those that were there already included). */
  memories: number;
  /** Problems in all; the first 100 are listed. */
  bad: number;
  problems: { line: number; code: ErrorCode; message: string }[];
}

/**
 * Turns texts into vectors. It runs on the thread that opened the store, so plain calls that would
 * need it (`addSync` without vectors, `querySync` with text alone, `importSync`) throw.
 */
export interface Embedder {
  /** Identifies model and version; stored with the data. */
  name: string;
  /** Numbers of a vector, 1..4096. */
  dim: number;
  /**
   * One vector a text, or all of them one after another in one Float32Array. Called with up to some
   * dozens of texts, several calls at once. What it throws fails the call that wanted it. Without
   * it, memories and questions have to bring vectors, which count as this embedder's.
   */
  embed?: (texts: string[]) => EmbedResult | Promise<EmbedResult>;
}

export type EmbedResult = Float32Array | (Float32Array | readonly number[])[];

export interface OpenOptions {
  /** For questions alone: any number of processes may, while none writes. */
  readOnly?: boolean | undefined;
  /** Dimension of the caller's vectors; unless given, that of the first. Not with an embedder. */
  dim?: number | undefined;
  embedder?: Embedder | undefined;
  /** What near means for vectors: fixed with the first memory; unless given, the store's own, cosine for a new one. */
  metric?: Metric | undefined;
  /** What the texts are mostly in, as 'de', or 'none': fixed with the first memory; unless given, the store's own, 'en' for a new one. */
  language?: Language | undefined;
  /** How long versions that updates replace are kept: for ever unless given; 0 keeps none; else `compact` drops older ones. */
  historyMs?: number | undefined;
  /** Bounds the memory that finished answers are kept in; 16 MiB unless given, a negative number keeps none. */
  cacheBytes?: number | undefined;
  /**
   * How long one engine may take in one question, its embedding included, in milliseconds, before it is left out as late: 30 s unless
   * given, a negative number for no limit. One that is late or fails five times in a row is not asked for a second, then longer.
   */
  engineTimeoutMs?: number | undefined;
  /** Questions that are answered at once; one more rejects with `code` 'busy'. 1,024 unless given, a negative number for no bound. */
  maxQuestions?: number | undefined;
  /** Reads segment files into memory at opening, instead of mapping them. */
  segmentsInMemory?: boolean | undefined;
  /** Packs texts in the larger segment files that are written from now on, to about a third; `compact` packs all of them. */
  compressTexts?: boolean | undefined;
}

/** The angle; the inner product; the distance d, for which a vector's score is 1/(1+d*d). */
/** Languages with stemmers, by ISO 639-1, and none at all. */
export type Language =
  | 'none' | 'ar' | 'da' | 'de' | 'en' | 'es' | 'fi' | 'fr' | 'ga' | 'hu' | 'it' | 'nl' | 'no' | 'pt' | 'ro' | 'ru' | 'sv' | 'ta' | 'tr';

export type Metric = 'cosine' | 'dot' | 'l2';

export interface CallOptions {
  /** Ends the call early: it rejects with `code` 'cancelled', `name` 'AbortError' and the reason as `cause`. */
  signal?: AbortSignal | undefined;
}

export interface ProgressOptions extends CallOptions {
  /**
   * Called about ten times a second while the operation runs: bytes of an import, a backup and
   * a restore, memories of an export. What it throws cancels the operation.
   */
  onProgress?: ((progress: { done: number; total: number }) => void) | undefined;
}

export interface ImportOptions {
  /** Memories a commit; 512 unless given. */
  batch?: number | undefined;
}

/** What went wrong: one closed set in every language of the library. */
export type ErrorCode =
  | 'invalid' | 'not found' | 'exists' | 'conflict' | 'busy' | 'deadline' | 'cancelled' | 'closed' | 'locked' | 'corrupt'
  | 'read-only' | 'no space' | 'dimension' | 'unsupported' | 'unauthorised' | 'forbidden' | 'rate limited' | 'unavailable'
  | 'forked' | 'internal';

/** The library's error. Arguments of a wrong type are TypeErrors instead. */
export class NexusError extends Error {
  constructor(code: ErrorCode, message: string, options?: { retryable?: boolean; cause?: unknown });
  /** 'AbortError' where code is 'cancelled', else 'NexusError'. */
  name: string;
  code: ErrorCode;
  /** The code's number, as in nexus.h. */
  status: number;
  /** Whether the same call may succeed later. */
  retryable: boolean;
}

/** An open store. Its Promises reject, and its plain calls throw, NexusErrors. */
export class DB {
  private constructor();

  /** The store's number in this process: another worker's `attach` takes it. */
  readonly handle: bigint;

  /** Whether the store is open still. */
  readonly isOpen: boolean;

  /**
   * Commits memories, all or none, at most 8,192; then they are durable, and every later question
   * sees them. A key that is there with the same content gives the old id, with other content
   * 'exists'.
   */
  add(memory: string | NewMemory, options?: CallOptions): Promise<Id>;
  add(memories: readonly (string | NewMemory)[], options?: CallOptions): Promise<Id[]>;
  addSync(memory: string | NewMemory): Id;
  addSync(memories: readonly (string | NewMemory)[]): Id[];

  /** Answers a question. It never waits for writers. */
  query(question: string | Query, options?: CallOptions): Promise<Answer>;
  querySync(question: string | Query): Answer;

  /** The memory of an id, or 'not found'. */
  get(id: Id, options?: CallOptions): Promise<Memory>;
  getSync(id: Id): Memory;

  /** A tenant's memory by its key, or 'not found'. */
  getByKey(key: string, options?: CallOptions & { tenant?: string | undefined }): Promise<Memory>;
  getByKeySync(key: string, options?: { tenant?: string | undefined }): Memory;

  /** The memories of a selection in the order of their ids, from the snapshot at the loop's beginning. */
  list(selection?: Selection, options?: CallOptions): AsyncGenerator<Memory, void, void>;
  listSync(selection?: Selection): Generator<Memory, void, void>;

  /**
   * Changes a memory and gives it back: a new version under the same id; the old one is in
   * `history`, and in answers with `asOf`, alone.
   */
  update(id: Id, patch: Patch, options?: CallOptions): Promise<Memory>;
  updateSync(id: Id, patch: Patch): Memory;

  /**
   * Adds a memory that replaces another in the world. The old one stays, and ends where the new one
   * begins: at its validFrom, else its time, else now. 'conflict' where it is superseded already,
   * unless by the same memory under the same key.
   */
  supersede(id: Id, memory: string | NewMemory, options?: CallOptions): Promise<Id>;
  supersedeSync(id: Id, memory: string | NewMemory): Id;

  /** The versions of a memory that are kept, oldest first, the current one last. */
  history(id: Id, options?: CallOptions): Promise<Memory[]>;
  historySync(id: Id): Memory[];

  /** Notes how useful a memory was, from -1 (it misled) to 1. */
  feedback(id: Id, value: number, options?: CallOptions): Promise<void>;
  feedbackSync(id: Id, value: number): void;

  /**
   * Notes what a user made of a hit, and learns from it what the user prefers: later questions of the same
   * user rank the more by it, the better it has foretold what the user said; nobody else's do. Durable when done.
   */
  learn(judged: Judged, options?: CallOptions): Promise<void>;
  learnSync(judged: Judged): void;

  /** All that is known of what a user prefers; 'not found' where that is nothing. */
  preference(user: string, options?: CallOptions & { tenant?: string | undefined }): Promise<Preference>;
  preferenceSync(user: string, options?: { tenant?: string | undefined }): Preference;

  /** Puts a preference in place of its user's, and tells how many judgements are of memories that are here. */
  setPreference(preference: Preference, options?: CallOptions): Promise<number>;
  setPreferenceSync(preference: Preference): number;

  /** Removes all that was learnt of a user and tells how many judgements that was; `compact` erases their bytes. */
  forget(user: string, options?: CallOptions & { tenant?: string | undefined }): Promise<number>;
  forgetSync(user: string, options?: { tenant?: string | undefined }): number;

  /** Removes memories and tells how many of them were there; `compact` erases their bytes. */
  delete(ids: Id | readonly Id[], options?: CallOptions): Promise<number>;
  deleteSync(ids: Id | readonly Id[]): number;

  /** Removes the memories of a selection, which must name something, and tells how many they were. */
  deleteWhere(selection: Selection, options?: CallOptions): Promise<number>;
  deleteWhereSync(selection: Selection): number;

  /**
   * What is regular in the memories of a selection: words that come together, at a rhythm, in bursts. All of
   * the selection is read: a second or two for 100,000 memories.
   */
  patterns(query?: PatternQuery, options?: CallOptions): Promise<Pattern[]>;
  patternsSync(query?: PatternQuery): Pattern[];

  /** The memories of a selection that fit least among the others of it, the strangest first; of fewer than eight none. */
  anomalies(query?: AnomalyQuery, options?: CallOptions): Promise<Anomaly[]>;
  anomaliesSync(query?: AnomalyQuery): Anomaly[];

  /**
   * Fits the ranker to the judged questions of a file of JSON lines, one each: {"question", "relevant": [keys,
   * ids, or {"key" or "id", "grade"}], "user", ...}, at least 30. It is measured on questions that it was not
   * fitted on, and serves from then on where it is better beyond noise. The store keeps it.
   */
  train(path: string | undefined, options?: TrainOptions & ProgressOptions): Promise<TrainReport>;
  trainSync(path: string | undefined, options?: TrainOptions): TrainReport;

  /** Has the ranker serve again that served before the last `train`, be it the built-in one. */
  rollbackRanker(options?: CallOptions): Promise<void>;
  rollbackRankerSync(): void;

  /** Figures of the store; nothing is scanned. */
  stats(options?: CallOptions): Promise<Stats>;
  statsSync(): Stats;

  /** Reads the whole store and reports what is not sound. */
  verify(options?: CallOptions): Promise<Report>;
  verifySync(): Report;

  /** Drops deleted memories from all files and gives the space back. */
  compact(options?: CallOptions): Promise<void>;
  compactSync(): void;

  /** Writes every memory of every tenant as JSON lines, and tells how many. The file appears when it is whole. */
  export(path: string, options?: ProgressOptions): Promise<number>;
  exportSync(path: string): number;

  /** Adds a file of JSON lines. Bad lines are skipped and listed. What was committed before an abort stays. */
  import(path: string, options?: ImportOptions & ProgressOptions): Promise<Report>;
  importSync(path: string, options?: ImportOptions): Report;

  /**
   * Copies the store, as it is at one moment, to a directory that does not exist or is empty, and tells
   * how many memories are in it. The copy is checked and durable before it has its name.
   */
  backup(path: string, options?: ProgressOptions): Promise<number>;
  backupSync(path: string): number;

  /**
   * Closes the store; a second time it does nothing. Calls in flight end with their answer, but
   * closeSync ends those that wait for a JavaScript embedder with 'cancelled'. A store that is not
   * closed is closed with its thread, or some time after nothing refers to it.
   */
  close(): Promise<void>;
  closeSync(): void;

  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Opens the store in a directory, creating it where there is none unless readOnly. */
export function open(path: string, options?: OpenOptions & CallOptions): Promise<DB>;

/** As open; not with an embedder that has a function. */
export function openSync(path: string, options?: OpenOptions): DB;

/**
 * Makes a store, in a directory that does not exist or is empty, of what `backup` wrote, which is
 * checked whole first: 'corrupt' names the file that is damaged. Tells how many memories are in it.
 */
export function restore(backup: string, path: string, options?: ProgressOptions): Promise<number>;
export function restoreSync(backup: string, path: string): number;

/**
 * The store of a handle that another thread of this process has opened. It stays that thread's: it
 * is closed when that thread ends, if not before.
 */
export function attach(handle: bigint): DB;

/** The version of libnexus. */
export function version(): string;
