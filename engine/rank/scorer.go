package rank

import (
	"fmt"
	"math"
	"slices"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/kernels"
)

// callerColumnsMax is what the kernel can address.
const callerColumnsMax = math.MaxUint16 + 1

// Scorer is a model bound to the columns of a caller. It never changes; any goroutine
// may use it.
type Scorer struct {
	trees   *kernels.Trees
	missing []string
}

// Bind finds the model's columns among those of a caller, by name. A column that the
// caller has not is missing for every candidate; a column that the model does not know
// is not read.
//
// ErrInvalid if the caller has none of the model's columns, names one twice, or has more
// than 65,536. Copies the trees: some 512 bytes for each.
func (m *Model) Bind(columns []string) (*Scorer, error) {
	if err := checkNames(columns, callerColumnsMax); err != nil {
		return nil, err
	}
	s := &Scorer{}
	place := make([]int, len(m.columns)) // -1 = the caller has it not
	for i, name := range m.columns {
		if place[i] = slices.Index(columns, name); place[i] < 0 {
			s.missing = append(s.missing, name)
		}
	}
	if len(s.missing) == len(m.columns) {
		return nil, fmt.Errorf("rank: none of the model's %d columns is there: %w", len(m.columns), model.ErrInvalid)
	}
	bound := m.forest
	bound.Column, bound.Thresholds = make([]uint16, len(m.forest.Column)), slices.Clone(m.forest.Thresholds)
	for node, column := range m.forest.Column {
		if at := place[column]; at >= 0 {
			bound.Column[node] = uint16(at)
		} else {
			// No value is above this one, as a missing value is above none; which column
			// is compared does not matter then, and the caller need not bring one of NaN.
			bound.Thresholds[node] = plusInf
		}
	}
	var ok bool
	if s.trees, ok = bound.trees(bound.Column); !ok {
		return nil, fmt.Errorf("rank: a model that was checked cannot be bound: %w", model.ErrInternal)
	}
	return s, nil
}

// Missing returns the model's columns that the caller has not.
func (s *Scorer) Missing() []string { return slices.Clone(s.missing) }

// Score sets out[i] to the score of candidate i; more is better, and only the order and
// the differences within one question mean something.
//
// columns is a structure of arrays: the caller's column f of candidate i is
// columns[f*stride+i], for i < n <= stride and n == len(out), NaN where it is not known.
// All CPU tiers return the same bits, which are finite whatever the columns hold. columns
// is not written and must not overlap out. O(n*trees), no allocation. Panics if the
// shape does not fit (caller bug).
func (s *Scorer) Score(columns []float32, stride, n int, out []float32) {
	kernels.ScoreTrees(s.trees, columns, stride, n, out)
}
