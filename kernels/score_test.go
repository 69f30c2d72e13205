package kernels

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"testing"
)

func init() {
	allocationCalls[opScoreTop8] = func() func() {
		columns := randomF32(FactorCount*100, 1)
		return func() {
			var top Top8
			weights := testWeights
			ScoreTop8(columns, 100, 100, &weights, &top)
		}
	}
}

// top8Reference sorts all scores; it shares nothing with the kernels.
func top8Reference(columns []float32, stride, n int, weights *[FactorCount]float32) (top Top8) {
	type row struct {
		score float32
		index int32
	}
	var rows []row
	for i := range n {
		score := float32(weights[0] * columns[i])
		for f := 1; f < FactorCount; f++ {
			product := float32(weights[f] * columns[f*stride+i])
			score = float32(score + product)
		}
		if score == score && !math.IsInf(float64(score), -1) {
			rows = append(rows, row{score, int32(i)})
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(b.score, a.score) })
	top.reset()
	for i, r := range rows[:min(8, len(rows))] {
		top.Index[i], top.Score[i] = r.index, r.score
		top.Count++
	}
	return top
}

// sameTop compares bits, so that -0 and 0 differ.
func sameTop(a, b *Top8) bool {
	for i := range a.Score {
		if math.Float32bits(a.Score[i]) != math.Float32bits(b.Score[i]) {
			return false
		}
	}
	return a.Index == b.Index && a.Count == b.Count
}

func checkScoreTop8(t *testing.T, columns []float32, stride, n int, weights *[FactorCount]float32) {
	t.Helper()
	want := top8Reference(columns, stride, n, weights)
	got := Top8{Count: -7}
	ScoreTop8(columns, stride, n, weights, &got)
	if !sameTop(&got, &want) {
		t.Fatalf("n %d, stride %d: got %+v, want %+v", n, stride, got, want)
	}
}

// TestScoreTop8ShapeCannotOverflow uses a stride whose fivefold wraps around to 4.
func TestScoreTop8ShapeCannotOverflow(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	var top Top8
	ScoreTop8(make([]float32, 100), math.MaxInt/5*2+2, 1, &testWeights, &top)
}

var testWeights = [FactorCount]float32{0.35, 0.25, 0.15, 0.1, 0.1, 0.05}

func TestScoreTop8IsExact(t *testing.T) {
	sizes := []int{100, 255, 256, 257, 1000, rowsPerScoreCall - 1, rowsPerScoreCall, rowsPerScoreCall + 1, 3*rowsPerScoreCall + 5}
	for n := range 4*16 + 2 {
		sizes = append(sizes, n)
	}
	eachTier(t, opScoreTop8, func(t *testing.T) {
		for _, n := range sizes {
			for _, extra := range []int{0, 3} {
				stride := n + extra
				checkScoreTop8(t, randomF32(FactorCount*stride, uint64(n)), stride, n, &testWeights)
			}
		}
	})
}

func TestScoreTop8Ties(t *testing.T) {
	eachTier(t, opScoreTop8, func(t *testing.T) {
		for n := range 200 {
			columns := filled(FactorCount*n, float32(0.5))
			checkScoreTop8(t, columns, n, n, &testWeights) // all equal
			r := random(uint64(n))
			for i := range columns {
				columns[i] = float32(r.Uint32() % 3) // few different scores
			}
			weights := [FactorCount]float32{1, 1, 1, 1, 1, 1}
			checkScoreTop8(t, columns, n, n, &weights)
		}
	})
}

func TestScoreTop8Order(t *testing.T) {
	eachTier(t, opScoreTop8, func(t *testing.T) {
		for n := range 100 {
			rising, falling := make([]float32, FactorCount*n), make([]float32, FactorCount*n)
			for i := range rising {
				rising[i], falling[i] = float32(i%max(1, n)), -float32(i%max(1, n))
			}
			checkScoreTop8(t, rising, n, n, &testWeights)
			checkScoreTop8(t, falling, n, n, &testWeights)
		}
	})
}

func TestScoreTop8NeverChoosesMaskedRows(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	eachTier(t, opScoreTop8, func(t *testing.T) {
		for n := 1; n < 100; n++ {
			columns := randomF32(FactorCount*n, uint64(n))
			r := random(uint64(n))
			for range n {
				columns[r.IntN(len(columns))] = []float32{-inf, -inf, nan, inf}[r.IntN(4)]
			}
			checkScoreTop8(t, columns, n, n, &testWeights)
			checkScoreTop8(t, filled(FactorCount*n, -inf), n, n, &testWeights)
			checkScoreTop8(t, filled(FactorCount*n, nan), n, n, &testWeights)
			checkScoreTop8(t, columns, n, n, &[FactorCount]float32{})
		}
	})
}

// TestScoreTop8IsNeverFused uses products that a fused multiply-add rounds differently.
func TestScoreTop8IsNeverFused(t *testing.T) {
	const n = 33
	eachTier(t, opScoreTop8, func(t *testing.T) {
		columns := make([]float32, FactorCount*n)
		for i := range columns {
			columns[i] = 1 + float32(i%n+1)*0x1p-23
			if i/n%2 == 1 {
				columns[i] = -columns[i]
			}
		}
		weights := [FactorCount]float32{1 + 0x1p-12, 1 + 0x1p-13, 1 + 0x1p-12, 1 + 0x1p-14, 1 + 0x1p-12, 1 + 0x1p-11}
		checkScoreTop8(t, columns, n, n, &weights)
	})
}

func TestScoreTop8StaysInsideItsBuffers(t *testing.T) {
	eachTier(t, opScoreTop8, func(t *testing.T) {
		for n := range 70 {
			values := randomF32(FactorCount*n, uint64(n))
			guarded(t, values, func(columns []float32) {
				checkScoreTop8(t, columns, n, n, &testWeights)
			})
			guarded(t, testWeights[:], func(weights []float32) {
				checkScoreTop8(t, values, n, n, (*[FactorCount]float32)(weights))
			})
			for offset := range 8 {
				checkScoreTop8(t, shifted(values, offset*8+offset), n, n, &testWeights)
			}
		}
	})
}

func FuzzScoreTop8(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte, rows uint16, extra uint8) {
		var weights [FactorCount]float32
		values := make([]float32, 0, len(data)/4)
		for ; len(data) >= 4; data = data[4:] {
			values = append(values, math.Float32frombits(binary.LittleEndian.Uint32(data)))
		}
		copy(weights[:], values)
		n := int(rows) % 2000
		stride := n + int(extra)
		columns := make([]float32, FactorCount*stride)
		for i := range columns {
			if len(values) > 0 {
				columns[i] = values[(i*7+i/5)%len(values)]
			}
		}
		eachTier(t, opScoreTop8, func(t *testing.T) { checkScoreTop8(t, columns, stride, n, &weights) })
	})
}
