package entity

import "strings"

// identified finds versions and identifiers: pieces of digits with letters or dots.
func (f *Finder) identified(s, e int, mask uint8) bool {
	if mask&classDigit == 0 || mask&classSign != 0 && strings.ContainsAny(f.text[s:e], "@/_#$%~\\") {
		return false
	}
	return f.version(s, e) || f.identifier(s, e, mask)
}

// version finds "v1.2", "1.2.3-rc1", "go1.26", and two numbers behind "version" or the name
// of software. Three numbers that end with a year are a date, four are an address.
func (f *Finder) version(s, e int) bool {
	p := s
	for p < e && isLetter(f.text[p]) {
		p++
	}
	prefix := f.text[s:p]
	groups, end, lastStart := f.dottedNumbers(p, e)
	if groups == 0 {
		return false
	}
	if end < e && !f.isRelease(end, e) {
		return false
	}
	marked := strings.EqualFold(prefix, "v") || prefix != "" && groups > 1 && f.lex.find(prefix)&factSoftware != 0
	if prefix == "" {
		if word := f.before[0]; f.nextTo(word, s) && f.isVersionWord(word) {
			f.emit(word.start, e, Version)
			return true
		}
		marked = groups == 3 && end-lastStart < 4 || groups == 2 && f.factsBefore(s)&factSoftware != 0
	}
	if !marked {
		return false
	}
	f.emit(s, e, Version)
	return true
}

func (f *Finder) isVersionWord(s span) bool {
	word := f.text[s.start:s.end]
	return len(word) == len("version") && sameFolded("version", word)
}

// dottedNumbers counts the numbers at p that dots join; last is where the last one starts.
func (f *Finder) dottedNumbers(p, e int) (groups, end, last int) {
	for end = p; p < e && isDigit(f.text[p]); p++ {
		groups, last = groups+1, p
		for p < e && isDigit(f.text[p]) {
			p++
		}
		if end = p; p == e || f.text[p] != '.' {
			break
		}
	}
	return groups, end, last
}

// isRelease reports whether "-rc1" or the like ends a version.
func (f *Finder) isRelease(p, e int) bool {
	return (f.text[p] == '-' || f.text[p] == '+') && p+1 < e && isLetter(f.text[p+1]) && f.text[p] != ':'
}

// identifier finds tickets, hashes, UUIDs, ISBNs and codes of letters and digits.
func (f *Finder) identifier(s, e int, mask uint8) bool {
	piece := f.text[s:e]
	if len(piece) > identifierBytesMax || mask&(classDot|classSign) != 0 || strings.ContainsAny(piece, "'&:") {
		return false
	}
	switch {
	case isISBN(piece) && f.isISBNBefore(s):
		f.emit(f.before[0].start, e, Identifier)
		return true
	case isUUID(piece), isTicket(piece), isHash(piece, mask), isMixed(piece, mask), isISBN13(piece), f.isLongNumber(s, e, mask):
		f.emit(s, e, Identifier)
		return true
	}
	return false
}

const identifierBytesMax = 80

func (f *Finder) isISBNBefore(s int) bool {
	word := f.before[0]
	return f.nextTo(word, s) && hasPrefixFold(f.text[word.start:word.end], "isbn")
}

// isISBN reports whether there are 10 or 13 digits, hyphens between, the last perhaps an X.
func isISBN(s string) bool {
	digits := countDigits(s)
	if strings.HasSuffix(s, "X") {
		digits, s = digits+1, s[:len(s)-1]
	}
	return (digits == 10 || digits == 13) && strings.Trim(s, "0123456789-") == ""
}

func isISBN13(s string) bool {
	return isISBN(s) && (strings.HasPrefix(s, "978-") || strings.HasPrefix(s, "979-"))
}

func countDigits(s string) (count int) {
	for i := range len(s) {
		if isDigit(s[i]) {
			count++
		}
	}
	return count
}

func isHex(c byte) bool { return isDigit(c) || 'a' <= c|caseBit && c|caseBit <= 'f' }

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		if dash := i == 8 || i == 13 || i == 18 || i == 23; dash != (s[i] == '-') || !dash && !isHex(s[i]) {
			return false
		}
	}
	return true
}

// isTicket reports whether this is "ABC-123", perhaps with more groups.
func isTicket(s string) bool {
	dash := strings.IndexByte(s, '-')
	if dash < 2 || !isUpper(s[0]) || !isUpper(s[1]) || countDigits(s[dash:]) == 0 {
		return false
	}
	for i := range len(s) {
		if !isUpper(s[i]) && !isDigit(s[i]) && (s[i] != '-' || i+1 == len(s) || s[i+1] == '-') {
			return false
		}
	}
	return true
}

// isHash reports whether this is a hexadecimal number of seven digits at least, of both kinds.
func isHash(s string, mask uint8) bool {
	if len(s) < 7 || mask != classLower|classDigit && mask != classUpper|classDigit {
		return false
	}
	for i := range len(s) {
		if !isHex(s[i]) {
			return false
		}
	}
	return true
}

// isMixed reports whether this is a code of five capitals and digits at least, both of them.
func isMixed(s string, mask uint8) bool {
	return mask == classUpper|classDigit && len(s) >= 5 && (isUpper(s[0]) || countDigits(s) < len(s)-1)
}

// isLongNumber reports whether this is a number of eight digits at least, or one of five
// behind a word such as "order".
func (f *Finder) isLongNumber(s, e int, mask uint8) bool {
	if mask != classDigit || f.text[s] == '0' && e-s >= phoneDigitsMin && e-s <= 11 {
		return false
	}
	return e-s >= 8 || e-s >= 5 && f.factsBefore(s)&factIdentifierBefore != 0
}
