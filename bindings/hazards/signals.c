/* signals FOLDER LIBRARY: which signals the library catches, and that the host's own go on as
   before: SIGINT, SIGPIPE, a profiler's SIGPROF. The library is loaded while it runs. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <sys/time.h>

#include "hazard.h"
#include <nexus_load.h>

static nexus_api api;
static volatile sig_atomic_t interrupts, profiles;

static void on_interrupt(int s) { (void)s, interrupts++; }
static void on_profile(int s) { (void)s, profiles++; }

/* A mask of /proc/self/status, bit n - 1 for signal n. */
static uint64_t mask(const char *name) {
  char line[256];
  uint64_t value = 0;
  FILE *f = fopen("/proc/self/status", "r");
  while (f && fgets(line, sizeof line, f))
    if (strncmp(line, name, strlen(name)) == 0) value = strtoull(line + strlen(name) + 1, NULL, 16);
  if (f) fclose(f);
  return value;
}

static uint64_t bit(int s) { return 1ull << (s - 1); }

/* The signals of nexus.h's first comment. */
static uint64_t documented(void) { return bit(SIGBUS) | bit(SIGFPE) | bit(SIGSEGV) | bit(SIGPIPE) | bit(SIGURG) | bit(33); }

static nexus_db db;

static void query(void) {
  nexus_query q = {.struct_size = sizeof q, .text = nexus_str("what of the tide")};
  nexus_answer *a = NULL;
  EXPECT(api.nexus_query_run(db, &q, &a, NULL) == NEXUS_OK && a->hit_count > 0);
  api.nexus_free(a);
}

static void loaded(const char *library, const char *base) {
  uint64_t before = mask("SigCgt"), added;
  const char *refused = nexus_api_load(&api, library);
  nexus_memory m = memory_of("The tide is out.");
  if (refused) {
    printf("load: %s\n", refused);
    exit(1);
  }
  EXPECT(api.nexus_open(inside(base, "signals"), NULL, &db, NULL) == NEXUS_OK);
  EXPECT(api.nexus_add(db, &m, 1, NULL, NULL) == NEXUS_OK);
  query();
  added = mask("SigCgt") & ~before;
  if (added & ~documented()) printf("caught beyond what is documented: %016llx\n", (unsigned long long)(added & ~documented()));
  EXPECT((added & ~documented()) == 0);
  EXPECT((mask("SigCgt") & before) == before);
}

/* The host ignores SIGPIPE: a write to nobody fails with EPIPE, as before. */
static void broken_pipe(void) {
  int ends[2];
  EXPECT(pipe(ends) == 0 && close(ends[0]) == 0);
  EXPECT(write(ends[1], "x", 1) == -1 && errno == EPIPE);
  close(ends[1]);
}

static void interrupt(void) {
  for (int i = 0; i < 100; i++) {
    query();
    EXPECT(kill(getpid(), SIGINT) == 0);
  }
  usleep(10000);
  EXPECT(interrupts > 0);
}

static atomic_int stop;

static void *querying(void *unused) {
  (void)unused;
  while (!atomic_load(&stop)) query();
  return NULL;
}

/* A profiler that interrupts a thousand times a second of work. */
static void profiled(void) {
  struct itimerval timer = {{0, 1000}, {0, 1000}}, off = {{0, 0}, {0, 0}};
  struct sigaction action;
  pthread_t threads[2];
  memset(&action, 0, sizeof action);
  action.sa_handler = on_profile;
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  EXPECT(sigaction(SIGPROF, &action, NULL) == 0 && setitimer(ITIMER_PROF, &timer, NULL) == 0);
  for (int i = 0; i < 2; i++) EXPECT(pthread_create(&threads[i], NULL, querying, NULL) == 0);
  for (int i = 0; i < 200 && profiles < 50; i++) usleep(50000); /* of work, of which others take their share */
  atomic_store(&stop, 1);
  for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
  setitimer(ITIMER_PROF, &off, NULL);
  EXPECT(profiles >= 50);
}

/* Without handlers of the host's own, SIGTERM ends the process, and SIGPIPE does so at a write to
   nobody. */
static int unhandled(const char *library, const char *base, const char *how) {
  loaded(library, base);
  if (strcmp(how, "pipe") == 0) {
    broken_pipe();
    return 0;
  }
  if (write(STDOUT_FILENO, "r", 1) != 1) return 1;
  sleep(10);
  return 0;
}

int main(int argc, char **argv) {
  struct sigaction action;
  if (argc == 4) return unhandled(argv[2], argv[1], argv[3]);
  if (argc != 3) return 2;
  alarm(60);
  memset(&action, 0, sizeof action);
  action.sa_handler = on_interrupt;
  EXPECT(sigaction(SIGINT, &action, NULL) == 0 && signal(SIGPIPE, SIG_IGN) != SIG_ERR);
  loaded(argv[2], argv[1]);
  broken_pipe();
  interrupt();
  profiled();
  EXPECT(api.nexus_close(db, NULL) == NEXUS_OK);
  return verdict();
}
