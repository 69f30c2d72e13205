#!/bin/sh
# Builds libnexus.a: all of the library in one object whose only global symbols are the functions
# of nexus.h, so that nothing of it meets the program's own names.
#   bindings/install/archive.sh OUT_DIR
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"
CGO_ENABLED=1 ${GO:-go} build -buildmode=c-archive -trimpath -ldflags '-s -w' -o "$work/all.a" ./capi
sed -n 's/^ *\(nexus_[a-z_]*\);$/\1/p' capi/nexus.map >"$work/symbols"
cd "$work"
${LD:-ld} -r -d --whole-archive all.a -o nexus.o
${OBJCOPY:-objcopy} --strip-debug --keep-global-symbols=symbols nexus.o
rm -f "$out/libnexus.a"
${AR:-ar} rcs "$out/libnexus.a" nexus.o
