/* What the Python side calls so that no Python stands between two rows: loops over a
 * peer's single-pair kernel, and the probes of this machine's ceilings. serve.py
 * compiles it with `cc -O2` when it starts. */
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Every repetition must read the data anew. */
#define AGAIN() __asm__ volatile("" ::: "memory")

/* dense is a kernel of two vectors as NumKong declares them: a, b, dimensions, result. */
typedef void (*dense)(const void *, const void *, uint64_t, void *);

/* scan_dense: out[i] = kernel(query, row i), reps times. dims is what the kernel is
 * told, which for bits is not the number of bytes. */
void scan_dense(dense kernel, const char *query, const char *rows, uint64_t dims, uint64_t row_bytes, uint64_t count,
                char *out, uint64_t out_bytes, uint64_t reps) {
  for (; reps; reps--) {
    for (uint64_t i = 0; i < count; i++) kernel(query, rows + i * row_bytes, dims, out + i * out_bytes);
    AGAIN();
  }
}

/* gather_dense: the same for the rows that ids name. */
void gather_dense(dense kernel, const char *query, const char *rows, uint64_t dims, uint64_t row_bytes,
                  const uint32_t *ids, uint64_t count, char *out, uint64_t out_bytes, uint64_t reps) {
  for (; reps; reps--) {
    for (uint64_t i = 0; i < count; i++) kernel(query, rows + ids[i] * row_bytes, dims, out + i * out_bytes);
    AGAIN();
  }
}

/* The read probes OR every byte into eight accumulators and do nothing else: in one
 * stream, or in four that start a quarter of the data apart. size is a multiple of
 * 2048 bytes. level is 2 for 512-bit loads, 1 for 256-bit ones, 0 for plain C. */
static uint64_t read_plain(const char *data, size_t size) {
  const uint64_t *p = (const uint64_t *)data, *end = p + size / 8;
  uint64_t a = 0, b = 0, c = 0, d = 0;
  for (; p < end; p += 4) a |= p[0], b |= p[1], c |= p[2], d |= p[3];
  return a | b | c | d;
}

#if defined(__x86_64__)
#define READER(NAME, TARGET, VECTOR, LOAD, OR, ZERO)                                              \
  __attribute__((target(TARGET))) static uint64_t NAME(const char *p, size_t size, size_t apart) { \
    const size_t w = sizeof(VECTOR), streams = apart ? 4 : 1;                                     \
    const size_t q = apart ? apart : 2 * w, step = apart ? 2 * w : 8 * w;                         \
    VECTOR a = ZERO(), b = a, c = a, d = a, e = a, f = a, g = a, h = a;                           \
    for (const char *end = p + size / streams; p < end; p += step) {                              \
      a = OR(a, LOAD((const void *)(p)));                                                         \
      b = OR(b, LOAD((const void *)(p + w)));                                                     \
      c = OR(c, LOAD((const void *)(p + q)));                                                     \
      d = OR(d, LOAD((const void *)(p + q + w)));                                                 \
      e = OR(e, LOAD((const void *)(p + 2 * q)));                                                 \
      f = OR(f, LOAD((const void *)(p + 2 * q + w)));                                             \
      g = OR(g, LOAD((const void *)(p + 3 * q)));                                                 \
      h = OR(h, LOAD((const void *)(p + 3 * q + w)));                                             \
    }                                                                                             \
    VECTOR all = OR(OR(OR(a, b), OR(c, d)), OR(OR(e, f), OR(g, h)));                              \
    return (uint64_t)all[0];                                                                      \
  }

READER(read_512, "avx512f", __m512i, _mm512_loadu_si512, _mm512_or_si512, _mm512_setzero_si512)
READER(read_256, "avx2", __m256i, _mm256_loadu_si256, _mm256_or_si256, _mm256_setzero_si256)
#endif

uint64_t read_all(const char *p, uint64_t size, uint64_t streams, uint64_t level, uint64_t reps) {
  uint64_t all = 0;
  for (; reps; reps--) {
#if defined(__x86_64__)
    if (level == 2) all |= read_512(p, size, streams == 4 ? size / 4 : 0);
    if (level == 1) all |= read_256(p, size, streams == 4 ? size / 4 : 0);
#endif
    if (level == 0) all |= read_plain(p, size);
    AGAIN();
  }
  return all;
}

/* The peaks of INT8 multiply-add: twelve independent accumulators in registers and no
 * memory. KEEP is an empty statement that the compiler takes for a change of x, so that
 * it can neither hoist nor drop what comes before. */
#if defined(__x86_64__)
#define KEEP(x) __asm__ volatile("" : "+v"(x))
#define TWELVE(OP) OP(0) OP(1) OP(2) OP(3) OP(4) OP(5) OP(6) OP(7) OP(8) OP(9) OP(10) OP(11)

__attribute__((target("avx2"))) static uint64_t peak_maddwd(uint64_t reps) {
  __m256i s[12] = {0}, x = _mm256_set1_epi16(3), y = _mm256_set1_epi16(-2);
  for (; reps; reps--) {
#define STEP(i)                                                \
  KEEP(x);                                                     \
  s[i] = _mm256_add_epi32(s[i], _mm256_madd_epi16(x, y));      \
  KEEP(s[i]);
    TWELVE(STEP)
#undef STEP
  }
  return 12 * 16;
}

__attribute__((target("avx2"))) static uint64_t peak_maddubs(uint64_t reps) {
  __m256i s[12] = {0}, x = _mm256_set1_epi8(3), y = _mm256_set1_epi8(-2), one = _mm256_set1_epi16(1);
  for (; reps; reps--) {
#define STEP(i)                                                                              \
  KEEP(x);                                                                                   \
  s[i] = _mm256_add_epi32(s[i], _mm256_madd_epi16(_mm256_maddubs_epi16(x, y), one));         \
  KEEP(s[i]);
    TWELVE(STEP)
#undef STEP
  }
  return 12 * 32;
}

__attribute__((target("avx512f,avx512bw,avx512vnni"))) static uint64_t peak_dpbusd(uint64_t reps) {
  __m512i s[12] = {0}, x = _mm512_set1_epi8(3), y = _mm512_set1_epi8(-2);
  for (; reps; reps--) {
#define STEP(i)                                \
  KEEP(x);                                     \
  s[i] = _mm512_dpbusd_epi32(s[i], x, y);      \
  KEEP(s[i]);
    TWELVE(STEP)
#undef STEP
  }
  return 12 * 64;
}
#endif

/* multiply_add runs one sequence reps times and returns the products of one
 * repetition, 0 where this CPU lacks it: 0 VPMADDWD+VPADDD, 1 VPMADDUBSW+VPMADDWD+
 * VPADDD (both 256-bit), 2 VPDPBUSD (512-bit). */
uint64_t multiply_add(uint64_t which, uint64_t reps) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (which == 0 && __builtin_cpu_supports("avx2")) return peak_maddwd(reps);
  if (which == 1 && __builtin_cpu_supports("avx2")) return peak_maddubs(reps);
  if (which == 2 && __builtin_cpu_supports("avx512vnni")) return peak_dpbusd(reps);
#endif
  (void)which, (void)reps;
  return 0;
}

/* vector_level is the widest load that this CPU has, as read_all numbers them. */
uint64_t vector_level(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f")) return 2;
  if (__builtin_cpu_supports("avx2")) return 1;
#endif
  return 0;
}
