/* conformance CORPUS: runs every case through libnexus and prints what failed. */
#define _XOPEN_SOURCE 700
#include "corpus.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define STORES_MAX 8 /* of one case */

static char folder[256];
static nexus_db db, stores[STORES_MAX];
static int store_count;
static nexus_error failure;

static nexus_text path_of(nexus_text name, const char *missing) {
  char *out = take(sizeof folder + name.size + strlen(missing) + 2);
  nexus_text t = {out, 0};
  int have = (int)name.size;
  t.size = (size_t)sprintf(out, "%s/%.*s", folder, have ? have : (int)strlen(missing), have ? name.data : missing);
  return t;
}

static nexus_status run_open(const cJSON *s) {
  nexus_open_options o = {.struct_size = sizeof o};
  int metric = place_of(member(s, "metric"), metrics, 4);
  nexus_db opened;
  nexus_status status;
  o.flags = (flag(s, "read_only") ? NEXUS_OPEN_READ_ONLY : 0) | (flag(s, "segments_in_memory") ? NEXUS_OPEN_SEGMENTS_IN_MEMORY : 0) |
            (flag(s, "compress_texts") ? NEXUS_OPEN_COMPRESS_TEXTS : 0);
  o.dim = (uint32_t)number(s, "dim");
  o.metric = metric < 0 ? NEXUS_METRIC_L2 + 1 : (uint32_t)metric;
  o.language = member(s, "language");
  o.cache_bytes = (int64_t)number(s, "cache_bytes");
  o.engine_timeout_us = (int64_t)number(s, "engine_timeout_us");
  o.max_questions = (int64_t)number(s, "max_questions");
  status = nexus_open(path_of(member(s, "path"), "store"), &o, &opened, &failure);
  if (status == NEXUS_OK && store_count < STORES_MAX) db = stores[store_count++] = opened;
  return status;
}

static nexus_status run_add(const cJSON *s, const cJSON *expect) {
  size_t count;
  nexus_memory *list = memories_of(s, &count);
  uint64_t *ids = take(sizeof *ids * (count + 1));
  nexus_status status = list ? nexus_add(db, list, count, ids, &failure) : NEXUS_OK;
  if (status == NEXUS_OK && list) check_ids(expect, ids, count);
  return status;
}

static nexus_status run_query(const cJSON *s, const cJSON *expect) {
  nexus_query q;
  nexus_answer *a = NULL;
  nexus_status status;
  if (!query_of(s, &q)) return NEXUS_OK;
  status = nexus_query_run(db, &q, &a, &failure);
  if (status == NEXUS_OK) check_answer(expect, a);
  nexus_free(a);
  return status;
}

static nexus_status run_get(const cJSON *s, const cJSON *expect, bool by_key) {
  nexus_memories *list = NULL;
  nexus_status status = by_key ? nexus_get_by_key(db, member(s, "tenant"), member(s, "key"), &list, &failure)
                               : nexus_get(db, (uint64_t)number(s, "id"), &list, &failure);
  if (status == NEXUS_OK && list->count != 1) wrong("%zu memories", list->count);
  if (status == NEXUS_OK && list->count == 1) check_memory(expect, nexus_memories_at(list, 0));
  nexus_free(list);
  return status;
}

static nexus_status run_update(const cJSON *s, const cJSON *expect) {
  nexus_patch p;
  nexus_memories *list = NULL;
  nexus_status status;
  if (!patch_of(s, &p)) return NEXUS_OK;
  status = nexus_update(db, (uint64_t)number(s, "id"), &p, &list, &failure);
  if (status == NEXUS_OK) check_memory(expect, nexus_memories_at(list, 0));
  nexus_free(list);
  return status;
}

static nexus_status run_supersede(const cJSON *s, const cJSON *expect) {
  nexus_memory *m = take(sizeof *m);
  uint64_t id = 0;
  nexus_status status;
  if (!memory_of(cJSON_GetObjectItemCaseSensitive(s, "memory"), m)) return NEXUS_OK;
  status = nexus_supersede(db, (uint64_t)number(s, "id"), m, &id, &failure);
  if (status == NEXUS_OK) check_count(expect, "id", id);
  return status;
}

static nexus_status run_history(const cJSON *s, const cJSON *expect) {
  nexus_memories *list = NULL;
  nexus_status status = nexus_history(db, (uint64_t)number(s, "id"), &list, &failure);
  if (status == NEXUS_OK) check_memories(expect, list);
  nexus_free(list);
  return status;
}

static nexus_selection selection_of(const cJSON *s) {
  return (nexus_selection){.struct_size = sizeof(nexus_selection), .tenant = member(s, "tenant"), .user = member(s, "user"),
                           .agent = member(s, "agent"), .session = member(s, "session"), .filter = member(s, "filter")};
}

/* Pages of two, so that pages are turned. */
static nexus_status run_list(const cJSON *s, const cJSON *expect) {
  nexus_cursor c;
  nexus_selection what = selection_of(s);
  nexus_status status = nexus_list(db, &what, &c, &failure);
  uint64_t *ids = take(sizeof *ids * 1000);
  size_t count = 0, page = 1;
  if (status != NEXUS_OK) return status;
  while (status == NEXUS_OK && page > 0) {
    nexus_memories *list = NULL;
    status = nexus_next(c, 2, &list, &failure);
    page = status == NEXUS_OK ? list->count : 0;
    for (size_t i = 0; i < page && count < 1000; i++) ids[count++] = nexus_memories_at(list, i)->id;
    nexus_free(list);
  }
  if (nexus_cursor_close(c, NULL) != NEXUS_OK) wrong("the cursor does not close");
  if (status == NEXUS_OK) check_ids(expect, ids, count);
  return status;
}

static nexus_status run_patterns(const cJSON *s, const cJSON *expect) {
  nexus_selection what = selection_of(s);
  nexus_mining how;
  nexus_patterns *list = NULL;
  nexus_status status;
  if (!mining_of(s, &how)) return NEXUS_OK;
  status = nexus_patterns_find(db, &what, &how, &list, &failure);
  if (status == NEXUS_OK) check_patterns(expect, list);
  nexus_free(list);
  return status;
}

static nexus_status run_anomalies(const cJSON *s, const cJSON *expect) {
  nexus_selection what = selection_of(s);
  nexus_mining how;
  nexus_anomalies *list = NULL;
  nexus_status status;
  if (!mining_of(s, &how)) return NEXUS_OK;
  status = nexus_anomalies_find(db, &what, &how, &list, &failure);
  if (status == NEXUS_OK) check_anomalies(expect, list);
  nexus_free(list);
  return status;
}

static nexus_status run_train(const cJSON *s, const cJSON *expect) {
  nexus_training how = {.struct_size = sizeof how, .seed = (uint64_t)number(s, "seed"), .rounds = (uint32_t)number(s, "rounds")};
  nexus_train_report *report = NULL;
  nexus_status status;
  nexus_text path = member(s, "path");
  if (flag(s, "force")) how.flags |= NEXUS_TRAINING_FORCE;
  if (flag(s, "from_judgements")) how.flags |= NEXUS_TRAINING_FROM_JUDGEMENTS;
  if (path.size) path = path_of(path, "");
  status = nexus_train(db, path, &how, &report, &failure);
  if (status == NEXUS_OK) check_trained(expect, report);
  nexus_free(report);
  return status;
}

static nexus_status run_learn(const cJSON *s) {
  const cJSON *list = cJSON_GetObjectItemCaseSensitive(s, "shown"), *one;
  uint64_t *shown = take(sizeof *shown * (size_t)(cJSON_GetArraySize(list) + 1));
  nexus_judged j = {.struct_size = sizeof j, .tenant = member(s, "tenant"), .user = member(s, "user"), .question = member(s, "question"),
                    .id = (uint64_t)number(s, "id"), .value = number(s, "value"), .shown = shown};
  cJSON_ArrayForEach(one, list) shown[j.shown_count++] = (uint64_t)one->valuedouble;
  return nexus_learn(db, &j, &failure);
}

static nexus_status run_preference(const cJSON *s, const cJSON *expect) {
  nexus_preference *p = NULL;
  nexus_status status = nexus_preference_read(db, member(s, "tenant"), member(s, "user"), &p, &failure);
  if (status == NEXUS_OK) check_preference(expect, p);
  nexus_free(p);
  return status;
}

static nexus_status run_set_preference(const cJSON *s, const cJSON *expect) {
  char *text = cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(s, "preference"));
  uint64_t kept = 0;
  nexus_status status = nexus_preference_set(db, nexus_str(text), &kept, &failure);
  cJSON_free(text);
  if (status == NEXUS_OK) check_count(expect, "count", kept);
  return status;
}

static nexus_status run_forget(const cJSON *s, const cJSON *expect) {
  uint64_t count = 0;
  nexus_status status = nexus_forget(db, member(s, "tenant"), member(s, "user"), &count, &failure);
  if (status == NEXUS_OK) check_count(expect, "count", count);
  return status;
}

static nexus_status run_delete(const cJSON *s, const cJSON *expect) {
  const cJSON *list = cJSON_GetObjectItemCaseSensitive(s, "ids"), *one;
  uint64_t *ids = take(sizeof *ids * (size_t)(cJSON_GetArraySize(list) + 1)), gone = 0;
  size_t count = 0;
  nexus_status status;
  cJSON_ArrayForEach(one, list) ids[count++] = (uint64_t)one->valuedouble;
  status = nexus_delete(db, ids, count, &gone, &failure);
  if (status == NEXUS_OK) check_count(expect, "count", gone);
  return status;
}

static nexus_status run_delete_where(const cJSON *s, const cJSON *expect) {
  nexus_selection what = selection_of(s);
  uint64_t gone = 0;
  nexus_status status = nexus_delete_where(db, &what, &gone, &failure);
  if (status == NEXUS_OK) check_count(expect, "count", gone);
  return status;
}

static nexus_status run_stats(const cJSON *expect) {
  nexus_stats *st = NULL;
  nexus_status status = nexus_stats_read(db, &st, &failure);
  if (status == NEXUS_OK) check_stats(expect, st);
  nexus_free(st);
  return status;
}

static nexus_status run_report(const cJSON *s, const cJSON *expect, bool import) {
  nexus_report *r = NULL;
  nexus_status status = import ? nexus_import(db, path_of(member(s, "path"), ""), 0, &r, &failure) : nexus_verify(db, &r, &failure);
  if (status == NEXUS_OK) check_report(expect, r);
  nexus_free(r);
  return status;
}

static nexus_status run_export(const cJSON *s, const cJSON *expect) {
  uint64_t count = 0;
  nexus_status status = nexus_export(db, path_of(member(s, "path"), ""), &count, &failure);
  if (status == NEXUS_OK) check_count(expect, "count", count);
  return status;
}

static nexus_status run_backup(const cJSON *s, const cJSON *expect, bool back) {
  uint64_t count = 0;
  nexus_text path = path_of(member(s, "path"), "");
  nexus_status status = back ? nexus_restore(path_of(member(s, "backup"), ""), path, &count, &failure) : nexus_backup(db, path, &count, &failure);
  if (status == NEXUS_OK) check_count(expect, "count", count);
  return status;
}

static nexus_status run_write(const cJSON *s) {
  nexus_text content = member(s, "content");
  FILE *f = fopen(path_of(member(s, "path"), "").data, "wb");
  if (!f || (content.size > 0 && fwrite(content.data, 1, content.size, f) != content.size) || fclose(f) != 0) wrong("cannot write");
  return NEXUS_OK;
}

/* The operations and the members that each may have besides "op" and "expect". */
static const struct {
  const char *name, *members;
} ops[] = {
    {"open", "op expect path read_only dim segments_in_memory metric cache_bytes language compress_texts engine_timeout_us max_questions"}, {"close", "op expect"}, {"add", "op expect repeat memories"},
    {"query", "op expect text vector k tenant user agent session intent weights now as_of valid_at engines single_engine filter near match boosts fusion route explain explore explore_seed vector_effort asker impersonal"},
    {"get", "op expect id"}, {"get_by_key", "op expect tenant key"}, {"list", "op expect tenant user agent session filter"},
    {"delete_where", "op expect tenant user agent session filter"},
    {"update", "op expect id if_version set clear remove_meta"}, {"supersede", "op expect id memory"},
    {"history", "op expect id"}, {"feedback", "op expect id value"},
    {"learn", "op expect id value user question tenant shown"}, {"preference", "op expect user tenant"}, {"set_preference", "op expect preference"}, {"forget", "op expect user tenant"},
    {"patterns", "op expect kind limit since until tenant user agent session filter"},
    {"anomalies", "op expect limit min_score since until tenant user agent session filter"}, {"delete", "op expect ids"},
    {"train", "op expect path seed rounds force from_judgements"}, {"rollback_ranker", "op expect"}, {"stats", "op expect"}, {"verify", "op expect"}, {"compact", "op expect"},
    {"write", "op expect path content"}, {"export", "op expect path"}, {"import", "op expect path"},
    {"backup", "op expect path"}, {"restore", "op expect backup path"}};

static nexus_status run(const char *op, const cJSON *s, const cJSON *expect) {
  if (strcmp(op, "open") == 0) return run_open(s);
  if (strcmp(op, "close") == 0) return nexus_close(db, &failure);
  if (strcmp(op, "add") == 0) return run_add(s, expect);
  if (strcmp(op, "query") == 0) return run_query(s, expect);
  if (strcmp(op, "get") == 0) return run_get(s, expect, false);
  if (strcmp(op, "get_by_key") == 0) return run_get(s, expect, true);
  if (strcmp(op, "list") == 0) return run_list(s, expect);
  if (strcmp(op, "delete_where") == 0) return run_delete_where(s, expect);
  if (strcmp(op, "delete") == 0) return run_delete(s, expect);
  if (strcmp(op, "update") == 0) return run_update(s, expect);
  if (strcmp(op, "supersede") == 0) return run_supersede(s, expect);
  if (strcmp(op, "history") == 0) return run_history(s, expect);
  if (strcmp(op, "feedback") == 0) return nexus_feedback(db, (uint64_t)number(s, "id"), number(s, "value"), &failure);
  if (strcmp(op, "learn") == 0) return run_learn(s);
  if (strcmp(op, "preference") == 0) return run_preference(s, expect);
  if (strcmp(op, "set_preference") == 0) return run_set_preference(s, expect);
  if (strcmp(op, "forget") == 0) return run_forget(s, expect);
  if (strcmp(op, "patterns") == 0) return run_patterns(s, expect);
  if (strcmp(op, "anomalies") == 0) return run_anomalies(s, expect);
  if (strcmp(op, "train") == 0) return run_train(s, expect);
  if (strcmp(op, "rollback_ranker") == 0) return nexus_ranker_rollback(db, &failure);
  if (strcmp(op, "stats") == 0) return run_stats(expect);
  if (strcmp(op, "verify") == 0) return run_report(s, expect, false);
  if (strcmp(op, "import") == 0) return run_report(s, expect, true);
  if (strcmp(op, "export") == 0) return run_export(s, expect);
  if (strcmp(op, "backup") == 0) return run_backup(s, expect, false);
  if (strcmp(op, "restore") == 0) return run_backup(s, expect, true);
  if (strcmp(op, "compact") == 0) return nexus_compact(db, &failure);
  return run_write(s);
}

static bool step(const cJSON *s) {
  const cJSON *expect = cJSON_GetObjectItemCaseSensitive(s, "expect");
  const char *op = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(s, "op"));
  const char *error = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(expect, "error"));
  nexus_status status;
  size_t i = 0, count = sizeof ops / sizeof *ops;
  while (op && i < count && strcmp(ops[i].name, op) != 0) i++;
  if (!op || i == count) return wrong("operation %s is not known", op ? op : "?");
  if (!expect) return wrong("nothing is expected");
  if (!known_members(s, ops[i].members)) return false;
  status = run(op, s, expect);
  if (strcmp(nexus_status_name(status), error ? error : "ok") != 0)
    return wrong("%s (%s), want %s", nexus_status_name(status), status == NEXUS_OK ? "" : failure.message, error ? error : "ok");
  if (status != NEXUS_OK && (failure.code != status || failure.message_size != strlen(failure.message) || failure.message_size == 0))
    return wrong("the error is not filled: code %d, message \"%s\"", failure.code, failure.message);
  return what_is_wrong()[0] == 0;
}

static int erase(const char *path, const struct stat *s, int type, struct FTW *f) {
  (void)s, (void)type, (void)f;
  return remove(path);
}

static bool run_case(const cJSON *c) {
  const cJSON *s;
  int at = 0;
  bool passed = true;
  snprintf(folder, sizeof folder, "%s/nexus-conformance-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
  if (!mkdtemp(folder)) abort();
  store_count = 0, db.v = 0;
  cJSON_ArrayForEach(s, cJSON_GetObjectItemCaseSensitive(c, "steps")) {
    failure = (nexus_error){.struct_size = sizeof failure};
    if (!step(s)) {
      passed = false;
      printf("%s, step %d: %s\n", cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(c, "name")), at, what_is_wrong());
    }
    give_back();
    at++;
  }
  while (store_count > 0) (void)nexus_close(stores[--store_count], NULL); /* most are closed already */
  nftw(folder, erase, 16, FTW_DEPTH | FTW_PHYS);
  return passed;
}

int main(int argc, char **argv) {
  char *text = argc == 2 ? read_corpus(argv[1]) : NULL;
  cJSON *corpus = text ? cJSON_Parse(text) : NULL;
  const cJSON *c;
  int passed = 0, failed = 0;
  if (!corpus || (int)number(corpus, "version") != 1) {
    fprintf(stderr, "usage: conformance corpus.json (version 1)\n");
    return 2;
  }
  cJSON_ArrayForEach(c, cJSON_GetObjectItemCaseSensitive(corpus, "cases")) {
    if (run_case(c)) passed++;
    else failed++;
  }
  cJSON_Delete(corpus);
  free(text);
  printf("conformance C: %d passed, %d failed\n", passed, failed);
  return failed > 0;
}
