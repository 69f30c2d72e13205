// Package trial tells whether a ranker that is fitted on judged questions answers others
// of their kind better, or was lucky.
//
// The questions are dealt into folds (Stone 1974, "Cross-validatory choice"), those that
// belong together into one. Each fold is answered by a ranker that was fitted on the
// others, and the answers are compared with those of the ranker that there is, question by
// question. Resampling what belongs together (the bootstrap: Efron 1979; of clusters:
// Davison and Hinkley 1997, section 3.8) gives the interval that the difference lies in.
//
// Useful for: keeping a few dozen judged questions from spoiling a ranker that thousands
// made. Not useful for: questions of another kind than those judged.
package trial

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rank"
	"github.com/nexus-memory/nexus/engine/rank/fit"
)

// FoldsMax is how many folds there are where there are as many units.
const FoldsMax = 5

// Outcome is what one question came to.
type Outcome struct {
	Judged         bool    // something is relevant to it; else only the last two count
	Any, Frac, MRR float64 // see model.TrainFigures
	Found          bool    // the answer was among the hits
	Said           float64 // how probable that was said to be
}

// Trial is what is tried.
type Trial struct {
	// Data has a group for every question, in order; the groups of questions that there
	// is nothing to learn from have no rows.
	Data *fit.Dataset
	// Units names what each question belongs to: questions of one unit are in one fold.
	Units []string
	// Before is what the questions came to with the ranker that there is.
	Before []Outcome
	// Ask returns what a question comes to with a ranker.
	Ask func(ctx context.Context, question int, ranker *rank.Model) (Outcome, error)
	// Fit are the options of every fit. Asked, if any, is called after every question.
	Fit   fit.Options
	Asked func()
}

// Result is what came of a trial.
type Result struct {
	Ranker *rank.Model // fitted on all questions
	After  []Outcome   // what each question came to with a ranker that had not seen it
	Folds  int
	Comparison
}

// Run fits a ranker for each fold and one of all questions. The same trial gives the same
// result. ErrInvalid if there are fewer than two units, or an option is out of range; the
// errors of Ask and of the context.
func Run(ctx context.Context, t *Trial) (*Result, error) {
	folds, count := Deal(t.Units)
	if count < 2 {
		return nil, fmt.Errorf("trial: all questions belong together, there is nothing to measure a ranker by: %w", model.ErrInvalid)
	}
	r := &Result{After: make([]Outcome, len(t.Units)), Folds: count}
	for fold := range count {
		m, _, err := fit.Fit(ctx, without(t.Data, folds, fold), nil, t.Fit)
		if err != nil {
			return nil, err
		}
		for q, of := range folds {
			if of != fold {
				continue
			}
			if r.After[q], err = t.Ask(ctx, q, m); err != nil {
				return nil, err
			}
			if t.Asked != nil {
				t.Asked()
			}
		}
	}
	var err error
	if r.Ranker, _, err = fit.Fit(ctx, t.Data, nil, t.Fit); err != nil {
		return nil, err
	}
	r.Comparison = Compare(t.Before, r.After, t.Units, t.Fit.Seed)
	return r, nil
}

// without returns the dataset with the questions of a fold weighing nothing. Their rows
// still say where a column is cut, which tells nothing of what is relevant.
func without(data *fit.Dataset, folds []int, fold int) *fit.Dataset {
	some := *data
	some.Groups = slices.Clone(data.Groups)
	for g := range some.Groups {
		if folds[g] == fold {
			some.Groups[g].Weight = 0
		}
	}
	return &some
}

// Deal deals questions into folds 0..count-1, a unit to the fold that has the fewest
// questions so far, in an order that the units' names alone decide.
func Deal(units []string) (folds []int, count int) {
	members := map[string][]int{}
	var names []string
	for q, unit := range units {
		if members[unit] == nil {
			names = append(names, unit)
		}
		members[unit] = append(members[unit], q)
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(hashOf(a), hashOf(b)), cmp.Compare(a, b))
	})
	count = min(FoldsMax, len(names))
	folds, sizes := make([]int, len(units)), make([]int, count)
	for _, name := range names {
		fold := slices.Index(sizes, slices.Min(sizes))
		for _, q := range members[name] {
			folds[q] = fold
		}
		sizes[fold] += len(members[name])
	}
	return folds, count
}

// hashOf is FNV-1a, its bits mixed once more, as those of short names hardly differ.
func hashOf(s string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(s))
	x := h.Sum64()
	x = (x ^ x>>33) * 0xFF51AFD7ED558CCD
	return x ^ x>>33
}

// unitsMin is how many units a level has at least, so that the interval means something.
const unitsMin = 10

// Together chooses what is kept together: of levels, the coarsest first, the first one
// that has enough units and none with more than its share of the questions; else the last.
func Together(levels [][]string) (level int) {
	for level, units := range levels[:len(levels)-1] {
		sizes, largest := map[string]int{}, 0
		for _, unit := range units {
			sizes[unit]++
			largest = max(largest, sizes[unit])
		}
		if len(sizes) >= unitsMin && largest*FoldsMax <= len(units) {
			return level
		}
	}
	return len(levels) - 1
}
