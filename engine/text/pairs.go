package text

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Texts in Chinese and Japanese have no spaces, and Korean ones glue particles to
// their nouns. Every two neighbouring characters are a term there: what is asked
// for by two characters or more is found wherever it stands, without a dictionary
// that would have to know the word. Pairs do about as well as words do (Nie, Gao,
// Zhang and Zhou 2000, "On the use of words and n-grams for Chinese information
// retrieval").

// firstPaired is where the scripts below begin, with the Korean letters.
const firstPaired = 0x1100

// isPaired reports whether r is a character whose runs are cut into pairs: of the
// scripts Han, Hiragana, Katakana and Hangul, and the mark that lengthens a vowel.
func isPaired(r rune) bool {
	return r >= firstPaired && (r == 'ー' || r == 'ｰ' || unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul))
}

// run is what is known of the run of characters at hand.
type run struct {
	last   rune // its last character; 0 where there is none
	paired bool // last is in a pair already
}

// add appends the pair that r makes with the character in front of it.
func (n *run) add(t *Tokens, r rune) {
	if n.last != 0 {
		var pair [2 * utf8.UTFMax]byte
		t.Append(utf8.AppendRune(utf8.AppendRune(pair[:0], n.last), r))
		n.paired = true
	}
	n.last = r
}

// end appends the character of a run that has but one.
func (n *run) end(t *Tokens) {
	if n.last == 0 {
		return
	}
	if !n.paired {
		var one [utf8.UTFMax]byte
		t.Append(utf8.AppendRune(one[:0], n.last))
	}
	*n = run{}
}

// appendRun appends the terms of a run that begins in w, over all the words of the
// text that have characters for pairs: Unicode takes each ideograph for one. It
// returns the word behind it, lower-cased in a.word, and whether that is a word.
func (a *Analyzer) appendRun(t *Tokens, w string) (next string, found bool) {
	var n run
	for paired := true; paired; {
		a.appendMixed(t, &n, w)
		if !a.split.Next() {
			w, found = "", false
			break
		}
		w = trimWord(a.split.Value())
		found, paired = a.lower(w)
	}
	n.end(t)
	return w, found
}

// appendMixed appends the terms of a word with characters for pairs, which may
// have other letters too: Korean particles stand right behind a Latin name.
func (a *Analyzer) appendMixed(t *Tokens, n *run, w string) {
	w = composed(w)
	for w != "" {
		r, size := utf8.DecodeRuneInString(w)
		switch {
		case isPaired(r):
			n.add(t, r)
		case n.last != 0 && unicode.In(r, unicode.Mn, unicode.Cf):
			// A choice of glyph, or a mark that has no character of its own.
		default:
			size = otherLetters(w)
			n.end(t)
			if found, _ := a.lower(w[:size]); found {
				a.appendTerm(t)
				a.appendParts(t, w[:size])
			}
		}
		w = w[size:]
	}
}

// otherLetters returns how many bytes of w stand in front of a character for pairs.
func otherLetters(w string) int {
	for i, r := range w {
		if isPaired(r) {
			return i
		}
	}
	return len(w)
}

// composed returns w with composed characters, those of half width as the full
// ones that they stand for. It allocates where that is another text.
func composed(w string) string {
	for _, r := range w {
		if isHalf(r) {
			w = widened(w)
			break
		}
	}
	return norm.NFC.String(w)
}

// isHalf reports whether r is Katakana, Hangul or their signs in half width.
func isHalf(r rune) bool { return 0xFF65 <= r && r <= 0xFFDC }

func widened(w string) string {
	var wide []byte
	for _, r := range w {
		if isHalf(r) {
			wide = norm.NFKC.AppendString(wide, string(r))
		} else {
			wide = utf8.AppendRune(wide, r)
		}
	}
	return string(wide)
}
