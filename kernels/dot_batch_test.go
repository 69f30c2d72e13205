package kernels

import (
	"math"
	"testing"
)

func init() {
	allocationCalls[opDotBatchI8] = func() func() {
		queries, rows, out := randomI8(300, 1), randomI8(900, 2), make([]int32, 27)
		return func() { DotBatchI8(queries, rows, 100, out) }
	}
	allocationCalls[opDotBatchF32] = func() func() {
		queries, rows, out := randomF32(300, 1), randomF32(900, 2), make([]float32, 27)
		return func() { DotBatchF32(queries, rows, 100, out) }
	}
}

// batchCounts covers every number of queries in a tile and what is left of tiles.
var batchCounts = []int{1, 2, 3, 4, 5, 6, 7, 9}

func checkBatchI8(t *testing.T, queries, rows []int8, dim int, out []int32) {
	t.Helper()
	n := len(rows) / dim
	for q := range len(queries) / dim {
		checkDotI8(t, queries[q*dim:][:dim], rows, out[q*n:][:n])
	}
}

func checkBatchF32(t *testing.T, queries, rows []float32, dim int, out []float32) {
	t.Helper()
	n := len(rows) / dim
	for q := range len(queries) / dim {
		checkDotF32(t, queries[q*dim:][:dim], rows, out[q*n:][:n])
	}
}

func TestDotBatchI8IsExact(t *testing.T) {
	eachTier(t, opDotBatchI8, func(t *testing.T) {
		for dim := 1; dim < 3*64+2; dim++ {
			for _, count := range batchCounts {
				n := 1 + (dim+3*count)%9
				queries := shifted(randomI8(dim*count, 1), (dim+count)%64)
				rows := shifted(randomI8(dim*n, 2), (dim*3+count)%64)
				out := filled(n*count, int32(-1))
				DotBatchI8(queries, rows, dim, out)
				checkBatchI8(t, queries, rows, dim, out)
			}
		}
	})
}

func TestDotBatchF32IsWithinBound(t *testing.T) {
	eachTier(t, opDotBatchF32, func(t *testing.T) {
		for dim := 1; dim < 3*16+2; dim++ {
			for _, count := range batchCounts {
				for _, n := range rowCounts {
					queries := shifted(randomF32(dim*count, 1), (dim+count)*4%64)
					rows := shifted(randomF32(dim*n, 2), (dim*3+count)*4%64)
					out := filled(n*count, float32(math.NaN()))
					DotBatchF32(queries, rows, dim, out)
					checkBatchF32(t, queries, rows, dim, out)
				}
			}
		}
	})
}

func TestDotBatchI8StaysInsideItsBuffers(t *testing.T) {
	eachTier(t, opDotBatchI8, func(t *testing.T) {
		for dim := 1; dim < 2*64+2; dim++ {
			for _, shape := range [][2]int{{1, 1}, {2, 1}, {2, 4}, {3, 5}, {4, 6}, {7, 9}} {
				count, n := shape[0], shape[1]
				queries, rows, out := randomI8(dim*count, 5), randomI8(dim*n, 6), make([]int32, count*n)
				guarded(t, queries, func(queries []int8) { DotBatchI8(queries, rows, dim, out) })
				guarded(t, rows, func(rows []int8) { DotBatchI8(queries, rows, dim, out) })
				guarded(t, out, func(out []int32) {
					DotBatchI8(queries, rows, dim, out)
					checkBatchI8(t, queries, rows, dim, out)
				})
			}
		}
	})
}

func TestDotBatchF32StaysInsideItsBuffers(t *testing.T) {
	eachTier(t, opDotBatchF32, func(t *testing.T) {
		for dim := 1; dim < 2*16+2; dim++ {
			for _, shape := range [][2]int{{1, 1}, {2, 1}, {2, 4}, {3, 5}, {4, 6}, {7, 9}} {
				count, n := shape[0], shape[1]
				queries, rows, out := randomF32(dim*count, 5), randomF32(dim*n, 6), make([]float32, count*n)
				guarded(t, queries, func(queries []float32) { DotBatchF32(queries, rows, dim, out) })
				guarded(t, rows, func(rows []float32) { DotBatchF32(queries, rows, dim, out) })
				guarded(t, out, func(out []float32) {
					DotBatchF32(queries, rows, dim, out)
					checkBatchF32(t, queries, rows, dim, out)
				})
			}
		}
	})
}

func TestDotBatchExtremeValues(t *testing.T) {
	eachTier(t, opDotBatchI8, func(t *testing.T) {
		for _, dim := range []int{1, 31, 32, 63, 64, 127, 768, DotI8DimensionMax} {
			for _, pair := range [][2]int8{{-128, -128}, {-128, 127}, {127, -128}, {127, 127}, {0, -128}} {
				queries, rows, out := filled(dim*4, pair[0]), filled(dim*5, pair[1]), make([]int32, 20)
				DotBatchI8(queries, rows, dim, out)
				checkBatchI8(t, queries, rows, dim, out)
			}
		}
	})
	eachTier(t, opDotBatchF32, func(t *testing.T) {
		inf, nan := float32(math.Inf(1)), float32(math.NaN())
		for _, v := range []float32{0, 0x1p-149, -0x1p-126, 0x1p60, inf, -inf, nan} {
			for _, dim := range []int{1, 8, 17, 100} {
				queries, rows, out := filled(dim*4, v), filled(dim*5, float32(0x1p-20)), make([]float32, 20)
				DotBatchF32(queries, rows, dim, out)
				checkBatchF32(t, queries, rows, dim, out)
			}
		}
	})
}

// TestDotBatchSplitsLongBatches has more rows and queries than one call takes.
func TestDotBatchSplitsLongBatches(t *testing.T) {
	for _, shape := range [][3]int{{33, 19, 600}, {768, 19, 30}, {20_000, 5, 5}, {65537, 3, 2}} {
		dim, count, n := shape[0], shape[1], shape[2]
		eachTier(t, opDotBatchI8, func(t *testing.T) {
			queries, rows, out := randomI8(dim*count, 7), randomI8(dim*n, 8), make([]int32, count*n)
			DotBatchI8(queries, rows, dim, out)
			checkBatchI8(t, queries, rows, dim, out)
		})
		eachTier(t, opDotBatchF32, func(t *testing.T) {
			queries, rows, out := randomF32(dim*count, 7), randomF32(dim*n, 8), make([]float32, count*n)
			DotBatchF32(queries, rows, dim, out)
			checkBatchF32(t, queries, rows, dim, out)
		})
	}
}

func TestDotBatchRefusesWhatDoesNotFit(t *testing.T) {
	for _, c := range []struct {
		dim, queries, rows, out int
		fits                    bool
	}{
		{8, 16, 24, 6, true},
		{8, 0, 24, 0, true},
		{8, 16, 0, 0, true},
		{8, 16, 24, 5, false},
		{8, 15, 24, 6, false},
		{8, 16, 23, 6, false},
		{0, 0, 0, 0, false},
		{-8, 16, 24, 6, false},
	} {
		for name, call := range map[string]func(){
			"i8": func() { DotBatchI8(make([]int8, c.queries), make([]int8, c.rows), c.dim, make([]int32, c.out)) },
			"f32": func() {
				DotBatchF32(make([]float32, c.queries), make([]float32, c.rows), c.dim, make([]float32, c.out))
			},
		} {
			if fits := panicOf(call) == ""; fits != c.fits {
				t.Errorf("%s %+v: fits %v", name, c, fits)
			}
		}
	}
	long := make([]int8, DotI8DimensionMax+1)
	if panicOf(func() { DotBatchI8(long, long, len(long), make([]int32, 1)) }) == "" {
		t.Error("no panic for a dimension above the maximum")
	}
}
