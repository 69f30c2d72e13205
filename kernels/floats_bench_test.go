package kernels

import (
	"fmt"
	"math"
	"testing"
)

// BenchmarkFloatScans times every scan of floats at 768 dimensions in the L2 cache, over
// rows of usual floats and over rows of denormals: a CPU that traps on those would show
// it here by a factor of ten and more.
func BenchmarkFloatScans(b *testing.B) {
	const dim, count = 768, 80
	query, out, exact := randomF32(dim, 1), make([]float32, count), make([]float64, count)
	for _, rows := range []struct {
		name  string
		scale float32
	}{{"usual", 1}, {"denormal", 0x1p-135}} {
		values := randomF32(dim*count, 2)
		for i := range values {
			values[i] *= rows.scale
		}
		half, brief, codes := make([]uint16, len(values)), make([]uint16, len(values)), randomI8(dim*count, 3)
		for i, v := range values { // the smallest halves are 2^-24, with 2^-15 the largest denormal
			half[i] = encodeF16(v / rows.scale * max(rows.scale, 0x1p-17))
		}
		EncodeBF16(values, brief)
		narrow := make([]uint16, dim)
		EncodeBF16(query, narrow)
		for _, s := range []struct {
			name string
			op   operation
			scan func()
		}{
			{"DotScanF32", opDotScanF32, func() { DotScanF32(query, values, out) }},
			{"L2ScanF32", opL2ScanF32, func() { L2ScanF32(values[:dim], values, out) }},
			{"SquaredNormsF32", opSquaredNormsF32, func() { SquaredNormsF32(values, dim, out) }},
			{"CosineScanF32", opDotScanF32, func() { CosineScanF32(query, values, out) }},
			{"DotScanF64", opDotScanF64, func() { DotScanF64(query, values, exact) }},
			{"L2ScanF64", opL2ScanF64, func() { L2ScanF64(values[:dim], values, exact) }},
			{"DotScanF16", opDotScanF16, func() { DotScanF16(query, half, out) }},
			{"DotScanBF16", opDotScanBF16, func() { DotScanBF16(narrow, brief, out) }},
			{"DotScanF32I8", opDotScanF32I8, func() { DotScanF32I8(query, codes, out) }},
		} {
			b.Run(fmt.Sprintf("%s/rows=%s", s.name, rows.name), func(b *testing.B) {
				eachBenchTier(b, s.op, func(b *testing.B) {
					for b.Loop() {
						s.scan()
					}
					report(b, count)
					for i := range out {
						if math.IsNaN(float64(out[i])) || math.IsNaN(exact[i]) {
							b.Fatalf("row %d is NaN", i)
						}
					}
				})
			})
		}
	}
}
