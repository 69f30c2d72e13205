/* leak FOLDER: rounds of everything that gives memory or handles, without growth. NEXUS_HAZARD_LOOPS
   (20,000) questions; a tenth of that many listings, jobs and queues, a hundredth of openings. */
#include "hazard.h"

static const char *base;

static void listing(nexus_db db) {
  nexus_cursor c;
  nexus_memories *page = NULL;
  EXPECT(nexus_list(db, NULL, &c, NULL) == NEXUS_OK && nexus_next(c, 2, &page, NULL) == NEXUS_OK);
  nexus_free(page);
  EXPECT(nexus_cursor_close(c, NULL) == NEXUS_OK);
}

static void queued_job(nexus_db db) {
  nexus_request r = {.struct_size = sizeof r, .op = NEXUS_OP_STATS};
  nexus_reply reply = {.struct_size = sizeof reply};
  nexus_queue q;
  nexus_job job;
  EXPECT(nexus_queue_create(&q, NULL) == NEXUS_OK && nexus_submit(db, &r, q, NULL, &job, NULL) == NEXUS_OK);
  EXPECT(nexus_job_take(job, &reply, NULL) == NEXUS_OK && nexus_queue_close(q, NULL) == NEXUS_OK);
  nexus_free(reply.arena);
}

static void failing(nexus_db db) {
  nexus_memories *none = NULL;
  nexus_error e = {.struct_size = sizeof e};
  EXPECT(nexus_get(db, 1u << 30, &none, &e) == NEXUS_NOT_FOUND && none == NULL);
}

static void rounds(long loops) {
  nexus_db db = open_in(base, "store");
  for (long i = 0; i < loops; i++) {
    EXPECT(ask(db, "what of the tide", NULL) == NEXUS_OK);
    if (i % 10 == 0) listing(db), queued_job(db), failing(db);
    if (i % 100 == 0) {
      EXPECT(nexus_close(db, NULL) == NEXUS_OK);
      db = open_in(base, "store");
    }
  }
  EXPECT(nexus_close(db, NULL) == NEXUS_OK);
}

static long descriptors(void) {
  char command[64];
  long count = -1;
  FILE *f;
  snprintf(command, sizeof command, "ls /proc/%d/fd | wc -l", (int)getpid());
  if ((f = popen(command, "r")) && fscanf(f, "%ld", &count) != 1) count = -1;
  if (f) pclose(f);
  return count;
}

int main(int argc, char **argv) {
  long loops = from_environment("NEXUS_HAZARD_LOOPS", 20000), before, files, grown, left;
  nexus_db db;
  if (argc != 2) return 2;
  base = argv[1];
  db = open_in(base, "store");
  for (int i = 0; i < 50; i++) EXPECT(add_text(db, "the tide is out and the boats lie on their sides", NULL) == NEXUS_OK);
  EXPECT(nexus_close(db, NULL) == NEXUS_OK);
  rounds(loops / 2);
  before = status_line("VmRSS"), files = descriptors();
  rounds(loops);
  grown = status_line("VmRSS") - before;
  left = descriptors() - files;
  for (int i = 0; i < 20 && left > 0; i++) { /* one that is open for a moment is no leak */
    usleep(100000);
    left = descriptors() - files;
  }
  printf("%ld rounds: %+ld kB, %+ld descriptors\n", loops, grown, left);
  EXPECT(grown < 4096 && left <= 0);
  return verdict();
}
