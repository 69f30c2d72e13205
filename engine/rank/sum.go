package rank

import (
	"slices"
)

// With returns the model whose scores are those of m and of a forest over named columns,
// added up: its columns are those of m, then those of the forest that m has not. The
// provenance is the sum's own.
//
// ErrInvalid if the columns and the forest are no model (see New), or the sum passes a
// limit of one.
func (m *Model) With(columns []string, forest Forest, provenance Provenance) (*Model, error) {
	if _, err := New(columns, forest, provenance); err != nil {
		return nil, err
	}
	all := slices.Clone(m.columns)
	place := make([]uint16, len(columns))
	for i, name := range columns {
		at := slices.Index(all, name)
		if at < 0 {
			at, all = len(all), append(all, name)
		}
		place[i] = uint16(at)
	}
	depth := max(m.forest.Depth, forest.Depth)
	sum := Forest{Depth: depth, Bias: m.forest.Bias + forest.Bias}
	sum.add(&m.forest, nil)
	sum.add(&forest, place)
	return New(all, sum, provenance)
}

// add appends the trees of another forest, whose column c is place[c] of this one's; the
// same where place is nil. Levels that they lack ask nothing: they compare a column with
// what no value is above, so that their leaves stand in the first of as many copies.
func (f *Forest) add(more *Forest, place []uint16) {
	for node, column := range more.Column {
		if place != nil {
			column = place[column]
		}
		f.Column, f.Thresholds = append(f.Column, column), append(f.Thresholds, more.Thresholds[node])
		if (node+1)%more.Depth > 0 {
			continue
		}
		for range f.Depth - more.Depth {
			f.Column, f.Thresholds = append(f.Column, column), append(f.Thresholds, plusInf)
		}
		leaves := more.Leaves[(node/more.Depth)<<more.Depth:][:1<<more.Depth]
		for range 1 << (f.Depth - more.Depth) {
			f.Leaves = append(f.Leaves, leaves...)
		}
	}
}
