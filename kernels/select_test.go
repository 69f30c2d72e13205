package kernels

import (
	"encoding/binary"
	"math"
	"testing"
)

func init() {
	allocationCalls[opSelectAbove] = func() func() {
		scores, ids, values := randomF32(200, 1), make([]uint32, 200), make([]float32, 200)
		return func() { SelectAbove(scores, 1, 7, ids, values) }
	}
}

// oddScores are compared in all pairs somewhere below.
var oddScores = []float32{
	float32(math.NaN()), -float32(math.NaN()), float32(math.Inf(1)), float32(math.Inf(-1)), 0, float32(math.Copysign(0, -1)),
	0x1p-149, -0x1p-149, 0x1p-126, 1, -1, math.MaxFloat32, -math.MaxFloat32,
}

// checkSelectAbove compares with a plain loop, and wants what is behind the room that was
// promised to stay as it was.
func checkSelectAbove(t *testing.T, scores []float32, threshold float32, first uint32, ids []uint32, values []float32) {
	t.Helper()
	n := len(scores)
	for i := range ids {
		ids[i], values[i] = 0xDEADBEEF, -77
	}
	found, want := SelectAbove(scores, threshold, first, ids, values), 0
	for i, score := range scores {
		if float64(score) > float64(threshold) {
			if want < found && (ids[want] != first+uint32(i) || math.Float32bits(values[want]) != math.Float32bits(score)) {
				t.Fatalf("%d scores above %g: hit %d is %d, %g, want %d, %g", n, threshold, want, ids[want], values[want], first+uint32(i), score)
			}
			want++
		}
	}
	if found != want {
		t.Fatalf("%d scores above %g: %d found, want %d", n, threshold, found, want)
	}
	for i := n; i < len(ids); i++ {
		if ids[i] != 0xDEADBEEF || values[i] != -77 {
			t.Fatalf("%d scores above %g: element %d was written", n, threshold, i)
		}
	}
}

func TestSelectAboveIsExact(t *testing.T) {
	eachTier(t, opSelectAbove, func(t *testing.T) {
		ids, values := make([]uint32, 400), make([]float32, 400)
		for n := range 4*64 + 2 {
			for j, threshold := range []float32{-9, 0, 1.5, 2.5, 9} {
				scores := shifted(randomF32(n, uint64(n)), (n+5*j)%64)
				checkSelectAbove(t, scores, threshold, uint32(n), shifted(ids[:n+40], n%64), shifted(values[:n+40], 3*n%64))
			}
		}
	})
}

func TestSelectAboveFindsEveryLane(t *testing.T) {
	eachTier(t, opSelectAbove, func(t *testing.T) {
		ids, values := make([]uint32, 200), make([]float32, 200)
		for _, n := range []int{7, 63, 64, 65, 127, 130, 157} {
			for lane := range n {
				scores := filled(n, float32(1))
				scores[lane] = 2
				checkSelectAbove(t, scores, 1, 5, ids, values) // one hit
				scores[lane] = 0
				checkSelectAbove(t, scores, 0.5, math.MaxUint32-5, ids, values) // all but one, wrapping
				scores = filled(n, float32(math.NaN()))
				scores[lane] = 2
				checkSelectAbove(t, scores, 1, 5, ids, values) // one hit, which no NaN may hide
			}
		}
	})
}

func TestSelectAboveOddValues(t *testing.T) {
	eachTier(t, opSelectAbove, func(t *testing.T) {
		ids, values := make([]uint32, 100), make([]float32, 100)
		for _, threshold := range oddScores {
			for shift := range len(oddScores) {
				scores := make([]float32, 77)
				for i := range scores {
					scores[i] = oddScores[(i+shift)%len(oddScores)]
				}
				checkSelectAbove(t, scores, threshold, 0, ids, values)
			}
			for _, score := range oddScores {
				checkSelectAbove(t, filled(66, score), threshold, 0, ids, values)
			}
		}
	})
}

func TestSelectAboveStaysInsideItsBuffers(t *testing.T) {
	eachTier(t, opSelectAbove, func(t *testing.T) {
		for n := range 2*64 + 2 {
			for _, threshold := range []float32{-9, 0, 9} {
				scores, ids, values := randomF32(n, 3), make([]uint32, n), make([]float32, n)
				guarded(t, scores, func(scores []float32) { checkSelectAbove(t, scores, threshold, 1, ids, values) })
				guarded(t, ids, func(ids []uint32) { checkSelectAbove(t, scores, threshold, 1, ids, values) })
				guarded(t, values, func(values []float32) { checkSelectAbove(t, scores, threshold, 1, ids, values) })
			}
		}
	})
}

func TestSelectAboveSplitsLongScans(t *testing.T) {
	const n = 2*scoresPerSelect + 100
	scores, ids, values := randomF32(n, 4), make([]uint32, n), make([]float32, n)
	eachTier(t, opSelectAbove, func(t *testing.T) {
		checkSelectAbove(t, scores, 3, 9, ids, values)
		checkSelectAbove(t, scores, -1, 9, ids, values)
	})
}

func TestSelectAboveWantsRoom(t *testing.T) {
	wantPanic(t, "ids", func() { SelectAbove(make([]float32, 5), 0, 0, make([]uint32, 4), make([]float32, 5)) })
	wantPanic(t, "values", func() { SelectAbove(make([]float32, 5), 0, 0, make([]uint32, 5), make([]float32, 4)) })
}

func wantPanic(t *testing.T, name string, call func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Errorf("%s: no panic", name)
		}
	}()
	call()
}

// floatsOf reads the bytes of a fuzzer as float32.
func floatsOf(data []byte) []float32 {
	values := make([]float32, 0, len(data)/4)
	for ; len(data) >= 4; data = data[4:] {
		values = append(values, math.Float32frombits(binary.LittleEndian.Uint32(data)))
	}
	return values
}

func FuzzSelectAbove(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte, threshold float32, first uint32) {
		scores := floatsOf(data)
		ids, values := make([]uint32, len(scores)+3), make([]float32, len(scores)+3)
		eachTier(t, opSelectAbove, func(t *testing.T) { checkSelectAbove(t, scores, threshold, first, ids, values) })
	})
}
