package lexical

import (
	"bytes"
	"slices"

	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/text"
)

// Part is one segment as a search sees it.
type Part struct {
	Reader *Reader
	rows.Filter
}

// Searcher holds one question and the scratch of its search. One goroutine at a
// time; the zero value is ready. Prepare first, then any of the others.
type Searcher struct {
	parts    []Part
	scale    scale
	table    shareTable // of scale
	idfs     []float64  // by term that occurs, in order of the question
	live     []uint64   // of each of them, the live rows that hold it
	words    []int32    // of each of them, its place in the question; -1 for a pattern
	lists    []list     // [part][term that occurs]
	mass     float64    // sum of idfs
	order    []int32    // scratch of markDistinct and leaveOut
	chosen   []bool     // scratch of markDistinct
	found    []list
	starts   []int64  // scratch of findTerm, by part
	buffer   postings // scratch of Prepare and Score
	gathered gathered // scratch of findPattern

	cursors []cursor // of the part at hand, by term
	ranked  []int32  // cursors with rows in the window, least peak first
	gains   []float64
	best    rows.Best

	leftOut []bool     // by term: not searched for, see leaveOut
	without bool       // there are such
	bar     bar        // of a question of one term
	refs    []rows.Ref // scratch of addLeftOut
	sorter  rows.Sorter

	window     [windowRows]float64 // sums by row; all 0 between windows
	summed     []uint32            // rows of the window that have sums; none where it is scanned
	scanned    int                 // the window's rows are looked through up to here
	candidates []uint32            // rows of the window that passive lists are looked up for
	sums       []float64           // of candidates; scratch of addLeftOut
	near       int                 // about how many postings of the window were added up
	survival   float64             // share of the rows with sums that were candidates

	// Loose searches want candidates, of which the last may be others that score nearly as
	// well: see Approximate.
	Loose bool
}

// Prepare sets the question and the snapshot, and returns how many different
// terms of the question occur in a live row. Only those take part, each once
// however often the question repeats it, in order of first appearance.
//
// A term's document frequency counts live rows of all parts, so that neither
// the layout of segments nor Allow changes a score. terms is not kept; parts is
// borrowed until the next Prepare. One dictionary look-up for each term and
// part, and the blocks of the term's list with dead rows between; allocates only
// inside the look-ups once warm.
func (s *Searcher) Prepare(terms *text.Tokens, parts []Part, st Statistics) int {
	return s.PrepareWith(terms, nil, parts, st)
}

// PrepareWith is Prepare for a question that has patterns behind its terms, each of
// which counts as a term. Their lists are made for the question, in O(postings).
func (s *Searcher) PrepareWith(terms *text.Tokens, patterns []*Pattern, parts []Part, st Statistics) int {
	s.parts = parts
	if sc := newScale(st); sc != s.scale {
		s.scale = sc
		s.table.fill(&sc)
	}
	s.idfs, s.live, s.words, s.lists, s.mass = s.idfs[:0], s.live[:0], s.words[:0], s.lists[:0], 0
	s.markDistinct(terms)
	s.found = s.found[:0]
	for i := range terms.Len() {
		if !s.chosen[i] {
			continue
		}
		s.weigh(i, s.findTerm(terms.At(i)))
	}
	for _, p := range patterns {
		s.weigh(-1, s.findPattern(p))
	}
	s.layLists()
	s.leftOut = slices.Grow(s.leftOut[:0], len(s.idfs))[:len(s.idfs)]
	clear(s.leftOut)
	s.without = false
	return len(s.idfs)
}

// weigh takes in a word of the question that so many live rows hold, if any do.
func (s *Searcher) weigh(word int, df uint64) {
	if df > 0 {
		s.words = append(s.words, int32(word))
		s.idfs = append(s.idfs, s.scale.idf(df))
		s.live = append(s.live, df)
		s.mass += s.idfs[len(s.idfs)-1]
	}
}

// markDistinct sets chosen[i] where word i is the first of its kind. By sorting,
// as a pasted page can be a question too.
func (s *Searcher) markDistinct(terms *text.Tokens) {
	n := terms.Len()
	s.order = slices.Grow(s.order[:0], n)[:n]
	s.chosen = slices.Grow(s.chosen[:0], n)[:n]
	for i := range s.order {
		s.order[i] = int32(i)
	}
	slices.SortFunc(s.order, func(a, b int32) int {
		if order := bytes.Compare(terms.At(int(a)), terms.At(int(b))); order != 0 {
			return order
		}
		return int(a) - int(b)
	})
	for i, word := range s.order {
		s.chosen[word] = i == 0 || !bytes.Equal(terms.At(int(word)), terms.At(int(s.order[i-1])))
	}
}

// findTerm appends a term's list in every part to found and returns how many
// live rows hold it; when none does, found is as before. Each step is taken in all parts
// before the next: what they wait for memory, they wait for together.
func (s *Searcher) findTerm(term []byte) uint64 {
	first, df := len(s.found), uint64(0)
	s.starts = s.starts[:0]
	for i := range s.parts {
		s.starts = append(s.starts, s.parts[i].Reader.ordinal(term))
	}
	for i, ordinal := range s.starts {
		if ordinal >= 0 {
			s.starts[i] = int64(s.parts[i].Reader.parts.Starts[ordinal])
		}
	}
	for i, start := range s.starts {
		var found list
		if start >= 0 {
			found = openList(s.parts[i].Reader.parts.Postings[start:])
		}
		s.found = append(s.found, found)
	}
	for i := range s.parts {
		df += countLive(&s.found[first+i], s.parts[i].Dead, &s.buffer)
	}
	if df == 0 {
		s.found = s.found[:first]
	}
	return df
}

// countLive returns how many rows of a list are not dead. Only blocks that a dead
// row lies between the ends of are unpacked.
func countLive(l *list, dead rows.Set, buffer *postings) uint64 {
	live := uint64(l.count)
	if len(dead) == 0 {
		return live
	}
	for block := range l.blocks() + 1 {
		first := uint64(l.rowBefore(block) + 1)
		last := uint64(len(dead))*64 - 1
		if block < l.blocks() {
			last = uint64(l.lastRow(block))
		}
		if !anyWithin(dead, first, last) {
			continue
		}
		l.readRows(block, buffer)
		for _, row := range buffer.rows[:buffer.n] {
			if dead.Has(int(row)) {
				live--
			}
		}
	}
	return live
}

// anyWithin reports whether a word of the set that has bits for the rows first
// to last is not 0.
func anyWithin(set rows.Set, first, last uint64) bool {
	for word := first / 64; word <= last/64 && word < uint64(len(set)); word++ {
		if set[word] != 0 {
			return true
		}
	}
	return false
}

// layLists turns found, which is [term][part], into lists, which is [part][term].
func (s *Searcher) layLists() {
	for part := range s.parts {
		for term := range s.idfs {
			s.lists = append(s.lists, s.found[term*len(s.parts)+part])
		}
	}
}

// listsOf returns the lists of a part, one for each term that occurs.
func (s *Searcher) listsOf(part int32) []list {
	n := len(s.idfs)
	return s.lists[int(part)*n : (int(part)+1)*n]
}

// weight is a term's idf*(k1+1), which bounds what it adds to a row.
func (s *Searcher) weight(term int) float64 { return float64(s.idfs[term] * (saturation + 1)) }

// share returns what weight multiplies, from the table where it has it.
func (s *Searcher) share(freq uint16, length uint32) float64 {
	if freq < tableFreqs && length < tableLengths {
		return s.table[int(freq)*tableLengths+int(length)]
	}
	return share(float64(freq), s.scale.norm(length))
}

// Scores appends the exact scores of rows to dst, dead or alive: the same bits as in an exact Top,
// 0 where a row holds no term. The rows must be in the parts, and ascend by (Part, Row). A
// block of a list is unpacked once for all rows in it.
func (s *Searcher) Scores(dst []float64, refs []rows.Ref) []float64 {
	at := len(dst)
	dst = append(dst, make([]float64, len(refs))...)
	s.addTerms(dst[at:], refs, func(int) bool { return true })
	return dst
}

// addTerms adds to sums what terms add to rows, which ascend.
func (s *Searcher) addTerms(sums []float64, refs []rows.Ref, counts func(term int) bool) {
	for len(refs) > 0 {
		n := 1
		for n < len(refs) && refs[n].Part == refs[0].Part {
			n++
		}
		lists := s.listsOf(refs[0].Part)
		for term := range lists {
			if counts(term) {
				s.addTerm(term, &lists[term], refs[:n], sums)
			}
		}
		refs, sums = refs[n:], sums[n:]
	}
}

// addTerm adds to sums what a term adds to rows of one part, which ascend.
func (s *Searcher) addTerm(term int, l *list, refs []rows.Ref, sums []float64) {
	if l.count == 0 {
		return
	}
	lengths := s.parts[refs[0].Part].Reader.parts.Lengths
	s.eachPosting(l, refs, func(i int, freq uint16) {
		sums[i] += float64(s.weight(term) * s.share(freq, lengths[refs[i].Row]))
	})
}

// gain returns what a term adds to a row of the given length.
func (s *Searcher) gain(term int, l *list, row, length uint32) float64 {
	p := &s.buffer
	if l.count == 0 {
		return 0
	}
	l.readRows(l.blockOf(row), p)
	if at := p.find(0, row); at < p.n && p.rows[at] == row {
		return float64(s.weight(term) * s.share(p.freq(at), length))
	}
	return 0
}

// cursorsKept is how many cursors, of 850 bytes, wait for the next question.
const cursorsKept = 256

// Forget drops the parts of the last search.
func (s *Searcher) Forget() {
	clear(s.lists[:cap(s.lists)])
	clear(s.found[:cap(s.found)])
	if cap(s.cursors) > cursorsKept {
		s.cursors = nil
	}
	for i := range s.cursors[:cap(s.cursors)] {
		c := &s.cursors[:cap(s.cursors)][i]
		c.list, c.packed = list{}, nil
	}
	s.buffer.packed = nil
	s.parts = nil
}
