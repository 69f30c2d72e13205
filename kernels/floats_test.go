package kernels

import (
	"math"
	"math/rand/v2"
	"testing"
)

// floatScan is a scan over rows of float32 and a float64 reference of one row with the
// error that it allows.
type floatScan struct {
	op        operation
	scan      func(query, rows, out []float32)
	reference func(query, row []float32) (want, bound float64)
}

const floatEps = 0x1p-23

var floatScans = map[string]floatScan{
	"DotScanF32": {opDotScanF32, DotScanF32, func(query, row []float32) (want, bound float64) {
		for j := range query {
			want += float64(query[j]) * float64(row[j])
			bound += math.Abs(float64(query[j]) * float64(row[j]))
		}
		return want, float64(len(query)) * floatEps * bound
	}},
	"L2ScanF32": {opL2ScanF32, L2ScanF32, func(query, row []float32) (want, _ float64) {
		for j := range query {
			d := float64(query[j]) - float64(row[j])
			want += d * d
		}
		return want, float64(len(query)+2) * floatEps * want
	}},
	"SquaredNormsF32": {opSquaredNormsF32, func(query, rows, out []float32) { SquaredNormsF32(rows, len(query), out) }, func(query, row []float32) (want, _ float64) {
		for _, x := range row {
			want += float64(x) * float64(x)
		}
		return want, float64(len(row)) * floatEps * want
	}},
	"CosineScanF32": {opDotScanF32, CosineScanF32, func(query, row []float32) (want, bound float64) {
		var dot, terms, qq, rr float64
		for j := range query {
			dot += float64(query[j]) * float64(row[j])
			terms += math.Abs(float64(query[j]) * float64(row[j]))
			qq += float64(query[j]) * float64(query[j])
			rr += float64(row[j]) * float64(row[j])
		}
		if qq == 0 || rr == 0 {
			return 0, 0
		}
		length := math.Sqrt(qq) * math.Sqrt(rr)
		return dot / length, float64(2*len(query)+4) * floatEps * terms / length
	}},
}

func init() {
	query, rows := randomF32(100, 1), randomF32(900, 2)
	out := make([]float32, 9)
	allocationCalls[opL2ScanF32] = func() func() { return func() { L2ScanF32(query, rows, out) } }
	allocationCalls[opSquaredNormsF32] = func() func() { return func() { SquaredNormsF32(rows, 100, out) } }
}

// check compares the scan of rows with the reference.
func (s floatScan) check(t *testing.T, query, rows, out []float32) {
	t.Helper()
	s.scan(query, rows, out)
	for i, got := range out {
		want, bound := s.reference(query, rows[i*len(query):][:len(query)])
		if !(math.Abs(float64(got)-want) <= bound) {
			t.Fatalf("dim %d, row %d of %d: %g, want %g within %g", len(query), i, len(out), got, want, bound)
		}
	}
}

func TestFloatScansAreWithinTheirBounds(t *testing.T) {
	for name, s := range floatScans {
		t.Run(name, func(t *testing.T) {
			eachTier(t, s.op, func(t *testing.T) {
				for dim := range tails(32) {
					for _, count := range fewRows() {
						query, rows := randomF32(dim, 1), randomF32(dim*count, 2)
						s.check(t, query, rows, filled(count, float32(math.NaN())))
					}
				}
				if !testing.Short() {
					query, rows := randomF32(1<<16+1, 3), randomF32(3*(1<<16+1), 4) // one row above the bound of a call
					s.check(t, query, rows, make([]float32, 3))
				}
			})
		})
	}
}

func TestFloatScansStayInsideTheirBuffers(t *testing.T) {
	for name, s := range floatScans {
		t.Run(name, func(t *testing.T) {
			eachTier(t, s.op, func(t *testing.T) {
				for dim := range tails(32) {
					for _, count := range []int{1, 4, 5} {
						query, rows, out := randomF32(dim, 5), randomF32(dim*count, 6), make([]float32, count)
						guarded(t, query, func(query []float32) { s.scan(query, rows, out) })
						guarded(t, rows, func(rows []float32) { s.scan(query, rows, out) })
						guarded(t, out, func(out []float32) { s.check(t, query, rows, out) })
					}
				}
				for offset := range 64 {
					s.check(t, shifted(randomF32(100, 7), offset), shifted(randomF32(500, 8), 63-offset), shifted(make([]float32, 5), offset))
				}
			})
		})
	}
}

// TestFloatScansFollowFloat64OnSpecialValues puts NaN, infinities, denormals and the
// largest floats into rows: the result is NaN, infinite or finite as the reference is.
func TestFloatScansFollowFloat64OnSpecialValues(t *testing.T) {
	inf, nan, largest := float32(math.Inf(1)), float32(math.NaN()), float32(math.MaxFloat32)
	special := []float32{inf, -inf, nan, 1e-40, -1e-45, 0, float32(math.Copysign(0, -1)), largest, -largest, 1e30}
	for name, s := range floatScans {
		t.Run(name, func(t *testing.T) {
			eachTier(t, s.op, func(t *testing.T) {
				for dim := 1; dim < 70; dim++ {
					r := random(uint64(dim))
					query, rows, out := randomF32(dim, 9), randomF32(5*dim, 10), make([]float32, 5)
					rows[r.IntN(len(rows))] = special[r.IntN(len(special))]
					s.scan(query, rows, out)
					for i, got := range out {
						want, bound := s.reference(query, rows[i*dim:][:dim])
						switch narrow := float32(want); {
						case math.IsNaN(want):
							if got == got {
								t.Fatalf("dim %d: %g, want NaN", dim, got)
							}
						case math.IsInf(float64(narrow), 0): // beyond float32, partial sums of both signs may overflow
							if math.IsInf(want, 0) && got != narrow || got == got && !math.IsInf(float64(got), 0) {
								t.Fatalf("dim %d: %g, want %g", dim, got, want)
							}
						case !(math.Abs(float64(got)-want) <= bound+float64(dim)*0x1p-149):
							t.Fatalf("dim %d: %g, want %g", dim, got, want)
						}
					}
				}
			})
		})
	}
}

func TestCosineOfZeroAndOfHugeVectors(t *testing.T) {
	eachTier(t, opDotScanF32, func(t *testing.T) {
		for _, dim := range []int{0, 1, 8, 100} {
			zero, some, out := make([]float32, dim), filled(dim, float32(1)), make([]float32, 1)
			for _, pair := range [][2][]float32{{zero, some}, {some, zero}, {zero, zero}} {
				CosineScanF32(pair[0], pair[1], out)
				if out[0] != 0 {
					t.Errorf("dim %d: cosine with a zero vector is %g", dim, out[0])
				}
			}
			for _, scale := range []float32{1e-38, 1e-45, 1e-20, 1, 1e20, 3e38} {
				CosineScanF32(some, filled(dim, scale), out)
				if dim > 0 && math.Abs(float64(out[0])-1) > 1e-6 || out[0] > 1 {
					t.Errorf("dim %d: cosine with itself times %g is %g", dim, scale, out[0])
				}
				CosineScanF32(filled(dim, scale), filled(dim, -scale), out)
				if dim > 0 && math.Abs(float64(out[0])+1) > 1e-6 || out[0] < -1 {
					t.Errorf("dim %d: cosine with its opposite, times %g, is %g", dim, scale, out[0])
				}
			}
		}
	})
}

func TestFloatScansPanicOnWrongLengths(t *testing.T) {
	for name, call := range map[string]func(){
		"L2ScanF32":                          func() { L2ScanF32(make([]float32, 3), make([]float32, 7), make([]float32, 2)) },
		"SquaredNormsF32":                    func() { SquaredNormsF32(make([]float32, 7), 3, make([]float32, 2)) },
		"a product that wraps around to fit": func() { SquaredNormsF32(make([]float32, 20), math.MaxInt/2+1+5, make([]float32, 4)) },
		"a size in bytes that wraps around":  func() { SquaredNormsF32(make([]float32, 40), math.MaxInt/4+1+5, make([]float32, 8)) },
		"a negative dimension":               func() { SquaredNormsF32(nil, -1, nil) },
		"CosineScanF32":                      func() { CosineScanF32(make([]float32, 3), make([]float32, 7), make([]float32, 2)) },
		"DotScanF64":                         func() { DotScanF64(make([]float32, 3), make([]float32, 7), make([]float64, 2)) },
		"L2ScanF64":                          func() { L2ScanF64(make([]float32, 3), make([]float32, 7), make([]float64, 2)) },
		"DotScanF16":                         func() { DotScanF16(make([]float32, 3), make([]uint16, 7), make([]float32, 2)) },
		"DotScanBF16":                        func() { DotScanBF16(make([]uint16, 3), make([]uint16, 7), make([]float32, 2)) },
		"DotScanF32I8":                       func() { DotScanF32I8(make([]float32, 3), make([]int8, 7), make([]float32, 2)) },
		"EncodeF16":                          func() { EncodeF16(make([]float32, 3), make([]uint16, 2)) },
	} {
		mustPanic(t, name, call)
	}
}

// wildF32 returns floats of all magnitudes and both signs.
func wildF32(n int, r *rand.Rand) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(math.Ldexp(r.NormFloat64(), r.IntN(60)-30))
	}
	return v
}

func TestCosineScanDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Log("the race detector is told about buffers by address, which lets them escape")
		return
	}
	query, rows, out := filled(100, float32(1e-40)), randomF32(900, 2), make([]float32, 9)
	if n := testing.AllocsPerRun(100, func() { CosineScanF32(query, rows, out) }); n != 0 {
		t.Errorf("%g allocations a call", n)
	}
}
