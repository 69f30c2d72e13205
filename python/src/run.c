/* How calls are run: short ones directly; long ones as a job that is waited for in slices, so that
   Ctrl-C and progress get their turn. Inputs are borrowed: they are let go when the job is done.
   Where an embedder in Python runs, which nobody can hurry, they are copied, and an interrupted call
   does not wait for it. */
#include "core.h"

static const int64_t slice_ns = 50 * 1000 * 1000; /* the longest that a signal waits */

PyObject *run_direct(store_object *store, call *c) {
  nexus_request *r = &c->request;
  nexus_error error = error_new();
  nexus_status status = NEXUS_INTERNAL;
  nexus_reply reply;
  nexus_answer *answer = NULL;
  nexus_memories *memories = NULL;
  nexus_stats *stats = NULL;
  uint64_t *ids;
  nexus_db db = store->db;
  memset(&reply, 0, sizeof reply);
  reply.op = r->op;
  switch (r->op) {
    case NEXUS_OP_QUERY: UNLOCKED(status = lib.nexus_query_run(db, r->query, &answer, &error)); reply.arena = answer; reply.answer = answer; break;
    case NEXUS_OP_GET: UNLOCKED(status = lib.nexus_get(db, *r->ids, &memories, &error)); break;
    case NEXUS_OP_GET_BY_KEY: UNLOCKED(status = lib.nexus_get_by_key(db, r->tenant, r->key, &memories, &error)); break;
    case NEXUS_OP_DELETE: UNLOCKED(status = lib.nexus_delete(db, r->ids, r->id_count, &reply.count, &error)); break;
    case NEXUS_OP_ADD: reply.ids = ids = pile_block(&c->pile, r->memory_count, sizeof *ids); reply.count = r->memory_count;
      if (!ids) return NULL;
      UNLOCKED(status = lib.nexus_add(db, r->memories, r->memory_count, ids, &error)); break;
    case NEXUS_OP_STATS: UNLOCKED(status = lib.nexus_stats_read(db, &stats, &error)); reply.arena = stats; reply.stats = stats; break;
    default: PyErr_BadInternalCall(); return NULL;
  }
  if (memories) reply.arena = memories, reply.memories = memories;
  return status == NEXUS_OK ? result_of(store, &reply) : raise_status(status, &error);
}

/* Calls progress with how far a job is. 0, or -1 with its exception set. */
static int report_progress(nexus_job job, PyObject *progress) {
  uint64_t done = 0, total = 0;
  PyObject *result;
  if (!progress || lib.nexus_job_progress(job, &done, &total, NULL) != NEXUS_OK) return 0;
  result = PyObject_CallFunction(progress, "KK", (unsigned long long)done, (unsigned long long)total);
  Py_XDECREF(result);
  return result ? 0 : -1;
}

/* Waits until a job is done. Signals and progress may end it early: then it is cancelled, waited for
   all the same if it reads our inputs, and -1 is returned with the exception set. */
static int wait_for(nexus_job job, PyObject *progress, int borrowed) {
  PyObject *kind = NULL, *value = NULL, *traceback = NULL;
  nexus_status status;
  int ended = 0;
  for (;;) {
    UNLOCKED(status = lib.nexus_job_wait(job, slice_ns, NULL));
    if (status != NEXUS_DEADLINE) break;
    if (ended || (PyErr_CheckSignals() == 0 && report_progress(job, progress) == 0)) continue;
    ended = 1;
    PyErr_Fetch(&kind, &value, &traceback);
    lib.nexus_job_cancel(job, NULL);
    if (!borrowed) break;
  }
  if (!ended) return 0;
  PyErr_Restore(kind, value, traceback);
  return -1;
}

PyObject *run_in_slices(store_object *store, call *c, PyObject *progress) {
  nexus_error error = error_new();
  nexus_status status;
  nexus_reply reply;
  nexus_job job;
  nexus_queue none = {0};
  int interrupted, borrowed = !store->embedding;
  if (borrowed) c->request.flags |= NEXUS_SUBMIT_BORROW;
  UNLOCKED(status = lib.nexus_submit(store->db, &c->request, none, NULL, &job, &error));
  if (status != NEXUS_OK) return raise_status(status, &error);
  interrupted = wait_for(job, progress, borrowed) < 0;
  memset(&reply, 0, sizeof reply);
  reply.struct_size = sizeof reply;
  if (interrupted) {
    UNLOCKED(lib.nexus_job_free(job, NULL));
    return NULL;
  }
  UNLOCKED(status = lib.nexus_job_take(job, &reply, &error));
  return status == NEXUS_OK ? result_of(store, &reply) : raise_status(status, &error);
}
