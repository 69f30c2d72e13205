/* runtimes FOLDER LIBRARY OTHER before|after: a second Go library in the process, loaded before or
   after this one; both work side by side, garbage collection and goroutines included. */
#include "hazard.h"
#include <nexus_load.h>

static nexus_api api;
static nexus_db db;
static long (*spin)(long);
static atomic_int stop;

static void load_other(const char *path) {
  void *other = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (other) *(void **)&spin = dlsym(other, "spin");
  EXPECT(spin != NULL);
}

static void load_own(const char *path, const char *base) {
  nexus_memory m = memory_of("The tide is out.");
  EXPECT(nexus_api_load(&api, path) == NULL);
  EXPECT(api.nexus_open(inside(base, "store"), NULL, &db, NULL) == NEXUS_OK && api.nexus_add(db, &m, 1, NULL, NULL) == NEXUS_OK);
}

static void *both(void *unused) {
  (void)unused;
  while (!atomic_load(&stop)) {
    nexus_query q = {.struct_size = sizeof q, .text = nexus_str("tide")};
    nexus_answer *a = NULL;
    EXPECT(api.nexus_query_run(db, &q, &a, NULL) == NEXUS_OK && a->hit_count == 1);
    api.nexus_free(a);
    EXPECT(spin(100) == 4950);
  }
  return NULL;
}

int main(int argc, char **argv) {
  pthread_t threads[4];
  if (argc != 5) return 2;
  alarm(60);
  if (strcmp(argv[4], "before") == 0) load_other(argv[3]);
  load_own(argv[2], argv[1]);
  if (strcmp(argv[4], "before") != 0) load_other(argv[3]);
  if (verdict()) return 1;
  for (int i = 0; i < 4; i++) EXPECT(pthread_create(&threads[i], NULL, both, NULL) == 0);
  sleep((unsigned)from_environment("NEXUS_HAZARD_SECONDS", 2));
  atomic_store(&stop, 1);
  for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);
  EXPECT(api.nexus_close(db, NULL) == NEXUS_OK);
  return verdict();
}
