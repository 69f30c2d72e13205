// Package fields says which rows of a segment have which values in which fields:
// the columns behind a filter. Of every field and type it keeps the distinct
// values in order, and of every value the rows that have it, so that a comparison
// costs a binary search and the rows it finds.
//
// Four plain arrays hold all of it (Parts), which a segment keeps in a file and
// reads in place:
//
//	Text    names of the columns, ascending, then the strings of their values
//	Index   columns C, values V; of each column the end of its name in Text, its
//	        type, the end of its values in Values; then V + C ends of lists in Rows:
//	        one a value, then one a column, of the rows that have the field at all
//	Values  column by column, ascending: of a string its place in Text and its size,
//	        else a key that orders as the value does
//	Rows    the lists: of few rows their numbers, ascending; of many a bitmap
//
// A list is a bitmap exactly where that is not larger, so its size tells which it
// is. (Roaring bitmaps make the same choice for every 65,536 rows, which is a
// whole segment; docs/design/filters.md has the two side by side.)
package fields

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"sort"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
)

// Version is that of the rules by which fields become columns.
const Version = 1

// Parts are the columns of one segment. A Reader aliases them.
type Parts struct {
	Text   []byte
	Index  []uint32
	Values []uint64
	Rows   []uint32
}

// Dense are columns that a segment has anyway, with a value in every row. The
// fields id, time and position are read from them.
type Dense struct {
	IDs       []uint64 // ascending
	Times     []int64  // microseconds since 1970
	Positions []uint32
}

// isDense reports whether a built-in field is read from Dense.
func isDense(column string) bool { return column == "id" || column == "time" || column == "position" }

const (
	indexHead   = 2 // words of Index before the columns
	columnWords = 3 // words of Index a column

	sizeBits = 24 // of a string's entry in Values: size below, place above
	sizeMask = 1<<sizeBits - 1
)

// Reader answers filters for one segment. It never changes; any goroutine may
// use it.
type Reader struct {
	Parts
	dense      Dense
	rowCount   int
	columns    int
	values     int
	inOrder    bool // dense.Times ascend
	idsInOrder bool // dense.IDs ascend, as they do without later versions of memories
}

// Open returns a reader of columns from anywhere: whatever they say, no later
// call panics. ErrCorrupt says what is wrong. O(size). len(d.IDs) is the rows.
func Open(p Parts, d Dense) (*Reader, error) {
	r, err := newReader(p, d)
	if err == nil {
		err = r.check()
	}
	if err != nil {
		return nil, fmt.Errorf("fields: %w: %w", err, model.ErrCorrupt)
	}
	return r, nil
}

// Over returns a reader of columns that a Builder has made. O(rows) for the order
// of times, nothing else.
func Over(p Parts, d Dense) (*Reader, error) { return newReader(p, d) }

func newReader(p Parts, d Dense) (*Reader, error) {
	if len(p.Index) < indexHead {
		return nil, fmt.Errorf("index of %d words", len(p.Index))
	}
	r := &Reader{Parts: p, dense: d, rowCount: len(d.IDs), inOrder: slices.IsSorted(d.Times), idsInOrder: slices.IsSorted(d.IDs)}
	size := len(p.Index) - indexHead
	if uint64(p.Index[0])*(columnWords+1)+uint64(p.Index[1]) != uint64(size) {
		return nil, fmt.Errorf("%d columns and %d values in %d words", p.Index[0], p.Index[1], size)
	}
	r.columns, r.values = int(p.Index[0]), int(p.Index[1])
	return r, nil
}

// column returns the name of column c, its type and the range of its values.
func (r *Reader) column(c int) (name []byte, t model.Type, first, last int) {
	entry := r.Index[indexHead+c*columnWords:]
	start := 0
	if c > 0 {
		before := r.Index[indexHead+(c-1)*columnWords:]
		start, first = int(before[0]), int(before[2])
	}
	return r.Text[start:entry[0]], model.Type(entry[1]), first, int(entry[2])
}

// list returns list i: of value i, or of column i - r.values.
func (r *Reader) list(i int) []uint32 { return r.lists(i, i+1) }

// lists returns the lists first..last-1, one behind the other.
func (r *Reader) lists(first, last int) []uint32 {
	ends := r.Index[indexHead+r.columns*columnWords:]
	start := uint32(0)
	if first > 0 {
		start = ends[first-1]
	}
	return r.Rows[start:ends[last-1]]
}

// text returns the string of value i.
func (r *Reader) text(i int) []byte {
	v := r.Values[i]
	return r.Text[v>>sizeBits : v>>sizeBits+v&sizeMask]
}

// check verifies everything that later reads rely on.
func (r *Reader) check() error {
	if len(r.Values) != r.values {
		return fmt.Errorf("%d values, want %d", len(r.Values), r.values)
	}
	textEnd, valueEnd := uint32(0), uint32(0)
	for c := range r.columns {
		entry := r.Index[indexHead+c*columnWords:]
		if entry[0] < textEnd || int64(entry[0]) > int64(len(r.Text)) || entry[2] < valueEnd || int64(entry[2]) > int64(r.values) {
			return fmt.Errorf("column %d: name or values out of place", c)
		}
		textEnd, valueEnd = entry[0], entry[2]
	}
	if int(valueEnd) != r.values {
		return fmt.Errorf("values of no column")
	}
	if err := r.checkLists(); err != nil {
		return err
	}
	for c := range r.columns {
		if err := r.checkColumn(c); err != nil {
			return fmt.Errorf("column %d: %w", c, err)
		}
	}
	return nil
}

func (r *Reader) checkLists() error {
	end := uint32(0)
	for _, e := range r.Index[indexHead+r.columns*columnWords:] {
		if e <= end || int64(e) > int64(len(r.Rows)) {
			return fmt.Errorf("a list that ends at %d", e)
		}
		end = e
	}
	if int(end) != len(r.Rows) {
		return fmt.Errorf("%d words of rows, want %d", len(r.Rows), end)
	}
	for i := range r.values + r.columns {
		if list := r.list(i); !listFits(list, r.rowCount) {
			return fmt.Errorf("list %d of %d words", i, len(list))
		}
	}
	return nil
}

func (r *Reader) checkColumn(c int) error {
	name, t, first, last := r.column(c)
	if t < model.TypeString || t > model.TypeList {
		return fmt.Errorf("type %d", t)
	}
	if c > 0 {
		before, beforeType, _, _ := r.column(c - 1)
		if order := bytes.Compare(before, name); order > 0 || order == 0 && beforeType >= t {
			return fmt.Errorf("out of order")
		}
	}
	for i := first; i < last; i++ {
		if textual(t) && r.Values[i]>>sizeBits+r.Values[i]&sizeMask > uint64(len(r.Text)) {
			return fmt.Errorf("value %d: string out of place", i-first)
		}
		if i > first && r.compare(t, i-1, i) >= 0 {
			return fmt.Errorf("value %d: out of order", i-first)
		}
	}
	return nil
}

// textual reports whether values of a type are strings.
func textual(t model.Type) bool { return t == model.TypeString || t == model.TypeList }

func (r *Reader) compare(t model.Type, i, j int) int {
	if textual(t) {
		return bytes.Compare(r.text(i), r.text(j))
	}
	return cmp.Compare(r.Values[i], r.Values[j])
}

// named returns the range of columns of a name: one for each type it has.
func (r *Reader) named(name string) (first, last int) {
	want := []byte(name)
	first = sort.Search(r.columns, func(c int) bool {
		have, _, _, _ := r.column(c)
		return bytes.Compare(have, want) >= 0
	})
	for last = first; last < r.columns; last++ {
		if have, _, _, _ := r.column(last); !bytes.Equal(have, want) {
			break
		}
	}
	return first, last
}

// Types calls f for every type that a column has in the segment and the rows
// that have it so, until f returns false.
func (r *Reader) Types(column string, f func(t model.Type, has func(rows.Set)) bool) {
	first, last := r.named(column)
	for c := first; c < last; c++ {
		_, t, _, _ := r.column(c)
		if !f(t, func(set rows.Set) { addList(set, r.list(r.values+c), r.rowCount) }) {
			return
		}
	}
}

// Names calls f with the name of every column.
func (r *Reader) Names(f func(column string)) {
	for c := range r.columns {
		name, _, _, _ := r.column(c)
		f(string(name))
	}
}

// numberKey returns a key that orders as the finite number does.
func numberKey(x float64) uint64 {
	b := math.Float64bits(x + 0) // -0 becomes 0
	if b>>63 != 0 {
		return ^b
	}
	return b | 1<<63
}

// timeKey returns a key that orders as the microseconds do.
func timeKey(micros int64) uint64 { return uint64(micros) ^ 1<<63 }

// bitmapWords is the size of a bitmap of so many rows: two for every 64.
func bitmapWords(rowCount int) int { return (rowCount + 63) / 64 * 2 }

// appendList appends a list of ascending rows in the form that is smaller.
func appendList(dst []uint32, list []uint32, rowCount int) []uint32 {
	words := bitmapWords(rowCount)
	if len(list) < words {
		return append(dst, list...)
	}
	at := len(dst)
	dst = slices.Grow(dst, words)[:at+words]
	clear(dst[at:])
	for _, row := range list {
		dst[at+int(row>>5)] |= 1 << (row & 31)
	}
	return dst
}

// addList adds the rows of a list to a set. O(rows in it), or rowCount/64.
func addList(set rows.Set, list []uint32, rowCount int) {
	if len(list) < bitmapWords(rowCount) {
		for _, row := range list {
			set.Add(int(row))
		}
		return
	}
	for w := range set {
		set[w] |= uint64(list[2*w]) | uint64(list[2*w+1])<<32
	}
}

// eachRow calls f for every row of a list, ascending.
func eachRow(list []uint32, rowCount int, f func(row int)) {
	if len(list) < bitmapWords(rowCount) {
		for _, row := range list {
			f(int(row))
		}
		return
	}
	for w, word := range list {
		for ; word != 0; word &= word - 1 {
			f(w<<5 + bits.TrailingZeros32(word))
		}
	}
}

// listFits reports whether a list holds rows below rowCount alone, in order.
func listFits(list []uint32, rowCount int) bool {
	words := bitmapWords(rowCount)
	if len(list) > words {
		return false
	}
	if len(list) == words {
		return words == 0 || (uint64(list[words-2])|uint64(list[words-1])<<32)>>((rowCount-1)&63)>>1 == 0
	}
	for i, row := range list {
		if int64(row) >= int64(rowCount) || i > 0 && list[i-1] >= row {
			return false
		}
	}
	return true
}
