#include "core.h"

nexus_api lib;
python_side py;

int load_library(void) {
  static int loaded;
  PyObject *side, *path;
  const char *wrong;
  if (loaded) return 0;
  side = PyImport_ImportModule("nexus._setup"); /* calls setup */
  Py_XDECREF(side);
  if (!side) return -1;
  if (!PyUnicode_FSConverter(py.library, &path)) return -1;
  wrong = nexus_api_load(&lib, PyBytes_AsString(path));
  Py_DECREF(path);
  if (wrong) {
    PyErr_Format(PyExc_ImportError, "nexus: cannot load %U: %s", py.library, wrong);
    return -1;
  }
  loaded = 1;
  return 0;
}

/* setup(**side): what python_side holds, once, by the names of its members. */
static PyObject *setup(PyObject *module, PyObject *args, PyObject *side) {
  static const char *const names[] = {"library", "make_error", "answer", "hit", "record", "factors_class", "kinds", "intents", "fusions", "routes", "factors", "metrics", "boosts",
                                      "kind_names", "metric_names", "engine_states", "pattern_kind_numbers", "pattern_kinds", "anomaly_columns", "cache_uses", "route_names", "status_names", "datetime", "timedelta", "epoch", "microsecond"};
  PyObject **members = (PyObject **)(void *)&py;
  size_t i;
  (void)module, (void)args;
  for (i = 0; i < sizeof names / sizeof *names; i++) {
    PyObject *value = side ? PyDict_GetItemString(side, names[i]) : NULL;
    if (!value) return PyErr_Format(PyExc_TypeError, "setup lacks %s", names[i]);
    members[i] = Py_NewRef(value);
  }
  Py_RETURN_NONE;
}

static PyObject *info(PyObject *module, PyObject *unused) {
  nexus_error error = error_new();
  nexus_info *found = NULL;
  nexus_status status;
  PyObject *result;
  (void)module, (void)unused;
  if (load_library() < 0) return NULL;
  UNLOCKED(status = lib.nexus_info_read(&found, &error));
  if (status != NEXUS_OK) return raise_status(status, &error);
  result = info_from(found);
  lib.nexus_free(found);
  return result;
}

static signature configure_signature = {"configure", 0, 0, 0, {"max_procs", "gc_percent", "memory_limit"}, {0}};

static PyObject *configure(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames) {
  nexus_error error = error_new();
  nexus_config config;
  nexus_status status;
  double percent = 0;
  uint64_t limit = 0;
  PyObject *v[3];
  (void)module;
  memset(&config, 0, sizeof config);
  config.struct_size = sizeof config;
  if (arguments(&configure_signature, args, nargs, kwnames, v) < 0 || load_library() < 0) return NULL;
  if (v[0] && u32_from(v[0], "max_procs", &config.max_procs) < 0) return NULL;
  if (v[1] && number_from(v[1], "gc_percent", &percent) < 0) return NULL;
  if (v[2] && u64_from(v[2], "memory_limit", &limit) < 0) return NULL;
  if (!(percent >= -1 && percent <= INT32_MAX)) return raise_invalid("gc_percent has to be -1 or more"), NULL;
  if (limit > INT64_MAX) return raise_invalid("memory_limit has to be less than 2**63"), NULL;
  config.gc_percent = (int32_t)percent;
  config.memory_limit = (int64_t)limit;
  UNLOCKED(status = lib.nexus_configure(&config, &error));
  if (status != NEXUS_OK) return raise_status(status, &error);
  Py_RETURN_NONE;
}

static PyObject *after_fork(PyObject *module, PyObject *unused) {
  (void)module, (void)unused;
  embed_forked();
  Py_RETURN_NONE;
}

static PyMethodDef module_methods[] = {
    {"setup", (PyCFunction)(void (*)(void))setup, METH_VARARGS | METH_KEYWORDS, NULL},
    {"info", info, METH_NOARGS, "info()\n--\n\nWhat this build and this machine are: version, CPU features, kernels."},
    {"configure", (PyCFunction)(void (*)(void))configure, METH_FASTCALL | METH_KEYWORDS,
     "configure(*, max_procs=0, gc_percent=0, memory_limit=0)\n--\n\n"
     "Limits of the library in this process: threads that run at once, garbage collection target in\n"
     "percent (-1: off), soft limit of its heap in bytes. 0 leaves a value as it is."},
    {"embed_failure", embed_failure, METH_O, NULL},
    {"embed_refuse", embed_refuse, METH_NOARGS, NULL},
    {"after_fork", after_fork, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL}};

/* One interpreter a process: the library's callbacks need one that they can come back to. */
static int module_exec(PyObject *module) {
  static PyInterpreterState *owner;
  if (owner) {
    PyErr_SetString(PyExc_ImportError, owner == PyInterpreterState_Get() ? "nexus._core cannot be imported twice"
                                                                         : "nexus does not run in a second interpreter of a process");
    return -1;
  }
  owner = PyInterpreterState_Get();
  return intern_fields() < 0 || results_ready(module) < 0 || hits_ready(module) < 0 || store_ready(module) < 0 || queue_ready(module) < 0
             ? -1 : 0;
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, (void *)(uintptr_t)module_exec}, {0, NULL}};
static struct PyModuleDef module_def = {PyModuleDef_HEAD_INIT, "nexus._core", "The C side of nexus.", 0, module_methods, module_slots, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__core(void) { return PyModuleDef_Init(&module_def); }
