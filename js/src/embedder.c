/* Embedders: the library's threads hand texts to JavaScript and wait for the vectors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub.h"

/* ---- Threads of the library. ---- */

static void unlink_batch(struct hub *h, struct embed_batch *b) {
  struct embed_batch **at = &h->batches;
  while (*at != b) at = &(*at)->next;
  *at = b->next;
}

/* nexus_embedder.embed: waits until JavaScript has the vectors, its environment ends or the store
   is closed under it. */
static nexus_status embed(void *context, const nexus_text *texts, size_t count, float *rows, char *message, size_t message_size) {
  struct embedder *e = context;
  struct hub *h = e->hub;
  struct embed_batch b = {.embedder = e, .texts = texts, .count = count, .rows = rows, .message = message, .message_size = message_size};
  pthread_mutex_lock(&h->mutex);
  b.next = h->batches;
  h->batches = &b;
  hub_wake(h);
  while (!b.done && !h->stopped && !e->closing) pthread_cond_wait(&h->changed, &h->mutex);
  unlink_batch(h, &b);
  pthread_mutex_unlock(&h->mutex);
  if (b.done) return b.status;
  snprintf(message, message_size, "the embedder's environment or store is being closed");
  return NEXUS_CANCELLED;
}

static void unlink_embedder(struct hub *h, struct embedder *e) {
  struct embedder **at = &h->embedders;
  while (*at != e) at = &(*at)->next;
  *at = e->next;
}

/* nexus_embedder.release: only the environment's thread can delete the reference. */
static void embedder_release(void *context) {
  struct embedder *e = context;
  struct hub *h = e->hub;
  pthread_mutex_lock(&h->mutex);
  bool stopped = h->stopped;
  unlink_embedder(h, e);
  if (!stopped) {
    e->next = h->released;
    h->released = e;
    hub_wake(h);
  }
  pthread_mutex_unlock(&h->mutex);
  if (!stopped) return;
  free(e); /* the reference went with the environment */
  hub_unref(h);
}

/* ---- The environment's thread. ---- */

bool embedder_make(struct call *c, napi_env env, napi_value function) {
  struct hub *h = hub_of(c->instance);
  struct embedder *e = h ? calloc(1, sizeof *e) : NULL;
  if (!e) return false;
  if (napi_create_reference(env, function, 1, &e->function) != napi_ok) {
    free(e);
    return false;
  }
  e->hub = h;
  e->dim = c->embedder.dim;
  pthread_mutex_lock(&h->mutex);
  h->refs++;
  e->next = h->embedders;
  h->embedders = e;
  pthread_mutex_unlock(&h->mutex);
  c->embedder.context = e;
  c->embedder.embed = embed;
  c->embedder.release = embedder_release;
  return true;
}

void embedder_opened(struct call *c) {
  if (!c->request.options || !c->request.options->embedder || !c->embedder.embed) return;
  struct embedder *e = c->embedder.context;
  e->db = c->reply.db.v;
}

void embedder_closing(struct instance *in, nexus_db db) {
  struct hub *h = in->hub;
  if (!h) return;
  pthread_mutex_lock(&h->mutex);
  for (struct embedder *e = h->embedders; e; e = e->next)
    if (e->db == db.v) e->closing = true;
  pthread_cond_broadcast(&h->changed);
  pthread_mutex_unlock(&h->mutex);
}

/* Ends a batch. mutex must be held. */
static void end_batch(struct hub *h, struct embed_batch *b, nexus_status status, const char *message) {
  snprintf(b->message, b->message_size, "%s", message);
  b->status = status;
  b->done = true;
  pthread_cond_broadcast(&h->changed);
}

static bool make_texts(napi_env env, const struct embed_batch *b, napi_value *array) {
  napi_value text;
  if (napi_create_array_with_length(env, b->count, array) != napi_ok) return false;
  for (size_t i = 0; i < b->count; i++)
    if (napi_create_string_utf8(env, b->texts[i].size ? b->texts[i].data : "", b->texts[i].size, &text) != napi_ok ||
        napi_set_element(env, *array, (uint32_t)i, text) != napi_ok)
      return false;
  return true;
}

/* Calls the function with a batch that is taken. Its texts stay: only this thread ends the wait
   for them, by embedder_done, embedder_closing or the environment's end. */
static bool call_function(struct hub *h, const struct embed_batch *b) {
  napi_env env = h->instance->env;
  napi_handle_scope scope;
  napi_value global, function, argv[2], result;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return false;
  bool ok = make_texts(env, b, &argv[0]) && napi_create_double(env, b->ticket, &argv[1]) == napi_ok &&
            napi_get_global(env, &global) == napi_ok &&
            napi_get_reference_value(env, b->embedder->function, &function) == napi_ok &&
            napi_call_function(env, global, function, 2, argv, &result) == napi_ok;
  if (!ok) napi_get_and_clear_last_exception(env, &result);
  napi_close_handle_scope(env, scope);
  return ok;
}

/* The next batch that JavaScript has not seen, taken; or NULL. */
static struct embed_batch *take_batch(struct hub *h) {
  pthread_mutex_lock(&h->mutex);
  struct embed_batch *b = h->batches;
  while (b && (b->taken || b->embedder->closing)) b = b->next;
  if (b) {
    b->taken = true;
    b->ticket = ++h->last_ticket;
  }
  pthread_mutex_unlock(&h->mutex);
  return b;
}

static struct embed_batch *find_batch(struct hub *h, double ticket) {
  struct embed_batch *b = h->batches;
  while (b && (!b->taken || b->ticket != ticket)) b = b->next;
  return b;
}

static void delete_released(struct hub *h) {
  pthread_mutex_lock(&h->mutex);
  struct embedder *list = h->released;
  h->released = NULL;
  pthread_mutex_unlock(&h->mutex);
  while (list) {
    struct embedder *e = list;
    list = e->next;
    napi_delete_reference(h->instance->env, e->function);
    free(e);
    hub_unref(h);
  }
}

void embedder_serve(struct hub *h) {
  struct embed_batch *b;
  delete_released(h);
  while ((b = take_batch(h))) {
    double ticket = b->ticket;
    if (call_function(h, b)) continue;
    pthread_mutex_lock(&h->mutex);
    if ((b = find_batch(h, ticket))) end_batch(h, b, NEXUS_INTERNAL, "the embedder could not be called");
    pthread_mutex_unlock(&h->mutex);
  }
}

void embedder_stop(struct hub *h) { delete_released(h); }

/* embedded(ticket, status, message, rows): ends the batch of that ticket, unless it has ended. rows
   is a Float32Array of count x dim numbers where status is 0. */
napi_value embedder_done(napi_env env, napi_callback_info info) {
  napi_value argv[4];
  size_t argc = 4, count = 0, size;
  double ticket;
  int32_t status;
  char message[NEXUS_ERROR_BYTES];
  napi_typedarray_type type = napi_float32_array;
  void *rows = NULL;
  struct instance *in = instance_of(env);
  if (!in || !in->hub) return NULL;
  if (napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok || napi_get_value_double(env, argv[0], &ticket) != napi_ok ||
      napi_get_value_int32(env, argv[1], &status) != napi_ok ||
      napi_get_value_string_utf8(env, argv[2], message, sizeof message, &size) != napi_ok ||
      (status == NEXUS_OK && napi_get_typedarray_info(env, argv[3], &type, &count, &rows, NULL, NULL) != napi_ok) ||
      type != napi_float32_array)
    return addon_misuse(env, "embedded: an argument is of a wrong type");
  struct hub *h = in->hub;
  pthread_mutex_lock(&h->mutex);
  struct embed_batch *b = find_batch(h, ticket);
  if (b && status == NEXUS_OK && count != b->count * b->embedder->dim) {
    end_batch(h, b, NEXUS_DIMENSION, "the embedder gave vectors of a wrong size");
  } else if (b) {
    if (status == NEXUS_OK) memcpy(b->rows, rows, count * sizeof(float));
    end_batch(h, b, status, message);
  }
  pthread_mutex_unlock(&h->mutex);
  return NULL;
}
