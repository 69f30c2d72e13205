/* An embedder in Python behind the library's callback.
 *
 * The callback comes on threads of the library and takes the GIL. At the end of the process no
 * thread may wait for a GIL that is never free again: module atexit first calls embed_refuse, after
 * which callbacks return without touching Python, then waits for those that are still inside.
 * An exception of the embedder is kept under a number that stands in the error's message, so that
 * the error that reaches the caller can name it as its cause. */
#include "core.h"

#include <stdio.h>

typedef struct embedding {
  PyObject *callable; /* list of str -> rows */
  uint32_t dim;
} embedding;

/* Calls that are in embed or waiting for the GIL, and whether new ones are refused. Any thread. */
static int active, refused;
/* Exceptions by number, the newest failures_kept of them. Under the GIL. */
static PyObject *failures;
static unsigned long failure_count;
enum { failures_kept = 64 };

/* The embedding whose callback runs on this thread: its store must not be called from within. */
static __thread const void *embedding_now;

const void *embedding_running(void) { return embedding_now; }

/* Keeps the current exception and says so in message. */
static nexus_status keep_failure(nexus_status status, char *message, size_t size) {
  PyObject *kind, *value, *traceback, *number, *name;
  PyErr_Fetch(&kind, &value, &traceback);
  PyErr_NormalizeException(&kind, &value, &traceback);
  if (traceback && value) PyException_SetTraceback(value, traceback);
  name = kind ? PyObject_GetAttrString(kind, "__name__") : NULL;
  snprintf(message, size, "the embedder raised %s [embed failure %lu]", name ? PyUnicode_AsUTF8AndSize(name, NULL) : "an exception",
           ++failure_count);
  if (!failures) failures = PyDict_New();
  number = PyLong_FromUnsignedLong(failure_count);
  if (failures && number && value) PyDict_SetItem(failures, number, value);
  Py_XDECREF(number);
  number = failure_count > failures_kept ? PyLong_FromUnsignedLong(failure_count - failures_kept) : NULL;
  if (failures && number && PyDict_GetItemWithError(failures, number)) PyDict_DelItem(failures, number);
  Py_XDECREF(number);
  Py_XDECREF(name);
  Py_XDECREF(kind);
  Py_XDECREF(value);
  Py_XDECREF(traceback);
  PyErr_Clear();
  return status;
}

PyObject *embed_failure(PyObject *module, PyObject *number) {
  PyObject *value = failures ? PyDict_GetItemWithError(failures, number) : NULL;
  (void)module;
  if (!value && PyErr_Occurred()) return NULL;
  if (!value) Py_RETURN_NONE;
  Py_INCREF(value);
  if (PyDict_DelItem(failures, number) < 0) Py_CLEAR(value);
  return value;
}

static PyObject *texts_list(const nexus_text *texts, size_t count) {
  PyObject *list = PyList_New((Py_ssize_t)count);
  size_t i;
  for (i = 0; list && i < count; i++) {
    PyObject *text = text_object(texts[i]);
    if (!text) Py_CLEAR(list);
    else PyList_SetItem(list, (Py_ssize_t)i, text);
  }
  return list;
}

/* Copies what the embedder gave into rows. 0, or -1 with an exception set. */
static int copy_rows(PyObject *value, size_t count, uint32_t dim, float *rows) {
  pile p = {0};
  matrix m;
  size_t i;
  int failed = matrix_from(value, "what the embedder returned", 0, ALL_ROWS, &p, &m) < 0;
  if (!failed && (m.rows != count || m.columns != dim))
    failed = raise_dimension("the embedder returned %zu x %zu numbers, want %zu x %u", m.rows, m.columns, count, dim) < 0;
  for (i = 0; !failed && i < count; i++) memcpy(rows + i * dim, matrix_row(&m, i), dim * sizeof *rows);
  pile_release(&p);
  return failed ? -1 : 0;
}

static nexus_status embed_locked(const embedding *e, const nexus_text *texts, size_t count, float *rows, char *message, size_t size) {
  PyObject *list = texts_list(texts, count);
  PyObject *value = list ? PyObject_CallFunctionObjArgs(e->callable, list, NULL) : NULL;
  nexus_status status = NEXUS_OK;
  if (!value) status = keep_failure(NEXUS_UNAVAILABLE, message, size);
  else if (copy_rows(value, count, e->dim, rows) < 0) status = keep_failure(NEXUS_INVALID, message, size);
  Py_XDECREF(value);
  Py_XDECREF(list);
  return status;
}

static nexus_status embed(void *context, const nexus_text *texts, size_t count, float *rows, char *message, size_t size) {
  nexus_status status = NEXUS_CLOSED;
  PyGILState_STATE state;
  __atomic_add_fetch(&active, 1, __ATOMIC_SEQ_CST);
  if (__atomic_load_n(&refused, __ATOMIC_SEQ_CST)) {
    snprintf(message, size, "the interpreter is shutting down");
  } else {
    const void *outer = embedding_now; /* an embedder may ask another store, on this thread */
    state = PyGILState_Ensure();
    embedding_now = context;
    status = embed_locked(context, texts, count, rows, message, size);
    embedding_now = outer;
    PyGILState_Release(state);
  }
  __atomic_sub_fetch(&active, 1, __ATOMIC_SEQ_CST);
  return status;
}

/* Lets an embedding go; at the end of the process it is left where it is. */
static void release(void *context) {
  embedding *e = context;
  PyGILState_STATE state;
  __atomic_add_fetch(&active, 1, __ATOMIC_SEQ_CST);
  if (!__atomic_load_n(&refused, __ATOMIC_SEQ_CST)) {
    state = PyGILState_Ensure();
    Py_DECREF(e->callable);
    free(e);
    PyGILState_Release(state);
  }
  __atomic_sub_fetch(&active, 1, __ATOMIC_SEQ_CST);
}

PyObject *embed_refuse(PyObject *module, PyObject *unused) {
  (void)module, (void)unused;
  __atomic_store_n(&refused, 1, __ATOMIC_SEQ_CST);
  return PyLong_FromLong(__atomic_load_n(&active, __ATOMIC_SEQ_CST));
}

/* In a forked child no thread of the library runs: nothing is inside and nothing may come. */
void embed_forked(void) {
  __atomic_store_n(&active, 0, __ATOMIC_SEQ_CST);
  embedding_now = NULL;
}

/* One attribute of the embedder, held by the pile; borrowed. */
static PyObject *attribute(PyObject *object, const char *name, pile *p) {
  PyObject *value = PyObject_GetAttrString(object, name);
  return pile_object(p, value) < 0 ? NULL : value;
}

int embedder_from(PyObject *embedder, call *c) {
  PyObject *name = attribute(embedder, "name", &c->pile), *dim = name ? attribute(embedder, "dim", &c->pile) : NULL;
  nexus_embedder *out = &c->embedder;
  embedding *e;
  if (!dim || text_from(name, "the embedder's name", &out->name) < 0 || u32_from(dim, "the embedder's dim", &out->dim) < 0) return -1;
  e = malloc(sizeof *e);
  if (!e) return PyErr_NoMemory(), -1;
  e->callable = Py_NewRef(embedder);
  e->dim = out->dim;
  out->struct_size = sizeof *out;
  out->embed = embed;
  out->release = release;
  out->context = e;
  c->options.embedder = out;
  return 0;
}
