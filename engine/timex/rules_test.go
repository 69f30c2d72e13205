package timex

import (
	"math"
	"testing"
)

// find returns what is found in a text, as labels, one behind the other.
func find(t *testing.T, text, date string) (s string) {
	t.Helper()
	reference := int32(Unknown)
	if date != "" {
		reference = parseDay(t, date)
	}
	var f Finder
	for _, m := range f.Find(nil, text, reference) {
		s += show(text, m)
	}
	return s
}

// TestAmbiguousTimesFollowOneRule has a line for each rule of docs/design/timex.md. 2023-05-10 was a Wednesday.
func TestAmbiguousTimesFollowOneRule(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		// Weekdays.
		{"last Wednesday", "[last Wednesday|rel d 2023-05-03 2023-05-03]"},
		{"last Monday", "[last Monday|rel d 2023-05-08 2023-05-08]"},
		{"next Thursday", "[next Thursday|rel d 2023-05-18 2023-05-18]"},
		{"this Monday", "[this Monday|rel d 2023-05-08 2023-05-08]"},
		{"this coming Monday", "[this coming Monday|rel d 2023-05-15 2023-05-15]"},
		{"we met on Wednesday", "[Wednesday|rel d 2023-05-03 2023-05-03]"},
		{"we will meet on Wednesday", "[Wednesday|rel d 2023-05-17 2023-05-17]"},
		{"I had it by Thursday", "[Thursday|rel d 2023-05-04 2023-05-04 <]"},
		{"by Thursday", "[Thursday|rel d 2023-05-11 2023-05-11 <]"},
		// Months, seasons, days and holidays without a year.
		{"in May", "[May|abs m 2023-05-01 2023-05-31]"},
		{"in June", "[June|abs m 2022-06-01 2022-06-30]"},
		{"I'll go in April", "[April|abs m 2024-04-01 2024-04-30]"},
		{"next June", "[next June|rel m 2023-06-01 2023-06-30]"},
		{"next May", "[next May|rel m 2024-05-01 2024-05-31]"},
		{"last May", "[last May|rel m 2022-05-01 2022-05-31]"},
		{"last winter", "[last winter|rel s 2022-12-01 2023-02-28]"},
		{"June 9", "[June 9|abs d 2023-06-09 2023-06-09]"},
		{"we left June 9", "[June 9|abs d 2022-06-09 2022-06-09]"},
		{"Christmas", "[Christmas|abs d 2022-12-25 2022-12-25]"},
		{"Halloween", "[Halloween|abs d 2023-10-31 2023-10-31]"},
		// Numbers.
		{"5/7/2023", "[5/7/2023|abs d 2023-05-07 2023-05-07]"},
		{"13/7/2023", "[13/7/2023|abs d 2023-07-13 2023-07-13]"},
		{"5.7.2023", "[5.7.2023|abs d 2023-07-05 2023-07-05]"},
		{"13/13/2023", ""},
		{"2023-02-29", ""},
		{"on 5/7", "[5/7|abs d 2023-05-07 2023-05-07]"},
		{"about 5/7 of it", ""},
		{"5/7/49 5/7/50", "[5/7/49|abs d 2049-05-07 2049-05-07][5/7/50|abs d 1950-05-07 1950-05-07]"},
		// Counts.
		{"three days ago", "[three days ago|rel d 2023-05-07 2023-05-07]"},
		{"three weeks ago", "[three weeks ago|rel w 2023-04-16 2023-04-22]"},
		{"three months ago", "[three months ago|rel m 2023-01-26 2023-02-25]"},
		{"three years ago", "[three years ago|rel y 2020-01-01 2020-12-31]"},
		{"a few days ago", "[a few days ago|rel d 2023-05-05 2023-05-08]"},
		{"several weeks ago", "[several weeks ago|rel w 2023-03-19 2023-04-22]"},
		{"48 hours ago", "[48 hours ago|rel d 2023-05-08 2023-05-08]"},
		{"I'll do it in two days", "[in two days|rel d 2023-05-12 2023-05-12]"},
		{"I did it in two days", "[two days|dur]"},
		{"We left two days later", "[two days later|rel]"},
		{"the last two weeks", "[the last two weeks|rel w 2023-04-26 2023-05-10]"},
		{"last week, the last week", "[last week|rel w 2023-05-01 2023-05-07][the last week|rel w 2023-05-03 2023-05-10]"},
		// Parts.
		{"early May", "[early May|abs m 2023-05-01 2023-05-10]"},
		{"end of May", "[end of May|abs m 2023-05-21 2023-05-31]"},
		{"mid 2021", "[mid 2021|abs y 2021-05-01 2021-08-31]"},
		{"late summer 2021", "[late summer 2021|abs s 2021-08-01 2021-08-31]"},
		{"the end of the week", "[the end of the week|rel w 2023-05-12 2023-05-14]"},
		{"the 20s, the 30s", "[the 20s|abs y 2020-01-01 2029-12-31][the 30s|abs y 1930-01-01 1939-12-31]"},
		// Pairs.
		{"between March and May 2022", "[between March and May 2022|abs m 2022-03-01 2022-05-31]"},
		{"from November to February 2022", "[from November to February 2022|abs m 2021-11-01 2022-02-28]"},
		{"from Friday to Tuesday", "[from Friday to Tuesday|rel d 2023-05-05 2023-05-09]"},
		{"we'll stay from Friday to Tuesday", "[from Friday to Tuesday|rel d 2023-05-12 2023-05-16]"},
		{"from May 7 to 9", "[from May 7 to 9|abs d 2023-05-07 2023-05-09]"},
		{"from 2021 to 2019", "[2021|abs y 2021-01-01 2021-12-31]"},
		// Open ends.
		{"from Monday on", "[Monday|rel d 2023-05-08 2023-05-08 >]"},
		{"photos from Monday", "[Monday|rel d 2023-05-08 2023-05-08]"},
		{"prior to March 2022", "[March 2022|abs m 2022-03-01 2022-03-31 <]"},
		{"since about 2019", "[2019|abs y 2019-01-01 2019-12-31 >]"},
		// Leap days.
		{"February 29", "[February 29|abs d 2024-02-29 2024-02-29]"},
		{"April 31", ""},
		{"February 29, 2023", "[February 29, 2023|abs]"},
	} {
		if got := find(t, c.text, "2023-05-10"); got != c.want {
			t.Errorf("%q: got %s, want %s", c.text, got, c.want)
		}
	}
}

func TestFalseFriendsAreNoTimes(t *testing.T) {
	for _, text := range []string{
		"You may go. May I? They may march. I may 7 times.", "A second! The second one.", "The sun sat low; she wed in white.", "Leaves fall in the wind.",
		"Version 1.2.2023, v1.2.2023, 10.0.2.15", "555-0142, 1-800-555-2023, +1 555 2023", "3/4 cup, 24/7, 16/9", "$2019, #2023, 2023%, 2,019", "abc2023 2023abc 5k",
		"June and April said hi", "his 30s", "on the 7th floor", "in 2000 words", "the last minute", "http://a.example/2023/05/07/x", "news.today.example", "step 5 of 12",
		"In Marchand, Mayor Weekley", "Good friends on Black Street",
		"on 3/4 of it", "at 5:75, 13 pm", "at 5 Main Street", "we may 7 of us, they march 10 abreast", "in 2019,500 people",
	} {
		if got := find(t, text, "2023-05-10"); got != "" {
			t.Errorf("%q: got %s", text, got)
		}
	}
}

func TestTheComingWeekendIsTheNextOneOnASaturday(t *testing.T) {
	for date, want := range map[string]string{
		"2023-05-12": "[the coming weekend|rel d 2023-05-13 2023-05-14]", "2023-05-13": "[the coming weekend|rel d 2023-05-20 2023-05-21]",
	} {
		if got := find(t, "the coming weekend", date); got != want {
			t.Errorf("on %s: got %s, want %s", date, got, want)
		}
	}
}

func TestCaseAndTypographyMakeNoDifference(t *testing.T) {
	for _, c := range []struct{ a, b string }{
		{"TWO WEEKS AGO", "two weeks ago"}, {"7\u00a0May\u00a02023", "7 May 2023"}, {"2019–2021", "2019-2021"}, {"5 o’clock", "5 o'clock"},
		{"Valentine’s Day 2020", "Valentine's Day 2020"}, {"two\nweeks\nago", "two weeks ago"}, {"two-weeks ago", "two weeks ago"},
	} {
		var f Finder
		a, b := f.Find(nil, c.a, 19_487), f.Find(nil, c.b, 19_487)
		if len(a) != 1 || len(b) != 1 || a[0].Range != b[0].Range || a[0].Kind != b[0].Kind || a[0].End-a[0].Start != len(c.a) {
			t.Errorf("%q: %v, %q: %v", c.a, a, c.b, b)
		}
	}
}

func TestUnknownReferenceResolvesWhatIsAbsoluteAlone(t *testing.T) {
	for text, want := range map[string]string{
		"yesterday": "[yesterday|rel]", "last week": "[last week|rel]", "two weeks ago": "[two weeks ago|rel]", "on Friday": "[Friday|rel]", "in May": "[May|abs]",
		"May 7": "[May 7|abs]", "May 7, 2023": "[May 7, 2023|abs d 2023-05-07 2023-05-07]", "Easter 2024": "[Easter 2024|abs d 2024-03-31 2024-03-31]",
		"from May 7 to 9": "[from May 7 to 9|abs]", "from May to June 2022": "[from May to June 2022|abs m 2022-05-01 2022-06-30]", "the end of the week": "[the end of the week|rel]",
	} {
		if got := find(t, text, ""); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
	var f Finder
	for _, reference := range []int32{Unknown, math.MaxInt32, -daysLimit - 1} {
		if got := f.Find(nil, "yesterday", reference); len(got) != 1 || got[0].Range != (Range{}) {
			t.Errorf("reference %d: got %v", reference, got)
		}
	}
}

func TestFindAppendsAndStopsAtTheMost(t *testing.T) {
	var f Finder
	text := ""
	for range 2 * MentionsMax {
		text += "today, "
	}
	got := f.Find([]Mention{{Start: 7}}, text, 19_487)
	if len(got) != 1+MentionsMax || got[0].Start != 7 {
		t.Fatalf("%d mentions", len(got))
	}
}
