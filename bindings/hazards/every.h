/* Every function that enters Go, called once with plausible arguments. */
#ifndef NEXUS_EVERY_H
#define NEXUS_EVERY_H

#include "hazard.h"

/* Calls all of them and counts those whose status is not one of the two. Results are freed. */
static int every_function(nexus_db db, nexus_cursor cursor, nexus_job job, nexus_queue queue, nexus_status want, nexus_status or_else) {
  nexus_memory m = memory_of("every");
  nexus_query q = {.struct_size = sizeof q, .text = nexus_str("every")};
  nexus_selection nobody = {.struct_size = sizeof nobody, .user = nexus_str("nobody")};
  nexus_request request = {.struct_size = sizeof request, .op = NEXUS_OP_STATS};
  nexus_reply reply = {.struct_size = sizeof reply};
  nexus_completion completion;
  nexus_answer *answer = NULL;
  nexus_memories *list[5] = {NULL, NULL, NULL, NULL, NULL};
  nexus_memory nothing = {.struct_size = sizeof nothing};
  nexus_patch patch = {.struct_size = sizeof patch, .memory = &nothing};
  nexus_stats *stats = NULL;
  nexus_patterns *patterns = NULL;
  nexus_anomalies *anomalies = NULL;
  nexus_train_report *trained = NULL;
  nexus_report *report[2] = {NULL, NULL};
  nexus_judged judged = {.struct_size = sizeof judged, .user = nexus_str("u"), .id = 1};
  nexus_preference *preference = NULL;
  nexus_cursor c;
  nexus_job j;
  nexus_text none = nexus_str(NULL);
  uint64_t id = 1, done, total;
  size_t count;
  int fd, wrong = 0;
  struct {
    const char *name;
    nexus_status got;
  } calls[] = {
      {"add", nexus_add(db, &m, 1, &id, NULL)},
      {"query", nexus_query_run(db, &q, &answer, NULL)},
      {"get", nexus_get(db, 1, &list[0], NULL)},
      {"get_by_key", nexus_get_by_key(db, none, nexus_str("k"), &list[1], NULL)},
      {"update", nexus_update(db, 1, &patch, &list[3], NULL)},
      {"supersede", nexus_supersede(db, 1, &m, NULL, NULL)},
      {"history", nexus_history(db, 1, &list[4], NULL)},
      {"feedback", nexus_feedback(db, 1, 0, NULL)},
      {"learn", nexus_learn(db, &judged, NULL)},
      {"preference", nexus_preference_read(db, none, nexus_str("u"), &preference, NULL)},
      {"set_preference", nexus_preference_set(db, nexus_str("{\"user\":\"u\"}"), NULL, NULL)},
      {"forget", nexus_forget(db, none, nexus_str("u"), NULL, NULL)},
      {"delete", nexus_delete(db, &id, 1, NULL, NULL)},
      {"delete_where", nexus_delete_where(db, &nobody, NULL, NULL)},
      {"list", nexus_list(db, NULL, &c, NULL)},
      {"next", nexus_next(cursor, 1, &list[2], NULL)},
      {"cursor_close", nexus_cursor_close(cursor, NULL)},
      {"patterns", nexus_patterns_find(db, NULL, NULL, &patterns, NULL)},
      {"anomalies", nexus_anomalies_find(db, NULL, NULL, &anomalies, NULL)},
      {"train", nexus_train(db, nexus_str("/dev/null"), NULL, &trained, NULL)},
      {"ranker_rollback", nexus_ranker_rollback(db, NULL)},
      {"stats", nexus_stats_read(db, &stats, NULL)},
      {"verify", nexus_verify(db, &report[0], NULL)},
      {"compact", nexus_compact(db, NULL)},
      {"export", nexus_export(db, nexus_str("/nowhere/at all"), NULL, NULL)},
      {"backup", nexus_backup(db, nexus_str("/nowhere/at all"), NULL, NULL)},
      {"import", nexus_import(db, nexus_str("/nowhere/at all"), 0, &report[1], NULL)},
      {"submit", nexus_submit(db, &request, queue, NULL, &j, NULL)},
      {"job_wait", nexus_job_wait(job, 0, NULL)},
      {"job_progress", nexus_job_progress(job, &done, &total, NULL)},
      {"job_cancel", nexus_job_cancel(job, NULL)},
      {"job_take", nexus_job_take(job, &reply, NULL)},
      {"job_free", nexus_job_free(job, NULL)},
      {"queue_fd", nexus_queue_fd(queue, &fd, NULL)},
      {"queue_drain", nexus_queue_drain(queue, &completion, 1, 0, &count, NULL)},
      {"queue_close", nexus_queue_close(queue, NULL)},
      {"close", nexus_close(db, NULL)},
  };
  for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
    if (calls[i].got != want && calls[i].got != or_else) {
      printf("%s gives \"%s\", want \"%s\"\n", calls[i].name, nexus_status_name(calls[i].got), nexus_status_name(want));
      wrong++;
    }
  for (int i = 0; i < 5; i++) nexus_free(list[i]);
  nexus_free(answer), nexus_free(stats), nexus_free(preference), nexus_free(patterns), nexus_free(anomalies), nexus_free(trained), nexus_free(report[0]), nexus_free(report[1]);
  return wrong;
}

#endif
