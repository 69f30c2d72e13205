package timex

// month reads "May", "May 7th", "May 7, 2023", "May 2023".
func (f *Finder) month(i int, cued bool) node {
	t := f.peek(i)
	m := t.value
	if f.text[t.start] >= 'a' && (m == 3 || m == 5) && t.weak && f.back(i) == wordJoin {
		return node{} // "they march", "you may"
	}
	j := i + 1
	if f.is(j, wordThe) && f.ordinalDay(j+1) {
		j++
	}
	if day, next := f.dayNumber(j); next != 0 && f.dayEnds(next) && fits(m, day) {
		return f.withYear(node{kind: Absolute, next: next, annual: monthDay(m, day), ordinal: day})
	}
	n := node{kind: Absolute, next: i + 1, annual: monthly(m)}
	if dated := f.withYear(n); dated.next > n.next {
		return dated
	}
	capital := f.text[t.start] < 'a'
	if !capital && t.weak && t.end-t.start <= 4 && m != 5 && m != 6 || t.weak && !cued {
		return node{}
	}
	return n
}

// fits reports whether a month ever has this day.
func fits(month, day int32) bool { return day <= monthDays(2000, month) }

// dayNumber reads the day of a month, "7", "7th", "seventh", "twenty-first", and returns the
// token behind; 0 = none.
func (f *Finder) dayNumber(i int) (day int32, after int) {
	t := f.peek(i)
	if !t.near() && i != f.first && t.gap != gapStop && t.gap != gapComma && t.gap != gapDash || t.gap == gapStop && !f.abbreviated(i) {
		return 0, 0
	}
	switch t.class {
	case wordDigits:
		day, after = t.value, i+1
		if t.size > 2 {
			return 0, 0
		}
		if s := f.peek(after); s.gap == gapNone && s.class == wordSuffix {
			after++
		} else if s.gap == gapNone && s.class != wordEnd {
			return 0, 0
		}
	case wordOrdinal:
		day, after = t.value, i+1
	case wordTens:
		if o := f.peek(i + 1); o.class == wordOrdinal && o.near() && o.value < 10 {
			day, after = t.value+o.value, i+2
		}
	}
	if day < 1 || day > 31 {
		return 0, 0
	}
	return day, after
}

// abbreviated reports whether token i is behind the full stop of an abbreviation, "Sept. 3".
func (f *Finder) abbreviated(i int) bool {
	if i <= f.first {
		return i == f.first // begins a sentence
	}
	end := f.peek(i - 1).end
	return f.peek(i-1).class == wordMonth && f.peek(i-1).weak && f.peek(i).start == end+2 && f.text[end] == '.'
}

// ordinalDay reports whether token i is "7th" or "seventh", not "7".
func (f *Finder) ordinalDay(i int) bool {
	t := f.peek(i)
	if t.class == wordDigits {
		s := f.peek(i + 1)
		return s.gap == gapNone && s.class == wordSuffix
	}
	return t.class == wordOrdinal || t.class == wordTens && f.is(i+1, wordOrdinal)
}

// dayEnds reports whether a number before token i is no part of something longer: not the hour
// of "May 7:30", nor "may 5 weeks".
func (f *Finder) dayEnds(i int) bool {
	t := f.peek(i)
	if t.class == wordDigits && (t.gap == gapColon || t.gap == gapSlash || t.gap == gapDot) {
		return false
	}
	if end := f.peek(i - 1).end; end < len(f.text) && f.text[end] == '%' {
		return false
	}
	return f.peek(i-1).class != wordDigits || t.class != wordUnit && t.class != wordTimes || !t.near()
}

// dayMonth reads "7 May", "the 7th of May", "7-May-2023".
func (f *Finder) dayMonth(i int) node {
	day, j := f.dayNumber(i)
	if j == 0 {
		return node{}
	}
	if f.is(j, wordOf) {
		j++
	}
	t := f.peek(j)
	if t.class != wordMonth || !t.near() || !fits(t.value, day) {
		return node{}
	}
	n := f.withYear(node{kind: Absolute, next: j + 1, annual: monthDay(t.value, day), ordinal: day})
	if f.text[t.start] == 'm' && t.value == 5 && !f.ordinalDay(i) && n.next == j+1 {
		return node{} // "the 3 may differ"
	}
	return n
}

// withYear reads the year behind what recurs every year: "2023", ", 2023", "of 2023", "'23",
// "last year".
func (f *Finder) withYear(n node) node {
	if n.next == 0 || n.annual.fromMonth == 0 {
		return n
	}
	j := n.next
	if f.is(j, wordOf) || f.is(j, wordIn) {
		j++
	}
	year, next := f.yearNumber(j)
	if next != 0 {
		n.rng, n.known = n.annual.in(year)
		n.annual, n.next = annual{}, next
		return n
	}
	t := f.peek(j)
	if t.class == wordWhich && t.near() && f.is(j+1, wordUnit) && f.peek(j+1).value == unitYear && t.value <= whichThis {
		n.kind, n.next = Relative, j+2
		if f.reference != Unknown {
			now, _, _ := civil(f.reference)
			n.rng, n.known = n.annual.in(now + yearsOf(uint8(t.value)))
		}
		n.annual = annual{}
	}
	return n
}

// yearsOf returns how many years "last", "next" and "this" are away.
func yearsOf(which uint8) int32 {
	switch which {
	case whichLast:
		return -1
	case whichNext:
		return 1
	}
	return 0
}

// yearNumber reads a year of four digits, or of two behind an apostrophe.
func (f *Finder) yearNumber(i int) (year int32, after int) {
	t := f.peek(i)
	if t.class != wordDigits || !f.numberEnds(i) {
		return 0, 0
	}
	if t.size == 2 && t.gap == gapApostrophe {
		return century(t.value), i + 1
	}
	if t.size != 4 || t.value < 1000 || t.value > 2199 || !t.near() && t.gap != gapComma && t.gap != gapDash && i != f.first && !f.abbreviated(i) {
		return 0, 0
	}
	return t.value, i + 1
}

// century completes a year of two digits: 50 to 99 are of the 20th century.
func century(year int32) int32 {
	if year < 50 {
		return 2000 + year
	}
	return 1900 + year
}

// numberEnds reports whether no letters, digits, dots or slashes make more of a number.
func (f *Finder) numberEnds(i int) bool {
	t := f.peek(i + 1)
	end := f.peek(i).end
	switch {
	case t.gap == gapNone && t.class != wordEnd, end < len(f.text) && f.text[end] == '%':
		return false
	case t.class == wordDigits:
		return t.gap != gapDot && t.gap != gapColon && t.gap != gapSlash && (t.gap != gapHyphen || t.size == 4) &&
			(t.gap != gapComma || t.size != 3 || f.text[end+1] == ' ')
	}
	return true
}

// isYear reports whether token i may be a year where one is looked for.
func (f *Finder) isYear(i int) bool {
	year, next := f.yearNumber(i)
	return next != 0 && year >= 1500
}

// year reads the year at i.
func (f *Finder) year(i int) node {
	year, next := f.yearNumber(i)
	return node{kind: Absolute, next: next, known: true, rng: yearRange(year)}
}

// yearAlone reads a year that nothing else makes a date: words around have to.
func (f *Finder) yearAlone(i int, cued bool) node {
	if !f.isYear(i) {
		return node{}
	}
	t, behind := f.peek(i), f.peek(i+1)
	begins := i == 0 || t.gap == gapStop
	bracketed := t.gap == gapOther && t.end < len(f.text) && f.text[t.end] == ')' && t.start > 0 && f.text[t.start-1] == '('
	says := behind.class == wordPast || behind.class == wordBe || behind.class == wordFuture
	if !cued && !bracketed && !(begins && says && behind.gap == gapSpace) {
		return node{}
	}
	counts := behind.gap == gapSpace && (behind.class == wordUnit || behind.class == wordNone && f.text[behind.start] >= 'a')
	if (t.value%100 == 0 || t.value < 1900) && counts {
		return node{} // "in 2000 words"
	}
	return f.year(i)
}

// decade reads "90s", "1990s", "nineties", behind "the" or an apostrophe.
func (f *Finder) decade(i int) node {
	t := f.peek(i)
	first, next := t.value, i+1
	if t.class == wordDigits {
		s := f.peek(i + 1)
		if s.class != wordS || s.gap != gapNone && s.gap != gapApostrophe {
			return node{}
		}
		next++
	}
	if t.class == wordDigits && t.size == 4 {
		if first < 1500 || first > 2190 || first%10 != 0 {
			return node{}
		}
		return node{kind: Absolute, next: next, known: true, rng: years(first, 10)}
	}
	if first%10 != 0 || first > 90 || t.class == wordDigits && t.size != 2 {
		return node{}
	}
	first += 1900
	if first < 1930 {
		first += 100
	}
	return node{kind: Absolute, next: next, known: true, rng: years(first, 10)}
}

// season reads "spring 2022", "summer of 2016", "summer" where the words before say that it is a time.
func (f *Finder) season(i int, cued bool) node {
	t := f.peek(i)
	if t.plural {
		return node{}
	}
	n := node{kind: Absolute, next: i + 1, annual: seasonal(t.value)}
	dated := f.withYear(n)
	if dated.next == n.next && !cued {
		return node{}
	}
	return dated
}

// quarter reads "Q3 2023", "Q3" where the words before say that it is a time.
func (f *Finder) quarter(i int, cued bool) node {
	n := node{kind: Absolute, next: i + 1, annual: seasonal(f.peek(i).value)}
	dated := f.withYear(n)
	if dated.next == n.next && !cued {
		return node{}
	}
	return dated
}

// holiday reads "Christmas Eve", "Valentine's Day", "New Year", "the Fourth of July" as a date.
func (f *Finder) holiday(i int) node {
	t := f.peek(i)
	h, j := uint8(t.value), i+1
	if t.class == wordYear {
		if !f.is(j, wordUnit) || f.peek(j).value != unitYear || f.text[t.start] != 'N' {
			return node{}
		}
		h, j = newYear, j+1
	}
	if s := f.peek(j); s.class == wordS && s.gap == gapApostrophe || t.class == wordYear && s.gap == gapApostrophe && s.class == wordEve {
		j++
	}
	d := f.peek(j)
	day := d.class == wordUnit && d.value == unitDay && d.near()
	switch {
	case t.class == wordNamed:
		friday := d.class == wordWeekday && d.value == 4 && d.near() && f.text[t.start] < 'a'
		if h == goodFriday || h == blackFriday {
			day = friday
		}
		if !day {
			return node{}
		}
		j++
	case day:
		j++
	case d.class == wordEve && d.near() && h == christmas:
		h, j = christmasEve, j+1
	case d.class == wordEve && d.near() && h == newYear:
		h, j = newYearsEve, j+1
	case h == easterDay && d.class == wordWeekday && d.near() && d.value == 0:
		h, j = easterMonday, j+1
	case h == easterDay && d.class == wordWeekday && d.near() && d.value == 6:
		j++
	case j > i+1 && f.peek(j-1).class == wordS:
		j-- // "Christmas's"
	}
	return node{kind: Absolute, next: j, annual: festive(h)}
}

// part reads "early May", "mid-2023", "late last year".
func (f *Finder) part(i int) node {
	n := f.target(i + 1)
	if n.next == 0 || n.known && n.rng.From == n.rng.To || n.annual.grain == Day {
		return node{}
	}
	return f.cut(n, uint8(f.peek(i).value))
}

// edge reads "beginning of May", "end of the year".
func (f *Finder) edge(i int) node {
	if !f.is(i+1, wordOf) {
		return node{}
	}
	n := f.target(i + 2)
	if n.next == 0 {
		return node{}
	}
	return f.cut(n, uint8(f.peek(i).value))
}

// cut takes a third of what n names.
func (f *Finder) cut(n node, part uint8) node {
	if n.annual.fromMonth != 0 {
		n.annual.part = part
		return n
	}
	if n.known {
		n.rng = third(n.rng, part)
	}
	return n
}

// target reads what something is a part of: an expression, a year, or "the week" that is now.
func (f *Finder) target(i int) node {
	t := f.peek(i)
	if !t.near() && t.gap != gapApostrophe {
		return node{}
	}
	if n := f.expression(i, true); n.next != 0 {
		return n
	}
	if t.class == wordDigits || t.class == wordDecade {
		return f.decade(i)
	}
	u := f.peek(i + 1)
	if t.class != wordThe || u.class != wordUnit || !u.near() || u.plural || u.value < unitDay || u.value == unitQuarter {
		return node{}
	}
	n := node{kind: Relative, next: i + 2}
	if f.reference != Unknown {
		n.rng, n.known = unitRange(f.reference, u.value, 0), true
	}
	return n
}
