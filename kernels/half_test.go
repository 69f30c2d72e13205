package kernels

import (
	"math"
	"testing"
)

func init() {
	query, rows, codes, out := randomF32(100, 1), randomHalf(900, 2, EncodeF16), randomI8(900, 3), make([]float32, 9)
	narrow := randomHalf(100, 1, EncodeBF16)
	allocationCalls[opDotScanF16] = func() func() { return func() { DotScanF16(query, rows, out) } }
	allocationCalls[opDotScanBF16] = func() func() { return func() { DotScanBF16(narrow, rows, out) } }
	allocationCalls[opDotScanF32I8] = func() func() { return func() { DotScanF32I8(query, codes, out) } }
}

func randomHalf(n int, seed uint64, encode func([]float32, []uint16)) []uint16 {
	out := make([]uint16, n)
	encode(randomF32(n, seed), out)
	return out
}

// checkDots compares dot products of converted elements with float64; slack is what an
// element may be off besides rounding.
func checkDots(t *testing.T, dim int, query, row func(j int) float32, slack float64, out []float32) {
	t.Helper()
	for i, got := range out {
		var want, terms float64
		for j := range dim {
			term := float64(query(j)) * float64(row(i*dim+j))
			want += term
			terms += math.Abs(term)
		}
		switch {
		case math.IsNaN(want):
			if got == got {
				t.Fatalf("dim %d, row %d of %d: %g, want NaN", dim, i, len(out), got)
			}
		case math.IsInf(want, 0):
			if float64(got) != want {
				t.Fatalf("dim %d, row %d of %d: %g, want %g", dim, i, len(out), got, want)
			}
		case !(math.Abs(float64(got)-want) <= float64(dim)*(floatEps*terms+slack)):
			t.Fatalf("dim %d, row %d of %d: %g, want %g", dim, i, len(out), got, want)
		}
	}
}

// narrowShapes calls try with every tail and some counts of rows.
func narrowShapes(try func(dim, count int, seed uint64)) {
	for dim := range tails(32) {
		for _, count := range fewRows() {
			try(dim, count, uint64(dim*10+count))
		}
	}
	if !testing.Short() {
		try(384, 800, 1)
		try(1<<17+1, 2, 2)
	}
}

func TestDotScanF16IsWithinItsBound(t *testing.T) {
	special := []uint16{0x7C00, 0xFC00, 0x7E00, 0x0001, 0x83FF, 0x7BFF, 0x8000}
	eachTier(t, opDotScanF16, func(t *testing.T) {
		narrowShapes(func(dim, count int, seed uint64) {
			query, rows, out := randomF32(dim, seed), randomHalf(dim*count, seed+1, EncodeF16), make([]float32, count)
			check := func(query []float32, rows []uint16, out []float32) {
				DotScanF16(query, rows, out)
				checkDots(t, dim, func(j int) float32 { return query[j] }, func(j int) float32 { return DecodeF16(rows[j]) }, 0x1p-149, out)
			}
			check(shifted(query, 1), shifted(rows, 3), out)
			if dim < 200 {
				guarded(t, query, func(query []float32) { check(query, rows, out) })
				guarded(t, rows, func(rows []uint16) { check(query, rows, out) })
				guarded(t, out, func(out []float32) { check(query, rows, out) })
			}
			if len(rows) > 0 {
				r := random(seed)
				at := len(rows) - 1 - r.IntN(min(8, dim)) // where a tail repeats what was counted
				rows[at] = special[r.IntN(2)]
				check(query, rows, out)
				rows[r.IntN(len(rows))] = special[r.IntN(len(special))]
				check(query, rows, out)
			}
		})
	})
}

func TestDotScanBF16IsWithinItsBound(t *testing.T) {
	special := []uint16{0x7F80, 0xFF80, 0x7FC0, 0x8000, 0x3F80}
	eachTier(t, opDotScanBF16, func(t *testing.T) {
		slack := 0x1p-149
		if active[opDotScanBF16] == tierAVX512BF16 {
			slack = 0x1p-124 // it takes what is below 2^-126 for zero
		}
		narrowShapes(func(dim, count int, seed uint64) {
			query, rows, out := randomHalf(dim, seed, EncodeBF16), randomHalf(dim*count, seed+1, EncodeBF16), make([]float32, count)
			check := func(query, rows []uint16, out []float32) {
				DotScanBF16(query, rows, out)
				checkDots(t, dim, func(j int) float32 { return DecodeBF16(query[j]) }, func(j int) float32 { return DecodeBF16(rows[j]) }, slack, out)
			}
			check(shifted(query, 1), shifted(rows, 3), out)
			if dim < 200 {
				guarded(t, query, func(query []uint16) { check(query, rows, out) })
				guarded(t, rows, func(rows []uint16) { check(query, rows, out) })
				guarded(t, out, func(out []float32) { check(query, rows, out) })
			}
			if len(rows) > 0 {
				r := random(seed)
				at := len(rows) - 1 - r.IntN(min(8, dim)) // where a tail repeats what was counted
				rows[at] = special[r.IntN(2)]
				check(query, rows, out)
				rows[r.IntN(len(rows))] = special[r.IntN(len(special))]
				check(query, rows, out)
			}
		})
	})
}

func TestDotScanF32I8IsWithinItsBound(t *testing.T) {
	special := []float32{float32(math.Inf(1)), float32(math.NaN()), 1e-45, 1e30, float32(math.Copysign(0, -1))}
	eachTier(t, opDotScanF32I8, func(t *testing.T) {
		narrowShapes(func(dim, count int, seed uint64) {
			query, rows, out := randomF32(dim, seed), randomI8(dim*count, seed+1), make([]float32, count)
			check := func(query []float32, rows []int8, out []float32) {
				DotScanF32I8(query, rows, out)
				checkDots(t, dim, func(j int) float32 { return query[j] }, func(j int) float32 { return float32(rows[j]) }, 0x1p-149, out)
			}
			check(shifted(query, 1), shifted(rows, 3), out)
			if dim < 200 {
				guarded(t, query, func(query []float32) { check(query, rows, out) })
				guarded(t, rows, func(rows []int8) { check(query, rows, out) })
				guarded(t, out, func(out []float32) { check(query, rows, out) })
			}
			if len(query) > 0 {
				r := random(seed)
				query[r.IntN(len(query))] = special[r.IntN(len(special))]
				check(query, rows, out)
			}
		})
	})
}

// TestEveryF16DecodesAndEncodesToItself also places each value's neighbours: just below
// and above the middle between two, and the middle, which goes to the even one.
func TestEveryF16DecodesAndEncodesToItself(t *testing.T) {
	encode := func(v float32) uint16 {
		out := make([]uint16, 1)
		EncodeF16([]float32{v}, out)
		return out[0]
	}
	for half := range 1 << 16 {
		v := DecodeF16(uint16(half))
		if v != v {
			if got := encode(v); got&0x7C00 != 0x7C00 || got&0x3FF == 0 {
				t.Fatalf("NaN %#x becomes %#x", half, got)
			}
			continue
		}
		if testing.Short() && half%7 != 0 {
			continue
		}
		if got := encode(v); got != uint16(half) {
			t.Fatalf("%#x is %g, which encodes to %#x", half, v, got)
		}
		next := half + 1
		if half&0x7FFF >= 0x7BFF { // the largest and infinity
			continue
		}
		middle := (v + DecodeF16(uint16(next))) / 2
		even := uint16(half + half&1)
		away := float32(math.Inf(1 - 2*(half>>15)))
		if got := encode(middle); got != even {
			t.Fatalf("%g, between %#x and %#x, encodes to %#x", middle, half, next, got)
		}
		if got := encode(math.Nextafter32(middle, away)); got != uint16(next) {
			t.Fatalf("above the middle of %#x and %#x: %#x", half, next, got)
		}
		if got := encode(math.Nextafter32(middle, -away)); got != uint16(half) {
			t.Fatalf("below the middle of %#x and %#x: %#x", half, next, got)
		}
	}
	for v, want := range map[float32]uint16{65504: 0x7BFF, 65519.996: 0x7BFF, 65520: 0x7C00, -1e38: 0xFC00, 1e-45: 0, 0x1p-25: 0, 0x1.000002p-25: 1} {
		if got := encode(v); got != want {
			t.Errorf("%g encodes to %#x, want %#x", v, got, want)
		}
	}
}

func TestBF16RoundsToNearestEven(t *testing.T) {
	out := make([]uint16, 1)
	for v, want := range map[float32]uint16{
		1: 0x3F80, 1 + 0x1p-8: 0x3F80, 1 + 0x1p-7: 0x3F81, 1 + 3*0x1p-8: 0x3F82, 1 + 0x1.1p-8: 0x3F81, -2: 0xC000,
		math.MaxFloat32: 0x7F80, float32(math.Inf(-1)): 0xFF80, 0: 0,
	} {
		if EncodeBF16([]float32{v}, out); out[0] != want {
			t.Errorf("%g encodes to %#x, want %#x", v, out[0], want)
		}
	}
	for _, bits := range []uint32{0x7F800001, 0xFFFFFFFF, 0x7FC00000} {
		if EncodeBF16([]float32{math.Float32frombits(bits)}, out); out[0]&0x7F80 != 0x7F80 || out[0]&0x7F == 0 {
			t.Errorf("NaN %#x becomes %#x", bits, out[0])
		}
	}
}
