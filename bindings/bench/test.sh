#!/bin/bash
# What the C interface costs, with room for other programs on the machine; for the bars themselves:
# NEXUS_BENCH_SLACK=1 bindings/bench/test.sh
. "$(dirname "$0")/../testing.sh"
export NEXUS_BENCH_SLACK=${NEXUS_BENCH_SLACK:-3}
# shellcheck disable=SC2086
check "the bench builds" ${CC:-cc} -std=c11 -O2 $strict "$root/bindings/bench/bench.c" -o "$build/bench" $library
check "costs are within ${NEXUS_BENCH_SLACK} times their bars" "$build/bench" "$scratch/store"
sed 's/^/        /' "$scratch/output"
finish
