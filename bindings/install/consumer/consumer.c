/* A program of somebody else's that found the library by pkg-config or CMake. */
#include <nexus.h>
#include <stdio.h>

int main(int argc, char **argv) {
  nexus_db db;
  nexus_error error;
  nexus_memory m = {.struct_size = sizeof m};
  nexus_query q = {.struct_size = sizeof q};
  nexus_answer *answer;
  uint64_t id;
  error.struct_size = sizeof error;
  m.text = nexus_str("Ann moved to Oslo in May.");
  q.text = nexus_str("Who moved to Oslo?");
  if (argc != 2 || nexus_open(nexus_str(argv[1]), NULL, &db, &error) != NEXUS_OK || nexus_add(db, &m, 1, &id, &error) != NEXUS_OK ||
      nexus_query_run(db, &q, &answer, &error) != NEXUS_OK) {
    puts(error.message);
    return 1;
  }
  printf("%u %s\n", answer->hit_count, nexus_answer_hit(answer, 0)->memory->text.data);
  nexus_free(answer);
  return nexus_close(db, &error);
}
