package kernels

import (
	"math"
	"slices"
	"testing"
)

func init() {
	allocationCalls[opScoreTrees] = func() func() {
		e := randomEnsemble(6, 5, 9, 1)
		model, _ := NewTrees(e.depth, e.bias, e.feature, e.thresholds, e.leaves)
		columns, out := randomF32(9*50, 2), make([]float32, 50)
		return func() { ScoreTrees(model, columns, 50, 50, out) }
	}
}

// ensemble is what NewTrees is called with.
type ensemble struct {
	depth              int
	bias               float32
	feature            []uint16
	thresholds, leaves []float32
}

// randomEnsemble uses the last of its features.
func randomEnsemble(depth, trees, features int, seed uint64) ensemble {
	r := random(seed)
	e := ensemble{depth, float32(r.NormFloat64()), make([]uint16, depth*trees), randomF32(depth*trees, seed+1), randomF32(trees<<depth, seed+2)}
	for i := range e.feature {
		e.feature[i] = uint16(r.IntN(features))
	}
	if len(e.feature) > 0 {
		e.feature[len(e.feature)-1] = uint16(features - 1)
	}
	return e
}

// score walks the trees of one candidate from the root down; level 0 decides between
// neighbours, so the last level is the root.
func (e ensemble) score(columns []float32, stride, i int) float32 {
	sum := e.bias
	for tree := range len(e.leaves) >> e.depth {
		leaves := e.leaves[tree<<e.depth:][:1<<e.depth]
		for level := e.depth - 1; level >= 0; level-- {
			node := tree*e.depth + level
			lower, upper := leaves[:len(leaves)/2], leaves[len(leaves)/2:]
			if leaves = lower; columns[int(e.feature[node])*stride+i] > e.thresholds[node] {
				leaves = upper
			}
		}
		sum += leaves[0]
	}
	return sum
}

func (e ensemble) model(t testing.TB) *Trees {
	t.Helper()
	model, ok := NewTrees(e.depth, e.bias, e.feature, e.thresholds, e.leaves)
	if !ok {
		t.Fatal("the ensemble was refused")
	}
	return model
}

func checkTrees(t *testing.T, e ensemble, model *Trees, columns []float32, stride int, out []float32) {
	t.Helper()
	for i := range out {
		out[i] = float32(math.NaN())
	}
	ScoreTrees(model, columns, stride, len(out), out)
	for i, got := range out {
		if want := e.score(columns, stride, i); math.Float32bits(got) != math.Float32bits(want) {
			t.Fatalf("depth %d, %d trees, %d candidates, stride %d: %d has %g, want %g", e.depth, model.Count(), len(out), stride, i, got, want)
		}
	}
}

func TestScoreTreesIsExact(t *testing.T) {
	eachTier(t, opScoreTrees, func(t *testing.T) {
		for n := range 2*64 + 2 {
			depth, trees, features := 1+n%TreeDepthMax, n%5, 1+n*3%7
			stride := n + n%3
			e := randomEnsemble(depth, trees, features, uint64(n))
			columns := shifted(randomF32(features*stride, 9), 4*n%64)
			checkTrees(t, e, e.model(t), columns, stride, shifted(make([]float32, n), 12*n%64))
		}
	})
}

func TestScoreTreesSplitsLongWork(t *testing.T) {
	eachTier(t, opScoreTrees, func(t *testing.T) {
		e := randomEnsemble(6, 2*treesPerCall+3, 5, 3)
		for _, n := range []int{1, 33, candidatesPerCall, candidatesPerCall + 40} {
			checkTrees(t, e, e.model(t), randomF32(5*n, 4), n, make([]float32, n))
		}
	})
}

// TestScoreTreesReachesEveryLeaf gives candidate j the features whose bits are j.
func TestScoreTreesReachesEveryLeaf(t *testing.T) {
	eachTier(t, opScoreTrees, func(t *testing.T) {
		for depth := 1; depth <= TreeDepthMax; depth++ {
			e := randomEnsemble(depth, 1, depth, 5)
			n := 1 << depth
			columns := make([]float32, depth*n)
			for level := range depth {
				e.feature[level], e.thresholds[level] = uint16(level), 0.5
				for j := range n {
					columns[level*n+j] = float32(j >> level & 1)
				}
			}
			out := make([]float32, n)
			checkTrees(t, e, e.model(t), columns, n, out)
			for j, leaf := range e.leaves {
				if out[j] != e.bias+leaf {
					t.Errorf("depth %d: candidate %d has %g, want leaf %g", depth, j, out[j], leaf)
				}
			}
		}
	})
}

func TestScoreTreesOddValues(t *testing.T) {
	eachTier(t, opScoreTrees, func(t *testing.T) {
		const features = 7
		e := randomEnsemble(6, 40, features, 6)
		for i := range e.thresholds {
			e.thresholds[i] = oddScores[2+i%(len(oddScores)-2)] // no NaN
		}
		for i := range e.leaves {
			e.leaves[i] = []float32{0, 0x1p-149, -0x1p-149, math.MaxFloat32, 1, -1, float32(math.Copysign(0, -1))}[i%7]
		}
		for n := range 70 {
			columns := make([]float32, features*n)
			for i := range columns {
				columns[i] = oddScores[i*3%len(oddScores)]
			}
			checkTrees(t, e, e.model(t), columns, n, make([]float32, n))
		}
	})
}

func TestScoreTreesStaysInsideItsBuffers(t *testing.T) {
	eachTier(t, opScoreTrees, func(t *testing.T) {
		for n := range 2*64 + 2 {
			e := randomEnsemble(1+n%TreeDepthMax, 3, 4, uint64(n))
			model, columns := e.model(t), randomF32(4*n, 7)
			check := func() { checkTrees(t, e, model, columns, n, make([]float32, n)) }
			guarded(t, columns, func(columns []float32) { checkTrees(t, e, model, columns, n, make([]float32, n)) })
			guarded(t, make([]float32, n), func(out []float32) { checkTrees(t, e, model, columns, n, out) })
			guarded(t, model.feature, func(s []int32) { model.feature = s; check() })
			model = e.model(t)
			guarded(t, model.thresholds, func(s []float32) { model.thresholds = s; check() })
			model = e.model(t)
			guarded(t, model.leaves, func(s []float32) { model.leaves = s; check() })
			model = e.model(t)
			guarded(t, model.planes, func(s []uint8) { model.planes = s; check() })
		}
	})
}

func TestNewTreesCopies(t *testing.T) {
	e := randomEnsemble(3, 4, 5, 8)
	model, n := e.model(t), 10
	columns, out, again := randomF32(5*n, 9), make([]float32, n), make([]float32, n)
	ScoreTrees(model, columns, n, n, out)
	clear(e.feature)
	clear(e.thresholds)
	clear(e.leaves)
	ScoreTrees(model, columns, n, n, again)
	if !slices.Equal(out, again) {
		t.Error("the model follows what it was made of")
	}
	if model.Count() != 4 || model.Features() != 5 {
		t.Errorf("%d trees with %d features", model.Count(), model.Features())
	}
}

func TestNewTreesRefusesWhatIsNoEnsemble(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for name, spoil := range map[string]func(e *ensemble){
		"depth 0":       func(e *ensemble) { e.depth = 0 },
		"depth 7":       func(e *ensemble) { e.depth = 7 },
		"depth -1":      func(e *ensemble) { e.depth = -1 },
		"other depth":   func(e *ensemble) { e.depth = 2 },
		"leaf missing":  func(e *ensemble) { e.leaves = e.leaves[1:] },
		"few features":  func(e *ensemble) { e.feature = e.feature[1:] },
		"few levels":    func(e *ensemble) { e.thresholds = e.thresholds[1:] },
		"NaN threshold": func(e *ensemble) { e.thresholds[3] = nan },
		"NaN leaf":      func(e *ensemble) { e.leaves[3] = nan },
		"Inf leaf":      func(e *ensemble) { e.leaves[3] = -inf },
		"Inf bias":      func(e *ensemble) { e.bias = inf },
	} {
		e := randomEnsemble(3, 2, 4, 1)
		spoil(&e)
		if _, ok := NewTrees(e.depth, e.bias, e.feature, e.thresholds, e.leaves); ok {
			t.Errorf("%s: accepted", name)
		}
	}
	if m, ok := NewTrees(6, 3, nil, nil, nil); !ok || m.Count() != 0 {
		t.Error("no trees: refused")
	}
}

func TestScoreTreesRefusesShapes(t *testing.T) {
	model := randomEnsemble(2, 3, 4, 1).model(t)
	columns, out := make([]float32, 4*10), make([]float32, 10)
	wantPanic(t, "stride", func() { ScoreTrees(model, columns, 9, 10, out) })
	wantPanic(t, "out", func() { ScoreTrees(model, columns, 10, 9, out) })
	wantPanic(t, "negative", func() { ScoreTrees(model, columns, 10, -1, nil) })
	wantPanic(t, "columns", func() { ScoreTrees(model, columns[1:], 10, 10, out) })
	wantPanic(t, "overflow", func() { ScoreTrees(model, columns, math.MaxInt/3*2+2, 1, out[:1]) })
	ScoreTrees(model, columns[:3*13+1], 13, 1, out[:1])
	ScoreTrees(new(Trees), nil, 1, 1, filled(1, float32(5)))
}

func FuzzScoreTrees(f *testing.F) {
	f.Add([]byte("\x00\x00\x80\x3f\x00\x00\xc0\x7f\x00\x00\x80\xff"), uint8(5), uint8(3), uint8(33))
	f.Fuzz(func(t *testing.T, data []byte, depth, trees, n uint8) {
		values := floatsOf(data)
		if len(values) == 0 {
			return
		}
		e := randomEnsemble(1+int(depth)%TreeDepthMax, int(trees)%9, 3, uint64(len(data)))
		for i := range e.thresholds {
			e.thresholds[i] = values[i%len(values)]
		}
		model, ok := NewTrees(e.depth, e.bias, e.feature, e.thresholds, e.leaves)
		if !ok {
			return
		}
		columns := make([]float32, 3*int(n))
		for i := range columns {
			columns[i] = values[i*5%len(values)]
		}
		eachTier(t, opScoreTrees, func(t *testing.T) { checkTrees(t, e, model, columns, int(n), make([]float32, n)) })
	})
}
