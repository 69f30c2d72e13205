/* The hub's life and its wake-ups. */
#include "hub.h"

#include <stdlib.h>

void hub_wake(struct hub *h) {
  if (h->stopped || h->woken) return;
  h->woken = napi_call_threadsafe_function(h->wake, NULL, napi_tsfn_nonblocking) == napi_ok;
}

void hub_unref(struct hub *h) {
  pthread_mutex_lock(&h->mutex);
  int refs = --h->refs;
  pthread_mutex_unlock(&h->mutex);
  if (refs > 0) return;
  pthread_mutex_destroy(&h->mutex);
  pthread_cond_destroy(&h->changed);
  free(h);
}

static void on_wake(napi_env env, napi_value function, void *context, void *data) {
  struct hub *h = context;
  (void)function, (void)data;
  if (!env) return;
  pthread_mutex_lock(&h->mutex);
  h->woken = false;
  pthread_mutex_unlock(&h->mutex);
  embedder_serve(h);
  jobs_drain(h);
}

/* The environment ends. Whoever waits for JavaScript gets an error, jobs are cancelled and given
   up; afterwards no thread uses wake. It runs before wake's own clean-up, which was registered
   before it, and before stores are closed. */
static void stop(void *data) {
  struct hub *h = data;
  pthread_mutex_lock(&h->mutex);
  h->stopped = true;
  pthread_cond_broadcast(&h->changed);
  pthread_mutex_unlock(&h->mutex);
  embedder_stop(h);
  jobs_stop(h);
  h->instance->hub = NULL;
  hub_unref(h);
}

static bool start(struct hub *h, napi_env env) {
  napi_value name;
  return napi_create_string_utf8(env, "nexus-memory", NAPI_AUTO_LENGTH, &name) == napi_ok &&
         napi_create_threadsafe_function(env, NULL, NULL, name, 0, 1, NULL, NULL, h, on_wake, &h->wake) == napi_ok &&
         napi_unref_threadsafe_function(env, h->wake) == napi_ok && napi_add_env_cleanup_hook(env, stop, h) == napi_ok;
}

struct hub *hub_of(struct instance *in) {
  struct hub *h = in->hub;
  if (h) return h;
  h = calloc(1, sizeof *h);
  if (!h) return NULL;
  pthread_mutex_init(&h->mutex, NULL);
  pthread_cond_init(&h->changed, NULL);
  h->refs = 1;
  h->instance = in;
  h->waiting_end = &h->waiting;
  h->queue_fd = h->stop_fd = -1;
  if (!start(h, in->env)) {
    free(h);
    return NULL;
  }
  return in->hub = h;
}
