package entity

import "strings"

// shape finds what the signs and digits of a piece make of it.
func (f *Finder) shape(s, e int, mask uint8) bool {
	if mask&classSign != 0 && f.signed(s, e, mask) {
		return true
	}
	if mask&classHigh == 0 && f.identified(s, e, mask) {
		return true
	}
	return mask&(classDigit) != 0 && f.number(s, e)
}

// signed finds what the signs of addresses, paths and amounts make of a piece.
func (f *Finder) signed(s, e int, mask uint8) bool {
	piece := f.text[s:e]
	switch {
	case strings.Contains(piece, "://"):
		return f.url(s)
	case strings.IndexByte(piece, '@') >= 0:
		return f.handle(s, e) || f.email(s, e)
	case piece[0] == '#':
		return f.tag(s, e)
	case strings.ContainsAny(piece, `/\`):
		return mask&classHigh == 0 && (f.host(s, e) || f.path(s, e))
	case strings.IndexByte(piece, '_') >= 0:
		return mask&classHigh == 0 && f.snake(s, e)
	}
	return piece[0] == '+' && f.phone(s)
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && sameFolded(prefix, s[:len(prefix)])
}

// urlByte reports whether a byte goes on with a URL (RFC 3986, section 2, without quotes);
// bytes beyond ASCII end it, so that one in a text without blanks is found.
func urlByte(c byte) bool {
	return class[c]&(classLower|classUpper|classDigit) != 0 || strings.IndexByte("-._~:/?#[]@!$&()*+,;=%", c) >= 0
}

// url finds a URL with a scheme or "www.". What it reads in vain is short: long texts of
// such starts are read once.
func (f *Finder) url(s int) bool {
	scheme, rest, found := strings.Cut(f.text[s:min(s+MentionBytesMax, len(f.text))], "://")
	if !found || !onlyLetters(scheme) {
		scheme, rest = "", f.text[s+len("www."):]
	}
	if len(scheme) > schemeBytesMax || rest == "" || class[rest[0]]&classWord == 0 {
		return false
	}
	e := f.urlEnd(s)
	if scheme == "" && strings.Count(f.text[s:e], ".") < 2 {
		return false
	}
	f.emit(s, e, URL)
	return true
}

const schemeBytesMax = 16

func (f *Finder) urlEnd(s int) int {
	e := s
	for e < len(f.text) && e-s <= MentionBytesMax && urlByte(f.text[e]) {
		e++
	}
	return f.trimURL(s, e)
}

// trimURL drops the punctuation of the sentence, and brackets that open before the URL.
func (f *Finder) trimURL(s, e int) int {
	round := strings.Count(f.text[s:e], ")") - strings.Count(f.text[s:e], "(")
	square := strings.Count(f.text[s:e], "]") - strings.Count(f.text[s:e], "[")
	for ; e > s; e-- {
		switch c := f.text[e-1]; {
		case strings.IndexByte(".,;:!?*_-", c) >= 0:
		case c == ')' && round > 0:
			round--
		case c == ']' && square > 0:
			square--
		default:
			return e
		}
	}
	return e
}

func onlyLetters(s string) bool {
	for i := range len(s) {
		if !isLetter(s[i]) {
			return false
		}
	}
	return s != ""
}

// email finds an address in a piece: name@label.label (a part of RFC 5321, section 4.1.2).
func (f *Finder) email(s, e int) bool {
	at := s + strings.IndexByte(f.text[s:e], '@')
	start := at
	for start > s && (class[f.text[start-1]]&(classLower|classUpper|classDigit|classDot) != 0 || strings.IndexByte("_%+-", f.text[start-1]) >= 0) {
		start--
	}
	for start < at && f.text[start] == '.' {
		start++
	}
	end := f.hostEnd(at+1, e)
	host := f.text[at+1 : end]
	dot := strings.LastIndexByte(host, '.')
	if start == at || dot < 1 || len(host)-dot <= 2 || !onlyLetters(host[dot+1:]) {
		return false
	}
	f.emit(start, end, Email)
	return true
}

// hostEnd returns where the name of a host at s ends: labels of letters, digits and
// hyphens between full stops.
func (f *Finder) hostEnd(s, e int) int {
	end := s
	for end < e && (class[f.text[end]]&(classLower|classUpper|classDigit|classDot) != 0 || f.text[end] == '-') {
		end++
	}
	for end > s && (f.text[end-1] == '.' || f.text[end-1] == '-') {
		end--
	}
	return end
}

// handle finds "@name"; in code that is a decorator.
func (f *Finder) handle(s, e int) bool {
	if f.text[s] != '@' || s < f.codeEnd {
		return false
	}
	end := s + 1
	for end < e && end-s <= handleBytesMax && (class[f.text[end]]&(classLower|classUpper|classDigit|classDot) != 0 || f.text[end] == '_') {
		end++
	}
	for end > s+1 && f.text[end-1] == '.' {
		end--
	}
	if end-s < 3 || isDigit(f.text[s+1]) || end < e && f.text[end] == '@' {
		return false
	}
	f.emit(s, end, Handle)
	return true
}

const handleBytesMax = 64

// tag finds "#word" and "#123"; the signs of a heading in Markdown are none.
func (f *Finder) tag(s, e int) bool {
	end := s + 1
	for end < e && f.text[end] == '#' {
		end++
	}
	if end == e {
		if f.lineFirst {
			f.titleEnd = e + len(lineOf(f.text[e:]))
		}
		f.at = e
		return true
	}
	if end > s+1 {
		return false
	}
	mask := uint8(0)
	for end < e && (class[f.text[end]]&classWord != 0 || f.text[end] == '_') {
		mask |= class[f.text[end]]
		end++
	}
	switch {
	case s < f.codeEnd, end-s < 3 && mask != classDigit || end == s+1 || end-s > handleBytesMax:
		return false
	case mask == classDigit:
		f.emit(s, end, Identifier)
	case isDigit(f.text[s+1]):
		return false
	default:
		f.emit(s, end, Handle)
	}
	return true
}

// host finds a host of a known domain with a path: "example.org/a".
func (f *Finder) host(s, e int) bool {
	slash := strings.IndexByte(f.text[s:e], '/')
	if slash < 0 || f.hostEnd(s, s+slash) != s+slash || !f.isHost(s, s+slash) {
		return false
	}
	return f.pathURL(s)
}

func (f *Finder) pathURL(s int) bool {
	f.emit(s, f.urlEnd(s), URL)
	return true
}

// isHost reports whether there are labels of which the last is a known domain.
func (f *Finder) isHost(s, e int) bool {
	host := f.text[s:e]
	dot := strings.LastIndexByte(host, '.')
	return dot >= 2 && isLetter(host[0]) && !strings.Contains(host, "..") && f.lex.find(host[dot+1:])&factDomain != 0
}

// path finds a path of files: from the root, from here, from home, of a drive, or one of
// which the last part has a known extension.
func (f *Finder) path(s, e int) bool {
	piece := f.text[s:e]
	for i := range len(piece) {
		if class[piece[i]]&(classLower|classUpper|classDigit|classDot) == 0 && strings.IndexByte(`/\_-~+@:%`, piece[i]) < 0 {
			return false
		}
	}
	base := piece[strings.LastIndexAny(piece, `/\`)+1:]
	dot := strings.LastIndexByte(base, '.')
	switch {
	case strings.HasPrefix(piece, "./"), strings.HasPrefix(piece, "../"), strings.HasPrefix(piece, "~/"):
	case len(piece) > 3 && piece[1] == ':' && piece[2] == '\\' && isLetter(piece[0]):
	case piece[0] == '/' && len(piece) > 2 && isLetter(piece[1]) && strings.IndexByte(piece[1:], '/') > 0:
	case dot >= 0 && f.lex.find(base[dot+1:])&factExtension != 0 && !isDigit(piece[0]):
	default:
		return false
	}
	f.emit(s, e, Code)
	return true
}

// snake finds words joined by underscores. One that only stands in underscores is
// emphasised in Markdown.
func (f *Finder) snake(s, e int) bool {
	for s+1 < e && f.text[s] == '_' && f.text[e-1] == '_' && !strings.HasPrefix(f.text[s:e], "__") {
		s, e = s+1, e-1
	}
	piece := f.text[s:e]
	if strings.Trim(piece, "_") == "" || strings.IndexByte(piece, '_') < 0 || !isCodeName(piece) {
		return false
	}
	f.emit(s, f.bracketsEnd(e), Code)
	return true
}

// isCodeName reports whether these are the letters, digits and signs of a symbol.
func isCodeName(s string) bool {
	for i := range len(s) {
		if class[s[i]]&(classLower|classUpper|classDigit|classDot) == 0 && s[i] != '_' && s[i] != '$' {
			return false
		}
	}
	return len(s) <= codeBytesMax && !isDigit(s[0])
}

// codeBytesMax bounds a symbol; longer ones are encoded data.
const codeBytesMax = 80

// bracketsEnd returns the end of the empty brackets at e, else e.
func (f *Finder) bracketsEnd(e int) int {
	if strings.HasPrefix(f.text[e:], "()") {
		return e + 2
	}
	return e
}

// quoted finds what stands in backticks on a line. Three of them fence a block and quote
// nothing.
func (f *Finder) quoted() bool {
	s := f.at
	open := s
	for open < len(f.text) && f.text[open] == '`' {
		open++
	}
	if open-s > 2 {
		f.fence(open)
		return true
	}
	line := lineOf(f.text[open:min(open+quotedBytesMax, len(f.text))])
	end := strings.Index(line, f.text[s:open])
	if end < 0 || strings.TrimSpace(line[:end]) == "" {
		return false
	}
	f.emit(s, open+end+open-s, Code)
	return true
}

const quotedBytesMax = 200

// fence starts a block of code, or ends the one at hand.
func (f *Finder) fence(p int) {
	f.endRun()
	f.at, f.sentence = p, true
	if p <= f.codeEnd {
		return
	}
	f.codeEnd = len(f.text)
	if end := strings.Index(f.text[p:], "```"); end >= 0 {
		f.codeEnd = p + end + len("```")
	}
	f.titleEnd = f.codeEnd
}

// lineOf returns s up to its first line end.
func lineOf(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// flag finds an option of a command: "--dry-run".
func (f *Finder) flag(start, s, e int, mask uint8) bool {
	if s-start != 2 || f.text[start:s] != "--" || mask&^(classLower|classMark|classDigit) != 0 || class[f.text[s]] != classLower {
		return false
	}
	f.emit(start, e, Code)
	return true
}

// code finds symbols by their dots, inner capitals and brackets, and hosts by their domain.
func (f *Finder) code(s, e int, mask uint8) bool {
	if mask&(classSign|classMark) != 0 || !isCodeName(f.text[s:e]) {
		return false
	}
	end := f.bracketsEnd(e)
	if mask&classDot != 0 {
		return f.dotted(s, e, end)
	}
	humps := f.humps(s, e)
	switch {
	case end > e:
	case class[f.text[s]] == classLower && humps > 0 && isUpper(f.text[s+1]):
		return false // iPhone, eBay
	case class[f.text[s]] == classLower && humps > 0 || humps > 2:
	case humps == 2 && (f.isCodeWord(f.wordAfter(e)) || f.nextTo(f.before[0], s) && f.isCodeWord(f.before[0])):
	default:
		return false
	}
	if f.lex.find(f.text[s:e])&factListed != 0 {
		return false
	}
	f.emit(s, end, Code)
	return true
}

func (f *Finder) isCodeWord(s span) bool { return f.facts(s)&factCodeBeside != 0 }

// humps counts the capitals that a small letter follows or precedes.
func (f *Finder) humps(s, e int) (count int) {
	for i := s; i < e; i++ {
		if isUpper(f.text[i]) && (i+1 < e && !isUpper(f.text[i+1]) || i > s && class[f.text[i-1]] == classLower) {
			count++
		}
	}
	return count
}

// dotted finds names with dots: hosts, files, and symbols of symbols.
func (f *Finder) dotted(s, e, end int) bool {
	if hasPrefixFold(f.text[s:e], "www.") {
		return f.url(s)
	}
	parts, letters := 0, 0 // letters: parts of one letter
	for p := s; p <= e; parts++ {
		q := p
		for q < e && f.text[q] != '.' {
			q++
		}
		if q == p || isDigit(f.text[p]) {
			return false
		}
		if q == p+1 {
			letters++
		}
		p = q + 1
	}
	first := s + strings.IndexByte(f.text[s:e], '.')
	last := s + strings.LastIndexByte(f.text[s:e], '.') + 1
	tail := f.lex.find(f.text[last:e])
	switch {
	case letters == parts:
		return false
	case end > e || f.facts(span{s, first})&factCodeHead != 0 && class[f.text[s]] == classLower:
	case f.isHost(s, e) && f.maskOf(s, e)&classUpper == 0:
		return f.pathURL(s)
	case tail&factExtension != 0 && class[f.text[last]] == classLower && first-s > 1:
	case parts > 2 && letters == 0 && f.maskOf(s, first)&classUpper == 0:
	default:
		return false
	}
	f.emit(s, end, Code)
	return true
}
