package lexical

import (
	"slices"

	"github.com/nexus-memory/nexus/engine/rows"
)

// Terms returns how many different words of the question occur, patterns included; they
// are numbered in the order of the question. Valid after Prepare.
func (s *Searcher) Terms() int { return len(s.idfs) }

// Words returns how many different words the question has, patterns left out, and how many
// of them occur. Valid after Prepare.
func (s *Searcher) Words() (all, known int) {
	for _, first := range s.chosen {
		if first {
			all++
		}
	}
	for _, word := range s.words {
		if word >= 0 {
			known++
		}
	}
	return all, known
}

// IDF returns the weight of a word's rarity, above 0; see Statistics.
func (s *Searcher) IDF(term int) float64 { return s.idfs[term] }

// Word returns which word of the question's list a term is, -1 for a pattern.
func (s *Searcher) Word(term int) int { return int(s.words[term]) }

// AverageLength returns how many terms the documents of the statistics have on average.
func (s *Searcher) AverageLength() float64 { return s.scale.average }

// Length returns how many terms a row has.
func (s *Searcher) Length(r rows.Ref) uint32 {
	return s.parts[r.Part].Reader.parts.Lengths[r.Row]
}

// Occurrence says how often a row has a word of the question.
type Occurrence struct {
	Term int32
	Freq uint16
}

// Occurrences are those of some rows. It is reused from question to question; the zero
// value is ready. One goroutine at a time.
type Occurrences struct {
	list   []Occurrence // row after row, words ascending
	starts []int32      // of each row in list, and where the last one ends
	found  []occurrence // word after word, rows ascending
}

// occurrence is one of the row so far behind the first.
type occurrence struct {
	row int32
	Occurrence
}

// Of returns those of a row, by its place among the rows that were given; words ascend.
func (o *Occurrences) Of(row int32) []Occurrence { return o.list[o.starts[row]:o.starts[row+1]] }

// Occurrences finds the words of the question in rows, which must be in the parts, and
// ascend by (Part, Row). A block of a list is unpacked once for all rows in it. No allocation
// once warm.
func (s *Searcher) Occurrences(o *Occurrences, refs []rows.Ref) {
	o.found = o.found[:0]
	o.starts = slices.Grow(o.starts[:0], len(refs)+1)[:len(refs)+1]
	clear(o.starts)
	for first := 0; first < len(refs); {
		last := first + 1
		for last < len(refs) && refs[last].Part == refs[first].Part {
			last++
		}
		lists := s.listsOf(refs[first].Part)
		for term := range lists {
			s.eachPosting(&lists[term], refs[first:last], func(i int, freq uint16) {
				o.found = append(o.found, occurrence{int32(first + i), Occurrence{int32(term), freq}})
				o.starts[first+i+1]++
			})
		}
		first = last
	}
	o.sort()
}

// ScoresOf is Scores of rows whose occurrences are known: at has the place of each of them
// among the rows that these were found for.
func (s *Searcher) ScoresOf(dst []float64, o *Occurrences, at []int32, refs []rows.Ref) []float64 {
	for i, r := range refs {
		length, sum := s.Length(r), 0.0
		for _, x := range o.Of(at[i]) {
			sum += float64(s.weight(int(x.Term)) * s.share(x.Freq, length))
		}
		dst = append(dst, sum)
	}
	return dst
}

// sort lays what was found into list by rows, of which starts[row+1] counts what each has.
func (o *Occurrences) sort() {
	for i := range o.starts[1:] {
		o.starts[i+1] += o.starts[i]
	}
	o.list = slices.Grow(o.list[:0], len(o.found))[:len(o.found)]
	for i := len(o.found) - 1; i >= 0; i-- { // backwards, as each takes the last free place of its row
		f := &o.found[i]
		o.starts[f.row+1]--
		o.list[o.starts[f.row+1]] = f.Occurrence
	}
	// starts[row+1] is where the row starts now.
	n := len(o.starts) - 1
	copy(o.starts, o.starts[1:])
	o.starts[n] = int32(len(o.list))
}

// eachPosting calls f for the rows of one part, which ascend, that a list holds.
func (s *Searcher) eachPosting(l *list, refs []rows.Ref, f func(i int, freq uint16)) {
	if l.count == 0 {
		return
	}
	p := &s.buffer
	block, at := -1, 0
	for i := 0; i < len(refs); {
		row := refs[i].Row
		if block < 0 || block < l.blocks() && l.lastRow(block) < row {
			block, at = l.blockOf(row), 0
			l.readRows(block, p)
		}
		if at < p.n && p.rows[at] < row { // rows that lie together mostly have no posting between them
			at = p.find(at+1, row)
		}
		switch {
		case at < p.n && p.rows[at] == row:
			f(i, p.freq(at))
			i++
		case at < p.n:
			i = nextFrom(refs, i+1, p.rows[at])
		case block < l.blocks():
			i = nextFrom(refs, i+1, l.lastRow(block)+1)
		default:
			return
		}
	}
}

// nextFrom returns the first of refs from i on whose row is row or later. O(log of how far
// that is).
func nextFrom(refs []rows.Ref, i int, row uint32) int {
	step := 1
	for i+step <= len(refs) && refs[i+step-1].Row < row {
		i += step
		step *= 2
	}
	for ; step > 0; step /= 2 {
		if i+step <= len(refs) && refs[i+step-1].Row < row {
			i += step
		}
	}
	return i
}

// Length returns how many terms a row has, repetitions counted.
func (r *Reader) Length(row int) uint32 { return r.parts.Lengths[row] }
