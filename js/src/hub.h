/* The hub: where threads of the library and of the addon reach the thread of one environment.

   One threadsafe function wakes that thread, which then takes what is there: jobs that are done,
   texts to embed, embedders to let go. The hub outlives its environment until the last store that
   embeds through it has let it go. */
#ifndef NEXUS_NODE_HUB_H
#define NEXUS_NODE_HUB_H

#include <pthread.h>

#include "addon.h"

/* Jobs of one environment that run at once; more wait their turn. The library's limit for the
   process is 1,024, so that four workers fit. */
#define JOBS_MAX 256

/* A JavaScript embedder of one store. The library owns it until it calls embedder_release. */
struct embedder {
  struct hub *hub;
  napi_ref function;
  size_t dim;
  uint64_t db;  /* the store, once it is open; only the environment's thread */
  bool closing; /* its store is being closed by the environment's thread; under the hub's mutex */
  struct embedder *next;
};

/* A batch of texts on its way to JavaScript and back, on the stack of the library's thread. */
struct embed_batch {
  struct embedder *embedder;
  const nexus_text *texts;
  size_t count;
  float *rows;
  char *message;
  size_t message_size;
  double ticket;
  nexus_status status;
  bool taken; /* JavaScript has it */
  bool done;  /* status, rows and message are final */
  struct embed_batch *next;
};

struct hub {
  /* mutex guards the members up to the next comment. */
  pthread_mutex_t mutex;
  pthread_cond_t changed; /* done of a batch, drained, or stopped became true */
  int refs;               /* the environment and its embedders */
  bool stopped;           /* the environment ends: wake must not be used */
  bool woken;             /* the environment's thread was woken and has not looked yet */
  bool drained;           /* the waiter may poll the queue again */
  napi_threadsafe_function wake;
  struct embed_batch *batches;
  struct embedder *embedders; /* of stores that are open, or being opened */
  struct embedder *released;  /* embedders whose reference is to be deleted */

  /* Only the environment's thread. */
  struct instance *instance;
  struct call *running;               /* jobs submitted */
  struct call *waiting, **waiting_end; /* jobs to submit, in order */
  size_t running_count;
  double last_ticket; /* of a job or a batch */

  /* Set before the waiter starts. */
  nexus_queue queue;
  int queue_fd, stop_fd;
  pthread_t waiter;
  bool has_queue; /* queue and waiter are there */
  bool alive;     /* wake keeps the process alive */
};

/* The instance's hub, made at the first call, or NULL. */
struct hub *hub_of(struct instance *in);

/* Wakes the environment's thread. mutex must be held. */
void hub_wake(struct hub *h);

void hub_unref(struct hub *h);

/* ---- What the hub has its thread do: jobs.c, embedder.c. ---- */

void jobs_drain(struct hub *h);
void jobs_stop(struct hub *h);
void embedder_serve(struct hub *h);
void embedder_stop(struct hub *h);

#endif
