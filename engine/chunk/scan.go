package chunk

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/sentences"
	"github.com/clipperhouse/uax29/v2/words"
)

// atomBytesMax cuts longer tokens and weighs white space, so that a number of
// atoms bounds a number of bytes.
const atomBytesMax = 64

// level says how good a place to cut is.
type level uint8

const (
	levelNone     level = iota // inside a word, or between a word and its punctuation
	levelWord                  // after white space, or behind a heading
	levelSentence              // where a sentence starts
	levelLine                  // where a line starts; the best there is inside a code block
	levelBlock                 // after a blank line, at both ends of a code block
	levelHeading               // in front of a heading, and at the start of the text
)

// atom is a token, or 64 bytes of a long one: the unit that is never cut.
type atom struct {
	start, end int
	weight     int   // 1, and 1 more for every 64 bytes of white space in front
	level      level // of a cut in front of it
	fenced     bool  // a cut in front of it parts a code block
	opensFence bool  // it is the first of a code block
}

// scanner gives the atoms of a text in order.
type scanner struct {
	text      string
	words     *words.Iterator[string]
	sentences *sentences.Iterator[string]
	rest      atom // of a long token, what is still to be given; empty when start == end
	end       int  // where the atom before ended

	fence        string // the run of ` or ~ that opened the code block at hand; "" outside
	closing      bool   // the line at hand closes the code block
	afterHeading bool   // the line at hand is a heading
}

func newScanner(s string) *scanner {
	return &scanner{text: s, words: words.FromString(s), sentences: sentences.FromString(s)}
}

// next returns the next atom; false at the end of the text.
func (c *scanner) next() (atom, bool) {
	if c.rest.start < c.rest.end {
		return c.cutToken(atom{start: c.rest.start, end: c.rest.end, weight: 1, fenced: c.fence != ""}), true
	}
	for c.words.Next() {
		// A token may carry white space in front of a combining mark.
		token := strings.TrimLeftFunc(c.words.Value(), unicode.IsSpace)
		start := c.words.End() - len(token)
		if token = strings.TrimRightFunc(token, unicode.IsSpace); token != "" {
			return c.cutToken(c.classify(atom{start: start, end: start + len(token)})), true
		}
	}
	return atom{}, false
}

// cutToken returns the first 64 bytes of a longer token, cut between runes, and
// keeps the rest for the next call.
func (c *scanner) cutToken(a atom) atom {
	c.rest = atom{start: a.end, end: a.end}
	if a.end-a.start > atomBytesMax {
		c.rest.end = a.end
		a.end = a.start + atomBytesMax
		// Four bytes back there is a rune's start unless the text is not UTF-8.
		for back := 0; back < utf8.UTFMax && !utf8.RuneStart(c.text[a.end]); back++ {
			a.end--
		}
		c.rest.start = a.end
	}
	c.end = a.end
	return a
}

// classify sets what the white space in front of a token and the line that it
// starts, if it does, say about a cut there.
func (c *scanner) classify(a atom) atom {
	gap := c.text[c.end:a.start]
	a.weight = 1 + len(gap)/atomBytesMax
	sentence := c.startsSentence(a.start)
	switch lines := strings.Count(gap, "\n"); {
	case lines > 0 || c.end == 0:
		c.startLine(&a, lines)
	case sentence && c.fence == "":
		a.level = levelSentence
	case gap != "" || c.startsWideLetter(a.start):
		a.level = levelWord
	}
	a.fenced = c.fence != "" && !a.opensFence
	return a
}

// startsWideLetter reports whether a letter beyond ASCII is at a place: scripts
// without spaces are cut anywhere between their words, not before punctuation.
func (c *scanner) startsWideLetter(at int) bool {
	r, _ := utf8.DecodeRuneInString(c.text[at:])
	return r >= utf8.RuneSelf && unicode.IsLetter(r)
}

// startsSentence moves the sentences to the one at a place and reports whether
// it starts in the white space in front of it.
func (c *scanner) startsSentence(at int) bool {
	for c.sentences.End() <= at && c.sentences.Next() {
	}
	return c.sentences.Start() >= c.end
}

// startLine classifies an atom that is the first of its line, lines line ends
// behind the atom before, and sets what the line means for those after it.
func (c *scanner) startLine(a *atom, lines int) {
	line, _, _ := strings.Cut(c.text[a.start:], "\n")
	indented := a.start - (strings.LastIndexByte(c.text[:a.start], '\n') + 1)
	run := fenceRun(line)
	a.level = levelLine
	if lines > 1 {
		a.level = levelBlock
	}
	switch {
	case c.closing:
		c.fence, c.closing = "", false
		c.startLine(a, 2)
		return
	case c.fence != "":
		a.level = levelLine
		c.closing = indented <= indentMax && strings.HasPrefix(run, c.fence) && strings.TrimSpace(line) == run
	case run != "" && indented <= indentMax:
		a.level, a.opensFence = levelBlock, true
		c.fence, c.afterHeading = run, false
	case isHeading(line) && indented <= indentMax:
		a.level, c.afterHeading = levelHeading, true
	case c.afterHeading:
		a.level, c.afterHeading = levelWord, false // a heading stays with what it heads
	}
}

// indentMax is how far Markdown lets headings and fences be indented.
const indentMax = 3

// fenceRun returns the ` or ~ that a line starts with, three at least; else "".
// A line with more ` further on is code within a line, not a fence.
func fenceRun(line string) string {
	n := 0
	for n < len(line) && line[n] == line[0] {
		n++
	}
	if n < 3 || line[0] != '`' && line[0] != '~' || line[0] == '`' && strings.Contains(line[n:], "`") {
		return ""
	}
	return line[:n]
}

// isHeading reports whether a line is 1 to 6 # and a space or nothing.
func isHeading(line string) bool {
	rest := strings.TrimLeft(line, "#")
	n := len(line) - len(rest)
	return n >= 1 && n <= 6 && (rest == "" || rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\r')
}
