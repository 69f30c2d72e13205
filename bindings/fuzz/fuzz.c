/* A program of calls, read from the fuzzer's bytes: any function, any handle, sizes of structs,
   NULL, invalid UTF-8, numbers beyond every limit. Inputs end at a page that cannot be read, so
   that a library that looks one byte too far crashes. What has to hold: a status of the closed
   set, never internal; nothing given where a call failed; what is given can be read whole; the
   store is sound in the end. */
#define _GNU_SOURCE
#include "fuzz.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define HANDLES 16
#define CALLS_MAX 24 /* of one input */

static char folder[64];
static nexus_db db;
static uint64_t handles[HANDLES]; /* of all kinds, open and closed */
static unsigned next_handle, inputs_run;

void must(int holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "does not hold: %s\n", what);
  abort();
}

static uint64_t any_handle(struct bytes *b) {
  unsigned choice = take8(b);
  if (choice < 128) return db.v;
  if (choice < 230) return handles[choice % HANDLES];
  return choice < 240 ? 0 : take64(b);
}

static void remember(uint64_t handle) { handles[next_handle++ % HANDLES] = handle; }

/* Every call ends here. */
static nexus_status checked(nexus_status s) {
  must(s >= NEXUS_OK && s < NEXUS_INTERNAL && s != NEXUS_FORKED, nexus_status_name(s));
  return s;
}

static void call_add(struct bytes *b) {
  size_t count, i;
  nexus_memory *list = any_memories(b, &count);
  uint64_t *ids = take8(b) % 4 && count < 8 ? page_end(8 * count) : NULL;
  if (checked(nexus_add((nexus_db){any_handle(b)}, list, count, ids, any_error(b))) == NEXUS_OK && ids)
    for (i = 0; i < count; i++) must(ids[i] > 0, "an id is given");
}

static void call_query(struct bytes *b) {
  nexus_query *q = any_query(b);
  nexus_answer *a = (nexus_answer *)1;
  nexus_status s = checked(nexus_query_run((nexus_db){any_handle(b)}, q, take8(b) == 0 ? NULL : &a, any_error(b)));
  if (a == (nexus_answer *)1) return; /* no place was given for it */
  must((s == NEXUS_OK) == (a != NULL), "an answer where there is one");
  if (a) read_answer(a, q->k ? q->k : NEXUS_DEFAULT_K);
  nexus_free(a);
}

static void call_get(struct bytes *b) {
  nexus_memories *list = NULL;
  nexus_db d = {any_handle(b)};
  nexus_status s = take8(b) % 2 ? nexus_get(d, take64(b) % 64, &list, any_error(b))
                                : nexus_get_by_key(d, any_text(b), any_text(b), &list, any_error(b));
  must((checked(s) == NEXUS_OK) == (list != NULL), "a memory where there is one");
  if (list) read_memories(list);
  nexus_free(list);
}

/* Updates, supersedes, reads the history of, and gives feedback on a memory. */
static void call_change(struct bytes *b) {
  nexus_db d = {any_handle(b)};
  uint64_t id = take64(b) % 64, by = 0;
  nexus_memories *list = NULL;
  size_t count;
  nexus_status s;
  switch (take8(b) % 4) {
    case 0: s = checked(nexus_update(d, id, any_patch(b), &list, any_error(b))); break;
    case 1: s = checked(nexus_history(d, id, take8(b) ? &list : NULL, any_error(b))); break;
    case 2: checked(nexus_supersede(d, id, any_memories(b, &count), take8(b) % 4 ? &by : NULL, any_error(b))); return;
    default: checked(nexus_feedback(d, id, (double)(int8_t)take8(b) / 100, any_error(b))); return;
  }
  must(!list || (s == NEXUS_OK && list->count > 0), "versions where there are any");
  if (list) read_memories(list);
  nexus_free(list);
}

/* Learns of a user, and reads, sets and forgets what is known. */
static void call_learn(struct bytes *b) {
  nexus_db d = {any_handle(b)};
  nexus_preference *p = NULL;
  uint64_t count = 0;
  nexus_status s;
  switch (take8(b) % 4) {
    case 0: checked(nexus_learn(d, any_judged(b), any_error(b))); return;
    case 1: checked(nexus_preference_set(d, any_text(b), take8(b) % 4 ? &count : NULL, any_error(b))); return;
    case 2: checked(nexus_forget(d, any_text(b), any_text(b), take8(b) % 4 ? &count : NULL, any_error(b))); return;
    default: s = checked(nexus_preference_read(d, any_text(b), any_text(b), take8(b) ? &p : NULL, any_error(b))); break;
  }
  must(!p || (s == NEXUS_OK && p->json.size > 0 && p->json.data[p->json.size] == 0), "JSON where something is known");
  nexus_free(p);
}

static void call_delete(struct bytes *b) {
  size_t count = take8(b) % 8;
  uint64_t *ids = page_end(8 * count), gone = 0;
  for (size_t i = 0; i < count; i++) ids[i] = take64(b) % 64;
  if (take8(b) == 0) count = SIZE_MAX / 16;
  checked(nexus_delete((nexus_db){any_handle(b)}, count > 8 ? NULL : ids, count, take8(b) % 4 ? &gone : NULL, any_error(b)));
  must(gone <= 8, "no more are deleted than were named");
}

static void call_delete_where(struct bytes *b) {
  uint64_t gone = 0;
  nexus_selection *s = take8(b) % 8 == 0 ? any_selection(b) : NULL; /* else there would soon be nothing left */
  checked(nexus_delete_where((nexus_db){any_handle(b)}, s, take8(b) % 4 ? &gone : NULL, any_error(b)));
  must(s || gone == 0, "no selection deletes nothing");
}

/* Looks for patterns, or for anomalies, and reads what there is. */
static void call_mining(struct bytes *b) {
  nexus_db d = {any_handle(b)};
  nexus_selection *of = any_selection(b);
  nexus_mining *how = any_mining(b);
  nexus_patterns *patterns = NULL;
  nexus_anomalies *anomalies = NULL;
  if (take8(b) % 2) {
    nexus_status s = checked(nexus_patterns_find(d, of, how, take8(b) ? &patterns : NULL, any_error(b)));
    must(!patterns || s == NEXUS_OK, "patterns where there are any");
    for (size_t i = 0; patterns && i < patterns->count; i++) must(nexus_patterns_at(patterns, i)->term_count > 0, "a pattern has words");
  } else {
    nexus_status s = checked(nexus_anomalies_find(d, of, how, take8(b) ? &anomalies : NULL, any_error(b)));
    must(!anomalies || s == NEXUS_OK, "anomalies where there are any");
    for (size_t i = 0; anomalies && i < anomalies->count; i++) must(nexus_anomalies_at(anomalies, i)->id > 0, "an anomaly is a memory");
  }
  nexus_free(patterns), nexus_free(anomalies);
}

/* Trains on a file that is no file of questions, or takes a training back that was none. */
static void call_training(struct bytes *b) {
  nexus_db d = {any_handle(b)};
  nexus_training *how = any_training(b);
  nexus_train_report *report = NULL;
  nexus_status s;
  if (take8(b) % 4 == 0) {
    s = checked(nexus_ranker_rollback(d, any_error(b)));
    must(s != NEXUS_OK, "there is no ranker to go back to");
    return;
  }
  s = checked(nexus_train(d, nexus_str(take8(b) % 2 ? "/proc/nowhere" : "/dev/null"), how, take8(b) ? &report : NULL, any_error(b)));
  must(s != NEXUS_OK && !report, "no questions, no ranker");
}

static void call_list(struct bytes *b) {
  nexus_cursor c = {0};
  if (checked(nexus_list((nexus_db){any_handle(b)}, any_selection(b), &c, any_error(b))) == NEXUS_OK) remember(c.v);
  for (int i = take8(b) % 4; i > 0; i--) {
    nexus_memories *page = NULL;
    uint32_t wanted = any_number(b);
    nexus_cursor of = {take8(b) % 8 ? c.v : any_handle(b)};
    nexus_status s = checked(nexus_next(of, wanted, &page, any_error(b)));
    must((s == NEXUS_OK) == (page != NULL) && (!page || page->count <= wanted), "a page of at most that many");
    if (page) read_memories(page);
    nexus_free(page);
  }
  if (take8(b) % 4) checked(nexus_cursor_close(c, any_error(b)));
}

static void call_report(struct bytes *b) {
  nexus_report *r = NULL;
  nexus_stats *st = NULL;
  nexus_db d = {any_handle(b)};
  nexus_status s;
  if (take8(b) % 2) {
    s = checked(nexus_stats_read(d, &st, any_error(b)));
    must((s == NEXUS_OK) == (st != NULL), "stats where there are any");
    if (st) read_text(st->vectors), read_text(st->merge_error);
    nexus_free(st);
    return;
  }
  s = checked(nexus_verify(d, &r, any_error(b)));
  must((s == NEXUS_OK) == (r != NULL), "a report where there is one");
  must(!r || r->bad == 0, "the store is sound");
  nexus_free(r);
}

static char file_path[128]; /* of a file in the folder */

/* A file in the folder, or any text: only the former is written to and opened. */
static nexus_text file_of(struct bytes *b) {
  if (take8(b) % 8 == 0) return any_text(b);
  snprintf(file_path, sizeof file_path, "%s/%c.jsonl", folder, 'a' + take8(b) % 3);
  return nexus_str(file_path);
}

static void call_file(struct bytes *b) {
  nexus_text path = file_of(b), content = any_text(b);
  nexus_db d = {any_handle(b)};
  nexus_report *r = NULL;
  uint64_t count;
  FILE *f;
  if (take8(b) % 4 == 0 && path.data == file_path) {
    checked(nexus_export(d, path, take8(b) % 2 ? &count : NULL, any_error(b)));
    return;
  }
  if (path.data == file_path && (f = fopen(file_path, "wb"))) {
    if (content.data) fwrite(content.data, 1, content.size, f);
    fclose(f);
  }
  nexus_status s = checked(nexus_import(d, path, any_number(b), &r, any_error(b)));
  must((s == NEXUS_OK) == (r != NULL), "a report of an import that ended well");
  for (uint32_t i = 0; r && i < r->problem_count; i++) read_text(r->problems[i].text);
  nexus_free(r);
}

static void call_job(struct bytes *b) {
  nexus_request *r = any_request(b);
  nexus_job job = {0};
  nexus_queue q = {take8(b) % 2 ? 0 : any_handle(b)};
  nexus_reply *reply = page_end(sizeof *reply);
  uint64_t done, total;
  r->cursor.v = any_handle(b);
  nexus_status s = checked(nexus_submit((nexus_db){any_handle(b)}, r, q, &db, &job, any_error(b)));
  must((s == NEXUS_OK) == (job.v != 0), "a job where it is submitted");
  remember(job.v);
  if (take8(b) % 4 == 0) job.v = any_handle(b);
  if (take8(b) % 4 == 0) checked(nexus_job_cancel(job, any_error(b)));
  if (take8(b) % 4 == 0) checked(nexus_job_progress(job, &done, &total, any_error(b)));
  if (take8(b) % 4 == 0) checked(nexus_job_wait(job, (int64_t)(take8(b)) - 1, any_error(b)));
  if (take8(b) % 8 == 0) checked(nexus_job_free(job, any_error(b)));
  memset(reply, 0, sizeof *reply);
  reply->struct_size = take8(b) == 0 ? take8(b) : sizeof *reply;
  s = checked(nexus_job_take(job, reply, any_error(b)));
  if (s == NEXUS_OK && reply->op == NEXUS_OP_OPEN) checked(nexus_close(reply->db, NULL));
  if (s == NEXUS_OK && reply->op == NEXUS_OP_LIST) checked(nexus_cursor_close(reply->cursor, NULL));
  if (s == NEXUS_OK && reply->answer) read_answer(reply->answer, NEXUS_HITS_MAX);
  if (s == NEXUS_OK && reply->memories) read_memories(reply->memories);
  if (s == NEXUS_OK) nexus_free(reply->arena);
  else must(reply->struct_size != sizeof *reply || reply->arena == NULL, "nothing is given on an error");
}

static void call_queue(struct bytes *b) {
  nexus_queue q = {0};
  nexus_completion completions[3];
  size_t count;
  int fd;
  if (take8(b) % 2) {
    checked(nexus_queue_create(&q, any_error(b)));
    remember(q.v);
  } else {
    q.v = any_handle(b);
  }
  checked(nexus_queue_fd(q, &fd, any_error(b)));
  checked(nexus_queue_drain(q, completions, take8(b) % 4, take8(b) * 1000, &count, any_error(b)));
  must(count <= 3, "no more completions than there is room for");
  if (take8(b) % 2) checked(nexus_queue_close(q, any_error(b)));
}

static void call_open(struct bytes *b) {
  nexus_db opened = {0};
  nexus_text path = file_of(b);
  if (path.data && path.data != file_path) path = nexus_str("/proc/nowhere"); /* no stores beside the folder */
  if (checked(nexus_open(path, any_options(b), &opened, any_error(b))) == NEXUS_OK) checked(nexus_close(opened, any_error(b)));
  if (take8(b) % 8 == 0) checked(nexus_close((nexus_db){any_handle(b)}, any_error(b)));
}

static void call_process(struct bytes *b) {
  nexus_config *c = any_config(b);
  nexus_info *info = NULL;
  checked(nexus_configure(c, any_error(b)));
  checked(nexus_info_read(take8(b) ? &info : NULL, any_error(b)));
  nexus_free(info);
  nexus_free(NULL);
  (void)nexus_status_name((nexus_status)take64(b));
}

static void (*const calls[])(struct bytes *) = {call_add,   call_add,  call_query, call_query, call_get,  call_delete, call_delete_where, call_list, call_mining, call_training,
                                                call_report, call_file, call_job,   call_job,   call_queue, call_open,   call_process,
                                                call_change, call_learn};

static int erase(const char *path, const struct stat *s, int type, struct FTW *f) {
  (void)s, (void)type, (void)f;
  return remove(path);
}

static void leave(void) {
  if (folder[0]) nftw(folder, erase, 16, FTW_DEPTH | FTW_PHYS);
}

/* A store of this input's, or of the last hundred inputs'. */
static void settle(void) {
  char path[80];
  if (inputs_run++ % 100 == 0) {
    if (db.v) (void)nexus_close(db, NULL); /* an input may have closed it */
    leave();
    strcpy(folder, "/tmp/nexus-fuzz-XXXXXX");
    must(mkdtemp(folder) != NULL, "a folder");
    if (inputs_run == 1) atexit(leave);
    db.v = 0;
  }
  nexus_stats *stats = NULL;
  if (nexus_stats_read(db, &stats, NULL) != NEXUS_OK) {
    snprintf(path, sizeof path, "%s/store", folder);
    checked(nexus_open(nexus_str(path), NULL, &db, NULL));
  }
  nexus_free(stats);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct bytes b = {data, data + size};
  settle();
  for (int i = 0; i < CALLS_MAX && b.next < b.end; i++) {
    calls[take8(&b) % (sizeof calls / sizeof *calls)](&b);
    drop_pages();
  }
  return 0;
}
