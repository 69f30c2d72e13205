#include "core.h"

/* Makes room for one more pointer. 0, or -1 with MemoryError set. */
static int grow(void ***items, size_t count, size_t *room) {
  size_t larger = *room ? 2 * *room : 16;
  void **moved;
  if (count < *room) return 0;
  moved = PyMem_RawRealloc(*items, larger * sizeof *moved);
  if (!moved) {
    PyErr_NoMemory();
    return -1;
  }
  *items = moved;
  *room = larger;
  return 0;
}

int pile_object(pile *p, PyObject *object) {
  if (!object) return -1;
  if (grow((void ***)(void *)&p->objects, p->object_count, &p->object_room) < 0) {
    Py_DECREF(object);
    return -1;
  }
  p->objects[p->object_count++] = object;
  return 0;
}

void *pile_block(pile *p, size_t count, size_t size) {
  void *block;
  if (grow(&p->blocks, p->block_count, &p->block_room) < 0) return NULL;
  block = PyMem_RawCalloc(count ? count : 1, size);
  if (!block) {
    PyErr_NoMemory();
    return NULL;
  }
  p->blocks[p->block_count++] = block;
  return block;
}

Py_buffer *pile_view(pile *p, PyObject *object, int flags) {
  Py_buffer *view;
  if (grow((void ***)(void *)&p->views, p->view_count, &p->view_room) < 0) return NULL;
  view = PyMem_RawMalloc(sizeof *view);
  if (!view) {
    PyErr_NoMemory();
    return NULL;
  }
  if (PyObject_GetBuffer(object, view, flags) < 0) {
    PyMem_RawFree(view);
    return NULL;
  }
  p->views[p->view_count++] = view;
  return view;
}

void pile_release(pile *p) {
  size_t i;
  for (i = 0; i < p->view_count; i++) {
    PyBuffer_Release(p->views[i]);
    PyMem_RawFree(p->views[i]);
  }
  for (i = 0; i < p->block_count; i++) PyMem_RawFree(p->blocks[i]);
  for (i = 0; i < p->object_count; i++) Py_DECREF(p->objects[i]);
  PyMem_RawFree(p->views);
  PyMem_RawFree(p->blocks);
  PyMem_RawFree(p->objects);
  memset(p, 0, sizeof *p);
}
