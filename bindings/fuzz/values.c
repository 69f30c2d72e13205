#define _GNU_SOURCE
#include "fuzz.h"

#include <stdlib.h>
#include <sys/mman.h>

#define PAGE 4096
#define PAGES_MAX 512 /* allocations of one call */

static struct {
  void *start;
  size_t size;
} pages[PAGES_MAX];
static size_t page_count;

unsigned take8(struct bytes *b) { return b->next < b->end ? *b->next++ : 0; }

uint64_t take64(struct bytes *b) {
  uint64_t v = 0;
  for (int i = 0; i < 8; i++) v = v << 8 | take8(b);
  return v;
}

uint32_t any_number(struct bytes *b) {
  static const uint32_t odd[] = {0, 1, 127, 128, 129, 4096, 4097, 8192, 8193, 0x7fffffff, 0xffffffff};
  unsigned choice = take8(b);
  if (choice < 128) return choice % 16;
  return choice < 240 ? odd[choice % (sizeof odd / sizeof *odd)] : (uint32_t)take64(b);
}

void *page_end(size_t size) {
  size_t room = (size + 15) / 16 * 16, whole = (room + PAGE - 1) / PAGE * PAGE;
  char *start = mmap(NULL, whole + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  must(start != MAP_FAILED && page_count < PAGES_MAX && mprotect(start + whole, PAGE, PROT_NONE) == 0, "pages");
  pages[page_count].start = start, pages[page_count++].size = whole + PAGE;
  /* Structs need their alignment; texts end exactly at the page. */
  return start + whole - (size % 8 == 0 ? size : room);
}

void drop_pages(void) {
  while (page_count > 0) {
    page_count--;
    munmap(pages[page_count].start, pages[page_count].size);
  }
}

/* Bytes that end exactly at the page that cannot be read. */
static char *text_bytes(size_t size) { return (char *)page_end((size + 7) / 8 * 8) + ((size + 7) / 8 * 8 - size); }

nexus_text any_text(struct bytes *b) {
  static const char *const words[] = {"tide", "the wave", "ann", "key", "{\"text\":\"x\"}\n", "\xff\xfe", "\xc3", "caf\xc3\xa9", "a\nb", " "};
  nexus_text t = {NULL, 0};
  unsigned choice = take8(b);
  const char *word = words[choice % 10];
  char *out;
  if (choice < 32) return t;
  if (choice < 36) return (t.size = take64(b), t); /* a size and no text */
  t.size = choice < 120 ? strlen(word) : choice < 200 ? (size_t)(b->end - b->next) % 64 : 500 + choice % 32;
  if (choice > 250 && take8(b) < 16) t.size = choice % 2 ? 70000 : 1048570 + choice % 8; /* seldom: they take their time */
  t.data = out = text_bytes(t.size);
  for (size_t i = 0; i < t.size; i++) out[i] = choice < 120 ? word[i] : choice < 200 ? (char)take8(b) : i % 7 ? 'a' : ' ';
  return t;
}

static float any_float(struct bytes *b) {
  unsigned choice = take8(b);
  uint32_t bits = (uint32_t)take64(b);
  float f;
  if (choice < 200) return (float)choice / 100 - .5f;
  memcpy(&f, &bits, sizeof f); /* NaN and infinity among them */
  return f;
}

static const float *any_vector(struct bytes *b, size_t *count) {
  unsigned choice = take8(b);
  float *v;
  *count = choice < 160 ? 0 : choice < 240 ? 1 + choice % 4 : any_number(b);
  if (*count == 0) return choice % 2 ? page_end(8) : NULL;
  if (choice == 240) return NULL; /* a count and no numbers */
  v = page_end((*count > 5000 ? 5000 : *count) * sizeof *v);
  for (size_t i = 0; i < *count && i < 5000; i++) v[i] = i < 4 ? any_float(b) : 1;
  return v;
}

static const nexus_meta *any_meta(struct bytes *b, size_t *count) {
  nexus_meta *m;
  *count = take8(b) < 160 ? 0 : 1 + take8(b) % 3;
  m = page_end(*count * sizeof *m);
  for (size_t i = 0; i < *count; i++) {
    m[i].name = any_text(b), m[i].type = take8(b) % 8, m[i].text = any_text(b);
    m[i].number = any_float(b), m[i].time_us = (int64_t)take64(b);
    m[i].list_count = take8(b) % 4;
    nexus_text *list = page_end(m[i].list_count * sizeof *list);
    for (uint32_t j = 0; j < m[i].list_count; j++) list[j] = any_text(b);
    m[i].list = take8(b) ? list : NULL;
  }
  return *count ? m : NULL;
}

/* A struct of this size, or a few bytes less or more, which are there. */
static void *sized(struct bytes *b, size_t size, uint32_t *stated) {
  unsigned choice = take8(b);
  *stated = (uint32_t)(choice < 230 ? size : choice < 240 ? size - choice % 10 * 4 : choice < 250 ? size + choice % 10 * 8 : choice % 8);
  uint32_t *head = page_end(*stated > size ? *stated : size);
  *head = *stated;
  if (*stated > size && take8(b) % 2) ((char *)head)[*stated - 1] = 1;
  return head;
}

nexus_memory *any_memories(struct bytes *b, size_t *count) {
  uint32_t size;
  nexus_memory *first = sized(b, sizeof *first, &size);
  *count = 1 + take8(b) % 3;
  if (*count > 1) {
    first = page_end(*count * sizeof *first);
    size = sizeof *first;
  }
  for (size_t i = 0; i < *count; i++) {
    nexus_memory *m = &first[i];
    m->struct_size = i > 0 && take8(b) == 255 ? size + 8 : size;
    m->flags = take8(b) % 4 ? take8(b) % 2 : take8(b) % 2 ? take8(b) % 16 : (uint32_t)take64(b);
    m->key = any_text(b), m->tenant = any_text(b), m->user = any_text(b), m->agent = any_text(b);
    m->session = any_text(b), m->speaker = any_text(b), m->source = any_text(b);
    m->text = take8(b) < 230 ? nexus_str("the tide is out") : any_text(b);
    m->source_start = take8(b), m->source_end = take8(b);
    m->vector = any_vector(b, &m->vector_count);
    m->meta = any_meta(b, &m->meta_count);
    m->event_time_us = (int64_t)take64(b), m->kind = take8(b) % 8, m->importance = any_float(b), m->reserved = take8(b) / 200;
    if (m->flags > 1 && size == sizeof *m) m->valid_from_us = (int64_t)take64(b), m->valid_to_us = (int64_t)take64(b), m->expires_us = (int64_t)take64(b);
  }
  if (take8(b) == 0) *count = take8(b) % 2 ? 0 : SIZE_MAX / 1024;
  return take8(b) == 255 ? NULL : first;
}

nexus_patch *any_patch(struct bytes *b) {
  uint32_t size;
  size_t count;
  nexus_patch *p = sized(b, sizeof *p, &size);
  nexus_text *names;
  p->flags = take8(b) % 4 ? take8(b) : (uint32_t)take64(b);
  p->memory = any_memories(b, &count), p->if_version = any_number(b), p->reserved = take8(b) / 200;
  p->remove_count = take8(b) % 3;
  p->remove_meta = names = page_end(p->remove_count * sizeof *names);
  for (size_t i = 0; i < p->remove_count; i++) names[i] = any_text(b);
  return take8(b) == 255 ? NULL : p;
}

/* Filters that are one, and what has nothing to do with one. */
static nexus_text any_filter(struct bytes *b) {
  static const char *const filters[] = {"speaker = \"Ann\"", "not (id > 3 or exists key)", "n >= 1.5 and l has \"x\"", "time < 2024-01-01", "(", ""};
  return take8(b) % 2 ? nexus_str(filters[take8(b) % (sizeof filters / sizeof *filters)]) : any_text(b);
}

/* Matches that are one, and what has nothing to do with one. */
static nexus_text any_match(struct bytes *b) {
  static const char *const matches[] = {"+tide -\"of the\"", "\"of the tide\"", "ti* speaker:(ann OR bob~1)", "title:\"a \\\" b\" text:x~", "((", ""};
  return take8(b) % 2 ? nexus_str(matches[take8(b) % (sizeof matches / sizeof *matches)]) : any_text(b);
}

nexus_query *any_query(struct bytes *b) {
  uint32_t size;
  nexus_query *q = sized(b, sizeof *q, &size);
  nexus_text *engines;
  q->flags = take8(b) % 4 ? take8(b) : (uint32_t)take64(b);
  if (size == sizeof *q) q->as_of_us = (int64_t)take64(b), q->valid_at_us = (int64_t)take64(b);
  q->text = take8(b) < 128 ? nexus_str("what of the tide") : any_text(b);
  q->vector = any_vector(b, &q->vector_count);
  q->tenant = any_text(b), q->user = any_text(b), q->agent = any_text(b), q->session = any_text(b);
  q->filter = any_filter(b);
  q->engine_count = take8(b) % 3;
  q->engines = engines = page_end(q->engine_count * sizeof *engines);
  for (size_t i = 0; i < q->engine_count; i++) engines[i] = take8(b) % 2 ? nexus_str("lexical") : any_text(b);
  if (q->engine_count == 0) q->engines = NULL;
  q->now_us = (int64_t)take64(b), q->budget_ns = take8(b) % 2 ? 0 : (int64_t)take64(b);
  q->k = any_number(b), q->intent = take8(b) % 8;
  for (int i = 0; i < NEXUS_FACTOR_COUNT; i++) q->weights[i] = any_float(b);
  if (size == sizeof *q) {
    q->match = any_match(b), q->fusion = take8(b) % 6, q->route = take8(b) % 7;
    q->explore = (float)take8(b) / 200, q->explore_seed = take8(b), q->vector_effort = (float)take8(b) / 15;
    for (int i = 0; i < NEXUS_BOOST_COUNT; i++) q->boosts[i] = any_float(b);
    q->asker = any_text(b);
  }
  return q;
}

nexus_selection *any_selection(struct bytes *b) {
  uint32_t size;
  nexus_selection *s = sized(b, sizeof *s, &size);
  s->reserved = take8(b) / 250;
  s->tenant = any_text(b), s->user = any_text(b), s->agent = any_text(b), s->session = any_text(b);
  s->filter = any_filter(b);
  return take8(b) % 8 ? s : NULL;
}

nexus_judged *any_judged(struct bytes *b) {
  uint32_t size;
  nexus_judged *j = sized(b, sizeof *j, &size);
  uint64_t *shown;
  if (size != sizeof *j) return j;
  j->reserved = take8(b) / 250;
  j->tenant = any_text(b), j->user = any_text(b), j->question = any_text(b);
  j->id = take64(b) % 64, j->value = (double)(int8_t)take8(b) / 100;
  j->shown_count = take8(b) % 8;
  j->shown = shown = page_end(8 * j->shown_count);
  for (size_t i = 0; i < j->shown_count; i++) shown[i] = take64(b) % 64;
  if (take8(b) == 0) j->shown_count = SIZE_MAX / 16, j->shown = NULL;
  return take8(b) % 8 ? j : NULL;
}

nexus_mining *any_mining(struct bytes *b) {
  uint32_t size;
  nexus_mining *m = sized(b, sizeof *m, &size);
  if (size != sizeof *m) return m;
  m->flags = take8(b) % 5, m->kind = take8(b) % 5, m->limit = take8(b) % 8 ? take8(b) : any_number(b);
  m->since_us = (int64_t)take64(b), m->until_us = (int64_t)take64(b), m->min_score = any_float(b);
  return take8(b) % 4 ? m : NULL;
}

nexus_training *any_training(struct bytes *b) {
  uint32_t size;
  nexus_training *t = sized(b, sizeof *t, &size);
  if (size != sizeof *t) return t;
  t->flags = take8(b) % 3, t->seed = take64(b), t->rounds = take8(b) % 8 ? take8(b) : any_number(b);
  return take8(b) % 4 ? t : NULL;
}

nexus_open_options *any_options(struct bytes *b) {
  uint32_t size;
  nexus_open_options *o;
  nexus_embedder *e;
  if (take8(b) % 2) return NULL;
  o = sized(b, sizeof *o, &size);
  if (size == sizeof *o) o->history_us = take8(b) % 4 ? 0 : (int64_t)take64(b);
  o->flags = take8(b) % 4, o->dim = any_number(b), o->reserved = take8(b) / 200;
  if (take8(b) % 2 == 0) return o;
  o->embedder = e = sized(b, sizeof *e, &size);
  e->dim = any_number(b), e->name = any_text(b);
  return o;
}

nexus_config *any_config(struct bytes *b) {
  uint32_t size;
  nexus_config *c = sized(b, sizeof *c, &size);
  if (take8(b) % 2) c->max_procs = 4097 + take8(b), c->memory_limit = -1 - (int64_t)take8(b); /* refused: others would slow the run */
  return take8(b) == 0 ? NULL : c;
}

nexus_request *any_request(struct bytes *b) {
  uint32_t size;
  nexus_request *r = sized(b, sizeof *r, &size);
  uint64_t *ids = page_end(16);
  r->op = take8(b) % 26, r->flags = take8(b) / 64, r->page = any_number(b);
  r->path = nexus_str("/proc/nowhere"), r->options = any_options(b);
  r->memories = any_memories(b, &r->memory_count);
  ids[0] = take8(b) % 64, ids[1] = take8(b), r->ids = ids, r->id_count = take8(b) % 3;
  r->query = take8(b) % 8 ? any_query(b) : NULL;
  if (size == sizeof *r) r->patch = take8(b) % 2 ? any_patch(b) : NULL, r->value = any_float(b), r->mining = any_mining(b), r->training = any_training(b), r->judged = any_judged(b), r->json = any_text(b);
  r->tenant = any_text(b), r->key = any_text(b), r->selection = any_selection(b);
  if (take8(b) == 0) r->user = any_text(b), r->agent = any_text(b), r->session = any_text(b);
  return r;
}

nexus_error *any_error(struct bytes *b) {
  unsigned choice = take8(b);
  uint32_t size = choice < 200 ? sizeof(nexus_error) : choice * 2;
  nexus_error *e;
  if (choice % 4 == 0) return NULL;
  e = page_end((size + 7) / 8 * 8);
  e->struct_size = size;
  return e;
}

void read_text(nexus_text t) { must(t.data ? t.data[t.size] == 0 : t.size == 0, "a text ends with a NUL"); }

static void read_memory(const nexus_memory *m) {
  const nexus_text texts[] = {m->key, m->tenant, m->user, m->agent, m->session, m->speaker, m->text, m->source};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) read_text(texts[i]);
  must(m->id > 0 && m->text.size > 0 && m->kind >= NEXUS_KIND_WORKING && m->kind <= NEXUS_KIND_PROCEDURAL, "a memory is whole");
  for (size_t i = 0; i < m->vector_count; i++) must(m->vector[i] == m->vector[i], "a number of a vector");
  for (size_t i = 0; i < m->meta_count; i++) {
    read_text(m->meta[i].name);
    must(m->meta[i].type >= NEXUS_META_TYPE_STRING && m->meta[i].type <= NEXUS_META_TYPE_LIST, "a type of meta");
    for (uint32_t j = 0; j < m->meta[i].list_count; j++) read_text(m->meta[i].list[j]);
  }
}

void read_memories(const nexus_memories *list) {
  for (size_t i = 0; i < list->count; i++) read_memory(nexus_memories_at(list, i));
}

void read_answer(const nexus_answer *a, uint32_t k) {
  must(a->hit_count <= k, "no more hits than were asked for");
  for (uint32_t i = 0; i < a->hit_count; i++) {
    const nexus_hit *h = nexus_answer_hit(a, i);
    read_memory(h->memory);
    must(h->memory->vector == NULL && h->score == h->score, "a hit is whole");
    for (uint32_t j = 0; j < h->duplicate_count; j++) must(h->duplicates[j] > 0, "the id of a duplicate");
  }
  for (uint32_t i = 0; i < a->engine_count; i++) read_text(nexus_answer_engine(a, i)->name), read_text(nexus_answer_engine(a, i)->note);
}
