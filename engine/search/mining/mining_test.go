package mining

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine/lexical"
	"github.com/nexus-memory/nexus/engine/model"
)

func near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got-want) > 1e-4 {
		t.Errorf("%s is %.6f, want %.4f", what, got, want)
	}
}

func TestPowersAndLogarithmsByHand(t *testing.T) {
	near(t, "x ln x at 0", xlnx(0), 0)
	near(t, "power", power(.9, 7), .4783)
}

// Observed 10, 10, 20, 60 against expected 6, 14, 24, 56, by hand.
func TestAssociationByHand(t *testing.T) {
	c := table{both: 10, left: 20, right: 30, total: 100}
	near(t, "G2", c.g2(), 4.4734)
	near(t, "NPMI", c.npmi(), .2218)
	near(t, "lift", c.lift(), 1.6667)
	near(t, "G2 of independent words", table{6, 20, 30, 100}.g2(), 0)
	near(t, "G2 of words always together", table{5, 5, 5, 100}.g2(), 39.7030)
	near(t, "NPMI of these", table{5, 5, 5, 100}.npmi(), 1)
	near(t, "NPMI of words never together", table{0, 5, 5, 100}.npmi(), -1)
	near(t, "NPMI of words everywhere", table{9, 9, 9, 9}.npmi(), 1)
}

func TestSurpriseByHand(t *testing.T) {
	near(t, "8 of 10 at 1/2", surprise(8, 10, .5), 3.8549)
	near(t, "10 of 10 at 1/7", surprise(10, 10, 1./7), 38.9182)
	near(t, "5 of 10 at 1/2", surprise(5, 10, .5), 0)
	near(t, "of certainty", surprise(10, 10, 1), 0)
	near(t, "threshold of 1000 tests", threshold(1000), 19.8070)
}

// The bound of Hoeffding that threshold relies on holds: exact binomial tails are below it.
func TestSurpriseBoundsTheTail(t *testing.T) {
	for _, p := range []float64{.05, .3, 1. / 7} {
		for n := 1; n <= 40; n++ {
			tail, term := 0.0, math.Pow(p, float64(n))
			for k := n; k >= 0; k-- {
				tail += term
				if bound := math.Exp(-surprise(k, n, p) / 2); tail > bound*(1+1e-9) {
					t.Fatalf("%d of %d at %v: tail %v above %v", k, n, p, tail, bound)
				}
				term *= float64(k) / float64(n-k+1) * (1 - p) / p
			}
		}
	}
}

// atTimes returns a calendar of days with ten memories each, and the memories of a term
// that comes so often on each day.
func atTimes(hits []int) (*calendar, []uint32) {
	var times []int64
	var rows []uint32
	for d, n := range hits {
		for i := range 10 {
			if i < n {
				rows = append(rows, uint32(len(times)))
			}
			times = append(times, int64(d)*day+int64(i))
		}
	}
	return newCalendar(times, day), rows
}

// 17 of 100 memories have the term: a memory with it says ln 2 for the burst, one without
// it ln(.66/.83); going over costs ln 10. Days 4 and 5 gain 3.24 + 4.16.
func TestBurstByHand(t *testing.T) {
	c, rows := atTimes([]int{1, 0, 1, 0, 6, 7, 1, 0, 1, 0})
	a := automaton{calendar: c, hits: make([]int, len(c.bins)), change: burstCost * lexical.Ln(10)}
	want := []interval{{first: 4, last: 5, hits: 13, memories: 20}}
	if got := a.run(rows, 100); !slices.Equal(got, want) {
		t.Errorf("bursts %+v, want %+v", got, want)
	}
	if got := len(a.within(rows, want[0])); got != 13 {
		t.Errorf("%d memories in the burst, want 13", got)
	}
	if slices.Max(a.hits) != 0 {
		t.Error("the hits of the term are left behind")
	}
	c, rows = atTimes([]int{1, 1, 1, 1, 3, 1, 1, 1, 1, 1})
	a = automaton{calendar: c, hits: make([]int, len(c.bins)), change: burstCost * lexical.Ln(10)}
	if got := a.run(rows, 100); len(got) != 0 {
		t.Errorf("three mentions in a day are a burst: %+v", got)
	}
	c, rows = atTimes([]int{5, 6, 0, 0, 0, 0, 0, 0, 6, 5})
	a = automaton{calendar: c, hits: make([]int, len(c.bins)), change: burstCost * lexical.Ln(10)}
	if got := a.run(rows, 100); len(got) != 2 || got[0].first != 8 || got[1].last != 1 {
		t.Errorf("bursts at both ends: %+v", got)
	}
}

func rhythmOf(active, on []int) pattern {
	var times []int64
	for _, d := range active {
		times = append(times, int64(d)*day+3600*second)
	}
	v := &vocabulary{corpus: &corpus{times: times}}
	r := newRhythms(v)
	for i, d := range active {
		if slices.Contains(on, d) {
			r.days = append(r.days, int32(i))
		}
	}
	return r.measure()
}

func every(gap, from, until int) (days []int) {
	for d := from; d < until; d += gap {
		days = append(days, d)
	}
	return days
}

func TestRhythmByHand(t *testing.T) {
	// 1970-01-01 was a Thursday; ten Mondays among 70 days.
	p := rhythmOf(every(1, 0, 70), every(7, 4, 70))
	if p.Weekday != time.Monday || p.Support != 10 {
		t.Errorf("ten Mondays: %+v", p)
	}
	// Whoever talks on Mondays alone says nothing about a word of Mondays.
	if p := rhythmOf(every(7, 4, 200), every(7, 4, 200)); p.G2 != 0 {
		t.Errorf("all days there are: %+v", p)
	}
	p = rhythmOf(every(1, 0, 120), every(10, 3, 120))
	if p.Period != 240*time.Hour || p.Weekday != model.NoWeekday || p.G2 < threshold(100*rhythmTests) {
		t.Errorf("every ten days: %+v", p)
	}
	// Days one after the other are a burst and no rhythm.
	if p := rhythmOf(every(1, 0, 365), every(1, 100, 112)); p.G2 != 0 {
		t.Errorf("twelve days running: %+v", p)
	}
	if p := rhythmOf(every(1, 0, 100), []int{3, 10, 17}); p.G2 != 0 {
		t.Errorf("three days: %+v", p)
	}
	for number, want := range map[int64]time.Weekday{0: time.Thursday, 3: time.Sunday, -1: time.Wednesday, -7: time.Thursday, 19723: time.Monday} {
		if got := weekdayOf(number); got != int(want) {
			t.Errorf("day %d is weekday %d, want %d", number, got, want)
		}
	}
}

// Of 31 days one in ten is the term's: that the next is 9 to 11 days off has the chance
// .9^8 (1 - .9^3).
func TestChanceOfAGapByHand(t *testing.T) {
	var times []int64
	for _, d := range every(1, 0, 31) {
		times = append(times, int64(d)*day)
	}
	r := newRhythms(&vocabulary{corpus: &corpus{times: times}})
	r.days = []int32{0, 10, 20, 30}
	usual, kept, chance := r.gap(0)
	if usual != 10 || kept != 3 {
		t.Errorf("%d gaps of %d days", kept, usual)
	}
	near(t, "the chance", chance, (2*.9*.9*.9*.9*.9*.9*.9*.9*(1-.9*.9*.9)+.9*.9*.9*.9*.9*.9*.9*.9*(1-.9*.9))/3)
}

func TestWindowsHaveNoSpeakers(t *testing.T) {
	v := &vocabulary{
		corpus: &corpus{threads: []uint64{7, 0, 7}, places: []uint32{1, 0, 0}},
		names:  []string{speakerMark + "Anna", "kettl", "tea"},
		rows:   index{starts: []uint32{0, 2, 2, 4}, values: []uint32{0, 1, 0, 2}},
	}
	g := v.windows()
	if g.rows.count() != 1 || !slices.Equal(g.rows.at(0), []uint32{1, 2}) || g.first[0] != 2 {
		t.Errorf("windows %+v from %v", g.rows, g.first)
	}
}

func repeat(x float64, n int) []float64 { return slices.Repeat([]float64{x}, n) }

func TestHistogramByHand(t *testing.T) {
	c := &column{values: slices.Concat(repeat(0, 10), repeat(1, 5), repeat(7, 1), repeat(missing, 3)), scale: eachValue}
	h := newHistogram(c)
	near(t, "the commonest", h.unusual(c, 0), 0)
	near(t, "half as common", h.unusual(c, 1), math.Log(2))
	near(t, "one against ten", h.unusual(c, 7), math.Log(10))
	near(t, "missing", h.unusual(c, missing), 0)
	near(t, "usual", h.usual, 0)

	// Median 10; the mean distance of either side to it is 1, most are there: 1.2533 * mean.
	c = &column{values: slices.Concat(repeat(10, 80), repeat(9, 10), repeat(11, 10)), scale: evenly}
	h = newHistogram(c)
	near(t, "the deviation", h.up, 1.2533*.2)
	near(t, "of eighty against ten", math.Max(h.unusual(c, 11), 0), math.Max(math.Log(8), 1/(.25066*.25066)/2))
	near(t, "as far as it goes", h.unusual(c, 1e6), farthest)
	c.side = highSide
	near(t, "the low side", h.unusual(c, 9), 0)
	if newHistogram(&column{values: repeat(1, fewest-1)}) != nil {
		t.Error("seven values are a histogram")
	}
	for x, want := range map[float64]float64{0: 0, 1: 1, 3: 2, 7: 3, 5: 2.5, 1023: 10} {
		near(t, "log2", log2(x), want)
	}
}

func TestCommonAndSimilar(t *testing.T) {
	if got := common([]uint32{1, 3, 5, 9}, []uint32{0, 3, 9, 10}); !slices.Equal(got, []uint32{3, 9}) {
		t.Errorf("common %v", got)
	}
	if !similar([]uint32{1, 2, 3}, []uint32{1, 2, 3, 4}) || similar([]uint32{1, 2}, []uint32{2, 3}) {
		t.Error("similar is not half of all")
	}
}
