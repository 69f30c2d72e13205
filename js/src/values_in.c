/* Values in: from the arguments of lib/encode.js to a request in the call's arena. */
#include <math.h>
#include <string.h>

#include "addon.h"

/* flags, start, end, kind, importance; then milliseconds and microseconds of time, valid from, valid to, expiry */
#define NUMBERS_PER_MEMORY 13
#define TEXTS_PER_MEMORY 8   /* text, key, tenant, user, agent, session, speaker, source */
#define VALUES_PER_META 4    /* name, type, value, microseconds */
#define EXACT_MAX 9007199254740992.0 /* 2^53 */

/* A vector without numbers still has an address, which tells it from no vector. */
static const float no_numbers[1];

static bool is_undefined(napi_env env, napi_value v) {
  napi_valuetype type;
  return napi_typeof(env, v, &type) == napi_ok && type == napi_undefined;
}

/* A string as UTF-8 in the arena; undefined is the empty text. */
static bool take_text(struct call *c, napi_env env, napi_value v, nexus_text *out) {
  struct arena *a = &c->arena;
  size_t room = arena_room(a), size;
  if (is_undefined(env, v)) return true;
  if (room > 4) {
    if (napi_get_value_string_utf8(env, v, a->next, room, &size) != napi_ok) return false;
    out->data = a->next;
    out->size = size;
    /* One code point has at most four bytes: with five left over, nothing was cut. The room is a
       multiple of the arena's alignment, so the allocation is where the text stands. */
    if (size + 5 <= room) return arena_alloc(a, size) != NULL;
  }
  if (napi_get_value_string_utf8(env, v, NULL, 0, &size) != napi_ok) return false;
  char *data = arena_alloc(a, size + 1);
  out->data = data;
  out->size = size;
  return data && napi_get_value_string_utf8(env, v, data, size + 1, &size) == napi_ok;
}

/* A Float32Array: borrowed for a synchronous call, else copied. */
static bool take_vector(struct call *c, napi_env env, napi_value v, const float **data, size_t *count) {
  napi_typedarray_type type;
  void *numbers;
  if (is_undefined(env, v)) return true;
  if (napi_get_typedarray_info(env, v, &type, count, &numbers, NULL, NULL) != napi_ok || type != napi_float32_array)
    return false;
  *data = *count ? numbers : no_numbers;
  if (c->borrow || *count == 0) return true;
  float *copy = arena_alloc(&c->arena, *count * sizeof *copy);
  if (copy) memcpy(copy, numbers, *count * sizeof *copy);
  *data = copy;
  return copy != NULL;
}

static bool take_number(napi_env env, napi_value v, double *out) {
  return napi_get_value_double(env, v, out) == napi_ok && isfinite(*out);
}

/* A whole number that a double holds exactly, so that its thousandfold fits 64 bits. */
static bool take_integer(napi_env env, napi_value v, double *out) {
  return take_number(env, v, out) && fabs(*out) <= EXACT_MAX && *out == floor(*out);
}

/* A whole number of 0..max. */
static bool take_count(napi_env env, napi_value v, double max, double *out) {
  return take_integer(env, v, out) && *out >= 0 && *out <= max;
}

static bool take_u32(napi_env env, napi_value v, uint32_t *out) {
  double number;
  if (!take_count(env, v, UINT32_MAX, &number)) return false;
  *out = (uint32_t)number;
  return true;
}

/* A number or BigInt as 64 bits. */
static bool take_u64(napi_env env, napi_value v, uint64_t *out) {
  bool lossless;
  double number;
  if (napi_get_value_bigint_uint64(env, v, out, &lossless) == napi_ok) return lossless;
  if (!take_count(env, v, EXACT_MAX, &number)) return false;
  *out = (uint64_t)number;
  return true;
}

/* Milliseconds since 1970 and the microseconds beyond them. */
static int64_t time_us(double ms, double us) { return (int64_t)ms * 1000 + (int64_t)us; }

static bool take_element(napi_env env, napi_value array, uint32_t i, napi_value *out) {
  return napi_get_element(env, array, i, out) == napi_ok;
}

/* An array of strings; undefined is none. */
static bool take_texts(struct call *c, napi_env env, napi_value array, const nexus_text **out, uint32_t *count) {
  napi_value v;
  *count = 0;
  if (is_undefined(env, array)) return true;
  if (napi_get_array_length(env, array, count) != napi_ok) return false;
  nexus_text *texts = arena_array(&c->arena, *count, sizeof *texts);
  *out = texts;
  if (!texts) return false;
  for (uint32_t i = 0; i < *count; i++)
    if (!take_element(env, array, i, &v) || !take_text(c, env, v, &texts[i])) return false;
  return true;
}

static bool take_ids(struct call *c, napi_env env, napi_value array) {
  uint32_t count;
  napi_value v;
  if (napi_get_array_length(env, array, &count) != napi_ok) return false;
  uint64_t *ids = arena_array(&c->arena, count, sizeof *ids);
  if (!ids) return false;
  for (uint32_t i = 0; i < count; i++)
    if (!take_element(env, array, i, &v) || !take_u64(env, v, &ids[i])) return false;
  c->request.ids = ids;
  c->request.id_count = count;
  return true;
}

static bool take_meta_value(struct call *c, napi_env env, const napi_value *argv, nexus_meta *m) {
  double us;
  switch (m->type) {
    case NEXUS_META_TYPE_STRING: return take_text(c, env, argv[2], &m->text);
    case NEXUS_META_TYPE_NUMBER:
    case NEXUS_META_TYPE_BOOL: return napi_get_value_double(env, argv[2], &m->number) == napi_ok;
    case NEXUS_META_TYPE_LIST: return take_texts(c, env, argv[2], &m->list, &m->list_count);
    case NEXUS_META_TYPE_TIME:
      if (!take_integer(env, argv[2], &m->number) || !take_integer(env, argv[3], &us)) return false;
      m->time_us = time_us(m->number, us);
      return true;
  }
  return false;
}

/* A flat array of VALUES_PER_META values an entry; undefined is none. */
static bool take_meta(struct call *c, napi_env env, napi_value array, nexus_memory *m) {
  uint32_t length;
  napi_value argv[VALUES_PER_META];
  if (is_undefined(env, array)) return true;
  if (napi_get_array_length(env, array, &length) != napi_ok) return false;
  uint32_t count = length / VALUES_PER_META;
  nexus_meta *meta = arena_array(&c->arena, count, sizeof *meta);
  if (!meta) return false;
  for (uint32_t i = 0; i < count; i++) {
    for (uint32_t j = 0; j < VALUES_PER_META; j++)
      if (!take_element(env, array, i * VALUES_PER_META + j, &argv[j])) return false;
    if (!take_text(c, env, argv[0], &meta[i].name) || !take_u32(env, argv[1], &meta[i].type) ||
        !take_meta_value(c, env, argv, &meta[i]))
      return false;
  }
  m->meta = meta;
  m->meta_count = count;
  return true;
}

static void take_numbers(const double *n, nexus_memory *m) {
  m->flags = (uint32_t)n[0];
  m->source_start = (uint64_t)n[1];
  m->source_end = (uint64_t)n[2];
  m->kind = (uint32_t)n[3];
  m->importance = (float)n[4];
  m->event_time_us = time_us(n[5], n[6]);
  m->valid_from_us = time_us(n[7], n[8]);
  m->valid_to_us = time_us(n[9], n[10]);
  m->expires_us = time_us(n[11], n[12]);
}

static bool take_memory(struct call *c, napi_env env, const napi_value *argv, uint32_t i, nexus_memory *m) {
  nexus_text *const texts[TEXTS_PER_MEMORY] = {&m->text,  &m->key,     &m->tenant,  &m->user,
                                               &m->agent, &m->session, &m->speaker, &m->source};
  napi_value v;
  m->struct_size = sizeof *m;
  for (uint32_t j = 0; j < TEXTS_PER_MEMORY; j++)
    if (!take_element(env, argv[0], i * TEXTS_PER_MEMORY + j, &v) || !take_text(c, env, v, texts[j])) return false;
  return take_element(env, argv[2], i, &v) && take_vector(c, env, v, &m->vector, &m->vector_count) &&
         take_element(env, argv[3], i, &v) && take_meta(c, env, v, m);
}

/* (texts, numbers, vectors, metas): arrays of TEXTS_PER_MEMORY strings, NUMBERS_PER_MEMORY numbers,
   one vector and one meta a memory. */
static bool parse_add(struct call *c, napi_env env, const napi_value *argv) {
  napi_typedarray_type type;
  size_t length;
  void *numbers;
  if (napi_get_typedarray_info(env, argv[1], &type, &length, &numbers, NULL, NULL) != napi_ok ||
      type != napi_float64_array)
    return false;
  size_t count = length / NUMBERS_PER_MEMORY;
  nexus_memory *memories = arena_array(&c->arena, count, sizeof *memories);
  uint64_t *ids = arena_array(&c->arena, count, sizeof *ids);
  if (!memories || !ids) return false;
  for (size_t i = 0; i < count; i++) {
    napi_handle_scope scope;
    if (napi_open_handle_scope(env, &scope) != napi_ok) return false;
    bool ok = take_memory(c, env, argv, (uint32_t)i, &memories[i]);
    napi_close_handle_scope(env, scope);
    if (!ok) return false;
    take_numbers((double *)numbers + i * NUMBERS_PER_MEMORY, &memories[i]);
  }
  c->request.memories = memories;
  c->request.memory_count = count;
  c->reply.ids = ids;
  return true;
}

/* (ids, texts, numbers, vectors, metas, flags, version, names of meta to remove). */
static bool parse_update(struct call *c, napi_env env, const napi_value *argv) {
  nexus_patch *p = &c->patch;
  uint32_t remove_count;
  memset(p, 0, sizeof *p);
  p->struct_size = sizeof *p;
  if (!take_ids(c, env, argv[0]) || !parse_add(c, env, argv + 1) || !take_u32(env, argv[5], &p->flags) ||
      !take_u32(env, argv[6], &p->if_version) || !take_texts(c, env, argv[7], &p->remove_meta, &remove_count))
    return false;
  p->remove_count = remove_count;
  p->memory = c->request.memories;
  c->request.memories = NULL;
  c->request.memory_count = 0;
  c->request.patch = p;
  return true;
}

/* A Float32Array of count numbers, or undefined, which leaves out as it is. */
static bool take_row(napi_env env, napi_value v, float *out, size_t count) {
  napi_typedarray_type type;
  size_t given;
  void *numbers;
  if (is_undefined(env, v)) return true;
  if (napi_get_typedarray_info(env, v, &type, &given, &numbers, NULL, NULL) != napi_ok || type != napi_float32_array ||
      given != count)
    return false;
  memcpy(out, numbers, count * sizeof *out);
  return true;
}

/* (text) alone, which is most questions and is spared a third of a microsecond; or (text, vector, tenant, user, agent, session, engines, k, intent, flags, now in milliseconds,
   its microseconds, budget in nanoseconds, weights, then as of and valid at likewise in milliseconds and microseconds, filter, match, boosts, fusion, route, asker, explore, its seed, vector effort). */
static bool parse_query(struct call *c, napi_env env, size_t argc, const napi_value *argv) {
  nexus_query *q = &c->query;
  uint32_t engine_count;
  double ms, us, budget, explore, effort, times[4];
  memset(q, 0, sizeof *q);
  q->struct_size = sizeof *q;
  c->request.query = q;
  if (!take_text(c, env, argv[0], &q->text)) return false;
  if (argc == 1) return true;
  if (!take_vector(c, env, argv[1], &q->vector, &q->vector_count) ||
      !take_text(c, env, argv[2], &q->tenant) || !take_text(c, env, argv[3], &q->user) ||
      !take_text(c, env, argv[4], &q->agent) || !take_text(c, env, argv[5], &q->session) ||
      !take_texts(c, env, argv[6], &q->engines, &engine_count) || !take_u32(env, argv[7], &q->k) ||
      !take_u32(env, argv[8], &q->intent) || !take_u32(env, argv[9], &q->flags) || !take_integer(env, argv[10], &ms) ||
      !take_integer(env, argv[11], &us) || !take_integer(env, argv[12], &budget) || !take_row(env, argv[13], q->weights, NEXUS_FACTOR_COUNT) || !take_text(c, env, argv[18], &q->filter) ||
      !take_text(c, env, argv[19], &q->match) || !take_row(env, argv[20], q->boosts, NEXUS_BOOST_COUNT) || !take_u32(env, argv[21], &q->fusion) || !take_u32(env, argv[22], &q->route) || !take_text(c, env, argv[23], &q->asker) ||
      napi_get_value_double(env, argv[24], &explore) != napi_ok || !take_u32(env, argv[25], &q->explore_seed) ||
      napi_get_value_double(env, argv[26], &effort) != napi_ok)
    return false;
  for (int i = 0; i < 4; i++)
    if (!take_integer(env, argv[14 + i], &times[i])) return false;
  q->as_of_us = time_us(times[0], times[1]);
  q->valid_at_us = time_us(times[2], times[3]);
  q->engine_count = engine_count;
  q->explore = (float)explore;
  q->vector_effort = (float)effort;
  q->now_us = time_us(ms, us);
  q->budget_ns = (int64_t)budget;
  return true;
}

/* (path, flags, dim, name of the embedder, its function, metric, history in microseconds, bytes of the cache, language, an engine's time in microseconds, questions at once). */
static bool parse_open(struct call *c, napi_env env, const napi_value *argv) {
  nexus_open_options *o = &c->options;
  uint32_t dim;
  double history, cache_bytes, timeout, questions;
  memset(o, 0, sizeof *o);
  o->struct_size = sizeof *o;
  c->request.options = o;
  if (!take_text(c, env, argv[0], &c->request.path) || !take_u32(env, argv[1], &o->flags) || !take_u32(env, argv[2], &dim) || !take_u32(env, argv[5], &o->metric) || !take_integer(env, argv[6], &history) ||
      !take_integer(env, argv[7], &cache_bytes) || !take_text(c, env, argv[8], &o->language) || !take_integer(env, argv[9], &timeout) || !take_integer(env, argv[10], &questions))
    return false;
  o->history_us = (int64_t)history;
  o->cache_bytes = (int64_t)cache_bytes;
  o->engine_timeout_us = (int64_t)timeout;
  o->max_questions = (int64_t)questions;
  if (is_undefined(env, argv[3])) {
    o->dim = dim;
    return true;
  }
  memset(&c->embedder, 0, sizeof c->embedder);
  c->embedder.struct_size = sizeof c->embedder;
  c->embedder.dim = dim;
  o->embedder = &c->embedder;
  return take_text(c, env, argv[3], &c->embedder.name) && (is_undefined(env, argv[4]) || embedder_make(c, env, argv[4]));
}

/* (tenant, user, agent, session, filter): what list and deleteWhere take. */
static bool parse_selection(struct call *c, napi_env env, const napi_value *argv) {
  nexus_selection *s = &c->selection;
  memset(s, 0, sizeof *s);
  s->struct_size = sizeof *s;
  c->request.selection = s;
  return take_text(c, env, argv[0], &s->tenant) && take_text(c, env, argv[1], &s->user) &&
         take_text(c, env, argv[2], &s->agent) && take_text(c, env, argv[3], &s->session) &&
         take_text(c, env, argv[4], &s->filter);
}

/* A selection, then (kind, limit, flags, milliseconds and microseconds of since, of until, least score). */
static bool parse_mining(struct call *c, napi_env env, const napi_value *argv) {
  nexus_mining *m = &c->mining;
  double times[4];
  memset(m, 0, sizeof *m);
  m->struct_size = sizeof *m;
  c->request.mining = m;
  if (!parse_selection(c, env, argv) || !take_u32(env, argv[5], &m->kind) || !take_u32(env, argv[6], &m->limit) || !take_u32(env, argv[7], &m->flags))
    return false;
  for (int i = 0; i < 4; i++)
    if (!take_integer(env, argv[8 + i], &times[i])) return false;
  m->since_us = time_us(times[0], times[1]);
  m->until_us = time_us(times[2], times[3]);
  return napi_get_value_double(env, argv[12], &m->min_score) == napi_ok;
}

/* (path, seed, rounds, flags) */
static bool parse_train(struct call *c, napi_env env, const napi_value *argv) {
  nexus_training *t = &c->training;
  memset(t, 0, sizeof *t);
  t->struct_size = sizeof *t;
  c->request.training = t;
  return take_text(c, env, argv[0], &c->request.path) && take_u64(env, argv[1], &t->seed) && take_u32(env, argv[2], &t->rounds) &&
         take_u32(env, argv[3], &t->flags);
}

/* (id, value, user, question, tenant, ids shown). */
static bool parse_learn(struct call *c, napi_env env, const napi_value *argv) {
  nexus_judged *j = &c->judged;
  nexus_request *r = &c->request;
  memset(j, 0, sizeof *j);
  j->struct_size = sizeof *j;
  if (!take_ids(c, env, argv[0])) return false;
  j->id = r->ids[0];
  if (!take_ids(c, env, argv[5])) return false;
  j->shown = r->ids;
  j->shown_count = r->id_count;
  r->ids = NULL;
  r->id_count = 0;
  r->judged = j;
  return napi_get_value_double(env, argv[1], &j->value) == napi_ok && take_text(c, env, argv[2], &j->user) &&
         take_text(c, env, argv[3], &j->question) && take_text(c, env, argv[4], &j->tenant);
}

static bool parse_arguments(struct call *c, napi_env env, size_t argc, const napi_value *argv) {
  nexus_request *r = &c->request;
  switch (r->op) {
    case NEXUS_OP_OPEN: return parse_open(c, env, argv);
    case NEXUS_OP_ADD: return parse_add(c, env, argv);
    case NEXUS_OP_QUERY: return parse_query(c, env, argc, argv);
    case NEXUS_OP_UPDATE: return parse_update(c, env, argv);
    case NEXUS_OP_SUPERSEDE: return take_ids(c, env, argv[0]) && parse_add(c, env, argv + 1);
    case NEXUS_OP_FEEDBACK: return take_ids(c, env, argv[0]) && napi_get_value_double(env, argv[1], &r->value) == napi_ok;
    case NEXUS_OP_LEARN: return parse_learn(c, env, argv);
    case NEXUS_OP_PREFERENCE:
    case NEXUS_OP_FORGET: return take_text(c, env, argv[0], &r->tenant) && take_text(c, env, argv[1], &r->user);
    case NEXUS_OP_SET_PREFERENCE: return take_text(c, env, argv[0], &r->json);
    case NEXUS_OP_GET:
    case NEXUS_OP_HISTORY:
    case NEXUS_OP_DELETE: return take_ids(c, env, argv[0]);
    case NEXUS_OP_GET_BY_KEY: return take_text(c, env, argv[0], &r->tenant) && take_text(c, env, argv[1], &r->key);
    case NEXUS_OP_EXPORT:
    case NEXUS_OP_BACKUP: return take_text(c, env, argv[0], &r->path);
    case NEXUS_OP_RESTORE: return take_text(c, env, argv[0], &r->backup) && take_text(c, env, argv[1], &r->path);
    case NEXUS_OP_IMPORT: return take_text(c, env, argv[0], &r->path) && take_u32(env, argv[1], &r->page);
    case NEXUS_OP_LIST:
    case NEXUS_OP_DELETE_WHERE: return parse_selection(c, env, argv);
    case NEXUS_OP_PATTERNS:
    case NEXUS_OP_ANOMALIES: return parse_mining(c, env, argv);
    case NEXUS_OP_TRAIN: return parse_train(c, env, argv);
    case NEXUS_OP_NEXT: return take_u64(env, argv[0], &r->cursor.v) && take_u32(env, argv[1], &r->page);
    case NEXUS_OP_CLOSE:
    case NEXUS_OP_RANKER_ROLLBACK:
    case NEXUS_OP_STATS:
    case NEXUS_OP_VERIFY:
    case NEXUS_OP_COMPACT: return true;
  }
  return false;
}

bool call_parse(struct call *c, napi_env env, size_t argc, const napi_value argv[CALL_ARGUMENTS]) {
  nexus_request *r = &c->request;
  memset(r, 0, sizeof *r);
  r->struct_size = sizeof *r;
  return argc >= 2 && take_u32(env, argv[0], &r->op) && take_u64(env, argv[1], &c->db.v) &&
         parse_arguments(c, env, argc - 2, argv + 2);
}
