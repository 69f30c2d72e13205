package timex

import "math/bits"

// gap is what stands in front of a token.
type gap uint8

const (
	gapNone  gap = iota // nothing: "7" and "th"
	gapSpace            // blanks, or one end of a line
	gapHyphen
	gapDash // a hyphen or dash between blanks
	gapComma
	gapSlash
	gapDot // a full stop with no blank behind
	gapColon
	gapApostrophe
	gapPrice // what makes a number something else than time: "$", "#"
	gapOther // brackets, quotes
	gapStop  // the end of a sentence or of a paragraph
)

// window is how many tokens are kept: those behind the first of an expression tell its
// tense, those ahead are its words.
const (
	window = 64
	behind = 16
	ahead  = window - behind - 2
)

// token is a word or a run of digits. Words with other letters than ASCII's are words of no class.
type token struct {
	start, end int
	value      int32 // of a number, or of the entry
	class      class
	gap        gap
	size       uint8 // digits of a number, or of the entry
	weak       bool
	plural     bool
}

// Kinds of bytes.
const (
	byteOther = iota
	byteLetter
	byteDigit
	byteHigh // of a character beyond ASCII
	byteSpace
)

var bytesKinds = func() (kinds [256]uint8) {
	for c := range 256 {
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z' && c < 0x80, c == '_':
			kinds[c] = byteLetter
		case c >= '0' && c <= '9':
			kinds[c] = byteDigit
		case c >= 0x80:
			kinds[c] = byteHigh
		case c == ' ' || c >= '\t' && c <= '\r':
			kinds[c] = byteSpace
		}
	}
	return kinds
}()

var gaps = func() (gaps [256]gap) {
	for c := range 256 {
		gaps[c] = gapOther
	}
	for c, g := range map[byte]gap{
		' ': gapSpace, '\t': gapSpace, '\n': gapSpace, '\r': gapSpace, '-': gapHyphen, ',': gapComma, '/': gapSlash, '.': gapDot,
		':': gapColon, '\'': gapApostrophe, '$': gapPrice, '#': gapPrice, '!': gapStop, '?': gapStop, ';': gapStop,
	} {
		gaps[c] = g
	}
	return gaps
}()

// token returns token i, reading on as far as needed. What is too far ahead of the first
// of the expression is the end, which bounds every rule.
func (f *Finder) token(i int) *token {
	for f.tokens <= i {
		f.read(&f.ring[f.tokens%window])
		f.tokens++
	}
	return &f.ring[i%window]
}

// read reads the next token.
func (f *Finder) read(t *token) {
	s, p := f.text, f.at
	t.value, t.class, t.size, t.weak, t.plural = 0, wordNone, 0, false, false
	if p+1 < len(s) && s[p] == ' ' && bytesKinds[s[p+1]]-1 < 2 {
		t.gap = gapSpace // nearly always
		p++
	} else {
		p, t.gap = skipGap(s, p)
	}
	t.start = p
	switch {
	case p >= len(s):
		t.class, t.gap, t.end, f.at = wordEnd, gapStop, p, p
	case bytesKinds[s[p]] == byteDigit:
		f.at = readDigits(s, p, t)
	default:
		f.at = readWord(s, p, t)
	}
}

func readDigits(s string, p int, t *token) int {
	t.class = wordDigits
	for ; p < len(s) && bytesKinds[s[p]] == byteDigit; p++ {
		t.value = min(t.value*10+int32(s[p]-'0'), 99_999_999)
		t.size = min(t.size+1, 9)
	}
	t.end = p
	return p
}

// readWord reads a word at p, and looks it up.
func readWord(s string, p int, t *token) int {
	lo, n := letters(s, p)
	hi := uint64(0)
	if n == 8 {
		var more int
		hi, more = letters(s, p+8)
		n += more
	}
	p += n
	t.end = p
	if p < len(s) {
		if k := bytesKinds[s[p]]; k == byteLetter || k == byteDigit || k == byteHigh {
			if q := skipWord(s, p); q != p {
				t.end = q
				if n == 1 && q == p+1 && lo == 'q' && s[p] >= '1' && s[p] <= '4' {
					t.class, t.value = wordQuarter, 3*int32(s[p]-'1')+1
				}
				return q
			}
		}
	}
	if e := table.lookup(lo, hi); e != nil {
		t.class, t.value, t.size, t.weak, t.plural = e.class, int32(e.value), e.size, e.weak, e.plural
	}
	return p
}

// letters returns the ASCII letters at p, at most eight, made small, the first in the lowest byte,
// and how many they are. Eight bytes are looked at together: a byte of seven bits is at least
// 'a' where adding 0x80-'a' sets its highest bit.
func letters(s string, p int) (word uint64, n int) {
	const each, high = 0x0101010101010101, 0x8080808080808080
	if p+8 <= len(s) {
		b := s[p : p+8] // which the compiler reads at once
		word = uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
	} else {
		for i := len(s) - 1; i >= p; i-- {
			word = word<<8 | uint64(s[i])
		}
	}
	small := word | each*0x20
	low := small &^ high
	is := (low + each*(0x80-'a')) &^ (low + each*(0x7F-'z')) &^ word & high
	n = bits.TrailingZeros64(is^high) / 8
	return small & (1<<(8*n) - 1), n
}

// skipWord passes what belongs to a word that is none of the table's.
func skipWord(s string, p int) int {
	for p < len(s) {
		switch bytesKinds[s[p]] {
		case byteLetter, byteDigit:
			p++
		case byteHigh:
			if _, n := highGap(s, p); n > 0 {
				return p
			}
			p++
		default:
			return p
		}
	}
	return p
}

// skipGap passes what stands between words.
func skipGap(s string, p int) (int, gap) {
	g, lines := gapNone, 0
	for start := p; p < len(s); {
		k := bytesKinds[s[p]]
		if k == byteLetter || k == byteDigit {
			break
		}
		this, n := gaps[s[p]], 1
		if k == byteHigh {
			if this, n = highGap(s, p); n == 0 {
				break
			}
		}
		if s[p] == '\n' {
			lines++
		}
		g = joinGaps(g, this, p == start)
		p += n
	}
	if lines > 1 {
		g = gapStop
	}
	return p, g
}

// joinGaps says what a gap is with one more character behind it.
func joinGaps(g, more gap, first bool) gap {
	switch {
	case first:
		return more
	case g == gapStop || more == gapStop || more == gapDot && g == gapDot:
		return gapStop
	case more == gapPrice:
		return gapPrice
	case g == gapSpace && more == gapSpace, (g == gapSpace || g == gapComma) && more == gapApostrophe:
		return more
	case more == gapSpace:
		return behindBlank(g)
	case (g == gapSpace || g == gapDash) && (more == gapHyphen || more == gapDash):
		return gapDash
	case g == gapDot:
		return gapStop // an end of a sentence in quotes
	}
	return gapOther
}

// behindBlank says what a gap is that ends with a blank.
func behindBlank(g gap) gap {
	switch g {
	case gapDot:
		return gapStop
	case gapComma, gapDash:
		return g
	}
	return gapOther
}

// highGap returns the gap that a character beyond ASCII makes and its bytes, or 0 where it
// belongs to a word: the no-break space and the block "General Punctuation" make gaps.
func highGap(s string, p int) (gap, int) {
	if p+1 < len(s) && s[p] == 0xC2 && s[p+1] == 0xA0 {
		return gapSpace, 2
	}
	if p+2 >= len(s) || s[p] != 0xE2 || s[p+1] != 0x80 || s[p+2]&0xC0 != 0x80 {
		return gapNone, 0
	}
	switch s[p+2] {
	case 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8A, 0xAF:
		return gapSpace, 3
	case 0x90, 0x91, 0x92, 0x93:
		return gapHyphen, 3
	case 0x94, 0x95:
		return gapDash, 3
	case 0x98, 0x99:
		return gapApostrophe, 3
	case 0xA6:
		return gapStop, 3
	}
	return gapOther, 3
}
