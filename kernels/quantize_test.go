package kernels

import (
	"fmt"
	"math"
	"testing"
)

func init() {
	allocationCalls[opQuantizeI8] = func() func() {
		row, out := randomF32(100, 1), make([]int8, 100)
		return func() { QuantizeI8(row, 40, out) }
	}
}

// quantizedReference rounds by comparing with the two integers around the product.
func quantizedReference(x, scale float32) int8 {
	y := float64(x * scale)
	switch {
	case math.IsNaN(y):
		return 0
	case math.Abs(y) >= 127:
		return int8(math.Copysign(127, y))
	}
	low := math.Floor(y)
	down, up := y-low, low+1-y
	if down < up || down == up && math.Mod(low, 2) == 0 {
		return int8(low)
	}
	return int8(low + 1)
}

func checkQuantizeI8(t *testing.T, row []float32, scale float32, out []int8) {
	t.Helper()
	for i, got := range out {
		if want := quantizedReference(row[i], scale); got != want {
			t.Fatalf("%d elements: %g * %g at %d is %d, want %d", len(row), row[i], scale, i, got, want)
		}
	}
}

func TestQuantizeI8IsExact(t *testing.T) {
	eachTier(t, opQuantizeI8, func(t *testing.T) {
		for n := range 4*32 + 2 {
			for offset := 0; offset < 64; offset += 4 {
				row, out := shifted(randomF32(n, uint64(n)), offset), shifted(filled(n, int8(99)), 63-offset)
				QuantizeI8(row, 60, out)
				checkQuantizeI8(t, row, 60, out)
			}
		}
	})
}

func TestQuantizeI8StaysInsideItsBuffers(t *testing.T) {
	eachTier(t, opQuantizeI8, func(t *testing.T) {
		for n := range 4*32 + 2 {
			row, out := randomF32(n, uint64(n)), make([]int8, n)
			guarded(t, row, func(row []float32) { QuantizeI8(row, 60, out) })
			guarded(t, out, func(out []int8) {
				QuantizeI8(row, 60, out)
				checkQuantizeI8(t, row, 60, out)
			})
		}
	})
}

// TestQuantizeI8ExtremeValues puts each value at every place of a vector.
func TestQuantizeI8ExtremeValues(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	values := []float32{0, float32(math.Copysign(0, -1)), 0x1p-149, -0x1p-126, math.MaxFloat32, -math.MaxFloat32, inf, -inf, nan,
		math.Float32frombits(0xFFC00001), math.Float32frombits(0x7F800001), 1 << 31, -(1 << 31), 1 << 40}
	for i := -260; i <= 260; i++ { // every half, and its neighbours
		half := float32(i) / 2
		values = append(values, half, math.Nextafter32(half, inf), math.Nextafter32(half, -inf))
	}
	eachTier(t, opQuantizeI8, func(t *testing.T) {
		for _, scale := range []float32{1, -1, 0, 0x1p-149, 0x1p100, inf, nan, 0.1} {
			for shift := range 33 {
				row := append(make([]float32, shift), values...)
				out := make([]int8, len(row))
				QuantizeI8(row, scale, out)
				checkQuantizeI8(t, row, scale, out)
			}
		}
	})
}

func TestQuantizeI8SplitsLongRows(t *testing.T) {
	eachTier(t, opQuantizeI8, func(t *testing.T) {
		row := randomF32(callBytesMax/2+77, 1)
		out := make([]int8, len(row))
		QuantizeI8(row, 50, out)
		checkQuantizeI8(t, row, 50, out)
	})
}

// TestQuantizeI8NeedsEqualLengths also says what the panic says.
func TestQuantizeI8NeedsEqualLengths(t *testing.T) {
	want := "kernels: QuantizeI8: 3 elements for 4 results"
	if got := panicOf(func() { QuantizeI8(make([]float32, 3), 1, make([]int8, 4)) }); got != want {
		t.Errorf("panic %q, want %q", got, want)
	}
}

func BenchmarkQuantizeI8(b *testing.B) {
	for _, dim := range []int{384, 1536} {
		row, out, want := randomF32(dim, 1), make([]int8, dim), make([]int8, dim)
		quantizeI8Generic(row, 60, want)
		b.Run(fmt.Sprintf("dim=%d", dim), func(b *testing.B) {
			eachBenchTier(b, opQuantizeI8, func(b *testing.B) {
				b.SetBytes(int64(4 * dim))
				for b.Loop() {
					QuantizeI8(row, 60, out)
				}
				checkBench(b, out, want)
			})
		})
	}
}
