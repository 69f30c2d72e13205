/* What the same calls cost from C: get, query and bulk add, as bench/run.py does them from Python.
     baseline STORE BULK_STORE RECORDS DIM  prints "get_ns query_ns over_ns add_rate rss_kb". */
#include <nexus.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void check(nexus_status status, const nexus_error *error) {
  if (status == NEXUS_OK) return;
  fprintf(stderr, "baseline: %s\n", error->message);
  exit(1);
}

static int by_value(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* The value that the best tenth of the rounds stays below: other work of the machine is in the rest. */
static double best_tenth(double *values, size_t count) {
  qsort(values, count, sizeof *values, by_value);
  return values[count / 10];
}

enum { rounds = 2000, gets = 200, adds = 8192 };
static volatile double seen;

static double time_get(nexus_db db, nexus_error *error) {
  static double times[rounds];
  nexus_memories *memories;
  int i, j;
  for (i = 0; i < rounds; i++) {
    double start = now();
    for (j = 0; j < gets; j++) {
      check(nexus_get(db, 1, &memories, error), error);
      nexus_free(memories);
    }
    times[i] = (now() - start) / gets;
  }
  return best_tenth(times, rounds) * 1e9;
}

/* Nanoseconds of a question, and in *over those beyond Go's own. */
static double time_query(nexus_db db, double *over, nexus_error *error) {
  static double times[rounds], overs[rounds];
  nexus_query query;
  nexus_answer *answer;
  uint32_t i, j;
  memset(&query, 0, sizeof query);
  query.struct_size = sizeof query;
  query.text = nexus_str("number 77 of the harbour");
  for (i = 0; i < rounds; i++) {
    double start = now();
    check(nexus_query_run(db, &query, &answer, error), error);
    for (j = 0; j < answer->hit_count; j++) seen += nexus_answer_hit(answer, j)->score + (double)nexus_answer_hit(answer, j)->memory->text.size;
    overs[i] = -(double)answer->took_ns;
    nexus_free(answer);
    times[i] = (now() - start) * 1e9;
    overs[i] += times[i];
  }
  *over = best_tenth(overs, rounds);
  return best_tenth(times, rounds);
}

static double time_add(const char *path, size_t records, size_t dim, nexus_error *error) {
  nexus_memory *memories = calloc(adds, sizeof *memories);
  float *numbers = malloc(records * dim * sizeof *numbers);
  char *texts = malloc(records * 64);
  nexus_db db;
  double start;
  size_t i, j;
  srand(1);
  for (i = 0; i < records * dim; i++) numbers[i] = (float)rand() / (float)RAND_MAX - .5f;
  for (i = 0; i < records; i++) snprintf(texts + i * 64, 64, "record number %zu of the harbour log", i);
  check(nexus_open(nexus_str(path), NULL, &db, error), error);
  start = now();
  for (i = 0; i < records; i += adds) {
    size_t count = records - i < adds ? records - i : adds;
    for (j = 0; j < count; j++) {
      memories[j].struct_size = sizeof *memories;
      memories[j].text = nexus_str(texts + (i + j) * 64);
      memories[j].user = nexus_str("ann");
      memories[j].vector = numbers + (i + j) * dim;
      memories[j].vector_count = dim;
    }
    check(nexus_add(db, memories, count, NULL, error), error);
  }
  start = now() - start;
  check(nexus_close(db, error), error);
  return (double)records / start;
}

static long rss_peak(void) {
  char line[256];
  long kilobytes = 0;
  FILE *f = fopen("/proc/self/status", "r");
  while (f && fgets(line, sizeof line, f))
    if (sscanf(line, "VmHWM: %ld", &kilobytes) == 1) break;
  return kilobytes;
}

int main(int argc, char **argv) {
  nexus_error error = {sizeof error, 0, 0, 0, ""};
  nexus_open_options options = {.struct_size = sizeof options, .flags = NEXUS_OPEN_READ_ONLY, .cache_bytes = -1};
  nexus_db db;
  double get, query, over;
  if (argc != 5) return 2;
  check(nexus_open(nexus_str(argv[1]), &options, &db, &error), &error);
  get = time_get(db, &error);
  query = time_query(db, &over, &error);
  check(nexus_close(db, &error), &error);
  printf("%.0f %.0f %.0f ", get, query, over);
  printf("%.0f ", time_add(argv[2], strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10), &error));
  printf("%ld\n", rss_peak());
  return 0;
}
