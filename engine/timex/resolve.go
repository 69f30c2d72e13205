package timex

// annual is what recurs every year: a month, a season, a day, a holiday, or a third of one.
// fromMonth 0 = none; toDay 0 = the end of toMonth.
type annual struct {
	fromMonth, fromDay, toMonth, toDay int8
	holiday                            uint8
	part                               uint8
	grain                              Grain
}

func monthly(month int32) annual {
	return annual{fromMonth: int8(month), fromDay: 1, toMonth: int8(month), grain: Month}
}

func monthDay(month, day int32) annual {
	return annual{fromMonth: int8(month), fromDay: int8(day), toMonth: int8(month), toDay: int8(day), grain: Day}
}

// seasonal returns the three months from the first; winter runs into the next year.
func seasonal(month int32) annual {
	return annual{fromMonth: int8(month), fromDay: 1, toMonth: int8((month+1)%12 + 1), grain: Season}
}

func festive(holiday uint8) annual { return annual{fromMonth: 1, holiday: holiday, grain: Day} }

// in returns the days of a in the year in which it begins; false where there is no such day.
func (a annual) in(year int32) (Range, bool) {
	if a.holiday != 0 {
		return dayRange(holidayIn(a.holiday, year)), true
	}
	end := year
	if a.toMonth < a.fromMonth {
		end++
	}
	last := int32(a.toDay)
	if last == 0 {
		last = monthDays(end, int32(a.toMonth))
	}
	if last > monthDays(end, int32(a.toMonth)) {
		return Range{}, false
	}
	r := Range{dayOf(year, int32(a.fromMonth), int32(a.fromDay)), dayOf(end, int32(a.toMonth), last), a.grain}
	return third(r, a.part), true
}

// before returns the last occurrence that begins on day or before.
func (a annual) before(day int32) (Range, bool) {
	year, _, _ := civil(day)
	for y := year; y > year-8; y-- { // leap years may be eight years apart
		if r, ok := a.in(y); ok && r.From <= day {
			return r, true
		}
	}
	return Range{}, false
}

// after returns the first occurrence that begins on day or after.
func (a annual) after(day int32) (Range, bool) {
	year, _, _ := civil(day)
	for y := year; y <= year+8; y++ {
		if r, ok := a.in(y); ok && r.From >= day {
			return r, true
		}
	}
	return Range{}, false
}

// choose returns the occurrence that is meant when day is the reference. tense is that of the
// sentence, and counts where which is bare: without one, a day is the nearest, a month or season
// the last that has begun.
func (a annual) choose(day int32, which uint8, tense int8) (Range, bool) {
	part := a.part
	a.part = whole // "the end of May" is of the May that is meant
	r, ok := a.occurrence(day, which, tense)
	return third(r, part), ok
}

func (a annual) occurrence(day int32, which uint8, tense int8) (Range, bool) {
	switch which {
	case whichLast, whichPast:
		r, ok := a.before(day)
		if ok && r.To >= day {
			r, ok = a.before(r.From - 1)
		}
		return r, ok
	case whichNext, whichComing:
		return a.after(day + 1)
	case whichThis:
		return a.current(day)
	}
	last, hasLast := a.before(day)
	if hasLast && (last.To >= day || tense < 0 || tense == 0 && a.grain != Day) {
		return last, true
	}
	first, hasNext := a.after(day)
	if tense > 0 || !hasLast || hasNext && first.From-day < day-last.To {
		return first, hasNext
	}
	return last, hasLast
}

// current returns the occurrence of this year, or the one that is now.
func (a annual) current(day int32) (Range, bool) {
	if r, ok := a.before(day); ok && r.To >= day {
		return r, true
	}
	year, _, _ := civil(day)
	return a.in(year)
}

// fixedHolidays are month and day of the holidays before easterDay.
var fixedHolidays = [easterDay][2]int32{
	christmas: {12, 25}, christmasEve: {12, 24}, boxingDay: {12, 26}, newYear: {1, 1}, newYearsEve: {12, 31}, halloween: {10, 31},
	valentines: {2, 14}, independenceDay: {7, 4}, juneteenth: {6, 19}, veteransDay: {11, 11}, groundhogDay: {2, 2},
}

func holidayIn(holiday uint8, year int32) int32 {
	switch holiday {
	case easterDay:
		return easter(year)
	case goodFriday:
		return easter(year) - 2
	case easterMonday:
		return easter(year) + 1
	case thanksgiving:
		return nthWeekday(year, 11, 4, 3)
	case blackFriday:
		return nthWeekday(year, 11, 4, 3) + 1
	case laborDay:
		return nthWeekday(year, 9, 1, 0)
	case memorialDay:
		return nthWeekday(year, 5, -1, 0)
	case mothersDay:
		return nthWeekday(year, 5, 2, 6)
	case fathersDay:
		return nthWeekday(year, 6, 3, 6)
	}
	date := fixedHolidays[holiday]
	return dayOf(year, date[0], date[1])
}

// third returns the early, middle or late third of a range: years of decades, months of years
// and seasons, tens of days of months, and days of what is shorter.
func third(r Range, part uint8) Range {
	if part == whole || r.Grain == Day && r.From == r.To {
		return r
	}
	var cut [4]int32 // where the thirds begin, and the end
	cut[0], cut[3] = r.From, r.To+1
	year, month, _ := civil(r.From)
	switch n := r.To + 1 - r.From; {
	case n > 366:
		cut[1], cut[2] = dayOf(year+4, 1, 1), dayOf(year+7, 1, 1)
	case r.Grain == Year:
		cut[1], cut[2] = dayOf(year, month+4, 1), dayOf(year, month+8, 1)
	case r.Grain == Season:
		cut[1], cut[2] = addMonths(r.From, 1), addMonths(r.From, 2)
	case r.Grain == Month:
		cut[1], cut[2] = r.From+10, r.From+20
	default:
		cut[1], cut[2] = r.From+(n+2)/3, r.To+1-(n+2)/3
	}
	if cut[1] < cut[0]+1 || cut[2] < cut[1]+1 || cut[3] < cut[2]+1 {
		return r
	}
	return Range{cut[part-1], cut[part] - 1, r.Grain}
}

// settle gives what was told without its year the one that is meant.
func (f *Finder) settle(n *node) {
	if n.known || n.annual.fromMonth == 0 || f.reference == Unknown {
		return
	}
	n.rng, n.known = n.annual.choose(f.reference, whichBare, f.speaksOf(n.next))
}

// unitRange returns the unit of the calendar n units from the one that day is in: 0 = this week.
func unitRange(day int32, unit, n int32) Range {
	year, month, _ := civil(day)
	switch unit {
	case unitWeekend:
		saturday := monday(day) + 5 + 7*n
		return Range{saturday, saturday + 1, Day}
	case unitWeek:
		return Range{monday(day) + 7*n, monday(day) + 7*n + 6, Week}
	case unitFortnight:
		return Range{monday(day) + 14*n, monday(day) + 14*n + 13, Week}
	case unitMonth:
		year, month, _ = civil(addMonths(dayOf(year, month, 1), n))
		return monthRange(year, month)
	case unitQuarter:
		from := addMonths(dayOf(year, month-(month-1)%3, 1), 3*n)
		return Range{from, addMonths(from, 3) - 1, Season}
	case unitYear:
		return yearRange(year + n)
	case unitDecade:
		return years(floorDiv(year, 10)*10+10*n, 10)
	case unitCentury:
		return years(floorDiv(year, 100)*100+100*n, 100)
	}
	return dayRange(day + n)
}

func years(first, count int32) Range {
	return Range{dayOf(first, 1, 1), dayOf(first+count-1, 12, 31), Year}
}

// shift moves a day by halves of a unit.
func shift(day, unit, halves int32) int32 {
	switch unit {
	case unitSecond, unitMinute:
		return day
	case unitHour:
		return day + halves/48
	case unitDay:
		return day + halves/2
	case unitWeekend, unitWeek:
		return day + 7*halves/2
	case unitFortnight:
		return day + 7*halves
	case unitMonth:
		return addMonths(day, halves/2) + halves%2*15
	case unitQuarter:
		return addMonths(day, 3*halves/2)
	case unitYear:
		return addMonths(day, 6*halves)
	case unitDecade:
		return addMonths(day, 60*halves)
	}
	return addMonths(day, 600*halves)
}

// offset returns what lies least to most halves of a unit from base, in the direction of sign.
// Weeks and months are counted from the day, and half of one is left on both sides; years are
// those of the calendar.
func offset(base, unit int32, c count, sign int32) Range {
	from, to := shift(base, unit, sign*c.least), shift(base, unit, sign*c.most)
	if from > to {
		from, to = to, from
	}
	switch unit {
	case unitWeek, unitFortnight:
		return Range{from - 3, to + 3, Week}
	case unitWeekend:
		return Range{unitRange(from, unit, 0).From, unitRange(to, unit, 0).To, Day}
	case unitMonth:
		return Range{from - 15, to + 15, Month}
	case unitQuarter:
		return Range{from - 45, to + 45, Season}
	case unitYear, unitDecade, unitCentury:
		if c.least%2 != 0 && unit == unitYear {
			return Range{from - 45, to + 45, Season} // "a year and a half ago"
		}
		first, _, _ := civil(from)
		last, _, _ := civil(to)
		return years(first, last-first+1)
	}
	return Range{from, to, Day}
}

// grainOf returns the grain of a unit.
func grainOf(unit int32) Grain {
	switch unit {
	case unitWeek, unitFortnight:
		return Week
	case unitMonth:
		return Month
	case unitQuarter:
		return Season
	case unitYear, unitDecade, unitCentury:
		return Year
	}
	return Day
}
