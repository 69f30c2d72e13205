/* What the programs of this folder share. Each takes a folder of its own as its first argument,
   prints what is not so, and exits with 0 where all is well. */
#ifndef NEXUS_HAZARD_H
#define NEXUS_HAZARD_H

#define _GNU_SOURCE
#include <nexus.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static atomic_int failures;

#define EXPECT(what)                                                   \
  do {                                                                 \
    if (!(what)) {                                                     \
      printf("%s:%d: not so: %s\n", __FILE__, __LINE__, #what);        \
      fflush(stdout);                                                  \
      atomic_fetch_add(&failures, 1);                                  \
    }                                                                  \
  } while (0)

#define UNUSED __attribute__((unused))

static UNUSED double seconds_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The number in an environment variable, for runs that are longer than those of every day. */
static UNUSED long from_environment(const char *name, long otherwise) {
  const char *value = getenv(name);
  return value ? atol(value) : otherwise;
}

/* base/name, static: to be used before the next call. */
static UNUSED nexus_text inside(const char *base, const char *name) {
  static _Thread_local char path[4096];
  snprintf(path, sizeof path, "%s/%s", base, name);
  return nexus_str(path);
}

static UNUSED nexus_db open_in(const char *base, const char *name) {
  nexus_db db = {0};
  nexus_error e;
  e.struct_size = sizeof e;
  if (nexus_open(inside(base, name), NULL, &db, &e) != NEXUS_OK) {
    printf("open: %s\n", e.message);
    exit(1);
  }
  return db;
}

static UNUSED nexus_memory memory_of(const char *text) {
  nexus_memory m = {0};
  m.struct_size = sizeof m;
  m.text = nexus_str(text);
  return m;
}

static UNUSED nexus_status add_text(nexus_db db, const char *text, uint64_t *id) {
  nexus_memory m = memory_of(text);
  return nexus_add(db, &m, 1, id, NULL);
}

/* Asks and gives the status; *hits (may be NULL) receives the number of hits. */
static UNUSED nexus_status ask(nexus_db db, const char *text, uint32_t *hits) {
  nexus_query q = {0};
  nexus_answer *a = NULL;
  nexus_status status;
  q.struct_size = sizeof q;
  q.text = nexus_str(text);
  status = nexus_query_run(db, &q, &a, NULL);
  if (hits) *hits = a ? a->hit_count : 0;
  nexus_free(a);
  return status;
}

/* A line of /proc/self/status, as a number (kB of VmRSS, count of Threads). */
static UNUSED long status_line(const char *name) {
  char line[256];
  long value = -1;
  size_t n = strlen(name);
  FILE *f = fopen("/proc/self/status", "r");
  while (f && fgets(line, sizeof line, f))
    if (strncmp(line, name, n) == 0 && line[n] == ':') value = atol(line + n + 1);
  if (f) fclose(f);
  return value;
}

static UNUSED int verdict(void) { return atomic_load(&failures) > 0; }

#endif
