package model

import (
	"fmt"
	"strings"
	"sync/atomic"
	"unicode"
)

// Limits of one Match. They bound what a condition can cost before it has looked at
// any row.
const (
	MatchBytesMax    = 16 << 10 // of its text, as given and as printed
	MatchDepthMax    = 16       // groups inside each other
	MatchClausesMax  = 256      // words, phrases and groups together
	MatchDistanceMax = 2        // of a fuzzy word
)

// MatchKind is what a node of a Match looks for.
type MatchKind uint8

// The kinds of nodes.
const (
	MatchKindGroup  MatchKind = iota // clauses
	MatchKindWord                    // a word, in any of its forms
	MatchKindPhrase                  // words behind each other
	MatchKindPrefix                  // words that start so
	MatchKindFuzzy                   // words but a few letters away
)

// Occur says what a clause is to its group.
type Occur uint8

// The roles of a clause.
const (
	OccurOptional Occur = iota
	OccurRequired
	OccurExcluded
)

// MatchClause is one clause of a group.
type MatchClause struct {
	Occur Occur
	Match Match
}

// The fields that a word of a Match may be looked for in. MatchFieldAny is where a
// question's words are looked for: text and speaker.
const (
	MatchFieldAny     = ""
	MatchFieldText    = "text"
	MatchFieldSpeaker = "speaker"
	MatchFieldTitle   = "title" // the string "title" of a memory's Meta
)

func isMatchField(name string) bool {
	return name == MatchFieldAny || name == MatchFieldText || name == MatchFieldSpeaker || name == MatchFieldTitle
}

// Match is a condition on the words of a memory. Build one with MatchWord,
// MatchPhrase, MatchPrefix, MatchFuzzy and MatchGroup, or with ParseMatch. The zero
// Match lets every memory through. Matches never change and may be shared by
// goroutines.
//
// A group lets a memory through in which all required clauses are found and no
// excluded one, and of the optional ones at least one where none is required.
type Match struct{ node *matchNode }

type matchNode struct {
	kind     MatchKind
	field    string
	text     string // of all but groups
	distance int    // of a fuzzy word; 0 = by its length
	clauses  []MatchClause
	at       int // 1 + byte in the text it was parsed from; 0 = built

	// printed is the text form once someone asked for it. Any goroutine may
	// store it, and all store the same.
	printed atomic.Pointer[string]
}

// MatchWord looks for a word in any of its forms; for a phrase where text is
// several words.
func MatchWord(text string) Match {
	if isMatchWord(text) {
		return Match{&matchNode{kind: MatchKindWord, text: text}}
	}
	return MatchPhrase(text)
}

// MatchPhrase looks for words behind each other, each in any of its forms.
func MatchPhrase(text string) Match { return Match{&matchNode{kind: MatchKindPhrase, text: text}} }

// MatchPrefix looks for words that start with text, which is a word.
func MatchPrefix(text string) Match { return Match{&matchNode{kind: MatchKindPrefix, text: text}} }

// MatchFuzzy looks for words that become text, which is a word, by inserting,
// dropping, exchanging or swapping so many letters at most: 1 or 2; 0 means 1 for
// words of up to five letters, 2 for longer ones.
func MatchFuzzy(text string, distance int) Match {
	return Match{&matchNode{kind: MatchKindFuzzy, text: text, distance: distance}}
}

// MatchGroup joins conditions; zero ones are left out. See Match for what it means.
func MatchGroup(required, optional, excluded []Match) Match {
	var clauses []MatchClause
	for _, part := range [...]struct {
		occur Occur
		list  []Match
	}{{OccurRequired, required}, {OccurOptional, optional}, {OccurExcluded, excluded}} {
		for _, m := range part.list {
			if !m.IsZero() {
				clauses = append(clauses, MatchClause{part.occur, m})
			}
		}
	}
	return matchGroup(clauses, 0)
}

// matchGroup makes a group, or its only clause where that stands for it.
func matchGroup(clauses []MatchClause, at int) Match {
	switch {
	case len(clauses) == 0:
		return Match{}
	case len(clauses) == 1 && clauses[0].Occur == OccurOptional:
		return clauses[0].Match
	}
	return Match{&matchNode{kind: MatchKindGroup, clauses: clauses, at: at}}
}

// In looks for the words that have no field yet in one alone: "text", "speaker" or
// "title". Others are reported where the Match is used.
func (m Match) In(field string) Match {
	if m.IsZero() || m.node.field != "" {
		return m
	}
	n := &matchNode{kind: m.node.kind, text: m.node.text, distance: m.node.distance, at: m.node.at}
	if n.kind != MatchKindGroup {
		n.field = field
		return Match{n}
	}
	for _, c := range m.node.clauses {
		n.clauses = append(n.clauses, MatchClause{c.Occur, c.Match.In(field)})
	}
	return Match{n}
}

// IsZero reports whether m is the zero Match, which lets every memory through.
func (m Match) IsZero() bool { return m.node == nil }

// Kind returns what the outermost node looks for; m must not be zero.
func (m Match) Kind() MatchKind { return m.node.kind }

// FieldName returns where a word is looked for: MatchFieldAny or one of the others.
func (m Match) FieldName() string { return m.node.field }

// Text returns the word or phrase; "" of a group.
func (m Match) Text() string { return m.node.text }

// Distance returns how many letters a fuzzy word may differ in; 0 = by its length.
func (m Match) Distance() int { return m.node.distance }

// Clauses returns the clauses of a group; not to be changed.
func (m Match) Clauses() []MatchClause { return m.node.clauses }

// Where says where in its text a node stands, for errors: "match: byte 7", or
// "match" for one that was built.
func (m Match) Where() string {
	if m.node.at == 0 {
		return "match"
	}
	return fmt.Sprintf("match: byte %d", m.node.at-1)
}

// Check verifies what can be known without any memory: limits, fields and that
// every word has letters. ErrInvalid says where and what was wanted.
func (m Match) Check() error {
	if m.IsZero() {
		return nil
	}
	clauses := 0
	if err := m.check(0, &clauses); err != nil {
		return err
	}
	if n := len(m.String()); n > MatchBytesMax {
		return fmt.Errorf("match: %d bytes when printed, more than %d: %w", n, MatchBytesMax, ErrInvalid)
	}
	return nil
}

func (m Match) check(depth int, clauses *int) error {
	n := m.node
	*clauses++
	switch {
	case *clauses > MatchClausesMax:
		return fmt.Errorf("%s: more than %d words, phrases and groups: %w", m.Where(), MatchClausesMax, ErrInvalid)
	case depth > MatchDepthMax:
		return fmt.Errorf("%s: groups nested more than %d deep: %w", m.Where(), MatchDepthMax, ErrInvalid)
	case n.kind != MatchKindGroup:
		return m.checkLeaf()
	}
	for _, c := range n.clauses {
		if err := c.Match.check(depth+1, clauses); err != nil {
			return err
		}
	}
	return nil
}

func (m Match) checkLeaf() error {
	n := m.node
	switch {
	case !isMatchField(n.field):
		return fmt.Errorf("%s: no such field, want text, speaker or title: %w", m.Where(), ErrInvalid)
	case !hasWord(n.text):
		return fmt.Errorf("%s: want a word: no letter and no digit is in it: %w", m.Where(), ErrInvalid)
	case (n.kind == MatchKindPrefix || n.kind == MatchKindFuzzy) && !isMatchWord(n.text):
		return fmt.Errorf("%s: * and ~ stand behind one word without signs and blanks: %w", m.Where(), ErrInvalid)
	case n.distance < 0 || n.distance > MatchDistanceMax:
		return fmt.Errorf("%s: distance %d, want 1..%d: %w", m.Where(), n.distance, MatchDistanceMax, ErrInvalid)
	}
	return checkUTF8(m.Where(), n.text)
}

func hasWord(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) >= 0
}

// isMatchWord reports whether s reads back as the word that it is.
func isMatchWord(s string) bool {
	return hasWord(s) && s[0] != '+' && s[0] != '-' && strings.IndexFunc(s, endsMatchWord) < 0 && matchFieldOf(s) < 0 &&
		s != "OR" && s != "AND" && s != "NOT"
}

// endsMatchWord reports whether r cannot be within a word.
func endsMatchWord(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune(`"()*~^`, r)
}

// matchFieldOf returns how many bytes of the start of s are a field's name, with
// letters alone and a colon behind; -1 where it starts with none.
func matchFieldOf(s string) int {
	size := strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) })
	if size < 1 || s[size] != ':' {
		return -1
	}
	return size
}

// String returns the text form of m, which ParseMatch reads back; "" for the zero
// Match. It is made once.
func (m Match) String() string {
	if m.IsZero() {
		return ""
	}
	if text := m.node.printed.Load(); text != nil {
		return *text
	}
	text := string(m.node.append(nil))
	m.node.printed.Store(&text)
	return text
}

func (n *matchNode) append(dst []byte) []byte {
	if n.kind == MatchKindGroup {
		return n.appendClauses(dst)
	}
	if n.field != "" {
		dst = append(append(dst, n.field...), ':')
	}
	switch n.kind {
	case MatchKindPhrase:
		return appendMatchPhrase(dst, n.text)
	case MatchKindPrefix:
		return append(append(dst, n.text...), '*')
	case MatchKindFuzzy:
		dst = append(append(dst, n.text...), '~')
		if n.distance > 0 {
			dst = append(dst, '0'+byte(n.distance))
		}
		return dst
	}
	return append(dst, n.text...)
}

func (n *matchNode) appendClauses(dst []byte) []byte {
	for i, c := range n.clauses {
		if i > 0 {
			dst = append(dst, ' ')
		}
		switch c.Occur {
		case OccurRequired:
			dst = append(dst, '+')
		case OccurExcluded:
			dst = append(dst, '-')
		}
		if c.Match.node.kind == MatchKindGroup {
			dst = append(c.Match.node.append(append(dst, '(')), ')')
		} else {
			dst = c.Match.node.append(dst)
		}
	}
	return dst
}

func appendMatchPhrase(dst []byte, text string) []byte {
	dst = append(dst, '"')
	for i := range len(text) {
		if text[i] == '"' || text[i] == '\\' {
			dst = append(dst, '\\')
		}
		dst = append(dst, text[i])
	}
	return append(dst, '"')
}
