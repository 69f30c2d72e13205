#!/bin/bash
# nexus.hpp by g++ as C++17, under AddressSanitizer, and by clang++ as C++20.
. "$(dirname "$0")/../testing.sh"
export LSAN_OPTIONS=suppressions=$root/bindings/hazards/leaks.supp

# tested NAME COMPILER...: builds the test and runs it.
tested() {
  local name=$1
  shift
  # shellcheck disable=SC2086
  check "builds, $name" "$@" $strict "$root/bindings/cpp/test.cpp" -o "$scratch/$1" $library -pthread
  mkdir "$scratch/folder-$1"
  check "nexus.hpp, $name" timeout 120 "$scratch/$1" "$scratch/folder-$1"
}
tested "g++ c++17, sanitized" g++ -std=c++17 -O1 -g -fsanitize=address,undefined
tested "clang++ c++20" clang++ -std=c++20 -O1
finish
