package model

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ParseMatch reads the text form of a Match:
//
//	+budget -draft "quarterly report" plan* colour~1 (speaker:ann OR title:summary)
//
//	match  = clause { [ "OR" ] clause }
//	clause = [ "+" | "-" ] [ FIELD ":" ] ( WORD [ "*" | "~" | "~1" | "~2" ] | "\"" words "\"" | "(" match ")" )
//
// "+" requires a clause, "-" excludes it; where nothing in a group is required, one
// of its optional clauses must be found. OR stands between optional clauses and
// changes nothing. A FIELD is text, speaker or title; before a group it is that of
// all words in it. A WORD is anything without blanks and " ( ) * ~ ^. In quotes \"
// and \\ stand for " and \. Text of blanks alone is the zero Match.
//
// ErrInvalid says at which byte what was wanted, never what the text says. The
// Match has passed Check. O(bytes).
func ParseMatch(text string) (Match, error) {
	if len(text) > MatchBytesMax {
		return Match{}, fmt.Errorf("match has %d bytes, more than %d: %w", len(text), MatchBytesMax, ErrInvalid)
	}
	if err := checkUTF8("match", text); err != nil {
		return Match{}, err
	}
	p := matchParser{text: text}
	m := p.clauses(0, "")
	if p.err == nil && p.at < len(text) {
		p.fail(p.at, "a bracket that was not opened")
	}
	if p.err != nil {
		return Match{}, p.err
	}
	return m, m.Check()
}

// matchParser descends through the text. After the first error it stands at the end,
// so that every loop ends.
type matchParser struct {
	text string
	at   int
	err  error
}

func (p *matchParser) fail(at int, format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("match: byte %d: %s: %w", at, fmt.Sprintf(format, args...), ErrInvalid)
	}
	p.at = len(p.text)
}

func (p *matchParser) rest() string { return p.text[p.at:] }

func (p *matchParser) next() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *matchParser) skipBlanks() {
	p.at = len(p.text) - len(strings.TrimLeftFunc(p.rest(), unicode.IsSpace))
}

// clauses reads clauses up to the end or a closing bracket.
func (p *matchParser) clauses(depth int, field string) Match {
	at := p.at
	if depth > MatchDepthMax {
		p.fail(at, "groups nested more than %d deep", MatchDepthMax)
	}
	var list []MatchClause
	joined := -1 // where an OR stands that has no clause behind it yet
	for p.skipBlanks(); p.at < len(p.text) && p.next() != ')'; p.skipBlanks() {
		start := p.at
		if p.isOr() {
			if joined >= 0 || len(list) == 0 || list[len(list)-1].Occur != OccurOptional {
				p.fail(start, "OR stands between two clauses without + and -")
			}
			joined = start
			continue
		}
		c := p.clause(depth, field)
		if joined >= 0 && c.Occur != OccurOptional {
			p.fail(start, "OR stands between two clauses without + and -")
		}
		if joined = -1; p.err == nil {
			list = append(list, c)
		}
	}
	if joined >= 0 {
		p.fail(joined, "want a clause behind OR")
	}
	return matchGroup(list, at+1)
}

// isOr takes the word OR, and refuses AND and NOT, which others have.
func (p *matchParser) isOr() bool {
	size := matchRun(p.rest())
	switch word := p.rest()[:size]; {
	case size < len(p.rest()) && !atMatchBoundary(p.rest()[size:]):
		return false
	case word == "AND" || word == "NOT":
		p.fail(p.at, "AND and NOT are written as + and - in front of a clause (as words in double quotes)")
	case word == "OR":
		p.at += size
		return true
	}
	return false
}

// matchRun returns how many bytes s starts with that may be a word.
func matchRun(s string) int {
	if end := strings.IndexFunc(s, endsMatchWord); end >= 0 {
		return end
	}
	return len(s)
}

// atMatchBoundary reports whether a clause may end in front of s.
func atMatchBoundary(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return s == "" || r == ')' || unicode.IsSpace(r)
}

func (p *matchParser) clause(depth int, field string) (c MatchClause) {
	switch p.next() {
	case '+':
		c.Occur = OccurRequired
		p.at++
	case '-':
		c.Occur = OccurExcluded
		p.at++
	}
	at := p.at
	if size := matchFieldOf(p.rest()); size >= 0 {
		if field = p.rest()[:size]; !isMatchField(field) {
			p.fail(at, "no such field, want text:, speaker: or title: (words with a colon stand in double quotes)")
			return c
		}
		p.at += size + 1
	}
	if p.at == len(p.text) || p.next() != '(' && p.next() != '"' && matchRun(p.rest()) == 0 {
		p.fail(p.at, "want a word, a phrase in double quotes or (")
		return c
	}
	switch p.next() {
	case '(':
		c.Match = p.group(depth, field)
	case '"':
		c.Match = p.phrase(at, field)
	default:
		c.Match = p.word(at, field)
	}
	if p.err == nil && !atMatchBoundary(p.rest()) {
		p.boundary()
	}
	return c
}

// boundary fails for what stands behind a clause without a blank.
func (p *matchParser) boundary() {
	switch p.next() {
	case '^':
		p.fail(p.at, "words have no weights; fields do (boosts)")
	case '*', '~':
		p.fail(p.at, "* and ~ stand at the end of one word")
	default:
		p.fail(p.at, "want a blank or )")
	}
}

func (p *matchParser) group(depth int, field string) Match {
	at := p.at
	p.at++
	m := p.clauses(depth+1, field)
	switch {
	case p.err != nil:
	case p.next() != ')':
		p.fail(at, "a bracket that is not closed")
	case m.IsZero():
		p.fail(at, "want a clause between the brackets")
	default:
		p.at++
	}
	return m
}

func (p *matchParser) phrase(at int, field string) Match {
	var text []byte
	for i := p.at + 1; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '"':
			p.at = i + 1
			return p.leaf(&matchNode{kind: MatchKindPhrase, field: field, text: string(text), at: at + 1})
		case c == '\\':
			if i++; i == len(p.text) || p.text[i] != '"' && p.text[i] != '\\' {
				p.fail(i-1, `want \" or \\`)
				return Match{}
			}
		}
		text = append(text, p.text[i])
	}
	p.fail(p.at, "a phrase does not end")
	return Match{}
}

func (p *matchParser) word(at int, field string) Match {
	size := matchRun(p.rest())
	n := &matchNode{kind: MatchKindWord, field: field, text: p.rest()[:size], at: at + 1}
	p.at += size
	switch p.next() {
	case '*':
		n.kind = MatchKindPrefix
		p.at++
	case '~':
		n.kind = MatchKindFuzzy
		if p.at++; p.next() >= '1' && p.next() <= '0'+MatchDistanceMax {
			n.distance = int(p.next() - '0')
			p.at++
		} else if unicode.IsDigit(rune(p.next())) {
			p.fail(p.at, "want ~, ~1 or ~2")
		}
	}
	return p.leaf(n)
}

// leaf returns the node unless there is no word in it.
func (p *matchParser) leaf(n *matchNode) Match {
	if p.err == nil && !hasWord(n.text) {
		p.fail(n.at-1, "want a word: no letter and no digit is in it")
	}
	if n.kind == MatchKindWord && !isMatchWord(n.text) { // "a:b:c" behind a field
		n.kind = MatchKindPhrase
	}
	return Match{n}
}
