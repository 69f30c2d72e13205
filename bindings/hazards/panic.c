/* panic FOLDER: with a library that was built for tests (tag nexustest), a panic in Go becomes
   NEXUS_INTERNAL, on the caller's thread and in a job, and the library goes on. */
#include "hazard.h"

#define OP_PANIC 999

extern nexus_status nexus_test_panic(nexus_error *error);

static void in_a_job(nexus_db db) {
  nexus_request r = {.struct_size = sizeof r, .op = OP_PANIC};
  nexus_reply reply = {.struct_size = sizeof reply};
  nexus_queue none = {0};
  nexus_job job;
  nexus_error e = {.struct_size = sizeof e};
  EXPECT(nexus_submit(db, &r, none, NULL, &job, &e) == NEXUS_OK);
  EXPECT(nexus_job_take(job, &reply, &e) == NEXUS_INTERNAL && strstr(e.message, "panic"));
}

int main(int argc, char **argv) {
  nexus_error e = {.struct_size = sizeof e};
  nexus_db db;
  if (argc != 2) return 2;
  db = open_in(argv[1], "store");
  for (int i = 0; i < 100; i++) EXPECT(nexus_test_panic(&e) == NEXUS_INTERNAL && e.code == NEXUS_INTERNAL && strstr(e.message, "panic"));
  EXPECT(nexus_test_panic(NULL) == NEXUS_INTERNAL);
  in_a_job(db);
  EXPECT(add_text(db, "it goes on", NULL) == NEXUS_OK && ask(db, "goes on", NULL) == NEXUS_OK && nexus_close(db, NULL) == NEXUS_OK);
  return verdict();
}
