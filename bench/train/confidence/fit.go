package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/nexus-memory/nexus/bench/train/sets"
	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/rank"
	"github.com/nexus-memory/nexus/engine/rank/fit"
	"github.com/nexus-memory/nexus/engine/search/confidence"
)

// options of a fit.
type options struct {
	trees, depth      int
	rate, hessian     float64
	mixed             float64 // weight of a question of another conversation in the calibration
	elsewhere, absent float64 // weights in the fit of the trees
	without           []string
	date              time.Time
}

// folds is how many parts the conversations are divided into: each is scored by trees
// that were fitted on the others, and the calibration is of these scores.
const folds = 5

// fitModel fits trees and calibration, and prints how well it does on the folds.
func fitModel(ctx context.Context, all []asked, o options) (*confidence.Model, error) {
	weights := weigh(all, o.elsewhere, o.absent)
	scores, trees := make([]float32, len(all)), 0
	for fold := range uint32(folds) {
		in := func(a asked) bool { return sets.Part("fold "+a.set, a.conversation, folds) == fold }
		train, held := dataset(all, weights, o, func(a asked) bool { return !in(a) }), dataset(all, weights, o, in)
		m, report, err := fit.Fit(ctx, train, held, o.fit(o.trees))
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(os.Stderr, "fold %d: %d trees, log loss %.4f\n", fold, report.Trees, report.Held.LogLoss)
		trees += report.Trees
		if err := score(m, all, in, scores); err != nil {
			return nil, err
		}
	}
	knots := calibrate(scores, all, weigh(all, o.mixed, 1))
	m, report, err := fit.Fit(ctx, dataset(all, weights, o, func(asked) bool { return true }), nil, o.fit(trees/folds))
	if err != nil {
		return nil, err
	}
	printGains(engine.ConfidenceNames(), o.without, report.Gains)
	for _, k := range knots {
		fmt.Printf("  %7.3f %.3f\n", k.Score, k.Share)
	}
	c, err := confidence.New(m, knots)
	if err != nil {
		return nil, err
	}
	reportHeld(all, scores, c)
	return c, nil
}

func (o options) fit(trees int) fit.Options {
	return fit.Options{
		Trees: trees, Depth: o.depth, Rate: o.rate, HessianMin: o.hessian, L2: 5, Logistic: true, Bins: 64, Seed: 1,
		Provenance: rank.Provenance{Fitted: o.date},
	}
}

// weigh returns the weights of questions: of every set its own, and of what nothing answers by kind.
func weigh(all []asked, elsewhereWeight, absentWeight float64) []float64 {
	counts := map[string]float64{}
	for _, a := range all {
		if a.kind == answerable {
			counts[a.set]++
		}
	}
	weights := make([]float64, len(all))
	for i, a := range all {
		weights[i] = float64(a.weight*float64(len(all))) / float64(len(counts)) / counts[a.set]
		switch a.kind {
		case elsewhere:
			weights[i] *= elsewhereWeight
		case absent:
			weights[i] *= absentWeight
		}
	}
	return weights
}

// dataset returns chosen questions, one row each.
func dataset(all []asked, weights []float64, o options, keep func(asked) bool) *fit.Dataset {
	names := engine.ConfidenceNames()
	d := &fit.Dataset{}
	for _, name := range names {
		if !slices.Contains(o.without, name) {
			d.Columns = append(d.Columns, name)
		}
	}
	for i, a := range all {
		if !keep(a) {
			continue
		}
		var values []float32
		for f, name := range names {
			if !slices.Contains(o.without, name) {
				values = append(values, a.features[f])
			}
		}
		label := uint8(0)
		if a.found {
			label = 1
		}
		if err := d.Add(fit.Group{Set: a.set, Weight: weights[i]}, []uint8{label}, values, 1); err != nil {
			panic(err) // of this program's own making
		}
	}
	return d
}

// score sets the scores of chosen questions.
func score(m *rank.Model, all []asked, chosen func(asked) bool, scores []float32) error {
	scorer, err := m.Bind(engine.ConfidenceNames())
	if err != nil {
		return err
	}
	for i, a := range all {
		if chosen(a) {
			scorer.Score(a.features, 1, 1, scores[i:i+1])
		}
	}
	return nil
}

// binCount is how many bins of like weight the calibration is made of.
const binCount = 40

// pool is adjoining questions by score.
type pool struct{ weight, score, found float64 }

func (p pool) share() float64 { return p.found / p.weight }

// calibrate returns the isotonic regression of whether an answer was found on the score:
// bins of like weight, joined until their shares rise (pool adjacent violators).
func calibrate(scores []float32, all []asked, weights []float64) (knots []confidence.Knot) {
	order := make([]int, len(all))
	total := 0.0
	for i := range order {
		order[i] = i
		total += weights[i]
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[a], scores[b]) })
	var pools []pool
	var open pool
	for _, i := range order {
		open.weight += weights[i]
		open.score += float64(weights[i] * float64(scores[i]))
		if all[i].found {
			open.found += weights[i]
		}
		if open.weight >= total/binCount {
			pools, open = join(append(pools, open)), pool{}
		}
	}
	for _, p := range pools {
		knots = append(knots, confidence.Knot{Score: float32(p.score / p.weight), Share: float32(p.share())})
	}
	return knots
}

// join joins the last pools while their shares do not rise.
func join(pools []pool) []pool {
	for n := len(pools); n > 1 && pools[n-1].share() <= pools[n-2].share(); n = len(pools) {
		a, b := pools[n-2], pools[n-1]
		pools = append(pools[:n-2], pool{a.weight + b.weight, a.score + b.score, a.found + b.found})
	}
	return pools
}

// printGains lists what the features were worth.
func printGains(names, without []string, gains []float64) {
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(without, name) })
	total := 0.0
	order := make([]int, len(names))
	for i := range order {
		order[i] = i
		total += gains[i]
	}
	slices.SortStableFunc(order, func(a, b int) int { return -cmp.Compare(gains[a], gains[b]) })
	for _, i := range order {
		fmt.Printf("  %-22s %5.1f %%\n", names[i], 100*gains[i]/total)
	}
}
