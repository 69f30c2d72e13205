# What the tests of the native side share; to be sourced by bash. It sets root (of the repository), build
# (what is made), library (flags to compile and link a program with libnexus) and a scratch folder.
set -eu
root=$(cd "$(dirname "$0")" && while [ ! -f go.mod ]; do cd ..; done && pwd)
build=$root/build
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
strict="-Wall -Wextra -Wpedantic -Werror"
library="-I$root/bindings/include -L$build/lib -lnexus -Wl,-rpath,$build/lib"
failures=0

ok() { echo "  ok    $*"; }
fail() {
  echo "  FAIL  $*"
  failures=$((failures + 1))
}

# not_tested WHAT: what this machine cannot do is said, and fails in continuous integration.
not_tested() {
  echo "  NOT TESTED  $*"
  if [ "${CI:-}" = true ]; then failures=$((failures + 1)); fi
}

# check NAME COMMAND...: what the command prints is shown only where it fails.
check() {
  local what=$1
  shift
  if "$@" >"$scratch/output" 2>&1; then ok "$what"; else
    fail "$what ($*)"
    tail -n 30 "$scratch/output" | sed 's/^/        /'
  fi
}

have() { command -v "$1" >/dev/null 2>&1; }

# finish: the end of every test.
finish() {
  [ "$failures" = 0 ] || echo "  $failures failed"
  exit $((failures > 0))
}
