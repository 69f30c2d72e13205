/* The Node-API addon of nexus-memory: what its files share.

   lib/native.js is its only caller and checks types; the addon trusts none of it with memory
   safety. Every operation is one `struct call`: values_in.c fills its request from arguments,
   calls.c runs it here or on a pool thread, jobs.c in the background, values_out.c turns the reply
   into strings and numbers that lib/decode.js makes objects of. */
#ifndef NEXUS_NODE_ADDON_H
#define NEXUS_NODE_ADDON_H

#define NAPI_VERSION 8
#include <node_api.h>

#include <nexus_load.h>

#include "arena.h"

/* Numbers of a reply that need no allocation: an answer of 128 hits without meta. */
#define SCRATCH_COUNT 8192

/* The operation, the store and what the operation takes; what is missing is undefined. */
#define CALL_ARGUMENTS 32

struct hub;

/* ASCII that JavaScript cuts into pieces; see values_out.c. */
struct shared {
  char *bytes;
  size_t size, room;
};

/* What one environment (the main thread, a worker) owns. Only its thread touches it. */
struct instance {
  napi_env env;
  napi_ref decode;   /* (op, strings) => value; see lib/decode.js */
  napi_ref fail;     /* (status, message, retryable) => NexusError */
  napi_ref scratch;  /* keeps numbers alive */
  double *numbers;   /* SCRATCH_COUNT numbers that decode reads */
  struct shared passages, names; /* of the reply that is being encoded */
  struct hub *hub;   /* NULL before the first job */
  uint64_t *stores;  /* open stores of this environment, closed at its end */
  size_t store_count, store_room;
};

/* One operation from its arguments to its outcome. */
struct call {
  struct instance *instance;
  struct arena arena;
  nexus_request request;
  nexus_query query;
  nexus_patch patch;
  nexus_selection selection;
  nexus_mining mining;
  nexus_training training;
  nexus_judged judged;
  nexus_open_options options;
  nexus_embedder embedder;
  nexus_db db;
  bool borrow; /* vectors stay the caller's: only while JavaScript does not run */

  nexus_status status;
  nexus_error error;
  nexus_reply reply;

  napi_deferred deferred;
  napi_async_work work;
  double ticket; /* names a job to JavaScript */
  nexus_job job; /* {0} while it waits for its turn */
  struct call *next, **link; /* in a list of the hub; link is what points at this call */
};

/* The functions of libnexus, filled once in a process by addon_load. */
extern nexus_api nexus;

/* ---- addon.c ---- */

/* Throws a TypeError: lib/ called the addon in a way it never should. Returns NULL. */
napi_value addon_misuse(napi_env env, const char *what);

/* The environment's instance once start was called, else NULL and an exception. */
struct instance *instance_of(napi_env env);

/* Remembers a store to close at the environment's end, and forgets it. */
bool instance_keep(struct instance *in, nexus_db db);
void instance_forget(struct instance *in, nexus_db db);

/* The error object of a call that failed, or NULL where JavaScript cannot run any more. */
napi_value instance_error(struct instance *in, nexus_status status, const char *message, bool retryable);

/* ---- values_in.c ---- */

/* Fills call's request from argc arguments: argv[0] is the operation, argv[1] the store, the rest
   what the operation takes, undefined beyond argc. False, with nothing to free but the arena, where a value is of a wrong type. */
bool call_parse(struct call *c, napi_env env, size_t argc, const napi_value argv[CALL_ARGUMENTS]);

/* ---- values_out.c ---- */

/* The reply of a call that succeeded as the array that lib/decode.js reads. NULL where JavaScript
   cannot run any more. */
napi_value call_encode(struct call *c, napi_env env);

/* ---- calls.c ---- */

void call_init(struct call *c, struct instance *in);

/* Runs the request on this thread and leaves status, error and reply. */
void call_run(struct call *c);

/* Frees a call from malloc that was never run. */
void call_drop(struct call *c);

/* Settles the promise of a call that is done and frees the call. Never fails: at the
   environment's end only memory is freed. */
void call_settle(struct call *c);

napi_value calls_sync(napi_env env, napi_callback_info info);
napi_value calls_work(napi_env env, napi_callback_info info);
napi_value calls_check(napi_env env, napi_callback_info info);
napi_value calls_end_list(napi_env env, napi_callback_info info);

/* ---- jobs.c ---- */

napi_value jobs_submit(napi_env env, napi_callback_info info);
napi_value jobs_cancel(napi_env env, napi_callback_info info);
napi_value jobs_progress(napi_env env, napi_callback_info info);

/* ---- embedder.c ---- */

/* Makes the C side of a JavaScript function (texts, ticket) => void that ends every ticket by
   embedder_done. False where there is no memory. */
bool embedder_make(struct call *c, napi_env env, napi_value function);

/* The store of an embedder that embedder_make made is open. */
void embedder_opened(struct call *c);

/* The store is about to be closed by this thread, which therefore cannot embed: whoever waits
   for its embedder gets CANCELLED. */
void embedder_closing(struct instance *in, nexus_db db);

napi_value embedder_done(napi_env env, napi_callback_info info);

#endif
