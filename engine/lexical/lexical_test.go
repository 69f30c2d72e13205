package lexical

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/text"
)

func tokensOf(words []string) *text.Tokens {
	t := &text.Tokens{}
	for _, w := range words {
		t.AppendString(w)
	}
	return t
}

func mustBuild(t interface{ Fatal(...any) }, rows [][]string) *Reader {
	b := NewBuilder()
	for _, words := range rows {
		b.Add(tokensOf(words))
	}
	parts, err := b.Finish()
	if err != nil {
		t.Fatal(err)
	}
	r, err := Open(parts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// mustSeal is a reader of the columns as a file has them.
func mustSeal(t interface{ Fatal(...any) }, r *Reader) *Reader {
	parts, err := r.Parts().Seal()
	if err != nil {
		t.Fatal(err)
	}
	if r, err = Open(parts); err != nil {
		t.Fatal(err)
	}
	return r
}

// document is a row of the plain reference model.
type document struct {
	words       []string
	dead, allow bool
}

// snapshot is a set of documents cut into parts.
type snapshot struct {
	documents  [][]document // by part
	parts      []Part
	statistics Statistics
}

func newSnapshot(t interface{ Fatal(...any) }, documents [][]document, filtered bool) snapshot {
	s := snapshot{documents: documents}
	for _, list := range documents {
		var words [][]string
		var p Part
		p.Dead = rows.NewSet(len(list))
		if filtered {
			p.Allow = rows.NewSet(len(list))
		}
		anyDead := false
		for i, d := range list {
			words = append(words, d.words)
			if d.dead {
				p.Dead.Add(i)
				anyDead = true
			} else {
				s.statistics.Documents++
				s.statistics.TotalLength += uint64(len(d.words))
			}
			if filtered && d.allow {
				p.Allow.Add(i)
			}
		}
		if !anyDead {
			p.Dead = nil
		}
		if p.Reader = mustBuild(t, words); len(s.parts)%2 == 1 { // parts in memory beside those of files
			p.Reader = mustSeal(t, p.Reader)
		}
		s.parts = append(s.parts, p)
	}
	return s
}

// referenceTop is BM25 over maps, the definition that Top is held against.
func (s *snapshot) referenceTop(question []string, k int, filtered bool) []rows.Hit {
	var terms []string
	df := map[string]uint64{}
	for _, term := range question {
		if !slices.Contains(terms, term) {
			terms = append(terms, term)
		}
	}
	frequency := func(d document, term string) (n float64) {
		for _, w := range d.words {
			if w == term && n < math.MaxUint16 {
				n++
			}
		}
		return n
	}
	for _, rows := range s.documents {
		for _, d := range rows {
			for _, term := range terms {
				if !d.dead && frequency(d, term) > 0 {
					df[term]++
				}
			}
		}
	}
	average := 1.0
	if s.statistics.TotalLength > 0 {
		average = float64(s.statistics.TotalLength) / float64(s.statistics.Documents)
	}
	var hits []rows.Hit
	for part, list := range s.documents {
		for row, d := range list {
			if d.dead || filtered && !d.allow {
				continue
			}
			sum := 0.0
			slope := float64(1.2*.75) / average
			norm := 1.2*(1-.75) + float64(slope*float64(len(d.words)))
			for _, term := range terms {
				if df[term] == 0 {
					continue
				}
				n := float64(df[term])
				idf := Ln(1 + (float64(s.statistics.Documents)-n+.5)/(n+.5))
				freq := frequency(d, term)
				sum += float64(float64(idf*(1.2+1)) * float64(freq/(freq+norm)))
			}
			if sum > 0 {
				hits = append(hits, rows.Hit{Ref: rows.Ref{Part: int32(part), Row: uint32(row)}, Score: sum})
			}
		}
	}
	slices.SortFunc(hits, rows.Hit.Compare)
	return hits[:min(k, len(hits))]
}

func (s *snapshot) top(question []string, k int) []rows.Hit {
	var searcher Searcher
	searcher.Prepare(tokensOf(question), s.parts, s.statistics)
	return searcher.Top(nil, k, nil)
}

func equalHits(a, b []rows.Hit) bool { return len(a) == len(b) && (len(a) == 0 || slices.Equal(a, b)) }

// drawDocuments takes words from a few, so that terms repeat and scores tie.
func drawDocuments(t *rapid.T, countMax int) []document {
	word := rapid.Custom(func(t *rapid.T) string {
		return fmt.Sprintf("w%d", rapid.IntRange(0, rapid.IntRange(1, 30).Draw(t, "skew")).Draw(t, "word"))
	})
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) document {
		return document{
			words: rapid.SliceOfN(word, 0, 8).Draw(t, "words"),
			dead:  rapid.IntRange(0, 4).Draw(t, "dead") == 0,
			allow: rapid.Bool().Draw(t, "allow"),
		}
	}), 0, countMax).Draw(t, "documents")
}

// drawPartition cuts documents into parts, empty ones included.
func drawPartition(t *rapid.T, documents []document) [][]document {
	var out [][]document
	for rest := documents; ; {
		n := rapid.IntRange(0, len(rest)).Draw(t, "cut")
		out = append(out, rest[:n])
		rest = rest[n:]
		if len(rest) == 0 || len(out) > 8 {
			return append(out, rest)
		}
	}
}

func drawQuestion(t *rapid.T) []string {
	return rapid.SliceOfN(rapid.StringMatching(`w[0-9]|w1[0-9]|nowhere`), 0, 7).Draw(t, "question")
}

func TestTopEqualsPlainReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		filtered := rapid.Bool().Draw(t, "filtered")
		s := newSnapshot(t, drawPartition(t, drawDocuments(t, 80)), filtered)
		question, k := drawQuestion(t), rapid.IntRange(0, 100).Draw(t, "k")
		got, want := s.top(question, k), s.referenceTop(question, k, filtered)
		if !equalHits(got, want) {
			t.Fatalf("question %q k %d:\n got %v\nwant %v", question, k, got, want)
		}
	})
}

func TestLayoutOfSegmentsNeverChangesAScore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		documents, question := drawDocuments(t, 60), drawQuestion(t)
		whole := newSnapshot(t, [][]document{documents}, false)
		cut := newSnapshot(t, drawPartition(t, documents), false)
		want, got := whole.top(question, 10), cut.top(question, 10)
		for i, h := range got { // row in the part -> row in the whole
			for part := range h.Part {
				got[i].Row += uint32(len(cut.documents[part]))
			}
			got[i].Part = 0
		}
		if !equalHits(got, want) {
			t.Fatalf("question %q:\n got %v\nwant %v", question, got, want)
		}
	})
}

func TestMergeEqualsBuildOfTheLiveRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSnapshot(t, drawPartition(t, drawDocuments(t, 80)), false)
		var sources []Source
		live := [][]string{}
		for i, p := range s.parts {
			sources = append(sources, Source{p.Reader, p.Dead})
			for _, d := range s.documents[i] {
				if !d.dead {
					live = append(live, d.words)
				}
			}
		}
		got, err := Merge(sources)
		if err != nil {
			t.Fatal(err)
		}
		if want := mustBuild(t, live).Parts(); !reflect.DeepEqual(got, want) {
			t.Fatalf("\n got %+v\nwant %+v", got, want)
		}
	})
}

func TestAResetBuilderMakesTheBytesOfAFreshOne(t *testing.T) {
	used := NewBuilder()
	rapid.Check(t, func(t *rapid.T) {
		fresh := NewBuilder()
		for _, d := range drawDocuments(t, 40) {
			used.Add(tokensOf(d.words))
			fresh.Add(tokensOf(d.words))
		}
		got, err := used.Finish()
		if err != nil {
			t.Fatal(err)
		}
		want, err := fresh.Finish()
		if err != nil {
			t.Fatal(err)
		}
		used.Reset()
		used.Add(tokensOf([]string{"other"}))
		used.Reset()
		if !bytes.Equal(got.Dictionary, want.Dictionary) || !slices.Equal(got.Starts, want.Starts) || !bytes.Equal(got.Postings, want.Postings) ||
			!slices.Equal(got.Lengths, want.Lengths) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	})
}

func TestALargeBuilderKeepsNoMemory(t *testing.T) {
	b := NewBuilder()
	for n := range keptTerms + 1 {
		b.Add(tokensOf([]string{fmt.Sprint(n)}))
	}
	b.Reset()
	if cap(b.terms) != 0 || cap(b.entries) != 0 || len(b.slots) != slotsMin {
		t.Fatalf("kept room for %d terms and %d postings", cap(b.terms), cap(b.entries))
	}
}

func TestMergeOfManyRealTermsEqualsBuild(t *testing.T) {
	rows := syntheticRows(3000, 12, 5000)
	sources := []Source{}
	for chunk := range slices.Chunk(rows, 170) {
		r := mustBuild(t, chunk)
		if len(sources)%3 == 0 {
			r = mustSeal(t, r)
		}
		sources = append(sources, Source{Reader: r})
	}
	got, err := Merge(sources)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, mustBuild(t, rows).Parts()) {
		t.Fatal("merge differs from build")
	}
}

func TestAListAndATransducerHoldTheSameTerms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[ab\x00é]{0,12}`)
		words := rapid.SliceOfN(word, 0, 90).Draw(t, "words")
		list := mustBuild(t, [][]string{words})
		sealed := mustSeal(t, list)
		if again, err := sealed.Parts().Seal(); err != nil || !reflect.DeepEqual(again, sealed.Parts()) {
			t.Fatalf("sealed twice: %v", err)
		}
		for _, w := range append(words, word.Draw(t, "other")) {
			one, has := list.dictionary.find([]byte(w))
			two, had := sealed.dictionary.find([]byte(w))
			if one != two || has != had {
				t.Fatalf("%q: %d %v in the list, %d %v in the transducer", w, one, has, two, had)
			}
		}
		for _, p := range []*Pattern{NewPrefix(word.Draw(t, "prefix"), ""), fuzzy(t, word.Draw(t, "fuzzy"), 1)} {
			if one, two := p.ordinals(list), p.ordinals(sealed); !slices.Equal(one, two) {
				t.Fatalf("a pattern finds %v in the list, %v in the transducer", one, two)
			}
		}
	})
}

func TestScoreEqualsTopToTheBit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSnapshot(t, drawPartition(t, drawDocuments(t, 60)), false)
		var searcher Searcher
		searcher.Prepare(tokensOf(drawQuestion(t)), s.parts, s.statistics)
		scored := map[[2]uint32]float64{}
		for _, h := range searcher.Top(nil, 1000, nil) {
			scored[[2]uint32{uint32(h.Part), h.Row}] = h.Score
		}
		var refs []rows.Ref
		for part, list := range s.documents {
			for row := range list {
				refs = append(refs, rows.Ref{Part: int32(part), Row: uint32(row)})
			}
		}
		for i, got := range searcher.Scores(nil, refs) {
			part, row := refs[i].Part, refs[i].Row
			if want := scored[[2]uint32{uint32(part), row}]; !s.documents[part][row].dead && got != want {
				t.Fatalf("part %d row %d: score %v, top %v", part, row, got, want)
			}
			if alone := searcher.Scores(nil, refs[i:i+1]); alone[0] != got {
				t.Fatalf("part %d row %d: score %v alone, %v among others", part, row, alone[0], got)
			}
		}
	})
}

func TestDeadRowsAreInvisibleAndUncounted(t *testing.T) {
	s := newSnapshot(t, [][]document{{
		{words: []string{"a"}, dead: true}, {words: []string{"a", "b"}}, {words: []string{"gone"}, dead: true},
	}}, false)
	var searcher Searcher
	if n := searcher.Prepare(tokensOf([]string{"gone", "a"}), s.parts, s.statistics); n != 1 {
		t.Fatalf("%d terms occur, want 1: only a live row counts", n)
	}
	got := searcher.Top(nil, 5, nil)
	if len(got) != 1 || got[0].Row != 1 {
		t.Fatalf("got %v, want row 1 alone", got)
	}
}

func TestTiesRankByPartThenRow(t *testing.T) {
	same := document{words: []string{"tie"}}
	s := newSnapshot(t, [][]document{{same, same, same}, {same, same}}, false)
	want := []rows.Hit{{Ref: rows.Ref{Row: 0}}, {Ref: rows.Ref{Row: 1}}, {Ref: rows.Ref{Row: 2}}, {Ref: rows.Ref{Part: 1}}}
	got := s.top([]string{"tie"}, 4)
	for i := range got {
		want[i].Score = got[0].Score
	}
	if !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func TestFrequencySaturates(t *testing.T) {
	r := mustBuild(t, [][]string{slices.Repeat([]string{"x"}, math.MaxUint16+10)})
	l, p := r.listAt(0), postings{}
	if l.read(0, &p) != 1 || p.freqs[0] != math.MaxUint16 || r.Parts().Lengths[0] != math.MaxUint16+10 {
		t.Fatalf("%d postings, frequency %d, length %d", p.n, p.freqs[0], r.Parts().Lengths[0])
	}
}

func TestLongRowsAndHighFrequenciesScoreAsTheReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		documents := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) document {
			words := slices.Repeat([]string{"often"}, rapid.IntRange(0, 2*tableFreqs).Draw(t, "often"))
			fill := rapid.IntRange(0, 2*tableLengths).Draw(t, "fill")
			return document{words: append(words, slices.Repeat([]string{"fill"}, fill)...)}
		}), 1, 20).Draw(t, "documents")
		s := newSnapshot(t, [][]document{documents}, false)
		question := []string{"often", "fill"}
		if got, want := s.top(question, 20), s.referenceTop(question, 20, false); !equalHits(got, want) {
			t.Fatalf("\n got %v\nwant %v", got, want)
		}
	})
}

func TestManyWindowsScoreAsTheReference(t *testing.T) {
	var documents []document
	for i, words := range syntheticRows(5*windowRows+77, 5, 300) {
		if i%3001 == 0 {
			words = append(words, "rare") // whose list lets whole windows be passed over
		}
		documents = append(documents, document{words: words, dead: i%7 == 0})
	}
	s := newSnapshot(t, [][]document{documents[:windowRows], documents[windowRows:]}, false)
	questions := [][]string{{"rare"}, {"rare", documents[1].words[0]}, documents[1].words, documents[5000].words, documents[9003].words}
	for _, question := range questions {
		for _, k := range []int{1, 10} {
			if got, want := s.top(question, k), s.referenceTop(question, k, false); !equalHits(got, want) {
				t.Fatalf("question %q k %d\n got %v\nwant %v", question, k, got, want)
			}
		}
	}
}

// Windows between a good row at the start and a better one at the end hold
// nothing that could be among the best: they are passed over, the end is not.
func TestABetterRowBehindHopelessWindowsIsFound(t *testing.T) {
	long := slices.Repeat([]string{"fill"}, 60)
	documents := make([]document, 6*windowRows)
	for i := range documents {
		if i%50 == 0 {
			documents[i].words = append(slices.Clone(long), "a")
		}
		if i%70 == 0 {
			documents[i].words = append(slices.Clone(long), "b")
		}
	}
	documents[3].words = []string{"a", "b"}
	documents[len(documents)-2].words = []string{"a", "a", "b", "b"}
	s := newSnapshot(t, [][]document{documents}, false)
	for _, k := range []int{1, 2, 3} {
		question := []string{"b", "a"}
		if got, want := s.top(question, k), s.referenceTop(question, k, false); !equalHits(got, want) {
			t.Fatalf("k %d\n got %v\nwant %v", k, got, want)
		}
	}
}

// Here lists are long, blocks are left out and lists are passive, whatever the
// skew of words, lengths and frequencies, the filter and k are.
func TestLongListsScoreAsTheReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		skew, lengthMax := rapid.Float64Range(1, 6).Draw(t, "skew"), rapid.IntRange(1, 12).Draw(t, "length")
		deadPart, allowPart := rapid.Float64Range(0, .5).Draw(t, "dead"), rapid.Float64Range(.01, 1).Draw(t, "allow")
		documents := make([]document, rapid.IntRange(1, 6000).Draw(t, "rows"))
		for i := range documents {
			d := &documents[i]
			for range 1 + random.IntN(lengthMax) {
				word := fmt.Sprintf("w%d", int(20*math.Pow(random.Float64(), skew)))
				d.words = append(d.words, slices.Repeat([]string{word}, 1+int(7*math.Pow(random.Float64(), 6)))...)
			}
			if i%97 == 0 {
				d.words = append(d.words, slices.Repeat([]string{"w3"}, 300)...) // past every cap
			}
			d.dead, d.allow = random.Float64() < deadPart, random.Float64() < allowPart
		}
		cut := rapid.IntRange(0, len(documents)).Draw(t, "cut")
		filtered := rapid.Bool().Draw(t, "filtered")
		s := newSnapshot(t, [][]document{documents[:cut], documents[cut:]}, filtered)
		for range 4 {
			question, k := drawQuestion(t), rapid.IntRange(1, 70).Draw(t, "k")
			if got, want := s.top(question, k), s.referenceTop(question, k, filtered); !equalHits(got, want) {
				t.Fatalf("question %q k %d:\n got %v\nwant %v", question, k, got, want)
			}
		}
	})
}

// A row that is the best by its frequency alone is found, whichever that is, in a list whose
// other blocks are passed over.
func TestOneWordIsFoundByEveryFrequency(t *testing.T) {
	fill := slices.Repeat([]string{"fill"}, 30)
	for _, freq := range []int{1, 2, 3, 4, 5, barFreqs - 1, barFreqs, 40, 300} {
		documents := make([]document, 10*blockRows)
		for i := range documents {
			documents[i].words = append([]string{"x"}, fill...)
		}
		documents[5].words = documents[5].words[:11]
		documents[7*blockRows+9].words = append(slices.Repeat([]string{"x"}, freq), fill[:9]...)
		s := newSnapshot(t, [][]document{documents[:3], documents[3:]}, false)
		for _, k := range []int{1, 2, 3, 5} { // of the third on, all are equal but for their rows
			if got, want := s.top([]string{"x"}, k), s.referenceTop([]string{"x"}, k, false); !equalHits(got, want) {
				t.Fatalf("frequency %d k %d\n got %v\nwant %v", freq, k, got, want)
			}
		}
	}
}

// One word over so many blocks that the best of them set the bar before a row is seen: rows of
// the same score, rows longer than any table, and parts of which the best rows are hidden.
func TestOneWordOfManyBlocksScoresAsTheReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		lengths, freqs := rapid.IntRange(1, 30).Draw(t, "lengths"), rapid.SampledFrom([]int{1, 2, 3, 4, 6}).Draw(t, "frequencies")
		longPart, filtered := rapid.SampledFrom([]float64{0, .01, 1}).Draw(t, "long"), rapid.IntRange(0, 2).Draw(t, "filtered") == 0
		documents := make([][]document, rapid.IntRange(1, 3).Draw(t, "parts"))
		for part := range documents {
			hidden := rapid.SampledFrom([]int{0, 0, 2}).Draw(t, "hidden") // rows of so few words
			documents[part] = make([]document, rapid.IntRange(1, 40*blockRows).Draw(t, "rows"))
			for i := range documents[part] {
				d := &documents[part][i]
				words := 1 + random.IntN(freqs)
				d.words = slices.Repeat([]string{"x"}, words)
				fill := random.IntN(lengths)
				if random.Float64() < longPart {
					fill += lengthCap - 70 + random.IntN(140)
				}
				d.words = append(d.words, slices.Repeat([]string{"fill"}, fill)...)
				d.dead, d.allow = fill < hidden && !filtered, fill >= hidden && random.IntN(3) > 0
			}
		}
		s := newSnapshot(t, documents, filtered)
		for _, k := range []int{1, 3, 10, aimMax, aimMax + 1} {
			if got, want := s.top([]string{"x"}, k), s.referenceTop([]string{"x"}, k, filtered); !equalHits(got, want) {
				t.Fatalf("k %d:\n got %v\nwant %v", k, got, want)
			}
		}
	})
}

// Of rows longer than a block says, none is known to have the share of what it says.
func TestLongRowsDoNotSetTheBarOfOneWord(t *testing.T) {
	short := append([]string{"x"}, slices.Repeat([]string{"fill"}, 99)...)
	long := append([]string{"x", "x", "x"}, slices.Repeat([]string{"fill"}, 497)...)
	documents := make([]document, 12*blockRows)
	for i := range documents {
		if documents[i].words = short; i%blockRows == 0 {
			documents[i].words = long
		}
	}
	s := newSnapshot(t, [][]document{documents}, false)
	if got, want := s.top([]string{"x"}, 5), s.referenceTop([]string{"x"}, 5, false); !equalHits(got, want) {
		t.Fatalf("got %v\nwant %v", got, want)
	}
}

// A block's promise must hold whatever average length a later snapshot has, and
// must be no more than its best posting gives where nothing was capped.
func TestBlocksPromiseWhatTheyHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		var texts [][]string
		for range 3 * blockRows {
			row := slices.Repeat([]string{"x"}, 1+random.IntN(rapid.IntRange(1, 300).Draw(t, "freq")))
			texts = append(texts, append(row, slices.Repeat([]string{"y"}, random.IntN(400))...))
		}
		r := mustBuild(t, texts)
		var s Searcher
		s.Prepare(tokensOf([]string{"x"}), []Part{{Reader: r}}, Statistics{uint64(len(texts)), rapid.Uint64Range(1, 1e6).Draw(t, "total")})
		s.openCursors(0)
		var p postings
		for block := range 3 {
			best, capped := 0.0, false
			for i := range s.lists[0].read(block, &p) {
				length := r.parts.Lengths[p.rows[i]]
				best = max(best, float64(s.weight(0)*s.share(p.freqs[i], length)))
				capped = capped || p.freqs[i] >= impactClasses || length > impactCap
			}
			peak := s.cursors[0].blockPeak(&s, block)
			if best > peak || !capped && best != peak {
				t.Fatalf("block %d promises %v and holds %v", block, peak, best)
			}
		}
	})
}

func TestWarmTopDoesNotAllocate(t *testing.T) {
	rows := syntheticRows(5000, 10, 500)
	parts := []Part{{Reader: mustBuild(t, rows)}}
	var searcher Searcher
	searcher.Prepare(tokensOf(rows[3]), parts, Statistics{5000, 50_000})
	hits := searcher.Top(nil, 8, nil)
	if n := testing.AllocsPerRun(20, func() { hits = searcher.Top(hits[:0], 8, nil) }); n != 0 {
		t.Fatalf("%v allocations, want 0", n)
	}
}

func TestNothingFindsNothing(t *testing.T) {
	var searcher Searcher
	if n := searcher.Prepare(tokensOf([]string{"a"}), nil, Statistics{}); n != 0 || len(searcher.Top(nil, 8, nil)) != 0 {
		t.Fatal("a snapshot without parts has hits")
	}
	r := mustBuild(t, nil)
	if r.RowCount() != 0 || r.TermCount() != 0 || r.TotalLength() != 0 {
		t.Fatalf("empty index: %+v", r.Parts())
	}
	merged, err := Merge(nil)
	if err != nil || !reflect.DeepEqual(merged, r.Parts()) {
		t.Fatalf("merge of nothing: %+v, %v", merged, err)
	}
	if n := searcher.Prepare(tokensOf(nil), []Part{{Reader: r}}, Statistics{}); n != 0 || len(searcher.Top(nil, 8, nil)) != 0 {
		t.Fatal("an empty question has hits")
	}
}

func TestStopEndsTheSearchAtAWindow(t *testing.T) {
	rows := slices.Repeat([][]string{{"x"}}, 3*windowRows)
	parts := []Part{{Reader: mustBuild(t, rows)}}
	var searcher Searcher
	searcher.Prepare(tokensOf([]string{"x"}), parts, Statistics{uint64(len(rows)), uint64(len(rows))})
	asked := 0
	stop := func() bool { asked++; return asked > 2 }
	if got := searcher.Top(nil, 3*windowRows, stop); len(got) != 2*windowRows || asked != 3 {
		t.Fatalf("%d hits after %d questions, want two windows and three", len(got), asked)
	}
	if got := searcher.Top(nil, 3*windowRows, nil); len(got) != 3*windowRows {
		t.Fatalf("%d hits of a search after a stopped one", len(got))
	}
}

func TestLnIsWithin2UlpOfTheLibrary(t *testing.T) {
	check := func(x float64) {
		got, want := Ln(x), math.Log(x)
		ulp := math.Nextafter(math.Abs(want), math.Inf(1)) - math.Abs(want)
		if math.Abs(got-want) > 2*ulp {
			t.Fatalf("Ln(%v) = %v, library %v: %v ulp", x, got, want, (got-want)/ulp)
		}
	}
	for n := 1.0; n < 1e9; n *= 1.37 {
		for df := 1.0; df <= n; df *= 1.61 {
			check(1 + (n-df+.5)/(df+.5))
		}
		check(1 + .5/(n+.5))
		check(n)
		check(1 / n)
	}
	rapid.Check(t, func(t *rapid.T) { check(rapid.Float64Range(1e-300, 1e300).Draw(t, "x")) })
}

func TestOpenRefusesColumnsThatDisagree(t *testing.T) {
	list := mustBuild(t, [][]string{{"a", "b"}, {"b", "c"}})
	for _, good := range []Parts{list.Parts(), mustSeal(t, list).Parts()} {
		refuseColumns(t, good)
	}
}

func refuseColumns(t *testing.T, good Parts) {
	for name, spoil := range map[string]func(*Parts){
		"no starts":        func(p *Parts) { p.Starts = nil },
		"first start":      func(p *Parts) { p.Starts = []uint32{1, 2, 5, 7} },
		"starts descend":   func(p *Parts) { p.Starts = []uint32{0, 5, 2, 7} },
		"starts end short": func(p *Parts) { p.Starts = []uint32{0, 2, 5, 5} },
		"postings cut":     func(p *Parts) { p.Postings = p.Postings[1:] },
		"term missing":     func(p *Parts) { p.Starts = []uint32{0, 2, 7} },
		"no dictionary":    func(p *Parts) { p.Dictionary = nil },
		"cut dictionary":   func(p *Parts) { p.Dictionary = p.Dictionary[:20] },
		"other dictionary": func(p *Parts) { p.Dictionary = []byte(strings.Repeat("x", 64)) },
	} {
		p := good
		spoil(&p)
		if _, err := Open(p); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := Open(good); err != nil {
		t.Fatal(err)
	}
}
