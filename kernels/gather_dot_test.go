package kernels

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func init() {
	allocationCalls[opGatherDotI8] = func() func() {
		query, rows, ids, out := randomI8(100, 1), randomI8(900, 2), randomIDs(9, 9, 3), make([]int32, 9)
		return func() { GatherDotI8(query, rows, ids, out) }
	}
	allocationCalls[opGatherDotF32] = func() func() {
		query, rows, ids, out := randomF32(100, 1), randomF32(900, 2), randomIDs(9, 9, 3), make([]float32, 9)
		return func() { GatherDotF32(query, rows, ids, out) }
	}
	allocationCalls[opGatherDotF64] = func() func() {
		query, rows, ids, out := randomF32(100, 1), randomF32(900, 2), randomIDs(9, 9, 3), make([]float64, 9)
		return func() { GatherDotF64(query, rows, ids, out) }
	}
}

// randomIDs returns n ids of count rows, some of them twice.
func randomIDs(n, count int, seed uint64) []uint32 {
	r, ids := random(seed), make([]uint32, n)
	for i := range ids {
		ids[i] = uint32(r.IntN(count))
	}
	return ids
}

// gathered copies the rows that ids names, in their order.
func gathered[T any](rows []T, dim int, ids []uint32) []T {
	var list []T
	for _, id := range ids {
		list = append(list, rows[int(id)*dim:][:dim]...)
	}
	return list
}

const gatherRows = 11

func TestGatherDotI8IsExact(t *testing.T) {
	eachTier(t, opGatherDotI8, func(t *testing.T) {
		for dim := range 2*128 + 2 {
			for n := dim % 2; n < 10; n += 2 { // every rest of four rows, in both blocks of a pair
				query := shifted(randomI8(dim, 1), (dim+n)%64)
				rows := shifted(randomI8(dim*gatherRows, 2), (dim*3+n)%64)
				ids := randomIDs(n, gatherRows, uint64(dim))
				out := filled(n, int32(-1))
				GatherDotI8(query, rows, ids, out)
				checkDotI8(t, query, gathered(rows, dim, ids), out)
			}
		}
	})
}

func TestGatherDotF32IsWithinBound(t *testing.T) {
	eachTier(t, opGatherDotF32, func(t *testing.T) {
		for dim := range 4*32 + 2 {
			for _, n := range rowCounts {
				query := shifted(randomF32(dim, 1), (dim*4+n)%64)
				rows := shifted(randomF32(dim*gatherRows, 2), (dim+n*4)%64)
				ids := randomIDs(n, gatherRows, uint64(dim))
				out := filled(n, float32(math.NaN()))
				GatherDotF32(query, rows, ids, out)
				checkDotF32(t, query, gathered(rows, dim, ids), out)
			}
		}
	})
}

// TestGatherDotF64HasTheBitsOfDotScanF64 uses floats whose sums depend on their order.
func TestGatherDotF64HasTheBitsOfDotScanF64(t *testing.T) {
	eachTier(t, opGatherDotF64, func(t *testing.T) {
		for dim := range 4*16 + 2 {
			for n := 1; n < 10; n++ {
				r := random(uint64(dim*10 + n))
				query, rows, ids, out := wildF32(dim, r), wildF32(dim*gatherRows, r), edgeIDs(n), make([]float64, n)
				check := func(query, rows []float32, ids []uint32, out []float64) {
					GatherDotF64(query, rows, ids, out)
					for i, got := range out {
						want := exactReference(func(q, r float64) float64 { return q * r }, query, rows[int(ids[i])*dim:][:dim])
						if math.Float64bits(got) != math.Float64bits(want) && !(math.IsNaN(got) && math.IsNaN(want)) {
							t.Fatalf("dim %d, row %d of %d: %g, want %g", dim, i, n, got, want)
						}
					}
				}
				guarded(t, query, func(query []float32) { check(query, rows, ids, out) })
				guarded(t, rows, func(rows []float32) { check(query, rows, ids, out) })
				guarded(t, ids, func(ids []uint32) { check(query, rows, ids, out) })
				guarded(t, out, func(out []float64) { check(query, rows, ids, out) })
				if dim > 0 {
					rows[r.IntN(len(rows))] = []float32{float32(math.Inf(1)), float32(math.NaN()), 1e-45, math.MaxFloat32}[r.IntN(4)]
					check(query, rows, ids, out)
				}
			}
		}
	})
}

// edgeIDs returns n ids that name the first and the last row among others.
func edgeIDs(n int) []uint32 {
	ids := randomIDs(n, gatherRows, uint64(n))
	ids[n-1], ids[0] = 0, gatherRows-1
	return ids
}

func TestGatherDotI8StaysInsideItsBuffers(t *testing.T) {
	eachTier(t, opGatherDotI8, func(t *testing.T) {
		for dim := range 2*128 + 2 {
			n := 1 + dim%9
			query, rows, ids, out := randomI8(dim, 5), randomI8(dim*gatherRows, 6), edgeIDs(n), make([]int32, n)
			guarded(t, query, func(query []int8) { GatherDotI8(query, rows, ids, out) })
			guarded(t, rows, func(rows []int8) { GatherDotI8(query, rows, ids, out) })
			guarded(t, ids, func(ids []uint32) { GatherDotI8(query, rows, ids, out) })
			guarded(t, out, func(out []int32) {
				GatherDotI8(query, rows, ids, out)
				checkDotI8(t, query, gathered(rows, dim, ids), out)
			})
		}
	})
}

func TestGatherDotF32StaysInsideItsBuffers(t *testing.T) {
	eachTier(t, opGatherDotF32, func(t *testing.T) {
		for dim := range 4*32 + 2 {
			for n := 1; n < 10; n++ {
				query, rows, ids, out := randomF32(dim, 5), randomF32(dim*gatherRows, 6), edgeIDs(n), make([]float32, n)
				guarded(t, query, func(query []float32) { GatherDotF32(query, rows, ids, out) })
				guarded(t, rows, func(rows []float32) { GatherDotF32(query, rows, ids, out) })
				guarded(t, ids, func(ids []uint32) { GatherDotF32(query, rows, ids, out) })
				guarded(t, out, func(out []float32) {
					GatherDotF32(query, rows, ids, out)
					checkDotF32(t, query, gathered(rows, dim, ids), out)
				})
			}
		}
	})
}

func TestGatherExtremeValues(t *testing.T) {
	ids := []uint32{4, 0, 4, 3, 3}
	eachTier(t, opGatherDotI8, func(t *testing.T) {
		for _, dim := range []int{1, 31, 32, 63, 64, 127, 768, DotI8DimensionMax} {
			for _, pair := range [][2]int8{{-128, -128}, {-128, 127}, {127, -128}, {127, 127}, {0, -128}} {
				query, rows, out := filled(dim, pair[0]), filled(dim*5, pair[1]), make([]int32, 5)
				GatherDotI8(query, rows, ids, out)
				checkDotI8(t, query, rows, out)
			}
		}
	})
	eachTier(t, opGatherDotF32, func(t *testing.T) {
		inf, nan := float32(math.Inf(1)), float32(math.NaN())
		for _, v := range []float32{0, 0x1p-149, -0x1p-126, 0x1p60, inf, -inf, nan} {
			for _, dim := range []int{1, 8, 17, 100} {
				query, rows, out := filled(dim, v), filled(dim*5, float32(0x1p-20)), make([]float32, 5)
				GatherDotF32(query, rows, ids, out)
				checkDotF32(t, query, rows, out)
			}
		}
	})
}

func TestGatherSplitsLongLists(t *testing.T) {
	for _, shape := range [][2]int{{768, 400}, {33, 9_000}, {100_003, 4}} {
		dim, n := shape[0], shape[1]
		ids := randomIDs(n, gatherRows, 1)
		eachTier(t, opGatherDotI8, func(t *testing.T) {
			query, rows, out := randomI8(dim, 7), randomI8(dim*gatherRows, 8), make([]int32, n)
			GatherDotI8(query, rows, ids, out)
			checkDotI8(t, query, gathered(rows, dim, ids), out)
		})
		eachTier(t, opGatherDotF32, func(t *testing.T) {
			query, rows, out := randomF32(dim, 7), randomF32(dim*gatherRows, 8), make([]float32, n)
			GatherDotF32(query, rows, ids, out)
			checkDotF32(t, query, gathered(rows, dim, ids), out)
		})
		eachTier(t, opGatherDotF64, func(t *testing.T) {
			query, rows, out, want := randomF32(dim, 7), randomF32(dim*gatherRows, 8), make([]float64, n), make([]float64, n)
			GatherDotF64(query, rows, ids, out)
			if DotScanF64(query, gathered(rows, dim, ids), want); !slices.Equal(out, want) {
				t.Error("another result than that of a scan")
			}
		})
	}
}

func TestGatherRefusesWhatDoesNotFit(t *testing.T) {
	for _, c := range []struct {
		dim, rows int
		ids       []uint32
		out       int
		want      string // part of the message; "" does not panic
	}{
		{64, 3 * 64, []uint32{0, 2}, 2, ""},
		{64, 3 * 64, []uint32{0, 3}, 2, "id 3 of 3 rows"},
		{64, 3 * 64, []uint32{math.MaxUint32, 0}, 2, "id 4294967295 of 3 rows"},
		{64, 0, []uint32{0}, 1, "id 0 of 0 rows"},
		{64, 0, nil, 0, ""},
		{64, 3*64 - 1, []uint32{0}, 1, "191 row elements"},
		{64, 3 * 64, []uint32{0}, 2, "1 ids, 2 results"},
		{64, 3 * 64, []uint32{0, 1}, 1, "2 ids, 1 results"},
		{0, 0, []uint32{0, 7}, 2, ""},
		{0, 1, []uint32{0}, 1, "1 row elements"},
	} {
		for operation, call := range map[string]func(){
			"GatherDotI8": func() { GatherDotI8(make([]int8, c.dim), make([]int8, c.rows), c.ids, make([]int32, c.out)) },
			"GatherDotF32": func() {
				GatherDotF32(make([]float32, c.dim), make([]float32, c.rows), c.ids, make([]float32, c.out))
			},
			"GatherDotF64": func() {
				GatherDotF64(make([]float32, c.dim), make([]float32, c.rows), c.ids, make([]float64, c.out))
			},
		} {
			message := panicOf(call)
			if (message == "") != (c.want == "") || !strings.Contains(message, c.want) || message != "" && !strings.Contains(message, operation) {
				t.Errorf("%s %+v: panic %q", operation, c, message)
			}
		}
	}
	if panicOf(func() { GatherDotI8(make([]int8, DotI8DimensionMax+1), nil, nil, nil) }) == "" {
		t.Error("no panic for a dimension above the maximum")
	}
}

// panicOf returns what call panics with, or "".
func panicOf(call func()) (message string) {
	defer func() {
		if r := recover(); r != nil {
			message = r.(string)
		}
	}()
	call()
	return ""
}
