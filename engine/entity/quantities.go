package entity

import (
	"strconv"
	"strings"

	"github.com/zeebo/xxh3"
)

// appendAmount appends the canonical form of an amount: digits without zeros on either side,
// the power of ten, and what it is of. "$1,200" and "1.2k dollars" are "12e2 usd".
func (f *Finder) appendAmount(buf []byte, a *amount, kind Kind) []byte {
	if a.number.end == 0 {
		f.scratch = strconv.AppendUint(f.scratch[:0], a.value, 10)
		buf = appendPower(buf, f.scratch, a.exponent)
	} else {
		buf = f.appendDigits(buf, a.number, a.exponent)
		if a.upTo.end > 0 {
			buf = f.appendDigits(append(buf, '-'), a.upTo, a.exponent)
		}
	}
	switch {
	case kind == Percent:
		return append(buf, '%')
	case kind == Money:
		return append(append(buf, ' '), a.currency...)
	case a.unit != "":
		return append(append(buf, ' '), a.unit...)
	}
	return buf
}

// appendDigits appends a number of the text.
func (f *Finder) appendDigits(buf []byte, n span, exponent int) []byte {
	f.scratch = f.scratch[:0]
	point := false
	for i := n.start; i < n.end; i++ {
		switch c := f.text[i]; {
		case c == '.':
			point = true
		case isDigit(c):
			f.scratch = append(f.scratch, c)
			if point {
				exponent--
			}
		}
	}
	return appendPower(buf, f.scratch, exponent)
}

// appendPower appends digits times a power of ten, in the one way without zeros around.
func appendPower(buf, digits []byte, exponent int) []byte {
	for len(digits) > 0 && digits[0] == '0' {
		digits = digits[1:]
	}
	for n := len(digits); n > 0 && digits[n-1] == '0'; n-- {
		digits = digits[:n-1]
		exponent++
	}
	if len(digits) == 0 {
		return append(buf, '0')
	}
	buf = append(append(buf, digits...), 'e')
	return strconv.AppendInt(buf, int64(exponent), 10)
}

// hashAmount keeps numbers apart from what else consists of digits.
func hashAmount(canonical []byte, kind Kind) uint64 { return xxh3.HashSeed(canonical, uint64(kind)) }

// hash returns the hash of a mention that is neither a name of the rules nor an amount.
func (f *Finder) hash(s, e int, kind Kind) uint64 {
	switch kind {
	case Phone:
		f.buf = appendClass(f.buf[:0], f.text[s:e], classDigit)
		return hashAmount(f.buf, kind)
	case Version:
		for s < e && !isDigit(f.text[s]) {
			s++
		}
		f.buf = appendLower(f.buf[:0], f.text[s:e])
		return hashAmount(f.buf, kind)
	case URL:
		f.buf = appendLower(f.buf[:0], bareURL(f.text[s:e]))
	case Handle:
		f.buf = appendName(f.buf[:0], f.text[s+1:e])
	case Code:
		f.buf = appendLower(f.buf[:0], bareCode(f.text[s:e]))
	case Identifier:
		f.buf = appendLower(f.buf[:0], bareIdentifier(f.text[s:e]))
	default:
		f.buf = appendLower(f.buf[:0], f.text[s:e])
	}
	return xxh3.Hash(f.buf)
}

func appendClass(buf []byte, s string, of uint8) []byte {
	for i := range len(s) {
		if class[s[i]] == of {
			buf = append(buf, s[i])
		}
	}
	return buf
}

func appendLower(buf []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		if isUpper(c) {
			c |= caseBit
		}
		buf = append(buf, c)
	}
	return buf
}

// bareURL drops the scheme, "www." and a slash at the end.
func bareURL(s string) string {
	if _, rest, found := strings.Cut(s, "://"); found {
		s = rest
	}
	if hasPrefixFold(s, "www.") {
		s = s[len("www."):]
	}
	return strings.TrimSuffix(s, "/")
}

// bareCode drops backticks and empty brackets.
func bareCode(s string) string { return strings.TrimSuffix(strings.Trim(s, "`"), "()") }

// bareIdentifier drops "#" and "ISBN ".
func bareIdentifier(s string) string {
	if hasPrefixFold(s, "isbn") {
		s = strings.TrimLeft(s[len("isbn"):], "- :")
	}
	return strings.TrimPrefix(s, "#")
}
