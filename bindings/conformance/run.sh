#!/bin/bash
# Runs the corpus in every language that is here and prints one table: make conformance.
. "$(dirname "$0")/../testing.sh"
here=$root/bindings/conformance
corpus=$here/corpus.json

# runner LANGUAGE COMMAND...: its last line is "conformance LANGUAGE: N passed, M failed".
runner() {
  language=$1
  shift
  "$@" >"$scratch/$language" 2>&1 || true
  line=$(grep '^conformance ' "$scratch/$language" | tail -n 1 || true)
  passed=$(echo "$line" | sed -n 's/.*: \([0-9]*\) passed, \([0-9]*\) failed$/\1/p')
  failed=$(echo "$line" | sed -n 's/.*: \([0-9]*\) passed, \([0-9]*\) failed$/\2/p')
  printf '%-10s %6s %6s\n' "$language" "${passed:-0}" "${failed:-all}" >>"$scratch/table"
  if [ "${failed:-all}" != 0 ] || [ "${passed:-0}" = 0 ]; then
    failures=$((failures + 1))
    tail -n 40 "$scratch/$language"
  fi
}

cd "$root"
runner Go "${GO:-go}" test -count=1 -v -run TestCorpus ./bindings/conformance
# shellcheck disable=SC2086
${CC:-cc} -std=c11 -O1 -g $strict "$here"/c/*.c -o "$build/conformance-c" $library -lcjson -lm
runner C "$build/conformance-c" "$corpus"
# shellcheck disable=SC2086
${CXX:-c++} -std=c++17 -O1 -g $strict "$here"/cpp/*.cpp -o "$build/conformance-cpp" $library
runner C++ "$build/conformance-cpp" "$corpus"

# conform_python: in a venv with the package built from here and nothing else.
conform_python() {
  python3 -m venv --clear "$build/conformance-python" &&
    "$build/conformance-python/bin/pip" install -q --no-index --no-deps . &&
    "$build/conformance-python/bin/python" python/tests/conformance.py "$corpus"
}
runner Python conform_python
conform_node() { node js/scripts/build.js && node js/test/conformance.js "$corpus"; }
runner Node conform_node
printf '%-10s %6s %6s\n' language passed failed
cat "$scratch/table"
exit $((failures > 0))
