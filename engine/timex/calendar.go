package timex

// Days are counted from 1970-01-01 of the proleptic Gregorian calendar. The two
// conversions are those of Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"
// (2013): years begin in March, so that the leap day is the last of its year.

// dayOf returns the day of a date; month 1 to 12, day 1 to 31.
func dayOf(year, month, day int32) int32 {
	if month <= 2 {
		year--
	}
	era := floorDiv(year, 400)
	yearOfEra := year - era*400
	dayOfYear := (153*((month+9)%12)+2)/5 + day - 1
	dayOfEra := yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear
	return era*146_097 + dayOfEra - 719_468
}

// civil returns the date of a day.
func civil(days int32) (year, month, day int32) {
	days += 719_468
	era := floorDiv(days, 146_097)
	dayOfEra := days - era*146_097
	yearOfEra := (dayOfEra - dayOfEra/1460 + dayOfEra/36_524 - dayOfEra/146_096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	shifted := (5*dayOfYear + 2) / 153
	day = dayOfYear - (153*shifted+2)/5 + 1
	month = (shifted+2)%12 + 1
	year = yearOfEra + era*400
	if month <= 2 {
		year++
	}
	return year, month, day
}

func floorDiv(a, b int32) int32 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func leap(year int32) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

func monthDays(year, month int32) int32 {
	switch month {
	case 2:
		if leap(year) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// weekday returns 0 for Monday to 6 for Sunday; 1970-01-01 was a Thursday.
func weekday(day int32) int32 { return day + 3 - floorDiv(day+3, 7)*7 }

// monday returns the first day of the week of day.
func monday(day int32) int32 { return day - weekday(day) }

// addMonths moves a day by months; a day that the month lacks becomes its last.
func addMonths(day, months int32) int32 {
	y, m, d := civil(day)
	total := y*12 + m - 1 + months
	y = floorDiv(total, 12)
	m = total - y*12 + 1
	return dayOf(y, m, min(d, monthDays(y, m)))
}

func monthRange(year, month int32) Range {
	return Range{dayOf(year, month, 1), dayOf(year, month, monthDays(year, month)), Month}
}

func yearRange(year int32) Range { return Range{dayOf(year, 1, 1), dayOf(year, 12, 31), Year} }

func dayRange(day int32) Range { return Range{day, day, Day} }

// easter returns Easter Sunday of the Gregorian calendar (the anonymous algorithm that
// Meeus gives in "Astronomical Algorithms", chapter 8); year > 1582.
func easter(year int32) int32 {
	a, b, c := year%19, year/100, year%100
	h := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
	l := (32 + 2*(b%4) + 2*(c/4) - h - c%4) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return dayOf(year, n/31, n%31+1)
}

// nthWeekday returns the nth (1 ...) weekday of a month, or the last for n = -1.
func nthWeekday(year, month, n, wd int32) int32 {
	if n < 0 {
		last := dayOf(year, month, monthDays(year, month))
		return last - (weekday(last)-wd+7)%7
	}
	first := dayOf(year, month, 1)
	return first + (wd-weekday(first)+7)%7 + 7*(n-1)
}
