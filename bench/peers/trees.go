package main

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/nexus-memory/nexus/kernels"
)

// The tree ensembles: an own one of oblivious trees, and LightGBM's of as many leaves.
const (
	treeCount    = 200
	treeLeaves   = 64 // depth 6
	treeFeatures = 32
	treeRows     = 4096 // predicted in a call
)

// trees lists the tree ensembles. An item is a batch of 256 rows.
func (b *bench) trees(yield func(measurement) bool) {
	with := want{"trees": treeCount, "leaves": treeLeaves, "features": treeFeatures, "rows": treeRows}
	walked := lazy(func() []float64 { return b.walkedTrees(with) })
	check := func(answer []float64) error {
		want := walked()
		if len(answer) != len(want) {
			return fmt.Errorf("wrong: %d predictions, want %d", len(answer), len(want))
		}
		for i, got := range answer {
			if !(math.Abs(got-want[i]) <= 1e-9) {
				return fmt.Errorf("wrong: prediction %d is %g, want %g", i, got, want[i])
			}
		}
		return nil
	}
	yield(measurement{"tree_ensemble", fmt.Sprintf("256 rows, %d trees of %d leaves", treeCount, treeLeaves), "batch", 0, []party{
		ownTrees(),
		b.python.party("lightgbm Booster.predict", "lightgbm", "lightgbm.predict", with, check),
		b.python.party("lightgbm PredictForMat", "lightgbm", "lightgbm.library", with, check),
	}, []bar{
		costs("<= 40 us a batch", 40e3),
		timesFaster(">= 8x lightgbm", "lightgbm", 8),
	}})
}

// ownTrees is an ensemble of as many oblivious trees of as many leaves: another model than
// LightGBM's, and the same work for a node-free walk.
func ownTrees() party {
	const depth, candidates, batches = 6, 256, treeRows / 256
	random := rand.New(rand.NewPCG(17, 19))
	features := make([]uint16, treeCount*depth)
	thresholds, leaves := make([]float32, treeCount*depth), make([]float32, treeCount<<depth)
	for i := range features {
		features[i], thresholds[i] = uint16(random.IntN(treeFeatures)), random.Float32()
	}
	for i := range leaves {
		leaves[i] = random.Float32() - .5
	}
	model, ok := kernels.NewTrees(depth, .5, features, thresholds, leaves)
	if !ok {
		panic("the ensemble is not one") // a mistake in this file
	}
	columns, out := mapped[float32](treeFeatures*treeRows), mapped[float32](treeRows)
	for i := range columns {
		columns[i] = random.Float32()
	}
	return checked("nexus", own, batches, func() {
		for first := 0; first < treeRows; first += candidates {
			kernels.ScoreTrees(model, columns[first:], treeRows, candidates, out[first:first+candidates])
		}
	}, func() error {
		for i, got := range out {
			want := .5
			for t := range treeCount {
				leaf := 0
				for l := range depth {
					if columns[int(features[t*depth+l])*treeRows+i] > thresholds[t*depth+l] {
						leaf |= 1 << l
					}
				}
				want += float64(leaves[t<<depth+leaf])
			}
			if !(math.Abs(float64(got)-want) <= treeCount*0x1p-23*treeCount) {
				return fmt.Errorf("wrong: candidate %d scores %g, want %g", i, got, want)
			}
		}
		return nil
	})
}

// walkedTrees asks for the reference; without one no prediction passes.
func (b *bench) walkedTrees(with want) (answer []float64) {
	p := b.python.party("reference", "", "lightgbm.walk", with, func(a []float64) error {
		answer = a
		return nil
	})
	if r, err := p.open(); err == nil {
		_ = r.close() // only its answer was wanted
	}
	return answer
}
