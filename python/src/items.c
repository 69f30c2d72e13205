/* Memories from Python: strs, dicts, nexus.Memory and what looks like it, or columns. One table of
   fields and one setter serve all; they differ in where the value of a field is fetched from. */
#include "core.h"

enum field { TEXT, KEY, TENANT, USER, AGENT, SESSION, SPEAKER, SOURCE, START, END, TIME, KIND, IMPORTANCE, META, VECTOR, VALID_FROM, VALID_TO, EXPIRES, FIELD_COUNT };

static const char *const field_names[FIELD_COUNT] = {
    "text", "key", "tenant", "user", "agent", "session", "speaker", "source",
    "start", "end", "time", "kind", "importance", "meta", "vector",
    "valid_from", "valid_to", "expires"};
static PyObject *interned[FIELD_COUNT];

int intern_fields(void) {
  int f;
  for (f = 0; f < FIELD_COUNT; f++) {
    interned[f] = PyUnicode_InternFromString(field_names[f]);
    if (!interned[f]) return -1;
  }
  return 0;
}

static nexus_text *text_member(nexus_memory *m, enum field f) {
  nexus_text *const members[] = {&m->text, &m->key, &m->tenant, &m->user, &m->agent, &m->session, &m->speaker, &m->source};
  return members[f];
}

/* Sets one field; None is not given. value has to be held by the caller. */
static int set_field(nexus_memory *m, enum field f, PyObject *value, pile *p) {
  if (value == Py_None) return 0;
  switch (f) {
    case START: return u64_from(value, "start", &m->source_start);
    case END: return u64_from(value, "end", &m->source_end);
    case TIME: m->flags |= NEXUS_MEMORY_HAS_TIME; return time_from(value, "time", &m->event_time_us);
    case VALID_FROM: m->flags |= NEXUS_MEMORY_HAS_VALID_FROM; return time_from(value, "valid_from", &m->valid_from_us);
    case VALID_TO: m->flags |= NEXUS_MEMORY_HAS_VALID_TO; return time_from(value, "valid_to", &m->valid_to_us);
    case EXPIRES: m->flags |= NEXUS_MEMORY_HAS_EXPIRY; return time_from(value, "expires", &m->expires_us);
    case KIND: return named_from(value, py.kinds, "kind", &m->kind);
    case IMPORTANCE: return float_from(value, "importance", &m->importance);
    case META: return meta_from(value, p, &m->meta, &m->meta_count);
    case VECTOR: return vector_from(value, p, &m->vector, &m->vector_count);
    default: return text_from(value, field_names[f], text_member(m, f));
  }
}

/* Names in a dict that are no fields: a misspelt one would lose data without a word. */
static int reject_unknown(PyObject *dict) {
  PyObject *names = PyDict_Keys(dict); /* a list of its own: comparing may run Python code, which may change the dict */
  Py_ssize_t i, n = names ? PyList_Size(names) : 0;
  int f, known = 1;
  for (i = 0; i < n && known == 1; i++) {
    PyObject *name = PyList_GetItem(names, i);
    known = 0;
    for (f = 0; f < FIELD_COUNT && !known; f++) known = PyObject_RichCompareBool(name, interned[f], Py_EQ);
    if (!known) PyErr_Format(PyExc_TypeError, "a memory has no field %R", name);
  }
  Py_XDECREF(names);
  return names && known == 1 ? 0 : -1;
}

static int from_dict(nexus_memory *m, PyObject *dict, pile *p) {
  int f, found = 0;
  for (f = 0; f < FIELD_COUNT; f++) {
    PyObject *value = PyDict_GetItemWithError(dict, interned[f]);
    if (!value) {
      if (PyErr_Occurred()) return -1;
      continue;
    }
    found++;
    if (value == Py_None) continue;
    if (pile_object(p, Py_NewRef(value)) < 0 || set_field(m, f, value, p) < 0) return -1;
  }
  return found == PyDict_Size(dict) ? 0 : reject_unknown(dict);
}

static int from_attributes(nexus_memory *m, PyObject *item, pile *p) {
  int f;
  for (f = 0; f < FIELD_COUNT; f++) {
    PyObject *value = PyObject_GetAttr(item, interned[f]);
    if (!value) {
      if (f == TEXT && PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        PyErr_SetString(PyExc_TypeError, "a memory has to be str, dict or nexus.Memory");
      }
      return -1;
    }
    if (value == Py_None) {
      Py_DECREF(value);
      continue;
    }
    if (pile_object(p, value) < 0 || set_field(m, f, value, p) < 0) return -1;
  }
  return 0;
}

static int from_item(nexus_memory *m, PyObject *item, pile *p) {
  m->struct_size = sizeof *m;
  if (PyUnicode_Check(item)) return text_from(item, "text", &m->text);
  if (PyDict_Check(item)) return from_dict(m, item, p);
  return from_attributes(m, item, p);
}

int patch_from(PyObject *fields, pile *p, nexus_patch *out) {
  static const uint32_t flags[FIELD_COUNT] = {
      [TEXT] = NEXUS_PATCH_TEXT, [SPEAKER] = NEXUS_PATCH_SPEAKER, [KIND] = NEXUS_PATCH_KIND, [IMPORTANCE] = NEXUS_PATCH_IMPORTANCE,
      [TIME] = NEXUS_PATCH_TIME, [VALID_FROM] = NEXUS_PATCH_VALID_FROM, [VALID_TO] = NEXUS_PATCH_VALID_TO, [EXPIRES] = NEXUS_PATCH_EXPIRY};
  nexus_memory *m = pile_block(p, 1, sizeof *m);
  int f;
  if (!m) return -1;
  m->struct_size = sizeof *m;
  out->struct_size = sizeof *out;
  out->memory = m;
  if (!PyDict_Check(fields)) return PyErr_BadInternalCall(), -1;
  if (from_dict(m, fields, p) < 0) return -1;
  for (f = 0; f < FIELD_COUNT; f++) {
    int given = PyDict_GetItemWithError(fields, interned[f]) != NULL;
    if (PyErr_Occurred()) return -1;
    if (given && !flags[f] && f != META && f != VECTOR) {
      PyErr_Format(PyExc_TypeError, "an update cannot change %s", field_names[f]);
      return -1;
    }
    if (given) out->flags |= flags[f];
  }
  return 0;
}

/* The rows that vectors gives from first on, one a memory; none where vectors is None. */
static int vectors_fit(PyObject *vectors, size_t first, size_t count, pile *p, matrix *rows) {
  memset(rows, 0, sizeof *rows);
  if (!vectors || vectors == Py_None) return 0;
  if (matrix_from(vectors, "vectors", first, count, p, rows) < 0) return -1;
  return rows->columns || !count ? 0 : raise_dimension("vectors has rows without numbers");
}

static void set_row(nexus_memory *m, const matrix *rows, size_t row) {
  if (!rows->columns) return;
  m->vector = matrix_row(rows, row);
  m->vector_count = rows->columns;
}

int memories_from(PyObject *items, PyObject *vectors, size_t first, pile *p, const nexus_memory **out, size_t *count) {
  PyObject *list = PySequence_Tuple(items);
  nexus_memory *memories;
  matrix rows;
  size_t i;
  if (pile_object(p, list) < 0) return -1;
  *count = (size_t)PyTuple_Size(list);
  memories = pile_block(p, *count, sizeof *memories);
  if (!memories || vectors_fit(vectors, first, *count, p, &rows) < 0) return -1;
  for (i = 0; i < *count; i++) {
    if (from_item(&memories[i], PyTuple_GetItem(list, (Py_ssize_t)i), p) < 0) return -1;
    set_row(&memories[i], &rows, i);
  }
  *out = memories;
  return 0;
}

/* Sets one field of all rows: a list has a value a row, anything else is the value of every row. */
static int set_column(nexus_memory *memories, enum field f, PyObject *column, size_t start, size_t stop, pile *p) {
  size_t i;
  int listed = PyList_Check(column);
  for (i = start; i < stop; i++) {
    PyObject *value = column;
    if (listed) {
      value = PyList_GetItem(column, (Py_ssize_t)i);
      if (!value || pile_object(p, Py_NewRef(value)) < 0) return -1;
    }
    if (set_field(&memories[i - start], f, value, p) < 0) return -1;
  }
  return 0;
}

int memories_from_columns(PyObject *columns, PyObject *vectors, size_t start, size_t stop, pile *p, const nexus_memory **out) {
  nexus_memory *memories = pile_block(p, stop - start, sizeof *memories);
  matrix rows;
  size_t i;
  int f;
  if (!memories) return -1;
  if (!PyDict_Check(columns)) return PyErr_BadInternalCall(), -1;
  if (vectors_fit(vectors, start, stop - start, p, &rows) < 0) return -1;
  for (i = 0; i < stop - start; i++) {
    memories[i].struct_size = sizeof *memories;
    set_row(&memories[i], &rows, i);
  }
  for (f = 0; f < FIELD_COUNT; f++) {
    PyObject *column = PyDict_GetItemWithError(columns, interned[f]);
    if (!column && PyErr_Occurred()) return -1;
    if (column && (pile_object(p, Py_NewRef(column)) < 0 || set_column(memories, f, column, start, stop, p) < 0)) return -1;
  }
  *out = memories;
  return 0;
}
