package timex

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// check holds what is true of the mentions of any text.
func check(t *testing.T, text string, reference int32, mentions []Mention) {
	t.Helper()
	if len(mentions) > MentionsMax {
		t.Fatalf("%d mentions", len(mentions))
	}
	end := 0
	for i, m := range mentions {
		if m.Start < end || m.End <= m.Start || m.End > len(text) {
			t.Fatalf("mention %d is %d to %d, behind %d, of %d bytes", i, m.Start, m.End, end, len(text))
		}
		end = m.End
		if !utf8.RuneStart(text[m.Start]) || m.End < len(text) && utf8.ValidString(text) && !utf8.RuneStart(text[m.End]) {
			t.Fatalf("mention %d is %d to %d, within a character", i, m.Start, m.End)
		}
		if m.Kind < Absolute || m.Kind > Clock || m.Open < -1 || m.Open > 1 {
			t.Fatalf("mention %d is of kind %d, open %d", i, m.Kind, m.Open)
		}
		if m.Range == (Range{}) {
			continue
		}
		if m.Kind > Relative || m.Range.From > m.Range.To || m.Range.Grain < Day || m.Range.Grain > Year {
			t.Fatalf("mention %d of kind %d has range %v", i, m.Kind, m.Range)
		}
		if m.Kind == Relative && reference == Unknown {
			t.Fatalf("mention %d is relative to nothing, and has range %v", i, m.Range)
		}
	}
}

func FuzzFind(f *testing.F) {
	for _, name := range []string{"dev.txt", "heldout.txt"} {
		for i, l := range load(f, name) {
			if i%8 == 0 {
				f.Add(l.text, l.reference)
			}
		}
	}
	for _, s := range hostile {
		f.Add(s, int32(19_000))
	}
	var finder Finder
	f.Fuzz(func(t *testing.T, text string, reference int32) {
		got := finder.Find(nil, text, reference)
		if reference < -daysLimit || reference > daysLimit {
			reference = Unknown
		}
		check(t, text, reference, got)
		var fresh Finder
		again := fresh.Find(nil, text, reference)
		if len(again) != len(got) {
			t.Fatalf("%d mentions, and %d by a fresh finder", len(got), len(again))
		}
		for i := range got {
			if got[i] != again[i] {
				t.Fatalf("mention %d is %v, and %v by a fresh finder", i, got[i], again[i])
			}
		}
	})
}

var hostile = []string{
	"", " ", "\x00", "\xff\xfe", "\xe2\x80", "\xe2", "\xc2", "👍", "2023-05-", "May", "the", "the the the", "two", "in", "9999 centuries ago",
	"99999999 years ago", "29 February 2023", "31 June", "the week of the week of the week of the week of May 7",
	"between May 7 and", "from", "’90s", "’90s ’91", "Valentine’s Day", "7\u00a0May\u00a02023", "7–9 May", "May 7—May 9", "東京 yesterday 東京",
	"2023-05-07T10:00:00+02:00", "2023-05-07T10:00:00.123Z", "1/1/1 2/2/2222", "half past", "quarter to", "at 5", "5 a.m", "5 a.m.", "p.m.",
	"day before the day before the day before the day before yesterday", "every every", "last last last week", "next 9999 decades",
	"the last 9999 decades", "9999 decades before 1000-01-01", "end of the", "late late May", strings.Repeat("two or ", 50),
}

func TestAnyTextIsSafe(t *testing.T) {
	var f Finder
	for _, s := range hostile {
		for _, reference := range []int32{Unknown, 0, 19_000, -daysLimit, daysLimit, 1 << 30} {
			got := f.Find(nil, s, reference)
			if reference == 1<<30 {
				reference = Unknown
			}
			check(t, s, reference, got)
		}
	}
}
