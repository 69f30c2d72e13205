/* Calls: run here, or on a thread of libuv's pool, and their end. */
#include <stdlib.h>
#include <string.h>

#include "addon.h"

void call_init(struct call *c, struct instance *in) {
  c->instance = in;
  arena_init(&c->arena);
  memset(&c->reply, 0, sizeof c->reply);
  c->reply.struct_size = sizeof c->reply;
  c->error.struct_size = sizeof c->error;
  c->error.message[0] = 0;
  c->error.retryable = 0;
  c->request.options = NULL;
  c->borrow = false;
  c->deferred = NULL;
  c->work = NULL;
  c->job.v = 0;
  c->next = NULL;
  c->link = NULL;
}

static nexus_status run_query(struct call *c) {
  nexus_answer *answer = NULL;
  nexus_status status = nexus.nexus_query_run(c->db, c->request.query, &answer, &c->error);
  c->reply.answer = c->reply.arena = answer;
  return status;
}

static nexus_status run_memories(struct call *c) {
  const nexus_request *r = &c->request;
  nexus_memories *memories = NULL;
  nexus_status status;
  if (r->op == NEXUS_OP_GET)
    status = nexus.nexus_get(c->db, r->ids[0], &memories, &c->error);
  else if (r->op == NEXUS_OP_UPDATE)
    status = nexus.nexus_update(c->db, r->ids[0], r->patch, &memories, &c->error);
  else if (r->op == NEXUS_OP_HISTORY)
    status = nexus.nexus_history(c->db, r->ids[0], &memories, &c->error);
  else if (r->op == NEXUS_OP_GET_BY_KEY)
    status = nexus.nexus_get_by_key(c->db, r->tenant, r->key, &memories, &c->error);
  else
    status = nexus.nexus_next(r->cursor, r->page, &memories, &c->error);
  c->reply.memories = c->reply.arena = memories;
  return status;
}

static nexus_status run_mining(struct call *c) {
  const nexus_request *r = &c->request;
  nexus_patterns *patterns = NULL;
  nexus_anomalies *anomalies = NULL;
  nexus_status status;
  if (r->op == NEXUS_OP_PATTERNS) {
    status = nexus.nexus_patterns_find(c->db, r->selection, r->mining, &patterns, &c->error);
    c->reply.patterns = c->reply.arena = patterns;
  } else {
    status = nexus.nexus_anomalies_find(c->db, r->selection, r->mining, &anomalies, &c->error);
    c->reply.anomalies = c->reply.arena = anomalies;
  }
  return status;
}

static nexus_status run_train(struct call *c) {
  nexus_train_report *report = NULL;
  nexus_status status = nexus.nexus_train(c->db, c->request.path, c->request.training, &report, &c->error);
  c->reply.train_report = c->reply.arena = report;
  return status;
}

static nexus_status run_preference(struct call *c) {
  nexus_preference *preference = NULL;
  nexus_status status = nexus.nexus_preference_read(c->db, c->request.tenant, c->request.user, &preference, &c->error);
  c->reply.preference = c->reply.arena = preference;
  return status;
}

static nexus_status run_stats(struct call *c) {
  nexus_stats *stats = NULL;
  nexus_status status = nexus.nexus_stats_read(c->db, &stats, &c->error);
  c->reply.stats = c->reply.arena = stats;
  return status;
}

static nexus_status run_report(struct call *c) {
  nexus_report *report = NULL;
  nexus_status status = c->request.op == NEXUS_OP_VERIFY
                            ? nexus.nexus_verify(c->db, &report, &c->error)
                            : nexus.nexus_import(c->db, c->request.path, c->request.page, &report, &c->error);
  c->reply.report = c->reply.arena = report;
  return status;
}

static nexus_status run(struct call *c) {
  const nexus_request *r = &c->request;
  switch (r->op) {
    case NEXUS_OP_OPEN: return nexus.nexus_open(r->path, r->options, &c->reply.db, &c->error);
    case NEXUS_OP_CLOSE: return nexus.nexus_close(c->db, &c->error);
    case NEXUS_OP_ADD: return nexus.nexus_add(c->db, r->memories, r->memory_count, (uint64_t *)c->reply.ids, &c->error);
    case NEXUS_OP_QUERY: return run_query(c);
    case NEXUS_OP_GET:
    case NEXUS_OP_GET_BY_KEY:
    case NEXUS_OP_UPDATE:
    case NEXUS_OP_HISTORY:
    case NEXUS_OP_NEXT: return run_memories(c);
    case NEXUS_OP_SUPERSEDE: return nexus.nexus_supersede(c->db, r->ids[0], r->memories, (uint64_t *)c->reply.ids, &c->error);
    case NEXUS_OP_FEEDBACK: return nexus.nexus_feedback(c->db, r->ids[0], r->value, &c->error);
    case NEXUS_OP_LEARN: return nexus.nexus_learn(c->db, r->judged, &c->error);
    case NEXUS_OP_PREFERENCE: return run_preference(c);
    case NEXUS_OP_SET_PREFERENCE: return nexus.nexus_preference_set(c->db, r->json, &c->reply.count, &c->error);
    case NEXUS_OP_FORGET: return nexus.nexus_forget(c->db, r->tenant, r->user, &c->reply.count, &c->error);
    case NEXUS_OP_DELETE: return nexus.nexus_delete(c->db, r->ids, r->id_count, &c->reply.count, &c->error);
    case NEXUS_OP_DELETE_WHERE: return nexus.nexus_delete_where(c->db, r->selection, &c->reply.count, &c->error);
    case NEXUS_OP_PATTERNS:
    case NEXUS_OP_ANOMALIES: return run_mining(c);
    case NEXUS_OP_TRAIN: return run_train(c);
    case NEXUS_OP_RANKER_ROLLBACK: return nexus.nexus_ranker_rollback(c->db, &c->error);
    case NEXUS_OP_STATS: return run_stats(c);
    case NEXUS_OP_VERIFY:
    case NEXUS_OP_IMPORT: return run_report(c);
    case NEXUS_OP_COMPACT: return nexus.nexus_compact(c->db, &c->error);
    case NEXUS_OP_EXPORT: return nexus.nexus_export(c->db, r->path, &c->reply.count, &c->error);
    case NEXUS_OP_BACKUP: return nexus.nexus_backup(c->db, r->path, &c->reply.count, &c->error);
    case NEXUS_OP_RESTORE: return nexus.nexus_restore(r->backup, r->path, &c->reply.count, &c->error);
    default: return nexus.nexus_list(c->db, r->selection, &c->reply.cursor, &c->error);
  }
}

void call_run(struct call *c) { c->status = run(c); }

/* What success means for the environment's list of stores. */
static void account(struct call *c) {
  if (c->status != NEXUS_OK) return;
  if (c->request.op == NEXUS_OP_OPEN && !instance_keep(c->instance, c->reply.db)) {
    nexus.nexus_close(c->reply.db, NULL);
    c->status = NEXUS_INTERNAL;
    return;
  }
  if (c->request.op == NEXUS_OP_OPEN) embedder_opened(c);
  if (c->request.op != NEXUS_OP_CLOSE) return;
  instance_forget(c->instance, c->db);
  embedder_closing(c->instance, c->db); /* whoever waits for its vectors need not any more */
}

static void free_memory(struct call *c) {
  if (c->reply.arena) nexus.nexus_free(c->reply.arena);
  arena_free(&c->arena);
}

void call_drop(struct call *c) {
  if (c->request.options && c->request.options->embedder && c->embedder.release) c->embedder.release(c->embedder.context);
  free_memory(c);
  free(c);
}

static napi_value error_of(struct call *c) {
  return instance_error(c->instance, c->status, c->error.message, c->error.retryable != 0);
}

/* sync(op, store, ...): runs the operation now and returns its strings. */
napi_value calls_sync(napi_env env, napi_callback_info info) {
  struct call c;
  napi_value argv[CALL_ARGUMENTS], result = NULL;
  size_t argc = CALL_ARGUMENTS;
  struct instance *in = instance_of(env);
  if (!in || napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok) return NULL;
  call_init(&c, in);
  c.borrow = true;
  if (call_parse(&c, env, argc, argv)) {
    if (c.request.op == NEXUS_OP_CLOSE) embedder_closing(in, c.db);
    call_run(&c);
    account(&c);
    result = c.status == NEXUS_OK ? call_encode(&c, env) : error_of(&c);
    if (!result) addon_misuse(env, "out of memory");
    if (c.status != NEXUS_OK && result) napi_throw(env, result);
  } else {
    addon_misuse(env, "sync: an argument is of a wrong type");
  }
  free_memory(&c);
  return result;
}

/* check(store): whether the handle is that of an open store. The cheapest call that enters Go. */
napi_value calls_check(napi_env env, napi_callback_info info) {
  napi_value arg, open = NULL;
  size_t argc = 1;
  bool lossless;
  nexus_db db;
  if (!instance_of(env)) return NULL;
  if (napi_get_cb_info(env, info, &argc, &arg, NULL, NULL) != napi_ok || napi_get_value_bigint_uint64(env, arg, &db.v, &lossless) != napi_ok)
    return addon_misuse(env, "check: want a handle");
  napi_get_boolean(env, nexus.nexus_delete(db, NULL, 0, NULL, NULL) == NEXUS_OK, &open);
  return open;
}

/* endList(cursor): ends a listing; nothing where it has ended. */
napi_value calls_end_list(napi_env env, napi_callback_info info) {
  napi_value arg;
  size_t argc = 1;
  bool lossless;
  nexus_cursor cursor;
  if (!instance_of(env)) return NULL;
  if (napi_get_cb_info(env, info, &argc, &arg, NULL, NULL) != napi_ok ||
      napi_get_value_bigint_uint64(env, arg, &cursor.v, &lossless) != napi_ok)
    return addon_misuse(env, "endList: want a cursor");
  nexus.nexus_cursor_close(cursor, NULL);
  return NULL;
}

/* The reply as the JavaScript value that decode makes of it, or NULL. */
static napi_value decoded(struct call *c, napi_env env) {
  napi_value decode, global, argv[2], value;
  argv[1] = call_encode(c, env);
  if (!argv[1] || napi_create_uint32(env, c->request.op, &argv[0]) != napi_ok || napi_get_global(env, &global) != napi_ok ||
      napi_get_reference_value(env, c->instance->decode, &decode) != napi_ok ||
      napi_call_function(env, global, decode, 2, argv, &value) != napi_ok)
    return NULL;
  return value;
}

static void settle_promise(struct call *c, napi_env env) {
  napi_value value = c->status == NEXUS_OK ? decoded(c, env) : NULL;
  if (value) {
    napi_resolve_deferred(env, c->deferred, value);
    return;
  }
  if (c->status == NEXUS_OK) {
    c->status = NEXUS_INTERNAL;
    strcpy(c->error.message, "the reply could not be turned into JavaScript values");
    if (napi_get_and_clear_last_exception(env, &value) != napi_ok) return;
  }
  value = error_of(c);
  if (value) napi_reject_deferred(env, c->deferred, value);
}

void call_settle(struct call *c) {
  napi_env env = c->instance->env;
  napi_handle_scope scope;
  account(c);
  if (napi_open_handle_scope(env, &scope) == napi_ok) {
    settle_promise(c, env);
    napi_close_handle_scope(env, scope);
  }
  if (c->work) napi_delete_async_work(env, c->work);
  free_memory(c);
  free(c);
}

static void work_execute(napi_env env, void *data) {
  (void)env;
  call_run(data);
}

static void work_complete(napi_env env, napi_status status, void *data) {
  struct call *c = data;
  (void)env;
  if (status == napi_cancelled) c->status = NEXUS_CANCELLED; /* the environment ended before its turn */
  call_settle(c);
}

static bool queue_work(struct call *c, napi_env env, napi_value *promise) {
  napi_value name;
  if (napi_create_string_utf8(env, "nexus-memory", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_create_async_work(env, NULL, name, work_execute, work_complete, c, &c->work) != napi_ok)
    return false;
  if (napi_create_promise(env, &c->deferred, promise) == napi_ok && napi_queue_async_work(env, c->work) == napi_ok) return true;
  napi_delete_async_work(env, c->work);
  return false;
}

/* work(op, store, ...): runs the operation on a thread of libuv's pool and returns a Promise. For
   what is short and never waits for JavaScript: the pool has four threads. */
napi_value calls_work(napi_env env, napi_callback_info info) {
  napi_value argv[CALL_ARGUMENTS], promise = NULL;
  size_t argc = CALL_ARGUMENTS;
  struct instance *in = instance_of(env);
  struct call *c;
  if (!in || napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok) return NULL;
  if (!(c = malloc(sizeof *c))) return addon_misuse(env, "out of memory");
  call_init(c, in);
  if (call_parse(c, env, argc, argv) && queue_work(c, env, &promise)) return promise;
  call_drop(c);
  return addon_misuse(env, "work: an argument is of a wrong type");
}
