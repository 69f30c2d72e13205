#!/bin/bash
# Runs the README's programs in C, C++, Python and Node as they stand there. (That in Go is a Go
# test.) Python and Node are those that the conformance part has built.
. "$(dirname "$0")/../testing.sh"
here=$root/bindings/readme

# program LANGUAGE COMMAND...: the README's program, in a folder of its own, finds what it added.
program() {
  mkdir -p "$scratch/$1" && cd "$scratch/$1" && "$here/program.sh" "$1" >"program.$2" && shift 2 && "$@" >out && cat out &&
    grep -q 'Ann moved to Oslo in May\.' out
}
in_c() { ${CC:-cc} -std=c99 $strict program.c $library -o program && ./program; }
in_cpp() { ${CXX:-c++} -std=c++17 $strict program.cpp $library -o program && ./program; }
in_python() { "$build/conformance-python/bin/python" program.py; }
in_node() { mkdir -p node_modules && ln -sfn "$root/js" node_modules/nexus-memory && node program.mjs; }
check "README, C" program c c in_c
check "README, C++" program cpp cpp in_cpp
check "README, Python" program python py in_python
check "README, Node" program js mjs in_node
finish
