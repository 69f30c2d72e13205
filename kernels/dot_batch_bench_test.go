package kernels

import (
	"fmt"
	"testing"
	"unsafe"
)

// batchSets add one to the usual sets that no cache holds.
var batchSets = append(benchSets[:len(benchSets):len(benchSets)], struct {
	name  string
	bytes int
}{"RAM", 64 << 20})

// batchVariants compares one batch with as many scans of all rows.
func batchVariants(b *testing.B, op operation, count, rows int, batch func(), scans func(), check func(b *testing.B)) {
	eachBenchTier(b, op, func(b *testing.B) {
		b.Run("batch", func(b *testing.B) {
			for b.Loop() {
				batch()
			}
			report(b, rows*count)
			check(b)
		})
		b.Run("scans", func(b *testing.B) {
			for b.Loop() {
				scans()
			}
			report(b, rows*count)
			check(b)
		})
	})
}

func BenchmarkDotBatchI8(b *testing.B) {
	const dim = 768
	for _, set := range batchSets {
		n := set.bytes / dim
		rows := benchRAM()[:n*dim]
		for _, count := range []int{2, 4, 8, 16} {
			queries, out, want := randomI8(dim*count, 1), make([]int32, n*count), make([]int32, n*count)
			dotBatchI8Generic(queries, rows, dim, want, n)
			b.Run(fmt.Sprintf("set=%s/queries=%d", set.name, count), func(b *testing.B) {
				batchVariants(b, opDotBatchI8, count, n, func() { DotBatchI8(queries, rows, dim, out) }, func() {
					for q := range count {
						DotScanI8(queries[q*dim:][:dim], rows, out[q*n:][:n])
					}
				}, func(b *testing.B) { checkBench(b, out, want) })
			})
		}
	}
}

func BenchmarkDotBatchF32(b *testing.B) {
	const dim = 768
	all := unsafe.Slice((*float32)(unsafe.Pointer(&benchRAM()[0])), len(benchRAM())/4) // SAFETY: same size, same lifetime
	for _, set := range batchSets {
		n := set.bytes / (4 * dim)
		rows := all[:n*dim]
		for _, count := range []int{2, 4, 8, 16} {
			queries, out, want := randomF32(dim*count, 1), make([]float32, n*count), make([]float32, n*count)
			dotBatchF32Generic(queries, rows, dim, want, n)
			b.Run(fmt.Sprintf("set=%s/queries=%d", set.name, count), func(b *testing.B) {
				batchVariants(b, opDotBatchF32, count, n, func() { DotBatchF32(queries, rows, dim, out) }, func() {
					for q := range count {
						DotScanF32(queries[q*dim:][:dim], rows, out[q*n:][:n])
					}
				}, func(b *testing.B) {
					for i := range out {
						if d := out[i] - want[i]; d > 1e-3 || d < -1e-3 {
							b.Fatalf("result %d: %g, want %g", i, out[i], want[i])
						}
					}
				})
			})
		}
	}
}
