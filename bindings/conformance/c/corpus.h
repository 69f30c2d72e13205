/* The runner of the conformance corpus in C; see ../README.md. */
#ifndef NEXUS_CONFORMANCE_CORPUS_H
#define NEXUS_CONFORMANCE_CORPUS_H

#include <cjson/cJSON.h>
#include <nexus.h>
#include <stdbool.h>

/* What a step's inputs are allocated from; all of it is freed when the step ends. */
void *take(size_t bytes);
void give_back(void);

/* Says what is wrong, once a step, and returns false. */
bool wrong(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *what_is_wrong(void); /* "" if nothing, since the last give_back */

/* text.c: the corpus's JSON as values of the C interface. */
char *read_corpus(const char *path);     /* with every \u0000 as NUL_MARK, which cJSON can hold */
nexus_text text_of(const cJSON *value);  /* a string, or {"$repeat", "count"}; empty where absent */
nexus_text name_of(const cJSON *value);  /* of a member of an object */
nexus_text member(const cJSON *object, const char *name);
double number(const cJSON *object, const char *name); /* 0 where absent */
bool flag(const cJSON *object, const char *name);
bool same_text(nexus_text a, nexus_text b);
bool time_of(nexus_text rfc3339, int64_t *microseconds);
float *floats_of(const cJSON *list, size_t *count); /* NULL where absent; "nan" and "inf" are numbers */
bool known_members(const cJSON *object, const char *names); /* names separated by spaces */
int place_of(nexus_text name, const char *const *names, int count); /* or -1 */

/* give.c: inputs. */
bool memory_of(const cJSON *record, nexus_memory *memory);
bool patch_of(const cJSON *step, nexus_patch *patch);
nexus_memory *memories_of(const cJSON *step, size_t *count);
bool mining_of(const cJSON *step, nexus_mining *mining);
bool query_of(const cJSON *step, nexus_query *query);

/* check.c: results against "expect"; members that it leaves out are free. */
bool check_ids(const cJSON *expect, const uint64_t *ids, size_t count);
bool check_count(const cJSON *expect, const char *name, uint64_t count);
bool check_answer(const cJSON *expect, const nexus_answer *answer);
bool check_memory(const cJSON *expect, const nexus_memory *memory);
bool check_memories(const cJSON *expect, const nexus_memories *memories);
bool check_stats(const cJSON *expect, const nexus_stats *stats);
bool check_preference(const cJSON *expect, const nexus_preference *preference); /* but the times of its judgements */
bool check_patterns(const cJSON *expect, const nexus_patterns *patterns);
bool check_anomalies(const cJSON *expect, const nexus_anomalies *anomalies);
bool check_trained(const cJSON *expect, const nexus_train_report *report);
bool check_report(const cJSON *expect, const nexus_report *report);

extern const char *const metrics[4], *const kinds[5], *const factors[NEXUS_FACTOR_COUNT], *const intents[5], *const fusions[4], *const routes[5], *const pattern_kinds[4], *const columns[7];

#endif
