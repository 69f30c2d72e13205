/* Values out: a reply as strings and numbers in the order in which lib/decode.js reads them.

   Making objects here would cost a Node-API call a member, some 30 of them a hit, and even a string
   costs 150 ns. So short ASCII texts travel together, in two strings that JavaScript cuts: passages
   in one, names in the other. A piece keeps the string alive that it was cut from; two of them, and
   a limit, see to it that who keeps a key does not keep a book. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "addon.h"

#define EXACT_MAX 9007199254740992u /* 2^53: whole numbers up to it are exact as doubles */

/* The numbers that a memory begins with; lib/decode.js reads them by these places. */
enum {
  AT_TEXT,                        /* length of the passage */
  AT_NAMES,                       /* lengths of NAME_COUNT names; 0 is none */
  NAME_COUNT = 7,                 /* key, tenant, user, agent, session, speaker, source */
  AT_VECTOR = AT_NAMES + NAME_COUNT, /* 1: a vector is among the strings */
  AT_TIME,                        /* milliseconds, NaN for none, and microseconds */
  AT_INGESTED = AT_TIME + 2,      /* likewise */
  AT_ID = AT_INGESTED + 2,
  AT_START,
  AT_END,
  AT_KIND,
  AT_POSITION,
  AT_IMPORTANCE,
  AT_VALID_FROM,                     /* milliseconds, NaN for none, and microseconds; so are the times below */
  AT_VALID_TO = AT_VALID_FROM + 2,
  AT_EXPIRES = AT_VALID_TO + 2,
  AT_UPDATED = AT_EXPIRES + 2,
  AT_REPLACED = AT_UPDATED + 2,
  AT_VERSION = AT_REPLACED + 2,
  AT_SUPERSEDES,
  AT_SUPERSEDED_BY,
  AT_HITS,
  AT_GETS,
  AT_LAST_HIT,
  AT_POSITIVE = AT_LAST_HIT + 2,
  AT_NEGATIVE,
  AT_META, /* entries that follow */
  MEMORY_NUMBERS
};

#define NAMES_OF(m) {&(m)->key, &(m)->tenant, &(m)->user, &(m)->agent, &(m)->session, &(m)->speaker, &(m)->source}

/* Bytes of the longest text that travels with others. */
#define SHARED_BYTES_MAX 2048

#define PLACES 3 /* numbers, passages, names; then strings of their own, vectors, BigInts */

/* Lengths that are none. */
#define LENGTH_ALONE (-1) /* the text is a string of its own */
#define LENGTH_AGAIN (-2) /* it is that of the memory before */

struct frame {
  napi_env env;
  napi_value strings;
  uint32_t string_count;
  double *numbers;
  size_t count, room;
  double *owned; /* numbers, once they have outgrown the scratch */
  bool failed;
  struct shared *passages, *names; /* the instance's, so that they are allocated once */
  const nexus_memory *last; /* the memory before: its session, user and so on often repeat */
};

static bool grow(struct frame *f) {
  size_t room = 2 * f->room;
  double *grown = realloc(f->owned, room * sizeof *grown);
  if (!grown) {
    f->failed = true;
    return false;
  }
  if (!f->owned) memcpy(grown, f->numbers, f->count * sizeof *grown);
  f->numbers = f->owned = grown;
  f->room = room;
  return true;
}

/* The next count places, fewer than there are in the scratch; valid until the next call. NULL
   where memory has run out. */
static double *reserve(struct frame *f, size_t count) {
  if (f->room - f->count < count && !grow(f)) return NULL;
  f->count += count;
  return f->numbers + f->count - count;
}

static void put(struct frame *f, double number) {
  double *place = reserve(f, 1);
  if (place) *place = number;
}

static void put_value(struct frame *f, napi_value v) {
  if (!v || napi_set_element(f->env, f->strings, f->string_count++, v) != napi_ok) f->failed = true;
}

static bool is_ascii(const char *data, size_t size) {
  uint64_t bits = 0, word;
  size_t i = 0;
  for (; i + 8 <= size; i += 8) {
    memcpy(&word, data + i, 8);
    bits |= word;
  }
  for (; i < size; i++) bits |= (uint64_t)(unsigned char)data[i];
  return (bits & 0x8080808080808080u) == 0;
}

static bool share(struct shared *to, const nexus_text *t) {
  if (to->room - to->size < t->size) {
    size_t room = 2 * (to->room + SHARED_BYTES_MAX);
    char *grown = realloc(to->bytes, room);
    if (!grown) return false;
    to->bytes = grown;
    to->room = room;
  }
  memcpy(to->bytes + to->size, t->data, t->size);
  to->size += t->size;
  return true;
}

/* The length of a text whose bytes now are with others', or ALONE. */
static double add_text(struct frame *f, struct shared *to, const nexus_text *t) {
  napi_value v = NULL;
  if (t->size == 0) return 0;
  if (t->size <= SHARED_BYTES_MAX && is_ascii(t->data, t->size) && share(to, t)) return (double)t->size;
  napi_create_string_utf8(f->env, t->data, t->size, &v);
  put_value(f, v);
  return LENGTH_ALONE;
}

static void put_name(struct frame *f, const nexus_text *t) { put(f, add_text(f, f->names, t)); }

/* A number; beyond 2^53, -1 and a BigInt among the strings. */
static double add_u64(struct frame *f, uint64_t n) {
  napi_value v = NULL;
  if (n <= EXACT_MAX) return (double)n;
  napi_create_bigint_uint64(f->env, n, &v);
  put_value(f, v);
  return -1;
}

/* Milliseconds, rounded down, and the microseconds beyond them. */
static void write_time(double place[2], int64_t us) {
  int64_t rest = us % 1000;
  if (rest < 0) rest += 1000;
  place[0] = (double)((us - rest) / 1000);
  place[1] = (double)rest;
}

static void put_time(struct frame *f, int64_t us) {
  double *place = reserve(f, 2);
  if (place) write_time(place, us);
}

static void put_vector(struct frame *f, const float *data, size_t count) {
  napi_value buffer, v = NULL;
  void *bytes;
  if (napi_create_arraybuffer(f->env, count * sizeof *data, &bytes, &buffer) == napi_ok) {
    memcpy(bytes, data, count * sizeof *data);
    napi_create_typedarray(f->env, napi_float32_array, count, buffer, 0, &v);
  }
  put_value(f, v);
}

static void put_meta(struct frame *f, const nexus_meta *m) {
  put_name(f, &m->name);
  put(f, m->type);
  switch (m->type) {
    case NEXUS_META_TYPE_STRING: put_name(f, &m->text); break;
    case NEXUS_META_TYPE_TIME: put_time(f, m->time_us); break;
    case NEXUS_META_TYPE_LIST:
      put(f, m->list_count);
      for (uint32_t i = 0; i < m->list_count; i++) put_name(f, &m->list[i]);
      break;
    default: put(f, m->number);
  }
}

static bool same_text(const nexus_text *a, const nexus_text *b) {
  return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

static void write_names(struct frame *f, double *place, const nexus_memory *m) {
  const nexus_memory *before = f->last ? f->last : m;
  const nexus_text *const names[NAME_COUNT] = NAMES_OF(m), *const last[NAME_COUNT] = NAMES_OF(before);
  for (int i = 0; i < NAME_COUNT; i++) {
    bool again = f->last && names[i]->size && same_text(names[i], last[i]);
    place[i] = again ? LENGTH_AGAIN : add_text(f, f->names, names[i]);
  }
  f->last = m;
}

/* A time, or none where it is not given. */
static void write_optional(double place[2], int64_t us, bool given) {
  write_time(place, us);
  if (!given) place[0] = NAN;
}

static void write_life(struct frame *f, double *n, const nexus_memory *m) {
  write_optional(n + AT_VALID_FROM, m->valid_from_us, m->flags & NEXUS_MEMORY_HAS_VALID_FROM);
  write_optional(n + AT_VALID_TO, m->valid_to_us, m->flags & NEXUS_MEMORY_HAS_VALID_TO);
  write_optional(n + AT_EXPIRES, m->expires_us, m->flags & NEXUS_MEMORY_HAS_EXPIRY);
  write_time(n + AT_UPDATED, m->update_time_us);
  write_optional(n + AT_REPLACED, m->replaced_time_us, m->replaced_time_us != 0);
  n[AT_VERSION] = m->version;
  n[AT_SUPERSEDES] = add_u64(f, m->supersedes);
  n[AT_SUPERSEDED_BY] = add_u64(f, m->superseded_by);
  n[AT_HITS] = (double)m->hits;
  n[AT_GETS] = (double)m->gets;
  write_optional(n + AT_LAST_HIT, m->last_hit_us, m->last_hit_us != 0);
  n[AT_POSITIVE] = m->positive;
  n[AT_NEGATIVE] = m->negative;
}

static void put_memory(struct frame *f, const nexus_memory *m) {
  double *n = reserve(f, MEMORY_NUMBERS);
  if (!n) return;
  n[AT_TEXT] = add_text(f, f->passages, &m->text);
  write_names(f, n + AT_NAMES, m);
  n[AT_VECTOR] = m->vector != NULL;
  if (m->vector) put_vector(f, m->vector, m->vector_count);
  write_optional(n + AT_TIME, m->event_time_us, m->flags & NEXUS_MEMORY_HAS_TIME);
  write_time(n + AT_INGESTED, m->ingest_time_us);
  n[AT_ID] = add_u64(f, m->id);
  n[AT_START] = add_u64(f, m->source_start);
  n[AT_END] = add_u64(f, m->source_end);
  n[AT_KIND] = m->kind;
  n[AT_POSITION] = m->position;
  n[AT_IMPORTANCE] = (double)m->importance;
  write_life(f, n, m);
  n[AT_META] = (double)m->meta_count;
  for (size_t i = 0; i < m->meta_count; i++) put_meta(f, &m->meta[i]);
}

static void put_explanation(struct frame *f, const nexus_explanation *e) {
  put(f, e->engine_count);
  for (uint32_t i = 0; i < e->engine_count; i++) {
    put_name(f, &e->engines[i].name);
    put(f, e->engines[i].rank);
    put(f, e->engines[i].score);
  }
  put(f, e->signal_count);
  for (uint32_t i = 0; i < e->signal_count; i++) {
    put_name(f, &e->signals[i].name);
    put(f, (double)e->signals[i].value);
  }
  put(f, (double)e->ranker);
}

/* After the memory: score, factors, number of duplicates, their ids, whether it is explained. */
static void put_hit(struct frame *f, const nexus_hit *h) {
  put_memory(f, h->memory);
  double *n = reserve(f, 2 + NEXUS_FACTOR_COUNT);
  if (!n) return;
  *n++ = (double)h->score;
  for (int i = 0; i < NEXUS_FACTOR_COUNT; i++) *n++ = (double)h->factors[i];
  *n = h->duplicate_count;
  for (uint32_t i = 0; i < h->duplicate_count; i++) put(f, add_u64(f, h->duplicates[i]));
  put(f, h->explanation != NULL);
  if (h->explanation) put_explanation(f, h->explanation);
}

static void put_engine(struct frame *f, const nexus_engine_trace *e) {
  put_name(f, &e->name);
  put_name(f, &e->note);
  put(f, e->state);
  put(f, (double)e->candidates);
  put(f, (double)e->took_ns);
  put(f, (double)e->start_ns);
}

static void put_answer(struct frame *f, const nexus_answer *a) {
  put(f, (double)a->candidates);
  put(f, (double)a->collapsed);
  put(f, a->segments);
  put(f, a->cache);
  put(f, (double)a->took_ns);
  put(f, (double)a->prepare_ns);
  put(f, (double)a->search_ns);
  put(f, (double)a->fuse_ns);
  put(f, (double)a->fetch_ns);
  put(f, (double)a->confidence);
  put(f, a->route);
  put(f, a->started);
  put(f, a->hurried);
  put_name(f, &a->warning);
  put(f, a->engine_count);
  for (uint32_t i = 0; i < a->engine_count; i++) put_engine(f, nexus_answer_engine(a, i));
  put(f, a->hit_count);
  for (uint32_t i = 0; i < a->hit_count; i++) put_hit(f, nexus_answer_hit(a, i));
}

static void put_memories(struct frame *f, const nexus_memories *list) {
  put(f, (double)list->count);
  for (size_t i = 0; i < list->count; i++) put_memory(f, nexus_memories_at(list, i));
}

/* Ids, by their number. */
static void put_ids(struct frame *f, const uint64_t *ids, size_t count) {
  put(f, (double)count);
  for (size_t i = 0; i < count; i++) put(f, add_u64(f, ids[i]));
}

static void put_pattern(struct frame *f, const nexus_pattern *p) {
  put(f, p->kind);
  put(f, (double)p->term_count);
  for (size_t i = 0; i < p->term_count; i++) put_name(f, &p->terms[i]);
  put_name(f, &p->speaker);
  put(f, p->window);
  put(f, (double)p->support);
  put(f, p->g2);
  put(f, p->npmi);
  put(f, p->lift);
  put_time(f, p->from_us);
  put_time(f, p->to_us);
  put(f, (double)p->period_us);
  put(f, p->weekday);
  put_ids(f, p->examples, p->example_count);
}

static void put_patterns(struct frame *f, const nexus_patterns *list) {
  put(f, (double)list->count);
  for (size_t i = 0; i < list->count; i++) put_pattern(f, nexus_patterns_at(list, i));
}

static void put_anomaly(struct frame *f, const nexus_anomaly *a) {
  put(f, add_u64(f, a->id));
  put(f, a->score);
  put(f, a->reason_count);
  for (uint32_t i = 0; i < a->reason_count; i++) {
    put(f, a->reasons[i].column);
    put(f, a->reasons[i].value);
    put(f, a->reasons[i].usual);
    put(f, a->reasons[i].weight);
  }
}

static void put_anomalies(struct frame *f, const nexus_anomalies *list) {
  put(f, (double)list->count);
  for (size_t i = 0; i < list->count; i++) put_anomaly(f, nexus_anomalies_at(list, i));
}

static void put_figures(struct frame *f, const nexus_train_figures *t) {
  put(f, t->any_8);
  put(f, t->frac_8);
  put(f, t->mrr);
  put(f, t->calibration_error);
}

static void put_interval(struct frame *f, const nexus_interval *i) {
  put(f, i->mean);
  put(f, i->low);
  put(f, i->high);
}

static void put_trained(struct frame *f, const nexus_train_report *r) {
  const uint64_t counts[] = {r->better, r->installed, r->questions, r->unanswered, r->left_out, r->missing, r->folds, r->trees, r->bytes};
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) put(f, (double)counts[i]);
  put(f, (double)r->took_ns);
  put_name(f, &r->kept_with);
  put_figures(f, &r->before);
  put_figures(f, &r->after);
  put(f, r->has_serving);
  if (r->has_serving) put_figures(f, &r->serving);
  put_interval(f, &r->gain_any_8);
  put_interval(f, &r->gain_frac_8);
  put_interval(f, &r->gain_mrr);
  put_interval(f, &r->gain_overall);
}

static void put_stats(struct frame *f, const nexus_stats *s) {
  const uint64_t figures[] = {s->dimension, s->memories, s->deleted, s->segments, s->segment_files, s->segment_bytes, s->truth_bytes,
                              s->terms,     s->epoch,    s->added,   s->commits,  s->merges,        s->replayed,      s->discarded, s->metric, s->retired,
                              s->cache_hot_hits, s->cache_hot_misses, s->cache_hot_bytes, s->cache_hot_ns,
                              s->cache_warm_hits, s->cache_warm_misses, s->cache_warm_bytes, s->cache_warm_ns,
                              s->cache_near_hits, s->cache_near_misses, s->cache_near_bytes, s->cache_near_ns,
                              s->record_bytes, s->record_stored, s->record_ns, s->outdated, s->damaged_judgements};
  for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) put(f, (double)figures[i]);
  put_name(f, &s->vectors);
  put_name(f, &s->merge_error);
  put_name(f, &s->language);
  put(f, s->ranker_own);
  put(f, s->ranker_trees);
  put(f, s->ranker_can_roll_back);
  put(f, (double)s->ranker_fitted_us);
  put_name(f, &s->ranker_metrics);
  put_name(f, &s->ranker_warning);
}

static void put_report(struct frame *f, const nexus_report *r) {
  put(f, (double)r->memories);
  put(f, (double)r->bad);
  put(f, r->problem_count);
  for (uint32_t i = 0; i < r->problem_count; i++) {
    put(f, (double)r->problems[i].line);
    put(f, r->problems[i].code);
    put_name(f, &r->problems[i].text);
  }
}

static void put_handle(struct frame *f, uint64_t handle) {
  napi_value v = NULL;
  napi_create_bigint_uint64(f->env, handle, &v);
  put_value(f, v);
}

static void put_reply(struct frame *f, const struct call *c) {
  const nexus_reply *r = &c->reply;
  switch (c->request.op) {
    case NEXUS_OP_OPEN: put_handle(f, r->db.v); break;
    case NEXUS_OP_LIST: put_handle(f, r->cursor.v); break;
    case NEXUS_OP_QUERY: put_answer(f, r->answer); break;
    case NEXUS_OP_GET:
    case NEXUS_OP_GET_BY_KEY:
    case NEXUS_OP_UPDATE:
    case NEXUS_OP_HISTORY:
    case NEXUS_OP_NEXT: put_memories(f, r->memories); break;
    case NEXUS_OP_PATTERNS: put_patterns(f, r->patterns); break;
    case NEXUS_OP_ANOMALIES: put_anomalies(f, r->anomalies); break;
    case NEXUS_OP_TRAIN: put_trained(f, r->train_report); break;
    case NEXUS_OP_STATS: put_stats(f, r->stats); break;
    case NEXUS_OP_VERIFY:
    case NEXUS_OP_IMPORT: put_report(f, r->report); break;
    case NEXUS_OP_PREFERENCE: put_name(f, &r->preference->json); break;
    case NEXUS_OP_SET_PREFERENCE:
    case NEXUS_OP_FORGET:
    case NEXUS_OP_DELETE:
    case NEXUS_OP_DELETE_WHERE:
    case NEXUS_OP_EXPORT:
    case NEXUS_OP_BACKUP:
    case NEXUS_OP_RESTORE: put(f, (double)r->count); break;
    case NEXUS_OP_SUPERSEDE: put(f, add_u64(f, r->ids[0])); break;
    case NEXUS_OP_ADD: put_ids(f, r->ids, c->request.memory_count); break;
  }
}

static napi_value shared_value(struct frame *f, const struct shared *text) {
  napi_value v = NULL;
  if (napi_create_string_latin1(f->env, text->size ? text->bytes : "", text->size, &v) != napi_ok) f->failed = true;
  return v;
}

static napi_value numbers_value(struct frame *f) {
  napi_value buffer, v = NULL;
  void *bytes;
  if (napi_create_arraybuffer(f->env, f->count * sizeof(double), &bytes, &buffer) == napi_ok) {
    memcpy(bytes, f->owned, f->count * sizeof(double));
    napi_create_typedarray(f->env, napi_float64_array, f->count, buffer, 0, &v);
  }
  free(f->owned);
  return v;
}

/* Fills the first places: numbers that outgrew the scratch, passages, names. */
static void hand_over(struct frame *f) {
  f->string_count = 0;
  if (f->owned)
    put_value(f, numbers_value(f));
  else
    f->string_count++;
  put_value(f, shared_value(f, f->passages));
  put_value(f, shared_value(f, f->names));
}

napi_value call_encode(struct call *c, napi_env env) {
  struct instance *in = c->instance;
  struct frame f = {.env = env, .string_count = PLACES, .numbers = in->numbers, .room = SCRATCH_COUNT, .passages = &in->passages, .names = &in->names};
  in->passages.size = in->names.size = 0;
  if (napi_create_array_with_length(env, PLACES, &f.strings) != napi_ok) return NULL;
  put_reply(&f, c);
  hand_over(&f);
  return f.failed ? NULL : f.strings;
}
