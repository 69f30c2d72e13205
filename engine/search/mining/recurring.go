package mining

import (
	"context"
	"slices"
	"time"

	"github.com/nexus-memory/nexus/engine/model"
)

const (
	rhythmMin   = 4   // days that keep to a rhythm at least
	rhythmShare = .6  // of the days with the term, at least
	gapSlack    = .15 // how far a gap may be off the usual one
	skipsMax    = 2   // returns that may be missing between two
	rhythmTests = 37  // a term: seven weekdays, and a gap chosen among some ten for each number of skips
)

// recurring returns the terms that come back at a rhythm. Days of several mentions count
// once, and against chance stand the days that have memories at all: where people talk on
// Mondays alone, no word is one of Mondays. Terms of the same days are one pattern.
func recurring(ctx context.Context, v *vocabulary, limit int) ([]pattern, error) {
	r := newRhythms(v)
	least := threshold(float64(len(v.names)) * rhythmTests)
	var list []pattern
	for t := range v.names {
		if err := rest(ctx, t); err != nil {
			return nil, err
		}
		if v.isSpeaker(uint32(t)) {
			continue
		}
		r.days = r.at(r.days[:0], v.lists.at(t))
		if p := r.measure(); p.G2 >= least {
			p.terms, p.rows = []uint32{uint32(t)}, v.lists.at(t)
			list = append(list, p)
		}
	}
	return v.joinSame(ctx, list, limit, func(a, b *pattern) bool {
		return a.Period == b.Period && a.Weekday == b.Weekday && similar(a.rows, b.rows)
	})
}

// rhythms measures the days of one term after the other.
type rhythms struct {
	*calendar            // of days
	onWeekday [7]float64 // share of the days with memories
	days      []int32    // of the term at hand: indexes of days with memories, ascending
	gaps      []int64
	sorted    []int64
}

func newRhythms(v *vocabulary) *rhythms {
	r := &rhythms{calendar: newCalendar(v.times, day)}
	for _, number := range r.bins {
		r.onWeekday[weekdayOf(number)]++
	}
	for w := range r.onWeekday {
		r.onWeekday[w] /= float64(len(r.bins))
	}
	return r
}

// weekdayOf returns the weekday of a day since 1970-01-01, which was a Thursday.
func weekdayOf(number int64) int { return int((number%7 + 7 + int64(time.Thursday)) % 7) }

// measure returns the rhythm of the days at hand; G2 is 0 where they have none. Of a
// weekday and a gap, the gap is told where it is the more evident.
func (r *rhythms) measure() (p pattern) {
	p.Weekday = model.NoWeekday
	if len(r.days) < rhythmMin {
		return p
	}
	weekday, on, usual := r.weekday()
	if kept, n := on, len(r.days); kept >= rhythmMin && float64(kept) >= rhythmShare*float64(n) {
		p.G2 = surprise(kept, n, usual)
		p.Support, p.Lift = kept, float64(kept)/float64(n)/max(usual, 1e-9)
		if p.G2 > 0 {
			p.Weekday = weekday
		}
	}
	for skips := range skipsMax + 1 {
		r.measureGap(&p, skips)
	}
	return p
}

// measureGap enters the usual gap into a pattern where it is evident, if so many of its
// returns may be missing one behind the other.
func (r *rhythms) measureGap(p *pattern, skips int) {
	gap, kept, chance := r.gap(skips)
	n := len(r.days) - 1
	if kept < rhythmMin-1 || float64(kept) < rhythmShare*float64(n) {
		return
	}
	if g2 := surprise(kept, n, chance); g2 > p.G2 {
		p.G2, p.Support, p.Lift = g2, kept+1, float64(kept)/float64(n)/chance
		p.Period = time.Duration(gap) * 24 * time.Hour
	}
}

// weekday returns the weekday with the most evidence, how many days are on it, and the
// share of all days with memories that are.
func (r *rhythms) weekday() (weekday time.Weekday, kept int, usual float64) {
	var counts [7]int
	for _, d := range r.days {
		counts[weekdayOf(r.bins[d])]++
	}
	most := -1.0
	for w, n := range counts {
		if g2 := surprise(n, len(r.days), r.onWeekday[w]); g2 > most {
			most, weekday, kept, usual = g2, time.Weekday(w), n, r.onWeekday[w]
		}
	}
	return weekday, kept, usual
}

// gap returns the median gap between days in days, how many gaps are about as long, or
// up to skips times longer by as much, and the mean chance of that, were the term's days
// drawn from those with memories between its first and its last.
func (r *rhythms) gap(skips int) (usual int64, kept int, chance float64) {
	r.gaps = r.gaps[:0]
	for i := 1; i < len(r.days); i++ {
		r.gaps = append(r.gaps, r.bins[r.days[i]]-r.bins[r.days[i-1]])
	}
	r.sorted = append(r.sorted[:0], r.gaps...)
	slices.Sort(r.sorted)
	usual = r.sorted[len(r.sorted)/2]
	slack := int64(gapSlack * float64(usual))
	absent := 1 - float64(len(r.gaps))/float64(r.days[len(r.days)-1]-r.days[0])
	for i, gap := range r.gaps {
		for m := int64(1); m <= int64(skips)+1; m++ {
			if m*usual-slack <= gap && gap <= m*usual+slack {
				kept++
			}
			// The next day of the term is one of those in this span, and none before it.
			from := r.bins[r.days[i]] + m*usual
			start, _ := slices.BinarySearch(r.bins, from-slack)
			end, _ := slices.BinarySearch(r.bins, from+slack+1)
			before := power(absent, start-int(r.days[i])-1)
			chance += float64(before * (1 - power(absent, end-start)))
		}
	}
	return usual, kept, chance / float64(len(r.gaps))
}
