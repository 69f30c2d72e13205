#include "arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES_MIN (64u << 10)

struct arena_block {
  struct arena_block *older;
  _Alignas(16) char bytes[];
};

void arena_init(struct arena *a) {
  a->next = a->first;
  a->end = a->first + sizeof a->first;
  a->blocks = NULL;
}

size_t arena_room(const struct arena *a) { return (size_t)(a->end - a->next); }

static bool grow(struct arena *a, size_t size) {
  size_t room = size > BLOCK_BYTES_MIN ? size : BLOCK_BYTES_MIN; /* a multiple of 16 */
  struct arena_block *b = malloc(sizeof *b + room);
  if (!b) return false;
  b->older = a->blocks;
  a->blocks = b;
  a->next = b->bytes;
  a->end = b->bytes + room;
  return true;
}

void *arena_alloc(struct arena *a, size_t size) {
  if (size > SIZE_MAX / 2) return NULL;
  size = (size + 15) & ~(size_t)15;
  if (arena_room(a) < size && !grow(a, size)) return NULL;
  void *p = a->next;
  a->next += size;
  return p;
}

void *arena_array(struct arena *a, size_t count, size_t size) {
  void *p = arena_alloc(a, count * size);
  if (p) memset(p, 0, count * size);
  return p;
}

void arena_free(struct arena *a) {
  while (a->blocks) {
    struct arena_block *older = a->blocks->older;
    free(a->blocks);
    a->blocks = older;
  }
}
