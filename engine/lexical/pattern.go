package lexical

import (
	"bytes"
	"fmt"
	"math"
	"sync"

	"github.com/blevesearch/vellum"
	"github.com/blevesearch/vellum/levenshtein"

	"github.com/nexus-memory/nexus/engine/rows"
)

// Pattern stands for all terms that look so: those that start alike, or that are a
// few letters away. It never changes; any number of goroutines may share it.
//
// A search takes it for one word (Searcher.PrepareWith): a row holds it as often as
// it holds all its terms together, and as many rows hold it as hold any of them. So
// no number of terms is too many, and no rare misspelling weighs more than the word.
type Pattern struct {
	term []byte // is one of its terms in any case; nil if there is none
	form vellum.Automaton
}

// NewPrefix returns the pattern of the terms that start with prefix, and of term
// unless that is "": the stem of a word need not start as the word does.
func NewPrefix(prefix, term string) *Pattern {
	return &Pattern{term: []byte(term), form: prefixForm(prefix)}
}

// levenshteinBuilders make automata for distances of 1 and 2, by tables that take
// some milliseconds each and are kept.
var levenshteinBuilders = [...]func() (*levenshtein.LevenshteinAutomatonBuilder, error){
	sync.OnceValues(func() (*levenshtein.LevenshteinAutomatonBuilder, error) {
		return levenshtein.NewLevenshteinAutomatonBuilder(1, true)
	}),
	sync.OnceValues(func() (*levenshtein.LevenshteinAutomatonBuilder, error) {
		return levenshtein.NewLevenshteinAutomatonBuilder(2, true)
	}),
}

// NewFuzzy returns the pattern of the terms that become term by inserting, dropping
// or exchanging one letter, or swapping two neighbours, distance times at most, 1 or
// 2; no letter is changed twice (Schulz and Mihov 2002, "Fast string correction with
// Levenshtein automata"). ErrLimit where that takes too many states.
func NewFuzzy(term string, distance int) (*Pattern, error) {
	if distance < 1 || distance > len(levenshteinBuilders) {
		return nil, fmt.Errorf("%w: distance %d", ErrLimit, distance)
	}
	builder, err := levenshteinBuilders[distance-1]()
	if err == nil {
		var form *levenshtein.DFA
		if form, err = builder.BuildDfa(term, uint8(distance)); err == nil {
			return &Pattern{term: []byte(term), form: form}, nil
		}
	}
	return nil, fmt.Errorf("%w: fuzzy word: %w", ErrLimit, err)
}

// Matches reports whether term is one of the pattern's. O(bytes).
func (p *Pattern) Matches(term []byte) bool {
	if len(p.term) > 0 && bytes.Equal(term, p.term) {
		return true
	}
	return accepts(p.form, term)
}

// each calls f with the list of every term of the pattern that the index holds,
// until f returns false. O(terms that look so + states between).
func (p *Pattern) each(r *Reader, f func(list) bool) {
	for _, ordinal := range p.ordinals(r) {
		if ordinal < uint64(r.TermCount()) && !f(r.listAt(int(ordinal))) {
			return
		}
	}
}

// ordinals returns those of the pattern's terms. See lookUp for what damaged data do:
// the terms behind do not occur.
func (p *Pattern) ordinals(r *Reader) (found []uint64) {
	defer func() {
		if cause := recover(); cause != nil {
			passFault(cause)
		}
	}()
	own := len(p.term) == 0
	r.dictionary.search(p.form, func(term []byte, ordinal uint64) {
		own = own || bytes.Equal(term, p.term)
		found = append(found, ordinal)
	})
	if own {
		return found
	}
	if ordinal, ok := r.dictionary.find(p.term); ok {
		found = append(found, ordinal)
	}
	return found
}

// prefixForm is the automaton of the strings that start with it. A state is how many
// bytes were right; -1 is beyond hope.
type prefixForm string

func (p prefixForm) Start() int { return 0 }

func (p prefixForm) IsMatch(state int) bool { return state == len(p) }

func (p prefixForm) CanMatch(state int) bool { return state >= 0 }

func (p prefixForm) WillAlwaysMatch(state int) bool { return state == len(p) }

func (p prefixForm) Accept(state int, b byte) int {
	switch {
	case state < 0 || state == len(p):
		return state
	case p[state] == b:
		return state + 1
	}
	return -1
}

// AddRows adds the rows that hold a term to a set of the index's rows.
func (r *Reader) AddRows(set rows.Set, term []byte) {
	l := r.find(term)
	l.addRows(set, &postings{}, r.RowCount())
}

// AddRowsOf adds the rows that hold a term of the pattern, until stop, which is asked
// for every term, says to end; false then. O(postings of its terms).
func (r *Reader) AddRowsOf(set rows.Set, p *Pattern, stop func() bool) (whole bool) {
	whole = true
	var buffer postings
	p.each(r, func(l list) bool {
		l.addRows(set, &buffer, r.RowCount())
		whole = !stop()
		return whole
	})
	return whole
}

func (l *list) addRows(set rows.Set, buffer *postings, rowCount int) {
	for block := range l.blocks() + 1 {
		l.readRows(block, buffer)
		for _, row := range buffer.rows[:buffer.n] {
			if int64(row) < int64(rowCount) { // else in damaged columns
				set.Add(int(row))
			}
		}
	}
}

// gathered is the scratch in which the lists of a pattern become one.
type gathered struct {
	freqs  []uint16 // by row; 0 but for those in marked
	marked rows.Set
	rows   []uint32
	each   []uint16
}

// gather returns one list of all rows that hold a term of the pattern, each with the
// sum of the terms' frequencies. It lives as long as it is held.
func (g *gathered) gather(r *Reader, p *Pattern, buffer *postings) (one list) {
	lists := 0
	p.each(r, func(l list) bool {
		if lists++; lists == 1 {
			one = l
			return true
		}
		if lists == 2 {
			g.reset(r.RowCount())
			g.add(&one, buffer, r.RowCount())
		}
		g.add(&l, buffer, r.RowCount())
		return true
	})
	if lists < 2 {
		return one
	}
	g.rows, g.each = g.rows[:0], g.each[:0]
	g.marked.Each(func(row int) {
		g.rows = append(g.rows, uint32(row))
		g.each = append(g.each, g.freqs[row])
		g.freqs[row] = 0
	})
	data := appendList(nil, g.rows, g.each, r.parts.Lengths)
	return openList(append(data, make([]byte, unpackAhead)...))
}

func (g *gathered) reset(rowCount int) {
	if len(g.freqs) < rowCount {
		g.freqs = make([]uint16, rowCount)
	}
	g.marked = rows.NewSet(rowCount)
}

func (g *gathered) add(l *list, buffer *postings, rowCount int) {
	for block := range l.blocks() + 1 {
		for i, row := range buffer.rows[:l.read(block, buffer)] {
			if int64(row) >= int64(rowCount) {
				continue // only in damaged columns
			}
			g.marked.Add(int(row))
			g.freqs[row] = uint16(min(math.MaxUint16, uint32(g.freqs[row])+uint32(buffer.freqs[i])))
		}
	}
}

// findPattern is findTerm for a pattern.
func (s *Searcher) findPattern(p *Pattern) uint64 {
	first, df := len(s.found), uint64(0)
	for i := range s.parts {
		found := s.gathered.gather(s.parts[i].Reader, p, &s.buffer)
		s.found = append(s.found, found)
		df += countLive(&found, s.parts[i].Dead, &s.buffer)
	}
	if df == 0 {
		s.found = s.found[:first]
	}
	return df
}
