package confidence

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine/lexical"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rank"
	"github.com/nexus-memory/nexus/engine/route"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/search/signals"
	"github.com/nexus-memory/nexus/engine/segment"
	"github.com/nexus-memory/nexus/engine/text"
)

var update = flag.Bool("update", false, "write the sample file of the current format")

// view is a snapshot of one session.
func view(t testing.TB, texts ...string) *segment.View {
	t.Helper()
	space := segment.Space{Language: text.English}
	memories := make([]model.Memory, len(texts))
	for i, s := range texts {
		memories[i] = model.Memory{Text: s, Speaker: "Anna", Scope: model.Scope{Session: "s"}, EventTime: time.Unix(int64(i)*86400, 0)}
		if err := memories[i].Normalize(); err != nil {
			t.Fatal(err)
		}
	}
	prepared, err := segment.NewPreparer().Prepare(context.Background(), space, memories)
	if err != nil {
		t.Fatal(err)
	}
	b := segment.NewBuilder(space)
	for i, r := range prepared {
		r.ID = model.ID(i + 1)
		r.Stamp(time.Unix(1e9, 0), uint32(i))
		b.Add(r)
	}
	built, err := b.Finish(1, model.ID(len(prepared)))
	if err != nil {
		t.Fatal(err)
	}
	return (&segment.View{Space: space}).With(built)
}

// described returns the signals of all turns for a question, by words alone.
func described(t testing.TB, question string, texts ...string) *signals.Table {
	t.Helper()
	v := view(t, texts...)
	var terms text.Tokens
	text.NewAnalyzer(text.English).Terms(&terms, question)
	words := &lexical.Searcher{}
	words.Prepare(&terms, []lexical.Part{{Reader: v.Parts[0].Words()}}, lexical.Statistics{Documents: v.Documents, TotalLength: v.TotalLength})
	var refs []rows.Ref
	for i := range texts {
		refs = append(refs, rows.Ref{Row: uint32(i)})
	}
	table := &signals.Table{}
	var near []segment.Neighbours
	for _, r := range refs {
		near = append(near, v.Neighbours(r))
	}
	table.Fill(&signals.Question{View: v, Lexical: words, Words: &terms, Text: question, Is: new(route.Analyzer).Analyse(question)}, refs, near)
	return table
}

// feature returns one feature by name.
func feature(t testing.TB, features []float32, name string) float32 {
	t.Helper()
	i := slices.Index(Names(), name)
	if i < 0 || len(features) != featureCount {
		t.Fatalf("%q is feature %d of %d", name, i, len(features))
	}
	return features[i]
}

func same(a, b float32) bool { return a == b || a != a && b != b }

func TestFeaturesByHand(t *testing.T) {
	table := described(t, "How much was the green canoe of Priya?",
		"I bought a canoe.", "It was $120.", "The weather is grey today.", "Green, of all colours.")
	copy(table.Column(signals.CosineTurn), []float32{.8, .2, .2, .4}) // mean .4, deviation sqrt(.06)
	copy(table.Column(signals.CoverageWindow), []float32{.5, .75, .25, .5})
	copy(table.Column(signals.HoldsAsked), []float32{0, 1, 0, 0})
	copy(table.Column(signals.NamesWindow), []float32{0, .5, 0, 1})
	var g Gauge
	got := g.Features(table, []float32{1, 3, -2, 1})
	for name, want := range map[string]float32{
		"ranker_best": 3, "ranker_lead": 2, "ranker_drop": 5, "ranker_rest": 2.25, "ranker_top": .75,
		"words_known": 2. / 4,                                          // green, canoe; much, priya
		"words_best":  1, "words_best_lacks": 0, "words_best_count": 0, // turns 0 to 3 are the window of turn 1
		"words_top": 1, "words_top_lacks": 0, "words_top_count": 0,
		"named_covered": 0,
		"cosine_lead":   float32((float64(float32(.8)) - .4) / math.Sqrt(.06)),
		"asked_covered": .75, "asked_named": .5, "asked_count": 1,
		"best_cosine_turn": .2, "top_cosine_turn": .8, "top_coverage_window": .75,
		"asks_place": 0,
	} {
		if value := feature(t, got, name); math.Abs(float64(value)-float64(want)) > 1e-6 {
			t.Errorf("%s is %v, want %v", name, value, want)
		}
	}
}

func TestWordsThatTheBestWindowLacksAreCounted(t *testing.T) {
	table := described(t, "canoe trip award", "We took the canoe.", "Nice.", "Good.", "Right.", "Sure.", "Another trip, and an award.")
	var g Gauge
	got := g.Features(table, []float32{9, 1, 1, 1, 1, 1})
	if feature(t, got, "words_best_count") != 2 || feature(t, got, "words_best_lacks") != 1 {
		t.Errorf("the best window lacks %v words, the rarest of a share of %v", feature(t, got, "words_best_count"), feature(t, got, "words_best_lacks"))
	}
	if feature(t, got, "words_top_count") != 0 || feature(t, got, "words_top") != 1 {
		t.Errorf("all windows lack %v words and have %v", feature(t, got, "words_top_count"), feature(t, got, "words_top"))
	}
}

func TestWhatIsNotKnownIsMissing(t *testing.T) {
	v := view(t, "Alone.")
	table := &signals.Table{}
	table.Fill(&signals.Question{View: v, Text: "?"}, []rows.Ref{{}}, []segment.Neighbours{v.Neighbours(rows.Ref{})})
	var g Gauge
	got := g.Features(table, []float32{2})
	for _, name := range []string{"ranker_lead", "words_known", "words_best", "words_best_lacks", "words_best_count", "words_top",
		"cosine_lead", "top_cosine_turn", "best_bm25_turn_mass"} {
		if value := feature(t, got, name); value == value {
			t.Errorf("%s is %v, though nothing is known of it", name, value)
		}
	}
	if p := BuiltIn().Probability(got); !(p >= 0 && p <= 1) {
		t.Errorf("probability %v", p)
	}
}

func TestTheTopIsTheBestEightTiesByRow(t *testing.T) {
	var g Gauge
	g.choose([]float32{1, 5, 5, 0, 7, 1, 2, 3, 4, 5, -1, 1})
	if want := []int32{4, 1, 2, 9, 8, 7, 6, 0}; !slices.Equal(g.top, want) {
		t.Fatalf("got %v, want %v", g.top, want)
	}
}

// trees has the score 2 where words_known is above .5, else -1.
func trees(t testing.TB) *rank.Model {
	t.Helper()
	m, err := rank.New([]string{"words_known"}, rank.Forest{
		Depth: 1, Column: []uint16{0}, Thresholds: []float32{.5}, Leaves: []float32{-1, 2},
	}, rank.Provenance{Sets: []string{"plays"}, Fitted: time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var knots = []Knot{{-2, .0625}, {0, .25}, {4, .75}}

func small(t testing.TB) *Model {
	t.Helper()
	m, err := New(trees(t), knots)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestProbabilityIsReadOffTheStraightLines(t *testing.T) {
	m := small(t)
	features := make([]float32, featureCount)
	if got := m.Probability(features); got != .15625 { // halfway between -2 and 0
		t.Errorf("got %v for -1", got)
	}
	features[slices.Index(Names(), "words_known")] = 1
	if got := m.Probability(features); got != .5 { // halfway between 0 and 4
		t.Errorf("got %v for 2", got)
	}
	for score, want := range map[float32]float32{-9: .0625, -2: .0625, 0: .25, 4: .75, 9: .75} {
		if got := m.Calibrated(score); got != want {
			t.Errorf("got %v for %v, want %v", got, score, want)
		}
	}
}

func TestProbabilityNeverFallsWithTheScore(t *testing.T) {
	for _, m := range []*Model{small(t), BuiltIn()} {
		last := float32(0)
		for x := float32(-10); x < 10; x += 1. / 64 {
			p := m.Calibrated(x)
			if !(p >= last && p <= 1) {
				t.Fatalf("%v at %v, %v before", p, x, last)
			}
			last = p
		}
	}
}

func TestNewRefusesWhatIsNoCalibration(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for name, bad := range map[string][]Knot{
		"none": nil, "too many": make([]Knot, KnotsMax+1), "scores that fall": {{1, 0}, {0, 1}}, "the same score": {{1, 0}, {1, 1}},
		"shares that fall": {{0, .5}, {1, .25}}, "above 1": {{0, 1.5}}, "below 0": {{0, -.5}}, "NaN": {{0, nan}}, "NaN score": {{nan, 0}}, "infinite": {{inf, 0}},
	} {
		if _, err := New(trees(t), bad); !errors.Is(err, model.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	strange, err := rank.New([]string{"mood"}, rank.Forest{Depth: 1}, rank.Provenance{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(strange, knots); !errors.Is(err, model.ErrInvalid) {
		t.Errorf("trees over unknown features: %v", err)
	}
}

func TestEncodeAndDecodeAreInverse(t *testing.T) {
	for _, m := range []*Model{small(t), BuiltIn()} {
		file := m.Encode()
		got, err := Decode(file)
		if err != nil || !bytes.Equal(got.Encode(), file) {
			t.Fatal("decoded and encoded again it is another file", err)
		}
	}
}

func TestEveryDamagedByteIsFound(t *testing.T) {
	file := small(t).Encode()
	for i := range file {
		for _, flip := range []byte{1, 0x80} {
			bad := slices.Clone(file)
			bad[i] ^= flip
			if _, err := Decode(bad); !errors.Is(err, model.ErrCorrupt) {
				t.Fatalf("byte %d: %v", i, err)
			}
		}
	}
	for size := range file {
		if _, err := Decode(file[:size]); !errors.Is(err, model.ErrCorrupt) {
			t.Fatalf("cut to %d: %v", size, err)
		}
	}
}

// sealed gives a changed file a checksum and a size that fit.
func sealed(file []byte) []byte {
	binary.LittleEndian.PutUint64(file[16:], uint64(len(file)))
	binary.LittleEndian.PutUint32(file[12:], checksum(file))
	return file
}

func TestANewerFileIsNotSupported(t *testing.T) {
	file := append(small(t).Encode(), "what a later version knows"...)
	file[8]++
	if _, err := Decode(sealed(file)); !errors.Is(err, model.ErrUnsupported) {
		t.Fatal(err)
	}
	file[8] = 0
	if _, err := Decode(sealed(file)); !errors.Is(err, model.ErrCorrupt) {
		t.Fatal(err)
	}
}

func TestABadModelUnderAGoodChecksumIsCorrupt(t *testing.T) {
	for _, at := range []int{24, 32, 36, headBytes + len(knots)*knotBytes} { // count, score, share, trees
		file := small(t).Encode()
		binary.LittleEndian.PutUint32(file[at:], 0xFFFFFFFF)
		if _, err := Decode(sealed(file)); !errors.Is(err, model.ErrCorrupt) {
			t.Fatalf("field at %d: %v", at, err)
		}
	}
}

// The sample file of format 1 was written once; every later build opens it and says the
// same with it.
func TestTheSampleOfFormat1Opens(t *testing.T) {
	path := filepath.Join("testdata", "confidence-v1.nxc")
	if *update {
		if err := os.WriteFile(path, small(t).Encode(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Probability(make([]float32, featureCount)); got != .15625 {
		t.Fatalf("probability %v", got)
	}
	if sets := m.Trees().Provenance().Sets; !slices.Equal(sets, []string{"plays"}) {
		t.Fatalf("sets %v", sets)
	}
}

func TestTheBuiltInModelIsOfThisBuildsFeatures(t *testing.T) {
	m := BuiltIn()
	if missing := m.scorer.Missing(); len(missing) > 0 {
		t.Errorf("features %v are missing", missing)
	}
	p := m.Trees().Provenance()
	if m.Trees().Trees() == 0 || len(p.Sets) == 0 || p.Fitted.IsZero() {
		t.Errorf("%d trees of %v, fitted %v", m.Trees().Trees(), p.Sets, p.Fitted)
	}
	low, high := m.knots[0].Share, m.knots[len(m.knots)-1].Share
	if low > .2 || high < .9 {
		t.Errorf("from %v to %v: nothing relevant, or the answer, could not be said", low, high)
	}
}

func TestNamesAreEachOnce(t *testing.T) {
	names := Names()
	if len(names) != featureCount {
		t.Fatalf("%d names of %d features", len(names), featureCount)
	}
	slices.Sort(names)
	if n := len(slices.Compact(names)); n != featureCount {
		t.Fatalf("%d of %d names are different", n, featureCount)
	}
}

func TestFeaturesAreTheSameWhateverWasAskedBefore(t *testing.T) {
	a := described(t, "green canoe", "I bought a canoe.", "Green.", "And more.")
	b := described(t, "when did it rain", "It rained yesterday.", "Oh.")
	var g Gauge
	first := slices.Clone(g.Features(a, []float32{3, 2, 1}))
	g.Features(b, []float32{0, 1})
	for i, value := range g.Features(a, []float32{3, 2, 1}) {
		if !same(value, first[i]) {
			t.Errorf("%s was %v, is %v", Names()[i], first[i], value)
		}
	}
}

func BenchmarkConfidence(b *testing.B) {
	texts := make([]string, 200)
	for i := range texts {
		texts[i] = fmt.Sprintf("I bought canoe number %d, a green one.", i)
	}
	table := described(b, "When did Anna buy the green canoe?", texts...)
	scores, r := make([]float32, len(texts)), rand.New(rand.NewPCG(1, 1))
	for i := range scores {
		scores[i] = float32(r.NormFloat64())
	}
	var g Gauge
	m := BuiltIn()
	for b.Loop() {
		m.Probability(g.Features(table, scores))
	}
}
