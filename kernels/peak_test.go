package kernels

import (
	"math"
	"testing"
)

func init() {
	allocationCalls[opPeakF32] = func() func() {
		row := randomF32(100, 1)
		return func() { PeakF32(row) }
	}
}

func TestPeakF32IsExact(t *testing.T) {
	eachTier(t, opPeakF32, func(t *testing.T) {
		for n := range 4*64 + 2 {
			row := shifted(randomF32(n, uint64(n)), n*4%64)
			want := 0.0
			for _, x := range row {
				want = max(want, math.Abs(float64(x)))
			}
			if got := PeakF32(row); float64(got) != want {
				t.Fatalf("%d elements: %g, want %g", n, got, want)
			}
			for i := range row { // wherever the largest is, of either sign, and however small
				for _, x := range []float32{math.MaxFloat32, -math.MaxFloat32, float32(math.Inf(-1)), -math.SmallestNonzeroFloat32} {
					row := make([]float32, n)
					row[i] = x
					if got := PeakF32(row); float64(got) != math.Abs(float64(x)) {
						t.Fatalf("%g at %d of %d: %g", x, i, n, got)
					}
				}
			}
		}
		nans := randomF32(100, 2)
		nans[3], nans[70] = math.Float32frombits(0xFFC00001), math.Float32frombits(0x7FC00002)
		if got := math.Float32bits(PeakF32(nans)); got != 0x7FC00002 {
			t.Fatalf("of two NaN %#x", got)
		}
		long := randomF32(callBytesMax/4+100, 3)
		long[callBytesMax/4+50] = -1e9
		if got := PeakF32(long); got != 1e9 {
			t.Fatalf("beyond one call: %g", got)
		}
	})
}

func TestPeakF32StaysInsideItsBuffer(t *testing.T) {
	eachTier(t, opPeakF32, func(t *testing.T) {
		for n := range 4*64 + 2 {
			guarded(t, randomF32(n, uint64(n)), func(row []float32) { PeakF32(row) })
		}
	})
}

func BenchmarkPeakF32(b *testing.B) {
	row := randomF32(384, 1)
	b.Run("384", func(b *testing.B) {
		for b.Loop() {
			PeakF32(row)
		}
	})
	b.Run("384/generic", func(b *testing.B) {
		for b.Loop() {
			peakF32Generic(row)
		}
	})
}
