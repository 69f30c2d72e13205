// Package pattern finds which of some thousand phrases stand in a text, in one pass
// over its bytes and without allocating.
//
// A Set is the automaton of Aho and Corasick (1975, "Efficient string matching: an aid
// to bibliographic search") over phrases in small letters between word borders, laid
// out as a double array (Aoe 1989, "An efficient digital search algorithm by using a
// double-array structure"): a state is four numbers of 16 bits, so that the automaton
// of a thousand phrases takes some 50 KB, where a table of all its moves would take
// ten times that.
//
// Because phrases begin and end at word borders, what is found is looked up at borders
// alone, and a word in which no phrase can go on is skipped to its end.
package pattern

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// PhrasesMax bounds the phrases of a set, statesMax its states, so that both have
// room in 16 bits.
const (
	PhrasesMax = 1 << 13
	statesMax  = 1 << 15

	nodeSize, outSize = 8, 6 // bytes
)

// Set is a compiled list of rules. It never changes: any number of goroutines may
// read texts with it.
type Set struct {
	nodes []node
	outs  []out // [0] is none
}

// node is one state. The state behind symbol x is base+x if that node's parent is this
// state; else the search goes on at fail, the longest ending of what was read that is
// the beginning of a phrase.
type node struct {
	base, parent, fail uint16
	out                uint16 // first of the phrases that end here, in outs; 0 = none
}

// out is one phrase that ends at a state.
type out struct {
	rule  uint16
	words uint16 // how many words the phrase has
	next  uint16 // the next shorter phrase that ends here too; 0 = none
}

// Match is one phrase found: that of rule Rule, over the words First..Last of the text,
// counted from 0.
type Match struct {
	Rule        int
	First, Last int
}

// Cursor walks through one text. It is a value: it may be copied to walk from where it
// stands twice. The text must not be changed meanwhile.
type Cursor struct {
	set     *Set
	text    string
	at      int
	state   uint16
	pending uint16 // phrases found at the border before at, not yet handed out
	border  bool   // at stands behind a border
	words   int    // begun so far
}

// Find returns a cursor at the start of text, which may be any bytes at all.
//
// Letters are A-Z, a-z, alike in both cases, digits, the underscore, and the letters,
// marks and numbers of other scripts, which no phrase has; an apostrophe, straight or
// curly, belongs to the word that it stands in. White space and hyphens part words; a
// phrase goes on over any run of them within one line. All else parts words and ends
// phrases, and a full stop, question mark, exclamation mark, colon, semicolon or line
// break begins a sentence.
func (s *Set) Find(text string) Cursor {
	return Cursor{set: s, text: text, state: stateSentence, border: true}
}

// Words returns how many words the cursor has begun; all of the text's once Next has
// returned false.
func (c *Cursor) Words() int { return c.words }

// Next returns the next phrase, in the order of their ends, longer ones first; false
// when there is none left. Phrases may overlap. O(bytes read), no allocation.
func (c *Cursor) Next() (m Match, ok bool) {
	if c.pending == 0 && !c.walk() {
		return Match{}, false
	}
	o := &c.set.outs[c.pending]
	c.pending = o.next
	return Match{Rule: int(o.rule), First: c.words - int(o.words), Last: c.words - 1}, true
}

// walk reads on to the next border at which phrases end and reports whether there is one.
func (c *Cursor) walk() bool {
	for c.at < len(c.text) {
		symbol := symbolOf[c.text[c.at]]
		if symbol < symbolSpace {
			c.word()
			continue
		}
		size := 1
		if symbol >= symbolLook {
			symbol, size = c.look()
			if symbol < symbolSpace {
				c.letter(symbol)
				c.at += size
				continue
			}
		}
		found := c.part(symbol)
		c.at += size
		if found {
			return true
		}
	}
	return c.part(symbolSpace)
}

// word reads letters of ASCII to the end of their run.
func (c *Cursor) word() {
	c.letter(symbolOf[c.text[c.at]])
	nodes, state, at := c.set.nodes, c.state, c.at+1
	for ; at < len(c.text); at++ {
		symbol := symbolOf[c.text[at]]
		if symbol >= symbolSpace {
			break
		}
		if state != stateWord {
			state = step(nodes, state, symbol)
		}
	}
	c.state, c.at = state, at
}

// letter moves the state over one symbol of a word.
func (c *Cursor) letter(symbol uint8) {
	if c.border {
		c.border = false
		c.words++
	}
	c.state = step(c.set.nodes, c.state, symbol)
}

// part moves the state over a border and reports whether phrases end at it.
func (c *Cursor) part(symbol uint8) (found bool) {
	if !c.border {
		c.border = true
		c.pending = c.set.nodes[c.state].out
		c.state = step(c.set.nodes, c.state, symbolSpace)
	}
	switch {
	case symbol == symbolStop:
		c.state = stateSentence
	case symbol == symbolBreak && c.state != stateSentence:
		c.state = stateBorder
	}
	return c.pending != 0
}

// step returns the state behind a symbol. The states fall back along shorter and
// shorter endings, to stateWord, which every letter leads to itself.
func step(nodes []node, state uint16, symbol uint8) uint16 {
	for {
		to := nodes[state].base + uint16(symbol)
		if nodes[to].parent == state {
			return to
		}
		if state == stateWord {
			return stateWord
		}
		state = nodes[state].fail
	}
}

// look returns the symbol of what stands at the cursor and its size: an apostrophe,
// which is a letter within a word and a border around one, or a character beyond ASCII.
func (c *Cursor) look() (symbol uint8, size int) {
	r, size := utf8.DecodeRuneInString(c.text[c.at:])
	switch {
	case r == '\'' || r == '\u2019':
		if !c.border && c.letterAt(c.at+size) {
			return symbolApostrophe, size
		}
		return symbolBreak, size
	case r == utf8.RuneError && size == 1:
		return symbolBreak, size
	case unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r):
		return symbolOther, size
	case unicode.IsSpace(r):
		return symbolSpace, size
	case r == '…' || r == '。' || r == '？' || r == '！' || r == '•' || r == '¿' || r == '¡':
		return symbolStop, size
	}
	return symbolBreak, size
}

// letterAt reports whether an ASCII letter stands at a place of the text.
func (c *Cursor) letterAt(at int) bool {
	return at < len(c.text) && symbolOf[c.text[at]] < symbolSpace
}

// Size returns the bytes that the set takes.
func (s *Set) Size() int {
	return len(s.nodes)*nodeSize + len(s.outs)*outSize
}

// String says how large the set is.
func (s *Set) String() string {
	return fmt.Sprintf("%d phrases, %d states, %d bytes", len(s.outs)-1, len(s.nodes), s.Size())
}
