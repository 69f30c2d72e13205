/* A chat with a memory and no language model: what you say is remembered, what you ask is answered
   with what was said before.

     chat STORE SESSION
     > Bob is allergic to peanuts.
     > What can't Bob eat?
     1.  Bob is allergic to peanuts.                                                    */
#include <nexus.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define LINE_BYTES 4096
#define ANSWERS 3

/* Prints an error and ends the program, where a call failed. */
static void check(nexus_status status, const nexus_error *error) {
  if (status == NEXUS_OK) return;
  fprintf(stderr, "%s\n", error->message);
  exit(1);
}

static void remember(nexus_db db, const char *line, const char *session) {
  nexus_error error = {.struct_size = sizeof error};
  nexus_memory memory = {.struct_size = sizeof memory};
  memory.text = nexus_str(line);
  memory.session = nexus_str(session);
  memory.speaker = nexus_str("you");
  memory.flags = NEXUS_MEMORY_HAS_TIME;
  memory.event_time_us = (int64_t)time(NULL) * 1000000;
  check(nexus_add(db, &memory, 1, NULL, &error), &error);
}

static void answer(nexus_db db, const char *question) {
  nexus_error error = {.struct_size = sizeof error};
  nexus_query query = {.struct_size = sizeof query};
  nexus_answer *found;
  query.text = nexus_str(question);
  query.k = ANSWERS;
  check(nexus_query_run(db, &query, &found, &error), &error);
  if (found->hit_count == 0) puts("I know nothing about that.");
  for (uint32_t i = 0; i < found->hit_count; i++) {
    const nexus_hit *hit = nexus_answer_hit(found, i);
    /* Confidence is 0 where no word of the question occurs in the store. */
    printf("%u. %s %s\n", i + 1, hit->factors[NEXUS_FACTOR_CONFIDENCE] > 0 ? "" : "(perhaps)", hit->memory->text.data);
  }
  nexus_free(found);
}

int main(int argc, char **argv) {
  nexus_error error = {.struct_size = sizeof error};
  nexus_db db;
  char line[LINE_BYTES];
  if (argc != 3) {
    fprintf(stderr, "usage: chat STORE SESSION\n");
    return 2;
  }
  check(nexus_open(nexus_str(argv[1]), NULL, &db, &error), &error);
  while (fgets(line, sizeof line, stdin)) {
    size_t size = strcspn(line, "\n");
    line[size] = 0;
    if (size == 0) continue;
    if (line[size - 1] == '?') answer(db, line);
    else remember(db, line, argv[2]);
  }
  check(nexus_close(db, &error), &error);
  return 0;
}
