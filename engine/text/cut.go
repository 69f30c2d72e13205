package text

import (
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/words"
)

// cutter gives the words of a text by the boundaries of UAX #29. What holds no letter and
// no digit it may leave out. Of a text of ASCII, as most are in English, it follows the
// few rules that matter there itself, at a quarter of what the library takes.
type cutter struct {
	text       string
	start, end int // of the word at hand
	plain      bool
	library    *words.Iterator[string] // where the text is not plain
}

func newCutter() cutter { return cutter{library: words.FromString("")} }

// SetText begins a text. The cutter keeps it until the next.
func (c *cutter) SetText(s string) {
	c.text, c.start, c.end, c.plain = s, 0, 0, isASCII(s)
	if !c.plain {
		c.library.SetText(s)
	} else {
		c.library.SetText("")
	}
}

// Value returns the word at hand.
func (c *cutter) Value() string {
	if !c.plain {
		return c.library.Value()
	}
	return c.text[c.start:c.end]
}

// Next goes to the next word; false behind the last.
func (c *cutter) Next() bool {
	if !c.plain {
		return c.library.Next()
	}
	s, at := c.text, c.end
	for at < len(s) && classes[s[at]]&inWord == 0 {
		at++
	}
	if at == len(s) {
		c.start, c.end = at, at
		return false
	}
	c.start = at
	for at < len(s) {
		switch class := classes[s[at]]; {
		case class&inWord != 0: // WB5, WB8 to WB10, WB13a and WB13b
			at++
		case at+1 < len(s) && classes[s[at+1]]&inWord != 0 && classes[s[at-1]]&classes[s[at+1]]&class != 0: // WB6, WB7, WB11 and WB12
			at += 2
		default:
			c.end = at
			return true
		}
	}
	c.end = at
	return true
}

// Classes of ASCII: what a byte is, and between two of what a sign joins.
const (
	letter = 1 << iota // or a sign between letters
	digit              // or a sign between digits
	inWord             // a letter, a digit or an underscore
)

var classes = func() (c [256]uint8) {
	for b := range 26 {
		c['a'+b], c['A'+b] = letter|inWord, letter|inWord
	}
	for b := range 10 {
		c['0'+b] = digit | inWord
	}
	c['_'] = inWord
	c[':'], c['.'], c['\''] = letter, letter|digit, letter|digit
	c[','], c[';'] = digit, digit
	return c
}()

// isASCII reports whether all bytes of s are. O(len(s)), eight at a time.
func isASCII(s string) bool {
	const high = 0x8080808080808080
	for ; len(s) >= 8; s = s[8:] {
		eight := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56 // one load
		if eight&high != 0 {
			return false
		}
	}
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
