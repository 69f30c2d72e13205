package chats

import (
	"fmt"
	"time"
)

// moment is when something happened or will: the days from first to last, both included.
// It is planned first and put in words after, so that the answer never comes from parsing.
type moment struct {
	first, last time.Time
	grain       grain
	phrase      string // as it is said on the day of saying
}

// grain is how exact a moment is.
type grain int

const (
	grainDay grain = iota
	grainWeekend
	grainWeek
	grainMonth
	grainYear
)

const day = 24 * time.Hour

// answer says a moment without the day of saying: "14 June 2022".
func (m moment) answer() string {
	switch m.grain {
	case grainWeekend:
		return "the weekend of " + m.first.Format("2 January 2006")
	case grainWeek:
		return "the week of " + m.first.Format("2 January 2006")
	case grainMonth:
		return m.first.Format("January 2006")
	case grainYear:
		return m.first.Format("2006")
	}
	return m.first.Format("2 January 2006")
}

func dayOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

func onDay(t time.Time, phrase string) moment { return moment{t, t, grainDay, phrase} }

// past plans a moment before a day, and says it as of that day.
func (t *teller) past(said time.Time) moment {
	today := dayOf(said)
	back := func(days int) time.Time { return today.AddDate(0, 0, -days) }
	switch n := t.random.IntN(100); {
	case n < 7:
		return onDay(today, pick(t, []string{"this morning", "today", "earlier today", "just now"}))
	case n < 22:
		return onDay(back(1), pick(t, []string{"yesterday", "yesterday", "last night", "yesterday afternoon"}))
	case n < 26:
		return onDay(back(2), "the day before yesterday")
	case n < 38:
		days := t.between(2, 6)
		return onDay(back(days), fmt.Sprintf("%s days ago", numeral(t, days)))
	case n < 54:
		date := back(t.between(2, 6))
		return onDay(date, pick(t, []string{"last ", "last ", "on ", "this past "})+date.Weekday().String())
	case n < 64:
		return t.lastWeekend(today)
	case n < 71:
		monday := back(int(today.Weekday()+6)%7 + 7)
		return moment{monday, monday.AddDate(0, 0, 6), grainWeek, "last week"}
	case n < 80:
		weeks := t.between(1, 3)
		return onDay(back(7*weeks), map[int]string{1: "a week ago today", 2: "exactly two weeks ago", 3: "three weeks ago to the day"}[weeks])
	case n < 90:
		date := back(t.between(8, 50))
		return onDay(date, t.namedDay(date))
	case n < 97:
		return t.month(today, -1, pick(t, []string{"last month", "last month", "back in %s"}))
	default:
		return t.month(today, -t.between(2, 5), "back in %s")
	}
}

// lastWeekend is the Saturday and Sunday that ended before a day.
func (t *teller) lastWeekend(today time.Time) moment {
	sunday := today.AddDate(0, 0, -int(today.Weekday()))
	if !sunday.Before(today) {
		sunday = sunday.AddDate(0, 0, -7)
	}
	return moment{sunday.AddDate(0, 0, -1), sunday, grainWeekend, pick(t, []string{"last weekend", "over the weekend", "at the weekend"})}
}

// month is a whole month some months from a day's; a phrase may have a place for its name.
func (t *teller) month(today time.Time, months int, phrase string) moment {
	first := time.Date(today.Year(), today.Month()+time.Month(months), 1, 0, 0, 0, 0, time.UTC)
	if phrase == "back in %s" || phrase == "in %s" {
		phrase = fmt.Sprintf(phrase, first.Month())
	}
	return moment{first, first.AddDate(0, 1, -1), grainMonth, phrase}
}

// namedDay says a date by day and month.
func (t *teller) namedDay(date time.Time) string {
	switch t.random.IntN(3) {
	case 0:
		return "on " + date.Format("January 2")
	case 1:
		return fmt.Sprintf("on the %s of %s", ordinal(date.Day()), date.Month())
	}
	return fmt.Sprintf("on %s, the %s of %s", date.Weekday(), ordinal(date.Day()), date.Month())
}

// coming plans a moment after a day, and says it as of that day.
func (t *teller) coming(said time.Time) moment {
	today := dayOf(said)
	ahead := func(days int) time.Time { return today.AddDate(0, 0, days) }
	switch n := t.random.IntN(100); {
	case n < 15:
		return onDay(ahead(1), pick(t, []string{"tomorrow", "tomorrow morning", "tomorrow evening"}))
	case n < 22:
		return onDay(ahead(2), "the day after tomorrow")
	case n < 34:
		days := t.between(3, 6)
		return onDay(ahead(days), fmt.Sprintf("in %s days", numeral(t, days)))
	case n < 50:
		date := ahead(t.between(2, 6))
		return onDay(date, pick(t, []string{"this ", "on ", "this coming "})+date.Weekday().String())
	case n < 62:
		monday := ahead(7 - int(today.Weekday()+6)%7)
		return moment{monday, monday.AddDate(0, 0, 6), grainWeek, "next week"}
	case n < 70:
		weeks := t.between(2, 4)
		return onDay(ahead(7*weeks), fmt.Sprintf("%s weeks from today", numeral(t, weeks)))
	case n < 86:
		date := ahead(t.between(8, 60))
		return onDay(date, t.namedDay(date))
	default:
		return t.month(today, 1, pick(t, []string{"next month", "in %s"}))
	}
}

var numerals = []string{"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}

// numeral says a small number in a word, seldom in a digit.
func numeral(t *teller, n int) string {
	if n >= len(numerals) || t.chance(.2) {
		return fmt.Sprint(n)
	}
	return numerals[n]
}

// ordinal returns "1st", "2nd", ...
func ordinal(n int) string {
	suffix := "th"
	if n%100 < 11 || n%100 > 13 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return fmt.Sprint(n) + suffix
}
