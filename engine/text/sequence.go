package text

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// Place says what stands at a place of a Sequence.
type Place uint8

// What stands at a place.
const (
	PlaceTerm   Place = iota // a word: its term, which is among Terms
	PlaceStop                // a stop word, as Words gives it
	PlaceRun                 // the first character of a run that Terms takes in pairs
	PlacePaired              // one behind it: with the one in front it is a term
)

// Sequence is a text word by word: what has to follow one another for a phrase to
// stand in a text. The zero value is empty and ready.
type Sequence struct {
	Tokens
	places []Place
}

// Reset empties the sequence and keeps its memory.
func (q *Sequence) Reset() {
	q.Tokens.Reset()
	q.places = q.places[:0]
}

// Place says what stands at place i.
func (q *Sequence) Place(i int) Place { return q.places[i] }

// Contains reports whether the places of phrase stand in q one behind the other. An
// empty phrase stands in every text. A run of a phrase that begins it may begin within
// one of the text. O(len(q) * len(phrase)) at worst.
func (q *Sequence) Contains(phrase *Sequence) bool {
	for at := 0; at+phrase.Len() <= q.Len(); at++ {
		if q.startsAt(at, phrase) {
			return true
		}
	}
	return false
}

func (q *Sequence) startsAt(at int, phrase *Sequence) bool {
	for i := range phrase.Len() {
		if !fits(q.places[at+i], phrase.places[i], i) || !bytes.Equal(q.At(at+i), phrase.At(i)) {
			return false
		}
	}
	return true
}

// fits reports whether a place may be place i of a phrase, where want stands.
func fits(place, want Place, i int) bool {
	return place == want || i == 0 && want == PlaceRun && place == PlacePaired
}

func (q *Sequence) add(token []byte, place Place) {
	q.Append(token)
	q.places = append(q.places, place)
}

// Sequence appends the words of s to q in order, each at one place: a stop word
// too, a name with parts as the whole, and of a run of Chinese, Japanese or Korean
// characters each of them. O(len(s)).
func (a *Analyzer) Sequence(q *Sequence, s string) {
	a.split.SetText(s)
	inRun := false
	for a.split.Next() {
		w := trimWord(a.split.Value())
		found, paired := a.lower(w)
		if paired {
			inRun = a.sequenceMixed(q, composed(w), inRun)
			continue
		}
		if inRun = false; found {
			a.sequenceWord(q)
		}
	}
	a.split.SetText("")
}

// sequenceWord appends a.word.
func (a *Analyzer) sequenceWord(q *Sequence) {
	before := q.Len()
	if a.appendTerm(&q.Tokens); q.Len() > before {
		q.places = append(q.places, PlaceTerm)
		return
	}
	q.add(a.word, PlaceStop)
}

// sequenceMixed appends a word with characters for pairs, cut as appendMixed does.
// inRun says whether one stands right in front of it; the result, at its end.
func (a *Analyzer) sequenceMixed(q *Sequence, w string, inRun bool) bool {
	for w != "" {
		r, size := utf8.DecodeRuneInString(w)
		switch {
		case isPaired(r):
			var one [utf8.UTFMax]byte
			place := PlaceRun
			if inRun {
				place = PlacePaired
			}
			q.add(utf8.AppendRune(one[:0], r), place)
			inRun = true
		case inRun && unicode.In(r, unicode.Mn, unicode.Cf):
		default:
			size, inRun = otherLetters(w), false
			if found, _ := a.lower(w[:size]); found {
				a.sequenceWord(q)
			}
		}
		w = w[size:]
	}
	return inRun
}

// Bare returns a word as its term would be spelt if it had no stem: in small
// letters, without the marks that fold. It is what terms that start like the word
// start with.
func (a *Analyzer) Bare(word string) string {
	a.lower(trimWord(word))
	bare := string(a.word)
	if !isASCII(bare) {
		bare = compose(bare)
	}
	if a.rules.fold != nil {
		bare = a.rules.fold(bare)
	}
	return bare
}
