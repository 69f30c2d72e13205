package text

import (
	"bytes"
	"unicode/utf8"
)

// Finder looks for one phrase in many texts, each word by word and no further than to
// where the phrase stands. The zero value is to be Reset first. One goroutine at a time.
//
// Which places of the phrase a word fits is a word of bits, and so is how far the
// phrase has come (Baeza-Yates and Gonnet 1992, "A new approach to text searching").
// The bits of the words met last are kept by their spelling: most words of most texts
// are few, and need not be put into small letters and stemmed again. Between blanks
// in ASCII, words are cut without Unicode's tables.
type Finder struct {
	phrase   *Sequence
	sequence Sequence // scratch: of one word, or of a text
	stand    uint64   // bit i: places 0 to i of the phrase stand at the words behind
	known    [finderWords]knownWord
}

const (
	finderWords  = 4096 // 128 KiB
	finderPlaces = 64   // bits; places behind are looked for only where these stand
	finderBytes  = 22   // of a word that is kept; longer ones are rare
)

// knownWord is a word as texts spell it. Its places are worked out for the phrase.
type knownWord struct {
	places uint64
	size   uint8 // of the word; 0 = no entry
	isWord bool  // else what stands between words
	word   [finderBytes]byte
}

// Reset sets the phrase, which is not copied and must stay as it is.
func (f *Finder) Reset(phrase *Sequence) {
	if f.phrase != phrase {
		f.phrase = phrase
		clear(f.known[:])
	}
}

// Find reports whether the phrase of f stands in s, which is UTF-8, as Sequence and
// Contains would.
// O(len(s)).
func (a *Analyzer) Find(f *Finder, s string) bool {
	if f.phrase.Len() == 0 {
		return true
	}
	found := a.find(f, s)
	a.split.SetText("")
	if found && f.phrase.Len() > finderPlaces {
		f.sequence.Reset()
		a.Sequence(&f.sequence, s)
		return f.sequence.Contains(f.phrase)
	}
	return found
}

func (a *Analyzer) find(f *Finder, s string) bool {
	f.stand = 0
	for s != "" {
		var chunk string
		chunk, s = cutChunk(s)
		word, simple := simpleWord(chunk)
		if simple && word == "" {
			continue
		}
		if simple && f.step(a.known(f, word)) || !simple && a.findWithin(f, chunk) {
			return true
		}
	}
	return false
}

// cutChunk cuts s behind its first blank with ASCII behind, where Unicode has a word
// end whatever stands around.
func cutChunk(s string) (chunk, rest string) {
	for i := range len(s) {
		if s[i] == ' ' && (i+1 == len(s) || s[i+1] < utf8.RuneSelf) {
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

// simpleWord returns the word of a chunk that has one at most, of ASCII letters and
// digits between signs that join nothing; false for what needs the rules of Unicode.
func simpleWord(chunk string) (word string, simple bool) {
	first, last := 0, len(chunk)
	for first < last && charClass[chunk[first]] == charSign {
		first++
	}
	for last > first && charClass[chunk[last-1]] == charSign {
		last--
	}
	for i := first; i < last; i++ {
		if charClass[chunk[i]] != charWord {
			return "", false
		}
	}
	return chunk[first:last], true
}

// The classes of bytes: others are beyond ASCII, or the underscore, which joins.
const (
	charOther = iota
	charSign
	charWord
)

var charClass = func() (class [256]uint8) {
	for c := range utf8.RuneSelf {
		switch {
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9':
			class[c] = charWord
		case c != '_':
			class[c] = charSign
		}
	}
	return class
}()

// step goes one word further in the text and reports whether the phrase ends there.
// places are those of the phrase that the word fits.
func (f *Finder) step(k *knownWord) bool {
	if k.isWord {
		f.stand = (f.stand<<1 | 1) & k.places
	}
	return f.stands()
}

func (f *Finder) stands() bool {
	return f.stand&(1<<(min(f.phrase.Len(), finderPlaces)-1)) != 0
}

// findWithin is find for a chunk of any words.
func (a *Analyzer) findWithin(f *Finder, chunk string) bool {
	inRun := false
	a.split.SetText(chunk)
	for a.split.Next() {
		k := a.known(f, a.split.Value())
		if k == nil {
			inRun = a.sequenceMixed(&f.sequence, composed(trimWord(a.split.Value())), inRun)
			for i := range f.sequence.Len() {
				if f.stand = (f.stand<<1 | 1) & f.places(i); f.stands() {
					return true
				}
			}
			continue
		}
		if inRun = false; f.step(k) {
			return true
		}
	}
	return false
}

// known returns what is known of a word of the text; nil, with an empty sequence, for
// one with characters for pairs, which depend on what stands around.
func (a *Analyzer) known(f *Finder, w string) *knownWord {
	k := f.entry(w)
	if k != nil && int(k.size) == len(w) && string(k.word[:k.size]) == w {
		return k
	}
	f.sequence.Reset()
	found, paired := a.lower(trimWord(w))
	if paired {
		return nil
	}
	if found {
		a.sequenceWord(&f.sequence)
	}
	return f.keep(k, w)
}

// entry returns where a word is kept, if it is; nil for one that is too long.
func (f *Finder) entry(w string) *knownWord {
	if len(w) > finderBytes {
		return nil
	}
	h := uint32(len(w))
	for i := range len(w) {
		h = (h ^ uint32(w[i])) * 0x01000193
	}
	return &f.known[(h^h>>15)%finderWords]
}

// keep enters a word, the tokens of which are in sequence, at k or, where that is nil,
// nowhere that lasts.
func (f *Finder) keep(k *knownWord, w string) *knownWord {
	if k == nil {
		k = &knownWord{}
	} else {
		k.size = uint8(copy(k.word[:], w))
	}
	k.isWord, k.places = f.sequence.Len() > 0, 0
	if k.isWord {
		k.places = f.places(0)
	}
	return k
}

// places returns which places of the phrase token i of sequence fits.
func (f *Finder) places(i int) (bits uint64) {
	token, place := f.sequence.At(i), f.sequence.Place(i)
	for p := range min(f.phrase.Len(), finderPlaces) {
		if fits(place, f.phrase.Place(p), p) && bytes.Equal(token, f.phrase.At(p)) {
			bits |= 1 << p
		}
	}
	return bits
}
