package chats

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// meant is what a phrase means on a day, worked out apart from the program that planned it.
func meant(phrase string, said time.Time, past bool) (first, last time.Time) {
	today := date(said.Format(time.DateOnly))
	sign := 1
	if past {
		sign = -1
	}
	fixed := map[string]int{
		"this morning": 0, "today": 0, "earlier today": 0, "just now": 0, "yesterday": -1, "last night": -1,
		"yesterday afternoon": -1, "the day before yesterday": -2, "a week ago today": -7, "exactly two weeks ago": -14,
		"three weeks ago to the day": -21, "tomorrow": 1, "tomorrow morning": 1, "tomorrow evening": 1, "the day after tomorrow": 2,
	}
	if days, ok := fixed[phrase]; ok {
		d := today.AddDate(0, 0, days)
		return d, d
	}
	for monday := today; ; monday = monday.AddDate(0, 0, -1) {
		if monday.Weekday() != time.Monday {
			continue
		}
		switch phrase {
		case "last week":
			return monday.AddDate(0, 0, -7), monday.AddDate(0, 0, -1)
		case "next week":
			return monday.AddDate(0, 0, 7), monday.AddDate(0, 0, 13)
		case "last weekend", "over the weekend", "at the weekend":
			return monday.AddDate(0, 0, -2), monday.AddDate(0, 0, -1)
		}
		break
	}
	if m := regexp.MustCompile(`^(?:in )?(\w+) (days|weeks)(?: ago| from today)?$`).FindStringSubmatch(phrase); m != nil {
		n := slices.Index(numerals, m[1])
		if n < 0 {
			n, _ = strconv.Atoi(m[1])
		}
		if m[2] == "weeks" {
			n *= 7
		}
		d := today.AddDate(0, 0, sign*n)
		return d, d
	}
	words := strings.Fields(strings.NewReplacer(",", "", "the ", "", "of ", "").Replace(phrase))
	return named(words, today, sign)
}

// named looks for the nearest day or month of a name before or after a day.
func named(words []string, today time.Time, sign int) (first, last time.Time) {
	name := words[len(words)-1]
	for d := today; ; d = d.AddDate(0, 0, sign) {
		number := regexp.MustCompile(`^\d+`).FindString(words[len(words)-1])
		switch {
		case name == "month":
			m := time.Date(today.Year(), today.Month()+time.Month(sign), 1, 0, 0, 0, 0, time.UTC)
			return m, m.AddDate(0, 1, -1)
		case d.Weekday().String() == name && d != today:
			return d, d
		case len(words) == 2 && words[0] == "in" && d.Month().String() == name && d.Month() != today.Month():
			m := time.Date(d.Year(), d.Month(), 1, 0, 0, 0, 0, time.UTC)
			return m, m.AddDate(0, 1, -1)
		case len(words) == 3 && words[0] == "back" && d.Month().String() == name && d.Month() != today.Month():
			m := time.Date(d.Year(), d.Month(), 1, 0, 0, 0, 0, time.UTC)
			return m, m.AddDate(0, 1, -1)
		case number == strconv.Itoa(d.Day()) && strings.HasPrefix(d.Month().String(), words[len(words)-2]):
			return d, d // on January 2
		case d.Month().String() == name && regexp.MustCompile(`^\d+`).FindString(words[len(words)-2]) == strconv.Itoa(d.Day()):
			return d, d // the 2nd of January
		case len(words) == 4 && words[3] == strconv.Itoa(d.Year()) && slices.ContainsFunc([]string{"January 2", "2 January", "Jan 2"},
			func(form string) bool { return d.Format(form) == words[1]+" "+words[2] }):
			return d, d
		case d.Sub(today).Abs() > 400*day:
			return time.Time{}, time.Time{}
		}
	}
}

// The days that a question asks for were planned; what the turn says has to mean them on
// the day it is said.
func TestEveryRelativeDateMeansThePlannedDays(t *testing.T) {
	for name, s := range sets() {
		seen := map[string]bool{}
		for _, d := range s.Dates {
			seen[d.Phrase] = true
			past := d.First.Before(dayOf(d.Said)) || d.First.Equal(dayOf(d.Said))
			first, last := meant(d.Phrase, d.Said, past)
			if !first.Equal(d.First) || !last.Equal(d.Last) {
				t.Errorf("%s %s: %q said on %s means %s to %s, planned was %s to %s", name, d.Turn, d.Phrase, d.Said.Format(time.DateOnly),
					first.Format(time.DateOnly), last.Format(time.DateOnly), d.First.Format(time.DateOnly), d.Last.Format(time.DateOnly))
			}
		}
		if len(seen) < 20 {
			t.Errorf("%s: only %d different phrases", name, len(seen))
		}
	}
}

func TestTemporalAnswersAreThePlannedDates(t *testing.T) {
	for name, s := range sets() {
		answers := map[string]string{}
		for _, d := range s.Dates {
			answers[d.Turn] += d.Answer + "; "
		}
		checked := 0
		for _, q := range s.Questions {
			if q.Category != "temporal" || len(q.Evidence) != 1 || !strings.HasPrefix(q.Text, "When") {
				continue
			}
			checked++
			if !strings.Contains(answers[q.Evidence[0]], q.Answer+"; ") {
				t.Errorf("%s %s: answer %q, but its turn was planned for %q", name, q.ID, q.Answer, answers[q.Evidence[0]])
			}
		}
		if checked == 0 && !strings.HasSuffix(name, "linked") {
			t.Errorf("%s: no question asked when", name)
		}
	}
}

// A turn that tells a date says its phrase, but where a typing error hit it.
func TestTurnsSayThePhraseOfTheirDate(t *testing.T) {
	for name, s := range sets() {
		text := map[string]string{}
		for _, turn := range s.Turns {
			text[turn.ID] = strings.ToLower(turn.Text)
		}
		missing := 0
		for _, d := range s.Dates {
			if !strings.Contains(text[d.Turn], strings.ToLower(d.Phrase)) {
				missing++
			}
		}
		if missing*50 > len(s.Dates) {
			t.Errorf("%s: %d of %d turns lack the phrase of their date", name, missing, len(s.Dates))
		}
	}
}

func TestOrdinal(t *testing.T) {
	for n, want := range map[int]string{1: "1st", 2: "2nd", 3: "3rd", 4: "4th", 11: "11th", 12: "12th", 13: "13th", 21: "21st", 22: "22nd", 30: "30th"} {
		if got := ordinal(n); got != want {
			t.Errorf("ordinal(%d) = %q, want %q", n, got, want)
		}
	}
}

// lastWeekend on every day of a week: on a Sunday the weekend before is meant.
func TestLastWeekendEndedBefore(t *testing.T) {
	w := teller{random: rand.New(rand.NewPCG(1, 1))}
	for d := date("2024-03-04"); d.Before(date("2024-03-18")); d = d.AddDate(0, 0, 1) {
		m := w.lastWeekend(d)
		if m.first.Weekday() != time.Saturday || !m.last.Before(d) || d.Sub(m.last) > 7*day {
			t.Errorf("on %s the last weekend is %s to %s", d.Format(time.DateOnly), m.first.Format(time.DateOnly), m.last.Format(time.DateOnly))
		}
	}
}
