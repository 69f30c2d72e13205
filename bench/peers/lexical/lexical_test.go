package lexical

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nexus-memory/nexus/bench/peers/contest"
	"github.com/nexus-memory/nexus/engine/text"
)

// TestWordsStayWhole: what every party reads is one term for the engine's own analysis too.
func TestWordsStayWhole(t *testing.T) {
	analyzer, tokens := text.NewAnalyzer(text.English), text.Tokens{}
	for _, n := range []uint32{0, 7, 19, 4711, 123456} {
		tokens.Reset()
		analyzer.Terms(&tokens, word(n))
		if tokens.Len() != 1 || string(tokens.At(0)) != word(n) {
			t.Errorf("%s became %d terms", word(n), tokens.Len())
		}
	}
}

// TestStems: forms of a word are one number, stop words are kept and known as such.
func TestStems(t *testing.T) {
	s := newStemmer()
	got := s.stems(nil, "The harbours of a harbour, harboured")
	if len(got) != 6 || got[1] != got[4] || got[1] != got[5] || !s.stop[got[0]] || s.stop[got[1]] {
		t.Errorf("%v, stop words %v", got, s.stop)
	}
}

func smallCorpus(documents, vocabulary int) *corpus {
	random, c := rand.New(rand.NewPCG(3, 4)), &corpus{asked: map[string][][]uint32{}}
	term := func() uint32 { return uint32(math.Pow(random.Float64(), 3) * float64(vocabulary)) }
	for range documents {
		n := 1 + random.IntN(30)
		c.lengths = append(c.lengths, uint32(n))
		for range n {
			c.terms = append(c.terms, term())
		}
	}
	for _, shape := range shapes {
		for range 30 {
			c.asked[shape] = append(c.asked[shape], distinct([]uint32{term(), term(), term()}))
		}
	}
	return c
}

// TestReferenceFollowsTheFormula: each document scored on its own, from its words alone.
func TestReferenceFollowsTheFormula(t *testing.T) {
	c := smallCorpus(300, 80)
	r := newReference(c)
	documents, rest := [][]uint32{}, c.terms
	for _, n := range c.lengths {
		documents, rest = append(documents, rest[:n]), rest[n:]
	}
	for q, terms := range c.asked["content"] {
		var all []scored
		for row, d := range documents {
			if score := plain(documents, d, terms); score > 0 {
				all = append(all, scored{row, score})
			}
			if got, want := r.score(terms, row), plain(documents, d, terms); math.Abs(got-want) > 1e-12 {
				t.Fatalf("question %d, document %d: %v, want %v", q, row, got, want)
			}
		}
		slices.SortStableFunc(all, func(a, b scored) int {
			if math.Abs(a.score-b.score) < 1e-12 {
				return a.row - b.row
			}
			return map[bool]int{true: -1, false: 1}[a.score > b.score]
		})
		best := r.best["content"][q]
		if len(best) != min(width, len(all)) {
			t.Fatalf("question %d: %d documents, want %d", q, len(best), min(width, len(all)))
		}
		for i := range best {
			if math.Abs(best[i].score-all[i].score) > 1e-12 {
				t.Fatalf("question %d, rank %d: %+v, want %+v", q, i, best[i], all[i])
			}
		}
	}
}

func plain(documents [][]uint32, d []uint32, terms []uint32) (sum float64) {
	words := 0
	for _, other := range documents {
		words += len(other)
	}
	average := float64(words) / float64(len(documents))
	for _, term := range terms {
		df, freq := 0., 0.
		for _, other := range documents {
			if slices.Contains(other, term) {
				df++
			}
		}
		for _, w := range d {
			if w == term {
				freq++
			}
		}
		idf := math.Log(1 + (float64(len(documents))-df+.5)/(df+.5))
		sum += idf * 2.2 * freq / (freq + 1.2*(.25+.75*float64(len(d))/average))
	}
	return sum
}

// TestIdenticalTellsAnyDifference, but not which of two equal documents comes first.
func TestIdenticalTellsAnyDifference(t *testing.T) {
	c := &corpus{lengths: []uint32{1, 1, 2}, terms: []uint32{0, 0, 0, 1}, asked: map[string][][]uint32{"one": {{0}}}}
	r := newReference(c)
	best := r.best["one"][0]
	if len(best) != 3 || best[0].row != 0 || best[2].row != 2 {
		t.Fatalf("%+v", best)
	}
	rows := func(list ...int64) []int64 { return append(list, slices.Repeat([]int64{-1}, width-len(list))...) }
	scores := func(list ...float64) []float64 { return append(list, make([]float64, width-len(list))...) }
	high, low := best[0].score, best[2].score
	for name, c := range map[string]struct {
		rows   []int64
		scores []float64
		want   float64
	}{
		"itself":       {rows(0, 1, 2), scores(high, high, low), 1},
		"a tie turned": {rows(1, 0, 2), scores(high, high, low), 1},
		"one missing":  {rows(0, 1), scores(high, high), 0},
		"other order":  {rows(0, 2, 1), scores(high, low, high), 0},
		"other score":  {rows(0, 1, 2), scores(high, high, low*1.00001), 0},
		"other row":    {rows(0, 2, 2), scores(high, high, low), 0},
	} {
		if got := r.identical("one", c.rows, c.scores, width); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestOwnPartiesAndBleveAreRight runs the children that are this program on a small corpus:
// the engine and the store answer as the reference does, to the score.
func TestOwnPartiesAndBleveAreRight(t *testing.T) {
	c := smallCorpus(5000, 400)
	folder := t.TempDir()
	if err := c.write(folder); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	child := &contest.Child{Out: &out, Folder: folder}
	for _, err := range []error{Build(t.Context(), child), Write(t.Context(), child), Engine(t.Context(), child), Store(t.Context(), child), Bleve(t.Context(), child)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	r, seen := newReference(c), map[string]int{}
	for decoder := json.NewDecoder(&out); decoder.More(); {
		var l contest.Line
		if err := decoder.Decode(&l); err != nil {
			t.Fatal(err)
		}
		if err := r.check(&l); err != nil {
			t.Fatal(err)
		}
		seen[l.Party+" "+l.Step]++
		switch {
		case l.Step == "build" && !(l.Get("rate") > 0 && l.Get("index") > 0):
			t.Errorf("%+v", l)
		case l.Step == "search" && l.Party != "bleve" && l.Get("identical") != 1:
			t.Errorf("%s, %s: %v identical, agreement %v", l.Party, l.Param, l.Get("identical"), l.Get("agreement"))
		case l.Step == "search" && !(l.Get("agreement") > .4):
			t.Errorf("%s, %s: agreement %v", l.Party, l.Param, l.Get("agreement"))
		}
	}
	for _, want := range []string{"nexus build", "nexus store build", "bleve build", "nexus search", "nexus store search", "bleve search"} {
		if n := seen[want]; n != map[bool]int{true: len(shapes), false: 1}[strings.HasSuffix(want, "search")] {
			t.Errorf("%s: %d lines", want, n)
		}
	}
}

// TestCorpusOfTurns: documents and questions as they are read, and made documents within
// their lengths, the same every time.
func TestCorpusOfTurns(t *testing.T) {
	data := t.TempDir()
	for _, folder := range folders {
		if err := os.MkdirAll(filepath.Join(data, folder), 0o755); err != nil {
			t.Fatal(err)
		}
		for name, content := range map[string]string{
			"corpus.jsonl":    `{"text": "The ferry left at noon. Nobody saw the lighthouse keeper wave!"}` + "\n" + `{"text": "...!"}` + "\n" + `{"text": "Seven lanterns burned along the quay"}` + "\n",
			"questions.jsonl": `{"question": "Who saw the lighthouse keeper?"}` + "\n" + `{"question": "Who?"}` + "\n",
		} {
			if err := os.WriteFile(filepath.Join(data, folder, name), []byte(content), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	c, err := newCorpus(data, 0, 0, 100)
	if err != nil || len(c.lengths) != 2*len(folders) || sum(c.lengths) != len(c.terms) || len(c.asked["one"]) != len(folders) {
		t.Fatalf("%+v, %v", c, err)
	}
	for _, shape := range shapes {
		if n := len(c.asked[shape][0]); n != map[string]int{"content": 3, "question": 5, "two": 2, "one": 1}[shape] {
			t.Errorf("%s: %d terms", shape, n)
		}
	}
	a, err := newCorpus(data, 50, 0, 1)
	if err != nil {
		t.Fatal(err)
	}
	b, err := newCorpus(data, 50, 20, 1)
	if err != nil || len(a.lengths) != 50 || len(b.lengths) != 20 || !slices.Equal(a.terms[:len(b.terms)], b.terms) {
		t.Fatalf("%v: %d and %d documents", err, len(a.lengths), len(b.lengths))
	}
	for _, n := range a.lengths {
		if n < madeMin || n > madeMax {
			t.Errorf("a made document of %d terms", n)
		}
	}
}

// TestBarsAreAgainstTantivysQuickerWay, and what reads records as well stands aside.
func TestBarsAreAgainstTantivysQuickerWay(t *testing.T) {
	line := func(party, param string, mean, p99 float64) contest.Line {
		l := contest.Line{Set: "turns", Party: party, Step: "search", Param: param}
		l.PutTimes(contest.Times{Mean: mean, P99: p99})
		return l
	}
	bars := judge("turns", []contest.Line{
		line(engineParty, "one", 5, 20), line(storeParty, "one", 20, 20),
		line("tantivy", "one, parsed", 12, 30), line("tantivy", "one, prebuilt", 10, 40),
	})
	for _, b := range bars {
		want, there := map[string]string{
			"nexus, one, mean: <= 1x tantivy": "met", "nexus, one, p99: <= 1x tantivy": "met", "nexus store, one, mean: <= 1x tantivy": "aside (would be MISSED)",
		}[b.Text]
		if there && b.Verdict() != want {
			t.Errorf("%s: %v, %s, want %s", b.Text, b.Value, b.Verdict(), want)
		}
		if b.Text == "nexus, one, p99: <= 1x tantivy" && math.Abs(b.Value-20./30) > 1e-12 {
			t.Errorf("p99 against %v", 20/b.Value)
		}
	}
}
