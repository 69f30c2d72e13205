package timex

// count is a number of units in halves; least and most differ where it is vague. next is the token
// behind it; 0 = none.
type count struct {
	least, most int32
	next        int
	one         bool // "a", "one": counts only where other words say so
}

// countMax bounds counts: 9,999 of anything stay within days of 32 bits.
const countMax = 9999

// count reads "two", "2.5", "a couple of", "twenty-five", "two or three", "half a", "two and a half".
func (f *Finder) count(i int) count {
	c := f.number(i)
	if c.next == 0 {
		return c
	}
	if f.is(c.next, wordAnd) && f.is(c.next+1, wordA) && f.is(c.next+2, wordHalf) {
		return count{c.least + 1, c.most + 1, c.next + 3, false}
	}
	t := f.peek(c.next)
	pair := t.class == wordOr || t.class == wordTo
	j := c.next
	if pair {
		j++
	} else if t.class != wordDigits || t.gap != gapHyphen {
		return c
	}
	if d := f.number(j); d.next != 0 && d.least > c.least && d.least == d.most && f.peek(d.next).class == wordUnit {
		return count{c.least, d.most, d.next, false}
	}
	return c
}

// number reads one number.
func (f *Finder) number(i int) count {
	t := f.peek(i)
	switch t.class {
	case wordA:
		if v := f.peek(i + 1); v.class == wordCouple && v.gap == gapSpace {
			return f.vague(i + 1)
		}
		return count{2, 2, i + 1, true}
	case wordCouple:
		return f.vague(i)
	case wordHalf:
		if f.is(i+1, wordA) {
			return count{1, 1, i + 2, false}
		}
	case wordNumber:
		return count{2 * t.value, 2 * t.value, i + 1, t.value == 1}
	case wordTens:
		if u := f.peek(i + 1); u.class == wordNumber && (u.near() || u.gap == gapDash) && u.value < 10 {
			return count{2 * (t.value + u.value), 2 * (t.value + u.value), i + 2, false}
		}
		return count{2 * t.value, 2 * t.value, i + 1, false}
	case wordDigits:
		return f.decimal(i)
	}
	return count{}
}

func (f *Finder) vague(i int) count {
	t := f.peek(i)
	next := i + 1
	if f.is(next, wordOf) {
		next++
	}
	return count{2 * t.value, 2 * int32(t.size), next, false}
}

// decimal reads digits, with one digit behind a dot to the nearest half.
func (f *Finder) decimal(i int) count {
	t := f.peek(i)
	if t.value > countMax || t.gap == gapPrice || t.gap == gapDot || t.gap == gapColon || t.gap == gapSlash {
		return count{}
	}
	halves, next := 2*t.value, i+1
	if d := f.peek(next); d.class == wordDigits && d.gap == gapDot && d.size == 1 {
		halves += (d.value + 2) / 5
		next++
	} else if d.class == wordDigits && (d.gap == gapDot || d.gap == gapSlash || d.gap == gapColon || d.gap == gapComma && f.text[t.end+1] != ' ') {
		return count{}
	}
	return count{halves, halves, next, false}
}

// units reads a unit behind a count, and "and a half" or "or two" behind it.
func (f *Finder) units(c *count) (unit int32, ok bool) {
	if c.next == 0 {
		return 0, false
	}
	t := f.peek(c.next)
	number := f.peek(c.next-1).class == wordDigits
	unit = t.value
	switch {
	case !t.near() && !(number && t.gap == gapNone):
		return 0, false
	case t.class == wordOrdinal && t.value == 2 && t.gap == gapHyphen:
		unit = unitSecond
	case t.class != wordUnit || t.weak && !number:
		return 0, false
	case unit >= unitDecade && unit != unitFortnight && c.most > 200: // so that no day overflows
		return 0, false
	case t.plural && t.gap != gapHyphen && c.most <= 2:
		return 0, false // "a weeks"
	}
	c.next++
	switch more := f.peek(c.next + 1); {
	case f.is(c.next, wordAnd) && f.is(c.next+1, wordA) && f.is(c.next+2, wordHalf):
		c.least, c.most, c.next, c.one = c.least+1, c.most+1, c.next+3, false
	case f.is(c.next, wordOr) && more.class == wordNumber && more.near() && 2*more.value > c.most: // "a day or two"
		c.most, c.next, c.one = 2*more.value, c.next+2, false
	case f.is(c.next, wordOr) && f.word(more) == "so":
		c.next += 2
	}
	return unit, true
}

// counted reads "two weeks ago", "a week from Friday", "two days before Christmas".
func (f *Finder) counted(i int) node {
	c := f.count(i)
	if n := f.countedNames(c); n.next != 0 {
		return n
	}
	unit, ok := f.units(&c)
	if f.nights(c) {
		unit, ok = unitDay, true
		c.next++
	}
	if !ok {
		return node{}
	}
	t := f.peek(c.next)
	if t.gap != gapSpace {
		return node{}
	}
	switch t.class {
	case wordAgo:
		return f.ago(c, unit)
	case wordLater:
		return f.laterOn(c, unit, t.value)
	case wordFrom:
		return f.fromThen(c, unit)
	case wordBefore, wordAfter:
		return f.awayFrom(c, unit)
	}
	return node{}
}

// countedNames reads "two Fridays ago", "two summers ago".
func (f *Finder) countedNames(c count) node {
	t := f.peek(c.next)
	if c.next == 0 || c.least != c.most || c.least%2 != 0 || c.least == 0 || !t.near() || !f.is(c.next+1, wordAgo) {
		return node{}
	}
	n, day := c.least/2, f.now()
	switch t.class {
	case wordWeekday:
		return f.relative(c.next+2, dayRange(weekdayBefore(day, t.value)-7*(n-1)))
	case wordSeason:
		last, ok := seasonal(t.value).choose(day, whichLast, 0)
		year, _, _ := civil(last.From)
		if ok {
			last, _ = seasonal(t.value).in(year - n + 1)
		}
		return f.relative(c.next+2, last)
	}
	return node{}
}

// ago reads the end of "two weeks ago", "two years ago today".
func (f *Finder) ago(c count, unit int32) node {
	if d := f.peek(c.next + 1); d.class == wordDay && d.gap == gapSpace {
		base := f.now() + d.value - 10
		return f.relative(c.next+2, dayRange(shift(base, unit, -c.least)))
	}
	if f.word(f.peek(c.next)) == "back" && (!f.over(c.next+1) || f.is(c.next+1, wordTo) || f.is(c.next+1, wordThe)) {
		return node{} // "two weeks back to school"
	}
	return f.relative(c.next+1, offset(f.now(), unit, c, -1))
}

// laterOn reads the end of "two days later", "a week earlier". Within a story of the past they count from a day
// that the story tells, and have no range.
func (f *Finder) laterOn(c count, unit, value int32) node {
	n := f.relative(c.next+1, offset(f.now(), unit, c, 1))
	if n.known && (value != 1 || f.speaksOf(n.next) < 0) {
		n.known = false
	}
	return n
}

// fromThen reads the end of "two weeks from now", "a week from Saturday".
func (f *Finder) fromThen(c count, unit int32) node {
	if f.is(c.next+1, wordNow) {
		return f.relative(c.next+2, offset(f.now(), unit, c, 1))
	}
	n := f.from(c.next+1, unit, c, 1)
	if n.next != 0 && n.kind != Relative {
		return node{} // "two weeks from May 2 to May 16"
	}
	return n
}

// awayFrom reads the end of "two days before Christmas", "a week after the 7th of May".
func (f *Finder) awayFrom(c count, unit int32) node {
	sign := int32(1)
	if f.peek(c.next).class == wordBefore {
		sign = -1
	}
	return f.from(c.next+1, unit, c, sign)
}

// from reads the expression from which is counted.
func (f *Finder) from(i int, unit int32, c count, sign int32) node {
	if f.peek(i).gap != gapSpace {
		return node{}
	}
	n := f.expression(i, true)
	if n.next == 0 {
		return n
	}
	if n.weekly && sign > 0 {
		f.tensed, f.tense = true, 1
		n = f.expression(i, true)
	}
	f.settle(&n)
	n.annual, n.ordinal, n.weekly = annual{}, 0, false
	if !n.known {
		return n
	}
	base := n.rng.To
	if sign < 0 {
		base = n.rng.From
	}
	if grainOf(unit) == Week && c.least == c.most && n.rng.From == n.rng.To {
		n.rng = dayRange(shift(base, unit, sign*c.least)) // weeks from a day make a day
	} else {
		n.rng = offset(base, unit, c, sign)
	}
	return n
}

// inCount reads "in two weeks": to come, unless the sentence is of the past, where it is a duration.
// "in one day" says how much fits into it.
func (f *Finder) inCount(i int) node {
	c := f.count(i + 1)
	unit, ok := f.units(&c)
	if !ok || f.peek(i+1).gap != gapSpace || c.one && f.peek(i+1).class == wordNumber || f.speaksOf(c.next) < 0 {
		return node{}
	}
	switch t := f.peek(c.next); {
	case t.class == wordAgo && t.near(), t.class == wordLater && t.near(), t.class == wordOf && t.near():
		return node{}
	}
	return f.relative(c.next, offset(f.now(), unit, c, 1))
}

// duration reads "three months", "30-minute", "an hour and a half", "all day", and "for days".
func (f *Finder) duration(i int) node {
	t := f.peek(i)
	if t.class == wordAll {
		u := f.peek(i + 1)
		if u.near() && !u.plural && (u.class == wordDaypart || u.class == wordSeason || u.class == wordUnit && u.value >= unitDay) {
			return node{kind: Duration, next: i + 2}
		}
		return node{}
	}
	if t.class == wordUnit {
		if t.plural && t.value >= unitMinute && f.back(i) == wordFor && f.peek(i+1).class != wordOf {
			return node{kind: Duration, next: i + 1}
		}
		return node{}
	}
	if t.class == wordDigits && i > 0 && (t.gap == gapNone || t.gap == gapHyphen && f.peek(i-1).class == wordDigits) {
		return node{}
	}
	c := f.count(i)
	if f.nights(c) {
		return node{kind: Duration, next: c.next + 1}
	}
	unit, ok := f.units(&c)
	if !ok || unit == unitQuarter && f.is(c.next, wordOf) {
		return node{} // "three quarters of it"
	}
	if c.one {
		if from := f.back(i); from != wordFor && from != wordIn && (from != wordHedge || f.back(i-1) != wordFor) {
			return node{}
		}
	}
	return node{kind: Duration, next: c.next}
}

// nights reports whether a count is of nights.
func (f *Finder) nights(c count) bool {
	t := f.peek(c.next)
	return c.next != 0 && !c.one && t.class == wordDaypart && t.plural && t.near()
}

// recurring reads "every Monday", "on weekends", "daily", "twice a week", "24 hours a day".
func (f *Finder) recurring(i int) node {
	t := f.peek(i)
	none := node{}
	switch t.class {
	case wordEvery:
		return f.every(i + 1)
	case wordAdverb:
		return node{kind: Recurring, next: f.daypartsToo(i + 1)}
	case wordWeekday, wordUnit:
		if p := f.peek(i + 1); t.class == wordWeekday && !t.weak && p.class == wordDaypart && p.plural && p.gap == gapSpace {
			return node{kind: Recurring, next: i + 2}
		}
		if t.plural && (t.class == wordWeekday || t.value == unitWeekend) {
			return node{kind: Recurring, next: f.daypartsToo(i + 1)}
		}
	case wordTimes:
		if t.end-t.start == len("once") || f.word(t)[0]|0x20 == 't' && f.word(t)[1]|0x20 == 'w' {
			return f.per(i + 1)
		}
	case wordNumber, wordDigits, wordCouple, wordA, wordTens:
		c := f.number(i)
		if c.next == 0 {
			return none
		}
		if f.is(c.next, wordTimes) {
			return f.per(c.next + 1)
		}
		if _, ok := f.units(&c); ok && !c.one {
			return f.per(c.next)
		}
	case wordThe, wordOrdinal:
		return f.nthEvery(i)
	}
	return none
}

func (f *Finder) daypartsToo(i int) int {
	if t := f.peek(i); t.class == wordDaypart && t.gap == gapSpace {
		return i + 1
	}
	return i
}

// every reads what may follow "every": "Monday", "other day", "two weeks".
func (f *Finder) every(i int) node {
	t := f.peek(i)
	if !t.near() {
		return node{}
	}
	if t.class == wordOther || t.class == wordOrdinal {
		i++
	} else if c := f.count(i); c.next != 0 {
		i = c.next
	}
	t = f.peek(i)
	if !t.near() {
		return node{}
	}
	switch t.class {
	case wordWeekday:
		return node{kind: Recurring, next: f.daypartsToo(i + 1)}
	case wordUnit, wordDaypart, wordMonth, wordSeason, wordAdverb:
		return node{kind: Recurring, next: i + 1}
	case wordHoliday:
		return node{kind: Recurring, next: f.holiday(i).next}
	}
	return node{}
}

// per reads "a week", "per day", "every month" behind how often.
func (f *Finder) per(i int) node {
	t, u := f.peek(i), f.peek(i+1)
	if t.class != wordA && t.class != wordPer && t.class != wordEvery || !t.near() || u.class != wordUnit || !u.near() || u.plural {
		return node{}
	}
	return node{kind: Recurring, next: i + 2}
}

// nthEvery reads "the first Sunday of every month", "the 1st of each month".
func (f *Finder) nthEvery(i int) node {
	if f.peek(i).class == wordThe {
		i++
	}
	if !f.ordinalDay(i) {
		return node{}
	}
	_, j := f.dayNumber(i)
	if t := f.peek(j); j != 0 && (t.class == wordWeekday || t.class == wordUnit) && t.near() {
		j++
	}
	if j == 0 || !f.is(j, wordOf) || !f.is(j+1, wordEvery) {
		return node{}
	}
	return f.every(j + 2)
}
