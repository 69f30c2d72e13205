/* A program of the first header (testdata/nexus-v2.h). It is compiled against that one for ever
   and has to run with every later library of ABI 2; it also gives structs of other sizes than the
   library's, as older and newer programs do. */
#include "testdata/nexus-v2.h"

#include <stdio.h>
#include <stdlib.h>

static int failures;

#define EXPECT(what)                                       \
  do {                                                     \
    if (!(what)) {                                         \
      printf("line %d: not so: %s\n", __LINE__, #what);    \
      failures++;                                          \
    }                                                      \
  } while (0)

#define LATER 32 /* further than any library of today reads */

/* A struct of a newer program: ours, and members that this library does not know. */
struct newer_memory {
  nexus_memory known;
  uint64_t later[LATER];
};
struct newer_query {
  nexus_query known;
  uint64_t later[LATER];
};
struct newer_options {
  nexus_open_options known;
  uint64_t later[LATER];
};
struct newer_reply {
  nexus_reply known;
  uint64_t later[4];
};
struct newer_request {
  nexus_request known;
  uint64_t later[LATER];
};

static nexus_memory memory_of(const char *text) {
  nexus_memory m = {0};
  m.struct_size = sizeof m;
  m.text = nexus_str(text);
  return m;
}

static void versions(void) {
  EXPECT(nexus_abi_oldest() <= NEXUS_ABI_VERSION && NEXUS_ABI_VERSION <= nexus_abi_version());
  EXPECT(nexus_version()[0] != 0);
  EXPECT(nexus_has("jobs") == 1 && nexus_has("flying") == 0 && nexus_has(NULL) == 0);
  EXPECT(strcmp(nexus_status_name(NEXUS_OK), "ok") == 0 && strcmp(nexus_status_name(NEXUS_INTERNAL), "internal") == 0);
  EXPECT(nexus_status_name(-1) != NULL && nexus_status_name(1000) != NULL);
}

static void plain_use(nexus_db db) {
  nexus_memory m = memory_of("The tide is out.");
  nexus_query q = {0};
  nexus_answer *answer = NULL;
  nexus_memories *list = NULL;
  nexus_stats *stats = NULL;
  uint64_t id = 0;
  EXPECT(nexus_add(db, &m, 1, &id, NULL) == NEXUS_OK && id > 0);
  q.struct_size = sizeof q;
  q.text = nexus_str("tide");
  EXPECT(nexus_query_run(db, &q, &answer, NULL) == NEXUS_OK && answer->hit_count >= 1);
  EXPECT(answer->hit_size >= sizeof(nexus_hit) && answer->engine_size >= sizeof(nexus_engine_trace));
  EXPECT(nexus_answer_hit(answer, 0)->memory->id == id);
  nexus_free(answer);
  EXPECT(nexus_get(db, id, &list, NULL) == NEXUS_OK && list->memory_size >= sizeof(nexus_memory) && list->count == 1);
  nexus_free(list);
  EXPECT(nexus_stats_read(db, &stats, NULL) == NEXUS_OK && stats->struct_size >= sizeof(nexus_stats));
  nexus_free(stats);
}

/* An array of larger elements is stepped through by their size; what is set behind is refused. */
static void larger_inputs(nexus_db db) {
  struct newer_memory m[2] = {{{0}, {0}}, {{0}, {0}}};
  struct newer_query q = {{0}, {0}};
  struct newer_options o = {{0}, {0}};
  nexus_answer *answer = NULL;
  nexus_db none;
  uint64_t ids[2] = {0, 0};
  m[0].known = memory_of("first of a newer program"), m[1].known = memory_of("second of a newer program");
  m[0].known.struct_size = m[1].known.struct_size = sizeof m[0];
  EXPECT(nexus_add(db, &m[0].known, 2, ids, NULL) == NEXUS_OK && ids[1] == ids[0] + 1);
  m[1].later[LATER - 1] = 1;
  EXPECT(nexus_add(db, &m[0].known, 2, ids, NULL) == NEXUS_UNSUPPORTED);
  q.known.struct_size = sizeof q;
  q.known.text = nexus_str("second");
  EXPECT(nexus_query_run(db, &q.known, &answer, NULL) == NEXUS_OK && nexus_answer_hit(answer, 0)->memory->id == ids[1]);
  nexus_free(answer);
  q.later[LATER - 1] = 1;
  EXPECT(nexus_query_run(db, &q.known, &answer, NULL) == NEXUS_UNSUPPORTED && answer == NULL);
  o.known.struct_size = sizeof o, o.later[LATER - 1] = 1;
  EXPECT(nexus_open(nexus_str("unused"), &o.known, &none, NULL) == NEXUS_UNSUPPORTED && none.v == 0);
}

static void smaller_inputs(nexus_db db) {
  nexus_memory m = memory_of("x");
  nexus_query q = {0};
  nexus_answer *answer = NULL;
  nexus_open_options o = {0};
  nexus_db none;
  q.text = nexus_str("x");
  for (m.struct_size = 0; m.struct_size < sizeof m; m.struct_size += 4) EXPECT(nexus_add(db, &m, 1, NULL, NULL) == NEXUS_INVALID);
  for (q.struct_size = 0; q.struct_size < sizeof q; q.struct_size += 4) EXPECT(nexus_query_run(db, &q, &answer, NULL) == NEXUS_INVALID);
  EXPECT(nexus_open(nexus_str("unused"), &o, &none, NULL) == NEXUS_INVALID);
}

/* Errors are filled as far as they reach and not a byte further. */
static void errors_of_every_size(nexus_db db) {
  for (uint32_t size = 0; size <= sizeof(nexus_error); size++) {
    unsigned char bytes[sizeof(nexus_error) + 16];
    nexus_error *e = (nexus_error *)(void *)bytes;
    nexus_memories *list;
    memset(bytes, 0xAA, sizeof bytes);
    e->struct_size = size;
    EXPECT(nexus_get(db, 1u << 30, &list, e) == NEXUS_NOT_FOUND && list == NULL);
    for (size_t i = size < 4 ? 4 : size; i < sizeof bytes; i++)
      if (bytes[i] != 0xAA) {
        EXPECT(!"a byte behind struct_size was written");
        break;
      }
    if (size == sizeof(nexus_error)) EXPECT(e->code == NEXUS_NOT_FOUND && e->message_size == strlen(e->message));
    if (size > offsetof(nexus_error, message)) EXPECT(memchr(e->message, 0, size - offsetof(nexus_error, message)) != NULL);
  }
}

static void jobs(nexus_db db) {
  struct newer_request r = {{0}, {0}};
  struct newer_reply reply;
  nexus_job job;
  nexus_queue none = {0};
  memset(&reply, 0xAA, sizeof reply);
  r.known.struct_size = sizeof r, r.known.op = NEXUS_OP_STATS;
  reply.known.struct_size = sizeof reply;
  EXPECT(nexus_submit(db, &r.known, none, NULL, &job, NULL) == NEXUS_OK);
  EXPECT(nexus_job_take(job, &reply.known, NULL) == NEXUS_OK && reply.known.stats->memories > 0);
  EXPECT(reply.known.struct_size == sizeof reply);
  nexus_free(reply.known.arena);
  r.later[LATER - 1] = 1;
  EXPECT(nexus_submit(db, &r.known, none, NULL, &job, NULL) == NEXUS_UNSUPPORTED && job.v == 0);
  EXPECT(nexus_job_take(job, &reply.known, NULL) == NEXUS_INVALID);
}

int main(int argc, char **argv) {
  nexus_db db;
  if (argc != 2 || nexus_open(nexus_str(argv[1]), NULL, &db, NULL) != NEXUS_OK) return 2;
  versions();
  plain_use(db);
  larger_inputs(db);
  smaller_inputs(db);
  errors_of_every_size(db);
  jobs(db);
  EXPECT(nexus_close(db, NULL) == NEXUS_OK);
  printf("%d failures\n", failures);
  return failures > 0;
}
