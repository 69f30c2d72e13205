#include "corpus.h"

static const char *const states[] = {"used", "late", "failed", "skipped"};
static const char *const caches[] = {"none", "exact", "near"};

/* The member of expect, or NULL where it is free. */
static const cJSON *wanted(const cJSON *expect, const char *name) { return cJSON_GetObjectItemCaseSensitive(expect, name); }

static bool same_ids(const cJSON *list, const char *name, const uint64_t *ids, size_t count) {
  const cJSON *one;
  size_t i = 0;
  if ((size_t)cJSON_GetArraySize(list) != count) return wrong("%s: %zu of them, want %d", name, count, cJSON_GetArraySize(list));
  cJSON_ArrayForEach(one, list) {
    if ((uint64_t)one->valuedouble != ids[i]) return wrong("%s[%zu] is %llu, want %.0f", name, i, (unsigned long long)ids[i], one->valuedouble);
    i++;
  }
  return true;
}

bool check_ids(const cJSON *expect, const uint64_t *ids, size_t count) {
  return !wanted(expect, "ids") || same_ids(wanted(expect, "ids"), "ids", ids, count);
}

bool check_count(const cJSON *expect, const char *name, uint64_t count) {
  const cJSON *w = wanted(expect, name);
  return !w || (uint64_t)w->valuedouble == count || wrong("%s is %llu, want %.0f", name, (unsigned long long)count, w->valuedouble);
}

static bool check_text(const cJSON *object, const char *name, nexus_text got) {
  return same_text(member(object, name), got) || wrong("%s is \"%.*s\"", name, (int)got.size, got.data);
}

static bool check_float(const cJSON *object, const char *name, float got) {
  return (float)number(object, name) == got || wrong("%s is %.9g, want %.9g", name, (double)got, number(object, name));
}

static bool check_double(const cJSON *object, const char *name, double got) {
  return number(object, name) == got || wrong("%s is %.17g, want %.17g", name, got, number(object, name));
}

static bool check_explanation(const cJSON *want, const nexus_explanation *e) {
  const cJSON *engines = wanted(want, "engines"), *signals = wanted(want, "signals"), *one;
  uint32_t i = 0;
  if (!want || !e) return (!want && !e) || wrong("explanation: one is missing");
  if ((uint32_t)cJSON_GetArraySize(engines) != e->engine_count || (uint32_t)cJSON_GetArraySize(signals) != e->signal_count)
    return wrong("explanation: %u engines, %u signals", e->engine_count, e->signal_count);
  cJSON_ArrayForEach(one, engines) {
    const nexus_engine_rank *r = &e->engines[i++];
    if (!check_text(one, "name", r->name) || !check_count(one, "rank", r->rank) || !check_double(one, "score", r->score)) return false;
  }
  cJSON_ArrayForEach(one, signals) {
    for (i = 0; i < e->signal_count && !same_text(name_of(one), e->signals[i].name); i++) {}
    if (i == e->signal_count) return wrong("signal %s is missing", one->string);
    if (!check_float(signals, one->string, e->signals[i].value)) return false;
  }
  return check_float(want, "ranker", e->ranker);
}

static bool check_hit(const cJSON *want, const nexus_hit *h) {
  const cJSON *f = wanted(want, "factors");
  if ((uint64_t)number(want, "id") != h->memory->id)
    return wrong("hit is %llu, want %.0f", (unsigned long long)h->memory->id, number(want, "id"));
  if (!check_text(want, "key", h->memory->key) || !check_float(want, "score", h->score)) return false;
  if (h->memory->vector) return wrong("a hit has a vector");
  for (int i = 0; i < NEXUS_FACTOR_COUNT; i++)
    if (!check_float(f, factors[i], h->factors[i])) return false;
  return same_ids(wanted(want, "duplicates"), "duplicates", h->duplicates, h->duplicate_count) &&
         check_explanation(wanted(want, "explanation"), h->explanation);
}

bool check_answer(const cJSON *expect, const nexus_answer *a) {
  const cJSON *hits = wanted(expect, "hits"), *engines = wanted(expect, "engines"), *one;
  size_t i = 0;
  if (hits && (uint32_t)cJSON_GetArraySize(hits) != a->hit_count) return wrong("%u hits, want %d", a->hit_count, cJSON_GetArraySize(hits));
  cJSON_ArrayForEach(one, hits) {
    if (!check_hit(one, nexus_answer_hit(a, i))) return wrong("of hit %zu", i);
    i++;
  }
  if (engines && (uint32_t)cJSON_GetArraySize(engines) != a->engine_count) return wrong("%u engines", a->engine_count);
  i = 0;
  cJSON_ArrayForEach(one, engines) {
    const nexus_engine_trace *e = nexus_answer_engine(a, i++);
    if (!check_text(one, "name", e->name) || !check_text(one, "state", nexus_str(states[e->state]))) return false;
  }
  if (wanted(expect, "cache") && !check_text(expect, "cache", nexus_str(caches[a->cache]))) return false;
  if (wanted(expect, "route") && !check_text(expect, "route", nexus_str(routes[a->route]))) return false;
  if (wanted(expect, "started") && !check_text(expect, "started", nexus_str(routes[a->started]))) return false;
  if (wanted(expect, "confidence") && !check_float(expect, "confidence", a->confidence)) return false;
  return check_count(expect, "candidates", a->candidates) && check_count(expect, "collapsed", a->collapsed);
}

static bool check_time(const char *name, nexus_text want, bool have, int64_t got) {
  int64_t us = 0;
  if ((want.size > 0) != have) return wrong("%s is %s", name, have ? "given" : "missing");
  return !have || (time_of(want, &us) && us == got) || wrong("%s is %lld us", name, (long long)got);
}

static bool check_meta(const cJSON *want, const nexus_meta *m) {
  const cJSON *one;
  size_t i = 0;
  const char *name = want->string;
  switch (m->type) {
    case NEXUS_META_TYPE_STRING: return (cJSON_IsString(want) && same_text(text_of(want), m->text)) || wrong("meta %s is another string", name);
    case NEXUS_META_TYPE_NUMBER: return (cJSON_IsNumber(want) && want->valuedouble == m->number) || wrong("meta %s is %.17g", name, m->number);
    case NEXUS_META_TYPE_BOOL: return (cJSON_IsBool(want) && cJSON_IsTrue(want) == (m->number != 0)) || wrong("meta %s is another bool", name);
    case NEXUS_META_TYPE_TIME: return check_time(name, member(want, "$time"), true, m->time_us);
    case NEXUS_META_TYPE_LIST: break;
    default: return wrong("meta %s is of type %u", name, m->type);
  }
  if (!cJSON_IsArray(want) || (uint32_t)cJSON_GetArraySize(want) != m->list_count) return wrong("meta %s is a list of %u", name, m->list_count);
  cJSON_ArrayForEach(one, want) if (!same_text(text_of(one), m->list[i++])) return wrong("meta %s differs", name);
  return true;
}

static bool check_metas(const cJSON *want, const nexus_memory *m) {
  const cJSON *one;
  if ((size_t)cJSON_GetArraySize(want) != m->meta_count) return wrong("%zu meta values", m->meta_count);
  cJSON_ArrayForEach(one, want) {
    nexus_text t = name_of(one);
    size_t i = 0;
    while (i < m->meta_count && !same_text(m->meta[i].name, t)) i++;
    if (i == m->meta_count) return wrong("meta %s is missing", one->string);
    if (!check_meta(one, &m->meta[i])) return false;
  }
  return true;
}

static bool check_vector(const cJSON *want, const nexus_memory *m) {
  size_t count;
  const float *v = floats_of(want, &count);
  if (count != m->vector_count) return wrong("vector has %zu numbers, want %zu", m->vector_count, count);
  for (size_t i = 0; i < count; i++)
    if (v[i] != m->vector[i]) return wrong("vector[%zu] is %.9g", i, (double)m->vector[i]);
  return true;
}

/* What became of it: version, links, feedback, and the times of its life. */
static bool check_life(const cJSON *w, const nexus_memory *m) {
  uint32_t version = (uint32_t)number(w, "version");
  if ((version ? version : 1) != m->version) return wrong("version %u", m->version);
  if ((uint64_t)number(w, "supersedes") != m->supersedes || (uint64_t)number(w, "superseded_by") != m->superseded_by) return wrong("links differ");
  if (number(w, "positive") != m->positive || number(w, "negative") != m->negative) return wrong("feedback %g, %g", m->positive, m->negative);
  return check_time("time", member(w, "time"), (m->flags & NEXUS_MEMORY_HAS_TIME) != 0, m->event_time_us) &&
         check_time("valid_from", member(w, "valid_from"), (m->flags & NEXUS_MEMORY_HAS_VALID_FROM) != 0, m->valid_from_us) &&
         check_time("valid_to", member(w, "valid_to"), (m->flags & NEXUS_MEMORY_HAS_VALID_TO) != 0, m->valid_to_us) &&
         check_time("expires", member(w, "expires"), (m->flags & NEXUS_MEMORY_HAS_EXPIRY) != 0, m->expires_us);
}

static bool check_record(const cJSON *w, const nexus_memory *m) {
  if (!known_members(w, "id key text time speaker session position user agent tenant kind importance source start end meta vector "
                        "valid_from valid_to expires version supersedes superseded_by positive negative"))
    return false;
  if ((uint64_t)number(w, "id") != m->id || (uint32_t)number(w, "position") != m->position) return wrong("id %llu, position %u", (unsigned long long)m->id, m->position);
  if (!check_text(w, "key", m->key) || !check_text(w, "text", m->text) || !check_text(w, "speaker", m->speaker) ||
      !check_text(w, "session", m->session) || !check_text(w, "user", m->user) || !check_text(w, "agent", m->agent) ||
      !check_text(w, "tenant", m->tenant) || !check_text(w, "source", m->source))
    return false;
  if (m->kind > NEXUS_KIND_PROCEDURAL || !check_text(w, "kind", nexus_str(kinds[m->kind]))) return false;
  if ((uint64_t)number(w, "start") != m->source_start || (uint64_t)number(w, "end") != m->source_end) return wrong("source range differs");
  if (m->ingest_time_us <= 0) return wrong("no time of its commit");
  return check_float(w, "importance", m->importance) && check_vector(wanted(w, "vector"), m) && check_metas(wanted(w, "meta"), m) &&
         check_life(w, m);
}

bool check_memory(const cJSON *expect, const nexus_memory *m) { return !wanted(expect, "memory") || check_record(wanted(expect, "memory"), m); }

bool check_memories(const cJSON *expect, const nexus_memories *list) {
  const cJSON *want = wanted(expect, "memories"), *one;
  size_t i = 0;
  if ((size_t)cJSON_GetArraySize(want) != list->count) return wrong("%zu memories", list->count);
  cJSON_ArrayForEach(one, want) if (!check_record(one, nexus_memories_at(list, i++))) return false;
  return true;
}

static bool check_pattern(const cJSON *w, const nexus_pattern *p) {
  const cJSON *terms = wanted(w, "terms"), *one;
  size_t i = 0;
  if (!known_members(w, "kind terms speaker window support g2 npmi lift from_us to_us period_us weekday examples")) return false;
  if (p->kind > NEXUS_PATTERN_KIND_BURST || !check_text(w, "kind", nexus_str(pattern_kinds[p->kind])) || !check_text(w, "speaker", p->speaker)) return false;
  if ((size_t)cJSON_GetArraySize(terms) != p->term_count) return wrong("%zu terms", p->term_count);
  cJSON_ArrayForEach(one, terms) if (!same_text(text_of(one), p->terms[i++])) return wrong("term %zu differs", i);
  return same_ids(wanted(w, "examples"), "examples", p->examples, p->example_count) && check_count(w, "support", p->support) &&
         check_double(w, "g2", p->g2) && check_double(w, "npmi", p->npmi) && check_double(w, "lift", p->lift) &&
         check_double(w, "from_us", (double)p->from_us) && check_double(w, "to_us", (double)p->to_us) &&
         check_double(w, "period_us", (double)p->period_us) && check_double(w, "weekday", p->weekday) &&
         (flag(w, "window") == (p->window != 0) || wrong("window is %u", p->window));
}

bool check_preference(const cJSON *expect, const nexus_preference *p) {
  const cJSON *want = wanted(expect, "preference");
  cJSON *got = cJSON_Parse(p->json.data), *one;
  bool same;
  if (!want || !got || p->json.data[p->json.size] != 0) return wrong("no JSON of a preference");
  cJSON_ArrayForEach(one, cJSON_GetObjectItemCaseSensitive(got, "judgements")) cJSON_DeleteItemFromObjectCaseSensitive(one, "time");
  same = cJSON_Compare(want, got, true);
  cJSON_Delete(got);
  return same || wrong("preference: %.600s", p->json.data);
}

bool check_patterns(const cJSON *expect, const nexus_patterns *list) {
  const cJSON *want = wanted(expect, "patterns"), *one;
  size_t i = 0;
  if ((size_t)cJSON_GetArraySize(want) != list->count) return wrong("%zu patterns", list->count);
  cJSON_ArrayForEach(one, want) if (!check_pattern(one, nexus_patterns_at(list, i++))) return wrong("of pattern %zu", i - 1);
  return true;
}

static bool check_anomaly(const cJSON *w, const nexus_anomaly *a) {
  const cJSON *reasons = wanted(w, "reasons"), *one;
  size_t i = 0;
  if (!known_members(w, "id score reasons") || !check_count(w, "id", a->id) || !check_double(w, "score", a->score)) return false;
  if ((uint32_t)cJSON_GetArraySize(reasons) != a->reason_count) return wrong("%u reasons", a->reason_count);
  cJSON_ArrayForEach(one, reasons) {
    const nexus_anomaly_reason *r = &a->reasons[i++];
    if (r->column > NEXUS_ANOMALY_COLUMN_SPEAKER || !check_text(one, "column", nexus_str(columns[r->column])) ||
        !check_double(one, "value", r->value) || !check_double(one, "usual", r->usual) || !check_double(one, "weight", r->weight))
      return false;
  }
  return true;
}

bool check_anomalies(const cJSON *expect, const nexus_anomalies *list) {
  const cJSON *want = wanted(expect, "anomalies"), *one;
  size_t i = 0;
  if ((size_t)cJSON_GetArraySize(want) != list->count) return wrong("%zu anomalies", list->count);
  cJSON_ArrayForEach(one, want) if (!check_anomaly(one, nexus_anomalies_at(list, i++))) return wrong("of anomaly %zu", i - 1);
  return true;
}

static bool check_doubles(const cJSON *object, const char *name, const double *got, int count) {
  const cJSON *want = wanted(object, name);
  if (cJSON_GetArraySize(want) != count) return wrong("%s has %d numbers", name, cJSON_GetArraySize(want));
  for (int i = 0; i < count; i++)
    if (cJSON_GetArrayItem(want, i)->valuedouble != got[i]) return wrong("%s[%d] is %.17g", name, i, got[i]);
  return true;
}

static bool check_figures(const cJSON *w, const char *name, const nexus_train_figures *f) {
  const double got[] = {f->any_8, f->frac_8, f->mrr, f->calibration_error};
  return check_doubles(w, name, got, 4);
}

static bool check_interval(const cJSON *w, const char *name, const nexus_interval *i) {
  const double got[] = {i->mean, i->low, i->high};
  return check_doubles(w, name, got, 3);
}

bool check_trained(const cJSON *expect, const nexus_train_report *r) {
  const cJSON *w = wanted(expect, "trained");
  if (!known_members(w, "questions unanswered left_out missing folds kept_with better installed trees bytes before after serving "
                        "gain_any_8 gain_frac_8 gain_mrr gain_overall"))
    return false;
  if (cJSON_IsNull(wanted(w, "serving")) == (r->has_serving != 0)) return wrong("has_serving is %u", r->has_serving);
  if (flag(w, "better") != (r->better != 0) || flag(w, "installed") != (r->installed != 0)) return wrong("better %u, installed %u", r->better, r->installed);
  return check_count(w, "questions", r->questions) && check_count(w, "unanswered", r->unanswered) && check_count(w, "left_out", r->left_out) &&
         check_count(w, "missing", r->missing) && check_count(w, "folds", r->folds) && check_count(w, "trees", r->trees) && check_count(w, "bytes", r->bytes) &&
         check_text(w, "kept_with", r->kept_with) && check_figures(w, "before", &r->before) && check_figures(w, "after", &r->after) &&
         (!r->has_serving || check_figures(w, "serving", &r->serving)) && check_interval(w, "gain_any_8", &r->gain_any_8) &&
         check_interval(w, "gain_frac_8", &r->gain_frac_8) && check_interval(w, "gain_mrr", &r->gain_mrr) && check_interval(w, "gain_overall", &r->gain_overall);
}

bool check_stats(const cJSON *expect, const nexus_stats *s) {
  return check_count(expect, "memories", s->memories) && check_count(expect, "dimension", s->dimension) &&
         (!wanted(expect, "vectors") || check_text(expect, "vectors", s->vectors)) &&
         (!wanted(expect, "metric") || (s->metric <= NEXUS_METRIC_L2 && check_text(expect, "metric", nexus_str(metrics[s->metric])))) &&
         (!wanted(expect, "language") || check_text(expect, "language", s->language)) &&
         (!wanted(expect, "packed") || cJSON_IsTrue(wanted(expect, "packed")) == (s->record_stored < s->record_bytes) || wrong("%s", "packed")) &&
         (!wanted(expect, "ranker_own") || cJSON_IsTrue(wanted(expect, "ranker_own")) == (s->ranker_own != 0) || wrong("ranker_own is %u", s->ranker_own)) &&
         (!wanted(expect, "ranker_trees") || check_count(expect, "ranker_trees", s->ranker_trees));
}

bool check_report(const cJSON *expect, const nexus_report *r) {
  uint64_t *lines = take(sizeof *lines * ((size_t)r->problem_count + 1));
  for (uint32_t i = 0; i < r->problem_count; i++) lines[i] = r->problems[i].line;
  return check_count(expect, "memories", r->memories) && check_count(expect, "bad", r->bad) &&
         (!wanted(expect, "lines") || same_ids(wanted(expect, "lines"), "lines", lines, r->problem_count));
}
