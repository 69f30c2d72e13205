package entity

import (
	"unicode"
	"unicode/utf8"

	"github.com/zeebo/xxh3"
	"golang.org/x/text/unicode/norm"
)

// canonical forms are built in a buffer of the Finder; nothing here allocates once
// that has its size.

// Hash returns the hash of a name, as Find gives it for a mention of that name: letters
// of both cases, with and without marks, are one; blanks, full stops, titles in front
// ("Dr."), "the" there and a possessive behind count for nothing. "Dr. Anna's" and "anna" are one.
//
// Any text is a name; invalid UTF-8 counts as U+FFFD. O(len(name)).
func Hash(name string) uint64 {
	var space [128]byte
	return xxh3.Hash(appendName(space[:0], name))
}

// appendName appends the canonical form of a name.
func appendName(buf []byte, name string) []byte {
	start := len(buf)
	buf = appendFolded(buf, name)
	return stripTitles(buf, start)
}

// appendFolded appends the words of a text in small letters without marks, one blank
// between them, without full stops and the possessive of the last.
func appendFolded(buf []byte, s string) []byte {
	start, gap := len(buf), false
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c <= ' ':
			gap = len(buf) > start
			i++
		case c == '.':
			i++
		default:
			if gap {
				buf, gap = append(buf, ' '), false
			}
			buf, i = appendFoldedAt(buf, s, i)
		}
	}
	return buf[:start+len(stripPossessive(buf[start:]))]
}

// appendFoldedAt appends the character at i, and returns where the next one is.
func appendFoldedAt(buf []byte, s string, i int) ([]byte, int) {
	c := s[i]
	if c < utf8.RuneSelf {
		if 'A' <= c && c <= 'Z' {
			c |= caseBit
		}
		return append(buf, c), i + 1
	}
	r, size := utf8.DecodeRuneInString(s[i:])
	switch {
	case r == '’' || r == 'ʼ':
		return append(buf, '\''), i + size
	case 0x300 <= r && r <= 0x36F: // marks of Latin and Greek; in other scripts marks are vowels
		return buf, i + size
	}
	// The first character of the decomposition is the letter without its marks.
	if p := norm.NFD.PropertiesString(s[i:]).Decomposition(); len(p) > 0 {
		if base, _ := utf8.DecodeRune(p); base < 0x400 {
			r = base
		}
	}
	return utf8.AppendRune(buf, unicode.ToLower(r)), i + size
}

func stripPossessive(b []byte) []byte {
	switch n := len(b); {
	case n > 2 && b[n-2] == '\'' && b[n-1] == 's':
		return b[:n-2]
	case n > 2 && b[n-1] == '\'':
		return b[:n-1]
	}
	return b
}

// stripTitles drops titles, words for relatives and "the" at the start of a folded name,
// unless nothing would be left.
func stripTitles(buf []byte, start int) []byte {
	lex := words()
	at := start
	for {
		end := at
		for end < len(buf) && buf[end] != ' ' {
			end++
		}
		if end == len(buf) || end-at > keyBytesMax || string(buf[at:end]) != "the" && lex.find(string(buf[at:end]))&(factTitle|factKin) == 0 {
			break
		}
		at = end + 1
	}
	return append(buf[:start], buf[at:]...)
}
