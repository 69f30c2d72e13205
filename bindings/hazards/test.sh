#!/bin/bash
# What can go wrong between a host and a Go library in its process. NEXUS_HAZARD_SECONDS, _FORKS
# and _LOOPS make the runs longer.
. "$(dirname "$0")/../testing.sh"
here=$root/bindings/hazards
so=$build/lib/libnexus.so.1
mkdir -p "$build/hazards"

# program NAME FLAGS...: builds it as $build/hazards/NAME.
program() {
  local name=$1
  shift
  # shellcheck disable=SC2086
  ${CC:-cc} -std=c11 -O1 -g $strict "$here/$name.c" -o "$build/hazards/$name" "-I$root/bindings/include" -pthread "$@"
}

# hazard NAME TEXT ARGUMENTS...: runs a program in a folder of its own and shows what it measured.
hazard() {
  local name=$1 text=$2 folder
  shift 2
  folder=$(mktemp -d "$scratch/XXXXXX")
  check "$text" timeout 300 "$build/hazards/$name" "$folder" "$@"
  if [ -s "$scratch/output" ] && [ "$shown" != no ]; then sed 's/^/        /' "$scratch/output" | tail -n 3; fi
  rm -rf "$folder"
}
shown=no

for name in fork handles threads leak coroutine; do
  # shellcheck disable=SC2086
  check "$name builds" program $name $library
done
for name in signals unload runtimes; do check "$name builds" program $name -ldl; done

hazard fork "fork: before and after open, in threads, during work; exec, spawn, daemons, a killed parent"
hazard handles "handles: closed twice, of another kind, made up, closed while in use"
hazard signals "signals: what is caught; EPIPE, SIGINT and SIGPROF of the host" "$so"
ends_by_sigterm() {
  mkfifo "$scratch/ready"
  "$build/hazards/signals" "$scratch/term" "$so" wait >"$scratch/ready" &
  local pid=$! status=0
  head -c 1 "$scratch/ready" >/dev/null
  kill -TERM $pid
  wait $pid || status=$?
  [ $status = 143 ]
}
ends_by_sigpipe() {
  local status=0
  "$build/hazards/signals" "$scratch/pipe" "$so" pipe || status=$?
  [ $status = 141 ]
}
check "signals: SIGTERM ends a host that does not handle it" ends_by_sigterm
check "signals: SIGPIPE ends a host that does not handle it" ends_by_sigpipe
shown=yes
hazard threads "threads: 64 doing everything, 8,000 that live for one call"
hazard leak "leaks: memory and descriptors over many rounds"
hazard coroutine "coroutines: calls from a stack of the host's own"
shown=no
hazard unload "dlclose leaves it mapped and working" "$so"

second() { (cd "$here/testdata/second" && CGO_ENABLED=1 ${GO:-go} build -buildmode=c-shared -o "$build/hazards/second.so" .); }
check "a second Go library builds" second
for order in before after; do hazard runtimes "a second Go library, loaded $order" "$so" "$build/hazards/second.so" $order; done

for_tests() { "$root/capi/build.sh" "$build/test-lib" -tags nexustest; }
check "the library for tests builds" for_tests
# shellcheck disable=SC2086
check "panic builds" program panic "-L$build/test-lib" -lnexus "-Wl,-rpath,$build/test-lib"
hazard panic "a panic in Go is NEXUS_INTERNAL"

if have musl-gcc; then
  check "musl builds" musl-gcc "$here/musl.c" -o "$build/hazards/musl"
  refuses() { "$build/hazards/musl" "$so" | tee "$scratch/musl" | grep -q '^refused: '; }
  check "musl refuses it with a message" refuses
  sed 's/^/        /' "$scratch/musl"
else not_tested "musl: no musl-gcc"; fi

asan() {
  # shellcheck disable=SC2086
  ${CC:-cc} -std=c11 -O1 -g -fsanitize=address,undefined "$root"/bindings/conformance/c/*.c -o "$build/hazards/asan" $library -lcjson -lm &&
    LSAN_OPTIONS=suppressions=$here/leaks.supp ASAN_OPTIONS=detect_stack_use_after_return=0 "$build/hazards/asan" "$root/bindings/conformance/corpus.json"
}
check "conformance in C under AddressSanitizer, leaks included" asan
finish
