#!/bin/bash
# Installs into a folder, moves it, and builds programs against it with pkg-config and CMake,
# shared and static; what is uninstalled leaves nothing.
. "$(dirname "$0")/../testing.sh"
here=$root/bindings/install
stage=$scratch/stage prefix=$scratch/moved

# says PROGRAM: it answers as the README's does.
says() {
  rm -rf "$scratch/store"
  [ "$("$1" "$scratch/store")" = "1 Ann moved to Oslo in May." ]
}

# built COMPILER SOURCE PACKAGE: built by what pkg-config says.
built() {
  # shellcheck disable=SC2046
  $1 "$here/consumer/$2" -o "$scratch/program" $(pkg-config --cflags --libs "$3") "-Wl,-rpath,$prefix/lib" && says "$scratch/program"
}

cmake_builds() {
  cmake -S "$here/consumer" -B "$scratch/cmake" "-DCMAKE_PREFIX_PATH=$prefix" && cmake --build "$scratch/cmake"
}

version_is_refused() {
  printf 'cmake_minimum_required(VERSION 3.13)\nproject(x C)\nfind_package(Nexus %s QUIET)\nif(Nexus_FOUND)\nmessage(FATAL_ERROR found)\nendif()\n' "$1" >"$scratch/CMakeLists.txt"
  cmake -S "$scratch" -B "$scratch/refused-$1" "-DCMAKE_PREFIX_PATH=$prefix"
}

check "make install with DESTDIR" make -s -C "$root" install PREFIX=/usr/local "DESTDIR=$stage"
mv "$stage/usr/local" "$prefix"
export PKG_CONFIG_PATH=$prefix/lib/pkgconfig
check "pkg-config: C, shared" built "${CC:-cc}" consumer.c nexus
check "pkg-config: C++, shared" built "${CXX:-c++} -std=c++17" consumer.cpp nexus
check "pkg-config: C, static" built "${CC:-cc}" consumer.c nexus-static
check "pkg-config: C++, static" built "${CXX:-c++} -std=c++17" consumer.cpp nexus-static
check "CMake builds" cmake_builds
for program in c_shared c_static cpp_shared cpp_static; do check "CMake: $program" says "$scratch/cmake/$program"; done
check "CMake: a newer version is refused" version_is_refused 99.0
check "CMake: another major version is refused" version_is_refused 1.0
static_is_alone() { ! ldd "$scratch/cmake/c_static" | grep -q nexus; }
check "a static program needs no libnexus.so" static_is_alone
globals() { test -z "$(nm -g --defined-only "$prefix/lib/libnexus.a" | awk 'NF == 3 && $3 !~ /^nexus_/')"; }
check "the archive's global symbols are the functions of nexus.h" globals
mkdir -p "$stage/usr" && mv "$prefix" "$stage/usr/local"
check "make uninstall" make -s -C "$root" uninstall PREFIX=/usr/local "DESTDIR=$stage"
nothing_left() { test -z "$(find "$stage" ! -type d)"; }
check "uninstalled, it leaves nothing" nothing_left
finish
