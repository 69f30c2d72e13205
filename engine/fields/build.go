package fields

import (
	"cmp"
	"runtime"
	"slices"
	"time"

	"github.com/nexus-memory/nexus/engine/model"
)

// Entry is one value of a row, ready for its column.
type Entry struct {
	column string
	typ    model.Type
	key    uint64   // of what is no text
	text   string   // of a string
	list   []string // of a list
}

// Of returns the fields of a memory that its row brings along: all but the dense
// ones, and the ingest time, which Builder.Add is told.
func Of(m *model.Memory) []Entry {
	entries := make([]Entry, 0, 6+len(m.Meta))
	m.BuiltinValues(func(name string, v model.Value) {
		if !isDense(name) && name != ingested {
			entries = append(entries, entryOf(name, v))
		}
	})
	for name, value := range m.Meta {
		e := Entry{column: model.MetaColumn(name)}
		switch v := value.(type) {
		case string:
			e.typ, e.text = model.TypeString, v
		case float64:
			e.typ, e.key = model.TypeNumber, numberKey(v)
		case bool:
			e.typ = model.TypeBool
			if v {
				e.key = numberKey(1)
			} else {
				e.key = numberKey(0)
			}
		case time.Time:
			e.typ, e.key = model.TypeTime, timeKey(v.UnixMicro())
		case []string:
			e.typ, e.list = model.TypeList, v
		default:
			continue // of no type that Normalize lets through
		}
		entries = append(entries, e)
	}
	return entries
}

// ingested is the field that is known at commit alone.
const ingested = "ingested"

func entryOf(name string, v model.Value) Entry {
	e := Entry{column: name, typ: v.Type, text: v.Text}
	if v.Type == model.TypeTime {
		e.key = timeKey(v.First)
	} else if v.Type != model.TypeString {
		e.key = numberKey(v.Number)
	}
	return e
}

// Builder collects the fields of rows, in row order, into columns. It is reused
// from segment to segment; one goroutine at a time.
type Builder struct {
	columns map[columnKey]*columnBuilder
	spare   []*columnBuilder
	work    int // since the last yield

	// Scratch of Finish.
	keys        []columnKey
	placed      []pair
	list, order []uint32
	next        []int
	ends        []uint32
}

type columnKey struct {
	name string
	typ  model.Type
}

// columnBuilder collects one column.
type columnBuilder struct {
	present []uint32
	pairs   []pair
	ordinal map[string]uint32 // of texts
	texts   []string
}

// pair is a value of a row: a key, or the ordinal of a text.
type pair struct {
	key uint64
	row uint32
}

// NewBuilder returns an empty builder.
func NewBuilder() *Builder { return &Builder{columns: map[columnKey]*columnBuilder{}} }

// Reset empties the builder and keeps its memory.
func (b *Builder) Reset() {
	for _, c := range b.columns {
		c.present, c.pairs = c.present[:0], c.pairs[:0]
		clear(c.ordinal)
		clear(c.texts)
		c.texts = c.texts[:0]
		b.spare = append(b.spare, c)
	}
	clear(b.columns)
}

// yieldWork is how many values are handled, some 50 us of work, before a question
// that waits for a processor may go first.
const yieldWork = 512

func (b *Builder) yield() {
	if b.work++; b.work%yieldWork == 0 {
		runtime.Gosched()
	}
}

func (b *Builder) column(name string, typ model.Type) *columnBuilder {
	key := columnKey{name, typ}
	c := b.columns[key]
	if c == nil {
		if n := len(b.spare); n > 0 {
			c, b.spare = b.spare[n-1], b.spare[:n-1]
		} else {
			c = &columnBuilder{ordinal: map[string]uint32{}}
		}
		b.columns[key] = c
	}
	return c
}

// Add puts the fields of a row, which is behind all rows before, and the time in
// microseconds when it was committed.
func (b *Builder) Add(row int, entries []Entry, ingestMicros int64) {
	b.addEntry(row, &Entry{column: ingested, typ: model.TypeTime, key: timeKey(ingestMicros)})
	for i := range entries {
		b.yield()
		b.addEntry(row, &entries[i])
	}
}

func (b *Builder) addEntry(row int, e *Entry) {
	c := b.column(e.column, e.typ)
	c.present = append(c.present, uint32(row))
	switch e.typ {
	case model.TypeList:
		for _, s := range e.list {
			c.pairs = append(c.pairs, pair{uint64(c.ordinalOf(s)), uint32(row)})
		}
	case model.TypeString:
		c.pairs = append(c.pairs, pair{uint64(c.ordinalOf(e.text)), uint32(row)})
	default:
		c.pairs = append(c.pairs, pair{e.key, uint32(row)})
	}
}

func (c *columnBuilder) ordinalOf(s string) uint32 {
	o, ok := c.ordinal[s]
	if !ok {
		o = uint32(len(c.texts))
		c.ordinal[s] = o
		c.texts = append(c.texts, s)
	}
	return o
}

// NoRow stands for a row that AddFrom leaves out.
const NoRow = ^uint32(0)

// AddFrom puts all rows of a segment, as a merge does: target[row] is the row's
// new number, behind all rows before, or NoRow. It works on columns and looks at no
// memory. O(values + rows in lists).
func (b *Builder) AddFrom(r *Reader, target []uint32) {
	each := func(i int, f func(row uint32)) {
		eachRow(r.list(i), r.rowCount, func(row int) {
			b.yield()
			if target[row] != NoRow {
				f(target[row])
			}
		})
	}
	for at := range r.columns {
		name, typ, first, last := r.column(at)
		c := b.column(string(name), typ)
		each(r.values+at, func(row uint32) { c.present = append(c.present, row) })
		for i := first; i < last; i++ {
			key, known := r.Values[i], !textual(typ)
			each(i, func(row uint32) {
				if !known {
					key, known = uint64(c.ordinalOf(string(r.text(i)))), true
				}
				c.pairs = append(c.pairs, pair{key, row})
			})
		}
	}
}

// Finish appends the columns of so many rows to p, which is empty but for memory
// that it may use. The builder is to be Reset.
func (b *Builder) Finish(p *Parts, rowCount int) {
	keys := b.keys[:0]
	for k, c := range b.columns {
		if len(c.present) > 0 { // else all its rows were left out
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(x, y columnKey) int {
		return cmp.Or(cmp.Compare(x.name, y.name), cmp.Compare(x.typ, y.typ))
	})
	b.keys, b.ends = keys, b.ends[:0]
	for _, k := range keys {
		p.Text = append(p.Text, k.name...)
	}
	p.Index = append(p.Index, uint32(len(keys)), 0)
	nameEnd := 0
	for _, k := range keys {
		nameEnd += len(k.name)
		b.finishColumn(p, b.columns[k], textual(k.typ), rowCount)
		p.Index = append(p.Index, uint32(nameEnd), uint32(k.typ), uint32(len(p.Values)))
	}
	p.Index[1] = uint32(len(p.Values))
	for _, k := range keys {
		p.Rows = appendList(p.Rows, b.columns[k].present, rowCount)
		b.ends = append(b.ends, uint32(len(p.Rows)))
	}
	p.Index = append(p.Index, b.ends...)
}

// finishColumn appends the values of one column and the list of each.
func (b *Builder) finishColumn(p *Parts, c *columnBuilder, text bool, rowCount int) {
	pairs := c.pairs
	if text {
		pairs = b.rank(c)
	} else {
		b.sortPairs(pairs)
	}
	for at := 0; at < len(pairs); {
		key := pairs[at].key
		b.list = b.list[:0]
		for ; at < len(pairs) && pairs[at].key == key; at++ {
			b.yield()
			if row := pairs[at].row; len(b.list) == 0 || b.list[len(b.list)-1] != row { // a list may name a value twice
				b.list = append(b.list, row)
			}
		}
		if text {
			s := c.texts[key]
			key = uint64(len(p.Text))<<sizeBits | uint64(len(s))
			p.Text = append(p.Text, s...)
		}
		p.Values = append(p.Values, key)
		p.Rows = appendList(p.Rows, b.list, rowCount)
		b.ends = append(b.ends, uint32(len(p.Rows)))
	}
}

// sortPairs orders by key, then row. Rows come in order, and so do most times.
func (b *Builder) sortPairs(pairs []pair) {
	compare := func(x, y pair) int {
		b.yield()
		return cmp.Or(cmp.Compare(x.key, y.key), cmp.Compare(x.row, y.row))
	}
	if !slices.IsSortedFunc(pairs, compare) {
		slices.SortFunc(pairs, compare)
	}
}

// rank brings the texts into order and returns the pairs grouped by their place
// therein. Rows of a text were added in order and stay so.
func (b *Builder) rank(c *columnBuilder) []pair {
	b.order = b.order[:0]
	for i := range c.texts {
		b.order = append(b.order, uint32(i))
	}
	slices.SortFunc(b.order, func(x, y uint32) int {
		b.yield()
		return cmp.Compare(c.texts[x], c.texts[y])
	})
	b.next = slices.Grow(b.next[:0], len(b.order))[:len(b.order)]
	next := b.next // of each ordinal: where its next pair goes
	clear(next)
	for _, p := range c.pairs {
		next[p.key]++
	}
	at := 0
	for _, o := range b.order {
		next[o], at = at, at+next[o]
	}
	b.placed = slices.Grow(b.placed[:0], len(c.pairs))[:len(c.pairs)]
	for _, p := range c.pairs {
		b.yield()
		b.placed[next[p.key]] = p
		next[p.key]++
	}
	return b.placed
}
