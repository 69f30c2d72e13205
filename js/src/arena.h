/* A bump allocator for the inputs of one call. */
#ifndef NEXUS_NODE_ARENA_H
#define NEXUS_NODE_ARENA_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes that a call has without malloc: a question with its scope, or a short memory. */
#define ARENA_INLINE_BYTES 2048

struct arena_block;

struct arena {
  char *next; /* first free byte of the current block */
  char *end;
  struct arena_block *blocks; /* from malloc, newest first */
  _Alignas(16) char first[ARENA_INLINE_BYTES];
};

void arena_init(struct arena *a);

/* size bytes, aligned to 16 and not cleared, or NULL where memory has run out. They stay
   where they are until arena_free. */
void *arena_alloc(struct arena *a, size_t size);

/* count cleared elements of size bytes, or NULL. count * size must not overflow. */
void *arena_array(struct arena *a, size_t count, size_t size);

/* Bytes that arena_alloc has at a->next without a new block. */
size_t arena_room(const struct arena *a);

void arena_free(struct arena *a);

#endif
