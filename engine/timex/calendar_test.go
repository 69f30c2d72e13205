package timex

import (
	"testing"
	"time"
)

func TestDaysAgreeWithPackageTime(t *testing.T) {
	for day := int32(-700_000); day < 1_000_000; day += 17 {
		date := time.Unix(int64(day)*86_400, 0).UTC()
		y, m, d := civil(day)
		if int(y) != date.Year() || int(m) != int(date.Month()) || int(d) != date.Day() {
			t.Fatalf("day %d is %d-%d-%d, want %v", day, y, m, d, date)
		}
		if got := dayOf(y, m, d); got != day {
			t.Fatalf("day %d comes back as %d", day, got)
		}
		if got := (weekday(day) + 1) % 7; got != int32(date.Weekday()) {
			t.Fatalf("day %d is weekday %d, want %v", day, got, date.Weekday())
		}
		if got := DayOf(date.Add(86_399 * time.Second)); got != day {
			t.Fatalf("DayOf(%v) is %d, want %d", date, got, day)
		}
		if got := addMonths(dayOf(y, m, 1), 13); got != DayOf(time.Date(int(y), time.Month(m+13), 1, 0, 0, 0, 0, time.UTC)) {
			t.Fatalf("13 months from %d-%d are day %d", y, m, got)
		}
	}
}

func TestDayOfTheZeroTimeIsUnknown(t *testing.T) {
	if got := DayOf(time.Time{}); got != Unknown {
		t.Fatalf("got %d", got)
	}
	if got := DayOf(time.Date(9_999_999, 1, 1, 0, 0, 0, 0, time.UTC)); got != daysLimit {
		t.Fatalf("got %d", got)
	}
}

// The dates of Easter are those of the US Census Bureau's table of 1600 to 2099.
func TestEasterAndMovingHolidays(t *testing.T) {
	for _, c := range []struct {
		holiday uint8
		date    string
	}{
		{easterDay, "1961-04-02"}, {easterDay, "2000-04-23"}, {easterDay, "2008-03-23"}, {easterDay, "2011-04-24"},
		{easterDay, "2019-04-21"}, {easterDay, "2024-03-31"}, {easterDay, "2025-04-20"}, {easterDay, "2038-04-25"},
		{goodFriday, "2023-04-07"}, {easterMonday, "2023-04-10"}, {thanksgiving, "2023-11-23"}, {blackFriday, "2024-11-29"},
		{laborDay, "2023-09-04"}, {memorialDay, "2023-05-29"}, {mothersDay, "2023-05-14"}, {fathersDay, "2023-06-18"},
	} {
		want := parseDay(t, c.date)
		year, _, _ := civil(want)
		if got := holidayIn(c.holiday, year); got != want {
			t.Errorf("holiday %d of %d is %s, want %s", c.holiday, year, dateOf(got), c.date)
		}
	}
}
