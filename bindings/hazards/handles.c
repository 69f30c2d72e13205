/* handles FOLDER: closed twice, used after closing, of another kind, made up, closed while in use:
   a status each time, never a crash. */
#include "every.h"

static const char *base;

static void after_close(void) {
  nexus_db db = open_in(base, "closed");
  nexus_cursor cursor;
  nexus_queue queue;
  nexus_job job;
  nexus_reply reply = {.struct_size = sizeof reply};
  nexus_request request = {.struct_size = sizeof request, .op = NEXUS_OP_STATS};
  EXPECT(nexus_queue_create(&queue, NULL) == NEXUS_OK);
  EXPECT(nexus_list(db, NULL, &cursor, NULL) == NEXUS_OK);
  EXPECT(nexus_submit(db, &request, queue, NULL, &job, NULL) == NEXUS_OK);
  EXPECT(nexus_job_take(job, &reply, NULL) == NEXUS_OK);
  nexus_free(reply.arena);
  EXPECT(nexus_cursor_close(cursor, NULL) == NEXUS_OK && nexus_queue_close(queue, NULL) == NEXUS_OK && nexus_close(db, NULL) == NEXUS_OK);
  for (int i = 0; i < 3; i++) EXPECT(every_function(db, cursor, job, queue, NEXUS_CLOSED, NEXUS_CLOSED) == 0);
}

/* Handles of one kind where another is wanted, and numbers that were never given out. */
static void never_one(void) {
  nexus_db db = open_in(base, "kinds"), again = db;
  nexus_queue queue;
  EXPECT(nexus_queue_create(&queue, NULL) == NEXUS_OK);
  const uint64_t numbers[] = {0, 1, UINT64_MAX, 1ull << 56, 255ull << 56, 0x7fffffffffffffffull, db.v + 1, db.v ^ (1ull << 40)};
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    nexus_db d = {numbers[i]};
    nexus_cursor c = {numbers[i]};
    nexus_job j = {numbers[i]};
    nexus_queue q = {numbers[i] ? numbers[i] : 1}; /* {0} is no queue where one may be given */
    EXPECT(every_function(d, c, j, q, NEXUS_INVALID, NEXUS_CLOSED) == 0);
  }
  nexus_db queue_as_db = {queue.v};
  nexus_cursor db_as_cursor = {db.v};
  nexus_job db_as_job = {db.v};
  nexus_queue db_as_queue = {db.v};
  EXPECT(every_function(queue_as_db, db_as_cursor, db_as_job, db_as_queue, NEXUS_INVALID, NEXUS_INVALID) == 0);
  EXPECT(add_text(again, "the store has not noticed", NULL) == NEXUS_OK);
  EXPECT(nexus_queue_close(queue, NULL) == NEXUS_OK && nexus_close(db, NULL) == NEXUS_OK);
}

static nexus_db shared;
static atomic_int closed_seen;

static void *ask_until_closed(void *unused) {
  nexus_status status = NEXUS_OK;
  (void)unused;
  while (status == NEXUS_OK) status = ask(shared, "tide", NULL);
  EXPECT(status == NEXUS_CLOSED);
  atomic_fetch_add(&closed_seen, 1);
  return NULL;
}

static void *list_until_closed(void *unused) {
  nexus_status status = NEXUS_OK;
  (void)unused;
  while (status == NEXUS_OK) {
    nexus_cursor c;
    if ((status = nexus_list(shared, NULL, &c, NULL)) != NEXUS_OK) break;
    for (size_t count = 1; status == NEXUS_OK && count > 0;) {
      nexus_memories *page = NULL;
      status = nexus_next(c, 3, &page, NULL);
      count = page ? page->count : 0;
      nexus_free(page);
    }
    nexus_status ended = nexus_cursor_close(c, NULL); /* closing the store may have ended it */
    EXPECT(ended == NEXUS_OK || ended == NEXUS_CLOSED);
  }
  EXPECT(status == NEXUS_CLOSED);
  atomic_fetch_add(&closed_seen, 1);
  return NULL;
}

static void close_in_use(void) {
  for (int round = 0; round < 20; round++) {
    pthread_t threads[8];
    atomic_store(&closed_seen, 0);
    shared = open_in(base, "used");
    for (int i = 0; i < 20 && round == 0; i++) EXPECT(add_text(shared, "the tide is out", NULL) == NEXUS_OK);
    for (int i = 0; i < 8; i++) EXPECT(pthread_create(&threads[i], NULL, i % 2 ? ask_until_closed : list_until_closed, NULL) == 0);
    usleep(2000);
    EXPECT(nexus_close(shared, NULL) == NEXUS_OK);
    for (int i = 0; i < 8; i++) pthread_join(threads[i], NULL);
    EXPECT(atomic_load(&closed_seen) == 8);
  }
}

static atomic_int closed_once;

static void *close_it(void *unused) {
  nexus_status status = nexus_close(shared, NULL);
  (void)unused;
  EXPECT(status == NEXUS_OK || status == NEXUS_CLOSED);
  if (status == NEXUS_OK) atomic_fetch_add(&closed_once, 1);
  return NULL;
}

/* Many close the same store: one of them does. */
static void close_at_once(void) {
  pthread_t threads[16];
  shared = open_in(base, "once");
  for (int i = 0; i < 16; i++) EXPECT(pthread_create(&threads[i], NULL, close_it, NULL) == 0);
  for (int i = 0; i < 16; i++) pthread_join(threads[i], NULL);
  EXPECT(atomic_load(&closed_once) == 1);
}

static nexus_queue waited;

static void *drain_until_closed(void *unused) {
  nexus_completion c;
  size_t count;
  nexus_status status;
  (void)unused;
  do status = nexus_queue_drain(waited, &c, 1, -1, &count, NULL);
  while (status == NEXUS_OK);
  EXPECT(status == NEXUS_CLOSED);
  return NULL;
}

/* Threads that wait at a queue for ever end when it is closed: all of them. */
static void close_waited_queue(void) {
  pthread_t threads[4];
  EXPECT(nexus_queue_create(&waited, NULL) == NEXUS_OK);
  for (int i = 0; i < 4; i++) EXPECT(pthread_create(&threads[i], NULL, drain_until_closed, NULL) == 0);
  usleep(100000);
  EXPECT(nexus_queue_close(waited, NULL) == NEXUS_OK);
  for (int i = 0; i < 4; i++) {
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += 5;
    if (pthread_timedjoin_np(threads[i], NULL, &deadline) != 0) {
      EXPECT(!"a thread still waits at a queue that was closed");
      return;
    }
  }
}

/* Jobs that are given up or left alone when their store is closed. */
static void close_under_jobs(void) {
  nexus_db db = open_in(base, "jobs");
  nexus_request request = {.struct_size = sizeof request, .op = NEXUS_OP_VERIFY};
  nexus_queue none = {0};
  nexus_job jobs[64];
  for (int i = 0; i < 64; i++) EXPECT(nexus_submit(db, &request, none, NULL, &jobs[i], NULL) == NEXUS_OK);
  for (int i = 0; i < 64; i += 2) EXPECT(nexus_job_free(jobs[i], NULL) == NEXUS_OK);
  EXPECT(nexus_close(db, NULL) == NEXUS_OK);
  for (int i = 1; i < 64; i += 2) {
    nexus_reply reply = {.struct_size = sizeof reply};
    nexus_status status = nexus_job_take(jobs[i], &reply, NULL);
    EXPECT(status == NEXUS_OK || status == NEXUS_CLOSED || status == NEXUS_CANCELLED);
    nexus_free(reply.arena);
    EXPECT(nexus_job_free(jobs[i], NULL) == NEXUS_CLOSED);
  }
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  base = argv[1];
  alarm(60);
  after_close();
  never_one();
  close_in_use();
  close_at_once();
  close_waited_queue();
  close_under_jobs();
  return verdict();
}
