package signals

import (
	"github.com/nexus-memory/nexus/engine/annotate"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/timex"
)

// times fills the columns of when: what the question asks for against when a turn was
// said, and against the times that it tells of.
func (t *Table) times() {
	for i := range t.refs {
		a := t.note(i)
		tells := a.HasTime(timex.Absolute) || a.HasTime(timex.Relative)
		t.flag(TellsTime, i, tells)
		t.flag(TellsDuration, i, a.HasTime(timex.Duration) || a.HasTime(timex.Recurring))
	}
	if len(t.asked.times) == 0 {
		t.missing(SaidInTime, SaidAfterTime, TellsAskedTime, WindowAskedTime)
		return
	}
	for i, r := range t.refs {
		inside, after := t.said(r)
		t.column(SaidInTime)[i] = float32(inside)
		t.column(SaidAfterTime)[i] = float32(after)
		own, best := t.told(t.note(i)), 0.0
		for _, at := range t.beside[i] {
			if at >= 0 {
				best = max(best, t.told(t.notes[at]))
			}
		}
		t.column(TellsAskedTime)[i] = float32(own)
		t.column(WindowAskedTime)[i] = float32(max(own, best))
	}
}

// dayMicros is a day in microseconds.
const dayMicros = 24 * 3600 * 1_000_000

// dayOf returns the day of a row's time.
func (t *Table) dayOf(r rows.Ref) int32 {
	micros := t.question.View.Parts[r.Part].Event(int(r.Row))
	day := micros / dayMicros
	if micros%dayMicros < 0 {
		day--
	}
	return int32(min(max(day, -daysMax), daysMax))
}

// daysMax bounds days, so that differences of them do not overflow.
const daysMax = 1 << 28

// said returns how near the asked time a turn was said: 1 within it, falling to 0 with the
// days between; and how many days later, below 0 for earlier, at most a year.
func (t *Table) said(r rows.Ref) (inside, after float64) {
	const year = 365
	day := t.dayOf(r)
	for _, m := range t.asked.times {
		from, to := opened(m)
		length, away := float64(m.Range.To-m.Range.From)+1, 0.0
		switch {
		case day < from:
			away = float64(from) - float64(day)
			after = -min(away, year)
		case day > to:
			away = float64(day) - float64(to)
			after = min(away, year)
		default:
			after = 0
		}
		inside = max(inside, 1/(1+away/max(length, 7)))
	}
	return inside, after
}

// opened returns a mention's range, without bound on the side that "before" or "since" open.
func opened(m timex.Mention) (from, to int32) {
	switch {
	case m.Open < 0:
		return -daysMax, m.Range.To
	case m.Open > 0:
		return m.Range.From, daysMax
	}
	return m.Range.From, m.Range.To
}

// told returns which share of a time that a turn tells of lies in the asked one; the best.
func (t *Table) told(a annotate.Annotation) (share float64) {
	for i := range a.Ranges() {
		told := a.Range(i)
		for _, m := range t.asked.times {
			from, to := opened(m)
			common := float64(min(told.To, to)) - float64(max(told.From, from)) + 1
			share = max(share, common/(float64(told.To)-float64(told.From)+1))
		}
	}
	return share
}
