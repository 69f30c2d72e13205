package timex

import "testing"

// TestFormsOfChats has the forms beside those of the labelled sets. 2023-05-10 was a Wednesday.
func TestFormsOfChats(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		// Days of months.
		{"May the 7th", "[May the 7th|abs d 2023-05-07 2023-05-07]"},
		{"the twenty-first of June", "[the twenty-first of June|abs d 2023-06-21 2023-06-21]"},
		{"Sept. 3, 2021", "[Sept. 3, 2021|abs d 2021-09-03 2021-09-03]"},
		{"July 10%, March 5 weeks", "[July|abs m 2022-07-01 2022-07-31][5 weeks|dur]"},
		{"May 7:30", "[7:30|clk]"},
		{"the 3 may differ; 3 may 2022", "[3 may 2022|abs d 2022-05-03 2022-05-03]"},
		{"on the 3rd of this month", "[the 3rd of this month|rel d 2023-05-03 2023-05-03]"},
		{"the 31st of last month", "[last month|rel m 2023-04-01 2023-04-30]"},
		{"Friday the 13th", "[Friday the 13th|abs d 2023-01-13 2023-01-13]"},
		{"Monday the 8th of May", "[Monday the 8th of May|abs d 2023-05-08 2023-05-08]"},
		{"Mon, 5 June 2023", "[Mon, 5 June 2023|abs d 2023-06-05 2023-06-05]"},
		{"Monday, 5/8/2023", "[Monday, 5/8/2023|abs d 2023-05-08 2023-05-08]"},
		{"the Monday, May 8", "[the Monday, May 8|abs d 2023-05-08 2023-05-08]"},
		{"by 31/5, on 13/13", "[31/5|abs d 2023-05-31 2023-05-31 <]"},
		{"2023-05-07-X", ""},
		// Pieces of what is longer.
		{"the second Tuesday of June 2022", "[the second Tuesday of June 2022|abs d 2022-06-14 2022-06-14]"},
		{"the fifth Tuesday of June 2022", "[Tuesday|rel d 2023-05-09 2023-05-09][June 2022|abs m 2022-06-01 2022-06-30]"},
		{"the first week of May", "[the first week of May|abs w 2023-05-01 2023-05-07]"},
		{"the last week of May 2022", "[the last week of May 2022|abs w 2022-05-25 2022-05-31]"},
		{"the first weekend of April 2023", "[the first weekend of April 2023|abs d 2023-04-01 2023-04-02]"},
		{"the last day of last month", "[the last day of last month|rel d 2023-04-30 2023-04-30]"},
		{"the third month of 2022", "[the third month of 2022|abs m 2022-03-01 2022-03-31]"},
		{"the last quarter of 2022", "[the last quarter of 2022|abs s 2022-10-01 2022-12-31]"},
		{"Q3 2022, in Q1", "[Q3 2022|abs s 2022-07-01 2022-09-30][Q1|abs s 2023-01-01 2023-03-31]"},
		{"the month of May, the year 2019", "[the month of May|abs m 2023-05-01 2023-05-31][the year 2019|abs y 2019-01-01 2019-12-31]"},
		{"end of 2021", "[end of 2021|abs y 2021-09-01 2021-12-31]"},
		{"the late 2000s", "[the late 2000s|abs y 2007-01-01 2009-12-31]"},
		{"the summer of '69, '50s", "[the summer of '69|abs s 1969-06-01 1969-08-31][50s|abs y 1950-01-01 1959-12-31]"},
		{"the end of this weekend", "[the end of this weekend|rel d 2023-05-13 2023-05-14]"},
		{"the 55s, the 1990s, 2500s", "[the 1990s|abs y 1990-01-01 1999-12-31]"},
		{"the early 80s, the mid 80s", "[the early 80s|abs y 1980-01-01 1983-12-31][the mid 80s|abs y 1984-01-01 1986-12-31]"},
		// Neighbours.
		{"the day after the first Monday of May", "[the day after the first Monday of May|abs d 2023-05-02 2023-05-02]"},
		{"the Monday after Easter", "[the Monday after Easter|abs d 2023-04-10 2023-04-10]"},
		{"the Friday before Christmas 2022", "[the Friday before Christmas 2022|abs d 2022-12-23 2022-12-23]"},
		{"Sunday before May 8", "[Sunday before May 8|abs d 2023-05-07 2023-05-07]"},
		{"the weekend before May 14", "[the weekend before May 14|abs d 2023-05-06 2023-05-07]"},
		{"the weekend after May 7", "[the weekend after May 7|abs d 2023-05-13 2023-05-14]"},
		{"the week after May 7", "[the week after May 7|abs w 2023-05-08 2023-05-14]"},
		{"the week after next, the Friday before last", "[the week after next|rel w 2023-05-22 2023-05-28][the Friday before last|rel d 2023-04-28 2023-04-28]"},
		{"the Friday after next", "[the Friday after next|rel d 2023-05-26 2023-05-26]"},
		{"two weeks before Easter", "[two weeks before Easter|abs d 2023-03-26 2023-03-26]"},
		{"a week from Monday", "[a week from Monday|rel d 2023-05-22 2023-05-22]"},
		{"a month after May 7, 2022", "[a month after May 7, 2022|abs m 2022-05-23 2022-06-22]"},
		{"Monday of next week, Tuesday last week", "[Monday of next week|rel d 2023-05-15 2023-05-15][Tuesday last week|rel d 2023-05-02 2023-05-02]"},
		// Which.
		{"the coming weekend, this past weekend", "[the coming weekend|rel d 2023-05-13 2023-05-14][this past weekend|rel d 2023-05-06 2023-05-07]"},
		{"in the coming weeks", "[the coming weeks|rel w 2023-05-10 2023-06-14]"},
		{"last quarter, next decade", "[last quarter|rel s 2023-01-01 2023-03-31][next decade|rel y 2030-01-01 2039-12-31]"},
		{"last May 7th, this winter, this may", "[last May 7th|rel d 2023-05-07 2023-05-07][this winter|rel s 2023-12-01 2024-02-29]"},
		{"last 55 seconds, last 3 days", "[55 seconds|dur][last 3 days|rel d 2023-05-07 2023-05-10]"},
		{"the past quarter, the last two fortnights", "[the past quarter|rel s 2023-02-10 2023-05-10][the last two fortnights|rel w 2023-04-12 2023-05-10]"},
		{"later today, earlier next week", "[later today|rel d 2023-05-10 2023-05-10][next week|rel w 2023-05-15 2023-05-21]"},
		// Counts.
		{"a day or two ago", "[a day or two ago|rel d 2023-05-08 2023-05-09]"},
		{"two or three days ago", "[two or three days ago|rel d 2023-05-07 2023-05-08]"},
		{"2-3 weeks ago", "[2-3 weeks ago|rel w 2023-04-16 2023-04-29]"},
		{"a month or so ago", "[a month or so ago|rel m 2023-03-26 2023-04-25]"},
		{"a year and a half ago", "[a year and a half ago|rel s 2021-09-26 2021-12-25]"},
		{"two nights ago, two weekends ago", "[two nights ago|rel d 2023-05-08 2023-05-08][two weekends ago|rel d 2023-04-29 2023-04-30]"},
		{"two quarters ago, a fortnight ago", "[two quarters ago|rel s 2022-09-26 2022-12-25][a fortnight ago|rel w 2023-04-23 2023-04-29]"},
		{"years ago, three days back, gave two weeks back the money", "[years ago|rel][three days back|rel d 2023-05-07 2023-05-07][two weeks|dur]"},
		{"two centuries ago", "[two centuries ago|rel y 1823-01-01 1823-12-31]"},
		{"a 30-second clip, 2.5 hours, three nights", "[30-second|dur][2.5 hours|dur][three nights|dur]"},
		{"all summer, half a year, the whole day", "[all summer|dur][half a year|dur][whole day|dur]"},
		{"three quarters of it, a weeks", ""},
		{"in two\n\nweeks ago, 999 centuries ago", "[weeks ago|rel][centuries ago|rel]"},
		{"2.5 years ago, two dates in one day", "[2.5 years ago|rel s 2020-09-26 2020-12-25][one day|dur]"},
		// Pairs.
		{"the course runs from April to June", "[from April to June|abs m 2023-04-01 2023-06-30]"},
		{"May-July 2022, Mon-Fri", "[May-July 2022|abs m 2022-05-01 2022-07-31][Mon-Fri|rel d 2023-05-01 2023-05-05]"},
		{"May 7 until May 9", "[May 7 until May 9|abs d 2023-05-07 2023-05-09]"},
		{"May 7, 2022 to 9", "[May 7, 2022 to 9|abs d 2022-05-07 2022-05-09]"},
		{"5 - 7 May", "[5 - 7 May|abs d 2023-05-05 2023-05-07]"},
		{"from November to February", "[from November to February|abs m 2022-11-01 2023-02-28]"},
		{"we'll be away from November to February", "[from November to February|abs m 2023-11-01 2024-02-29]"},
		{"in May or June 2022", "[May|abs m 2023-05-01 2023-05-31][June 2022|abs m 2022-06-01 2022-06-30]"},
		{"from the 5th to the 7th of May", "[from the 5th to the 7th of May|abs d 2023-05-05 2023-05-07]"},
		{"we'll stay from Tuesday to Friday", "[from Tuesday to Friday|rel d 2023-05-16 2023-05-19]"},
		{"we stayed from Tuesday to Friday", "[from Tuesday to Friday|rel d 2023-05-02 2023-05-05]"},
		{"we stayed from October 7 to June 9", "[from October 7 to June 9|abs d 2021-10-07 2022-06-09]"},
		{"from March 7, 2023 to February", "[from March 7, 2023 to February|abs m 2023-03-07 2024-02-29]"},
		// What recurs.
		{"Monday mornings, every weekday, weekday evenings", "[Monday mornings|rec][every weekday|rec][weekday evenings|rec]"},
		{"every other Easter, each day, every 2 weeks", "[every other Easter|rec][each day|rec][every 2 weeks|rec]"},
		{"every one, every now, every-day", "[every-day|rec]"},
		{"the weekend was fine; on the weekend I'll rest", "[the weekend|rel d 2023-05-13 2023-05-14]"},
		// Tense.
		{"I'm going to call Monday", "[Monday|rel d 2023-05-15 2023-05-15]"},
		{"he won Monday, she won't Monday", "[Monday|rel d 2023-05-08 2023-05-08][Monday|rel d 2023-05-15 2023-05-15]"},
		{"I have to go Monday", "[Monday|rel d 2023-05-15 2023-05-15]"},
		{"we have not seen her Monday", "[Monday|rel d 2023-05-08 2023-05-08]"},
		{"it is closed Monday", "[Monday|rel d 2023-05-15 2023-05-15]"},
		{"indeed, June 9", "[June 9|abs d 2023-06-09 2023-06-09]"},
		{"it will be closed Monday", "[Monday|rel d 2023-05-15 2023-05-15]"},
		{"I left. Monday is free", "[Monday|rel d 2023-05-15 2023-05-15]"},
		// Holidays.
		{"Mother's Day, Easter Monday, Good Friday 2023", "[Mother's Day|abs d 2023-05-14 2023-05-14][Easter Monday|abs d 2023-04-10 2023-04-10][Good Friday 2023|abs d 2023-04-07 2023-04-07]"},
		{"Christmas's end, new year, last New Year's Eve", "[Christmas|abs d 2022-12-25 2022-12-25][last New Year's Eve|rel d 2022-12-31 2022-12-31]"},
		// Clocks.
		{"12:30:15, 1:2:3, 9am-5pm, at 6ish, at six", "[12:30:15|clk][9am-5pm|clk][six|clk]"},
		// Open ends.
		{"as of April 2022", "[April 2022|abs m 2022-04-01 2022-04-30 >]"},
	} {
		if got := find(t, c.text, "2023-05-10"); got != c.want {
			t.Errorf("%q:\n got  %s\n want %s", c.text, got, c.want)
		}
	}
}
