package kernels

import (
	"fmt"
	"math"
	"math/bits"
	"strings"
	"testing"
)

func init() {
	allocationCalls[opHadamard] = func() func() {
		x := randomF32(256, 1)
		return func() { Hadamard(x) }
	}
	allocationCalls[opFlipSigns] = func() func() {
		x, signs := randomF32(100, 1), make([]uint8, 13)
		return func() { FlipSigns(x, signs) }
	}
}

// butterfliesReference is the transform by its strides, one pair at a time.
func butterfliesReference(x []float32) []float32 {
	y := append([]float32(nil), x...)
	for stride := 1; stride < len(y); stride *= 2 {
		for i := range y {
			if i&stride == 0 {
				a, b := y[i], y[i+stride]
				y[i], y[i+stride] = a+b, a-b
			}
		}
	}
	return y
}

// sameBits tells whether a and b are equal in every bit, NaNs as NaNs.
func sameBits(a, b float32) bool {
	return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b
}

func TestHadamardIsBitExact(t *testing.T) {
	eachTier(t, opHadamard, func(t *testing.T) {
		for n := 1; n <= hadamardMax; n *= 2 {
			if testing.Short() && n > 8192 && n < hadamardMax { // every count of passes is left
				continue
			}
			values := randomF32(n, uint64(n))
			want := butterfliesReference(values)
			guarded(t, values, func(x []float32) {
				Hadamard(x)
				for i := range want {
					if !sameBits(x[i], want[i]) {
						t.Fatalf("n=%d: y[%d] = %g, want %g", n, i, x[i], want[i])
					}
				}
			})
			for offset := range 64 {
				if n > 256 {
					break
				}
				x := shifted(values, offset)
				Hadamard(x)
				for i := range want {
					if !sameBits(x[i], want[i]) {
						t.Fatalf("n=%d, %d bytes behind a boundary: y[%d] = %g, want %g", n, offset, i, x[i], want[i])
					}
				}
			}
		}
	})
}

// TestHadamardOfExtremes puts zeros of either sign, denormals, huge numbers, infinities and
// NaNs everywhere: flushed or reordered arithmetic would show in the bits.
func TestHadamardOfExtremes(t *testing.T) {
	extremes := []float32{
		0, float32(math.Copysign(0, -1)), math.SmallestNonzeroFloat32, -1e-40, math.MaxFloat32, -math.MaxFloat32,
		1, -1, 1 << 24, 1e-20, float32(math.Inf(1)), float32(math.NaN()),
	}
	eachTier(t, opHadamard, func(t *testing.T) {
		for n := 1; n <= 1024; n *= 2 {
			for kinds := 1; kinds <= len(extremes); kinds++ { // the first ones alone stay finite
				r, x := random(uint64(n)), make([]float32, n)
				for i := range x {
					x[i] = extremes[r.IntN(kinds)]
				}
				want := butterfliesReference(x)
				Hadamard(x)
				for i := range want {
					if !sameBits(x[i], want[i]) {
						t.Fatalf("n=%d, %d kinds: y[%d] = %g, want %g", n, kinds, i, x[i], want[i])
					}
				}
			}
		}
	})
}

// TestHadamardIsWithinItsBound compares with the sum of the definition in float64.
func TestHadamardIsWithinItsBound(t *testing.T) {
	eachTier(t, opHadamard, func(t *testing.T) {
		for n := 1; n <= 512; n *= 2 {
			x := randomF32(n, uint64(n))
			y := append([]float32(nil), x...)
			Hadamard(y)
			for i := range y {
				var sum, absolute float64
				for j, v := range x {
					sign := 1 - 2*(bits.OnesCount(uint(i&j))&1)
					sum += float64(sign) * float64(v)
					absolute += math.Abs(float64(v))
				}
				bound := float64(bits.Len(uint(n))) * 0x1p-24 * absolute
				if d := math.Abs(float64(y[i]) - sum); d > bound {
					t.Fatalf("n=%d: y[%d] = %g, want %g within %g", n, i, y[i], sum, bound)
				}
			}
		}
	})
}

// Laws: the transform of small integers is exact, so H(H(x)) = n*x, the length grows by
// sqrt(n), and the transforms of two unit vectors are orthogonal rows of +-1.
func TestHadamardLaws(t *testing.T) {
	eachTier(t, opHadamard, func(t *testing.T) {
		for n := 1; n <= 1024; n *= 2 {
			r, x := random(uint64(n)), make([]float32, n)
			var length, transformed float64
			for i := range x {
				x[i] = float32(r.IntN(17) - 8)
				length += float64(x[i]) * float64(x[i])
			}
			y := append([]float32(nil), x...)
			Hadamard(y)
			for _, v := range y {
				transformed += float64(v) * float64(v)
			}
			if transformed != float64(n)*length {
				t.Fatalf("n=%d: length squared %g became %g", n, length, transformed)
			}
			Hadamard(y)
			for i := range x {
				if y[i] != float32(n)*x[i] {
					t.Fatalf("n=%d: twice gives %g at %d, want %g", n, y[i], i, float32(n)*x[i])
				}
			}
			a, b, dot := make([]float32, n), make([]float32, n), float32(0)
			a[n/3], b[n-1] = 1, 1
			Hadamard(a)
			Hadamard(b)
			for i := range a {
				if a[i] != 1 && a[i] != -1 {
					t.Fatalf("n=%d: row holds %g", n, a[i])
				}
				dot += a[i] * b[i]
			}
			if n/3 != n-1 && dot != 0 {
				t.Fatalf("n=%d: rows %d and %d have the product %g", n, n/3, n-1, dot)
			}
		}
	})
}

func TestHadamardPanicsOnOtherLengths(t *testing.T) {
	for _, n := range []int{0, 3, 6, 65, 1023, 2 * hadamardMax} {
		func() {
			defer func() {
				if text, _ := recover().(string); !strings.Contains(text, "Hadamard") || !strings.Contains(text, fmt.Sprint(n)) {
					t.Errorf("%d numbers: %q", n, text)
				}
			}()
			Hadamard(make([]float32, n))
		}()
	}
}

func TestFlipSignsIsExact(t *testing.T) {
	special := []float32{0, float32(math.Copysign(0, -1)), float32(math.Inf(-1)), math.SmallestNonzeroFloat32, float32(math.NaN())}
	eachTier(t, opFlipSigns, func(t *testing.T) {
		counts := []int{255, 256, 1000, callBytesMax/4 - 1, callBytesMax/4 + 33, callBytesMax/2 + 40}
		for n := range 4*flipGroup + 1 {
			counts = append(counts, n)
		}
		for _, n := range counts {
			r, signs := random(uint64(n)), make([]uint8, (n+7)/8)
			for i := range signs {
				signs[i] = uint8(r.Uint32())
			}
			values := randomF32(n, uint64(n))
			for i := range values {
				if i%7 == 3 {
					values[i] = special[i%len(special)]
				}
			}
			check := func(x []float32, signs []uint8) {
				FlipSigns(x, signs)
				for j := range x {
					want := math.Float32bits(values[j])
					if signs[j/8]>>(j%8)&1 == 1 {
						want ^= 1 << 31
					}
					if math.Float32bits(x[j]) != want {
						t.Fatalf("n=%d: x[%d] has the bits %#x, want %#x", n, j, math.Float32bits(x[j]), want)
					}
				}
			}
			guarded(t, values, func(x []float32) { check(x, signs) })
			guarded(t, signs, func(signs []uint8) { check(append([]float32(nil), values...), signs) })
			if n <= flipGroup+3 {
				for offset := range 64 {
					check(shifted(values, offset), shifted(signs, 63-offset))
				}
			}
		}
	})
}

func TestFlipSignsPanicsOnWrongLengths(t *testing.T) {
	for n, signs := range map[int]int{0: 1, 1: 0, 8: 2, 9: 1, 256: 31} {
		func() {
			defer func() {
				if text, _ := recover().(string); !strings.Contains(text, "FlipSigns") {
					t.Errorf("%d bytes of signs for %d numbers: %q", signs, n, text)
				}
			}()
			FlipSigns(make([]float32, n), make([]uint8, signs))
		}()
	}
}

func BenchmarkHadamard(b *testing.B) {
	for _, n := range []int{64, 256, 512, 1024, 4096, 65536} {
		x, zero := randomF32(n, 1), make([]float32, n)
		want := butterfliesReference(x)
		b.Run(fmt.Sprintf("dim=%d", n), func(b *testing.B) {
			eachBenchTier(b, opHadamard, func(b *testing.B) {
				b.SetBytes(int64(4 * n))
				y := append([]float32(nil), zero...) // transforms grow; zeros stay
				for b.Loop() {
					Hadamard(y)
				}
				y = append(y[:0], x...)
				Hadamard(y)
				checkBench(b, y, want)
			})
		})
	}
}

func BenchmarkFlipSigns(b *testing.B) {
	for _, n := range []int{256, 1024} {
		x, signs := randomF32(n, 1), make([]uint8, n/8)
		for i := range signs {
			signs[i] = uint8(37 * i)
		}
		want := append([]float32(nil), x...)
		flipSignsGeneric(want, signs)
		b.Run(fmt.Sprintf("dim=%d", n), func(b *testing.B) {
			eachBenchTier(b, opFlipSigns, func(b *testing.B) {
				b.SetBytes(int64(4 * n))
				y := append([]float32(nil), x...)
				for b.Loop() {
					FlipSigns(y, signs)
				}
				copy(y, x)
				FlipSigns(y, signs)
				checkBench(b, y, want)
			})
		})
	}
}
