// Package text cuts text into words and turns words into the terms that the
// lexical index stores.
//
// Word boundaries are those of Unicode (UAX #29), so that every script is cut
// by its own rules; stems are those of the Snowball stemmer of the store's
// language, and runs of Chinese, Japanese and Korean characters become pairs of
// neighbours in every language. The same analysis serves the stored text and the
// question: a term matches when both give the same bytes. Not useful for:
// parsing, language detection, or finding the words of Chinese and Japanese.
package text

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"github.com/blevesearch/snowballstem"
)

// Version names the analysis. It is stored with whatever is derived from words
// or terms; a change of any rule in this package raises it, and data of another
// version is derived again. History:
//
//	1  2026-11  words of UAX #29, Snowball English, 66 stop words
//	2  2026-11  the first and second person are no stop words any more
//	3  2026-11  19 languages; pairs of Chinese, Japanese and Korean characters;
//	            marks fold where they are no letters of their own; final sigma
//	            is sigma, letters and digits of full width are those of ASCII
const Version = 3

// Analyzer cuts text of one language, and any other less well, into words and terms.
//
// It holds scratch and a bounded cache from words to stems, 1 MB when full, and is therefore owned by one goroutine at a time: make one per worker.
// The results depend on the input alone, never on what the cache holds.
type Analyzer struct {
	rules *rules
	split cutter
	word  []byte // the word at hand, lower-cased
	stems stemCache
	env   *snowballstem.Env
}

// NewAnalyzer returns an analyzer for a language that Known knows, with an empty
// cache; "" is English. Panics for any other (caller bug).
func NewAnalyzer(language string) *Analyzer {
	return &Analyzer{
		rules: rulesOf(language),
		split: newCutter(),
		stems: newStemCache(),
		env:   snowballstem.NewEnv(""),
	}
}

// Words appends the words of s to t in order: lower-cased pieces between
// Unicode word boundaries that hold a letter or a digit. The curly apostrophe
// becomes the straight one and a possessive 's at the end is dropped, as are
// underscores around a word; the final sigma becomes the common one, and letters
// and digits of full width become ASCII's; bytes that are not UTF-8 are dropped, and where a
// word ends next to such bytes is unspecified. Nothing is
// stemmed or left out. Words are valid UTF-8 of any length > 0, and there are
// at most len(s) of them. O(len(s)); does not allocate once t and a are warm.
func (a *Analyzer) Words(t *Tokens, s string) {
	a.split.SetText(s)
	for a.split.Next() {
		if found, _ := a.lower(trimWord(a.split.Value())); found {
			t.Append(a.word)
		}
	}
	a.split.SetText("") // do not keep the caller's text alive
}

// TermsAndWords is Terms to terms and Words to words of one text, which it looks at once
// where it is ASCII.
func (a *Analyzer) TermsAndWords(terms, words *Tokens, s string) {
	a.split.SetText(s)
	if !a.split.plain {
		a.Terms(terms, s)
		a.Words(words, s)
		return
	}
	for a.split.Next() {
		w := trimWord(a.split.Value())
		if found, _ := a.lower(w); found {
			words.Append(a.word)
			a.appendTerm(terms)
			if mayHaveParts(w) {
				a.appendParts(terms, w)
			}
		}
	}
	a.split.SetText("")
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
// whether it holds a letter or a digit; and whether it has characters for pairs.
func (a *Analyzer) lower(w string) (found, paired bool) {
	a.word = a.word[:0]
	for i := 0; i < len(w); i++ {
		c := w[i]
		if c >= utf8.RuneSelf {
			return a.lowerRunes(w[i:], found)
		}
		if 'A' <= c && c <= 'Z' {
			if c == a.rules.dotless {
				return a.lowerRunes(w[i:], found)
			}
			c += 'a' - 'A'
		}
		found = found || 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
		a.word = append(a.word, c)
	}
	a.stripPossessive()
	return found, false
}

// lowerRunes is the rest of lower for text beyond ASCII, and for Turkish capitals.
func (a *Analyzer) lowerRunes(w string, inFront bool) (found, paired bool) {
	found = inFront
	for i := 0; i < len(w); {
		r, size := utf8.DecodeRuneInString(w[i:])
		i += size
		if r == utf8.RuneError {
			continue // a byte that is not UTF-8, or the sign that stands for one
		}
		paired = paired || isPaired(r)
		r = a.lowerRune(r)
		found = found || unicode.IsLetter(r) || unicode.IsDigit(r)
		a.word = utf8.AppendRune(a.word, r)
	}
	a.stripPossessive()
	return found, paired
}

// fullWidth is how far the signs of full width lie above those of ASCII.
const fullWidth = 'Ａ' - 'A'

func (a *Analyzer) lowerRune(r rune) rune {
	if '０' <= r && r <= 'ｚ' {
		if c := r - fullWidth; unicode.IsLetter(c) || unicode.IsDigit(c) {
			r = c
		}
	}
	switch {
	case r == '’':
		return '\''
	case r == 'ς':
		return 'σ'
	case r == 'I' && a.rules.dotless == 'I':
		return 'ı'
	}
	return unicode.ToLower(r)
}

func (a *Analyzer) stripPossessive() {
	if len(a.word) > 2 {
		a.word = bytes.TrimSuffix(a.word, []byte("'s"))
	}
}
