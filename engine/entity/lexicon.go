package entity

import (
	"strings"
	"sync"
)

// facts are what the lists say of a word or of several.
type facts uint64

const (
	factGiven facts = 1 << iota
	factPlace
	factOrganisation
	factOther
	factCommon // a word as well: at the start of a sentence it needs a second sign
	factStarter
	factCalendar
	factMonth
	factTitle
	factKin
	factOrganisationTail
	factOrganisationHead
	factPlaceTail
	factPlaceHead
	factShout
	factSoftware
	factPersonBefore
	factPersonAfter
	factMotion
	factPlaceBefore
	factOrganisationBefore
	factWorkBefore
	factNumber
	factScale
	factUnit
	factTime
	factCurrency
	factPayBefore
	factIdentifierBefore
	factDomain
	factExtension
	factCodeHead
	factCodeBeside
	factDesignation
	factPossessor
	factTitleWord
	factAcronym  // a place in capitals alone: "us"
	factParticle // inside a person's name: "Anna van Dijk"

	factListed = factGiven | factPlace | factOrganisation | factOther
)

// lists are all lists with what they say.
var lists = []struct {
	words string
	facts facts
}{
	{givenNames, factGiven},
	{commonGivenNames, factGiven | factCommon},
	{places, factPlace},
	{commonPlaces, factPlace | factCommon},
	{organisations, factOrganisation},
	{commonOrganisations, factOrganisation | factCommon},
	{otherNames, factOther},
	{commonOtherNames, factOther | factCommon},
	{software, factSoftware},
	{organisationTails, factOrganisationTail},
	{organisationHeads, factOrganisationHead},
	{placeTails, factPlaceTail},
	{placeHeads, factPlaceHead},
	{titles, factTitle},
	{kin, factKin},
	{calendar, factCalendar},
	{months, factMonth},
	{starters, factStarter},
	{shouts, factShout},
	{personBefore, factPersonBefore},
	{personAfter, factPersonAfter},
	{motion, factMotion},
	{placeBefore, factPlaceBefore},
	{organisationBefore, factOrganisationBefore},
	{workBefore, factWorkBefore},
	{numberWords, factNumber},
	{scales, factScale},
	{units, factUnit},
	{times, factTime},
	{currencies, factCurrency},
	{payBefore, factPayBefore},
	{identifierBefore, factIdentifierBefore},
	{domains, factDomain},
	{extensions, factExtension},
	{designations, factDesignation},
	{possessors, factPossessor},
	{titleWords, factTitleWord},
	{codeHeads, factCodeHead},
	{codeBeside, factCodeBeside},
	{"us la nyc uk usa uae", factPlace | factAcronym},
	{"van von de der den del della di da dos du la le ter ten bin ibn al el af", factParticle},
}

const (
	lexiconSlots   = 1 << 14
	lexiconKeysMax = lexiconSlots / 2 // probes stay short
	keyBytesMax    = 32               // of an entry; what is longer is in no list
)

// entry is a word of the lists.
type entry struct {
	word  string // in small letters, blanks between several
	value string // behind the = of the list
	facts facts
}

// lexicon is a hash table with open addressing. It is built when it is first asked
// for, in about a millisecond, and never changes.
type lexicon struct {
	// slots hold the upper half of a hash, and in the lower half the entry; 0 is free. Most
	// words of a text are in no list, which this table of 64 KiB says alone.
	slots   [lexiconSlots]uint32
	entries []entry          // the first is that of words of no list
	numbers [startSlots]bool // by startOf: number words may start so
}

var words = sync.OnceValue(func() *lexicon {
	l := &lexicon{entries: make([]entry, 1, lexiconKeysMax)}
	for _, list := range lists {
		for word := range strings.FieldsSeq(list.words) {
			word, value, _ := strings.Cut(word, "=")
			l.add(strings.ReplaceAll(word, "_", " "), value, list.facts)
		}
	}
	return l
})

func (l *lexicon) add(word, value string, f facts) {
	if len(l.entries) == lexiconKeysMax || len(word) > keyBytesMax {
		panic("entity: the lists do not fit their table")
	}
	h := foldedHash(word)
	slot, index := l.slot(h, word)
	if index == 0 {
		index = len(l.entries)
		l.entries = append(l.entries, entry{word: word})
		l.slots[slot] = h&^indexMask | uint32(index)
	}
	e := &l.entries[index]
	if value != "" {
		e.value = value
	}
	if e.facts |= f; f&(factNumber|factScale) != 0 && len(word) >= numberBytesMin {
		l.numbers[startOf(word)] = true
	}
}

// indexMask is the half of a slot that holds an entry.
const indexMask = 1<<16 - 1

// foldedHash is FNV-1a; letters of both cases are one.
func foldedHash(word string) uint32 {
	h := uint32(2166136261)
	for i := range len(word) {
		h = (h ^ uint32(word[i]|caseBit)) * 16777619
	}
	return h ^ h>>15
}

// slot returns where a word of this hash is, and its entry; where it would be, and 0, if it
// is in no list.
func (l *lexicon) slot(h uint32, word string) (slot, index int) {
	for i := h % lexiconSlots; ; i = (i + 1) % lexiconSlots {
		at := l.slots[i]
		if at == 0 {
			return int(i), 0
		}
		if (at^h)&^indexMask == 0 && sameFolded(l.entries[at&indexMask].word, word) {
			return int(i), int(at & indexMask)
		}
	}
}

// entry returns what the lists say of a word, of no facts if they do not have it.
func (l *lexicon) entry(word string) *entry {
	if len(word) > keyBytesMax {
		return &l.entries[0]
	}
	_, index := l.slot(foldedHash(word), word)
	return &l.entries[index]
}

// caseBit is what tells capital ASCII letters from small ones. It is set in all that the
// lists hold of digits and signs.
const caseBit = 0x20

// sameFolded reports whether a word of the lists is this one, whatever its case.
func sameFolded(listed, word string) bool {
	if len(listed) != len(word) {
		return false
	}
	for i := range len(listed) {
		if listed[i] != word[i]|caseBit {
			return false
		}
	}
	return true
}

// find returns what the lists say of a word of ASCII letters of any case.
func (l *lexicon) find(word string) facts {
	if word == "" {
		return 0
	}
	return l.entry(word).facts
}
