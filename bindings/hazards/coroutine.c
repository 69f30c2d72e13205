/* coroutine FOLDER: calls from a stack that is not a thread's own, as fibers and coroutines have. */
#include "hazard.h"
#include <ucontext.h>

#define CALLS 2000

static nexus_db db;
static ucontext_t host, coroutine;
static double took;

static void calls(void) {
  double began = seconds_now();
  for (int i = 0; i < CALLS; i++) {
    nexus_memories *none = NULL;
    EXPECT(nexus_get(db, 1u << 30, &none, NULL) == NEXUS_NOT_FOUND);
  }
  took = (seconds_now() - began) / CALLS;
}

static void on_the_coroutine(void) {
  EXPECT(add_text(db, "added from a coroutine", NULL) == NEXUS_OK && ask(db, "coroutine", NULL) == NEXUS_OK);
  calls();
}

/* In and out of the coroutine between calls, on one thread. */
static void switching(void) {
  for (int i = 0; i < 100; i++) {
    EXPECT(ask(db, "coroutine", NULL) == NEXUS_OK);
    swapcontext(&coroutine, &host);
  }
}

static void run(void (*body)(void), int times) {
  size_t size = 256 * 1024;
  char *stack = malloc(size);
  EXPECT(stack && getcontext(&coroutine) == 0);
  coroutine.uc_stack.ss_sp = stack, coroutine.uc_stack.ss_size = size, coroutine.uc_link = &host;
  makecontext(&coroutine, body, 0);
  for (int i = 0; i < times; i++) {
    EXPECT(swapcontext(&host, &coroutine) == 0);
    EXPECT(ask(db, "coroutine", NULL) == NEXUS_OK);
  }
  free(stack);
}

static void *on_a_thread(void *unused) {
  (void)unused;
  run(on_the_coroutine, 1);
  return NULL;
}

int main(int argc, char **argv) {
  pthread_t thread;
  double plain;
  if (argc != 2) return 2;
  alarm(60);
  db = open_in(argv[1], "store");
  calls();
  plain = took;
  run(on_the_coroutine, 1);
  printf("a call: %.2f us on the thread's stack, %.2f us on a coroutine's\n", plain * 1e6, took * 1e6);
  run(switching, 100);
  EXPECT(pthread_create(&thread, NULL, on_a_thread, NULL) == 0 && pthread_join(thread, NULL) == 0);
  EXPECT(nexus_close(db, NULL) == NEXUS_OK);
  return verdict();
}
