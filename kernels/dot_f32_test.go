package kernels

import (
	"math"
	"testing"
)

func init() {
	allocationCalls[opDotScanF32] = func() func() {
		query, rows, out := randomF32(100, 1), randomF32(900, 2), make([]float32, 9)
		return func() { DotScanF32(query, rows, out) }
	}
}

// checkDotF32 compares every result with a float64 reference and the promised bound.
func checkDotF32(t *testing.T, query, rows, out []float32) {
	t.Helper()
	for i, got := range out {
		var want, sum float64
		for j, q := range query {
			product := float64(q) * float64(rows[i*len(query)+j])
			want += product
			sum += math.Abs(product)
		}
		n := float64(len(query))
		bound := n*0x1p-23*sum + n*0x1p-149
		same := math.Abs(float64(got)-want) <= bound || float64(got) == want || (math.IsNaN(want) && got != got)
		if !same {
			t.Fatalf("dim %d, %d rows: row %d is %g, want %g within %g", len(query), len(out), i, got, want, bound)
		}
	}
}

func TestDotScanF32IsWithinBound(t *testing.T) {
	eachTier(t, opDotScanF32, func(t *testing.T) {
		for dim := range 4*32 + 2 {
			for _, count := range rowCounts {
				query := shifted(randomF32(dim, 1), (dim*4+count)%64)
				rows := shifted(randomF32(dim*count, 2), (dim+count*4)%64)
				out := filled(count, float32(math.NaN()))
				DotScanF32(query, rows, out)
				checkDotF32(t, query, rows, out)
			}
		}
	})
}

func TestDotScanF32AnyAlignment(t *testing.T) {
	eachTier(t, opDotScanF32, func(t *testing.T) {
		for offset := range 64 {
			for _, dim := range []int{1, 7, 33, 100} {
				query := shifted(randomF32(dim, 3), offset)
				rows := shifted(randomF32(dim*5, 4), 63-offset)
				out := shifted(make([]float32, 5), offset)
				DotScanF32(query, rows, out)
				checkDotF32(t, query, rows, out)
			}
		}
	})
}

func TestDotScanF32StaysInsideItsBuffers(t *testing.T) {
	eachTier(t, opDotScanF32, func(t *testing.T) {
		for dim := range 4*32 + 2 {
			for _, count := range rowCounts {
				query, rows := randomF32(dim, 5), randomF32(dim*count, 6)
				out := make([]float32, count)
				guarded(t, query, func(query []float32) { DotScanF32(query, rows, out) })
				guarded(t, rows, func(rows []float32) { DotScanF32(query, rows, out) })
				guarded(t, out, func(out []float32) {
					DotScanF32(query, rows, out)
					checkDotF32(t, query, rows, out)
				})
			}
		}
	})
}

func TestDotScanF32ExtremeValues(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	values := []float32{0, float32(math.Copysign(0, -1)), 1, -1, 0x1p-149, -0x1p-140, 0x1p-126, 0x1p60, -0x1p60, inf, -inf, nan}
	eachTier(t, opDotScanF32, func(t *testing.T) {
		for _, dim := range []int{1, 3, 8, 17, 31, 47, 100} {
			for position := range dim {
				// One extreme value among ones, at every place of a row.
				rows := filled(dim*len(values), float32(1))
				for i, v := range values {
					rows[i*dim+position] = v
				}
				query, out := filled(dim, float32(0.5)), make([]float32, len(values))
				DotScanF32(query, rows, out)
				checkDotF32(t, query, rows, out)
			}
			for _, v := range values {
				query, rows, out := filled(dim, v), filled(dim*5, float32(0x1p-20)), make([]float32, 5)
				DotScanF32(query, rows, out)
				checkDotF32(t, query, rows, out)
			}
		}
	})
}

func TestDotScanF32SplitsLongScans(t *testing.T) {
	eachTier(t, opDotScanF32, func(t *testing.T) {
		for _, shape := range [][2]int{{768, 300}, {65536, 3}, {65537, 2}, {1, 70000}} {
			query, rows := randomF32(shape[0], 7), randomF32(shape[0]*shape[1], 8)
			out := make([]float32, shape[1])
			DotScanF32(query, rows, out)
			checkDotF32(t, query, rows, out)
		}
	})
}

func TestLengthsThatDoNotFitPanic(t *testing.T) {
	var signature [SignatureSlots]uint8
	var weights [FactorCount]float32
	var top Top8
	for name, call := range map[string]func(){
		"f32":       func() { DotScanF32(make([]float32, 3), make([]float32, 5), make([]float32, 2)) },
		"i8":        func() { DotScanI8(make([]int8, 3), make([]int8, 5), make([]int32, 2)) },
		"i8 long":   func() { DotScanI8(make([]int8, DotI8DimensionMax+1), nil, nil) },
		"signature": func() { SignatureScan(&signature, make([]uint8, 127), make([]uint8, 1)) },
		"stride":    func() { ScoreTop8(make([]float32, 100), 3, 4, &weights, &top) },
		"columns":   func() { ScoreTop8(make([]float32, 23), 4, 4, &weights, &top) },
		"negative":  func() { ScoreTop8(nil, 4, -1, &weights, &top) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call()
		}()
	}
}
