#!/bin/bash
# The C interface under random calls, for NEXUS_FUZZ_SECONDS (20), from the seeds in corpus/; what
# crashes it is left in build/fuzz.
. "$(dirname "$0")/../testing.sh"
here=$root/bindings/fuzz
found=$build/fuzz
mkdir -p "$found/corpus"

if have clang; then
  # shellcheck disable=SC2086
  check "the fuzzer builds" clang -std=c11 -g -O1 -fsanitize=fuzzer,address,undefined $strict "$here"/*.c -o "$found/fuzz" $library
  # Go needs SIGSEGV for itself: the fuzzer leaves it alone.
  options="-handle_segv=0 -max_len=2048 -len_control=0 -timeout=30 -artifact_prefix=$found/"
  # shellcheck disable=SC2086
  check "the kept inputs" "$found/fuzz" $options -runs=0 "$here/corpus"
  # shellcheck disable=SC2086
  check "random calls, ${NEXUS_FUZZ_SECONDS:-20} s" "$found/fuzz" $options -max_total_time="${NEXUS_FUZZ_SECONDS:-20}" "$found/corpus" "$here/corpus"
else not_tested "fuzzing: no clang"; fi
finish
