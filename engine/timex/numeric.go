package timex

// digits reads what begins with a number: "2023-05-07", "5/7/2023", "7 May", "1990s", "2 weeks ago", "2019".
func (f *Finder) digits(i int, cued bool) node {
	t := f.peek(i)
	switch t.gap {
	case gapNone, gapSlash, gapDot, gapColon, gapPrice:
		if i != 0 {
			return node{}
		}
	}
	if t.gap == gapHyphen && i > 0 && f.peek(i-1).class == wordDigits && i == f.first {
		return node{} // within a number of a telephone
	}
	if n := f.numeric(i); n.next != 0 {
		return n
	}
	if n := f.dayMonth(i); n.next != 0 {
		return n
	}
	if n := f.ordinalOf(i, false); n.next != 0 {
		return n
	}
	if t.size == 4 || t.gap == gapApostrophe {
		if n := f.decade(i); n.next != 0 {
			return n
		}
	}
	if n := f.yearAlone(i, cued); n.next != 0 {
		return n
	}
	return f.counted(i)
}

// numeric reads a date of numbers alone. The year first is ISO 8601, with hyphens, slashes
// or dots. With dots the day is first, as in Europe; with slashes or hyphens the month, as in
// the US; a number beyond 12 is the day in either.
func (f *Finder) numeric(i int) node {
	a, b, c := f.peek(i), f.peek(i+1), f.peek(i+2)
	if b.class != wordDigits || b.size > 2 || b.gap != gapHyphen && b.gap != gapSlash && b.gap != gapDot || f.versioned(i) {
		return node{}
	}
	three := c.class == wordDigits && c.gap == b.gap
	switch {
	case three && a.size == 4 && c.size <= 2:
		return f.numbers(i, a.value, b.value, c.value)
	case three && a.size <= 2 && (c.size == 4 || c.size == 2 && b.gap == gapSlash):
		month, day := a.value, b.value
		if (b.gap == gapDot || month > 12) && b.value <= 12 {
			month, day = day, month
		}
		year := c.value
		if c.size == 2 {
			year = century(year)
		}
		return f.numbers(i, year, month, day)
	case three:
		return node{}
	case a.size == 4 && b.size == 2 && b.gap == gapHyphen && a.value >= 1900 && a.value < 2100 && b.value >= 1 && b.value <= 12 && f.numberEnds(i+1):
		return node{kind: Absolute, next: i + 2, known: true, rng: monthRange(a.value, b.value)}
	}
	return f.slashed(i)
}

// versioned reports whether a number stands behind "version" or "v".
func (f *Finder) versioned(i int) bool {
	if i == 0 || f.peek(i).gap != gapSpace {
		return false
	}
	switch f.word(f.peek(i - 1)) {
	case "version", "Version", "v", "V", "release", "Release":
		return true
	}
	return false
}

// numbers checks a date of three numbers, and reads a time of day joined to it by "T".
func (f *Finder) numbers(i int, year, month, day int32) node {
	t := f.peek(i + 3)
	stamped := t.gap == gapNone && t.class == wordNone && t.end > t.start && (f.text[t.start] == 'T' || f.text[t.start] == 't')
	if year < 1000 || year > 2199 || month < 1 || month > 12 || day < 1 || day > monthDays(year, month) || !stamped && !f.numberEnds(i+2) {
		return node{}
	}
	n := node{kind: Absolute, next: i + 3, known: true, rng: dayRange(dayOf(year, month, day))}
	if !stamped {
		if t.gap == gapHyphen && t.class != wordEnd {
			return node{} // a code
		}
		return n
	}
	n.next++
	for g := f.peek(n.next); g.class != wordEnd && (g.gap == gapColon || g.gap == gapDot || g.gap == gapNone || g.gap == gapHyphen && g.class == wordDigits || f.offsetSign(g)); g = f.peek(n.next) {
		n.next++
	}
	return n
}

// offsetSign reports whether a number is behind the "+" of a time zone.
func (f *Finder) offsetSign(t *token) bool {
	return t.class == wordDigits && t.gap == gapOther && f.text[t.start-1] == '+'
}

// slashed reads a month and day without a year, "on 5/7", where the word before wants a day:
// else it is a fraction.
func (f *Finder) slashed(i int) node {
	a, b := f.peek(i), f.peek(i+1)
	if b.gap != gapSlash || a.size > 2 || f.is(i+2, wordOf) || f.is(i+2, wordUnit) || !f.numberEnds(i+1) {
		return node{}
	}
	switch f.back(i) {
	case wordOn, wordBy, wordSince, wordBefore, wordAfter:
	default:
		return node{}
	}
	month, day := a.value, b.value
	if month > 12 {
		month, day = day, month
	}
	if month < 1 || month > 12 || day < 1 || !fits(month, day) {
		return node{}
	}
	return node{kind: Absolute, next: i + 2, annual: monthDay(month, day), ordinal: day}
}
