package kernels

import (
	"math"
	"math/big"
	"testing"
)

// exactScans are the float64 sums; each has a plain reference that shares nothing with
// the kernels but the arrangement of the sums that the contract states.
var exactScans = map[string]struct {
	op   operation
	scan func(query, rows []float32, out []float64)
	term func(q, r float64) float64
}{
	"DotScanF64": {opDotScanF64, DotScanF64, func(q, r float64) float64 { return q * r }},
	"L2ScanF64":  {opL2ScanF64, L2ScanF64, func(q, r float64) float64 { d := q - r; return float64(d * d) }},
}

func init() {
	query, rows, out := randomF32(100, 1), randomF32(900, 2), make([]float64, 9)
	allocationCalls[opDotScanF64] = func() func() { return func() { DotScanF64(query, rows, out) } }
	allocationCalls[opL2ScanF64] = func() func() { return func() { L2ScanF64(query, rows, out) } }
}

func exactReference(term func(q, r float64) float64, query, row []float32) float64 {
	var s [8]float64
	for j := range query {
		s[j%8] = float64(s[j%8] + term(float64(query[j]), float64(row[j])))
	}
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}

// TestExactScansHaveTheSameBitsOnEveryTier uses floats whose sums depend on their order.
func TestExactScansHaveTheSameBitsOnEveryTier(t *testing.T) {
	for name, s := range exactScans {
		t.Run(name, func(t *testing.T) {
			eachTier(t, s.op, func(t *testing.T) {
				check := func(query, rows []float32, out []float64) {
					t.Helper()
					s.scan(query, rows, out)
					for i, got := range out {
						want := exactReference(s.term, query, rows[i*len(query):][:len(query)])
						if math.Float64bits(got) != math.Float64bits(want) && !(math.IsNaN(got) && math.IsNaN(want)) {
							t.Fatalf("dim %d, row %d of %d: %g, want %g", len(query), i, len(out), got, want)
						}
					}
				}
				for dim := range tails(16) {
					for _, count := range fewRows() {
						r := random(uint64(dim*10 + count))
						query, rows, out := wildF32(dim, r), wildF32(dim*count, r), make([]float64, count)
						check(query, rows, out)
						guarded(t, query, func(query []float32) { s.scan(query, rows, out) })
						guarded(t, rows, func(rows []float32) { s.scan(query, rows, out) })
						guarded(t, out, func(out []float64) { check(query, rows, out) })
						if len(rows) > 0 {
							rows[r.IntN(len(rows))] = []float32{float32(math.Inf(1)), float32(math.NaN()), 1e-45, math.MaxFloat32}[r.IntN(4)]
							check(query, rows, out)
						}
					}
				}
				for offset := range 64 {
					r := random(uint64(offset))
					check(shifted(wildF32(100, r), offset), shifted(wildF32(500, r), 63-offset), make([]float64, 5))
				}
				if testing.Short() {
					return
				}
				r := random(1)
				check(wildF32(1<<16+1, r), wildF32(2<<16+2, r), make([]float64, 2))
				check(wildF32(384, r), wildF32(384*700, r), make([]float64, 700))
			})
		})
	}
}

// TestExactScansAreWithinTheirBounds compares with sums of arbitrary precision, at the
// sizes where rounding is largest beside the bound.
func TestExactScansAreWithinTheirBounds(t *testing.T) {
	const u = 0x1p-53
	for name, s := range exactScans {
		t.Run(name, func(t *testing.T) {
			eachTier(t, s.op, func(t *testing.T) {
				for _, dim := range []int{1, 2, 3, 8, 9, 16, 100, 384} {
					r := random(uint64(dim))
					for range 50 {
						query, row, out := wildF32(dim, r), wildF32(dim, r), make([]float64, 1)
						s.scan(query, row, out)
						want, terms := new(big.Float).SetPrec(400), new(big.Float).SetPrec(400)
						for j := range query {
							a, b := new(big.Float).SetPrec(400).SetFloat64(float64(query[j])), new(big.Float).SetPrec(400).SetFloat64(float64(row[j]))
							if name == "L2ScanF64" {
								a.Sub(a, b)
								b.Set(a)
							}
							a.Mul(a, b)
							want.Add(want, a)
							terms.Add(terms, a.Abs(a))
						}
						off, _ := want.Sub(want, new(big.Float).SetFloat64(out[0])).Float64()
						size, _ := terms.Float64()
						roundings := math.Ceil(float64(dim)/8) + 2
						if name == "L2ScanF64" {
							roundings += 3
						}
						if math.Abs(off) > roundings*u*size*(1+1e-9) {
							t.Fatalf("dim %d: off by %g, allowed %g", dim, math.Abs(off), roundings*u*size)
						}
					}
				}
			})
		})
	}
}
