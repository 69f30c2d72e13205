/* Entry of the addon: loading the library, the environment's life. */
#include "addon.h"

#include <stdlib.h>
#include <string.h>

#include "hub.h"

nexus_api nexus;

static pthread_mutex_t load_mutex = PTHREAD_MUTEX_INITIALIZER;
static bool loaded; /* nexus is filled; under load_mutex */

napi_value addon_misuse(napi_env env, const char *what) {
  napi_throw_type_error(env, NULL, what);
  return NULL;
}

struct instance *instance_of(napi_env env) {
  struct instance *in = NULL;
  if (napi_get_instance_data(env, (void **)&in) == napi_ok && in && in->numbers) return in;
  addon_misuse(env, "the addon is not started");
  return NULL;
}

bool instance_keep(struct instance *in, nexus_db db) {
  if (in->store_count == in->store_room) {
    size_t room = in->store_room ? 2 * in->store_room : 8;
    uint64_t *grown = realloc(in->stores, room * sizeof *grown);
    if (!grown) return false;
    in->stores = grown;
    in->store_room = room;
  }
  in->stores[in->store_count++] = db.v;
  return true;
}

void instance_forget(struct instance *in, nexus_db db) {
  for (size_t i = 0; i < in->store_count; i++) {
    if (in->stores[i] != db.v) continue;
    in->stores[i] = in->stores[--in->store_count];
    return;
  }
}

napi_value instance_error(struct instance *in, nexus_status status, const char *message, bool retryable) {
  napi_value fail, global, argv[3], error;
  if (napi_get_reference_value(in->env, in->fail, &fail) != napi_ok || napi_get_global(in->env, &global) != napi_ok ||
      napi_create_int32(in->env, status, &argv[0]) != napi_ok ||
      napi_create_string_utf8(in->env, message, NAPI_AUTO_LENGTH, &argv[1]) != napi_ok ||
      napi_get_boolean(in->env, retryable, &argv[2]) != napi_ok ||
      napi_call_function(in->env, global, fail, 3, argv, &error) != napi_ok)
    return NULL;
  return error;
}

/* load(path): fills nexus from the library, once in the process. Returns what is wrong, or
   undefined. Starts no thread of JavaScript's; the library starts Go's. */
static napi_value addon_load(napi_env env, napi_callback_info info) {
  char path[4096];
  size_t argc = 1, size;
  napi_value arg, problem = NULL;
  if (napi_get_cb_info(env, info, &argc, &arg, NULL, NULL) != napi_ok || argc < 1 ||
      napi_get_value_string_utf8(env, arg, path, sizeof path, &size) != napi_ok)
    return addon_misuse(env, "load: want a path");
  pthread_mutex_lock(&load_mutex);
  const char *wrong = loaded ? NULL : nexus_api_load(&nexus, path);
  loaded = wrong == NULL;
  if (wrong) napi_create_string_utf8(env, wrong, NAPI_AUTO_LENGTH, &problem);
  pthread_mutex_unlock(&load_mutex);
  return problem;
}

/* start(decode, fail, scratch): what the addon calls back, and the numbers it writes. */
static napi_value addon_start(napi_env env, napi_callback_info info) {
  struct instance *in;
  napi_value argv[3];
  size_t argc = 3, count;
  napi_typedarray_type type;
  void *numbers;
  pthread_mutex_lock(&load_mutex);
  bool ready = loaded;
  pthread_mutex_unlock(&load_mutex);
  if (!ready || napi_get_instance_data(env, (void **)&in) != napi_ok ||
      napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok || argc < 3 ||
      napi_get_typedarray_info(env, argv[2], &type, &count, &numbers, NULL, NULL) != napi_ok ||
      type != napi_float64_array || count != SCRATCH_COUNT || in->scratch ||
      napi_create_reference(env, argv[0], 1, &in->decode) != napi_ok ||
      napi_create_reference(env, argv[1], 1, &in->fail) != napi_ok ||
      napi_create_reference(env, argv[2], 1, &in->scratch) != napi_ok)
    return addon_misuse(env, "start: want the library, two functions and the scratch, once");
  in->numbers = numbers;
  return NULL;
}

/* version(): of the library, without entering Go. */
static napi_value addon_version(napi_env env, napi_callback_info info) {
  napi_value version = NULL;
  (void)info;
  if (!instance_of(env)) return NULL;
  napi_create_string_utf8(env, nexus.nexus_version(), NAPI_AUTO_LENGTH, &version);
  return version;
}

/* Closes the stores that the environment leaves open. It runs after the hub has stopped, so no
   call in flight waits for JavaScript. */
static void close_stores(void *data) {
  struct instance *in = data;
  for (size_t i = 0; i < in->store_count; i++) nexus.nexus_close((nexus_db){in->stores[i]}, NULL);
  in->store_count = 0;
}

static void instance_free(napi_env env, void *data, void *hint) {
  struct instance *in = data;
  (void)env, (void)hint;
  free(in->stores);
  free(in->passages.bytes);
  free(in->names.bytes);
  free(in);
}

NAPI_MODULE_INIT() {
  struct instance *in = calloc(1, sizeof *in);
  const napi_property_descriptor functions[] = {
      {"load", NULL, addon_load, NULL, NULL, NULL, napi_default, NULL},
      {"start", NULL, addon_start, NULL, NULL, NULL, napi_default, NULL},
      {"version", NULL, addon_version, NULL, NULL, NULL, napi_default, NULL},
      {"sync", NULL, calls_sync, NULL, NULL, NULL, napi_default, NULL},
      {"work", NULL, calls_work, NULL, NULL, NULL, napi_default, NULL},
      {"check", NULL, calls_check, NULL, NULL, NULL, napi_default, NULL},
      {"endList", NULL, calls_end_list, NULL, NULL, NULL, napi_default, NULL},
      {"submit", NULL, jobs_submit, NULL, NULL, NULL, napi_default, NULL},
      {"cancel", NULL, jobs_cancel, NULL, NULL, NULL, napi_default, NULL},
      {"progress", NULL, jobs_progress, NULL, NULL, NULL, napi_default, NULL},
      {"embedded", NULL, embedder_done, NULL, NULL, NULL, napi_default, NULL},
  };
  if (!in) return addon_misuse(env, "out of memory");
  in->env = env;
  if (napi_set_instance_data(env, in, instance_free, NULL) != napi_ok ||
      napi_add_env_cleanup_hook(env, close_stores, in) != napi_ok ||
      napi_define_properties(env, exports, sizeof functions / sizeof *functions, functions) != napi_ok)
    return addon_misuse(env, "the addon cannot be set up");
  return exports;
}
