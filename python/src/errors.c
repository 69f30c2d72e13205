#include "core.h"

#include <stdarg.h>

PyObject *raise_status(nexus_status status, const nexus_error *error) {
  const char *message = error && error->message_size ? error->message : lib.nexus_status_name ? lib.nexus_status_name(status) : "";
  PyObject *exception = PyObject_CallFunction(py.make_error, "isO", (int)status, message,
                                              error && error->retryable ? Py_True : Py_False);
  if (exception) {
    PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
    Py_DECREF(exception);
  }
  return NULL;
}

static int raise_formatted(nexus_status status, const char *format, va_list values) {
  PyObject *message = PyUnicode_FromFormatV(format, values), *exception;
  if (!message) return -1;
  exception = PyObject_CallFunction(py.make_error, "iOO", (int)status, message, Py_False);
  Py_DECREF(message);
  if (exception) {
    PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
    Py_DECREF(exception);
  }
  return -1;
}

int raise_invalid(const char *format, ...) {
  va_list values;
  va_start(values, format);
  raise_formatted(NEXUS_INVALID, format, values);
  va_end(values);
  return -1;
}

int raise_dimension(const char *format, ...) {
  va_list values;
  va_start(values, format);
  raise_formatted(NEXUS_DIMENSION, format, values);
  va_end(values);
  return -1;
}
