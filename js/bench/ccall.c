/* What the calls of compare.mjs cost from C, in the same process: an addon whose functions call the
   library in a loop. */
#include <stdlib.h>
#include <time.h>

#define NAPI_VERSION 8
#include <node_api.h>

#include <nexus_load.h>

#define QUESTIONS_MAX 10000

static nexus_api api;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* load(path) */
static napi_value load(napi_env env, napi_callback_info info) {
  char path[4096];
  size_t argc = 1, size;
  napi_value arg;
  napi_get_cb_info(env, info, &argc, &arg, NULL, NULL);
  napi_get_value_string_utf8(env, arg, path, sizeof path, &size);
  if (nexus_api_load(&api, path)) napi_throw_error(env, NULL, "the library does not load");
  return NULL;
}

static void arguments(napi_env env, napi_callback_info info, nexus_db *db, uint32_t *count) {
  size_t argc = 2;
  napi_value argv[2];
  bool lossless;
  napi_get_cb_info(env, info, &argc, argv, NULL, NULL);
  napi_get_value_bigint_uint64(env, argv[0], &db->v, &lossless);
  napi_get_value_uint32(env, argv[1], count);
}

/* check(handle, count): nanoseconds of a call that does nothing but find the store. */
static napi_value check(napi_env env, napi_callback_info info) {
  nexus_db db;
  uint32_t count;
  napi_value took;
  arguments(env, info, &db, &count);
  double start = now();
  for (uint32_t i = 0; i < count; i++) api.nexus_delete(db, NULL, 0, NULL, NULL);
  napi_create_double(env, (now() - start) / count, &took);
  return took;
}

/* question(handle, count): the median of a question beyond the library's own time. */
static napi_value question(napi_env env, napi_callback_info info) {
  static double beyond[QUESTIONS_MAX];
  nexus_query q = {.struct_size = sizeof q};
  nexus_db db;
  uint32_t count;
  napi_value median;
  arguments(env, info, &db, &count);
  q.text = nexus_str("guitar in oslo harbour");
  for (uint32_t i = 0; i < count && i < QUESTIONS_MAX; i++) {
    nexus_answer *answer;
    double start = now();
    if (api.nexus_query_run(db, &q, &answer, NULL)) return NULL;
    double took = (double)answer->took_ns;
    api.nexus_free(answer);
    beyond[i] = now() - start - took;
  }
  qsort(beyond, count, sizeof *beyond, ascending);
  napi_create_double(env, beyond[count / 2], &median);
  return median;
}

NAPI_MODULE_INIT() {
  const napi_property_descriptor functions[] = {
      {"load", NULL, load, NULL, NULL, NULL, napi_default, NULL},
      {"check", NULL, check, NULL, NULL, NULL, napi_default, NULL},
      {"question", NULL, question, NULL, NULL, NULL, napi_default, NULL},
  };
  napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions);
  return exports;
}
