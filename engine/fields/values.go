package fields

import "github.com/nexus-memory/nexus/engine/model"

// Strings calls f with every string that a column has in the segment, ascending, and
// a function that calls another one for each of its rows. value is valid as long as
// the columns are. O(values + rows).
func (r *Reader) Strings(column string, f func(value []byte, each func(func(row int)))) {
	first, last := r.named(column)
	for c := first; c < last; c++ {
		_, t, start, end := r.column(c)
		if t != model.TypeString {
			continue
		}
		for i := start; i < end; i++ {
			f(r.text(i), func(add func(row int)) { eachRow(r.list(i), r.rowCount, add) })
		}
	}
}
