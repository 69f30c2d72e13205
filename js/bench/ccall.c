/* What the calls of compare.mjs cost from C, in a loop: ccall LIBRARY STORE.
   Prints the nanoseconds of a handle check and the median of a question beyond the library's own time. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <nexus_load.h>

#define CHECKS 200000
#define QUESTIONS 1000

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median_beyond(const nexus_api *api, nexus_db db) {
  static double beyond[QUESTIONS];
  nexus_query q = {.struct_size = sizeof q};
  q.text = nexus_str("guitar in oslo harbour");
  for (int i = 0; i < QUESTIONS; i++) {
    nexus_answer *answer;
    double start = now();
    if (api->nexus_query_run(db, &q, &answer, NULL)) exit(1);
    double took = (double)answer->took_ns;
    api->nexus_free(answer);
    beyond[i] = now() - start - took;
  }
  qsort(beyond, QUESTIONS, sizeof *beyond, ascending);
  return beyond[QUESTIONS / 2];
}

int main(int argc, char **argv) {
  nexus_api api;
  nexus_open_options options = {.struct_size = sizeof options, .flags = NEXUS_OPEN_READ_ONLY};
  nexus_db db;
  if (argc < 3 || nexus_api_load(&api, argv[1]) || api.nexus_open(nexus_str(argv[2]), &options, &db, NULL)) return 1;
  double start = now();
  for (int i = 0; i < CHECKS; i++) api.nexus_delete(db, NULL, 0, NULL, NULL);
  printf("%.1f %.0f\n", (now() - start) / CHECKS, median_beyond(&api, db));
  return 0;
}
