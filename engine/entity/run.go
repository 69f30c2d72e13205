package entity

import (
	"strings"

	"github.com/zeebo/xxh3"
)

// runWordsMax bounds a run; more capitals in a row are a heading or shouting.
const runWordsMax = 12

// run is words with capitals that follow one another, and the small words between them
// that names may have.
type run struct {
	words  [runWordsMax]runWord
	count  int
	before [2]span // the words before the run, last first
}

// runWord is a word of a run, without its possessive.
type runWord struct {
	span
	facts      facts
	sentence   bool // it starts a sentence
	possessive bool
	initial    bool // one letter and a full stop, or several such
	caps       bool // two capitals at least, and no small letter
	connector  bool
}

func (r *run) last() *runWord { return &r.words[r.count-1] }

// abbreviated reports whether a full stop at p belongs to the last word: "Dr.", "J."
func (r *run) abbreviated(f *Finder, p int) bool {
	if r.count == 0 || r.last().end != p {
		return false
	}
	w := r.last()
	if p-w.start == 1 || strings.IndexByte(f.text[w.start:p], '.') > 0 {
		w.initial = true
	}
	return w.initial || w.facts&factTitle != 0 || w.facts&(factPlaceHead|factPlaceTail) != 0 && p-w.start == len("St")
}

// connects reports whether a small word may go on with the run: "of", "the" behind "of",
// "and" in what "of" started, and the particles of names.
func (r *run) connects(f *Finder, s, e int) bool {
	w := r.last()
	if s != w.end+1 || f.text[w.end] != ' ' || w.possessive || r.count+1 >= runWordsMax {
		return false
	}
	switch f.text[s:e] {
	case "of":
		return !w.connector
	case "the":
		return w.connector && f.text[w.start:w.end] == "of"
	case "and":
		return !w.connector && r.hasOf(f)
	}
	return e-s <= len("della") && f.facts(span{s, e})&factParticle != 0
}

func (r *run) hasOf(f *Finder) bool {
	for i := range r.count {
		if w := &r.words[i]; w.connector && f.text[w.start:w.end] == "of" {
			return true
		}
	}
	return false
}

func (r *run) connect(f *Finder, s, e int) {
	if w := r.last(); r.count+1 >= runWordsMax || s != w.end+1 || w.possessive {
		f.endRun()
		return
	}
	r.words[r.count] = runWord{span: span{s, e}, connector: true}
	r.count++
}

// adjoins reports whether a word goes on with the run. Behind a possessive, only what ends
// names does: "Joe's Diner".
func (r *run) adjoins(f *Finder, next *runWord) bool {
	w := r.last()
	if r.count == runWordsMax {
		return false
	}
	gap := f.text[w.end:next.start]
	if w.possessive {
		return next.facts&(factOrganisationTail|factPlaceTail) != 0 && next.facts&factListed == 0 && (gap == "'s " || gap == "’s ")
	}
	return gap == " " || (gap == ". " || gap == ".") && r.abbreviated(f, w.end)
}

// capital reads a word with a capital.
func (f *Finder) capital(p, q int) {
	w := runWord{sentence: f.sentence}
	if f.opening && p >= f.titleEnd {
		f.titleEnd = f.title(p)
	}
	w.span = span{p, f.stem(p, q)}
	w.possessive = w.end < q
	w.caps = f.isCaps(w.span)
	w.facts = f.nameFacts(w.span, w.caps)
	if w.facts&factNumber != 0 && !w.caps && f.spelled(p, f.lettersEnd(p)) {
		return
	}
	shouted := w.caps && (f.shouted || f.capsAfter(q))
	if f.contracted(w.span, q) || f.breaks(&w, shouted) {
		f.endRun()
	} else {
		f.join(w)
	}
	f.passWord(p, q)
	f.shouted = w.caps
}

// join adds a word to the run, or starts one with it.
func (f *Finder) join(w runWord) {
	if f.run.count > 0 && !f.run.adjoins(f, &w) {
		f.endRun()
	}
	if f.run.count == 0 {
		f.run.before = f.before
	}
	f.run.words[f.run.count] = w
	f.run.count++
}

// stem returns where a word ends without "'s", "'ll" and their like, which keep what is
// before them apart from what is behind.
func (f *Finder) stem(p, q int) int {
	for i := q - 1; i > p && i >= q-len("’ll"); i-- {
		size := 0
		switch {
		case f.text[i] == '\'':
			size = 1
		case i+3 <= q && f.text[i:i+3] == "’":
			size = 3
		}
		if size > 0 && class[f.text[i+size]] == classLower {
			return i
		}
	}
	return q
}

// contracted reports whether the word has "not" behind: "Don't".
func (f *Finder) contracted(w span, q int) bool {
	return w.end < q && f.text[q-1] == 't' && q-w.end <= len("’t")
}

// isCaps reports whether a word has two capitals at least, and no small letter.
func (f *Finder) isCaps(w span) bool {
	count := 0
	for i := w.start; i < w.end; i++ {
		switch class[f.text[i]] {
		case classLower, classHigh:
			return false
		case classUpper:
			count++
		}
	}
	return count > 1
}

// capsAfter reports whether another word in capitals follows.
func (f *Finder) capsAfter(q int) bool {
	next := f.wordAfter(q)
	return next.end > next.start && f.isCaps(next)
}

// nameFacts returns what the lists say of a word with a capital.
func (f *Finder) nameFacts(w span, caps bool) facts {
	known := f.listed(w)
	if hyphen := strings.IndexByte(f.text[w.start:w.end], '-'); hyphen > 0 && known == 0 {
		known = f.listed(span{w.start, w.start + hyphen}) & factGiven
	}
	if known&factAcronym != 0 && !caps {
		known &^= factPlace
	}
	return known
}

// listed looks words up as they are or, where they have more than ASCII, without marks.
func (f *Finder) listed(w span) facts {
	s := f.text[w.start:w.end]
	if known := f.lex.find(s); known != 0 || f.maskOf(w.start, w.end)&(classHigh|classDot) == 0 || len(s) > 2*keyBytesMax {
		return known
	}
	f.buf = appendFolded(f.buf[:0], s)
	if len(f.buf) > keyBytesMax {
		return 0
	}
	return f.lex.find(string(f.buf))
}

// breaks reports whether a word is part of no name: it is a day, starts a sentence as other
// words do, is one letter, or shouts.
func (f *Finder) breaks(w *runWord, shouted bool) bool {
	switch single := w.end-w.start == 1; {
	case w.caps && w.facts&factAcronym != 0:
		return shouted
	case w.facts&factCalendar != 0, w.facts&factStarter != 0 && (w.sentence || w.caps || w.facts&(factListed|factOrganisationTail|factPlaceTail|factPlaceHead|factTitle) == 0):
		return w.caps || !f.leads(w)
	case w.caps && w.facts&factListed != 0:
		return w.facts&factShout != 0 || shouted && w.facts&factCommon != 0 || w.facts == factGiven && w.end-w.start < 4
	case w.caps:
		size := w.end - w.start
		if w.facts&factOrganisationTail != 0 && f.run.count > 0 {
			return false
		}
		return shouted || w.facts&factCurrency != 0 || w.facts&factShout != 0 || size < 3 || size > 6 && f.maskOf(w.start, w.end) == classUpper
	case single:
		return f.byteAt(w.end) != '.' || !f.capitalFollows(w.end+1)
	}
	return false
}

// leads reports whether a common word is the first of a name all the same: of a listed one
// ("New Zealand"), or, as a given name, before a word that can be no other name ("Will Adler").
func (f *Finder) leads(w *runWord) bool {
	next := f.wordAfter(w.end)
	if next.end <= next.start+1 || !isUpper(f.text[next.start]) {
		return false
	}
	if f.listed(span{w.start, next.end})&factListed != 0 {
		return true
	}
	return w.facts&factGiven != 0 && f.facts(next)&(factStarter|factCalendar|factListed) == 0
}

// capitalFollows reports whether a capital is at p, or behind a blank.
func (f *Finder) capitalFollows(p int) bool {
	return isUpper(f.byteAt(p)) || f.byteAt(p) == ' ' && isUpper(f.byteAt(p+1))
}

// seen are the names of this text that stand where only names have capitals.
type seen struct {
	hashes [seenSlots]uint64
	kinds  [seenSlots]Kind
	count  int
}

const seenSlots = 512 // at most half of them are used: later names help less

func (s *seen) reset() {
	if s.count > 0 {
		clear(s.kinds[:])
		s.count = 0
	}
}

func (s *seen) slot(hash uint64) int {
	i := int(hash % seenSlots)
	for s.kinds[i] != 0 && s.hashes[i] != hash {
		i = (i + 1) % seenSlots
	}
	return i
}

func (s *seen) add(hash uint64, kind Kind) {
	if i := s.slot(hash); s.kinds[i] == 0 && s.count < seenSlots/2 {
		s.hashes[i], s.kinds[i] = hash, kind
		s.count++
	}
}

// find returns the kind of a name; 0 if it was not seen.
func (s *seen) find(hash uint64) Kind { return s.kinds[s.slot(hash)] }

// nameHash returns the hash of a name in the text.
func (f *Finder) nameHash(s, e int) uint64 {
	f.buf = appendName(f.buf[:0], f.text[s:e])
	return xxh3.Hash(f.buf)
}
