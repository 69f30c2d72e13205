package kernels

import (
	"fmt"
	"hash/crc32"
	"math"
	"testing"
)

func init() {
	allocationCalls[opGemmI8] = func() func() {
		a, packed, out := randomI8(3*64, 1), packedI8(randomI8(64*32, 2), 64, 32), make([]int32, 3*32)
		return func() { GemmI8(a, packed, 3, 64, 32, out) }
	}
}

func packedI8(weights []int8, k, n int) []uint8 {
	packed := make([]uint8, PackedGemmI8Size(k, n))
	PackGemmI8(weights, k, n, packed)
	return packed
}

// checkGemmI8 compares every result with a plain 64-bit sum.
func checkGemmI8(t *testing.T, a, weights []int8, m, k, n int, out []int32) {
	t.Helper()
	for i := range m {
		for j := range n {
			var want int64
			for l := range k {
				want += int64(a[i*k+l]) * int64(weights[j*k+l])
			}
			if int64(out[i*n+j]) != want {
				t.Fatalf("%dx%dx%d: row %d, column %d is %d, want %d", m, k, n, i, j, out[i*n+j], want)
			}
		}
	}
}

// TestPackedGemmI8IsPublished pins the layout, which files may hold.
func TestPackedGemmI8IsPublished(t *testing.T) {
	weights := make([]int8, 8*16)
	for i := range weights {
		weights[i] = int8(i * 5)
	}
	packed := packedI8(weights, 8, 16)
	if len(packed) != 192 {
		t.Fatalf("%d bytes", len(packed))
	}
	for c := range 16 {
		for l := range 8 {
			if got := packed[64+64*(l/4)+4*c+l%4]; got != uint8(int(weights[c*8+l])+128) {
				t.Errorf("weight %d of column %d is %d", l, c, got)
			}
		}
	}
	if sum := crc32.ChecksumIEEE(packed); sum != packedGolden {
		t.Errorf("the packed bytes have the checksum %#x", sum)
	}
}

const packedGolden = 0xd8b4a0ce

func TestGemmI8IsExact(t *testing.T) {
	eachTier(t, opGemmI8, func(t *testing.T) {
		for k := 4; k <= 140; k += 4 {
			for m := range 18 {
				n := 16 * ((k/4 + m) % 5)
				a, weights := shifted(randomI8(m*k, 1), (k+m)%64), randomI8(n*k, 2)
				packed, out := shifted(packedI8(weights, k, n), (3*k+m)%64), filled(m*n, int32(-1))
				GemmI8(a, packed, m, k, n, out)
				checkGemmI8(t, a, weights, m, k, n, out)
			}
		}
	})
}

func TestGemmI8StaysInsideItsBuffers(t *testing.T) {
	eachTier(t, opGemmI8, func(t *testing.T) {
		for _, k := range []int{4, 8, 60, 64, 68, 124, 128, 132} {
			for m := 1; m < 18; m++ {
				n := 16 * (1 + (m+k/4)%4)
				a, weights := randomI8(m*k, 5), randomI8(n*k, 6)
				packed, out := packedI8(weights, k, n), make([]int32, m*n)
				guarded(t, a, func(a []int8) { GemmI8(a, packed, m, k, n, out) })
				guarded(t, packed, func(packed []uint8) { GemmI8(a, packed, m, k, n, out) })
				guarded(t, out, func(out []int32) {
					GemmI8(a, packed, m, k, n, out)
					checkGemmI8(t, a, weights, m, k, n, out)
				})
			}
		}
	})
}

func TestGemmI8ExtremeValues(t *testing.T) {
	eachTier(t, opGemmI8, func(t *testing.T) {
		for _, k := range []int{4, 64, 384, 4096, DotI8DimensionMax &^ 3} {
			for _, pair := range [][2]int8{{-128, -128}, {-128, 127}, {127, -128}, {127, 127}, {-1, -128}, {0, -128}} {
				m, n := 9, 48
				if k > 384 {
					m, n = 1, 16
				}
				a, weights, out := filled(m*k, pair[0]), filled(n*k, pair[1]), make([]int32, m*n)
				GemmI8(a, packedI8(weights, k, n), m, k, n, out)
				for i, got := range out {
					if want := int(pair[0]) * int(pair[1]) * k; int(got) != want {
						t.Fatalf("k %d, %v: result %d is %d, want %d", k, pair, i, got, want)
					}
				}
			}
		}
	})
}

func TestGemmI8RefusesWhatDoesNotFit(t *testing.T) {
	for _, c := range []struct {
		m, k, n, a, packed, out int
		fits                    bool
	}{
		{2, 8, 16, 16, 192, 32, true},
		{0, 8, 16, 0, 192, 0, true},
		{2, 8, 0, 16, 0, 0, true},
		{2, 8, 16, 15, 192, 32, false},
		{2, 8, 16, 16, 191, 32, false},
		{2, 8, 16, 16, 192, 31, false},
		{2, 6, 16, 12, 160, 32, false},
		{2, 0, 16, 0, 64, 32, false},
		{2, 8, 15, 16, 192, 30, false},
		{-2, 8, 16, -16, 192, -32, false},
	} {
		message := panicOf(func() {
			GemmI8(make([]int8, max(0, c.a)), make([]uint8, c.packed), c.m, c.k, c.n, make([]int32, max(0, c.out)))
		})
		if (message == "") != c.fits {
			t.Errorf("%+v: panic %q", c, message)
		}
	}
	for _, k := range []int{DotI8DimensionMax + 1, -4, 2} {
		if panicOf(func() { PackedGemmI8Size(k, 16) }) == "" {
			t.Errorf("k = %d: no panic", k)
		}
	}
	if panicOf(func() { PackGemmI8(make([]int8, 127), 8, 16, make([]uint8, 192)) }) == "" {
		t.Error("no panic for a weight too few")
	}
}

func BenchmarkGemmI8(b *testing.B) {
	for _, shape := range [][2]int{{384, 1536}, {1536, 384}} {
		k, n := shape[0], shape[1]
		packed := packedI8(randomI8(n*k, 2), k, n)
		for _, m := range []int{1, 4, 16, 64} {
			a, out, want := randomI8(m*k, 1), make([]int32, m*n), make([]int32, m*n)
			gemmI8Generic(a, packed, m, k, n, want)
			b.Run(fmt.Sprintf("k=%d/n=%d/m=%d", k, n, m), func(b *testing.B) {
				eachBenchTier(b, opGemmI8, func(b *testing.B) {
					for b.Loop() {
						GemmI8(a, packed, m, k, n, out)
					}
					b.ReportMetric(float64(m*n*k)*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "products/ns")
					checkBench(b, out, want)
				})
			})
		}
	}
}

// TestGemmI8SizesCannotWrapAround asks for columns whose packed size does not fit an int.
func TestGemmI8SizesCannotWrapAround(t *testing.T) {
	mustPanic(t, "PackedGemmI8Size", func() { PackedGemmI8Size(12, math.MaxInt/16*16) })
	mustPanic(t, "GemmI8", func() { GemmI8(make([]int8, 192), nil, 16, 12, math.MaxInt/16*16, nil) })
}
