#include "corpus.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* U+F8FF, private use: cJSON ends strings at a NUL, so the file's \u0000 travel as this. */
#define NUL_MARK "\xef\xa3\xbf"
#define MARK_SIZE 3

const char *const metrics[4] = {"", "cosine", "dot", "l2"};
const char *const kinds[5] = {"", "working", "episodic", "semantic", "procedural"};
const char *const factors[NEXUS_FACTOR_COUNT] = {"relevance", "freshness", "diversity", "authority", "coherence", "confidence"};
const char *const pattern_kinds[4] = {"all", "association", "recurring", "burst"};
const char *const columns[7] = {"meaning", "words", "length", "gap", "hour", "weekday", "speaker"};
const char *const fusions[4] = {"learnt", "convex", "rrf", "dbsf"};
const char *const routes[5] = {"adaptive", "cache-only", "smart", "full", "maximum"};
const char *const intents[5] = {"general", "fact", "recent", "explore", "trusted"};

static struct block {
  struct block *next;
} *blocks;
static char why[1024];

void *take(size_t bytes) {
  struct block *b = calloc(1, sizeof *b + bytes);
  if (!b) abort();
  b->next = blocks;
  blocks = b;
  return b + 1;
}

void give_back(void) {
  while (blocks) {
    struct block *next = blocks->next;
    free(blocks);
    blocks = next;
  }
  why[0] = 0;
}

bool wrong(const char *format, ...) {
  if (!why[0]) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
  }
  return false;
}

const char *what_is_wrong(void) { return why; }

char *read_corpus(const char *path) {
  FILE *f = fopen(path, "rb");
  long size;
  char *in, *out;
  size_t i, n = 0;
  if (!f || fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0) return NULL;
  rewind(f);
  in = calloc(1, (size_t)size + 1);
  out = calloc(1, (size_t)size + 1);
  if (!in || !out || fread(in, 1, (size_t)size, f) != (size_t)size || strstr(in, NUL_MARK)) abort();
  fclose(f);
  for (i = 0; i < (size_t)size; i++) {
    if (strncmp(in + i, "\\u0000", 6) == 0) {
      memcpy(out + n, NUL_MARK, MARK_SIZE);
      n += MARK_SIZE, i += 5;
      continue;
    }
    out[n++] = in[i];
    if (in[i] == '\\') out[n++] = in[++i]; /* an escaped backslash begins nothing */
  }
  free(in);
  return out;
}

/* s so many times, with every mark as the NUL that it stands for. */
static nexus_text repeated(const char *s, size_t times) {
  nexus_text t = {NULL, 0};
  char *out = take(strlen(s) * times + 1);
  t.data = out;
  while (times-- > 0)
    for (const char *p = s; *p;) {
      bool mark = strncmp(p, NUL_MARK, MARK_SIZE) == 0;
      out[t.size++] = mark ? 0 : *p;
      p += mark ? MARK_SIZE : 1;
    }
  return t;
}

nexus_text text_of(const cJSON *value) {
  const cJSON *repeat = cJSON_IsObject(value) ? cJSON_GetObjectItemCaseSensitive(value, "$repeat") : NULL;
  if (cJSON_IsString(repeat)) return repeated(repeat->valuestring, (size_t)number(value, "count"));
  if (cJSON_IsString(value)) return repeated(value->valuestring, 1);
  return nexus_str(NULL);
}

nexus_text name_of(const cJSON *value) { return repeated(value->string, 1); }

nexus_text member(const cJSON *object, const char *name) {
  return text_of(cJSON_GetObjectItemCaseSensitive(object, name));
}

double number(const cJSON *object, const char *name) {
  const cJSON *value = cJSON_GetObjectItemCaseSensitive(object, name);
  return cJSON_IsNumber(value) ? value->valuedouble : 0;
}

bool flag(const cJSON *object, const char *name) {
  return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, name));
}

bool same_text(nexus_text a, nexus_text b) { return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0); }

/* Days from 1970-01-01 in the proleptic Gregorian calendar: years from March, eras of 400. */
static int64_t days(int64_t year, int month, int day) {
  int64_t y = month <= 2 ? year - 1 : year, era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
  int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

bool time_of(nexus_text t, int64_t *microseconds) {
  int year, month, day, hour, minute, second, used = 0, zone_hours = 0, zone_minutes = 0;
  int64_t fraction = 0, unit = 1000000;
  char zone;
  const char *s = t.data;
  if (!s || sscanf(s, "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second, &used) != 6) return false;
  s += used;
  if (*s == '.')
    for (s++; *s >= '0' && *s <= '9'; s++) fraction += (*s - '0') * (unit /= 10);
  zone = *s;
  if (zone != 'Z' && (sscanf(s + 1, "%2d:%2d", &zone_hours, &zone_minutes) != 2 || (zone != '+' && zone != '-'))) return false;
  minute -= (zone == '-' ? -1 : 1) * (zone_hours * 60 + zone_minutes);
  *microseconds = (((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second) * 1000000 + fraction;
  return true;
}

float *floats_of(const cJSON *list, size_t *count) {
  const cJSON *one;
  float *out;
  *count = 0;
  if (!cJSON_IsArray(list)) return NULL;
  out = take(sizeof(float) * (size_t)cJSON_GetArraySize(list));
  cJSON_ArrayForEach(one, list) {
    bool word = cJSON_IsString(one);
    out[(*count)++] = word ? (strcmp(one->valuestring, "nan") == 0 ? NAN : INFINITY) : (float)one->valuedouble;
  }
  return out;
}

bool known_members(const cJSON *object, const char *names) {
  const cJSON *m;
  char padded[512], wanted[128];
  snprintf(padded, sizeof padded, " %s ", names);
  cJSON_ArrayForEach(m, object) {
    snprintf(wanted, sizeof wanted, " %s ", m->string);
    if (!strstr(padded, wanted)) return wrong("member \"%s\" is not known", m->string);
  }
  return true;
}

int place_of(nexus_text name, const char *const *names, int count) {
  for (int i = 0; i < count; i++)
    if (same_text(name, nexus_str(names[i]))) return i;
  return -1;
}
