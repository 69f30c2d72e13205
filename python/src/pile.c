#include "core.h"

/* Makes room for one more pointer. 0, or -1 with MemoryError set. */
static int grow(void ***items, size_t count, size_t *room) {
  size_t larger = *room ? 2 * *room : 16;
  void **moved;
  if (count < *room) return 0;
  moved = realloc(*items, larger * sizeof *moved);
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
  block = calloc(count ? count : 1, size);
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
  view = malloc(sizeof *view);
  if (!view) {
    PyErr_NoMemory();
    return NULL;
  }
  if (PyObject_GetBuffer(object, view, flags) < 0) {
    free(view);
    return NULL;
  }
  p->views[p->view_count++] = view;
  return view;
}

void pile_release(pile *p) {
  size_t i;
  for (i = 0; i < p->view_count; i++) {
    PyBuffer_Release(p->views[i]);
    free(p->views[i]);
  }
  for (i = 0; i < p->block_count; i++) free(p->blocks[i]);
  for (i = 0; i < p->object_count; i++) Py_DECREF(p->objects[i]);
  free(p->views);
  free(p->blocks);
  free(p->objects);
  memset(p, 0, sizeof *p);
}
