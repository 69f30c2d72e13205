#!/bin/bash
# The kernels in every kind of build: make test-builds. Parts may be named:
#   kernels/builds.sh shared compile
# shared runs the kernels' tests inside of a C library; dynlink, pie and compile say what
# they are. -tags noasm, GOAMD64=v3 and arm64 run in make test-tiers and test-arm64.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
go=${GO:-go}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# library: a copy of the module's kernels in which the tests are ordinary files, with the
# list that "go test" would make of them, so that a library can hold and run them.
library() {
  cp go.mod go.sum "$work/"
  mkdir -p "$work/kernels" "$work/shared"
  cp -r asm "$work/asm"
  for file in kernels/*.go; do
    name=$(basename "$file")
    case $name in
    *_test.go) cp "$file" "$work/kernels/in_${name%_test.go}.go" ;;
    *) cp "$file" "$work/kernels/" ;;
    esac
  done
  cp -r kernels/testdata "$work/kernels/testdata"
  cp kernels/testdata/shared/main.go.txt "$work/shared/main.go"
  # Tests of files that this build leaves out are not listed: go list knows which.
  (cd "$work" && {
    printf 'package kernels\n\nimport "testing"\n\nfunc RunTests() {\n\ttesting.Main(func(p, s string) (bool, error) { return true, nil }, []testing.InternalTest{\n'
    for file in $(CGO_ENABLED=1 $go list -f '{{range .GoFiles}}{{.}} {{end}}' ./kernels); do
      sed -nE 's/^func (Test[A-Z]\w*)\(\w+ \*testing\.T\).*/\t\t{Name: "\1", F: \1},/p' "kernels/$file"
    done
    printf '\t}, nil, nil)\n}\n'
  } >list && mv list kernels/in_list.go)
}

shared() {
  library
  echo "c-shared: the kernels' tests inside of a C library"
  (cd "$work" && CGO_ENABLED=1 $go build -buildmode=c-shared -o kernels/libkernels.so ./shared)
  gcc -o "$work/kernels/host" kernels/testdata/shared/host.c -ldl
  (cd "$work/kernels" && ./host -test.short -test.v >log 2>&1) || { tail -40 "$work/kernels/log"; echo "c-shared: FAILED"; return 1; }
  local passed
  passed=$(grep -c '^--- PASS' "$work/kernels/log")
  [ "$passed" -ge 20 ] || { echo "c-shared: only $passed tests ran"; return 1; }
  echo "c-shared: $passed tests passed"
  echo "plugin: compiles"
  (cd "$work" && CGO_ENABLED=1 $go build -buildmode=plugin -o plugin.so ./shared)
}

pie() {
  echo "pie: the kernels' tests"
  CGO_ENABLED=1 $go test -count=1 -short -buildmode=pie ./kernels
}

# dynlink assembles as the builds do in which R15 and R27 serve to reach globals.
dynlink() {
  for arch in amd64 arm64; do
    echo "dynlink: $arch"
    for file in asm/*_$arch.s; do
      GOOS=linux GOARCH=$arch $go tool asm -p asm -shared -dynlink -I "$($go env GOROOT)/pkg/include" -o "$work/object" "$file"
    done
  done
}

compile() {
  for target in linux/386 linux/riscv64 linux/s390x linux/arm js/wasm windows/amd64 windows/arm64 darwin/arm64; do
    echo "compile: $target"
    CGO_ENABLED=0 GOOS=${target%/*} GOARCH=${target#*/} $go vet ./asm ./kernels
  done
  for level in v1 v2 v3 v4; do
    echo "compile: GOAMD64=$level"
    CGO_ENABLED=0 GOARCH=amd64 GOAMD64=$level $go build ./asm ./kernels
  done
  CGO_ENABLED=0 $go vet -tags noasm ./asm ./kernels
}

for part in ${*:-shared pie dynlink compile}; do $part; done
echo "test-builds: all passed"
