package timex

// relative makes a node of a range that counts from the reference; make is not called where that
// is unknown.
func (f *Finder) relative(next int, r Range) node {
	return node{kind: Relative, next: next, known: f.reference != Unknown, rng: r}
}

// now returns the reference, or any day where it is unknown: the range is then dropped by relative.
func (f *Finder) now() int32 {
	if f.reference == Unknown {
		return 0
	}
	return f.reference
}

// dayWord reads "today", "tomorrow morning".
func (f *Finder) dayWord(i int) node {
	day := f.now() + f.peek(i).value - 10
	return f.relative(f.dayparts(i+1), dayRange(day))
}

// dayparts passes "morning", "night" and the like.
func (f *Finder) dayparts(i int) int {
	if t := f.peek(i); t.class == wordDaypart && t.gap == gapSpace && !t.plural {
		return i + 1
	}
	return i
}

// which reads "last week", "next Tuesday", "this morning", "the past two weeks".
func (f *Finder) which(i int, the bool) node {
	w, j := uint8(f.peek(i).value), i+1
	if t := f.peek(j); w == whichThis && t.class == wordWhich && t.gap == gapSpace {
		w, j = uint8(t.value), j+1
	}
	t := f.peek(j)
	if !t.near() {
		return node{}
	}
	if the && w == whichLast {
		if n := f.nth(j, -1); n.next != 0 {
			return n
		}
	}
	switch t.class {
	case wordUnit:
		return f.whichUnit(j, w, the)
	case wordWeekday:
		return f.whichWeekday(j, w)
	case wordMonth, wordSeason, wordHoliday, wordNamed, wordYear:
		return f.whichAnnual(j, w)
	case wordDaypart:
		return f.whichDaypart(j, w)
	}
	if w == whichThis || w == whichBare {
		return node{}
	}
	c := f.count(j)
	u := f.peek(c.next)
	if c.next == 0 || u.class != wordUnit || !u.near() || u.value > unitDecade && u.value != unitFortnight || u.value < unitHour && !the {
		return node{}
	}
	return f.roll(c.next+1, u.value, c.most, w)
}

// roll returns the stretch of time up to the reference, or from it on.
func (f *Finder) roll(next int, unit, halves int32, w uint8) node {
	day := f.now()
	r := Range{day, day, grainOf(unit)}
	if w == whichLast || w == whichPast {
		r.From = shift(day, unit, -halves)
	} else {
		r.To = shift(day, unit, halves)
	}
	return f.relative(next, r)
}

func (f *Finder) whichUnit(i int, w uint8, the bool) node {
	t := f.peek(i)
	unit, past := t.value, w == whichLast || w == whichPast
	if t.plural {
		if w == whichThis || unit < unitHour || unit == unitWeekend {
			return node{}
		}
		return f.roll(i+1, unit, 2*5, w) // as many as "a few" at most
	}
	switch {
	case unit < unitHour || unit == unitDay || unit == unitHour && !the && w != whichPast:
		return node{}
	case unit == unitWeekend:
		return f.whichWeekend(i, w)
	case w == whichPast || w == whichComing || the && w != whichThis:
		if past {
			w = whichPast
		}
		return f.roll(i+1, unit, 2, w)
	}
	return f.onWeekday(i+1, unit, f.relative(i+1, unitRange(f.now(), unit, yearsOf(w))))
}

// onWeekday reads "on Tuesday" behind "next week".
func (f *Finder) onWeekday(i int, unit int32, n node) node {
	j := i
	if f.is(j, wordOn) {
		j++
	}
	if t := f.peek(j); unit == unitWeek && t.class == wordWeekday && t.gap == gapSpace && !t.plural && !t.weak {
		n.rng = dayRange(n.rng.From + t.value)
		n.next = f.dayparts(j + 1)
	}
	return n
}

func (f *Finder) whichWeekend(i int, w uint8) node {
	away := yearsOf(w)
	switch {
	case w == whichPast:
		away = -1
	case w == whichComing && weekday(f.now()) >= 5:
		away = 1
	}
	return f.relative(i+1, unitRange(f.now(), unitWeekend, away))
}

// whichWeekday reads "last Tuesday": the last before the reference, of whatever week; "next Tuesday"
// is of the next week, "this Tuesday" of this one.
func (f *Finder) whichWeekday(i int, w uint8) node {
	t, day := f.peek(i), f.now()
	if t.plural {
		return node{}
	}
	switch w {
	case whichLast, whichPast:
		day = weekdayBefore(day, t.value)
	case whichComing:
		day = weekdayAfter(day, t.value)
	default:
		day = monday(day) + 7*yearsOf(w) + t.value
	}
	n := f.relative(f.dayparts(i+1), dayRange(day))
	n.weekly = true
	return n
}

// weekdayBefore returns the last of its weekday before day; weekdayAfter the first after.
func weekdayBefore(day, wd int32) int32 { return day - 1 - (weekday(day)+6-wd)%7 }

func weekdayAfter(day, wd int32) int32 { return day + 1 + (wd-weekday(day)+6)%7 }

func (f *Finder) whichAnnual(i int, w uint8) node {
	var n node
	switch t := f.peek(i); t.class {
	case wordMonth:
		n = node{next: i + 1, annual: monthly(t.value)}
		if day, next := f.dayNumber(i + 1); next != 0 && f.dayEnds(next) && fits(t.value, day) {
			n = node{next: next, annual: monthDay(t.value, day)}
		}
		short := t.end-t.start < 5 && t.value != 5 && t.value != 6
		if t.weak && f.text[t.start] >= 'a' && (short || w == whichThis) {
			return node{} // "this may be", "the last mar"
		}
	case wordSeason:
		if t.plural {
			return node{}
		}
		n = node{next: i + 1, annual: seasonal(t.value)}
	default:
		n = f.holiday(i)
	}
	if n.next == 0 {
		return n
	}
	n.kind = Relative
	if f.reference != Unknown {
		n.rng, n.known = n.annual.choose(f.reference, w, 0)
	}
	n.annual = annual{}
	return n
}

func (f *Finder) whichDaypart(i int, w uint8) node {
	t := f.peek(i)
	switch {
	case t.plural:
	case w == whichThis:
		return f.relative(i+1, dayRange(f.now()))
	case w == whichLast:
		return f.relative(i+1, dayRange(f.now()-1))
	}
	return node{}
}

// weekday reads "Friday night", "Friday, May 7", "Tuesday of last week", "Friday".
func (f *Finder) weekday(i int, cued bool) node {
	t := f.peek(i)
	if t.plural {
		return node{}
	}
	j := f.dayparts(i + 1)
	if n := f.dated(j, t.value); n.next != 0 {
		return n
	}
	if t.weak && (f.text[t.start] >= 'a' || !cued && f.back(i) != wordOn) {
		return node{}
	}
	if n := f.ofWeek(j, t.value); n.next != 0 {
		return n
	}
	if n := f.besideAt(i, j); n.next != 0 {
		return n
	}
	n := f.relative(j, Range{})
	n.weekly = true
	if n.known && f.speaksOf(j) > 0 {
		n.rng = dayRange(weekdayAfter(f.reference, t.value))
	} else if n.known {
		n.rng = dayRange(weekdayBefore(f.reference, t.value))
	}
	return n
}

// dated reads the date behind the weekday wd.
func (f *Finder) dated(i int, wd int32) node {
	t := f.peek(i)
	if t.gap != gapSpace && t.gap != gapComma {
		return node{}
	}
	if t.class == wordThe {
		return f.ordinalDate(i+1, wd)
	}
	switch t.class {
	case wordMonth:
		if n := f.month(i, false); n.ordinal != 0 {
			return n
		}
	case wordDigits:
		if n := f.dayMonth(i); n.next != 0 {
			return n
		}
		if n := f.numeric(i); n.known && n.rng.Grain == Day {
			return n
		}
	case wordOrdinal, wordTens:
		return f.dayMonth(i)
	}
	return node{}
}

// ordinalDate reads "7th of May", or "7th" alone behind a weekday.
func (f *Finder) ordinalDate(i int, wd int32) node {
	if n := f.dayMonth(i); n.next != 0 || !f.ordinalDay(i) {
		return n
	}
	day, j := f.dayNumber(i)
	if j == 0 || !f.over(j) {
		return node{}
	}
	n := node{kind: Absolute, next: j}
	if f.reference != Unknown {
		n.rng, n.known = f.nearestDay(day, wd, j)
	}
	return n
}

// ofWeek reads "of last week", "next week" behind a weekday.
func (f *Finder) ofWeek(i int, wd int32) node {
	if f.is(i, wordOf) {
		i++
	}
	w, u := f.peek(i), f.peek(i+1)
	if w.class != wordWhich || w.gap != gapSpace || w.value > whichThis || u.class != wordUnit || u.value != unitWeek || !u.near() {
		return node{}
	}
	return f.relative(i+2, dayRange(monday(f.now())+7*yearsOf(uint8(w.value))+wd))
}

// beside reads what is told by its neighbour, behind "the": "Friday before Easter", "night before last".
func (f *Finder) beside(i int) node {
	t := f.peek(i)
	if t.plural {
		return node{}
	}
	if t.class == wordWeekday && !t.weak {
		j := f.dayparts(i + 1)
		if n := f.dated(j, t.value); n.next != 0 {
			return n
		}
		return f.besideAt(i, j)
	}
	return f.besideAt(i, i+1)
}

// besideAt reads "before last", "after next", or "before" and "after" an expression, at j; what is
// told by it is at i.
func (f *Finder) besideAt(i, j int) node {
	t, c := f.peek(i), f.peek(j).class
	if c != wordBefore && c != wordAfter || f.peek(j).gap != gapSpace {
		return node{}
	}
	sign := int32(1)
	if c == wordBefore {
		sign = -1
	}
	if w := f.peek(j + 1); w.class == wordWhich && w.gap == gapSpace && w.value == whichLast && sign < 0 && f.over(j+2) {
		return f.relative(j+2, f.beyond(t, -1))
	} else if w.class == wordWhich && w.gap == gapSpace && w.value == whichNext && sign > 0 && f.over(j+2) {
		return f.relative(j+2, f.beyond(t, 1))
	}
	n := f.expression(j+1, true)
	if n.next == 0 || f.peek(j+1).gap != gapSpace || t.class == wordWeekday && n.weekly {
		return node{}
	}
	f.settle(&n)
	n.annual, n.ordinal, n.weekly = annual{}, 0, false
	if n.known {
		n.rng = neighbour(t, n.rng, sign)
	}
	return n
}

// beyond returns the second last or second next of a unit, weekday or night.
func (f *Finder) beyond(t *token, sign int32) Range {
	switch {
	case t.class == wordWeekday && sign < 0:
		return dayRange(weekdayBefore(f.now(), t.value) - 7)
	case t.class == wordWeekday:
		return dayRange(monday(f.now()) + 14 + t.value)
	case t.class == wordDaypart:
		return dayRange(f.now() + 2*sign)
	}
	return unitRange(f.now(), t.value, 2*sign)
}

// neighbour returns what lies just before or after a range.
func neighbour(t *token, r Range, sign int32) Range {
	edge := r.From
	if sign > 0 {
		edge = r.To
	}
	switch {
	case t.class == wordWeekday && sign < 0:
		return dayRange(weekdayBefore(edge, t.value))
	case t.class == wordWeekday:
		return dayRange(weekdayAfter(edge, t.value))
	case t.class == wordDaypart || t.value <= unitDay:
		return dayRange(edge + sign)
	case t.value == unitWeekend && sign < 0:
		saturday := weekdayBefore(edge, 5)
		if saturday+1 >= edge {
			saturday -= 7
		}
		return Range{saturday, saturday + 1, Day}
	case t.value == unitWeekend:
		saturday := weekdayAfter(edge, 5)
		return Range{saturday, saturday + 1, Day}
	}
	return unitRange(edge, t.value, sign)
}

// unitOf reads "week of June 5", "day before yesterday", "year 2019", and behind "the" also "weekend" alone.
func (f *Finder) unitOf(i int, the bool) node {
	t := f.peek(i)
	if t.plural && !the && f.is(i+1, wordAgo) && f.word(f.peek(i+1)) != "back" {
		return node{kind: Relative, next: i + 2} // "years ago"
	}
	if t.plural || t.value < unitDay {
		return node{}
	}
	if n := f.besideAt(i, i+1); n.next != 0 {
		if !the && !(n.kind == Relative && t.value == unitDay) {
			return node{}
		}
		return n
	}
	if the && t.value == unitYear && f.isYear(i+1) && f.peek(i+1).gap == gapSpace {
		return f.year(i + 1)
	}
	if f.is(i+1, wordOf) && (t.value == unitWeek || t.value == unitWeekend || t.value == unitMonth) {
		return f.around(i+2, t.value)
	}
	if the && t.value == unitWeekend {
		return f.theWeekend(i + 1)
	}
	return node{}
}

// around returns the week or weekend in which a day lies.
func (f *Finder) around(i int, unit int32) node {
	n := f.target(i)
	if n.next == 0 {
		return n
	}
	if unit == unitMonth {
		if n.annual.grain == Month || n.known && n.rng.Grain == Month {
			return n
		}
		return node{}
	}
	f.settle(&n)
	n.annual, n.ordinal, n.weekly = annual{}, 0, false
	if !n.known {
		return n
	}
	if n.rng.Grain != Day {
		return node{}
	}
	n.rng = unitRange(n.rng.From, unit, 0)
	return n
}

// theWeekend reads "the weekend": the last that has begun, or the next to end where the sentence speaks
// of what is to come.
func (f *Finder) theWeekend(next int) node {
	switch f.back(next - 2) {
	case wordOn, wordFor, wordIn, wordAt, wordBy, wordBefore, wordAfter, wordSince:
	default:
		return node{}
	}
	away := int32(0)
	if f.reference != Unknown && f.speaksOf(next) <= 0 && weekday(f.reference) < 5 {
		away = -1
	}
	return f.relative(next, unitRange(f.now(), unitWeekend, away))
}

// within reads "earlier this month", "later today".
func (f *Finder) within(i int) node {
	t := f.peek(i + 1)
	if t.gap != gapSpace || t.class != wordDay && (t.class != wordWhich || t.value != whichThis) {
		return node{}
	}
	n := f.expression(i+1, false)
	if n.next == 0 || !n.known || n.rng.From > f.reference || n.rng.To < f.reference {
		return n
	}
	if f.peek(i).value == 1 {
		n.rng.From = f.reference
	} else {
		n.rng.To = f.reference
	}
	return n
}

// otherDay reads "other day", which is one of the last few.
func (f *Finder) otherDay(i int) node {
	t := f.peek(i + 1)
	recent := t.class == wordUnit && t.value == unitDay || t.class == wordDaypart
	if !recent || t.plural || t.gap != gapSpace {
		return node{}
	}
	return f.relative(i+2, Range{f.now() - 7, f.now() - 1, Week})
}
