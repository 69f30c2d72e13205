/* Jobs: operations in the background, announced in one queue an environment.

   A thread of the environment's polls the queue's eventfd and wakes JavaScript, which takes all
   that is done at once. (The eventfd in libuv's own poll would save that thread, but needs libuv
   itself, which Bun and Deno do not have.) While jobs are under way the process stays alive. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "hub.h"

#define COMPLETIONS_AT_ONCE 64

/* ---- Lists of calls. ---- */

static void insert(struct call **at, struct call *c) {
  c->next = *at;
  c->link = at;
  if (c->next) c->next->link = &c->next;
  *at = c;
}

static void enqueue(struct hub *h, struct call *c) {
  insert(h->waiting_end, c);
  h->waiting_end = &c->next;
}

static void unlink_call(struct hub *h, struct call *c) {
  if (h->waiting_end == &c->next) h->waiting_end = c->link;
  if (c->next) c->next->link = c->link;
  *c->link = c->next;
}

static struct call *find(struct call *list, double ticket) {
  while (list && list->ticket != ticket) list = list->next;
  return list;
}

/* ---- The waiter. ---- */

static void *wait_for_jobs(void *data) {
  struct hub *h = data;
  struct pollfd fds[2] = {{.fd = h->queue_fd, .events = POLLIN}, {.fd = h->stop_fd, .events = POLLIN}};
  bool stopped = false;
  while (!stopped) {
    if (poll(fds, 2, -1) < 0 && errno != EINTR) break;
    pthread_mutex_lock(&h->mutex);
    if (fds[0].revents & POLLIN) {
      h->drained = false;
      hub_wake(h);
      while (!h->drained && !h->stopped) pthread_cond_wait(&h->changed, &h->mutex);
    }
    stopped = h->stopped;
    pthread_mutex_unlock(&h->mutex);
  }
  return NULL;
}

static nexus_status start_queue(struct hub *h, nexus_error *error) {
  nexus_status status = nexus.nexus_queue_create(&h->queue, error);
  if (status != NEXUS_OK) return status;
  status = nexus.nexus_queue_fd(h->queue, &h->queue_fd, error);
  if (status == NEXUS_OK) {
    h->stop_fd = eventfd(0, EFD_CLOEXEC);
    h->has_queue = h->stop_fd >= 0 && pthread_create(&h->waiter, NULL, wait_for_jobs, h) == 0;
    if (h->has_queue) return NEXUS_OK;
    strcpy(error->message, "no thread can be started to wait for jobs");
    status = NEXUS_UNAVAILABLE;
  }
  if (h->stop_fd >= 0) close(h->stop_fd);
  nexus.nexus_queue_close(h->queue, NULL);
  return status;
}

/* ---- Starting and ending jobs. ---- */

static void keep_alive(struct hub *h) {
  bool busy = h->running || h->waiting;
  if (busy == h->alive) return;
  h->alive = busy;
  if (busy)
    napi_ref_threadsafe_function(h->instance->env, h->wake);
  else
    napi_unref_threadsafe_function(h->instance->env, h->wake);
}

/* Submits the first call that waits. False where it has to go on waiting: the library is busy,
   and a job of ours that ends will let us try again. (Not for OPEN: a refused one has given its
   embedder back.) */
static bool start_first(struct hub *h) {
  struct call *c = h->waiting;
  nexus_status status = h->has_queue ? NEXUS_OK : start_queue(h, &c->error);
  if (status == NEXUS_OK) status = nexus.nexus_submit(c->db, &c->request, h->queue, c, &c->job, &c->error);
  if (status == NEXUS_BUSY && h->running && c->request.op != NEXUS_OP_OPEN) return false;
  unlink_call(h, c);
  if (status == NEXUS_OK) {
    insert(&h->running, c);
    h->running_count++;
    return true;
  }
  c->status = status;
  call_settle(c);
  return true;
}

static void start_jobs(struct hub *h) {
  while (h->waiting && h->running_count < JOBS_MAX && start_first(h)) continue;
  keep_alive(h);
}

static void finish(struct hub *h, struct call *c) {
  unlink_call(h, c);
  h->running_count--;
  c->status = nexus.nexus_job_take(c->job, &c->reply, &c->error);
  call_settle(c);
}

void jobs_drain(struct hub *h) {
  nexus_completion done[COMPLETIONS_AT_ONCE];
  size_t count = 0;
  if (!h->has_queue) return;
  do {
    if (nexus.nexus_queue_drain(h->queue, done, COMPLETIONS_AT_ONCE, 0, &count, NULL) != NEXUS_OK) count = 0;
    for (size_t i = 0; i < count; i++) finish(h, done[i].tag);
  } while (count == COMPLETIONS_AT_ONCE);
  start_jobs(h);
  pthread_mutex_lock(&h->mutex);
  h->drained = true;
  pthread_cond_broadcast(&h->changed);
  pthread_mutex_unlock(&h->mutex);
}

static void drop_all(struct call *list) {
  while (list) {
    struct call *next = list->next;
    if (list->job.v) {
      nexus.nexus_job_free(list->job, NULL);
      list->request.options = NULL; /* the job has the embedder */
    }
    call_drop(list);
    list = next;
  }
}

/* Gives all jobs up without waiting for them: the library has copied their inputs. */
void jobs_stop(struct hub *h) {
  drop_all(h->running);
  drop_all(h->waiting);
  if (!h->has_queue) return;
  eventfd_write(h->stop_fd, 1);
  pthread_join(h->waiter, NULL);
  nexus.nexus_queue_close(h->queue, NULL);
  close(h->stop_fd);
}

/* ---- What JavaScript calls. ---- */

static napi_value pair(napi_env env, napi_value promise, double ticket) {
  napi_value number, array = NULL;
  if (napi_create_double(env, ticket, &number) != napi_ok || napi_create_array_with_length(env, 2, &array) != napi_ok ||
      napi_set_element(env, array, 0, promise) != napi_ok || napi_set_element(env, array, 1, number) != napi_ok)
    return NULL;
  return array;
}

/* submit(op, store, ...): runs the operation in the background and returns [Promise, ticket]. */
napi_value jobs_submit(napi_env env, napi_callback_info info) {
  napi_value argv[CALL_ARGUMENTS], promise;
  size_t argc = CALL_ARGUMENTS;
  struct instance *in = instance_of(env);
  struct hub *h;
  struct call *c;
  if (!in || napi_get_cb_info(env, info, &argc, argv, NULL, NULL) != napi_ok) return NULL;
  if (!(h = hub_of(in)) || !(c = malloc(sizeof *c))) return addon_misuse(env, "out of memory");
  call_init(c, in);
  if (!call_parse(c, env, argc, argv) || napi_create_promise(env, &c->deferred, &promise) != napi_ok) {
    call_drop(c);
    return addon_misuse(env, "submit: an argument is of a wrong type");
  }
  double ticket = c->ticket = ++h->last_ticket;
  enqueue(h, c);
  start_jobs(h);
  return pair(env, promise, ticket);
}

static struct call *call_of(napi_env env, napi_callback_info info, struct hub **h) {
  napi_value arg;
  size_t argc = 1;
  double ticket;
  struct instance *in = instance_of(env);
  if (!in || !in->hub || napi_get_cb_info(env, info, &argc, &arg, NULL, NULL) != napi_ok ||
      napi_get_value_double(env, arg, &ticket) != napi_ok)
    return NULL;
  *h = in->hub;
  struct call *c = find(in->hub->running, ticket);
  return c ? c : find(in->hub->waiting, ticket);
}

/* cancel(ticket): asks a job to end early; nothing where it has ended. */
napi_value jobs_cancel(napi_env env, napi_callback_info info) {
  struct hub *h;
  struct call *c = call_of(env, info, &h);
  if (c && c->job.v) {
    nexus.nexus_job_cancel(c->job, NULL);
  } else if (c) {
    unlink_call(h, c);
    c->status = NEXUS_CANCELLED;
    strcpy(c->error.message, "cancelled before it began");
    call_settle(c);
    keep_alive(h);
  }
  return NULL;
}

/* progress(ticket): [done, total] of a job under way, else undefined. */
napi_value jobs_progress(napi_env env, napi_callback_info info) {
  struct hub *h;
  struct call *c = call_of(env, info, &h);
  uint64_t done = 0, total = 0;
  napi_value number;
  if (!c || !c->job.v || nexus.nexus_job_progress(c->job, &done, &total, NULL) != NEXUS_OK ||
      napi_create_double(env, (double)done, &number) != napi_ok)
    return NULL;
  return pair(env, number, (double)total);
}
