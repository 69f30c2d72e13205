/* One Python value to one C value. A text is borrowed from its str, whose UTF-8 form CPython keeps
   as long as the str lives: the caller has to hold the str. */
#include "core.h"

static int wrong_type(const char *field, const char *want, PyObject *value) {
  PyObject *name = PyObject_GetAttrString((PyObject *)Py_TYPE(value), "__name__");
  if (name) PyErr_Format(PyExc_TypeError, "%s has to be %s, not %U", field, want, name);
  Py_XDECREF(name);
  return -1;
}

/* A conversion that failed for a reason of the value, not of its type, is InvalidError. */
static int out_of_range(const char *field, const char *want) {
  if (!PyErr_ExceptionMatches(PyExc_OverflowError) && !PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) return -1;
  PyErr_Clear();
  return raise_invalid("%s has to be %s", field, want);
}

int text_from(PyObject *value, const char *field, nexus_text *out) {
  Py_ssize_t size;
  if (!value || value == Py_None) return 0;
  if (!PyUnicode_Check(value)) return wrong_type(field, "str", value);
  out->data = PyUnicode_AsUTF8AndSize(value, &size);
  if (!out->data) return out_of_range(field, "text that UTF-8 can hold: it has a lone surrogate");
  out->size = (size_t)size;
  return 0;
}

int path_from(PyObject *value, pile *p, nexus_text *out) {
  PyObject *bytes;
  char *data;
  Py_ssize_t size;
  if (!PyUnicode_FSConverter(value, &bytes)) return -1;
  if (pile_object(p, bytes) < 0 || PyBytes_AsStringAndSize(bytes, &data, &size) < 0) return -1;
  out->data = data;
  out->size = (size_t)size;
  return 0;
}

int time_from(PyObject *value, const char *field, int64_t *out) {
  PyObject *since, *count;
  if (!PyObject_IsInstance(value, py.datetime)) return wrong_type(field, "a datetime", value);
  since = PyNumber_Subtract(value, py.epoch);
  if (!since) {
    if (!PyErr_ExceptionMatches(PyExc_TypeError)) return -1;
    PyErr_Clear();
    return raise_invalid("%s: the datetime has no time zone; give one, such as timezone.utc", field);
  }
  count = PyNumber_FloorDivide(since, py.microsecond);
  Py_DECREF(since);
  if (!count) return -1;
  *out = PyLong_AsLongLong(count);
  Py_DECREF(count);
  return *out == -1 && PyErr_Occurred() ? -1 : 0;
}

int u64_from(PyObject *value, const char *field, uint64_t *out) {
  PyObject *number;
  if (!PyIndex_Check(value)) return wrong_type(field, "int", value);
  number = PyNumber_Index(value);
  if (!number) return -1;
  *out = PyLong_AsUnsignedLongLong(number);
  Py_DECREF(number);
  if (*out == (uint64_t)-1 && PyErr_Occurred()) return out_of_range(field, "0 or more, and less than 2**64");
  return 0;
}

int i64_from(PyObject *value, const char *field, int64_t *out) {
  PyObject *number;
  if (!PyIndex_Check(value)) return wrong_type(field, "int", value);
  number = PyNumber_Index(value);
  if (!number) return -1;
  *out = PyLong_AsLongLong(number);
  Py_DECREF(number);
  if (*out == -1 && PyErr_Occurred()) return out_of_range(field, "at least -2**63, and less than 2**63");
  return 0;
}

int u32_from(PyObject *value, const char *field, uint32_t *out) {
  uint64_t wide;
  if (u64_from(value, field, &wide) < 0) return -1;
  if (wide > UINT32_MAX) return raise_invalid("%s has to be less than 2**32", field);
  *out = (uint32_t)wide;
  return 0;
}

int number_from(PyObject *value, const char *field, double *out) {
  if (PyUnicode_Check(value)) return wrong_type(field, "a number", value);
  *out = PyFloat_AsDouble(value);
  if (*out != -1 || !PyErr_Occurred()) return 0;
  if (!PyErr_ExceptionMatches(PyExc_TypeError)) return out_of_range(field, "a number that fits a float");
  PyErr_Clear();
  return wrong_type(field, "a number", value);
}

int float_from(PyObject *value, const char *field, float *out) {
  double wide;
  if (number_from(value, field, &wide) < 0) return -1;
  *out = (float)wide;
  return 0;
}

int named_from(PyObject *value, PyObject *names, const char *field, uint32_t *out) {
  PyObject *number;
  if (!value || value == Py_None) return 0;
  if (!PyUnicode_Check(value)) return wrong_type(field, "str", value);
  if (PyUnicode_CompareWithASCIIString(value, "") == 0) return 0;
  number = PyDict_GetItemWithError(names, value);
  if (!number) {
    PyObject *known = PyErr_Occurred() ? NULL : PyDict_Keys(names);
    if (known) raise_invalid("%s has to be one of %S", field, known);
    Py_XDECREF(known);
    return -1;
  }
  *out = (uint32_t)PyLong_AsUnsignedLong(number);
  return 0;
}

int texts_from(PyObject *value, const char *field, pile *p, const nexus_text **out, size_t *count) {
  Py_ssize_t i, n;
  nexus_text *texts;
  PyObject *list;
  if (PyUnicode_Check(value)) return wrong_type(field, "a sequence of str", value);
  list = PySequence_Tuple(value);
  if (pile_object(p, list) < 0) return -1;
  n = PyTuple_Size(list);
  texts = pile_block(p, (size_t)n, sizeof *texts);
  if (!texts) return -1;
  for (i = 0; i < n; i++) {
    PyObject *item = PyTuple_GetItem(list, i);
    if (!PyUnicode_Check(item)) return wrong_type(field, "a sequence of str", item);
    if (text_from(item, field, &texts[i]) < 0) return -1;
  }
  *out = texts;
  *count = (size_t)n;
  return 0;
}

static int meta_value(PyObject *value, pile *p, nexus_meta *out) {
  size_t count = 0;
  if (PyUnicode_Check(value)) {
    out->type = NEXUS_META_TYPE_STRING;
    return text_from(value, "a value of meta", &out->text);
  }
  if (PyBool_Check(value)) {
    out->type = NEXUS_META_TYPE_BOOL;
    out->number = value == Py_True;
    return 0;
  }
  if (PyFloat_Check(value) || PyLong_Check(value)) {
    out->type = NEXUS_META_TYPE_NUMBER;
    return number_from(value, "a value of meta", &out->number);
  }
  if (PyList_Check(value) || PyTuple_Check(value)) {
    out->type = NEXUS_META_TYPE_LIST;
    if (texts_from(value, "a list in meta", p, &out->list, &count) < 0) return -1;
    out->list_count = (uint32_t)count;
    return 0;
  }
  if (PyObject_IsInstance(value, py.datetime)) {
    out->type = NEXUS_META_TYPE_TIME;
    return time_from(value, "a value of meta", &out->time_us);
  }
  if (PyNumber_Check(value)) { /* numpy's scalars and the like */
    out->type = NEXUS_META_TYPE_NUMBER;
    return number_from(value, "a value of meta", &out->number);
  }
  return wrong_type("a value of meta", "str, a number, bool, datetime or a list of str", value);
}

int meta_from(PyObject *value, pile *p, const nexus_meta **out, size_t *count) {
  PyObject *items, *pair;
  nexus_meta *metas;
  Py_ssize_t i, n;
  if (!value || value == Py_None) return 0;
  if (!PyDict_Check(value)) return wrong_type("meta", "a dict", value);
  items = PyMapping_Items(value); /* a list of its own: the dict may change meanwhile */
  if (pile_object(p, items) < 0) return -1;
  n = PyList_Size(items);
  metas = pile_block(p, (size_t)n, sizeof *metas);
  if (!metas) return -1;
  for (i = 0; i < n; i++) {
    pair = PyList_GetItem(items, i);
    PyObject *name = PyTuple_GetItem(pair, 0);
    if (!PyUnicode_Check(name)) return wrong_type("a name in meta", "str", name);
    if (text_from(name, "a name in meta", &metas[i].name) < 0) return -1;
    if (meta_value(PyTuple_GetItem(pair, 1), p, &metas[i]) < 0) return -1;
  }
  *out = metas;
  *count = (size_t)n;
  return 0;
}
