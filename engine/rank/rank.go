// Package rank holds the learnt ranker: which candidate of a question is worth how
// much, from the columns that the engines measured of it.
//
// A Model is an ensemble of oblivious trees over named columns, and where it came from.
// It is fitted by package rank/fit, kept as a file (format.go), and bound to the columns
// that a caller has: by name, so that a model outlives a change of their order, and a
// column that the caller lacks is known to be missing.
//
// Useful for: scoring some hundred candidates in some microseconds. Not useful for:
// probabilities; a score has a meaning beside the scores of the same question alone.
package rank

import (
	"fmt"
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/kernels"
)

// Limits of a model. They bound what a damaged file can ask for, and are some ten times
// what a good ranker has.
const (
	ColumnsMax   = 1024     // columns of a model
	NameBytesMax = 64       // of the name of a column
	TreesMax     = 1 << 14  // of an ensemble; 8 MiB of working memory
	SetsMax      = 64       // sets that a model was fitted on
	TextBytesMax = 16 << 10 // of the name of a set, and of the text of metrics
)

// plusInf is a threshold that no value is above.
var plusInf = float32(math.Inf(1))

// Forest is an ensemble of len(Leaves)>>Depth oblivious trees in the layout of
// kernels.NewTrees, but that Column counts the columns of its model.
//
// Level l of tree t asks whether the value of column Column[t*Depth+l] is above
// Thresholds[t*Depth+l]; bit l of the leaf's number is the answer. A missing value (NaN)
// is above nothing. Leaf j of tree t is worth Leaves[t<<Depth+j].
type Forest struct {
	Depth      int // 1..kernels.TreeDepthMax, also of a forest without trees
	Bias       float32
	Column     []uint16
	Thresholds []float32
	Leaves     []float32
}

// Provenance says where a model came from.
type Provenance struct {
	Sets    []string  // names of the data that it was fitted on
	Seed    uint64    // of the trainer
	Fitted  time.Time // as the caller of the trainer gave it, kept to the second in UTC
	Metrics string    // what was measured of it, for people
}

// Model is a learnt ranker. It never changes; any goroutine may use it.
type Model struct {
	columns    []string
	forest     Forest
	provenance Provenance
}

// New returns a model of a forest over named columns; it keeps copies.
//
// ErrInvalid if there is no column or one of them is named twice, has no name or one
// that is no UTF-8, if the forest is not one (see kernels.NewTrees) or asks for a column
// that is not there, or if a limit is passed.
func New(columns []string, forest Forest, provenance Provenance) (*Model, error) {
	if err := checkNames(columns, ColumnsMax); err != nil {
		return nil, err
	}
	if err := forest.check(len(columns)); err != nil {
		return nil, err
	}
	if err := provenance.check(); err != nil {
		return nil, err
	}
	forest.Column, forest.Thresholds = slices.Clone(forest.Column), slices.Clone(forest.Thresholds)
	forest.Leaves = slices.Clone(forest.Leaves)
	provenance.Sets = slices.Clone(provenance.Sets)
	provenance.Fitted = provenance.Fitted.UTC().Truncate(time.Second)
	return &Model{slices.Clone(columns), forest, provenance}, nil
}

func checkNames(columns []string, countMax int) error {
	if len(columns) == 0 || len(columns) > countMax {
		return fmt.Errorf("rank: %d columns, want 1 to %d: %w", len(columns), countMax, model.ErrInvalid)
	}
	seen := make(map[string]bool, len(columns))
	for i, name := range columns {
		switch {
		case name == "" || len(name) > NameBytesMax || !utf8.ValidString(name):
			return fmt.Errorf("rank: name of column %d: want 1 to %d bytes of UTF-8: %w", i, NameBytesMax, model.ErrInvalid)
		case seen[name]:
			return fmt.Errorf("rank: column %q is there twice: %w", name, model.ErrInvalid)
		}
		seen[name] = true
	}
	return nil
}

// check leaves the shape of the ensemble and its numbers to the kernel, but for NaN
// among thresholds and what must be known before anything of that size is made.
func (f *Forest) check(columns int) error {
	if f.Depth < 1 || f.Depth > kernels.TreeDepthMax || len(f.Leaves)>>f.Depth > TreesMax {
		return fmt.Errorf("rank: %d leaves of trees of depth %d: %w", len(f.Leaves), f.Depth, model.ErrInvalid)
	}
	for i, column := range f.Column {
		if int(column) >= columns {
			return fmt.Errorf("rank: node %d asks for column %d of %d: %w", i, column, columns, model.ErrInvalid)
		}
	}
	if _, ok := f.trees(f.Column); !ok {
		return fmt.Errorf("rank: %d nodes, %d thresholds and %d leaves are no trees of depth %d, or not all are numbers: %w",
			len(f.Column), len(f.Thresholds), len(f.Leaves), f.Depth, model.ErrInvalid)
	}
	return nil
}

func (f *Forest) trees(column []uint16) (*kernels.Trees, bool) {
	return kernels.NewTrees(f.Depth, f.Bias, column, f.Thresholds, f.Leaves)
}

func (p *Provenance) check() error {
	if len(p.Sets) > SetsMax {
		return fmt.Errorf("rank: %d sets, want at most %d: %w", len(p.Sets), SetsMax, model.ErrInvalid)
	}
	for i, text := range append(slices.Clone(p.Sets), p.Metrics) {
		if len(text) > TextBytesMax || !utf8.ValidString(text) {
			return fmt.Errorf("rank: text %d of the provenance: want at most %d bytes of UTF-8: %w", i, TextBytesMax, model.ErrInvalid)
		}
	}
	return nil
}

// Columns returns the names of the columns that the model was fitted on.
func (m *Model) Columns() []string { return slices.Clone(m.columns) }

// Trees returns how many trees the model has.
func (m *Model) Trees() int { return len(m.forest.Leaves) >> m.forest.Depth }

// Provenance returns where the model came from.
func (m *Model) Provenance() Provenance {
	p := m.provenance
	p.Sets = slices.Clone(p.Sets)
	return p
}

// WithMetrics returns the same model with another text of metrics, for those who measure
// what they fitted. ErrInvalid if the text is too long or no UTF-8.
func (m *Model) WithMetrics(text string) (*Model, error) {
	p := m.provenance
	p.Metrics = text
	if err := p.check(); err != nil {
		return nil, err
	}
	return &Model{m.columns, m.forest, p}, nil
}

// Uses returns how many nodes ask for each column, in the order of Columns: what the
// model looks at.
func (m *Model) Uses() []int {
	uses := make([]int, len(m.columns))
	for i, column := range m.forest.Column {
		if !math.IsInf(float64(m.forest.Thresholds[i]), 1) {
			uses[column]++
		}
	}
	return uses
}
