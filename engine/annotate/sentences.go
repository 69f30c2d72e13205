package annotate

import (
	"encoding/binary"
	"slices"
	"unicode"
	"unicode/utf8"
)

// sentence is what cut finds: a piece of a text, and what may be said of it.
type sentence struct {
	end   int  // of the piece, in the text
	words bool // it has a word
	asks  bool // it ends with a question mark
}

// cut returns the sentence that a text begins with; a text that is not empty has one. A sentence ends at a
// line's end, at ？ 。 and ！, and at ASCII's marks before white space or the text's end.
// One pass over the bytes.
func cut(body string) (s sentence) {
	marks := false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; c {
		case '?':
			marks, s.asks = true, true
		case '.', '!':
			marks = true
		case '\n':
			s.end = i + 1
			return s
		case ' ', '\t', '\r':
			if marks {
				s.end = i + 1
				return s
			}
		default:
			letter, size := c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z', 1
			if c >= utf8.RuneSelf {
				var r rune
				r, size = utf8.DecodeRuneInString(body[i:])
				if r == '？' || r == '。' || r == '！' {
					s.asks, s.end = s.asks || r == '？', i+size
					return s
				}
				letter = unicode.IsLetter(r) || unicode.IsDigit(r)
			}
			if letter {
				if marks { // "3.5", "example.com/?q=1"
					marks, s.asks = false, false
				}
				s.words = true
			}
			i += size - 1
		}
	}
	s.end = len(body)
	return s
}

// asking is what a text says of its sentences.
type asking struct {
	sentences, ask byte // how many have a word, and of them end with a question mark, at most 255 and 127
	last           bool // the last one asks
	words          []askedWord
}

// askedWord is a word of sentences that ask: its hash, and how often it stands there; see AskedHash.
type askedWord uint16

const (
	askedTimesBits = 3
	askedTimesMax  = 1<<askedTimesBits - 1
)

// AskedMax is how many words of sentences that ask are kept, the first ones. The words of a sentence of
// more than askedBytesMax are not: a sentence that asks is analysed twice.
const (
	AskedMax      = 24
	askedBytesMax = 1 << 16
)

// AskedHash shortens the hash of a term (HashTerm) to the one that AskedWord gives.
func AskedHash(term uint32) uint16 { return uint16(term) >> askedTimesBits }

// read fills a from a text.
func (a *asking) read(n *Annotator, body string) {
	a.sentences, a.ask, a.last, a.words = 0, 0, false, a.words[:0]
	for body != "" {
		s := cut(body)
		if s.words {
			a.sentences = min(a.sentences, 254) + 1
			if s.asks {
				a.ask = min(a.ask, 126) + 1
			}
		}
		if s.words || s.asks {
			a.last = s.asks
		}
		if s.words && s.asks && s.end <= askedBytesMax && len(a.words) < AskedMax {
			a.listen(n, body[:s.end])
		}
		body = body[s.end:]
	}
}

// listen adds the words of a sentence that asks.
func (a *asking) listen(n *Annotator, body string) {
	n.terms.Reset()
	n.analyzer.Terms(&n.terms, body)
	for i := range n.terms.Len() {
		hash := AskedHash(HashTerm(n.terms.At(i)))
		at := slices.IndexFunc(a.words, func(w askedWord) bool { return uint16(w)>>askedTimesBits == hash })
		switch {
		case at < 0 && len(a.words) < AskedMax:
			a.words = append(a.words, askedWord(hash)<<askedTimesBits|1)
		case at >= 0 && a.words[at]&askedTimesMax < askedTimesMax:
			a.words[at]++
		}
	}
}

// asksLastBit tells in the byte of asking sentences that the last one asks.
const asksLastBit = 0x80

// Sentences returns how many sentences with a word the turn has, at most 255.
func (a Annotation) Sentences() int {
	if a.IsZero() {
		return 0
	}
	return int(a[10])
}

// Asking returns how many of them ask, at most 127.
func (a Annotation) Asking() int {
	if a.IsZero() {
		return 0
	}
	return int(a[11] &^ asksLastBit)
}

// AsksLast reports whether the turn ends with a question.
func (a Annotation) AsksLast() bool { return !a.IsZero() && a[11]&asksLastBit != 0 }

// AskedWords returns how many words of sentences that ask are kept, at most AskedMax.
func (a Annotation) AskedWords() int {
	if a.IsZero() {
		return 0
	}
	return int(a[8] >> rangesBits)
}

// AskedWord returns one of them, by its AskedHash, and how often it stands in sentences that ask, at most 7.
func (a Annotation) AskedWord(i int) (hash uint16, times int) {
	w := binary.LittleEndian.Uint16(a[len(a)-askedBytes*(a.AskedWords()-i):])
	return w >> askedTimesBits, int(w & askedTimesMax)
}
