/* The type Store: what nexus.DB is made of. */
#include "core.h"

enum { direct_delete_max = 64, direct_add_max = 16 };

/* Whether a call is short: it neither runs Python code nor works for long. */
static int is_short(const store_object *store, const call *c) {
  switch (c->request.op) {
    case NEXUS_OP_QUERY: return !store->embedding;
    case NEXUS_OP_GET:
    case NEXUS_OP_GET_BY_KEY:
    case NEXUS_OP_STATS: return 1;
    case NEXUS_OP_DELETE: return c->request.id_count <= direct_delete_max;
    case NEXUS_OP_ADD: return !store->embedding && c->request.memory_count <= direct_add_max;
    default: return 0;
  }
}

/* Refuses what cannot work: a store that was never opened, and a call from within its own embedder,
   which would wait for itself. 0, or -1 with an exception set. */
static int check_store(const store_object *store, uint32_t op) {
  if (store->embedding && embedding_running() == store->embedding) return raise_invalid("an embedder must not call its own store");
  if (store->db.v || op == NEXUS_OP_OPEN || op == NEXUS_OP_RESTORE) return 0;
  raise_status(NEXUS_CLOSED, NULL);
  return -1;
}

static int prepare(store_object *store, call *c, const operation *o, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  c->request.struct_size = sizeof c->request;
  c->request.op = o->op;
  if (load_library() < 0 || check_store(store, o->op) < 0 || o->parse(c, args, nargs, kwnames) < 0) return -1;
  if (c->options.embedder) store->embedding = c->embedder.context;
  return 0;
}

static PyObject *run(PyObject *self, const operation *o, PyObject *progress, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  store_object *store = (store_object *)self;
  PyObject *result = NULL;
  call c;
  memset(&c, 0, sizeof c);
  if (prepare(store, &c, o, args, nargs, kwnames) == 0)
    result = is_short(store, &c) ? run_direct(store, &c) : run_in_slices(store, &c, progress);
  pile_release(&c.pile);
  return result;
}

#define METHOD(verb, op_number, parser) \
  static const operation op_##verb = {#verb, op_number, parser}; \
  static PyObject *store_##verb(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) { \
    return run(self, &op_##verb, NULL, args, nargs, kwnames); \
  }

METHOD(query, NEXUS_OP_QUERY, parse_query)
METHOD(get, NEXUS_OP_GET, parse_get)
METHOD(get_by_key, NEXUS_OP_GET_BY_KEY, parse_get_by_key)
METHOD(delete, NEXUS_OP_DELETE, parse_delete)
METHOD(stats, NEXUS_OP_STATS, parse_nothing)

/* _run(op, progress, ...): any operation by name, to its end. */
static PyObject *store_run(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  const operation *o;
  if (nargs < 2) return PyErr_BadArgument(), NULL;
  o = operation_of(args[0]);
  return o ? run(self, o, args[1] == Py_None ? NULL : args[1], args + 2, nargs - 2, kwnames) : NULL;
}

/* _submit(queue or None, tag, op, ...): any operation by name, in the background; the job's handle. */
static PyObject *store_submit(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  store_object *store = (store_object *)self;
  nexus_error error = error_new();
  nexus_status status = NEXUS_INTERNAL;
  const operation *o;
  nexus_queue queue = {0};
  nexus_job job = {0};
  void *tag;
  call c;
  if (nargs < 3 || queue_from(args[0], &queue) < 0 || !(o = operation_of(args[2]))) return PyErr_Occurred() ? NULL : (PyErr_BadArgument(), NULL);
  tag = PyLong_AsVoidPtr(args[1]);
  if (!tag && PyErr_Occurred()) return NULL;
  memset(&c, 0, sizeof c);
  if (prepare(store, &c, o, args + 3, nargs - 3, kwnames) < 0) {
    pile_release(&c.pile);
    return NULL;
  }
  UNLOCKED(status = lib.nexus_submit(store->db, &c.request, queue, tag, &job, &error));
  pile_release(&c.pile);
  return status == NEXUS_OK ? PyLong_FromUnsignedLongLong(job.v) : raise_status(status, &error);
}

/* 0, or -1 with an exception set. */
static int job_from(PyObject *value, nexus_job *job) { return load_library() < 0 ? -1 : u64_from(value, "job", &job->v); }

/* _take(job): the outcome of a job that was submitted for this store. */
static PyObject *store_take(PyObject *self, PyObject *value) {
  nexus_error error = error_new();
  nexus_status status;
  nexus_reply reply;
  nexus_job job;
  if (job_from(value, &job) < 0) return NULL;
  memset(&reply, 0, sizeof reply);
  reply.struct_size = sizeof reply;
  UNLOCKED(status = lib.nexus_job_take(job, &reply, &error));
  return status == NEXUS_OK ? result_of((store_object *)self, &reply) : raise_status(status, &error);
}

/* _drop(job): cancels a job and gives up its outcome. */
static PyObject *store_drop(PyObject *self, PyObject *value) {
  nexus_job job;
  (void)self;
  if (job_from(value, &job) < 0) return NULL;
  UNLOCKED(lib.nexus_job_free(job, NULL));
  Py_RETURN_NONE;
}

/* _wait(job, seconds): whether the job is done. */
static PyObject *store_wait(PyObject *self, PyObject *const *args, Py_ssize_t nargs) {
  nexus_status status;
  nexus_job job;
  double seconds;
  (void)self;
  if (nargs != 2) return PyErr_BadArgument(), NULL;
  if (job_from(args[0], &job) < 0 || number_from(args[1], "seconds", &seconds) < 0) return NULL;
  UNLOCKED(status = lib.nexus_job_wait(job, (int64_t)(seconds * 1e9), NULL));
  return PyBool_FromLong(status == NEXUS_OK);
}

/* _close_cursor(cursor): ends a listing; harmless when it has ended. */
static PyObject *store_close_cursor(PyObject *self, PyObject *value) {
  nexus_cursor cursor;
  (void)self;
  if (load_library() < 0 || u64_from(value, "cursor", &cursor.v) < 0) return NULL;
  UNLOCKED(lib.nexus_cursor_close(cursor, NULL));
  Py_RETURN_NONE;
}

#define FAST(name) ((PyCFunction)(void (*)(void))(name))
#define KEYWORDS (METH_FASTCALL | METH_KEYWORDS)

static PyMethodDef store_methods[] = {
    {"query", FAST(store_query), KEYWORDS,
     "query($self, text=None, *, k=8, vector=None, tenant='', user='', agent='', session='', intent='general', weights=None,\n"
     "      now=None, budget=None, engines=None, single_engine=False, as_of=None, valid_at=None, filter='', near=False,\n"
     "      match='', boosts=None, fusion='learnt', route='adaptive', explain=False, asker='',\n"
     "      impersonal=False, explore=0.0, explore_seed=0, vector_effort=1.0)\n--\n\n"
     "Answers a question with the best k memories in its scope that filter lets through, a condition\n"
     "on their fields such as 'speaker = \"Ann\" and time >= 2024-01-01'. It never waits for writers.\n\n"
     "vector is the caller's embedding of the question; weights gives all six factors instead of the intent's row; now is what\n"
     "freshness is measured from; budget, in seconds, is how long engines may take: a late one is left out and named.\n"
     "as_of asks what the store knew at that time, valid_at for what was true at that time;\n"
     "match is a condition on their words, such as '+budget -draft \"quarterly report\" plan* colour~1 speaker:ann', which alone is\n"
     "a question too; boosts says what words are worth by field: {'speaker': 2, 'title': 1}, where text has 1 unless it is named;\n"
     "near allows the answer to an earlier question, also asked with it, that differs in case, punctuation and stop words alone;\n"
     "fusion says how relevance comes from what the engines found: learnt, convex, rrf or dbsf; route how much work to spend:\n"
     "smart, full, maximum, or cache-only, which raises NotFoundError for what was not answered before; adaptive spends what the\n"
     "question calls for; explain has every hit say why it was found; asker is whose preference ranks the hits, user unless\n"
     "given, and with impersonal nobody's does; explore is the share of the hits that are drawn by lot in place of the last of the\n"
     "best, each with the chance of its relevance, explore_seed which draw; vector_effort is how much of the vectors is looked at,\n"
     "as a multiple of what is usual, 1/16 to 16: less is quicker and overlooks more, which tells in stores of 65,536 memories and\n"
     "more; 0 is 1."},
    {"get", FAST(store_get), KEYWORDS, "get($self, id)\n--\n\nThe memory of an id, or NotFoundError."},
    {"get_by_key", FAST(store_get_by_key), KEYWORDS, "get_by_key($self, key, *, tenant='')\n--\n\nA tenant's memory by its key, or NotFoundError."},
    {"delete", FAST(store_delete), KEYWORDS,
     "delete($self, ids)\n--\n\nRemoves one memory or an iterable of them; how many of them were there.\n\n"
     "They are in no later answer; compact() erases their bytes."},
    {"stats", FAST(store_stats), KEYWORDS, "stats($self)\n--\n\nFigures of the store; nothing is scanned."},
    {"_run", FAST(store_run), KEYWORDS, NULL},
    {"_submit", FAST(store_submit), KEYWORDS, NULL},
    {"_take", store_take, METH_O, NULL},
    {"_drop", store_drop, METH_O, NULL},
    {"_wait", FAST(store_wait), METH_FASTCALL, NULL},
    {"_close_cursor", store_close_cursor, METH_O, NULL},
    {NULL, NULL, 0, NULL}};

static void store_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
  release(self); /* nexus.DB closes the store in its __del__ */
  Py_DECREF(type);
}

static PyType_Slot store_slots[] = {{Py_tp_dealloc, store_dealloc}, {Py_tp_methods, store_methods}, {0, NULL}};
static PyType_Spec store_spec = {"nexus._core.Store", sizeof(store_object), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, store_slots};

int store_ready(PyObject *module) {
  PyObject *class = PyType_FromModuleAndSpec(module, &store_spec, NULL);
  int failed = !class || PyModule_AddType(module, (PyTypeObject *)class) < 0;
  Py_XDECREF(class);
  return failed ? -1 : 0;
}
