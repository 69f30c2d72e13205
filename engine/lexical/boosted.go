package lexical

import (
	"slices"

	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/text"
)

// Field is one of the fields that a row's words are in, with an index of its own over
// the same parts and rows.
type Field struct {
	Parts []Part
	// Statistics are those of the rows that have the field: of a field that few rows
	// have, any other average would call all of them long.
	Statistics
	Boost float64 // what its scores are multiplied by
}

// Boosted scores rows by several fields: the sum of their BM25 scores, each times its
// boost. One goroutine at a time; the zero value is ready.
//
// (Fields that are scored alone and added: Robertson, Zaragoza and Taylor 2004,
// "Simple BM25 extension to multiple weighted fields", call it the usual way and
// prefer weights within one saturation, which one index for all fields would need.)
type Boosted struct {
	fields   []Field
	searcher []*Searcher // by field
	sums     [][]float64 // by field, then row of the part at hand; 0 between parts
	touched  rows.Set
	best     rows.Best
	scores   []float64 // scratch of Scores
}

// Prepare is Searcher.PrepareWith for every field. fields is borrowed until Forget.
func (b *Boosted) Prepare(terms *text.Tokens, patterns []*Pattern, fields []Field) (found int) {
	b.fields = fields
	for len(b.searcher) < len(fields) {
		b.searcher, b.sums = append(b.searcher, &Searcher{}), append(b.sums, nil)
	}
	for i := range fields {
		found = max(found, b.searcher[i].PrepareWith(terms, patterns, fields[i].Parts, fields[i].Statistics))
	}
	return found
}

// Top is Searcher.Top by the sum of the fields. It adds up all postings of the
// question's words, so that stop is asked once a list. O(postings).
func (b *Boosted) Top(dst []rows.Hit, k int, stop func() bool) []rows.Hit {
	at := len(dst)
	dst = b.Find(dst, k, stop)
	slices.SortFunc(dst[at:], rows.Hit.Compare)
	return dst
}

// Find is Top in no order.
func (b *Boosted) Find(dst []rows.Hit, k int, stop func() bool) []rows.Hit {
	if k <= 0 || len(b.fields) == 0 {
		return dst
	}
	b.best.Reset(k)
	for part := range b.fields[0].Parts {
		if !b.addUp(int32(part), stop) {
			break
		}
		b.offer(int32(part))
	}
	return append(dst, b.best.Hits()...)
}

// addUp adds what the words give to the rows of a part; false when told to stop.
func (b *Boosted) addUp(part int32, stop func() bool) bool {
	count := b.fields[0].Parts[part].Reader.RowCount()
	b.touched = slices.Grow(b.touched[:0], (count+63)/64)[:(count+63)/64]
	clear(b.touched)
	for i := range b.fields {
		b.sums[i] = slices.Grow(b.sums[i][:0], count)[:count]
		clear(b.sums[i])
		s := b.searcher[i]
		lengths := b.fields[i].Parts[part].Reader.parts.Lengths
		for term, l := range s.listsOf(part) {
			if stop != nil && stop() {
				return false
			}
			b.addList(s, b.sums[i], &l, s.weight(term), lengths)
		}
	}
	return true
}

func (b *Boosted) addList(s *Searcher, sums []float64, l *list, weight float64, lengths []uint32) {
	if l.count == 0 {
		return
	}
	for block := range l.blocks() + 1 {
		for i, row := range s.buffer.rows[:l.read(block, &s.buffer)] {
			if int64(row) < int64(len(sums)) && int64(row) < int64(len(lengths)) { // else in damaged columns
				b.touched.Add(int(row))
				sums[row] += float64(weight * s.share(s.buffer.freqs[i], lengths[row]))
			}
		}
	}
}

// offer offers the rows of a part that have sums.
func (b *Boosted) offer(part int32) {
	visible := &b.fields[0].Parts[part].Filter
	b.touched.Each(func(row int) {
		sum := 0.0
		for i := range b.fields {
			sum += float64(b.fields[i].Boost * b.sums[i][row])
		}
		if sum > 0 && visible.Visible(row) {
			b.best.Offer(rows.Hit{Ref: rows.Ref{Part: part, Row: uint32(row)}, Score: sum})
		}
	})
}

// Scores is Searcher.Scores by the sum of the fields: the same bits as in Top.
func (b *Boosted) Scores(dst []float64, refs []rows.Ref) []float64 {
	at := len(dst)
	dst = append(dst, make([]float64, len(refs))...)
	for i := range b.fields {
		b.scores = b.searcher[i].Scores(b.scores[:0], refs)
		for row, score := range b.scores {
			dst[at+row] += float64(b.fields[i].Boost * score)
		}
	}
	return dst
}

// Forget drops the parts of the last search.
func (b *Boosted) Forget() {
	for _, s := range b.searcher {
		s.Forget()
	}
	b.fields = nil
}
