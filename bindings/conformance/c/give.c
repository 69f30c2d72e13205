#include "corpus.h"

#include <stdio.h>

/* A number that no enum of the library has: what an unknown name becomes. */
#define NO_SUCH 99

static bool meta_of(const cJSON *value, nexus_meta *m) {
  const cJSON *element;
  nexus_text *list;
  m->name = name_of(value);
  if (cJSON_IsString(value) || cJSON_HasObjectItem(value, "$repeat")) {
    m->type = NEXUS_META_TYPE_STRING, m->text = text_of(value);
  } else if (cJSON_IsNumber(value)) {
    m->type = NEXUS_META_TYPE_NUMBER, m->number = value->valuedouble;
  } else if (cJSON_IsBool(value)) {
    m->type = NEXUS_META_TYPE_BOOL, m->number = cJSON_IsTrue(value);
  } else if (cJSON_IsArray(value)) {
    m->type = NEXUS_META_TYPE_LIST;
    m->list = list = take(sizeof *list * (size_t)cJSON_GetArraySize(value));
    cJSON_ArrayForEach(element, value) list[m->list_count++] = text_of(element);
  } else {
    m->type = NEXUS_META_TYPE_TIME;
    return time_of(member(value, "$time"), &m->time_us) || wrong("meta \"%s\" has no form here", value->string);
  }
  return true;
}

/* Sets a time and its flag where the record has it. */
static bool stamp_of(const cJSON *r, const char *name, uint32_t flag, int64_t *us, uint32_t *flags) {
  if (member(r, name).size == 0) return true;
  *flags |= flag;
  return time_of(member(r, name), us) || wrong("%s is not RFC 3339", name);
}

bool memory_of(const cJSON *r, nexus_memory *m) {
  const cJSON *meta = cJSON_GetObjectItemCaseSensitive(r, "meta"), *value;
  nexus_meta *list;
  int kind = place_of(member(r, "kind"), kinds, 5);
  if (!known_members(r, "key text time speaker session user agent tenant kind importance source start end meta vector valid_from valid_to expires")) return false;
  m->struct_size = sizeof *m;
  m->key = member(r, "key"), m->text = member(r, "text"), m->speaker = member(r, "speaker");
  m->session = member(r, "session"), m->user = member(r, "user"), m->agent = member(r, "agent");
  m->tenant = member(r, "tenant"), m->source = member(r, "source");
  m->source_start = (uint64_t)number(r, "start"), m->source_end = (uint64_t)number(r, "end");
  m->importance = (float)number(r, "importance");
  m->kind = kind < 0 ? NO_SUCH : (uint32_t)kind;
  m->vector = floats_of(cJSON_GetObjectItemCaseSensitive(r, "vector"), &m->vector_count);
  if (!stamp_of(r, "time", NEXUS_MEMORY_HAS_TIME, &m->event_time_us, &m->flags) ||
      !stamp_of(r, "valid_from", NEXUS_MEMORY_HAS_VALID_FROM, &m->valid_from_us, &m->flags) ||
      !stamp_of(r, "valid_to", NEXUS_MEMORY_HAS_VALID_TO, &m->valid_to_us, &m->flags) ||
      !stamp_of(r, "expires", NEXUS_MEMORY_HAS_EXPIRY, &m->expires_us, &m->flags))
    return false;
  m->meta = list = take(sizeof *list * (size_t)(cJSON_GetArraySize(meta) + 1));
  cJSON_ArrayForEach(value, meta) if (!meta_of(value, &list[m->meta_count++])) return false;
  return true;
}

/* The text with "#i" behind it. */
static nexus_text numbered(nexus_text t, size_t i) {
  char *out = take(t.size + 24);
  nexus_text all = {out, t.size};
  memcpy(out, t.data, t.size);
  all.size += (size_t)snprintf(out + t.size, 24, "#%zu", i);
  return all;
}

nexus_memory *memories_of(const cJSON *step, size_t *count) {
  const cJSON *list = cJSON_GetObjectItemCaseSensitive(step, "memories"), *r;
  size_t n = (size_t)cJSON_GetArraySize(list), times = (size_t)number(step, "repeat"), i;
  bool repeat = times > 0;
  nexus_memory *all = take(sizeof *all * (n * (repeat ? times : 1) + 1));
  *count = 0;
  cJSON_ArrayForEach(r, list) if (!memory_of(r, &all[(*count)++])) return NULL;
  for (i = n * times; repeat && i-- > 0;) {
    all[i] = all[i % n];
    if (i >= n) all[i].text = numbered(all[i].text, i / n);
    if (i >= n && all[i].key.size > 0) all[i].key = numbered(all[i].key, i / n);
  }
  for (i = 0; repeat && i < n; i++) {
    all[i].text = numbered(all[i].text, 0);
    if (all[i].key.size > 0) all[i].key = numbered(all[i].key, 0);
  }
  if (repeat) *count = n * times;
  return all;
}

static bool weights_of(const cJSON *w, nexus_query *q) {
  if (!w) return true;
  if (cJSON_GetArraySize(w) != NEXUS_FACTOR_COUNT) return wrong("weights are not all six");
  for (int i = 0; i < NEXUS_FACTOR_COUNT; i++) {
    if (!cJSON_HasObjectItem(w, factors[i])) return wrong("weights have no %s", factors[i]);
    q->weights[i] = (float)number(w, factors[i]);
  }
  q->flags |= NEXUS_QUERY_HAS_WEIGHTS;
  return true;
}

static void boosts_of(const cJSON *b, nexus_query *q) {
  if (!b) return;
  q->boosts[NEXUS_BOOST_TEXT] = cJSON_HasObjectItem(b, "text") ? (float)number(b, "text") : 1;
  q->boosts[NEXUS_BOOST_SPEAKER] = (float)number(b, "speaker");
  q->boosts[NEXUS_BOOST_TITLE] = (float)number(b, "title");
  q->flags |= NEXUS_QUERY_HAS_BOOSTS;
}

bool mining_of(const cJSON *s, nexus_mining *m) {
  int kind = cJSON_HasObjectItem(s, "kind") ? place_of(member(s, "kind"), pattern_kinds, 4) : 0;
  memset(m, 0, sizeof *m);
  m->struct_size = sizeof *m;
  m->kind = kind < 0 ? NO_SUCH : (uint32_t)kind;
  m->limit = (uint32_t)number(s, "limit");
  m->min_score = number(s, "min_score");
  return stamp_of(s, "since", NEXUS_MINING_HAS_SINCE, &m->since_us, &m->flags) && stamp_of(s, "until", NEXUS_MINING_HAS_UNTIL, &m->until_us, &m->flags);
}

bool query_of(const cJSON *s, nexus_query *q) {
  const cJSON *names = cJSON_GetObjectItemCaseSensitive(s, "engines"), *name;
  nexus_text *engines = take(sizeof *engines * (size_t)(cJSON_GetArraySize(names) + 1));
  int intent = cJSON_HasObjectItem(s, "intent") ? place_of(member(s, "intent"), intents, 5) : 0;
  int fusion = cJSON_HasObjectItem(s, "fusion") ? place_of(member(s, "fusion"), fusions, 4) : 0;
  int route = cJSON_HasObjectItem(s, "route") ? place_of(member(s, "route"), routes, 5) : 0;
  memset(q, 0, sizeof *q);
  q->struct_size = sizeof *q;
  q->text = member(s, "text"), q->vector = floats_of(cJSON_GetObjectItemCaseSensitive(s, "vector"), &q->vector_count);
  q->tenant = member(s, "tenant"), q->user = member(s, "user"), q->agent = member(s, "agent"), q->session = member(s, "session");
  q->filter = member(s, "filter"), q->match = member(s, "match");
  q->k = (uint32_t)number(s, "k"), q->intent = intent < 0 ? NO_SUCH : (uint32_t)intent;
  q->fusion = fusion < 0 ? NO_SUCH : (uint32_t)fusion;
  q->route = route < 0 ? NO_SUCH : (uint32_t)route;
  cJSON_ArrayForEach(name, names) engines[q->engine_count++] = text_of(name);
  q->engines = q->engine_count > 0 ? engines : NULL;
  if (flag(s, "single_engine")) q->flags |= NEXUS_QUERY_SINGLE_ENGINE;
  if (flag(s, "near")) q->flags |= NEXUS_QUERY_NEAR;
  if (flag(s, "explain")) q->flags |= NEXUS_QUERY_EXPLAIN;
  if (flag(s, "impersonal")) q->flags |= NEXUS_QUERY_IMPERSONAL;
  q->asker = member(s, "asker");
  q->explore = (float)number(s, "explore"), q->explore_seed = (uint32_t)number(s, "explore_seed");
  q->vector_effort = (float)number(s, "vector_effort");
  if (!stamp_of(s, "now", NEXUS_QUERY_HAS_NOW, &q->now_us, &q->flags) ||
      !stamp_of(s, "as_of", NEXUS_QUERY_HAS_AS_OF, &q->as_of_us, &q->flags) ||
      !stamp_of(s, "valid_at", NEXUS_QUERY_HAS_VALID_AT, &q->valid_at_us, &q->flags))
    return false;
  boosts_of(cJSON_GetObjectItemCaseSensitive(s, "boosts"), q);
  return weights_of(cJSON_GetObjectItemCaseSensitive(s, "weights"), q);
}

static const struct {
  const char *name;
  uint32_t flag;
} patched[] = {{"text", NEXUS_PATCH_TEXT}, {"speaker", NEXUS_PATCH_SPEAKER}, {"kind", NEXUS_PATCH_KIND},
               {"importance", NEXUS_PATCH_IMPORTANCE}, {"time", NEXUS_PATCH_TIME}, {"valid_from", NEXUS_PATCH_VALID_FROM},
               {"valid_to", NEXUS_PATCH_VALID_TO}, {"expires", NEXUS_PATCH_EXPIRY}};

bool patch_of(const cJSON *s, nexus_patch *p) {
  const cJSON *set = cJSON_GetObjectItemCaseSensitive(s, "set"), *one;
  const cJSON *remove = cJSON_GetObjectItemCaseSensitive(s, "remove_meta");
  nexus_text *removed = take(sizeof *removed * (size_t)(cJSON_GetArraySize(remove) + 1));
  nexus_memory *m = take(sizeof *m);
  memset(p, 0, sizeof *p);
  p->struct_size = sizeof *p;
  p->memory = m;
  p->if_version = (uint32_t)number(s, "if_version");
  m->struct_size = sizeof *m;
  if (set && !memory_of(set, m)) return false;
  for (size_t i = 0; i < sizeof patched / sizeof *patched; i++) {
    if (cJSON_HasObjectItem(set, patched[i].name)) p->flags |= patched[i].flag;
    cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(s, "clear"))
      if (same_text(text_of(one), nexus_str(patched[i].name))) p->flags |= patched[i].flag;
  }
  p->remove_meta = removed;
  cJSON_ArrayForEach(one, remove) removed[p->remove_count++] = text_of(one);
  return true;
}
