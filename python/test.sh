#!/bin/sh
# Tests of the Python package, from nothing: make test-python.
#   python/test.sh BUILD_DIR
# Builds the wheel once, without an index; then, for each CPython that is here, installs it in a
# clean venv and runs everything. What could not be tested is said at the end, and fails in CI.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$1"
build=$(cd "$1" && pwd)
untested=""

miss() { untested="$untested
  NOT TESTED: $1"; }

# find_python VERSION: a CPython of that version, by name or from pyenv.
find_python() {
  for candidate in "python$1" "$HOME"/.pyenv/versions/"$1".*/bin/python; do
    if "$candidate" -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$1')" 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  if python3 -c "import sys; sys.exit('%d.%d' % sys.version_info[:2] != '$1')" 2>/dev/null; then command -v python3; fi
}

# venv NAME PYTHON: a new environment with pip.
venv() {
  rm -rf "${build:?}/$1"
  "$2" -m venv "$build/$1"
}

oldest=$(find_python 3.11 || true)
newest=$(find_python 3.13 || true)
[ -n "$newest" ] || newest=$(find_python 3.12 || true)
any=${oldest:-$newest}
if [ -z "$any" ]; then
  echo "python/test.sh: CPython 3.11 or newer was not found" >&2
  exit 1
fi
[ -n "$oldest" ] || miss "CPython 3.11"
[ -n "$newest" ] || miss "CPython 3.12 or 3.13"

echo "== the wheel, without an index"
venv builder "$any"
rm -rf "$build/wheels"
"$build/builder/bin/pip" wheel -q --no-index --no-deps -w "$build/wheels" "$root"
wheel=$(ls "$build"/wheels/*.whl)
ls -l "$wheel" | awk '{print $5, $9}'

# run NAME PYTHON EXTRAS...: installs the wheel in a clean venv and tests it there.
run() {
  name=$1
  interpreter=$2
  shift 2
  echo "== $("$interpreter" --version)"
  venv "$name" "$interpreter"
  "$build/$name/bin/pip" install -q --no-index "$wheel"
  "$build/$name/bin/python" -c 'import nexus; nexus.info()' # no further package is needed
  if ! "$build/$name/bin/pip" install -q --disable-pip-version-check pytest numpy "$@"; then
    miss "$interpreter: pip could not install pytest, numpy, $*"
    return 0
  fi
  (cd "$build" && "$build/$name/bin/python" -m pytest -c "$root/python/pyproject.toml" -p no:cacheprovider -rs "$root/python/tests" $skipped)
  if [ -f "$root/bindings/conformance/corpus.json" ]; then
    "$build/$name/bin/python" "$root/python/tests/conformance.py"
  else
    miss "conformance: there is no corpus.json"
  fi
}

skipped=""
[ -z "$oldest" ] || run oldest "$oldest" pyarrow langchain-core llama-index-core mypy pyright
# The wheel is the same, and the adapters are pure Python.
skipped="--ignore=$root/python/tests/test_package.py --ignore=$root/python/tests/test_adapters.py"
[ -z "$newest" ] || run newest "$newest"

echo "== types"
checks=$build/oldest/bin
if [ -x "$checks/mypy" ]; then
  (cd "$root/python" && "$checks/mypy" --strict --cache-dir "$build/mypy" nexus tests/typed.py tests/conformance.py)
  (cd "$build" && "$checks/python" -m mypy.stubtest --ignore-disjoint-bases nexus._core)
else
  miss "mypy"
fi
if [ -x "$checks/pyright" ] && "$checks/pyright" --version >/dev/null 2>&1; then
  "$checks/pyright" --pythonpath "$checks/python" "$root/python/tests/typed.py"
else
  miss "pyright"
fi

if [ -n "$untested" ]; then
  echo "$untested"
  [ "${CI:-}" != true ] || exit 1
fi
echo "test-python: passed"
