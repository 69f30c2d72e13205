#!/bin/sh
# Installs the C and C++ library, or takes it away again.
#   bindings/install/install.sh install BUILD_DIR PREFIX [DESTDIR]
#   bindings/install/install.sh uninstall BUILD_DIR PREFIX [DESTDIR]
# What is found under its own place may be moved: nothing that is installed holds PREFIX.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
action=$1 build=$2 to=${4:-}$3
version=$(sed -n 's/^#define NEXUS_VERSION "\(.*\)"/\1/p' "$root/bindings/include/nexus.h")
headers="nexus.h nexus_load.h nexus.hpp nexus_values.hpp nexus_jobs.hpp"

# fill TEMPLATE TARGET
fill() {
  sed "s/@VERSION@/$version/g" "$root/bindings/install/$1" >"$2"
  chmod 644 "$2"
}

case $action in
install)
  mkdir -p "$to/include" "$to/lib/pkgconfig" "$to/lib/cmake/Nexus"
  for h in $headers; do install -m 644 "$root/bindings/include/$h" "$to/include/$h"; done
  install -m 755 "$build/libnexus.so.1" "$to/lib/libnexus.so.1"
  ln -sf libnexus.so.1 "$to/lib/libnexus.so"
  install -m 644 "$build/libnexus.a" "$to/lib/libnexus.a"
  fill nexus.pc.in "$to/lib/pkgconfig/nexus.pc"
  fill nexus-static.pc.in "$to/lib/pkgconfig/nexus-static.pc"
  fill NexusConfig.cmake "$to/lib/cmake/Nexus/NexusConfig.cmake"
  fill NexusConfigVersion.cmake.in "$to/lib/cmake/Nexus/NexusConfigVersion.cmake"
  ;;
uninstall)
  for h in $headers; do rm -f "$to/include/$h"; done
  rm -f "$to/lib/libnexus.so.1" "$to/lib/libnexus.so" "$to/lib/libnexus.a"
  rm -f "$to/lib/pkgconfig/nexus.pc" "$to/lib/pkgconfig/nexus-static.pc"
  rm -f "$to/lib/cmake/Nexus/NexusConfig.cmake" "$to/lib/cmake/Nexus/NexusConfigVersion.cmake"
  rmdir "$to/lib/cmake/Nexus" "$to/lib/cmake" "$to/lib/pkgconfig" "$to/lib" "$to/include" 2>/dev/null || true
  ;;
*)
  echo "install.sh: want install or uninstall" >&2
  exit 2
  ;;
esac
