package text

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func sequenceOf(language, s string) *Sequence {
	var q Sequence
	NewAnalyzer(language).Sequence(&q, s)
	return &q
}

func TestSequenceHasEveryWordAtOnePlace(t *testing.T) {
	for in, want := range map[string]string{
		"The quarterly reports of May": "the/1 quarter/0 report/0 of/1 may/0",
		"http.Handler WaitGroup":       "http.handler/0 waitgroup/0",
		"東京都 tower 京":                  "東/2 京/3 都/3 tower/0 京/2",
		"iPhone은 3월":                   "iphon/0 은/2 3/0 월/2",
		"Ann's _well-known_ café!":     "ann/0 well/0 known/0 cafe/0",
		"…":                            "",
	} {
		q := sequenceOf(English, in)
		var got []string
		for i := range q.Len() {
			got = append(got, fmt.Sprintf("%s/%d", q.At(i), q.Place(i)))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestPhrasesStandWhereTheirWordsFollowEachOther(t *testing.T) {
	for _, c := range []struct {
		text, phrase string
		want         bool
	}{
		{"The quarterly reports are due", "quarterly report", true},
		{"quarterly and other reports", "quarterly report", false},
		{"to be or not to be", "or not to", true},
		{"to be or not to be", "be not", false},
		{"東京都庁に行く", "京都", true},
		{"東京と都", "京都", false},
		{"東 京", "東京", false},
		{"大東 京都", "東 京", true},
		{"東京", "東 京", false},
		{"a", "a b", false},
		{"thé vert", "the vert", false}, // a stop word is not the word that lost its mark
	} {
		if got := sequenceOf(English, c.text).Contains(sequenceOf(English, c.phrase)); got != c.want {
			t.Errorf("%q in %q: %v", c.phrase, c.text, got)
		}
	}
}

// TestSequenceAgreesWithTerms: a word's place holds a term, so that a list of the
// term's rows has every row in which the phrase can stand.
func TestSequenceAgreesWithTerms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		language := rapid.SampledFrom(Languages()).Draw(t, "language")
		s := rapid.String().Draw(t, "text") + rapid.StringMatching(`([A-Za-z.'é東京ー은]{1,9} ){0,9}`).Draw(t, "words")
		terms, q := map[string]bool{}, sequenceOf(language, s)
		for _, term := range termsIn(language, s) {
			terms[term] = true
		}
		for i := range q.Len() {
			switch {
			case q.Place(i) == PlaceTerm && !terms[string(q.At(i))]:
				t.Fatalf("%s: %q: place %d holds %q, no term", language, s, i, q.At(i))
			case q.Place(i) == PlacePaired && !terms[string(q.At(i-1))+string(q.At(i))]:
				t.Fatalf("%s: %q: the pair %q%q is no term", language, s, q.At(i-1), q.At(i))
			}
		}
	})
}

// TestFindersFindWhatSequencesContain, whatever they have met before.
func TestFindersFindWhatSequencesContain(t *testing.T) {
	word := rapid.SampledFrom([]string{"plan", "Plans", "PLANNED", "the", "of", "été", "Ete", "l'été", "http.Handler", "東京", "京", "iPhone은", "_x_", "a", "…", "3.14", "abcdefghijklmnopqrstuvwxyz", "ｶﾞﾗｽ", "\uff9ex", "か\u3099"})
	draw := func(t *rapid.T, name string, most int) string {
		return strings.Join(rapid.SliceOfN(word, 0, most).Draw(t, name), rapid.SampledFrom([]string{" ", "", ", ", "_", "\n", "  ", " (", ". ", "'", " \u0301", "\u00a0", "; \u200d", ": \u3000"}).Draw(t, "joint"))
	}
	rapid.Check(t, func(t *rapid.T) {
		language := rapid.SampledFrom(Languages()).Draw(t, "language")
		a, f, phrase := NewAnalyzer(language), &Finder{}, sequenceOf(language, draw(t, "phrase", rapid.SampledFrom([]int{1, 2, 3, 90}).Draw(t, "most")))
		f.Reset(phrase)
		for range 4 {
			s := draw(t, "text", 12) + rapid.String().Draw(t, "noise") + draw(t, "end", 120)
			if got, want := a.Find(f, s), sequenceOf(language, s).Contains(phrase); got != want {
				t.Fatalf("%s: %q: %v, want %v", language, s, got, want)
			}
		}
	})
}

func TestAWarmFinderDoesNotAllocate(t *testing.T) {
	a, f := NewAnalyzer(English), &Finder{}
	f.Reset(sequenceOf(English, "the wait is not"))
	s := strings.Repeat("The transgender stories were so inspiring! sync.WaitGroup isn't Mel’s. ", 3)
	a.Find(f, s)
	if n := testing.AllocsPerRun(50, func() { a.Find(f, s) }); n != 0 {
		t.Fatalf("%v allocations a run, want 0", n)
	}
}

func TestLongPhrasesStandWholeOrNotAtAll(t *testing.T) {
	a, f := NewAnalyzer(English), &Finder{}
	for _, size := range []int{1, 63, 64, 65, 200} {
		var b strings.Builder
		for i := range size {
			fmt.Fprintf(&b, "w%d ", i)
		}
		f.Reset(sequenceOf(English, b.String()+"end"))
		if !a.Find(f, "so "+b.String()+"end it is") || a.Find(f, "so "+b.String()+"and it is") {
			t.Fatalf("a phrase of %d words", size+1)
		}
	}
}

func TestBareWordsAreTheStartOfTheirTerms(t *testing.T) {
	for _, c := range []struct{ language, in, want string }{
		{"en", "Plann", "plann"}, {"en", "Café", "cafe"}, {"fr", "École", "ecole"}, {"sv", "Får", "får"}, {"tr", "ISPARTA", "isparta"}, {"none", "Été", "été"},
	} {
		if got := NewAnalyzer(c.language).Bare(c.in); got != c.want {
			t.Errorf("%s: %q: %q, want %q", c.language, c.in, got, c.want)
		}
	}
}

// FuzzFind holds finders against sequences.
func FuzzFind(f *testing.F) {
	for _, s := range []string{"the plan of it", "a_b 3.14 x", "l'été  東京 tower", "don't. (stop) it's", "x \u0301y \u200dz\t\n w", "iPhone은 3월"} {
		f.Add(s, s[len(s)/2:])
		f.Add(s, s[:len(s)/2])
	}
	analyzer := NewAnalyzer(English)
	f.Fuzz(func(t *testing.T, s, phrase string) {
		// Where a word ends beside bytes that are not UTF-8 is not specified.
		s, phrase = strings.ToValidUTF8(s, "?"), strings.ToValidUTF8(phrase, "?")
		var have, want Sequence
		analyzer.Sequence(&have, s)
		analyzer.Sequence(&want, phrase)
		var finder Finder
		finder.Reset(&want)
		for range 2 {
			if got := analyzer.Find(&finder, s); got != have.Contains(&want) {
				t.Fatalf("%q in %q: %v", phrase, s, got)
			}
		}
	})
}
