/* nexus._core: the C extension between Python and libnexus.
 *
 * It is built against the limited API of CPython 3.11, so one binary serves every later version.
 * The files, in reading order: core.h (what they share), module.c (loading, the module), errors.c,
 * pile.c (what a call keeps alive), fields.c and items.c (Python values to memories), call.c
 * (arguments to requests), run.c (direct, in slices, in the background), results.c, hits.c (outcomes
 * to Python values), store.c (the type Store), queue.c (the type Queue), embed.c (embedders).
 *
 * Rule of the GIL: it is held except inside the macro UNLOCKED, around calls that may work or wait.
 * Rule of lifetimes: whatever a request points into is referenced by its struct call until the
 * library is done with the request.
 */
#ifndef NEXUS_CORE_H
#define NEXUS_CORE_H

#define Py_LIMITED_API 0x030B0000
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <nexus_load.h>
#include <stdlib.h>

/* The library's functions. Filled by load_library before the first store is opened. */
extern nexus_api lib;

/* Runs a statement without the GIL. */
#define UNLOCKED(statement) do { PyThreadState *unlocked_ = PyEval_SaveThread(); statement; PyEval_RestoreThread(unlocked_); } while (0)

/* ---- module.c ---- */

/* What nexus/_setup.py hands over once, by setup(): the classes and tables of the Python side. */
typedef struct python_side {
  PyObject *library;      /* str: path of libnexus.so.1 */
  PyObject *make_error;   /* (code, message, retryable) -> exception */
  PyObject *answer, *hit, *record; /* subclasses of the types here, which outcomes are made of */
  PyObject *factors_class;         /* a named tuple */
  PyObject *kinds, *intents, *fusions, *routes, *factors, *metrics, *boosts; /* dict: name -> number */
  PyObject *kind_names, *metric_names; /* tuple: number -> name */
  PyObject *engine_states; /* tuple: number -> name */
  PyObject *pattern_kind_numbers; /* dict: name -> number */
  PyObject *pattern_kinds, *anomaly_columns; /* tuples: number -> name */
  PyObject *cache_uses, *route_names; /* tuples: number -> name */
  PyObject *status_names; /* dict: number -> name */
  PyObject *datetime, *timedelta, *epoch, *microsecond;
} python_side;
extern python_side py;

/* Loads libnexus once. 0, or -1 with ImportError set. */
int load_library(void);

/* ---- errors.c ---- */

/* An error to be filled by the library. */
static inline nexus_error error_new(void) {
  nexus_error e;
  e.struct_size = sizeof e;
  e.code = 0, e.message_size = 0, e.retryable = 0;
  e.message[0] = 0;
  return e;
}

/* Sets the Python exception of a status that is not OK; always returns NULL. */
PyObject *raise_status(nexus_status status, const nexus_error *error);
/* Sets nexus.InvalidError, or DimensionError, with a formatted message; always returns -1. */
int raise_invalid(const char *format, ...);
int raise_dimension(const char *format, ...);

/* ---- pile.c ---- */

/* What a request points into: references, buffers and blocks of memory, let go together. */
typedef struct pile {
  PyObject **objects;
  size_t object_count, object_room;
  void **blocks; /* of malloc */
  size_t block_count, block_room;
  Py_buffer **views;
  size_t view_count, view_room;
} pile;

/* Takes over a reference, which may be NULL (then an exception is set). 0 or -1. */
int pile_object(pile *p, PyObject *object);
/* count * size zeroed bytes that live as long as the pile. NULL with MemoryError set. */
void *pile_block(pile *p, size_t count, size_t size);
/* The buffer of an object, held as long as the pile. NULL with an exception set. */
Py_buffer *pile_view(pile *p, PyObject *object, int flags);
void pile_release(pile *p);

/* ---- fields.c: one Python value to one C value. All return 0, or -1 with an exception set. ---- */

int text_from(PyObject *value, const char *field, nexus_text *out);          /* str or None; borrows from value */
int path_from(PyObject *value, pile *p, nexus_text *out);                    /* str, bytes, os.PathLike */
int time_from(PyObject *value, const char *field, int64_t *out);             /* an aware datetime */
int u64_from(PyObject *value, const char *field, uint64_t *out);
int u32_from(PyObject *value, const char *field, uint32_t *out);
int i64_from(PyObject *value, const char *field, int64_t *out);
int float_from(PyObject *value, const char *field, float *out);
int number_from(PyObject *value, const char *field, double *out);
int named_from(PyObject *value, PyObject *names, const char *field, uint32_t *out); /* a name of a dict name -> number */
int texts_from(PyObject *value, const char *field, pile *p, const nexus_text **out, size_t *count);
int meta_from(PyObject *value, pile *p, const nexus_meta **out, size_t *count);

/* ---- vectors.c: numbers in buffers ---- */

/* Rows of float32. Where the buffer holds native float32 with adjoining numbers, data points into
   it and nothing is copied; else the numbers were converted into a block of the pile. */
typedef struct matrix {
  const char *data;
  size_t rows, columns;
  Py_ssize_t stride; /* bytes from one row to the next; may be negative */
} matrix;

#define ALL_ROWS SIZE_MAX
/* count rows of a matrix from row first on; ALL_ROWS: those that there are. */
int matrix_from(PyObject *value, const char *field, size_t first, size_t count, pile *p, matrix *out);
static inline const float *matrix_row(const matrix *m, size_t row) {
  return (const float *)(const void *)(m->data + (Py_ssize_t)row * m->stride);
}
/* One vector: a buffer of one dimension, or a sequence of numbers; None is no vector. */
int vector_from(PyObject *value, pile *p, const float **out, size_t *count);

/* ---- items.c: memories ---- */

/* Fills memories from a sequence of str, dict, or objects with the attributes of nexus.Memory;
   vectors (or None) is a matrix whose rows from first on are the items' vectors. */
int memories_from(PyObject *items, PyObject *vectors, size_t first, pile *p, const nexus_memory **out, size_t *count);
/* The same from columns: a dict of lists and scalars, of which the rows start <= i < stop count. */
int memories_from_columns(PyObject *columns, PyObject *vectors, size_t start, size_t stop, pile *p, const nexus_memory **out);
/* What an update changes: a dict of fields by name; None empties a time. */
int patch_from(PyObject *fields, pile *p, nexus_patch *out);
int intern_fields(void);

/* ---- call.c: arguments ---- */

/* A request with all that it points into. Not to be moved once filled. */
typedef struct call {
  nexus_request request;
  nexus_query query;
  nexus_patch patch;
  nexus_selection selection;
  nexus_mining mining;
  nexus_training training;
  nexus_judged judged;
  nexus_open_options options;
  nexus_embedder embedder;
  uint64_t id;
  pile pile;
} call;

/* The arguments of a Python call in the order of a list of names; absent ones are NULL. */
typedef struct signature {
  const char *function;
  int positional; /* how many may be given by position */
  int required;   /* how many, from the first, must be given */
  int count;
  const char *names[32]; /* the last one NULL */
  PyObject *interned[32];
} signature;

int arguments(signature *s, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames, PyObject **values);

/* An operation and how its arguments are read. */
typedef struct operation {
  const char *name;
  uint32_t op;
  int (*parse)(call *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
} operation;

const operation *operation_of(PyObject *name);
int parse_query(call *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
int parse_get(call *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
int parse_get_by_key(call *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
int parse_delete(call *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);
int parse_nothing(call *c, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames);

/* ---- store.c ---- */

typedef struct store_object {
  PyObject_HEAD
  nexus_db db;           /* {0} before it is open */
  const void *embedding; /* the context of its embedder in Python, or NULL; only compared */
} store_object;

/* ---- run.c ---- */

/* Runs a call to its end and returns its result; progress is NULL or a callable(done, total). */
PyObject *run_in_slices(store_object *store, call *c, PyObject *progress);
PyObject *run_direct(store_object *store, call *c);

/* ---- results.c, hits.c ---- */

int results_ready(PyObject *module);
int hits_ready(PyObject *module);
/* The Python value of an outcome; takes the arena over. An OPEN is adopted by store. */
PyObject *result_of(store_object *store, const nexus_reply *reply);
PyObject *stats_from(const nexus_stats *stats);
PyObject *report_from(const nexus_report *report);
PyObject *info_from(const nexus_info *info);
PyObject *explanation_from(const nexus_explanation *e);
PyObject *trace_from(const nexus_engine_trace *trace);
PyObject *factors_from(const float *factors);
PyObject *text_object(nexus_text text);
PyObject *time_object(int64_t microseconds);
/* These take the arena over, even where they fail. */
PyObject *answer_from(const void *arena, const nexus_answer *answer);
PyObject *records_from(const void *arena, const nexus_memories *memories);
PyObject *record_from(const void *arena, const nexus_memory *memory);

/* ---- embed.c ---- */

/* Fills embedder so that the library calls a Python callable; name and dim are known. */
int embedder_from(PyObject *embedder, call *c);
PyObject *embed_failure(PyObject *module, PyObject *number); /* take the exception of a failed call */
PyObject *embed_refuse(PyObject *module, PyObject *ignored); /* no further calls; how many run still */
void embed_forked(void);
const void *embedding_running(void); /* the embedding whose callback runs on this thread, or NULL */

int store_ready(PyObject *module);
int queue_ready(PyObject *module);
int queue_from(PyObject *value, nexus_queue *out); /* a Queue, or None for none */

#endif
