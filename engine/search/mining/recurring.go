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
	rhythmTests = 17  // a term: seven weekdays, and a gap chosen among some ten
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
}

func newRhythms(v *vocabulary) *rhythms {
	r := &rhythms{calendar: newCalendar(v.times, day)}
	for _, number := range r.bins {
		r.onWeekday[weekdayOf(number)] += 1 / float64(len(r.bins))
	}
	return r
}

// weekdayOf returns the weekday of a day since 1970-01-01, which was a Thursday.
func weekdayOf(number int64) int { return int((number%7 + 7 + int64(time.Thursday)) % 7) }

// measure returns the rhythm of the days at hand; G2 is 0 where they have none. Of a
// weekday and a gap that both are evident, both are told, with the evidence of the better.
func (r *rhythms) measure() (p pattern) {
	p.Weekday = model.NoWeekday
	if len(r.days) < rhythmMin {
		return p
	}
	weekday, on, usual := r.weekday()
	if kept, n := on, len(r.days); kept >= rhythmMin && float64(kept) >= rhythmShare*float64(n) {
		p.G2 = surprise(kept, n, usual)
		p.Count, p.Lift = kept, float64(kept)/float64(n)/max(usual, 1e-9)
		if p.G2 > 0 {
			p.Weekday = weekday
		}
	}
	gap, kept, chance := r.gap()
	n := len(r.days) - 1
	if kept < rhythmMin-1 || float64(kept) < rhythmShare*float64(n) {
		return p
	}
	g2 := surprise(kept, n, chance)
	if g2 <= 0 {
		return p
	}
	p.Period = time.Duration(gap) * 24 * time.Hour
	if g2 > p.G2 {
		p.G2, p.Count, p.Lift = g2, kept+1, float64(kept)/float64(n)/chance
	}
	return p
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

// gap returns the median gap between days in days, how many gaps are about as long, and
// the mean chance of that, were the term's days drawn from those with memories between
// its first and its last.
func (r *rhythms) gap() (usual int64, kept int, chance float64) {
	r.gaps = r.gaps[:0]
	for i := 1; i < len(r.days); i++ {
		r.gaps = append(r.gaps, r.bins[r.days[i]]-r.bins[r.days[i-1]])
	}
	sorted := slices.Clone(r.gaps)
	slices.Sort(sorted)
	usual = sorted[len(sorted)/2]
	slack := int64(gapSlack * float64(usual))
	first, last := r.days[0], r.days[len(r.days)-1]
	missing := 1 - float64(len(r.gaps))/float64(last-first)
	for i, gap := range r.gaps {
		if usual-slack <= gap && gap <= usual+slack {
			kept++
		}
		// The next day of the term is at one of those in the span, and none before it is.
		from := r.bins[r.days[i]]
		start, _ := slices.BinarySearch(r.bins, from+usual-slack)
		end, _ := slices.BinarySearch(r.bins, from+usual+slack+1)
		before := power(missing, start-int(r.days[i])-1)
		chance += float64(before * (1 - power(missing, end-start)))
	}
	return usual, kept, chance / float64(len(r.gaps))
}
