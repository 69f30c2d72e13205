package pattern

import "strings"

// Signs are what else than words stands in a text, a bit each.
type Signs uint16

// The signs.
const (
	SignDigit    Signs = 1 << iota // a digit
	SignYear                       // four digits alone, 1900 to 2099
	SignClock                      // 7:45
	SignMoney                      // a currency's sign at a number
	SignQuote                      // a phrase in quotation marks
	SignCode                       // backticks, names_like_this or likeThis, calls(), operators, names of source files
	SignQuestion                   // the last sign of the text is a question mark
	SignList                       // two lines or more with bullets or numbers
)

// quoteMax bounds how far a closing quotation mark may stand from the opening one.
const quoteMax = 200

// SignsOf returns the signs of any text. O(len(text)), no allocation.
func SignsOf(text string) (signs Signs) {
	var quotes marks
	lines := 0
	if listLine(text) {
		lines++
	}
	for i := 0; i < len(text); i++ {
		if !telling[text[i]] {
			continue
		}
		switch c := text[i]; {
		case '0' <= c && c <= '9':
			var number Signs
			number, i = numberSigns(text, i)
			signs |= number
		case c == '\n':
			if listLine(text[i+1:]) {
				lines++
			}
		case c >= 0x80:
			signs |= quotes.wideSigns(text, i)
		case c == '"' || c == '\'':
			if quotes.closes(text, i) {
				signs |= SignQuote
			}
		case c == '$':
			signs |= moneySign(text, i, 1)
		default:
			signs |= codeSigns(text, i)
		}
	}
	if lines > 1 {
		signs |= SignList
	}
	if endsAsQuestion(text) {
		signs |= SignQuestion
	}
	return signs
}

// telling marks the bytes at which a sign may stand. Of those beyond ASCII only the
// first of the quotation marks and currencies is one.
var telling = func() (t [256]bool) {
	for _, c := range []byte("0123456789\n\"'$`_(=>&:;.ABCDEFGHIJKLMNOPQRSTUVWXYZ\xe2\xc2") {
		t[c] = true
	}
	return t
}()

// numberSigns returns the signs of the number that begins at i and its last byte.
func numberSigns(text string, i int) (signs Signs, last int) {
	end := i
	for end < len(text) && isDigit(text[end]) {
		end++
	}
	signs = SignDigit
	alone := (i == 0 || !isWordByte(text[i-1])) && (end == len(text) || !isWordByte(text[end]))
	if century := text[i:min(i+2, len(text))]; alone && end-i == 4 && (century == "19" || century == "20") {
		signs |= SignYear
	}
	if end-i <= 2 && end+2 < len(text) && text[end] == ':' && isDigit(text[end+1]) && isDigit(text[end+2]) {
		signs |= SignClock
	}
	rest := strings.TrimPrefix(text[end:min(end+4, len(text))], " ")
	if strings.HasPrefix(rest, "€") || strings.HasPrefix(rest, "£") || strings.HasPrefix(rest, "$") {
		signs |= SignMoney
	}
	return signs, end - 1
}

// moneySign is SignMoney where a number follows the currency's sign at i, of size bytes.
func moneySign(text string, i, size int) Signs {
	next := i + size
	if next < len(text) && text[next] == ' ' {
		next++
	}
	if next < len(text) && isDigit(text[next]) {
		return SignMoney
	}
	return 0
}

// wideSigns returns the signs of a character beyond ASCII, and notes an opened quotation.
func (quotes *marks) wideSigns(text string, i int) Signs {
	rest := text[i:]
	switch {
	case strings.HasPrefix(rest, "€") || strings.HasPrefix(rest, "₹"):
		return moneySign(text, i, 3)
	case strings.HasPrefix(rest, "£") || strings.HasPrefix(rest, "¥"):
		return moneySign(text, i, 2)
	case strings.HasPrefix(rest, "“"):
		quotes.curly = i + 1
	case strings.HasPrefix(rest, "”") && quotes.curly > 0 && i-quotes.curly < quoteMax:
		return SignQuote
	}
	return 0
}

// marks remembers behind which byte quotations were opened last, so that no text is
// read twice; 0 = none.
type marks struct{ single, double, curly int }

// closes notes the mark of ASCII at i and reports whether it closes a quotation: nothing of a
// word follows, and one not too far before it stood before a word and behind none.
func (m *marks) closes(text string, i int) bool {
	opened := &m.double
	if text[i] == '\'' {
		opened = &m.single
	}
	if i+1 < len(text) && isWordByte(text[i+1]) {
		if i == 0 || !isWordByte(text[i-1]) {
			*opened = i + 1
		}
		return false
	}
	return *opened > 0 && i-*opened < quoteMax
}

// codeSigns is SignCode where what stands around i is of a program.
func codeSigns(text string, i int) Signs {
	var before, after byte
	if i > 0 {
		before = text[i-1]
	}
	if i+1 < len(text) {
		after = text[i+1]
	}
	found := false
	switch c := text[i]; c {
	case '`':
		found = true
	case '_':
		found = isWordByte(before) && isWordByte(after)
	case '(':
		found = isWordByte(before) && after == ')'
	case '=':
		found = after == '=' || after == '>' || before == '!' || before == '+'
	case '>':
		found = before == '-' && i > 1 && text[i-2] != '-'
	case '&':
		found = after == '&'
	case ':':
		found = after == ':'
	case ';':
		found = (before == ')' || isWordByte(before)) && (after == 0 || after == '\n')
	case '.':
		found = isWordByte(before) && sourceFile(text[i+1:])
	default: // a capital within a word that began small
		found = i > 1 && isSmall(before) && isSmall(text[i-2])
	}
	if found {
		return SignCode
	}
	return 0
}

// sourceFile reports whether a text begins with the ending of a source file's name.
func sourceFile(rest string) bool {
	end := 0
	for end < len(rest) && end < 6 && isWordByte(rest[end]) {
		end++
	}
	switch rest[:end] {
	case "py", "js", "ts", "go", "rs", "cpp", "java", "json", "yaml", "yml", "toml", "sh", "sql", "css", "html", "tsx", "jsx", "rb", "php":
		return true
	}
	return false
}

// listLine reports whether a line begins with a bullet or a number.
func listLine(line string) bool {
	line = line[:min(len(line), 16)]
	for line != "" && (line[0] == ' ' || line[0] == '\t') {
		line = line[1:]
	}
	digits := 0
	for digits < len(line) && digits < 3 && isDigit(line[digits]) {
		digits++
	}
	if digits > 0 {
		rest := line[digits:]
		return len(rest) > 1 && (rest[0] == '.' || rest[0] == ')') && rest[1] == ' '
	}
	return strings.HasPrefix(line, "- ") || strings.HasPrefix(line, "* ") || strings.HasPrefix(line, "+ ") || strings.HasPrefix(line, "• ")
}

// endsAsQuestion reports whether the last sign is a question mark, whatever else than
// words of ASCII follows it: blanks, brackets, pictures.
func endsAsQuestion(text string) bool {
	for i := len(text) - 1; i >= 0; i-- {
		if text[i] == '?' || strings.HasPrefix(text[i:], "？") || strings.HasPrefix(text[i:], "؟") {
			return true
		}
		if c := text[i]; c < 0x80 && (isWordByte(c) || c == '.') {
			return false
		}
	}
	return false
}

func isDigit(c byte) bool    { return '0' <= c && c <= '9' }
func isSmall(c byte) bool    { return 'a' <= c && c <= 'z' }
func isWordByte(c byte) bool { return symbolOf[c] < symbolSpace || c >= 0x80 }
