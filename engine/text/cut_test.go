package text

import (
	"slices"
	"strings"
	"testing"

	"github.com/clipperhouse/uax29/v2/words"
	"pgregory.net/rapid"
)

// libraryWords are the words of the library that hold a letter or a digit of ASCII, or
// anything beyond.
func libraryWords(s string) (list []string) {
	for it := words.FromString(s); it.Next(); {
		if strings.ContainsFunc(it.Value(), func(r rune) bool { return r >= 0x80 || classes[r]&(letter|digit) != 0 && classes[r]&inWord != 0 }) {
			list = append(list, it.Value())
		}
	}
	return list
}

func checkCut(t interface{ Fatalf(string, ...any) }, s string) {
	var list []string
	c := newCutter()
	for c.SetText(s); c.Next(); {
		if w := c.Value(); !c.plain || strings.Trim(w, "_") != "" {
			list = append(list, w)
		}
	}
	if want := libraryWords(s); c.plain && !slices.Equal(list, want) {
		t.Fatalf("%q is cut to %q, want %q", s, list, want)
	}
}

// TestPlainTextIsCutAsByTheLibrary tries all texts of five of the signs that rules tell apart.
func TestPlainTextIsCutAsByTheLibrary(t *testing.T) {
	signs := "aZ0_:.,;'\" \n\r-"
	var each func(s string)
	each = func(s string) {
		checkCut(t, s)
		if len(s) < 5 {
			for i := range signs {
				each(s + signs[i:i+1])
			}
		}
	}
	each("")
	for b := range 0x80 {
		checkCut(t, "a"+string(rune(b))+"b1"+string(rune(b))+"2"+string(rune(b))+"_")
	}
	rapid.Check(t, func(t *rapid.T) { checkCut(t, rapid.StringMatching(`[ -~\n\t]{0,60}`).Draw(t, "text")) })
}

// TestTermsAndWordsAreThoseOfEither holds the one look at a text to the two.
func TestTermsAndWordsAreThoseOfEither(t *testing.T) {
	for _, language := range Languages() {
		a, b := NewAnalyzer(language), NewAnalyzer(language)
		rapid.Check(t, func(t *rapid.T) {
			s := rapid.OneOf(rapid.StringMatching(`([A-Za-z_.']{1,12}[ :]){0,9}`), rapid.String()).Draw(t, "text")
			var terms, words, wantTerms, wantWords Tokens
			a.TermsAndWords(&terms, &words, s)
			b.Terms(&wantTerms, s)
			b.Words(&wantWords, s)
			if !slices.Equal(list(&terms), list(&wantTerms)) || !slices.Equal(list(&words), list(&wantWords)) {
				t.Fatalf("%q: %q and %q, want %q and %q", s, list(&terms), list(&words), list(&wantTerms), list(&wantWords))
			}
		})
	}
}
