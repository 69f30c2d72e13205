package mining

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/segment"
	"github.com/nexus-memory/nexus/engine/text"
)

// Limits of what is looked at, so that memory and time are bounded whatever a store holds.
const (
	memoriesMax  = 1 << 20  // of more, the latest IDs: some .5 GB
	postingsMax  = 1 << 25  // terms of all memories together: 128 MiB
	termsEachMin = 32       // of them, terms of one memory: postingsMax/memories,
	termsEachMax = 512      // within these bounds, the first of its text
	textBytesMax = 64 << 10 // of one text
	knownMax     = 1 << 20  // different terms that are told apart; then those seen once are forgotten
	yieldRows    = 32       // memories, some 100 us, until others may run and ctx is looked at
)

// corpus is what is mined: a selection of memories in the order of their IDs, each with
// its distinct terms. Of a speaker's memories the speaker is a term too.
type corpus struct {
	view    *segment.View
	refs    []rows.Ref
	ids     []model.ID
	times   []int64 // microseconds; the ingest time where the event time is unknown
	dated   []bool  // the event time is known
	lengths []uint32
	threads []uint64 // hash of the session, 0 = none
	places  []uint32 // position in it
	said    []uint32 // term of the speaker, noTerm = unknown

	starts []uint32 // terms of memory i: starts[i]..starts[i+1]
	terms  []uint32 // distinct, in the order of the text

	names  []string // of terms; of a forgotten one ""
	counts []uint32 // memories with the term
}

const noTerm = math.MaxUint32

// speakerMark stands before the name of a term that is a speaker; no word has it.
const speakerMark = "\x00"

func (c *corpus) count() int { return len(c.ids) }

// termsOf returns the terms of a memory.
func (c *corpus) termsOf(i int) []uint32 { return c.terms[c.starts[i]:c.starts[i+1]] }

// bounds are the times that are mined, in microseconds: from..until-1.
type bounds struct{ from, until int64 }

func boundsOf(since, until time.Time) bounds {
	b := bounds{math.MinInt64, math.MaxInt64}
	if !since.IsZero() {
		b.from = since.UnixMicro()
	}
	if !until.IsZero() {
		b.until = until.UnixMicro()
	}
	return b
}

// collector reads memories into a corpus.
type collector struct {
	*corpus
	known    map[string]uint32
	analyzer *text.Analyzer
	tokens   text.Tokens
	reader   segment.RecordReader
	seen     []uint32 // by term: 1 + the last memory that had it
	each     int      // terms of a memory at most
}

// collect reads the memories of a selection, live ones of its scope alone. O(bytes of
// their texts); 100,000 short ones take half a second.
func collect(ctx context.Context, v *segment.View, s model.Selection, b bounds) (*corpus, error) {
	refs, err := placesOf(ctx, v, s, b)
	if err != nil {
		return nil, err
	}
	c := &collector{
		corpus:   &corpus{view: v, starts: []uint32{0}},
		known:    map[string]uint32{},
		analyzer: text.NewAnalyzer(v.Space.Language),
		each:     min(termsEachMax, max(termsEachMin, postingsMax/max(1, len(refs)))),
	}
	for i, ref := range refs {
		if err := rest(ctx, i); err != nil {
			return nil, err
		}
		if err := c.add(ref, s.Scope); err != nil {
			return nil, err
		}
	}
	return c.corpus, nil
}

// rest lets others run every now and then, and ends the work once ctx has ended.
func rest(ctx context.Context, i int) error {
	if i%yieldRows != 0 {
		return nil
	}
	runtime.Gosched()
	return model.FromContext(ctx, "mining")
}

// placesOf returns where the memories of a selection are, in the order of their IDs; of
// too many the latest.
func placesOf(ctx context.Context, v *segment.View, s model.Selection, b bounds) (places []rows.Ref, err error) {
	if err := rest(ctx, 0); err != nil {
		return nil, err
	}
	allow, err := v.Select(ctx, s.Scope, s.Filter)
	if err != nil {
		return nil, err
	}
	v.Each(func(r rows.Ref) bool {
		at := v.Parts[r.Part].Event(int(r.Row))
		if set := allow[r.Part]; (set == nil || set.Has(int(r.Row))) && b.from <= at && at < b.until {
			places = append(places, r)
		}
		err = rest(ctx, len(places))
		return err == nil
	})
	return places[max(0, len(places)-memoriesMax):], err
}

func (c *collector) add(ref rows.Ref, scope model.Scope) error {
	s, row := c.view.Parts[ref.Part].Segment, int(ref.Row)
	m, err := segment.DecodeRecord(c.reader.Record(s, row))
	if err != nil {
		return fmt.Errorf("memory %d: %w", s.ID(row), err)
	}
	if !scope.Covers(m.Scope) {
		return nil // its scope's names have the hashes of others
	}
	thread, place := s.Thread(row)
	c.refs, c.ids = append(c.refs, ref), append(c.ids, s.ID(row))
	c.times, c.dated = append(c.times, s.Event(row)), append(c.dated, !m.EventTime.IsZero())
	c.lengths = append(c.lengths, uint32(len(m.Text)))
	c.threads, c.places = append(c.threads, thread), append(c.places, place)
	speaker := uint32(noTerm)
	if m.Speaker != "" {
		speaker = c.term([]byte(speakerMark + m.Speaker))
		c.terms = append(c.terms, speaker)
	}
	c.said = append(c.said, speaker)
	c.addTerms(m.Text)
	c.starts = append(c.starts, uint32(len(c.terms)))
	return nil
}

// addTerms appends the distinct terms of a text.
func (c *collector) addTerms(s string) {
	c.tokens.Reset()
	c.analyzer.Terms(&c.tokens, cutText(s))
	limit := int(c.starts[len(c.starts)-1]) + c.each
	for i := 0; i < c.tokens.Len() && len(c.terms) < limit; i++ {
		if t := c.term(c.tokens.At(i)); t != noTerm {
			c.terms = append(c.terms, t)
		}
	}
}

// cutText returns the beginning of a text that is looked at, cut between two runes.
func cutText(s string) string {
	if len(s) <= textBytesMax {
		return s
	}
	end := textBytesMax
	for end > textBytesMax-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}

// term returns a term and counts the memory at hand for it; noTerm where that has been.
func (c *collector) term(name []byte) uint32 {
	t, ok := c.known[string(name)]
	if !ok {
		if len(c.known) >= knownMax {
			c.forget()
		}
		t = uint32(len(c.names))
		c.names, c.counts, c.seen = append(c.names, string(name)), append(c.counts, 0), append(c.seen, 0)
		c.known[c.names[t]] = t
	}
	if c.seen[t] == uint32(len(c.ids)) {
		return noTerm
	}
	c.seen[t] = uint32(len(c.ids))
	c.counts[t]++
	return t
}

// forget drops the terms that were seen once, as lossy counting does (Manku and Motwani
// 2002): what comes often is known again soon. Speakers stay.
func (c *collector) forget() {
	for name, t := range c.known {
		if c.counts[t] == 1 && name[:1] != speakerMark {
			delete(c.known, name)
			c.names[t] = ""
		}
	}
}

// turns returns the memories that are in sessions, session by session in their order there.
func (c *corpus) turns() (list []uint32) {
	for i, thread := range c.threads {
		if thread != 0 {
			list = append(list, uint32(i))
		}
	}
	slices.SortFunc(list, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(c.threads[a], c.threads[b]), cmp.Compare(c.places[a], c.places[b]), cmp.Compare(a, b))
	})
	return list
}

// vocabulary is the terms that can be part of a pattern, in ascending order of how many
// memories have them, ties by name, and the memories' terms in these numbers.
type vocabulary struct {
	*corpus
	names  []string
	counts []int
	rows   index // terms of memories, ascending; the rarest where they are many
	lists  index // memories of terms, ascending
}

// index is a list of ascending numbers for every number.
type index struct {
	starts []uint32
	values []uint32
}

func (x *index) at(i int) []uint32 { return x.values[x.starts[i]:x.starts[i+1]] }
func (x *index) count() int        { return len(x.starts) - 1 }

const (
	supportMin    = 3       // cases that a pattern needs
	vocabularyMax = 1 << 15 // terms: of more, the commonest
	pairsMax      = 1 << 30 // pairs of terms that are counted, all memories together
	rowTermsMin   = 16      // terms of a memory that pairs are made of: as many as pairsMax
	rowTermsMax   = 128     // allows, within these bounds
)

// rowTerms returns how many terms of each of so many cases are looked at in pairs.
func rowTerms(cases int) int {
	each := int(math.Sqrt(2 * pairsMax / float64(max(1, cases))))
	return min(rowTermsMax, max(rowTermsMin, each))
}

// newVocabulary chooses the terms that enough memories have.
func newVocabulary(c *corpus) *vocabulary {
	var chosen []uint32
	for t, n := range c.counts {
		if n >= supportMin && c.names[t] != "" {
			chosen = append(chosen, uint32(t))
		}
	}
	slices.SortFunc(chosen, func(a, b uint32) int {
		if c.counts[a] != c.counts[b] {
			return int(c.counts[a]) - int(c.counts[b])
		}
		if c.names[a] < c.names[b] {
			return -1
		}
		return 1
	})
	chosen = chosen[max(0, len(chosen)-vocabularyMax):]
	v := &vocabulary{corpus: c}
	number := make([]uint32, len(c.names))
	for i := range number {
		number[i] = noTerm
	}
	for i, t := range chosen {
		number[t] = uint32(i)
		v.names = append(v.names, c.names[t])
		v.counts = append(v.counts, int(c.counts[t]))
	}
	v.rows = index{starts: make([]uint32, 1, c.count()+1)}
	for i := range c.count() {
		from := len(v.rows.values)
		for _, t := range c.termsOf(i) {
			if number[t] != noTerm {
				v.rows.values = append(v.rows.values, number[t])
			}
		}
		slices.Sort(v.rows.values[from:])
		v.rows.starts = append(v.rows.starts, uint32(len(v.rows.values)))
	}
	v.lists = v.rows.invert(len(chosen))
	return v
}

// invert returns for every value below count the numbers that have it, ascending.
func (x *index) invert(count int) index {
	y := index{starts: make([]uint32, count+1), values: make([]uint32, len(x.values))}
	for _, v := range x.values {
		y.starts[v+1]++
	}
	for i := range count {
		y.starts[i+1] += y.starts[i]
	}
	next := slices.Clone(y.starts)
	for i := range x.count() {
		for _, v := range x.at(i) {
			y.values[next[v]] = uint32(i)
			next[v]++
		}
	}
	return y
}

// isSpeaker reports whether a term is a speaker.
func (v *vocabulary) isSpeaker(t uint32) bool { return v.names[t][0] == speakerMark[0] }
