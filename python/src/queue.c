/* The type Queue: where jobs are announced that are done; one an event loop. */
#include "core.h"

typedef struct queue_object {
  PyObject_HEAD
  nexus_queue queue;
} queue_object;

static PyTypeObject *queue_class;

int queue_from(PyObject *value, nexus_queue *out) {
  if (value == Py_None) return 0;
  if (!PyObject_TypeCheck(value, queue_class)) return PyErr_BadArgument(), -1;
  *out = ((queue_object *)value)->queue;
  return 0;
}

static PyObject *queue_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
  allocfunc allocate = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
  nexus_error error = error_new();
  nexus_status status;
  queue_object *self;
  (void)args, (void)kwargs;
  if (load_library() < 0) return NULL;
  self = (queue_object *)allocate(type, 0);
  if (!self) return NULL;
  UNLOCKED(status = lib.nexus_queue_create(&self->queue, &error));
  if (status == NEXUS_OK) return (PyObject *)self;
  Py_DECREF(self);
  return raise_status(status, &error);
}

static PyObject *queue_close(PyObject *self, PyObject *unused) {
  nexus_queue *queue = &((queue_object *)self)->queue;
  (void)unused;
  if (queue->v) lib.nexus_queue_close(*queue, NULL);
  queue->v = 0;
  Py_RETURN_NONE;
}

static void queue_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
  Py_XDECREF(queue_close(self, NULL));
  release(self);
  Py_DECREF(type);
}

static PyObject *queue_fileno(PyObject *self, PyObject *unused) {
  nexus_error error = error_new();
  int fd = -1;
  nexus_status status = lib.nexus_queue_fd(((queue_object *)self)->queue, &fd, &error);
  (void)unused;
  return status == NEXUS_OK ? PyLong_FromLong(fd) : raise_status(status, &error);
}

/* drain(): the tags of jobs that are done, at once. */
static PyObject *queue_drain(PyObject *self, PyObject *unused) {
  nexus_error error = error_new();
  nexus_completion done[64];
  size_t i, count = 0;
  PyObject *tags;
  nexus_status status = lib.nexus_queue_drain(((queue_object *)self)->queue, done, 64, 0, &count, &error);
  (void)unused;
  if (status != NEXUS_OK && status != NEXUS_DEADLINE) return raise_status(status, &error);
  tags = PyList_New((Py_ssize_t)count);
  for (i = 0; tags && i < count; i++) {
    PyObject *tag = PyLong_FromVoidPtr(done[i].tag);
    if (!tag) Py_CLEAR(tags);
    else PyList_SetItem(tags, (Py_ssize_t)i, tag);
  }
  return tags;
}

static PyMethodDef queue_methods[] = {
    {"fileno", queue_fileno, METH_NOARGS, "A file descriptor that polls readable while something is done."},
    {"drain", queue_drain, METH_NOARGS, "The tags of at most 64 jobs that are done."},
    {"close", queue_close, METH_NOARGS, "Closes the queue; jobs go on unannounced."},
    {NULL, NULL, 0, NULL}};
static PyType_Slot queue_slots[] = {{Py_tp_new, queue_new}, {Py_tp_dealloc, queue_dealloc}, {Py_tp_methods, queue_methods}, {0, NULL}};
static PyType_Spec queue_spec = {"nexus._core.Queue", sizeof(queue_object), 0, Py_TPFLAGS_DEFAULT, queue_slots};

int queue_ready(PyObject *module) {
  queue_class = (PyTypeObject *)PyType_FromModuleAndSpec(module, &queue_spec, NULL);
  return queue_class ? PyModule_AddType(module, queue_class) : -1;
}
