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
# The floor is glibc 2.17 wherever the build runs: nexus_floor.h binds the old versions of symbols, which
# were libpthread's then. shim.c does without fstat, a symbol of 2.33.
flags="-g -O2"
if getconf GNU_LIBC_VERSION >/dev/null 2>&1; then
  flags="$flags -include $root/bindings/include/nexus_floor.h"
  link="$link -Wl,--push-state,--no-as-needed,-l:libpthread.so.0,--pop-state"
fi
cd "$root"
# The list of symbols is no input that Go knows of: without its sum among the flags, a library that
# was linked with another list would come from the build cache. (-X of no variable changes nothing.)
exports=$(cksum <capi/nexus.map | cut -d ' ' -f 1)
CGO_CFLAGS="${CGO_CFLAGS:-} $flags" CGO_ENABLED=1 ${GO:-go} build -buildmode=c-shared -trimpath -ldflags "-s -w -X main.exports=$exports -extldflags '$link'" "$@" -o "$out/libnexus.so.1" ./capi
rm -f "$out/libnexus.so.h" "$out/libnexus.so.1.h" "$out/libnexus.h"
ln -sf libnexus.so.1 "$out/libnexus.so"
