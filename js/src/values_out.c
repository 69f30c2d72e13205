/* Values out: a reply as strings and numbers in the order in which lib/decode.js reads them.

   Making objects here would cost a Node-API call a member, some 30 of them a hit; JavaScript makes
   them from one array of strings and one of numbers for a tenth of that. */
#include <stdlib.h>
#include <string.h>

#include "addon.h"

#define EXACT_MAX 9007199254740992u /* 2^53: whole numbers up to it are exact as doubles */

/* A memory begins with a mask of what follows: bit i for text i of put_memory, and these. */
enum { HAS_VECTOR = 1 << 7, HAS_TIME = 1 << 8 };
#define TEXT_COUNT 7

struct frame {
  napi_env env;
  napi_value strings;
  uint32_t string_count;
  double *numbers;
  size_t count, room;
  double *owned; /* numbers, once they have outgrown the scratch */
  bool failed;
  /* The last memory's texts: those of a session repeat and are made once. */
  nexus_text last[TEXT_COUNT];
  napi_value last_value[TEXT_COUNT];
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

static void put(struct frame *f, double number) {
  if (f->count == f->room && !grow(f)) return;
  f->numbers[f->count++] = number;
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

/* ASCII is told apart because its strings are made several times faster as Latin-1. */
static napi_value text_value(struct frame *f, const nexus_text *t) {
  napi_value v = NULL;
  const char *data = t->size ? t->data : "";
  napi_status made = is_ascii(data, t->size) ? napi_create_string_latin1(f->env, data, t->size, &v)
                                             : napi_create_string_utf8(f->env, data, t->size, &v);
  return made == napi_ok ? v : NULL;
}

static void put_text(struct frame *f, const nexus_text *t) { put_value(f, text_value(f, t)); }

/* A number; beyond 2^53, -1 and the value as a BigInt among the strings. */
static void put_u64(struct frame *f, uint64_t n) {
  napi_value v = NULL;
  if (n <= EXACT_MAX) {
    put(f, (double)n);
    return;
  }
  put(f, -1);
  napi_create_bigint_uint64(f->env, n, &v);
  put_value(f, v);
}

/* Milliseconds, rounded down, and the microseconds beyond them. */
static void put_time(struct frame *f, int64_t us) {
  int64_t rest = us % 1000;
  if (rest < 0) rest += 1000;
  put(f, (double)((us - rest) / 1000));
  put(f, (double)rest);
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
  put_text(f, &m->name);
  put(f, m->type);
  switch (m->type) {
    case NEXUS_META_TYPE_STRING: put_text(f, &m->text); break;
    case NEXUS_META_TYPE_TIME: put_time(f, m->time_us); break;
    case NEXUS_META_TYPE_LIST:
      put(f, m->list_count);
      for (uint32_t i = 0; i < m->list_count; i++) put_text(f, &m->list[i]);
      break;
    default: put(f, m->number);
  }
}

static void put_repeated_text(struct frame *f, int i, const nexus_text *t) {
  const nexus_text *last = &f->last[i];
  if (!f->last_value[i] || last->size != t->size || memcmp(last->data, t->data, t->size) != 0) {
    f->last[i] = *t;
    f->last_value[i] = text_value(f, t);
  }
  put_value(f, f->last_value[i]);
}

static void put_memory(struct frame *f, const nexus_memory *m) {
  const nexus_text *const texts[TEXT_COUNT] = {&m->key, &m->tenant, &m->user, &m->agent, &m->session, &m->speaker, &m->source};
  uint32_t has = 0;
  for (int i = 0; i < TEXT_COUNT; i++) has |= texts[i]->size ? 1u << i : 0;
  if (m->vector) has |= HAS_VECTOR;
  if (m->flags & NEXUS_MEMORY_HAS_TIME) has |= HAS_TIME;
  put(f, has);
  put_text(f, &m->text);
  for (int i = 0; i < TEXT_COUNT; i++)
    if (has & 1u << i) put_repeated_text(f, i, texts[i]);
  if (has & HAS_VECTOR) put_vector(f, m->vector, m->vector_count);
  if (has & HAS_TIME) put_time(f, m->event_time_us);
  put_u64(f, m->id);
  put_u64(f, m->source_start);
  put_u64(f, m->source_end);
  put_time(f, m->ingest_time_us);
  put(f, m->kind);
  put(f, m->position);
  put(f, (double)m->importance);
  put(f, (double)m->meta_count);
  for (size_t i = 0; i < m->meta_count; i++) put_meta(f, &m->meta[i]);
}

static void put_hit(struct frame *f, const nexus_hit *h) {
  put_memory(f, h->memory);
  put(f, (double)h->score);
  for (int i = 0; i < NEXUS_FACTOR_COUNT; i++) put(f, (double)h->factors[i]);
  put(f, h->duplicate_count);
  for (uint32_t i = 0; i < h->duplicate_count; i++) put_u64(f, h->duplicates[i]);
}

static void put_engine(struct frame *f, const nexus_engine_trace *e) {
  put_text(f, &e->name);
  put_text(f, &e->note);
  put(f, e->state);
  put(f, (double)e->candidates);
  put(f, (double)e->took_ns);
}

static void put_answer(struct frame *f, const nexus_answer *a) {
  put(f, (double)a->candidates);
  put(f, (double)a->collapsed);
  put(f, a->segments);
  put(f, (double)a->took_ns);
  put(f, (double)a->prepare_ns);
  put(f, (double)a->search_ns);
  put(f, (double)a->fuse_ns);
  put(f, (double)a->fetch_ns);
  put(f, a->engine_count);
  for (uint32_t i = 0; i < a->engine_count; i++) put_engine(f, nexus_answer_engine(a, i));
  put(f, a->hit_count);
  for (uint32_t i = 0; i < a->hit_count; i++) put_hit(f, nexus_answer_hit(a, i));
}

static void put_memories(struct frame *f, const nexus_memories *list) {
  put(f, (double)list->count);
  for (size_t i = 0; i < list->count; i++) put_memory(f, nexus_memories_at(list, i));
}

static void put_stats(struct frame *f, const nexus_stats *s) {
  const uint64_t figures[] = {s->dimension, s->memories, s->deleted, s->segments, s->segment_files, s->segment_bytes, s->truth_bytes,
                              s->terms,     s->epoch,    s->added,   s->commits,  s->merges,        s->replayed,      s->discarded};
  for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) put(f, (double)figures[i]);
  put_text(f, &s->vectors);
  put_text(f, &s->merge_error);
}

static void put_report(struct frame *f, const nexus_report *r) {
  put(f, (double)r->memories);
  put(f, (double)r->bad);
  put(f, r->problem_count);
  for (uint32_t i = 0; i < r->problem_count; i++) {
    put(f, (double)r->problems[i].line);
    put(f, r->problems[i].code);
    put_text(f, &r->problems[i].text);
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
    case NEXUS_OP_NEXT: put_memories(f, r->memories); break;
    case NEXUS_OP_STATS: put_stats(f, r->stats); break;
    case NEXUS_OP_VERIFY:
    case NEXUS_OP_IMPORT: put_report(f, r->report); break;
    case NEXUS_OP_DELETE:
    case NEXUS_OP_EXPORT: put(f, (double)r->count); break;
    case NEXUS_OP_ADD:
      put(f, (double)c->request.memory_count);
      for (size_t i = 0; i < c->request.memory_count; i++) put_u64(f, r->ids[i]);
      break;
  }
}

/* Numbers that outgrew the scratch take the first place among the strings. */
static void hand_over(struct frame *f) {
  napi_value buffer, v = NULL;
  void *bytes;
  if (!f->owned) return;
  if (napi_create_arraybuffer(f->env, f->count * sizeof(double), &bytes, &buffer) == napi_ok) {
    memcpy(bytes, f->owned, f->count * sizeof(double));
    napi_create_typedarray(f->env, napi_float64_array, f->count, buffer, 0, &v);
  }
  f->string_count = 0;
  put_value(f, v);
  free(f->owned);
}

napi_value call_encode(struct call *c, napi_env env) {
  struct frame f = {.env = env, .string_count = 1, .numbers = c->instance->numbers, .room = SCRATCH_COUNT};
  if (napi_create_array(env, &f.strings) != napi_ok) return NULL;
  put_reply(&f, c);
  hand_over(&f);
  return f.failed ? NULL : f.strings;
}
