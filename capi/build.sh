#!/bin/sh
# Builds libnexus.so.1 (and libnexus.so beside it), the one way for every language.
#   capi/build.sh OUT_DIR [extra go build flags]
# Needs Go and a C compiler. Exported are the symbols of capi/nexus.map alone.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift
link="-Wl,--version-script=$root/capi/nexus.map -Wl,-soname,libnexus.so.1 -Wl,-z,nodelete -Wl,-z,relro -Wl,-z,now -Wl,--build-id=sha1"
cd "$root"
CGO_ENABLED=1 ${GO:-go} build -buildmode=c-shared -trimpath -ldflags "-s -w -extldflags '$link'" "$@" -o "$out/libnexus.so.1" ./capi
rm -f "$out/libnexus.so.h" "$out/libnexus.so.1.h" "$out/libnexus.h"
ln -sf libnexus.so.1 "$out/libnexus.so"
