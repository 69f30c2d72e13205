package timex

// ordinalOf reads "7th of May", "first Monday of May", "second week of June 2022", and behind
// "the" a day alone: "the 7th".
func (f *Finder) ordinalOf(i int, the bool) node {
	if the || f.ordinalDay(i) {
		if n := f.dayMonth(i); n.next != 0 {
			return n
		}
	}
	if !f.ordinalDay(i) {
		return node{}
	}
	nth, j := f.dayNumber(i)
	if j == 0 {
		return node{}
	}
	if n := f.nth(j, nth); n.next != 0 {
		return n
	}
	if n := f.dayOfMonth(j, nth); n.next != 0 {
		return n
	}
	if !the || !f.dayAlone(i, j) {
		return node{}
	}
	n := node{kind: Absolute, next: j, ordinal: nth}
	if f.reference != Unknown {
		n.rng, n.known = f.nearestDay(nth, anyWeekday, j)
	}
	return n
}

// dayOfMonth reads the rest of "3rd of this month".
func (f *Finder) dayOfMonth(i int, day int32) node {
	w, u := f.peek(i+1), f.peek(i+2)
	if !f.is(i, wordOf) || w.class != wordWhich || !w.near() || w.value > whichThis || u.class != wordUnit || u.value != unitMonth || !u.near() {
		return node{}
	}
	r := unitRange(f.now(), unitMonth, yearsOf(uint8(w.value)))
	if r.From+day-1 > r.To {
		return node{}
	}
	return f.relative(i+3, dayRange(r.From+day-1))
}

// dayAlone reports whether "the 7th" is a day: behind a word that wants a day, and with
// nothing behind that it could count.
func (f *Finder) dayAlone(i, j int) bool {
	switch f.back(i - 1) {
	case wordOn, wordBy, wordSince, wordBefore, wordAfter:
		return f.over(j)
	}
	return false
}

// over reports whether a phrase ends before token i.
func (f *Finder) over(i int) bool {
	t := f.peek(i)
	if t.gap != gapSpace {
		return t.gap == gapComma || t.gap == gapStop || t.gap == gapDash || t.gap == gapOther
	}
	switch t.class {
	case wordAt, wordAnd, wordOr, wordIn, wordOn, wordFor, wordTo, wordFrom, wordBy, wordBefore, wordAfter, wordJoin, wordDay, wordBe, wordFuture, wordPast, wordWeekday, wordEvery, wordThe, wordAs:
		return true
	}
	return false
}

const anyWeekday = -1

// nearestDay returns a day of a month as the tense says, else the nearest, that falls on a weekday.
func (f *Finder) nearestDay(day, wd int32, next int) (Range, bool) {
	tense := f.speaksOf(next)
	best, found := int32(0), false
	year, month, _ := civil(f.reference)
	first := dayOf(year, month, 1)
	months := int32(2)
	if wd != anyWeekday {
		months = 14 // within which each day of a month meets each weekday
	}
	for offset := -months; offset <= months; offset++ {
		y, m, _ := civil(addMonths(first, offset))
		d := dayOf(y, m, day)
		if day > monthDays(y, m) || wd != anyWeekday && weekday(d) != wd || tense < 0 && d > f.reference || tense > 0 && d < f.reference {
			continue
		}
		if !found || distance(d, f.reference) < distance(best, f.reference) {
			best, found = d, true
		}
	}
	return dayRange(best), found
}

func distance(a, b int32) int32 { return max(a-b, b-a) }

// nth reads the rest of "first Monday of May": what is counted, and within what. nth -1 = the last.
func (f *Finder) nth(i int, nth int32) node {
	t := f.peek(i)
	if !t.near() || t.plural || t.class != wordWeekday && (t.class != wordUnit || t.value < unitDay || t.value > unitQuarter) {
		return node{}
	}
	if !f.is(i+1, wordOf) && !f.is(i+1, wordIn) {
		return node{}
	}
	n := f.target(i + 2)
	if n.next == 0 {
		return n
	}
	f.settle(&n)
	n.annual, n.ordinal, n.weekly = annual{}, 0, false
	if !n.known {
		return n
	}
	n.rng, n.known = piece(t, n.rng, nth)
	if !n.known {
		return node{}
	}
	return n
}

// piece returns the nth unit or weekday within a range; -1 is the last.
func piece(t *token, r Range, nth int32) (Range, bool) {
	from, size, grain := r.From, int32(1), Day
	switch {
	case t.class == wordWeekday:
		from, size = r.From+(t.value-weekday(r.From)+7)%7, 7
	case t.value == unitWeekend:
		from, size = r.From+(5-weekday(r.From)+7)%7, 7
	case t.value == unitWeek:
		size, grain = 7, Week
	case t.value == unitMonth || t.value == unitQuarter:
		return countMonths(t.value, r, nth)
	}
	if nth < 0 && (t.class == wordWeekday || t.value == unitWeekend) {
		from += (r.To - from) / 7 * 7
	} else if nth < 0 {
		from = r.To - size + 1
	} else {
		from += size * (nth - 1)
	}
	to := from
	if grain == Week {
		to = min(from+6, r.To)
	} else if t.class == wordUnit && t.value == unitWeekend {
		to++
	}
	return Range{from, to, grain}, from >= r.From && from <= r.To
}

func countMonths(unit int32, r Range, nth int32) (Range, bool) {
	months, grain := int32(1), Month
	if unit == unitQuarter {
		months, grain = 3, Season
	}
	from := addMonths(r.From, months*(nth-1))
	if nth < 0 {
		from = addMonths(r.To+1, -months)
	}
	return Range{from, addMonths(from, months) - 1, grain}, from >= r.From && from <= r.To
}
