// Package fit makes rankers: from judged questions and the columns of their candidates
// to a rank.Model.
//
// The method is LambdaMART (Burges, "From RankNet to LambdaRank to LambdaMART", MSR-TR-
// 2010-82, sections 4 to 7) over oblivious trees (Prokhorenkova et al., "CatBoost",
// NeurIPS 2018, section 4). The same data and options give the same bytes on every
// machine and whatever the number of processors: sums are of float64 in a fixed order,
// products are rounded before they are added, and no function of math takes part whose
// result may differ between CPUs.
//
// docs/design/ranker.md has what was measured.
package fit

import (
	"fmt"
	"math"
	"slices"

	"github.com/nexus-memory/nexus/engine/model"
)

// Limits of a dataset.
const (
	ColumnsMax  = 1024      // as a model has
	GradeMax    = 15        // of a label; the gain of a grade g is 2^g - 1
	RowsMax     = 1 << 28   // candidates in all
	groupMax    = 1 << 20   // candidates of one question
	groupsMax   = 1 << 24   // questions
	textMax     = 16 << 10  // bytes of the name of a column, a question, or a set
	evidenceMax = 1 << 20   // of one question
	weightMax   = 1_000_000 // of one question
)

// Group is one question.
type Group struct {
	ID  string // for people; need not be unique
	Set string // the data that it is of: metrics are given for each, and Balance weighs by it
	// Weight multiplies what is learnt from the question: 0..1e6; 0 = nothing.
	Weight float64
	// Evidence counts what there was to find, candidates or not: recall is measured
	// against it. Add raises it to the number of candidates with a grade above 0.
	Evidence int
}

// Dataset is questions, their candidates, and what is known of these. The zero value
// with Columns set is an empty one.
type Dataset struct {
	Columns []string    // names, each once
	Groups  []Group     // questions
	Starts  []int       // len(Groups)+1 once there is one: question g has rows Starts[g] to Starts[g+1]
	Labels  []uint8     // of every row: 0 = of no use, up to GradeMax
	Values  [][]float32 // of every column, one a row; NaN = missing
}

// Rows returns the number of candidates of all questions.
func (d *Dataset) Rows() int { return len(d.Labels) }

// Add appends a question with len(labels) candidates. columns is a structure of arrays
// as rank.Scorer.Score takes it: column f of candidate i is columns[f*stride+i]. It is
// copied. ErrInvalid if the shape does not fit, a label or the weight is out of range,
// or the dataset is full; nothing is appended then.
func (d *Dataset) Add(g Group, labels []uint8, columns []float32, stride int) error {
	n := len(labels)
	switch {
	case n > stride || len(d.Columns) == 0 || n > 0 && len(columns) < (len(d.Columns)-1)*stride+n:
		return fmt.Errorf("fit: %d values for %d candidates of %d columns at stride %d: %w", len(columns), n, len(d.Columns), stride, model.ErrInvalid)
	case n > groupMax || d.Rows()+n > RowsMax || len(d.Groups) == groupsMax || len(d.Columns) > ColumnsMax:
		return fmt.Errorf("fit: %d candidates more are too many: %w", n, model.ErrInvalid)
	}
	if err := g.check(); err != nil {
		return err
	}
	found := 0
	for _, grade := range labels {
		if grade > GradeMax {
			return fmt.Errorf("fit: grade %d, want at most %d: %w", grade, GradeMax, model.ErrInvalid)
		}
		if grade > 0 {
			found++
		}
	}
	g.Evidence = max(g.Evidence, found)
	if d.Values == nil {
		d.Values = make([][]float32, len(d.Columns))
	}
	for f := range d.Values {
		d.Values[f] = append(d.Values[f], columns[f*stride:][:n]...)
	}
	d.Labels = append(d.Labels, labels...)
	if d.Starts == nil {
		d.Starts = []int{0}
	}
	d.Groups, d.Starts = append(d.Groups, g), append(d.Starts, d.Rows())
	return nil
}

func (g *Group) check() error {
	if !(g.Weight >= 0 && g.Weight <= weightMax) || g.Evidence < 0 || g.Evidence > evidenceMax ||
		len(g.ID) > textMax || len(g.Set) > textMax {
		return fmt.Errorf("fit: question of weight %v, evidence %d, names of %d and %d bytes: %w",
			g.Weight, g.Evidence, len(g.ID), len(g.Set), model.ErrInvalid)
	}
	return nil
}

// rows returns the range of question g.
func (d *Dataset) rows(g int) (first, end int) { return d.Starts[g], d.Starts[g+1] }

// Select returns the questions that keep says true of, copied.
func (d *Dataset) Select(keep func(g int, group Group) bool) *Dataset {
	chosen := &Dataset{Columns: slices.Clone(d.Columns), Values: make([][]float32, len(d.Columns)), Starts: []int{0}}
	for g, group := range d.Groups {
		if !keep(g, group) {
			continue
		}
		first, end := d.rows(g)
		chosen.Groups = append(chosen.Groups, group)
		chosen.Labels = append(chosen.Labels, d.Labels[first:end]...)
		chosen.Starts = append(chosen.Starts, chosen.Rows())
		for f := range d.Values {
			chosen.Values[f] = append(chosen.Values[f], d.Values[f][first:end]...)
		}
	}
	return chosen
}

// Balance sets the weights so that every set weighs alike, and a question 1 on average.
// A regime with many questions then does not drown another with few.
func (d *Dataset) Balance() {
	counts := map[string]int{}
	for _, g := range d.Groups {
		counts[g.Set]++
	}
	for i := range d.Groups {
		g := &d.Groups[i]
		g.Weight = float64(len(d.Groups)) / float64(len(counts)*counts[g.Set])
	}
}

// check reports a dataset that was put together by hand and does not fit.
func (d *Dataset) check() error {
	shape := len(d.Groups)+1 == len(d.Starts) && len(d.Values) == len(d.Columns) && len(d.Columns) > 0 && len(d.Columns) <= ColumnsMax
	if shape {
		shape = d.Starts[0] == 0 && d.Starts[len(d.Groups)] == d.Rows() && slices.IsSorted(d.Starts)
	}
	for f := range d.Values {
		shape = shape && len(d.Values[f]) == d.Rows()
	}
	for _, grade := range d.Labels {
		shape = shape && grade <= GradeMax
	}
	if !shape {
		return fmt.Errorf("fit: %d questions, %d candidates and %d columns do not fit together: %w", len(d.Groups), d.Rows(), len(d.Columns), model.ErrInvalid)
	}
	for g := range d.Groups {
		if err := d.Groups[g].check(); err != nil {
			return err
		}
	}
	return nil
}

func isNaN(x float32) bool { return x != x }

var minusInf = float32(math.Inf(-1))
