package kernels

import (
	"math"
	"testing"
)

func init() {
	allocationCalls[opTakeAbove] = func() func() {
		sums, ids, values := make([]float64, 1000), make([]uint32, 1000), make([]float64, 1000)
		return func() {
			sums[400] = 1
			TakeAbove(sums, .5, ids, values)
		}
	}
}

// checkTakeAbove compares with a second look at a copy of the sums.
func checkTakeAbove(t *testing.T, sums []float64, threshold float64, ids []uint32, values []float64) {
	t.Helper()
	before := append([]float64{}, sums...)
	found := TakeAbove(sums, threshold, ids, values)
	next := 0
	for i, sum := range before {
		if sums[i] != 0 || math.Signbit(sums[i]) {
			t.Fatalf("%d sums: number %d is left at %v", len(sums), i, sums[i])
		}
		if !(sum >= threshold) {
			continue
		}
		if next >= found || ids[next] != uint32(i) || math.Float64bits(values[next]) != math.Float64bits(sum) {
			t.Fatalf("%d sums: %v at %d is not taken, of %d", len(sums), sum, i, found)
		}
		next++
	}
	if next != found {
		t.Fatalf("%d sums: %d taken, want %d", len(sums), found, next)
	}
}

// takeSums are sums of which one in so many is 1 or more.
func takeSums(n, every int) []float64 {
	sums := make([]float64, n)
	for i, v := range randomU32(n, uint64(n+every)) {
		sums[i] = float64(v%1000) / 1000
		if int(v>>10)%every == 0 {
			sums[i] += float64(v % 3)
		}
	}
	return sums
}

func TestTakeAboveIsExact(t *testing.T) {
	odd := []float64{0, math.Copysign(0, -1), math.NaN(), math.Inf(1), math.Inf(-1), 1, math.Nextafter(1, 0), math.Nextafter(1, 2), -1}
	eachTier(t, opTakeAbove, func(t *testing.T) {
		for n := range 4*64 + 2 {
			ids, values := make([]uint32, n), make([]float64, n)
			for _, every := range []int{1, 3, 100} {
				checkTakeAbove(t, shifted(takeSums(n, every), n*8%64), 1, ids, values)
			}
			for _, threshold := range []float64{1, 0, math.NaN(), math.Inf(-1), math.SmallestNonzeroFloat64} {
				sums := make([]float64, n)
				for i := range sums {
					sums[i] = odd[(i*5+n)%len(odd)]
				}
				checkTakeAbove(t, sums, threshold, ids, values)
			}
		}
		for _, n := range []int{sumsPerTake - 1, sumsPerTake, 2*sumsPerTake + 17} {
			checkTakeAbove(t, takeSums(n, 50), 1, make([]uint32, n), make([]float64, n))
		}
	})
}

func TestTakeAboveStaysInsideItsBuffers(t *testing.T) {
	eachTier(t, opTakeAbove, func(t *testing.T) {
		for n := range 4*64 + 2 {
			ids, values := make([]uint32, n), make([]float64, n)
			guarded(t, takeSums(n, 2), func(sums []float64) { checkTakeAbove(t, sums, 0, ids, values) })
			guarded(t, ids, func(ids []uint32) { checkTakeAbove(t, takeSums(n, 2), 0, ids, values) })
			guarded(t, values, func(values []float64) { checkTakeAbove(t, takeSums(n, 2), 0, ids, values) })
		}
	})
}

func TestTakeAboveRefusesTooLittleRoom(t *testing.T) {
	for _, room := range [][2]int{{4, 5}, {5, 4}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("room for %v: no panic", room)
				}
			}()
			TakeAbove(make([]float64, 5), 0, make([]uint32, room[0]), make([]float64, room[1]))
		}()
	}
}

func BenchmarkTakeAbove(b *testing.B) {
	const n = 16384
	sums, ids, values := make([]float64, n), make([]uint32, n), make([]float64, n)
	b.Run("none", func(b *testing.B) {
		for b.Loop() {
			TakeAbove(sums, 1, ids, values)
		}
	})
	b.Run("none/generic", func(b *testing.B) {
		for b.Loop() {
			takeAboveGeneric(sums, 0, n, 1, ids, values)
		}
	})
}
