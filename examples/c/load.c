/* Loads the paragraphs of a folder's text files into a store, many at a time, and asks one
   question. Loading again changes nothing: a paragraph's key is its file and place.

     load STORE FOLDER QUESTION                                                          */
#include <dirent.h>
#include <nexus.h>
#include <stdio.h>
#include <stdlib.h>

#define BATCH 256 /* memories that share a commit */
#define PATH_BYTES 1024

/* What waits to be added. Texts and keys belong to the batch. */
struct batch {
  nexus_db db;
  size_t count, loaded;
  nexus_memory memories[BATCH];
};

static void check(nexus_status status, const nexus_error *error) {
  if (status == NEXUS_OK) return;
  fprintf(stderr, "%s\n", error->message);
  exit(1);
}

static void *or_die(void *p) {
  if (p) return p;
  perror("load");
  exit(1);
}

static void flush(struct batch *b) {
  nexus_error error = {.struct_size = sizeof error};
  check(nexus_add(b->db, b->memories, b->count, NULL, &error), &error);
  b->loaded += b->count;
  while (b->count > 0) {
    b->count--;
    free((char *)b->memories[b->count].text.data);
    free((char *)b->memories[b->count].key.data);
  }
}

static void add(struct batch *b, const char *text, size_t size, const char *path, unsigned number) {
  char *copy = or_die(malloc(size + 1)), *key = or_die(malloc(PATH_BYTES + 16));
  nexus_memory *m = &b->memories[b->count++];
  memset(m, 0, sizeof *m);
  memcpy(copy, text, size);
  snprintf(key, PATH_BYTES + 16, "%s#%u", path, number);
  m->struct_size = sizeof *m;
  m->kind = NEXUS_KIND_SEMANTIC;
  m->text.data = copy, m->text.size = size;
  m->key = nexus_str(key);
  if (b->count == BATCH) flush(b);
}

static char *read_file(const char *path) {
  FILE *f = fopen(path, "rb");
  long size;
  char *text;
  if (!f || fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0) return NULL;
  rewind(f);
  text = or_die(calloc(1, (size_t)size + 1));
  text[fread(text, 1, (size_t)size, f)] = 0;
  fclose(f);
  return text;
}

/* Adds the paragraphs of a file: what stands between empty lines. */
static void load_file(struct batch *b, const char *path) {
  char *text = read_file(path), *at = text;
  unsigned number = 0;
  while (at && *at) {
    char *end = strstr(at, "\n\n");
    size_t size = end ? (size_t)(end - at) : strlen(at);
    if (strspn(at, " \t\r\n") < size) add(b, at, size, path, number++);
    at = end ? end + 2 : NULL;
  }
  free(text);
}

static void ask(nexus_db db, const char *question) {
  nexus_error error = {.struct_size = sizeof error};
  nexus_query query = {.struct_size = sizeof query};
  nexus_answer *answer;
  query.text = nexus_str(question);
  query.k = 3;
  check(nexus_query_run(db, &query, &answer, &error), &error);
  for (uint32_t i = 0; i < answer->hit_count; i++) {
    const nexus_hit *hit = nexus_answer_hit(answer, i);
    printf("%.2f %s: %.70s\n", (double)hit->score, hit->memory->key.data, hit->memory->text.data);
  }
  nexus_free(answer);
}

int main(int argc, char **argv) {
  static struct batch b;
  nexus_error error = {.struct_size = sizeof error};
  struct dirent *entry;
  DIR *folder;
  char path[PATH_BYTES];
  if (argc != 4) {
    fprintf(stderr, "usage: load STORE FOLDER QUESTION\n");
    return 2;
  }
  check(nexus_open(nexus_str(argv[1]), NULL, &b.db, &error), &error);
  folder = or_die(opendir(argv[2]));
  while ((entry = readdir(folder))) {
    const char *dot = strrchr(entry->d_name, '.');
    if (!dot || (strcmp(dot, ".txt") != 0 && strcmp(dot, ".md") != 0)) continue;
    snprintf(path, sizeof path, "%s/%s", argv[2], entry->d_name);
    load_file(&b, path);
  }
  closedir(folder);
  flush(&b);
  printf("%zu paragraphs\n", b.loaded);
  ask(b.db, argv[3]);
  check(nexus_close(b.db, &error), &error);
  return 0;
}
