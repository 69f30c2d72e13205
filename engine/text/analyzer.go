// Package text cuts text into words and turns words into the terms that the
// lexical index stores.
//
// Word boundaries are those of Unicode (UAX #29), so that every script is cut
// by its own rules; stems are those of the Snowball English stemmer, which
// leaves words of other languages nearly untouched. The same analysis serves
// the stored text and the question: a term matches when both give the same
// bytes. Not useful for: parsing, language detection, Chinese or Japanese words
// (every ideograph is a word of its own), or equating composed and decomposed
// accents.
package text

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/snowballstem"
	"github.com/clipperhouse/uax29/v2/words"
)

// Version names the analysis. It is stored with whatever is derived from words
// or terms; a change of any rule in this package raises it, and data of another
// version is derived again. History:
//
//	1  2026-11  words of UAX #29, Snowball English, 66 stop words
//	2  2026-11  the first and second person are no stop words any more
const Version = 2

// Analyzer cuts English text, and any other less well, into words and terms.
//
// It holds scratch and a bounded cache from words to stems, about 1 MB when
// full, and is therefore owned by one goroutine at a time: make one per worker.
// The results depend on the input alone, never on what the cache holds.
type Analyzer struct {
	split *words.Iterator[string]
	word  []byte            // the word at hand, lower-cased
	stems map[string]string // word -> stem; "" marks a stop word
	env   *snowballstem.Env
}

// NewAnalyzer returns an analyzer with an empty cache.
func NewAnalyzer() *Analyzer {
	return &Analyzer{
		split: words.FromString(""),
		stems: make(map[string]string),
		env:   snowballstem.NewEnv(""),
	}
}

// Words appends the words of s to t in order: lower-cased pieces between
// Unicode word boundaries that hold a letter or a digit. The curly apostrophe
// becomes the straight one and a possessive 's at the end is dropped, as are
// underscores around a word; bytes that are not UTF-8 are dropped, and where a
// word ends next to such bytes is unspecified. Nothing is
// stemmed or left out. Words are valid UTF-8 of any length > 0, and there are
// at most len(s) of them. O(len(s)); does not allocate once t and a are warm.
func (a *Analyzer) Words(t *Tokens, s string) {
	a.split.SetText(s)
	for a.split.Next() {
		if a.lower(trimWord(a.split.Value())) {
			t.Append(a.word)
		}
	}
	a.split.SetText("") // do not keep the caller's text alive
}

// trimWord drops underscores at both ends: Unicode counts them as parts of a
// word, in Markdown they are emphasis.
func trimWord(w string) string {
	for len(w) > 0 && w[0] == '_' {
		w = w[1:]
	}
	for len(w) > 0 && w[len(w)-1] == '_' {
		w = w[:len(w)-1]
	}
	return w
}

// lower puts the lower-cased w into a.word, and reports whether it is a word:
// whether it holds a letter or a digit.
func (a *Analyzer) lower(w string) bool {
	a.word = a.word[:0]
	found := false
	for i := 0; i < len(w); i++ {
		c := w[i]
		if c >= utf8.RuneSelf {
			return a.lowerRunes(w[i:]) || found
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		found = found || 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
		a.word = append(a.word, c)
	}
	a.stripPossessive()
	return found
}

// lowerRunes is the rest of lower for text beyond ASCII.
func (a *Analyzer) lowerRunes(w string) bool {
	found := false
	for i := 0; i < len(w); {
		r, size := utf8.DecodeRuneInString(w[i:])
		i += size
		if r == utf8.RuneError {
			continue // a byte that is not UTF-8, or the sign that stands for one
		}
		if r == '’' {
			r = '\''
		}
		found = found || unicode.IsLetter(r) || unicode.IsDigit(r)
		a.word = utf8.AppendRune(a.word, unicode.ToLower(r))
	}
	a.stripPossessive()
	return found
}

func (a *Analyzer) stripPossessive() {
	if len(a.word) > 2 {
		a.word = bytes.TrimSuffix(a.word, []byte("'s"))
	}
}
