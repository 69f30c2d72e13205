package main

import (
	"fmt"
	"math"
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
		b.python.party("lightgbm Booster.predict", "lightgbm", "lightgbm.predict", with, check),
		b.python.party("lightgbm PredictForMat", "lightgbm", "lightgbm.library", with, check),
	}, []bar{
		costs("<= 40 us a batch", 40e3),
		timesFaster(">= 8x lightgbm", "lightgbm", 8),
	}})
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
