package fit

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rank"
	"github.com/nexus-memory/nexus/kernels"
)

// Drop names columns that are hidden together from a share of the questions, as if the
// caller had none of them: the ranker then learns to do without.
type Drop struct {
	Columns []string
	Share   float64 // 0..1
}

// Options of a fit. The zero value of each field is its default, in brackets, which
// docs/design/ranker.md has the measurements of.
type Options struct {
	Trees       int     // at most [300]
	Depth       int     // levels of a tree, 1..6 [6]
	Rate        float64 // what a tree's leaves are multiplied by, above 0 to 1 [.06]
	L2          float64 // added to the second derivatives of a leaf, above 0 [1]
	HessianMin  float64 // second derivatives that a leaf has at least [.1]
	ColumnShare float64 // of the columns that a tree may ask for, above 0 to 1 [.5]
	GroupShare  float64 // of the questions that a tree is grown from, above 0 to 1 [.8]
	Truncation  int     // ranks that count, 1..CutMax [12]
	Bins        int     // of a column, 2..256 [128]
	Patience    int     // trees without a better held-out NDCG@8 before the fit ends [60]
	Seed        uint64  // another one draws other samples
	// Logistic fits every row for itself, to the log odds that its grade is above 0, instead
	// of the rows of a question against each other; what is held out is then measured by
	// Metrics.LogLoss.
	Logistic bool
	Drop     []Drop
	// Base, if there is one, is a ranker to go on from: the first tree starts from its
	// scores, and the model is it and the trees together, in Depth the deeper of both. Where
	// what is held out says that no tree helps, the model scores as Base does. Not together
	// with Drop, as Base would have seen what is hidden.
	Base *rank.Model

	// Provenance is that of the model. Seed is set from above, Sets from the questions
	// where there are none, Metrics to the held-out ones where there are none.
	Provenance rank.Provenance
	// Progress, if there is one, is called after every tree, on the goroutine of Fit.
	Progress func(Step)
}

// Step is what is known after a tree. Held is zero without held-out questions; it weighs
// questions by their weights and hides columns as Options.Drop says.
type Step struct {
	Tree int // from 1
	Held Metrics
}

// Report says how a fit went.
type Report struct {
	Trees int       // of the model
	Held  Metrics   // of the model, as in Step
	Steps []Step    // of all trees, those given up included
	Gains []float64 // what the model's nodes of each column lowered the loss by
}

// withDefaults fills in what is zero, and checks.
func (o Options) withDefaults(columns []string) (Options, error) {
	number := func(v *float64, standard, least, most float64) bool {
		if *v == 0 {
			*v = standard
		}
		return *v >= least && *v <= most
	}
	count := func(v *int, standard, least, most int) bool {
		if *v == 0 {
			*v = standard
		}
		return *v >= least && *v <= most
	}
	const tiny = 1e-9
	ok := []bool{
		count(&o.Trees, 300, 1, rank.TreesMax), count(&o.Depth, kernels.TreeDepthMax, 1, kernels.TreeDepthMax),
		number(&o.Rate, .06, tiny, 1), number(&o.L2, 1, tiny, 1e9), number(&o.HessianMin, .1, tiny, 1e9),
		number(&o.ColumnShare, .5, tiny, 1), number(&o.GroupShare, .8, tiny, 1),
		count(&o.Truncation, 12, 1, CutMax), count(&o.Bins, 128, 2, binsMax), count(&o.Patience, 60, 1, math.MaxInt),
	}
	if i := slices.Index(ok, false); i >= 0 {
		return o, fmt.Errorf("fit: option %d is out of range: %w", i, model.ErrInvalid)
	}
	for i, drop := range o.Drop {
		for _, name := range drop.Columns {
			if !slices.Contains(columns, name) {
				return o, fmt.Errorf("fit: drop %d names column %q, which is not there: %w", i, name, model.ErrInvalid)
			}
		}
		if !(drop.Share >= 0 && drop.Share <= 1) {
			return o, fmt.Errorf("fit: drop %d of a share of %v: %w", i, drop.Share, model.ErrInvalid)
		}
	}
	if o.Base != nil && len(o.Drop) > 0 {
		return o, fmt.Errorf("fit: columns are to be hidden from a ranker that has seen them: %w", model.ErrInvalid)
	}
	return o, nil
}

// Fit returns a ranker of the questions of train. Where held is not nil, its questions
// say when to stop and which trees to keep; none of them may be in train.
//
// ErrInvalid if a dataset does not fit together, the columns of the two differ, or an
// option is out of range; ErrCancelled or ErrDeadline within one tree after ctx ends.
// Memory: one byte a value beside the datasets, and 128 KiB a column.
func Fit(ctx context.Context, train, held *Dataset, o Options) (*rank.Model, *Report, error) {
	if err := checkBoth(train, held); err != nil {
		return nil, nil, err
	}
	o, err := o.withDefaults(train.Columns)
	if err != nil {
		return nil, nil, err
	}
	f := newFitter(train, held, &o)
	if err := f.begin(); err != nil {
		return nil, nil, err
	}
	for len(f.trees) < o.Trees {
		if err := model.FromContext(ctx, "fit"); err != nil {
			return nil, nil, err
		}
		f.step()
		if f.done() {
			break
		}
	}
	return f.result()
}

func checkBoth(train, held *Dataset) error {
	if err := train.check(); err != nil {
		return err
	}
	if held == nil {
		return nil
	}
	if !slices.Equal(train.Columns, held.Columns) {
		return fmt.Errorf("fit: the %d columns held out are not the %d to fit on: %w", len(held.Columns), len(train.Columns), model.ErrInvalid)
	}
	return held.check()
}

// fitter is the state of one fit.
type fitter struct {
	o                  *Options
	train, held        *Dataset
	data, heldData     *binned
	grower             *grower
	scores, heldScores []float32
	slopes             []slope
	trees              []*tree
	report             Report
	best               float64 // NDCG@8 of the kept trees, or minus their LogLoss
}

func newFitter(train, held *Dataset, o *Options) *fitter {
	hide, mayMiss := o.drops(train.Columns)
	cuts := make([][]float32, len(train.Columns))
	parallel(len(cuts), func(i int) { cuts[i] = cutsOf(train.Values[i], o.Bins, mayMiss[i]) })
	f := &fitter{o: o, train: train, held: held, data: train.bins(cuts, hide), best: math.Inf(-1)}
	f.grower = newGrower(f.data, o)
	f.scores, f.slopes = make([]float32, train.Rows()), make([]slope, train.Rows())
	if held != nil {
		f.heldData, f.heldScores = held.bins(cuts, hide), make([]float32, held.Rows())
	}
	return f
}

// begin scores all rows by the ranker that the fit goes on from.
func (f *fitter) begin() error {
	if f.o.Base == nil {
		return nil
	}
	scorer, err := f.o.Base.Bind(f.train.Columns)
	if err != nil {
		return fmt.Errorf("fit: %w", err)
	}
	f.train.score(scorer, f.scores)
	if f.held != nil {
		f.held.score(scorer, f.heldScores)
		f.report.Held = f.heldMetrics()
		f.best = f.report.Held.NDCG8 - f.report.Held.LogLoss
	}
	return nil
}

// score scores all rows by a ranker that is bound to the columns.
func (d *Dataset) score(scorer *rank.Scorer, out []float32) {
	parallelGroups(len(d.Groups), func(from, to int) {
		var columns []float32
		for g := from; g < to; g++ {
			first, end := d.rows(g)
			columns = columns[:0]
			for _, values := range d.Values {
				columns = append(columns, values[first:end]...)
			}
			scorer.Score(columns, end-first, end-first, out[first:end])
		}
	})
}

// Streams of random numbers; those from 1 on are of Options.Drop.
const (
	streamGroups  = 1 << 32
	streamColumns = 1 << 33
)

// step grows one tree.
func (f *fitter) step() {
	number := uint64(len(f.trees))
	columns := sample(f.o.Seed, streamColumns+number, len(f.train.Columns), f.o.ColumnShare)
	f.slope(sample(f.o.Seed, streamGroups+number, len(f.train.Groups), f.o.GroupShare))
	t := f.grower.grow(columns, f.slopes)
	t.apply(f.data, f.scores)
	f.trees = append(f.trees, t)
	step := Step{Tree: len(f.trees)}
	if f.held != nil {
		t.apply(f.heldData, f.heldScores)
		step.Held = f.heldMetrics()
	}
	if good := step.Held.NDCG8 - step.Held.LogLoss; f.held == nil || good > f.best { // one of them is 0
		f.best, f.report.Trees, f.report.Held = good, step.Tree, step.Held
	}
	f.report.Steps = append(f.report.Steps, step)
	if f.o.Progress != nil {
		f.o.Progress(step)
	}
}

// done reports whether enough trees brought nothing. Without a single level the columns
// of this tree had nothing to say; another sample of them may have.
func (f *fitter) done() bool { return len(f.trees)-f.report.Trees >= f.o.Patience }

// slope computes the slopes of the rows of chosen questions, and zeros for others.
func (f *fitter) slope(chosen []int) {
	clear(f.slopes)
	parallelGroups(len(chosen), func(first, end int) {
		l := lambdas{truncation: f.o.Truncation}
		for _, g := range chosen[first:end] {
			from, to := f.train.rows(g)
			if f.o.Logistic {
				logisticSlopes(f.train.Labels[from:to], f.scores[from:to], f.train.Groups[g].Weight, f.slopes[from:to])
				continue
			}
			l.slopes(f.train.Labels[from:to], f.scores[from:to], f.train.Groups[g].Weight, f.slopes[from:to])
		}
	})
}

// heldMetrics measures what is held out by what the fit is for.
func (f *fitter) heldMetrics() Metrics {
	if f.o.Logistic {
		return Metrics{Questions: len(f.held.Groups), LogLoss: f.held.logLoss(f.heldScores)}
	}
	return f.held.weighted(f.heldScores)
}

// weighted returns the metrics with questions weighed by their weights.
func (d *Dataset) weighted(scores []float32) (all Metrics) {
	each := make([]Metrics, len(d.Groups))
	parallelGroups(len(d.Groups), func(from, to int) {
		var order []int32
		for g := from; g < to; g++ {
			if d.Groups[g].Evidence > 0 {
				first, end := d.rows(g)
				order = ranking(order, scores[first:end])
				each[g] = measure(d.Labels[first:end], order, d.Groups[g].Evidence)
			}
		}
	})
	weights := 0.0
	for g, group := range d.Groups {
		if group.Evidence > 0 {
			all.add(each[g], group.Weight)
			weights += group.Weight
		}
	}
	all.divide(weights)
	return all
}

// result turns the kept trees into a model.
func (f *fitter) result() (*rank.Model, *Report, error) {
	forest := rank.Forest{Depth: f.o.Depth}
	f.report.Gains = make([]float64, len(f.train.Columns))
	for _, t := range f.trees[:f.report.Trees] {
		for level := range f.o.Depth {
			column, threshold := 0, float32(math.Inf(1)) // asks nothing
			if level < len(t.column) {
				column = t.column[level]
				threshold = f.data.cuts[column][t.cut[level]]
				f.report.Gains[column] += t.gains[level]
			}
			forest.Column = append(forest.Column, uint16(column))
			forest.Thresholds = append(forest.Thresholds, threshold)
		}
		forest.Leaves = append(forest.Leaves, t.leaves...)
	}
	p := f.o.Provenance
	p.Seed = f.o.Seed
	if p.Sets == nil {
		for _, g := range f.train.Groups {
			if !slices.Contains(p.Sets, g.Set) {
				p.Sets = append(p.Sets, g.Set)
			}
		}
	}
	if p.Metrics == "" && f.held != nil {
		p.Metrics = "held out: " + f.report.Held.String()
	}
	var m *rank.Model
	var err error
	if f.o.Base != nil {
		m, err = f.o.Base.With(f.train.Columns, forest, p)
	} else {
		m, err = rank.New(f.train.Columns, forest, p)
	}
	return m, &f.report, err
}
