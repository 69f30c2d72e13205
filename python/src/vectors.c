/* Numbers in buffers. float32 in the machine's byte order, with adjoining numbers in a row, is used
   where it lies, whatever the distance between rows. float64, gaps within a row and unaligned data
   are converted into a block of the pile. Any other type of number is InvalidError. */
#include "core.h"

static const uint16_t byte_order_probe = 1;

/* The letter of a buffer's format where its byte order is the machine's, else 0. */
static char native_letter(const char *format) {
  int little = *(const uint8_t *)&byte_order_probe;
  if (!format) return 'B';
  if (*format == '@' || *format == '=' || *format == (little ? '<' : '>')) format++;
  return format[0] && !format[1] ? format[0] : 0;
}

static float number_at(const char *at, char letter) {
  double wide;
  float narrow;
  if (letter == 'd') {
    memcpy(&wide, at, sizeof wide);
    return (float)wide;
  }
  memcpy(&narrow, at, sizeof narrow);
  return narrow;
}

static int lies_well(const char *data, char letter, Py_ssize_t row_stride, Py_ssize_t stride) {
  return letter == 'f' && stride == sizeof(float) && row_stride % (Py_ssize_t)sizeof(float) == 0 && (uintptr_t)data % sizeof(float) == 0;
}

/* out->rows x out->columns numbers from data on, at strides; used where they lie or converted. */
static int rows_from(const Py_buffer *view, const char *field, const char *data, Py_ssize_t row_stride, Py_ssize_t stride, pile *p, matrix *out) {
  char letter = native_letter(view->format);
  size_t row, column;
  float *numbers;
  if (letter != 'f' && letter != 'd')
    return raise_invalid("%s holds numbers of format '%s', want float32 (or float64) in this machine's byte order", field,
                         view->format ? view->format : "B");
  if (lies_well(data, letter, row_stride, stride)) {
    out->data = data;
    out->stride = row_stride;
    return 0;
  }
  numbers = pile_block(p, out->rows * out->columns, sizeof *numbers);
  if (!numbers) return -1;
  for (row = 0; row < out->rows; row++)
    for (column = 0; column < out->columns; column++)
      numbers[row * out->columns + column] =
          number_at(data + (Py_ssize_t)row * row_stride + (Py_ssize_t)column * stride, letter);
  out->data = (const char *)numbers;
  out->stride = (Py_ssize_t)(out->columns * sizeof *numbers);
  return 0;
}

/* The object whose buffer holds value's numbers: value, or what its __array__ gives; new reference.
   NULL without an exception where there is none. */
static PyObject *buffer_owner(PyObject *value) {
  PyObject *array;
  if (PyObject_CheckBuffer(value)) return Py_NewRef(value);
  array = PyObject_HasAttrString(value, "__array__") ? PyObject_CallMethod(value, "__array__", NULL) : NULL;
  return array;
}

/* Whether rows first <= i < first + count are there; count becomes their number where it was ALL_ROWS. */
static int rows_there(const char *field, size_t rows, size_t first, size_t *count) {
  if (*count == ALL_ROWS) *count = rows - first;
  if (first + *count <= rows) return 0;
  return raise_invalid("%s has %zu rows, too few for %zu memories", field, rows, first + *count);
}

static int matrix_from_sequence(PyObject *value, const char *field, size_t first, size_t rows, pile *p, matrix *out) {
  PyObject *list = PySequence_Tuple(value);
  size_t i, count = 0;
  const float *row;
  float *numbers = NULL;
  if (!list && PyErr_ExceptionMatches(PyExc_TypeError)) {
    PyErr_Clear();
    PyErr_Format(PyExc_TypeError, "%s has to be a matrix of numbers: a buffer or a sequence of rows", field);
  }
  if (pile_object(p, list) < 0 || rows_there(field, (size_t)PyTuple_Size(list), first, &rows) < 0) return -1;
  for (i = 0; i < rows; i++) {
    if (vector_from(PyTuple_GetItem(list, (Py_ssize_t)(first + i)), p, &row, &count) < 0) return -1;
    if (!i) {
      out->columns = count;
      numbers = pile_block(p, rows * count, sizeof *numbers);
      if (!numbers) return -1;
    }
    if (count != out->columns || !row) return raise_dimension("%s: row %zu has %zu numbers, not %zu", field, first + i, count, out->columns);
    memcpy(numbers + i * count, row, count * sizeof *numbers);
  }
  out->rows = rows;
  out->data = (const char *)numbers;
  out->stride = (Py_ssize_t)(out->columns * sizeof *numbers);
  return 0;
}

int matrix_from(PyObject *value, const char *field, size_t first, size_t rows, pile *p, matrix *out) {
  PyObject *owner = buffer_owner(value);
  Py_buffer *view;
  memset(out, 0, sizeof *out);
  if (!owner) return PyErr_Occurred() ? -1 : matrix_from_sequence(value, field, first, rows, p, out);
  if (pile_object(p, owner) < 0) return -1;
  view = pile_view(p, owner, PyBUF_RECORDS_RO);
  if (!view) return -1;
  if (view->ndim != 2) return raise_dimension("%s has %d dimensions, want 2: a row a vector", field, view->ndim);
  if (rows_there(field, (size_t)view->shape[0], first, &rows) < 0) return -1;
  out->rows = rows;
  out->columns = (size_t)view->shape[1];
  return rows_from(view, field, (const char *)view->buf + (Py_ssize_t)first * view->strides[0], view->strides[0], view->strides[1], p, out);
}

static int vector_from_sequence(PyObject *value, pile *p, const float **out, size_t *count) {
  PyObject *list = PySequence_Check(value) && !PyUnicode_Check(value) ? PySequence_Tuple(value) : NULL;
  Py_ssize_t i, n;
  float *numbers;
  if (!list) {
    if (!PyErr_Occurred()) PyErr_SetString(PyExc_TypeError, "a vector has to be a buffer or a sequence of numbers");
    return -1;
  }
  n = PyTuple_Size(list);
  numbers = pile_block(p, (size_t)n, sizeof *numbers);
  for (i = 0; numbers && i < n; i++)
    if (float_from(PyTuple_GetItem(list, i), "a number of a vector", &numbers[i]) < 0) numbers = NULL;
  Py_DECREF(list);
  *out = numbers;
  *count = (size_t)n;
  return numbers ? 0 : -1;
}

int vector_from(PyObject *value, pile *p, const float **out, size_t *count) {
  PyObject *owner;
  Py_buffer *view;
  matrix m;
  *out = NULL, *count = 0;
  if (!value || value == Py_None) return 0;
  owner = buffer_owner(value);
  if (!owner) {
    if (PyErr_Occurred() || vector_from_sequence(value, p, out, count) < 0) return -1;
  } else {
    if (pile_object(p, owner) < 0) return -1;
    view = pile_view(p, owner, PyBUF_RECORDS_RO);
    if (!view) return -1;
    if (view->ndim != 1) return raise_dimension("a vector has %d dimensions, want 1", view->ndim);
    m.rows = 1;
    m.columns = *count = (size_t)view->shape[0];
    if (rows_from(view, "a vector", view->buf, 0, view->strides[0], p, &m) < 0) return -1;
    *out = matrix_row(&m, 0);
  }
  return *count ? 0 : raise_dimension("a vector has no numbers");
}
