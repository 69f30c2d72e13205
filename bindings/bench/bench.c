/* bench FOLDER: what the C interface costs on top of the engine's own time. It prints a line a
   measurement and fails where one is over its bar by NEXUS_BENCH_SLACK (1; more where other
   programs share the machine). Each is the best of several rounds' medians: other programs only
   ever add. */
#define _GNU_SOURCE
#include <nexus.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MEMORIES 1000
#define ROUNDS 7
#define BATCHES 101      /* of a round; its median counts */
#define CALLS 1000       /* of a batch of calls that are too short to be measured alone */
#define QUERIES 301      /* of a round */

static volatile uint64_t sink; /* what was read, so that reading is not left out */

static double now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double median(double *list, size_t count) {
  qsort(list, count, sizeof *list, ascending);
  return list[count / 2];
}

static void must(nexus_status status) {
  if (status == NEXUS_OK) return;
  fprintf(stderr, "bench: %s\n", nexus_status_name(status));
  exit(2);
}

static void nothing_in_c(nexus_db db) { sink += nexus_abi_version() + (db.v & 1); }

/* Enters Go, checks a struct, changes nothing. */
static void nothing_in_go(nexus_db db) {
  nexus_config c = {sizeof c, 0, 0, 0, 0};
  must(nexus_configure(&c, NULL));
  sink += db.v & 1;
}

static void handle_refused(nexus_db db) {
  nexus_job none = {db.v};
  sink += (uint64_t)nexus_job_cancel(none, NULL);
}

static void stats(nexus_db db) {
  nexus_stats *s;
  must(nexus_stats_read(db, &s, NULL));
  sink += s->memories;
  nexus_free(s);
}

static void get(nexus_db db) {
  nexus_memories *m;
  must(nexus_get(db, 500, &m, NULL));
  sink += m->count;
  nexus_free(m);
}

static double cost_of(void (*call)(nexus_db), nexus_db db) {
  double best = 1e18, batch[BATCHES];
  for (int round = 0; round < ROUNDS; round++) {
    for (int b = 0; b < BATCHES; b++) {
      double began = now_ns();
      for (int i = 0; i < CALLS; i++) call(db);
      batch[b] = (now_ns() - began) / CALLS;
    }
    double m = median(batch, BATCHES);
    if (m < best) best = m;
  }
  return best;
}

/* A question and all that a caller reads of eight hits; beyond is the time that Go did not count. */
static double query_once(nexus_db db, int i, double *beyond) {
  static const char *const questions[] = {"what of the tide", "wave 77 in the north", "harbour ferry at nine", "who painted boats"};
  nexus_query q = {.struct_size = sizeof q, .text = nexus_str(questions[i % 4])};
  nexus_answer *a;
  double began = now_ns(), took;
  must(nexus_query_run(db, &q, &a, NULL));
  for (uint32_t h = 0; h < a->hit_count; h++) {
    const nexus_hit *hit = nexus_answer_hit(a, h);
    sink += hit->memory->id + hit->memory->text.size + (uint64_t)hit->memory->text.data[0] + (uint64_t)(hit->score * 100);
  }
  if (a->hit_count != 8) must(NEXUS_INTERNAL);
  *beyond = (double)a->took_ns;
  nexus_free(a);
  took = now_ns() - began;
  *beyond = took - *beyond;
  return took;
}

static void query_cost(nexus_db db, double *whole, double *beyond) {
  double all[QUERIES], over[QUERIES];
  *whole = *beyond = 1e18;
  for (int round = 0; round < ROUNDS; round++) {
    for (int i = 0; i < QUERIES; i++) all[i] = query_once(db, i, &over[i]);
    double w = median(all, QUERIES), b = median(over, QUERIES);
    if (w < *whole) *whole = w;
    if (b < *beyond) *beyond = b;
  }
}

static nexus_db filled(const char *folder) {
  static const char *const things[] = {"tide", "wave", "harbour", "ferry", "boat", "mill", "bread", "lamp"};
  static const char *const places[] = {"north", "south", "east", "west", "village"};
  static char texts[MEMORIES][96];
  static nexus_memory memories[MEMORIES];
  nexus_open_options options = {0}; /* questions are timed, not the cache */
  nexus_db db;
  options.struct_size = sizeof options, options.cache_bytes = -1;
  must(nexus_open(nexus_str(folder), &options, &db, NULL));
  for (int i = 0; i < MEMORIES; i++) {
    snprintf(texts[i], sizeof texts[i], "%s %d by the %s of the %s was seen at %d", things[i % 8], i * 7 % 1000, things[i / 8 % 8], places[i % 5], i * 13 % 24);
    memories[i].struct_size = sizeof memories[i];
    memories[i].text = nexus_str(texts[i]);
  }
  must(nexus_add(db, memories, MEMORIES, NULL, NULL));
  return db;
}

static int over(const char *what, double ns, double bar) {
  const char *slack = getenv("NEXUS_BENCH_SLACK");
  int is_over = bar > 0 && ns > bar * (slack ? atof(slack) : 1);
  printf("%-52s %10.1f ns", what, ns);
  if (bar > 0) printf("   bar %6.0f%s", bar, is_over ? "   OVER" : "");
  puts("");
  return is_over;
}

int main(int argc, char **argv) {
  nexus_db db;
  double whole, beyond;
  int bad = 0;
  if (argc != 2) return 2;
  db = filled(argv[1]);
  bad += over("C alone (nexus_abi_version)", cost_of(nothing_in_c, db), 0);
  bad += over("into Go and back (nexus_configure of nothing)", cost_of(nothing_in_go, db), 80);
  bad += over("a handle refused (nexus_job_cancel)", cost_of(handle_refused, db), 0);
  bad += over("nexus_stats_read", cost_of(stats, db), 0);
  bad += over("nexus_get", cost_of(get, db), 0);
  query_cost(db, &whole, &beyond);
  bad += over("nexus_query_run, 1,000 memories, 8 hits read", whole, 0);
  bad += over("of it beyond Go's own time", beyond, 2000);
  must(nexus_close(db, NULL));
  return bad > 0;
}
