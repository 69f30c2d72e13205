package fields

import (
	"bytes"
	"math"
	"sort"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
)

// Select returns the rows that f lets through, as f.Match would of each memory. f
// has passed Check and is not zero. O(rows found + rows/64) for each comparison;
// times that are not in the order of the rows are scanned.
func (r *Reader) Select(f model.Filter) rows.Set {
	switch f.Op() {
	case model.OpAnd, model.OpOr:
		args := f.Args()
		set := r.Select(args[0])
		for _, arg := range args[1:] {
			other := r.Select(arg)
			for w := range set {
				if f.Op() == model.OpAnd {
					set[w] &= other[w]
				} else {
					set[w] |= other[w]
				}
			}
		}
		return set
	case model.OpNot:
		return r.without(r.Select(f.Args()[0]))
	case model.OpNe:
		return r.without(r.compareField(f, model.OpEq))
	}
	return r.compareField(f, f.Op())
}

// without returns the rows that are not in set, in its place.
func (r *Reader) without(set rows.Set) rows.Set {
	for w := range set {
		set[w] = ^set[w]
	}
	if rest := r.rowCount % 64; rest != 0 {
		set[len(set)-1] &= 1<<rest - 1
	}
	return set
}

func (r *Reader) compareField(f model.Filter, op model.Op) rows.Set {
	info, err := model.ResolveField(f.FieldName())
	if err != nil {
		return rows.NewSet(r.rowCount) // Check has refused it
	}
	if isDense(info.Column) {
		return r.compareDense(info.Column, op, f.Values())
	}
	set := rows.NewSet(r.rowCount)
	first, last := r.named(info.Column)
	for c := first; c < last; c++ {
		_, t, start, end := r.column(c)
		if op == model.OpExists {
			addList(set, r.list(r.values+c), r.rowCount)
		} else if t == f.Wants() {
			r.addMatches(set, t, start, end, op, f.Values(), info.Single())
		}
	}
	return set
}

// addMatches adds the rows of the values start..end that compare as wanted.
func (r *Reader) addMatches(set rows.Set, t model.Type, start, end int, op model.Op, wants []model.Value, single bool) {
	for _, want := range wants {
		if single {
			want.Number = float64(float32(want.Number))
		}
		low, high := r.bounds(t, start, end, want)
		switch op {
		case model.OpLt:
			low, high = start, low
		case model.OpLe:
			low = start
		case model.OpGt:
			low, high = high, end
		case model.OpGe:
			high = end
		case model.OpPrefix:
			prefix := []byte(want.Text)
			high = low + sort.Search(end-low, func(i int) bool { return !bytes.HasPrefix(r.text(low+i), prefix) })
		}
		r.addLists(set, low, high)
	}
}

// addLists adds the rows of the values low..high-1. Where each of them has one row,
// as times and scores often do, their lists are one run of rows: 26 us instead of 176 for half of 65,536.
func (r *Reader) addLists(set rows.Set, low, high int) {
	if low >= high {
		return
	}
	if run := r.lists(low, high); len(run) == high-low {
		for _, row := range run {
			set.Add(int(row))
		}
		return
	}
	for i := low; i < high; i++ {
		addList(set, r.list(i), r.rowCount)
	}
}

// bounds returns the range of values that equal want: low is the first that is
// not less, high the first that is greater.
func (r *Reader) bounds(t model.Type, start, end int, want model.Value) (low, high int) {
	if textual(t) {
		text := []byte(want.Text)
		low = start + sort.Search(end-start, func(i int) bool { return bytes.Compare(r.text(start+i), text) >= 0 })
		high = low
		if low < end && bytes.Equal(r.text(low), text) {
			high++
		}
		return low, high
	}
	least, most := numberKey(want.Number), numberKey(want.Number)
	if t == model.TypeTime {
		least, most = timeKey(want.First), timeKey(want.Last)
	}
	values := r.Values[start:end]
	low = sort.Search(len(values), func(i int) bool { return values[i] >= least })
	high = sort.Search(len(values), func(i int) bool { return values[i] > most })
	return start + low, start + high
}

// compareDense compares a column that has a value in every row.
func (r *Reader) compareDense(column string, op model.Op, wants []model.Value) rows.Set {
	if op == model.OpExists {
		return rows.AllOf(r.rowCount)
	}
	set := rows.NewSet(r.rowCount)
	for _, want := range wants {
		low, high := interval(op, want)
		switch column {
		case "id":
			addBetween(set, r.dense.IDs, low, high, r.idsInOrder)
		case "time":
			addBetween(set, r.dense.Times, low, high, r.inOrder)
		case "position":
			addBetween(set, r.dense.Positions, low, high, false)
		}
	}
	return set
}

// interval returns the whole numbers that compare as wanted; empty where low > high.
func interval(op model.Op, want model.Value) (low, high int64) {
	low, high = want.First, want.Last
	if want.Type == model.TypeNumber {
		low, high = whole(math.Ceil(want.Number)), whole(math.Floor(want.Number))
	}
	switch op {
	case model.OpLt:
		return math.MinInt64, low - 1
	case model.OpLe:
		return math.MinInt64, high
	case model.OpGt:
		return high + 1, math.MaxInt64
	case model.OpGe:
		return low, math.MaxInt64
	}
	return low, high
}

// whole converts a whole number, as near as an int64 with a neighbour on either
// side can be; IDs, positions and times lie far within.
func whole(x float64) int64 { return int64(max(-1<<62, min(1<<62, x))) }

// addBetween adds the rows whose value lies in low..high: by search where the
// column ascends, else by a scan.
func addBetween[T uint64 | int64 | uint32](set rows.Set, column []T, low, high int64, ascends bool) {
	first, last := 0, len(column)
	if ascends {
		first = sort.Search(last, func(i int) bool { return int64(column[i]) >= low })
		last = sort.Search(last, func(i int) bool { return int64(column[i]) > high })
		for row := first; row < last; row++ {
			set.Add(row)
		}
		return
	}
	for w := range set {
		var word uint64
		for i, x := range column[w<<6 : min(last, w<<6+64)] {
			if int64(x) >= low && int64(x) <= high {
				word |= 1 << i
			}
		}
		set[w] |= word
	}
}
