/* threads FOLDER: 64 threads do everything at once, for NEXUS_HAZARD_SECONDS (3); then 8,000
   threads live for one question each, and leave neither memory nor threads behind. */
#include "hazard.h"

#define THREADS 64

static nexus_db db;
static nexus_queue queue;
static atomic_int stop;
static atomic_ulong done;

static void listed(void) {
  nexus_cursor c;
  size_t count = 1;
  EXPECT(nexus_list(db, NULL, &c, NULL) == NEXUS_OK);
  for (int page = 0; page < 3 && count > 0; page++) {
    nexus_memories *list = NULL;
    EXPECT(nexus_next(c, 10, &list, NULL) == NEXUS_OK);
    count = list ? list->count : 0;
    nexus_free(list);
  }
  EXPECT(nexus_cursor_close(c, NULL) == NEXUS_OK);
}

static void added(unsigned *seed) {
  char text[64];
  uint64_t id = 0, gone = 0;
  snprintf(text, sizeof text, "wave %d of tide %d", rand_r(seed) % 100, rand_r(seed) % 100);
  EXPECT(add_text(db, text, &id) == NEXUS_OK && id > 0);
  if (rand_r(seed) % 2) EXPECT(nexus_delete(db, &id, 1, &gone, NULL) == NEXUS_OK && gone == 1);
}

static void worked(unsigned *seed) {
  nexus_query q = {.struct_size = sizeof q, .text = nexus_str("wave")};
  nexus_request r = {.struct_size = sizeof r, .op = NEXUS_OP_QUERY, .query = &q};
  nexus_reply reply = {.struct_size = sizeof reply};
  nexus_queue none = {0};
  nexus_job job;
  nexus_status status = nexus_submit(db, &r, none, NULL, &job, NULL);
  EXPECT(status == NEXUS_OK || status == NEXUS_BUSY);
  if (status != NEXUS_OK) return;
  if (rand_r(seed) % 4 == 0) {
    EXPECT(nexus_job_free(job, NULL) == NEXUS_OK);
    return;
  }
  if (rand_r(seed) % 4 == 0) EXPECT(nexus_job_cancel(job, NULL) == NEXUS_OK);
  status = nexus_job_take(job, &reply, NULL);
  EXPECT(status == NEXUS_OK || status == NEXUS_CANCELLED);
  nexus_free(reply.arena);
}

/* Jobs of all threads come through one queue; whoever drains one takes it. */
static void announced(void) {
  nexus_request r = {.struct_size = sizeof r, .op = NEXUS_OP_STATS};
  nexus_completion c[4];
  nexus_job job;
  size_t count = 0;
  EXPECT(nexus_submit(db, &r, queue, &queue, &job, NULL) == NEXUS_OK);
  EXPECT(nexus_queue_drain(queue, c, 4, 1000000, &count, NULL) == NEXUS_OK);
  for (size_t i = 0; i < count; i++) {
    nexus_reply reply = {.struct_size = sizeof reply};
    EXPECT(c[i].tag == &queue && nexus_job_take(c[i].job, &reply, NULL) == NEXUS_OK && reply.stats->segments < 1000000);
    nexus_free(reply.arena);
  }
}

static void *mixed(void *p) {
  unsigned seed = (unsigned)(uintptr_t)p;
  nexus_memories *list = NULL;
  nexus_stats *stats = NULL;
  nexus_report *report = NULL;
  nexus_status status;
  while (!atomic_load(&stop)) {
    switch (rand_r(&seed) % 16) {
      case 0: case 1: case 2: added(&seed); break;
      case 3: listed(); break;
      case 4: status = nexus_get(db, 1, &list, NULL); EXPECT(status == NEXUS_OK); nexus_free(list); break;
      case 5: EXPECT(nexus_stats_read(db, &stats, NULL) == NEXUS_OK); nexus_free(stats); break;
      case 6: case 7: worked(&seed); break;
      case 8: announced(); break;
      case 9:
        if (rand_r(&seed) % 64 == 0) EXPECT(nexus_compact(db, NULL) == NEXUS_OK);
        if (rand_r(&seed) % 64 != 0) break;
        EXPECT(nexus_verify(db, &report, NULL) == NEXUS_OK);
        nexus_free(report);
        break;
      default: EXPECT(ask(db, "wave of the tide", NULL) == NEXUS_OK);
    }
    atomic_fetch_add(&done, 1);
  }
  return NULL;
}

static void at_once(void) {
  pthread_t threads[THREADS];
  nexus_report *report = NULL;
  for (uintptr_t i = 0; i < THREADS; i++) EXPECT(pthread_create(&threads[i], NULL, mixed, (void *)(i + 1)) == 0);
  sleep((unsigned)from_environment("NEXUS_HAZARD_SECONDS", 3));
  atomic_store(&stop, 1);
  for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
  EXPECT(nexus_verify(db, &report, NULL) == NEXUS_OK && report->bad == 0);
  nexus_free(report);
  printf("%lu operations by %d threads\n", (unsigned long)atomic_load(&done), THREADS);
}

static void *asks_once(void *unused) {
  (void)unused;
  EXPECT(ask(db, "tide", NULL) == NEXUS_OK);
  return NULL;
}

static void short_lives(int count) {
  for (int i = 0; i < count; i += 4) {
    pthread_t threads[4];
    for (int j = 0; j < 4; j++) EXPECT(pthread_create(&threads[j], NULL, asks_once, NULL) == 0);
    for (int j = 0; j < 4; j++) pthread_join(threads[j], NULL);
  }
}

int main(int argc, char **argv) {
  long memory, threads;
  if (argc != 2) return 2;
  alarm(120 + (unsigned)from_environment("NEXUS_HAZARD_SECONDS", 3));
  db = open_in(argv[1], "store");
  EXPECT(add_text(db, "the first wave", NULL) == NEXUS_OK && nexus_queue_create(&queue, NULL) == NEXUS_OK);
  at_once();
  short_lives(2000);
  memory = status_line("VmRSS"), threads = status_line("Threads");
  short_lives(6000);
  printf("6,000 threads: %+ld kB, %ld threads before, %ld after\n", status_line("VmRSS") - memory, threads, status_line("Threads"));
  EXPECT(status_line("VmRSS") - memory < 8192 && status_line("Threads") <= threads + 2);
  EXPECT(nexus_queue_close(queue, NULL) == NEXUS_OK && nexus_close(db, NULL) == NEXUS_OK);
  return verdict();
}
