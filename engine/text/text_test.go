package text

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func list(t *Tokens) []string {
	out := []string{}
	for i := range t.Len() {
		out = append(out, string(t.At(i)))
	}
	return out
}

func wordsOf(s string) []string {
	var t Tokens
	NewAnalyzer(English).Words(&t, s)
	return list(&t)
}

func termsOf(s string) []string {
	var t Tokens
	NewAnalyzer(English).Terms(&t, s)
	return list(&t)
}

func TestWordsFollowUnicodeBoundaries(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{" \t\n", ""},
		{"Hello, World!", "hello world"},
		{"Caroline's dog, Mel’s cat", "caroline dog mel cat"},
		{"don't don’t", "don't don't"},
		{"It costs $3.14 or 1,000.", "it costs 3.14 or 1,000"},
		{"well-known", "well known"},
		{"http.Handler read_file _really_ __init__ ___", "http.handler read_file really init"},
		{"ÉCOLE Straße ΣΊΣΥΦΟΣ Σίσυφος", "école straße σίσυφοσ σίσυφοσ"},
		{"ＮＥＸＵＳ２０２６ ｂ", "nexus2026 b"},
		{"東京 tower", "東 京 tower"},
		{"カタカナ", "カタカナ"},
		{"👍🏽 ok — ½", "ok"},
		{"a\xffb \xe2\x80 c\uFFFDd", "a b c d"},
		{"٣ items", "٣ items"},
		{"'s", "s"},
	} {
		if got := strings.Join(wordsOf(c.in), " "); got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}

func TestTermsAreStemsWithoutStopWords(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"What are the stories they were running to?", "stori run"},
		{"the of and", ""},
		{"It's what's his", ""},
		{"2023 3.14 v2", "2023 3.14 v2"},
		{"Caroline's paintings", "carolin paint"},
	} {
		if got := strings.Join(termsOf(c.in), " "); got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}

func TestTermsKeepWhoSpeaksToWhom(t *testing.T) {
	if got := strings.Join(termsOf("I told you about my plans for us; she and her friends did not."), " "); got != "i told you about my plan us friend not" {
		t.Fatalf("%q", got)
	}
}

func TestTermsOfJoinedNamesComeWithTheirParts(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"http.Handler", "http.handler http handler"},
		{"sync.WaitGroup", "sync.waitgroup sync wait group"},
		{"read_file", "read_fil read file"},
		{"WaitGroup", "waitgroup wait group"},
		{"HTTPServer", "httpserver http server"},
		{"PDFs LGBTQ NASA", "pdfs lgbtq nasa"},
		{"iPhone", "iphon phone"},
		{"U.S.A v1.2.3", "u.s.a v1.2.3 v1"},
		{"the end.Then", "end.then end then"},
		{"École Élan", "ecol elan"},
		{"maÉcole", "maecol ma ecol"},
	} {
		if got := strings.Join(termsOf(c.in), " "); got != c.want {
			t.Errorf("%q: got %q, want %q", c.in, got, c.want)
		}
	}
}

func TestTermsOfAJoinedNameHoldTheTermsOfItsParts(t *testing.T) {
	part := rapid.StringMatching(`[a-z]{2,9}`)
	joint := rapid.SampledFrom([]string{".", "_", "._"})
	rapid.Check(t, func(t *rapid.T) {
		left, right := part.Draw(t, "left"), part.Draw(t, "right")
		whole := termsOf(left + joint.Draw(t, "joint") + right)
		for _, want := range append(termsOf(left), termsOf(right)...) {
			if !slices.Contains(whole, want) {
				t.Fatalf("%q + %q: terms %q lack %q", left, right, whole, want)
			}
		}
	})
}

func TestTermsDoNotDependOnTheCache(t *testing.T) {
	warm := NewAnalyzer(English)
	var got, want Tokens
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "text") + rapid.StringMatching(`([A-Za-z.']{1,12} ){0,9}`).Draw(t, "english")
		got.Reset()
		want.Reset()
		warm.Terms(&got, s)
		NewAnalyzer(English).Terms(&want, s)
		if !slices.Equal(list(&got), list(&want)) {
			t.Fatalf("%q: warm %q, cold %q", s, list(&got), list(&want))
		}
	})
}

func TestStemCacheIsBounded(t *testing.T) {
	a := NewAnalyzer(English)
	var tokens Tokens
	for i := range 3 * stemSlotsMax {
		tokens.Reset()
		a.Terms(&tokens, "word"+strings.Repeat("x", i%7)+string(rune('a'+i%26))+fmt.Sprint(i)+strings.Repeat("y", i%40))
	}
	if len(a.stems.slots) != stemSlotsMax || len(a.stems.long) == 0 || len(a.stems.long) > longStemsMax {
		t.Fatalf("cache of %d slots and %d long words, limits %d and %d", len(a.stems.slots), len(a.stems.long), stemSlotsMax, longStemsMax)
	}
}

func TestLongWordsAreCutOnARune(t *testing.T) {
	for _, unit := range []string{"x", "б", "\U00010400"} {
		for pad := range 4 {
			got := termsOf(strings.Repeat("a", pad) + strings.Repeat(unit, 100))
			if len(got) == 0 || len(got[0]) > TermBytesMax || len(got[0]) < TermBytesMax-4 || !utf8.ValidString(got[0]) {
				t.Errorf("unit %q pad %d: %q", unit, pad, got)
			}
		}
	}
}

func TestWarmAnalysisDoesNotAllocate(t *testing.T) {
	a, tokens := NewAnalyzer(English), &Tokens{}
	s := strings.Repeat("The transgender stories were so inspiring! sync.WaitGroup isn't Mel’s. ", 3)
	run := func() {
		tokens.Reset()
		a.Terms(tokens, s)
		a.Words(tokens, s)
	}
	run()
	if n := testing.AllocsPerRun(50, run); n != 0 {
		t.Fatalf("%v allocations a run, want 0", n)
	}
}

func TestACloneSharesNothing(t *testing.T) {
	var tokens Tokens
	NewAnalyzer(English).Words(&tokens, "one two")
	clone := tokens.Clone()
	tokens.Reset()
	tokens.AppendString("six")
	if got := list(&clone); !slices.Equal(got, []string{"one", "two"}) {
		t.Fatalf("%q", got)
	}
}

func TestAnalyzersShareNothing(t *testing.T) {
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() { termsOf(strings.Repeat("running stories http.Handler ", 50)) })
	}
	wait.Wait()
}

// checkWords is what must hold for the words of any input.
func checkWords(t *testing.T, s string, got []string, countMax, bytesMax int) {
	t.Helper()
	if len(got) > countMax {
		t.Fatalf("%q: %d words from %d bytes", s, len(got), len(s))
	}
	total := 0
	for _, w := range got {
		total += len(w)
		if w == "" || !utf8.ValidString(w) {
			t.Fatalf("%q: bad word %q", s, w)
		}
		for _, r := range w {
			if unicode.ToLower(r) != r {
				t.Fatalf("%q: word %q is not lower case", s, w)
			}
		}
	}
	if total > bytesMax {
		t.Fatalf("%q: %d bytes of words from %d", s, total, len(s))
	}
}

func FuzzAnalyzer(f *testing.F) {
	for _, s := range []string{
		"", "Hello, World!", "Mel’s http.Handler sync.WaitGroup read_file __init__",
		"a\xffb \xe2\x80 c\uFFFDd", "東京タワー 👩‍👩‍👧 ﬁ İstanbul ǅ", "x.y_z:A.B", "'s ’s s's", "1,000.5 v1.2.3",
		"naïvely\u0300ing \uFFFDing a\uFFFDing", "\u00ad\u200d\u2060", strings.Repeat("aB", 90),
		"l’École qu'", "iPhone은 3월 ｶﾞﾗｽ か\u3099 \u1100\u1161", "ISPARTA’DA Iı", "ﷺ한 々〇二〇", "\u0345ͺ ⅷ ŉ ǆ",
	} {
		f.Add(s)
	}
	analyzers := map[string]*Analyzer{}
	for _, language := range Languages() {
		analyzers[language] = NewAnalyzer(language)
	}
	f.Fuzz(func(t *testing.T, s string) {
		checkCut(t, s)
		for language, a := range analyzers {
			var tokens Tokens
			a.Words(&tokens, s)
			// A small letter takes at most one byte more than its capital of two or, in
			// Turkish, of one.
			checkWords(t, s, list(&tokens), len(s), 2*len(s))
			tokens.Reset()
			a.Terms(&tokens, s)
			checkWords(t, language+": "+s, list(&tokens), 2*len(s), 4*len(s)+2)
			for i := range tokens.Len() {
				if len(tokens.At(i)) > TermBytesMax {
					t.Fatalf("%s: %q: term of %d bytes", language, s, len(tokens.At(i)))
				}
			}
		}
	})
}

func BenchmarkTerms(b *testing.B) {
	a, tokens := NewAnalyzer(English), &Tokens{}
	s := "The transgender stories were so inspiring! I was so happy and thankful for all the support. "
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		tokens.Reset()
		a.Terms(tokens, s)
	}
	if tokens.Len() != 8 {
		b.Fatalf("%q", list(tokens))
	}
}
