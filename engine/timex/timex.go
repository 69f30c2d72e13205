// Package timex finds expressions of time in English text and resolves them to days:
// "7 May 2023", "last Tuesday", "two weeks ago", "every Monday", "for three months".
//
// One parser reads texts at ingest, with the day of the text as reference, and questions,
// with the day of asking. It reads words once: a word that is in no small table of words
// is passed over at the price of its bytes (words.go, tokens.go); one that may begin an
// expression is handed to a grammar without backtracking beyond a fixed number of words
// (parse.go and the files behind it), so that time is linear in the text whatever it holds.
//
// Where English is ambiguous there is one rule, told in docs/design/timex.md: weeks
// begin on Monday (ISO 8601), seasons are those of meteorology on the northern
// half of the earth, what is named without a year or week is in the past unless the
// sentence speaks of the future.
package timex

import (
	"math"
	"time"
)

// Grain is how finely an expression names time. The zero value is none.
type Grain uint8

// The grains, from fine to coarse. Minutes and hours resolve to their Day; weekends and
// days are of grain Day, decades of grain Year.
const (
	Day Grain = 1 + iota
	Week
	Month
	Season
	Year
)

// Range is the days from From to To, both included, counted from 1970-01-01 in the
// calendar of the reference. From <= To. A range may be wider or narrower than its grain:
// "the 90s" has Year, "early May" has Month.
type Range struct {
	From, To int32
	Grain    Grain
}

// Kind is what an expression says of time. The zero value is none.
type Kind uint8

// The kinds. Absolute and Relative have a range where it can be resolved, the others never.
const (
	Absolute  Kind = 1 + iota // names a piece of the calendar: "7 May 2023", "in March", "Christmas"
	Relative                  // counts from the reference: "yesterday", "two weeks ago", "last Tuesday", "on Friday"
	Recurring                 // "every Monday", "on weekends", "twice a week"
	Duration                  // "for three months", "an hour and a half"
	Clock                     // a time of day: "5 pm", "17:30", "noon"
)

// Mention is one expression within a text.
//
// Start and End are bytes of the text, on borders of words. The span begins with the word
// that carries the time: "on", "in", "since", "about" stay outside, but for "in two weeks",
// where "in" is what makes it a day, and "between" and "from" of a pair, which is one mention.
type Mention struct {
	Start, End int
	Kind       Kind
	Open       int8  // -1: "before", "until", "by" stand in front; +1: "after", "since", or "from ... on"; else 0
	Range      Range // zero where there is none
}

// Unknown is the reference of a text of which nobody knows the day. What is relative is
// then found without a range.
const Unknown = math.MinInt32

// MentionsMax bounds the mentions of one text: a turn of a chat has a handful, and a page of
// a calendar is about all of its days.
const MentionsMax = 128

// daysLimit bounds references to some 27,000 years around 1970, so that no day overflows.
const daysLimit = 10_000_000

// DayOf returns the days from 1970-01-01 to the day of t in UTC; Unknown for the zero time.
func DayOf(t time.Time) int32 {
	if t.IsZero() {
		return Unknown
	}
	seconds := t.Unix()
	days := seconds / 86_400
	if seconds%86_400 < 0 {
		days--
	}
	return int32(max(-daysLimit, min(daysLimit, days)))
}

// Finder finds mentions. The zero value is ready, and keeps nothing of a text between calls.
// One goroutine at a time.
type Finder struct {
	text   string
	at     int           // bytes of text that are tokens
	tokens int           // tokens read so far
	ring   [window]token // the last of them

	first     int // index of the token at which the expression being parsed begins
	reference int32
	depth     int  // of expressions within expressions
	tense     int8 // of the sentence, where tensed says that it is known
	tensed    bool
}

// Find appends the mentions of text to dst, in order and never overlapping, at most
// MentionsMax of them, and returns it. text may be any bytes; what is no English is passed
// over. reference is the day of the text, or Unknown; one beyond 27,000 years is Unknown.
//
// O(len(text)), no allocation but what dst needs to grow.
func (f *Finder) Find(dst []Mention, text string, reference int32) []Mention {
	if reference < -daysLimit || reference > daysLimit {
		reference = Unknown
	}
	f.text, f.at, f.tokens, f.reference = text, 0, 0, reference
	found := 0
	for i := 0; found < MentionsMax; {
		t := f.token(i)
		if t.class == wordEnd {
			break
		}
		if !starts[t.class] || !f.promising(i, t) {
			i++
			continue
		}
		m, next := f.mention(i)
		if next == 0 {
			i++
			continue
		}
		dst = append(dst, m)
		found++
		i = next
	}
	f.text = ""
	return dst
}
