#!/bin/bash
# What programs of today rely on: symbols, layouts, numbers, signatures, the glibc that is needed,
# size, and headers that compile without a warning. testdata/*-v2* is of the first release of ABI 2
# and stays as it is.
. "$(dirname "$0")/../testing.sh"
here=$root/bindings/abi
so=$build/lib/libnexus.so.1
include=$root/bindings/include

symbols() { nm -D --defined-only "$so" | awk '$2 != "A" { print $3 }' | sort; }
only_ours() { ! symbols | grep -v '^nexus_[a-z_]*@@NEXUS_2$'; }
symbols_stay() {
  symbols >"$scratch/symbols"
  test -z "$(comm -23 "$here/testdata/symbols-v2.golden" "$scratch/symbols" | tee /dev/stderr)"
}
check "every exported symbol is nexus_*@@NEXUS_2" only_ours
check "no symbol of the first release is gone" symbols_stay

# Lines of the old file that are not in the new one, context (struct name) in front.
lost() { awk 'NR == FNR { if (/^[^ ]/) s = $1; else have[s $0]; next } /^[^ ]/ { s = $1; next } !((s $0) in have) { print s, $0 }' "$1" "$2"; }
layout_stays() {
  "$@" -I"$include" $strict "$root/capi/testdata/layout.c" -o "$scratch/layout" && "$scratch/layout" >"$scratch/layout.txt" &&
    test -z "$(lost "$scratch/layout.txt" "$here/testdata/layout-v2.golden" | tee /dev/stderr)"
}
for cc in gcc clang; do check "no member has moved, $cc" layout_stays $cc -std=c99; done

declarations() { sed -n '/^NEXUS_API/p; s/^  \(NEXUS_[A-Z_]* = [0-9]*\),.*/\1/p; s/^\(#define NEXUS_[A-Z_]* [0-9]*\).*/\1/p' "$1"; }
declarations_stay() {
  declarations "$include/nexus.h" | sort >"$scratch/now"
  declarations "$here/testdata/nexus-v2.h" | sort >"$scratch/then"
  test "$(wc -l <"$scratch/then")" -gt 100 && test -z "$(comm -13 "$scratch/now" "$scratch/then" | tee /dev/stderr)"
}
check "no signature, number or limit has changed" declarations_stay

floor() { objdump -T "$so" | grep -o 'GLIBC_[0-9.]*' | sort -V | tail -n 1; }
floor_holds() { test "$(printf 'GLIBC_2.17\n%s\n' "$(floor)" | sort -V | tail -n 1)" = GLIBC_2.17; }
check "needs no newer glibc than 2.17: $(floor)" floor_holds
size=$(stat -L -c %s "$so")
# 10 of the engine, and the table of words
check "at most 11 MB: $size bytes" test "$size" -le 11000000
soname() { readelf -d "$so" | grep -q 'SONAME.*\[libnexus.so.1\]'; }
check "its name is libnexus.so.1" soname
nodelete() { readelf -d "$so" | grep -q 'NODELETE'; }
check "it cannot be unloaded" nodelete
no_exec_stack() { readelf -lW "$so" | grep GNU_STACK | grep -qv 'RWE' && ! readelf -d "$so" | grep -q TEXTREL; }
check "no executable stack, no text relocations" no_exec_stack

echo 'int main(void) { nexus_db db = {0}; return (int)db.v; }' >"$scratch/body"
# header HEADER LANGUAGE COMPILER...: a file of this header alone compiles.
header() {
  { echo "#include <$1>" && cat "$scratch/body"; } >"$scratch/one.$2"
  file=$scratch/one.$2
  shift 2
  "$@" $strict -Wshadow -I"$include" -c "$file" -o "$scratch/one.o"
}
for cc in gcc clang; do
  for standard in c99 c11 c17; do check "nexus.h, $cc $standard" header nexus.h c $cc -std=$standard -Wconversion; done
  check "nexus_load.h, $cc c99" header nexus_load.h c $cc -std=c99
done
for cxx in g++ clang++; do
  check "nexus.h, $cxx c++11" header nexus.h cpp $cxx -std=c++11
  for standard in c++17 c++20; do check "nexus.hpp, $cxx $standard" header nexus.hpp cpp $cxx -std=$standard -Wconversion; done
done

for cc in gcc clang; do
  # shellcheck disable=SC2086
  check "a program of the first header builds, $cc" $cc -std=c99 $strict "$here/old_program.c" -o "$scratch/old" $library
  check "and runs" "$scratch/old" "$scratch/store-$cc"
done
finish
