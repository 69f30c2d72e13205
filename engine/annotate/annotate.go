// Package annotate says what a turn tells about itself: who speaks, in what form, of
// what times and names. It is read once, when a memory is added, and stands with the row
// as a few bytes, which a question's signals are computed from without the text.
//
// An annotation is laid out as
//
//	0 forms u32  4 kinds of entities u16  6 role u8  7 kinds of times u8  8 ranges of time and 8 x words asked u8  9 names u8
//	10 sentences u8  11 sentences that ask u8, its highest bit: the last one does  12 speaker 2 x u32
//	20 a range: from i32, to i32, grain u8  ... a name: u32  ... a word of a sentence that asks: 13 bits of its hash, 3 how often ...
package annotate

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/nexus-memory/nexus/engine/entity"
	"github.com/nexus-memory/nexus/engine/forms"
	"github.com/nexus-memory/nexus/engine/text"
	"github.com/nexus-memory/nexus/engine/timex"
)

// Version rises with every change of what an annotation holds: 2 sentences, 3 words that are asked.
const Version = 3

// Role is who speaks, as far as the speaker's name tells.
type Role uint8

// The roles.
const (
	RoleNone      Role = iota // no speaker
	RolePerson                // somebody with a name
	RoleUser                  // "user", "human", "customer"
	RoleAssistant             // "assistant", "ai", "bot", "agent", "model"
	RoleSystem                // "system", "tool", "developer", "function"
)

var roles = map[string]Role{
	"user": RoleUser, "human": RoleUser, "customer": RoleUser,
	"assistant": RoleAssistant, "ai": RoleAssistant, "bot": RoleAssistant, "agent": RoleAssistant, "model": RoleAssistant,
	"system": RoleSystem, "tool": RoleSystem, "developer": RoleSystem, "function": RoleSystem,
}

// RoleOf returns the role of a speaker.
func RoleOf(speaker string) Role {
	if speaker == "" {
		return RoleNone
	}
	if role, ok := roles[strings.ToLower(speaker)]; ok {
		return role
	}
	return RolePerson
}

// SpeakerTerms is how many words of a speaker's name are kept: the first and the last.
const SpeakerTerms = 2

// HashTerm identifies a term of the text index in annotations; never 0.
func HashTerm(term []byte) uint32 { return max(1, uint32(xxh3.Hash(term))) }

// Limits of one annotation: what a turn of a chat has, and rarely more. The first ones
// are kept.
const (
	RangesMax = 4
	NamesMax  = 12
)

const (
	headBytes  = 12 + 4*SpeakerTerms
	rangeBytes = 9
	nameBytes  = 4
	askedBytes = 2
	rangesBits = 3
	rangesMask = 1<<rangesBits - 1
)

// Annotation reads what an Annotator wrote. The zero value knows nothing.
type Annotation []byte

// IsZero reports whether nothing is known: of a row that was written before rows were annotated.
func (a Annotation) IsZero() bool { return len(a) < headBytes }

// IsWhole reports whether an annotation has the bytes that it counts itself, and no more ranges, names
// and words than there may be, so that no method leaves it; nothing is whole.
func (a Annotation) IsWhole() bool {
	return len(a) == 0 || !a.IsZero() && a.Ranges() <= RangesMax && a.Names() <= NamesMax && a.AskedWords() <= AskedMax &&
		len(a) == headBytes+a.Ranges()*rangeBytes+a.Names()*nameBytes+a.AskedWords()*askedBytes
}

// Forms returns in what form the turn speaks.
func (a Annotation) Forms() forms.Forms {
	if a.IsZero() {
		return 0
	}
	return forms.Forms(binary.LittleEndian.Uint32(a))
}

// Has reports whether the turn has an entity of that kind.
func (a Annotation) Has(k entity.Kind) bool {
	return !a.IsZero() && binary.LittleEndian.Uint16(a[4:])>>k&1 != 0
}

// Role returns who speaks.
func (a Annotation) Role() Role {
	if a.IsZero() {
		return RoleNone
	}
	return Role(a[6])
}

// HasTime reports whether the turn has an expression of time of that kind.
func (a Annotation) HasTime(k timex.Kind) bool { return !a.IsZero() && a[7]>>k&1 != 0 }

// Ranges returns how many ranges of time the turn names.
func (a Annotation) Ranges() int {
	if a.IsZero() {
		return 0
	}
	return int(a[8] & rangesMask)
}

// Range returns one of them.
func (a Annotation) Range(i int) timex.Range {
	b := a[headBytes+i*rangeBytes:]
	return timex.Range{
		From: int32(binary.LittleEndian.Uint32(b)), To: int32(binary.LittleEndian.Uint32(b[4:])), Grain: timex.Grain(b[8]),
	}
}

// Names returns how many names the turn has.
func (a Annotation) Names() int {
	if a.IsZero() {
		return 0
	}
	return int(a[9])
}

// Name returns the hash of one of them, see HashName.
func (a Annotation) Name(i int) uint32 {
	return binary.LittleEndian.Uint32(a[headBytes+a.Ranges()*rangeBytes+i*nameBytes:])
}

// HasName reports whether the turn has a name.
func (a Annotation) HasName(hash uint32) bool {
	for i := range a.Names() {
		if a.Name(i) == hash {
			return true
		}
	}
	return false
}

// Speaker returns the hashes of the first and last term of the speaker's name; 0 for none.
func (a Annotation) Speaker() (terms [SpeakerTerms]uint32) {
	if !a.IsZero() {
		for i := range terms {
			terms[i] = binary.LittleEndian.Uint32(a[12+4*i:])
		}
	}
	return terms
}

// IsName reports whether a kind of entity is one that stories are about and that turns can
// have in common.
func IsName(k entity.Kind) bool {
	switch k {
	case entity.Person, entity.Place, entity.Organisation, entity.Name, entity.Custom:
		return true
	}
	return false
}

// HashName shortens the hash of an entity.
func HashName(hash uint64) uint32 { return uint32(hash) }

// Annotator makes annotations. One goroutine at a time.
type Annotator struct {
	analyzer *text.Analyzer
	terms    text.Tokens
	speaker  string // whose terms are in hashes
	role     Role
	hashes   [SpeakerTerms]uint32

	asking   asking
	forms    forms.Finder
	times    timex.Finder
	entities entity.Finder
	mentions []timex.Mention
	named    []entity.Mention
	ranges   []timex.Range
	names    []uint32
}

// NewAnnotator returns an annotator for texts that the analyzer is used for, by the same
// goroutine.
func NewAnnotator(analyzer *text.Analyzer) *Annotator { return &Annotator{analyzer: analyzer} }

// Append appends the annotation of a turn that was said on a day, see timex.DayOf.
// O(bytes), some 40 ns each; allocates only as dst grows.
func (n *Annotator) Append(dst []byte, speaker, body string, day int32) []byte {
	if speaker != n.speaker {
		n.introduce(speaker)
	}
	kinds, timeKinds := n.findNames(body), n.findTimes(body, day)
	n.asking.read(n, body)
	asks := n.asking.ask
	if n.asking.last {
		asks |= asksLastBit
	}
	le := binary.LittleEndian
	dst = slices.Grow(dst, headBytes+rangeBytes*len(n.ranges)+nameBytes*len(n.names)+askedBytes*len(n.asking.words))
	dst = le.AppendUint32(dst, uint32(n.forms.Find(body)))
	dst = le.AppendUint16(dst, kinds)
	dst = append(dst, byte(n.role), timeKinds, byte(len(n.ranges)|len(n.asking.words)<<rangesBits), byte(len(n.names)), n.asking.sentences, asks)
	for _, h := range n.hashes {
		dst = le.AppendUint32(dst, h)
	}
	dst = n.appendRanges(dst)
	for _, name := range n.names {
		dst = le.AppendUint32(dst, name)
	}
	for _, word := range n.asking.words {
		dst = le.AppendUint16(dst, uint16(word))
	}
	return dst
}

// Redate returns the annotation of a turn that was said on another day.
func (a Annotation) Redate(body string, day int32) Annotation {
	var n Annotator
	n.findTimes(body, day)
	fresh := append(Annotation(nil), a[:headBytes]...)
	fresh[8] = fresh[8]&^rangesMask | byte(len(n.ranges))
	fresh = n.appendRanges(fresh)
	return append(fresh, a[headBytes+a.Ranges()*rangeBytes:]...)
}

// appendRanges appends the ranges that were found.
func (n *Annotator) appendRanges(dst []byte) []byte {
	for _, r := range n.ranges {
		dst = binary.LittleEndian.AppendUint32(dst, uint32(r.From))
		dst = binary.LittleEndian.AppendUint32(dst, uint32(r.To))
		dst = append(dst, byte(r.Grain))
	}
	return dst
}

// findNames fills names, each once, and returns the kinds of all entities.
func (n *Annotator) findNames(body string) (kinds uint16) {
	n.named, n.names = n.entities.Find(n.named[:0], body), n.names[:0]
	for _, m := range n.named {
		kinds |= 1 << m.Kind
		hash := HashName(m.Hash)
		if IsName(m.Kind) && len(n.names) < NamesMax && !slices.Contains(n.names, hash) {
			n.names = append(n.names, hash)
		}
	}
	return kinds
}

// findTimes fills ranges, each once, and returns the kinds of all expressions of time.
func (n *Annotator) findTimes(body string, day int32) (kinds uint8) {
	n.mentions, n.ranges = n.times.Find(n.mentions[:0], body, day), n.ranges[:0]
	for _, m := range n.mentions {
		kinds |= 1 << m.Kind
		if m.Range.Grain != 0 && len(n.ranges) < RangesMax && !slices.Contains(n.ranges, m.Range) {
			n.ranges = append(n.ranges, m.Range)
		}
	}
	return kinds
}

// introduce analyses the name of a speaker, who mostly goes on speaking.
func (n *Annotator) introduce(speaker string) {
	n.speaker, n.role, n.hashes = strings.Clone(speaker), RoleOf(speaker), [SpeakerTerms]uint32{}
	n.terms.Reset()
	n.analyzer.Terms(&n.terms, speaker)
	if count := n.terms.Len(); count > 0 {
		n.hashes = [SpeakerTerms]uint32{HashTerm(n.terms.At(0)), HashTerm(n.terms.At(count - 1))}
	}
}
