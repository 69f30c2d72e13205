package entity

import (
	"strings"
	"unicode/utf8"
)

// An amount is read in three steps: the sign of a currency in front, the digits or number
// words, and what follows: scale ("million"), currency, unit, or percent.

// amount is a number that is being read.
type amount struct {
	start, end int
	number     span   // its digits; empty for number words
	upTo       span   // the digits of the upper end of a range
	value      uint64 // of number words
	exponent   int    // of the scale, to the base of 10
	currency   string // canonical; empty for none
	unit       string // canonical; empty for none
	percent    bool
	time       bool // the unit is one of time
}

// number finds an amount in digits. What looks like a date or a time of day is none, nor
// is any other mixture of digits and signs: all of it is passed over.
func (f *Finder) number(s, e int) bool {
	a := amount{start: s}
	p := f.currencySign(s, &a)
	if p == s && f.phone(s) {
		return true
	}
	if p >= len(f.text) || !isDigit(f.text[p]) {
		return false
	}
	a.number, a.end = f.digits(p), 0
	if a.currency == "" && f.isListMark(s, a.number.end) {
		return true
	}
	if !f.attached(&a, e) {
		f.skipTo(max(e, a.number.end))
		return true
	}
	f.following(&a)
	f.countAmount(&a)
	return true
}

// digits reads digits with commas between three, and one decimal point.
func (f *Finder) digits(p int) span {
	s := p
	p = f.run0to9(p)
	for p+3 < len(f.text) && f.text[p] == ',' && f.run0to9(p+1) == p+4 {
		p += 4
	}
	if p+1 < len(f.text) && f.text[p] == '.' && isDigit(f.text[p+1]) {
		p = f.run0to9(p + 1)
	}
	return span{s, p}
}

func (f *Finder) run0to9(p int) int {
	for p < len(f.text) && isDigit(f.text[p]) {
		p++
	}
	return p
}

// currencySign reads "$", "€", "US$" and their like at p, and returns where it ends.
func (f *Finder) currencySign(p int, a *amount) int {
	if f.text[p] == '$' {
		a.currency = "usd"
		return p + 1
	}
	if d := strings.IndexByte(f.text[p:min(p+3, len(f.text))], '$'); d > 0 && isUpper(f.text[p]) && isUpper(f.text[p+d-1]) {
		a.currency = dollars(f.text[p : p+d])
		return p + d + 1
	}
	if r, size := utf8.DecodeRuneInString(f.text[p:]); isCurrency(r) {
		a.currency = currencyOf(r)
		return p + size
	}
	return p
}

func dollars(of string) string {
	switch of {
	case "A", "AU":
		return "aud"
	case "C", "CA":
		return "cad"
	}
	return "usd"
}

func currencyOf(r rune) string {
	switch r {
	case '$':
		return "usd"
	case '€':
		return "eur"
	case '£':
		return "gbp"
	case '¥':
		return "jpy"
	case '₹':
		return "inr"
	case '₩':
		return "krw"
	case '₺':
		return "try"
	}
	return "rub"
}

// isListMark passes over the number of a list: "1. " or "2) " at the start of a line.
func (f *Finder) isListMark(s, end int) bool {
	if !f.lineFirst || end >= len(f.text) || f.text[end] != '.' && f.text[end] != ')' || end+1 < len(f.text) && class[f.text[end+1]]&classBorder == 0 {
		return false
	}
	f.endRun()
	f.at, f.sentence = end+1, true
	return end-s <= 3
}

// attached reads what stands at the digits without a blank; false if that makes them
// something else than an amount. e is where the piece ends.
func (f *Finder) attached(a *amount, e int) bool {
	p := a.number.end
	if q := f.rangeEnd(p); q > p {
		a.upTo = f.digits(q)
		p = a.upTo.end
	}
	a.end = p
	if p >= len(f.text) {
		return true
	}
	switch c := f.text[p]; {
	case c == '%':
		a.percent, a.end = true, p+1
	case class[c]&(classLower|classUpper) != 0:
		return f.attachedWord(a, e)
	case c == '-' && p+1 < e && isLetter(f.text[p+1]):
		return f.unitAt(a, p+1, f.lettersEnd(p+1))
	case c == '/' || c == ':' || c == '.' || c == '-':
		return p+1 >= e || !isDigit(f.text[p+1])
	case c == '_' || c == '#' || c == '@' || c == '\\':
		return false
	case class[c] == classHigh:
		f.highAfter(a, p)
	}
	return true
}

// rangeEnd returns where the second number of a range starts: "5-6", "5–6"; else p.
func (f *Finder) rangeEnd(p int) int {
	for _, dash := range [...]string{"-", "–"} {
		if q := p + len(dash); q < len(f.text) && f.text[p:q] == dash && isDigit(f.text[q]) {
			return q
		}
	}
	return p
}

func (f *Finder) lettersEnd(p int) int {
	for p < len(f.text) && isLetter(f.text[p]) {
		p++
	}
	return p
}

// attachedWord reads letters behind digits: "10k", "16GB", "20usd".
func (f *Finder) attachedWord(a *amount, e int) bool {
	p, q := a.end, f.lettersEnd(a.end)
	if q < e && class[f.text[q]]&classWord != 0 {
		return false
	}
	entry := f.lex.entry(f.text[p:min(q, p+keyBytesMax)])
	switch {
	case a.currency == "" && entry.facts&factUnit != 0:
		return f.unitAt(a, p, q)
	case entry.facts&factScale != 0:
		a.exponent, a.end = int(decimal(entry.value)), q
		return true
	case a.currency == "" && entry.facts&factCurrency != 0:
		a.currency, a.end = entry.value, q
		return true
	}
	return false
}

// highAfter reads the sign of a currency or degrees behind the digits.
func (f *Finder) highAfter(a *amount, p int) {
	r, size := utf8.DecodeRuneInString(f.text[p:])
	switch {
	case isCurrency(r):
		a.currency, a.end = currencyOf(r), p+size
	case r == '°':
		a.unit, a.end = "degree", p+size
		if q := f.lettersEnd(a.end); q == a.end+1 && strings.IndexByte("CFcf", f.text[a.end]) >= 0 {
			a.end = q
		}
	}
}

// unitAt reads a unit.
func (f *Finder) unitAt(a *amount, s, e int) bool {
	if e-s > keyBytesMax {
		return false
	}
	entry := f.lex.entry(f.text[s:e])
	if entry.facts&factUnit == 0 {
		return false
	}
	a.unit, a.end, a.time = entry.value, e, entry.facts&factTime != 0
	if a.unit == "" {
		a.unit = entry.word
	}
	return true
}

// following reads the words behind an amount: scale, then currency, unit or percent.
func (f *Finder) following(a *amount) {
	if a.unit != "" || a.percent {
		return
	}
	word := f.wordAfter(a.end)
	if f.facts(word)&factScale != 0 && word.end-word.start > 2 {
		a.exponent += int(decimal(f.lex.entry(f.text[word.start:word.end]).value))
		a.end = word.end
		word = f.wordAfter(a.end)
	}
	if a.currency != "" {
		return
	}
	f.measured(a, word)
}

// measured reads what an amount is of.
func (f *Finder) measured(a *amount, word span) {
	switch known := f.facts(word); {
	case known&factCurrency != 0:
		a.currency, a.end = f.lex.entry(f.text[word.start:word.end]).value, word.end
	case f.wordIs(word, "percent"):
		a.percent, a.end = true, word.end
	case f.wordIs(word, "per"):
		if next := f.wordAfter(word.end); f.wordIs(next, "cent") {
			a.percent, a.end = true, next.end
		}
	case (f.wordIs(word, "pounds") || f.wordIs(word, "pound")) && f.factsBefore(a.start)&factPayBefore != 0:
		a.currency, a.end = "gbp", word.end
	case known&factUnit != 0 && !f.wordIs(word, "us"):
		f.unitAt(a, word.start, word.end)
	case word.start == word.end:
		f.signAfter(a)
	}
}

func (f *Finder) wordIs(s span, word string) bool {
	return s.end-s.start == len(word) && sameFolded(word, f.text[s.start:s.end])
}

// signAfter reads "%" or the sign of a currency behind a blank.
func (f *Finder) signAfter(a *amount) {
	p := a.end + 1
	if p >= len(f.text) || f.text[a.end] != ' ' {
		return
	}
	if f.text[p] == '%' {
		a.percent, a.end = true, p+1
		return
	}
	if r, size := utf8.DecodeRuneInString(f.text[p:]); isCurrency(r) && (p+size == len(f.text) || !isDigit(f.text[p+size])) {
		a.currency, a.end = currencyOf(r), p+size
	}
}

// countAmount emits an amount, or passes over one that is a time, a date or a year, or plain
// and part of code.
func (f *Finder) countAmount(a *amount) {
	kind := Number
	switch {
	case a.percent:
		kind = Percent
	case a.currency != "":
		kind = Money
	case f.codeBefore(a):
		kind = Money
	case f.isMoment(a), a.unit == "" && a.start < f.codeEnd:
		f.endRun()
		f.at = a.start
		f.passWord(a.start, a.end)
		return
	}
	f.emitAmount(a, kind)
}

// codeBefore takes the code of a currency before the number: "EUR 30".
func (f *Finder) codeBefore(a *amount) bool {
	word := f.before[0]
	if a.unit != "" || !f.nextTo(word, a.start) || word.end-word.start != 3 || !f.isCaps(word) || f.facts(word)&factCurrency == 0 {
		return false
	}
	a.start, a.currency = word.start, f.lex.entry(f.text[word.start:word.end]).value
	return true
}

// isMoment reports whether the number is one of a calendar, a clock or a part ("step 2"), or,
// with a unit of time, a way back from now.
func (f *Finder) isMoment(a *amount) bool {
	next := f.wordAfter(a.end)
	if a.unit != "" {
		return a.time && (f.wordIs(next, "ago") || f.wordIs(next, "later"))
	}
	if f.isYear(a) || f.facts(next)&factCalendar != 0 || f.wordIs(next, "o") {
		return true
	}
	if f.nextTo(f.before[0], a.start) {
		word := f.before[0]
		return f.facts(word)&factMonth != 0 && f.startsUpper(word.start) || f.facts(word)&factDesignation != 0 || f.wordIs(word, "at") || f.wordIs(word, "until") || f.wordIs(word, "till")
	}
	return false
}

// isYear reports whether this is a plain number from 1900 to 2099.
func (f *Finder) isYear(a *amount) bool {
	n := f.text[a.number.start:a.number.end]
	return len(n) == 4 && a.exponent == 0 && (n[:2] == "19" || n[:2] == "20")
}

func (f *Finder) emitAmount(a *amount, kind Kind) {
	f.endRun()
	f.buf = f.appendAmount(f.buf[:0], a, kind)
	f.push(Mention{Start: a.start, End: a.end, Kind: kind, Hash: hashAmount(f.buf, kind)})
	f.at = a.start
	f.passWord(a.start, a.end)
}
