'use strict';
// An open store: each verb as a Promise and, with Sync behind its name, as a plain call.

const { OP } = require('./abi.js');
const { decode } = require('./decode.js');
const embedders = require('./embedder.js');
const encode = require('./encode.js');
const { NexusError } = require('./error.js');
const { native } = require('./native.js');
const { later, quickly } = require('./later.js');

const PAGE = 256; // memories that a listing reads at once

// Handles of stores whose embedder runs on this thread: a plain call on one would wait for itself.
const embedsHere = new Set();

// Closes stores that were forgotten, in the background.
const forgotten = new FinalizationRegistry((handle) => {
  embedsHere.delete(handle);
  native().submit(OP.close, handle)[0].catch(() => {}); // nobody is left to hear of it
});

// Runs an operation now and returns its value.
const now = (op, ...rest) => decode(op, native().sync(op, ...rest));

// Verbs await what they start, rather than return it: that keeps the store from being collected,
// and so closed, under a call.
class DB {
  #handle;
  #jobs; // whether add, query and import go as jobs: an embedder may keep them waiting

  // Not to be called by applications: see open, openSync and attach.
  constructor(handle, { embeds = false, owned = true } = {}) {
    this.#handle = handle;
    this.#jobs = embeds || !owned;
    if (embeds) embedsHere.add(handle);
    if (owned) forgotten.register(this, handle, this);
  }

  get handle() {
    return this.#handle;
  }

  get isOpen() {
    return native().check(this.#handle);
  }

  async add(memories, options) {
    const many = Array.isArray(memories);
    const ids = await later((run) => encode.add(run, this.#handle, many ? memories : [memories]), options);
    return many ? ids : ids[0];
  }

  addSync(memories) {
    const many = Array.isArray(memories);
    const list = many ? memories : [memories];
    const run = (op, db, texts, numbers, vectors, metas) => {
      if (vectors.includes(undefined)) this.#mayWait('addSync', 'add');
      return native().sync(op, db, texts, numbers, vectors, metas);
    };
    const ids = decode(OP.add, encode.add(run, this.#handle, list));
    return many ? ids : ids[0];
  }

  async query(question, options) {
    const ask = (run) => encode.query(run, this.#handle, question);
    return await (this.#jobs ? later(ask, options) : quickly(ask, options));
  }

  querySync(question) {
    const { sync } = native();
    const run = embedsHere.size === 0 ? sync : (op, db, ...fields) => {
      if (fields[1] === undefined) this.#mayWait('querySync', 'query'); // text, vector, ...
      return sync(op, db, ...fields);
    };
    return decode(OP.query, encode.query(run, this.#handle, question));
  }

  async get(id, options) {
    return (await quickly((run) => run(OP.get, this.#handle, [encode.id(id)]), options))[0];
  }

  getSync(id) {
    return now(OP.get, this.#handle, [encode.id(id)])[0];
  }

  async getByKey(key, options = {}) {
    const [tenant, name] = encode.byKey(key, options);
    return (await quickly((run) => run(OP.get_by_key, this.#handle, tenant, name), options))[0];
  }

  getByKeySync(key, options = {}) {
    return now(OP.get_by_key, this.#handle, ...encode.byKey(key, options))[0];
  }

  async *list(selection = {}, options) {
    const cursor = await quickly((run) => encode.list(run, this.#handle, selection), options);
    try {
      for (let page; (page = await quickly((run) => run(OP.next, 0, cursor, PAGE), options)).length > 0; ) yield* page;
    } finally {
      native().endList(cursor);
    }
  }

  *listSync(selection = {}) {
    const cursor = decode(OP.list, encode.list(native().sync, this.#handle, selection));
    try {
      for (let page; (page = now(OP.next, 0, cursor, PAGE)).length > 0; ) yield* page;
    } finally {
      native().endList(cursor);
    }
  }

  async update(id, patch, options) {
    return (await later((run) => encode.update(run, this.#handle, id, patch), options))[0];
  }

  updateSync(id, patch) {
    const run = (op, db, ...rest) => {
      if (rest[3][0] === undefined) this.#mayWait('updateSync', 'update'); // ids, texts, numbers, vectors, ...
      return native().sync(op, db, ...rest);
    };
    return decode(OP.update, encode.update(run, this.#handle, id, patch))[0];
  }

  async supersede(id, memory, options) {
    return await later((run) => encode.supersede(run, this.#handle, id, memory), options);
  }

  supersedeSync(id, memory) {
    const run = (op, db, ...rest) => {
      if (rest[3][0] === undefined) this.#mayWait('supersedeSync', 'supersede');
      return native().sync(op, db, ...rest);
    };
    return decode(OP.supersede, encode.supersede(run, this.#handle, id, memory));
  }

  async history(id, options) {
    return await quickly((run) => run(OP.history, this.#handle, [encode.id(id)]), options);
  }

  historySync(id) {
    return now(OP.history, this.#handle, [encode.id(id)]);
  }

  async feedback(id, value, options) {
    return await quickly((run) => run(OP.feedback, this.#handle, [encode.id(id)], encode.number(value, 'value')), options);
  }

  feedbackSync(id, value) {
    return now(OP.feedback, this.#handle, [encode.id(id)], encode.number(value, 'value'));
  }

  async learn(judged, options) {
    return await quickly((run) => encode.learn(run, this.#handle, judged), options);
  }

  learnSync(judged) {
    return decode(OP.learn, encode.learn(native().sync, this.#handle, judged));
  }

  async preference(user, options = {}) {
    return await quickly((run) => run(OP.preference, this.#handle, ...encode.byUser(user, options)), options);
  }

  preferenceSync(user, options = {}) {
    return now(OP.preference, this.#handle, ...encode.byUser(user, options));
  }

  async setPreference(preference, options) {
    return await quickly((run) => run(OP.set_preference, this.#handle, encode.preference(preference)), options);
  }

  setPreferenceSync(preference) {
    return now(OP.set_preference, this.#handle, encode.preference(preference));
  }

  async forget(user, options = {}) {
    return await quickly((run) => run(OP.forget, this.#handle, ...encode.byUser(user, options)), options);
  }

  forgetSync(user, options = {}) {
    return now(OP.forget, this.#handle, ...encode.byUser(user, options));
  }

  async delete(ids, options) {
    return await later((run) => run(OP.delete, this.#handle, encode.ids(ids)), options);
  }

  deleteSync(ids) {
    return now(OP.delete, this.#handle, encode.ids(ids));
  }

  async deleteWhere(selection, options) {
    return await later((run) => encode.deleteWhere(run, this.#handle, selection), options);
  }

  deleteWhereSync(selection) {
    return decode(OP.delete_where, encode.deleteWhere(native().sync, this.#handle, selection));
  }

  async patterns(query = {}, options) {
    return await later((run) => encode.patterns(run, this.#handle, query), options);
  }

  patternsSync(query = {}) {
    return decode(OP.patterns, encode.patterns(native().sync, this.#handle, query));
  }

  async anomalies(query = {}, options) {
    return await later((run) => encode.anomalies(run, this.#handle, query), options);
  }

  anomaliesSync(query = {}) {
    return decode(OP.anomalies, encode.anomalies(native().sync, this.#handle, query));
  }

  async train(path, options = {}) {
    return await later((run) => run(OP.train, this.#handle, ...encode.training(path, options)), options);
  }

  trainSync(path, options = {}) {
    this.#mayWait('trainSync', 'train');
    return now(OP.train, this.#handle, ...encode.training(path, options));
  }

  async rollbackRanker(options) {
    return await later((run) => run(OP.ranker_rollback, this.#handle), options);
  }

  rollbackRankerSync() {
    return now(OP.ranker_rollback, this.#handle);
  }

  async stats(options) {
    return await quickly((run) => run(OP.stats, this.#handle), options);
  }

  statsSync() {
    return now(OP.stats, this.#handle);
  }

  async verify(options) {
    return await later((run) => run(OP.verify, this.#handle), options);
  }

  verifySync() {
    return now(OP.verify, this.#handle);
  }

  async compact(options) {
    return await later((run) => run(OP.compact, this.#handle), options);
  }

  compactSync() {
    return now(OP.compact, this.#handle);
  }

  async export(path, options) {
    return await later((run) => run(OP.export, this.#handle, encode.required(path, 'path')), options);
  }

  exportSync(path) {
    return now(OP.export, this.#handle, encode.required(path, 'path'));
  }

  async backup(path, options) {
    return await later((run) => run(OP.backup, this.#handle, encode.required(path, 'path')), options);
  }

  backupSync(path) {
    return now(OP.backup, this.#handle, encode.required(path, 'path'));
  }

  async import(path, options = {}) {
    return await later((run) => run(OP.import, this.#handle, ...encode.importing(path, options)), options);
  }

  importSync(path, options = {}) {
    this.#mayWait('importSync', 'import');
    return now(OP.import, this.#handle, ...encode.importing(path, options));
  }

  async close() {
    await later((run) => run(OP.close, this.#handle)).catch(ignoreClosed);
    this.#closed();
  }

  closeSync() {
    try {
      now(OP.close, this.#handle);
    } catch (error) {
      ignoreClosed(error);
    }
    this.#closed();
  }

  [Symbol.dispose]() {
    this.closeSync();
  }

  [Symbol.asyncDispose]() {
    return this.close();
  }

  #closed() {
    embedsHere.delete(this.#handle);
    forgotten.unregister(this);
  }

  #mayWait(name, instead) {
    if (embedsHere.has(this.#handle))
      throw new NexusError('unsupported', `${name}: the store's embedder runs on this thread, which this call would block; use ${instead}()`);
  }
}

function ignoreClosed(error) {
  if (error?.code !== 'closed') throw error;
}

// Opens the store in a directory, creating it where there is none unless readOnly.
async function open(path, options = {}) {
  encode.object(options, 'options');
  const embedder = embedders.check(options.embedder);
  const embed = embedder?.embed && embedders.wrap(native(), embedder);
  const handle = await later((run) => encode.open(run, path, options, embed), options);
  return new DB(handle, { embeds: embed !== undefined });
}

function openSync(path, options = {}) {
  encode.object(options, 'options');
  if (embedders.check(options.embedder)?.embed)
    throw new NexusError('unsupported', 'openSync: a store whose embedder runs in JavaScript answers asynchronously; use open()');
  return new DB(decode(OP.open, encode.open(native().sync, path, options)));
}

// Makes a store of a backup.
async function restore(backup, path, options) {
  return await later((run) => run(OP.restore, 0, encode.required(backup, 'backup'), encode.required(path, 'path')), options);
}

function restoreSync(backup, path) {
  return now(OP.restore, 0, encode.required(backup, 'backup'), encode.required(path, 'path'));
}

// The store of a handle that another thread of this process has opened and will close.
function attach(handle) {
  if (typeof handle !== 'bigint') throw encode.wrong('handle', 'a BigInt', handle);
  const db = new DB(handle, { owned: false });
  if (!db.isOpen) throw new NexusError('closed', 'attach: that store is not open');
  return db;
}

module.exports = { DB, attach, open, openSync, restore, restoreSync };
