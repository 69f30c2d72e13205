package text

import "bytes"

// Finder looks for one phrase in many texts, each word by word and no further than to
// where the phrase stands. The zero value is to be Reset first. One goroutine at a time.
//
// Which places of the phrase a word fits is a word of bits, and so is how far the
// phrase has come (Baeza-Yates and Gonnet 1992, "A new approach to text searching").
// The bits of the words met last are kept by their spelling: most words of most texts
// are few, and need not be put into small letters and stemmed again. That takes half
// the time of cutting the whole text into a Sequence.
type Finder struct {
	phrase   *Sequence
	sequence Sequence // scratch: of one word, or of a text
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

// Find reports whether the phrase of f stands in s, as Sequence and Contains would.
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
	last := uint64(1) << (min(f.phrase.Len(), finderPlaces) - 1)
	stand, inRun := uint64(0), false // bit i: places 0 to i of the phrase stand at the words behind
	a.split.SetText(s)
	for a.split.Next() {
		w := a.split.Value()
		k := f.entry(w)
		if k == nil || int(k.size) != len(w) || string(k.word[:k.size]) != w {
			f.sequence.Reset()
			trimmed := trimWord(w)
			found, paired := a.lower(trimmed)
			if paired {
				inRun = a.sequenceMixed(&f.sequence, composed(trimmed), inRun)
				for i := range f.sequence.Len() {
					if stand = (stand<<1 | 1) & f.places(i); stand&last != 0 {
						return true
					}
				}
				continue
			}
			if found {
				a.sequenceWord(&f.sequence)
			}
			k = f.keep(k, w)
		}
		inRun = false
		if !k.isWord {
			continue
		}
		if stand = (stand<<1 | 1) & k.places; stand&last != 0 {
			return true
		}
	}
	return false
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
