#!/bin/bash
# All tests of the C and C++ side: make test-native, which builds the library first. Parts may be
# named: bindings/test.sh hazards fuzz
set -eu
here=$(cd "$(dirname "$0")" && pwd)
parts=${*:-conformance readme install abi cpp hazards fuzz examples bench}
failed=""
for part in $parts; do
  echo "$part"
  began=$SECONDS
  case $part in
  conformance) "$here/conformance/run.sh" || failed="$failed $part" ;;
  *) "$here/$part/test.sh" || failed="$failed $part" ;;
  esac
  echo "  $((SECONDS - began)) s"
done
if [ -n "$failed" ]; then
  echo "test-native: FAILED:$failed"
  exit 1
fi
echo "test-native: all passed"
