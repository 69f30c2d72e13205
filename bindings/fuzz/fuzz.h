/* Values from the fuzzer's bytes. */
#ifndef NEXUS_FUZZ_H
#define NEXUS_FUZZ_H

#include <nexus.h>

/* What is left of an input; beyond its end there are zeros. */
struct bytes {
  const uint8_t *next, *end;
};

unsigned take8(struct bytes *b);
uint64_t take64(struct bytes *b);
uint32_t any_number(struct bytes *b); /* small, at a limit, or any */

/* Zeroed memory that ends where a page begins that cannot be read; until drop_pages. */
void *page_end(size_t size);
void drop_pages(void);

nexus_text any_text(struct bytes *b);
nexus_memory *any_memories(struct bytes *b, size_t *count);
nexus_patch *any_patch(struct bytes *b);
nexus_query *any_query(struct bytes *b);
nexus_selection *any_selection(struct bytes *b); /* or NULL */
nexus_judged *any_judged(struct bytes *b);       /* or NULL */
nexus_mining *any_mining(struct bytes *b);       /* or NULL */
nexus_training *any_training(struct bytes *b);   /* or NULL */
nexus_open_options *any_options(struct bytes *b); /* or NULL */
nexus_config *any_config(struct bytes *b);
nexus_request *any_request(struct bytes *b);
nexus_error *any_error(struct bytes *b); /* or NULL */

void must(int holds, const char *what);

/* Read all that a result points to. */
void read_text(nexus_text t);
void read_memories(const nexus_memories *list);
void read_answer(const nexus_answer *a, uint32_t k);

#endif
