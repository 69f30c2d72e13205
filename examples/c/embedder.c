/* An embedder of the application's own, in place of the built-in one. This one counts pairs of
   letters: put a real model's call in its place.

     embedder STORE                                                                      */
#include <ctype.h>
#include <math.h>
#include <nexus.h>
#include <stdio.h>
#include <stdlib.h>

#define DIMENSION 64

struct model {
  unsigned calls; /* of embed; several at once may count one too few */
};

static void embed_one(nexus_text text, float *row) {
  double sum = 0;
  memset(row, 0, sizeof *row * DIMENSION);
  for (size_t i = 0; i + 1 < text.size; i++) {
    unsigned a = (unsigned)tolower((unsigned char)text.data[i]), b = (unsigned)tolower((unsigned char)text.data[i + 1]);
    row[(a * 31 + b) % DIMENSION] += 1;
  }
  for (int i = 0; i < DIMENSION; i++) sum += (double)row[i] * (double)row[i];
  for (int i = 0; i < DIMENSION && sum > 0; i++) row[i] /= (float)sqrt(sum);
}

/* Called from the library's threads. Its message is part of the error of the call that needed it. */
static nexus_status embed(void *context, const nexus_text *texts, size_t count, float *rows, char *message, size_t size) {
  struct model *m = context;
  for (size_t i = 0; i < count; i++) {
    if (texts[i].size < 2) {
      snprintf(message, size, "a text of one letter has no pairs");
      return NEXUS_INVALID;
    }
    embed_one(texts[i], rows + i * DIMENSION);
  }
  m->calls++;
  return NEXUS_OK;
}

static void check(nexus_status status, const nexus_error *error) {
  if (status == NEXUS_OK) return;
  fprintf(stderr, "%s\n", error->message);
  exit(1);
}

int main(int argc, char **argv) {
  static const char *const facts[] = {"The harbour freezes in January.", "Boats are painted in April.", "The lighthouse burns at night."};
  nexus_error error = {.struct_size = sizeof error};
  nexus_embedder embedder = {.struct_size = sizeof embedder, .dim = DIMENSION, .embed = embed};
  nexus_open_options options = {.struct_size = sizeof options, .embedder = &embedder};
  nexus_query query = {.struct_size = sizeof query};
  nexus_memory memory = {.struct_size = sizeof memory};
  nexus_answer *answer;
  struct model model = {0};
  nexus_db db;
  if (argc != 2) return 2;
  embedder.name = nexus_str("letter pairs, version 1");
  embedder.context = &model;
  check(nexus_open(nexus_str(argv[1]), &options, &db, &error), &error);
  for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
    memory.text = memory.key = nexus_str(facts[i]);
    check(nexus_add(db, &memory, 1, NULL, &error), &error);
  }
  query.text = nexus_str("lighthous burnin"); /* no word of it occurs, its pairs of letters do */
  check(nexus_query_run(db, &query, &answer, &error), &error);
  printf("%s (%u calls of the model)\n", nexus_answer_hit(answer, 0)->memory->text.data, model.calls);
  nexus_free(answer);
  check(nexus_close(db, &error), &error);
  return 0;
}
