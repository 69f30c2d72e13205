package mining

import (
	"cmp"
	"context"
	"slices"

	"github.com/nexus-memory/nexus/engine/lexical"
	"github.com/nexus-memory/nexus/engine/model"
)

// The automaton of Kleinberg (2002): a term comes at its usual rate, or at burstRate
// times that, and going over to the higher rate costs burstCost * ln(bins).
const (
	burstRate = 2.0
	burstCost = 1.0
)

const (
	burstMin   = 5         // memories that a burst needs
	binsMax    = 4096      // bins of time: days, of longer spans as many days as needed
	day        = 24 * hour // microseconds
	hour       = 3600 * second
	second     = 1_000_000
	hourlySpan = 7 * day // up to which bins are hours
)

// calendar cuts the times of memories into bins; those without memories are left out.
type calendar struct {
	size   int64   // of a bin, microseconds
	bins   []int64 // number of each, ascending: time over size, rounded down
	counts []int   // memories in each
	of     []int32 // by memory: the index of its bin
}

func newCalendar(times []int64, size int64) *calendar {
	c := &calendar{size: size, of: make([]int32, len(times))}
	for _, t := range times {
		c.bins = append(c.bins, floorDiv(t, size))
	}
	slices.Sort(c.bins)
	c.bins = slices.Compact(c.bins)
	c.counts = make([]int, len(c.bins))
	for i, t := range times {
		at, _ := slices.BinarySearch(c.bins, floorDiv(t, size))
		c.of[i] = int32(at)
		c.counts[at]++
	}
	return c
}

// floorDiv returns a/b rounded down; b > 0.
func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// binSize returns the size of bins for so long a time.
func binSize(times []int64) int64 {
	span := slices.Max(times) - slices.Min(times)
	switch {
	case span <= hourlySpan:
		return hour
	case span/day < binsMax:
		return day
	}
	return day * (span/day/binsMax + 1)
}

// bursts returns the terms that come much more often than usual for some time. Terms
// whose bursts are of the same memories are one pattern.
func bursts(ctx context.Context, v *vocabulary, limit int) ([]pattern, error) {
	if v.count() == 0 {
		return nil, nil
	}
	c := newCalendar(v.times, binSize(v.times))
	a := automaton{calendar: c, hits: make([]int, len(c.bins)), change: burstCost * lexical.Ln(float64(len(c.bins)))}
	// The ends of an interval are chosen too, so that these are as many tests.
	least := threshold(float64(len(v.names)) * float64(len(c.bins)) * float64(len(c.bins)+1) / 2)
	var list []pattern
	for t := range v.names {
		if err := rest(ctx, t); err != nil {
			return nil, err
		}
		rows := v.lists.at(t)
		if len(rows) < burstMin || v.isSpeaker(uint32(t)) {
			continue
		}
		for _, b := range a.run(rows, v.count()) {
			g2 := surprise(b.hits, b.memories, float64(len(rows))/float64(v.count()))
			if b.hits < burstMin || g2 < least {
				continue
			}
			lift := float64(b.hits) / float64(b.memories) * float64(v.count()) / float64(len(rows))
			list = append(list, pattern{
				Pattern: model.Pattern{G2: g2, Lift: lift, Support: b.hits, Weekday: model.NoWeekday},
				terms:   []uint32{uint32(t)}, rows: a.within(rows, b),
			})
		}
	}
	return v.joinSame(ctx, list, limit, func(a, b *pattern) bool { return similar(a.rows, b.rows) })
}

// interval is a burst: the bins first..last.
type interval struct {
	first, last    int
	hits, memories int // memories with the term, and all, in these bins
}

// automaton finds the bursts of one term after the other.
type automaton struct {
	*calendar
	hits   []int // by bin: memories with the term at hand; zero between two terms
	change float64
	// stayed[i] says by which state the best way into each state at the i-th bin came.
	stayed []arrival
}

// arrival says for a bin whether the best way to the usual state, and that to the burst,
// came from the burst.
type arrival struct{ calmFromBurst, burstFromBurst bool }

// run returns the bursts of a term that some of so many memories have: the sequence of
// states of the least cost, by dynamic programming over the bins from its first memory to
// its last. The cost of a state is minus the logarithm of the binomial probability of the
// bin's counts, here as the gain of the burst over the usual state.
func (a *automaton) run(rows []uint32, memories int) (list []interval) {
	first, last := len(a.bins), 0
	for _, row := range rows {
		bin := int(a.of[row])
		a.hits[bin]++
		first, last = min(first, bin), max(last, bin)
	}
	usual := float64(len(rows)) / float64(memories)
	fast := min(float64(burstRate*usual), .9999)
	if usual < fast {
		list = a.decode(first, last, lexical.Ln(fast/usual), lexical.Ln((1-fast)/(1-usual)))
	}
	clear(a.hits[first : last+1])
	return list
}

// decode finds the states of the bins first..last; hit and miss are what a memory with the
// term, and one without it, say for the burst.
func (a *automaton) decode(first, last int, hit, miss float64) (list []interval) {
	a.stayed = a.stayed[:0]
	calm, burst := 0.0, -a.change
	for bin := first; bin <= last; bin++ {
		gain := float64(float64(a.hits[bin])*hit) + float64(float64(a.counts[bin]-a.hits[bin])*miss)
		if bin == first {
			burst += gain
			a.stayed = append(a.stayed, arrival{})
			continue
		}
		step := arrival{calmFromBurst: burst > calm, burstFromBurst: burst >= calm-a.change}
		calm, burst = max(calm, burst), max(burst, calm-a.change)+gain
		a.stayed = append(a.stayed, step)
	}
	inBurst := burst > calm
	for bin := last; bin >= first; bin-- {
		if inBurst {
			if n := len(list); n > 0 && list[n-1].first == bin+1 {
				list[n-1].first = bin
			} else {
				list = append(list, interval{first: bin, last: bin})
			}
			list[len(list)-1].hits += a.hits[bin]
			list[len(list)-1].memories += a.counts[bin]
			inBurst = a.stayed[bin-first].burstFromBurst
		} else {
			inBurst = a.stayed[bin-first].calmFromBurst
		}
	}
	return list
}

// within returns the memories with the term that lie in a burst.
func (a *automaton) within(rows []uint32, b interval) (list []uint32) {
	for _, row := range rows {
		if bin := int(a.of[row]); b.first <= bin && bin <= b.last {
			list = append(list, row)
		}
	}
	return list
}

// similar reports whether half of what either of two ascending lists has is in both.
func similar(a, b []uint32) bool {
	if 2*min(len(a), len(b)) < max(len(a), len(b)) {
		return false
	}
	both := len(common(a, b))
	return 2*both >= len(a)+len(b)-both
}

// joinLimit is how many patterns are compared with each other for one that is wanted.
const joinLimit = 8

// joinSame returns the best patterns, in each of which the terms of others that are the
// same as it have gone up.
func (v *vocabulary) joinSame(ctx context.Context, list []pattern, limit int, same func(a, b *pattern) bool) ([]pattern, error) {
	list = best(list, limit*joinLimit)
	var joint []pattern
next:
	for i := range list {
		if err := rest(ctx, i); err != nil {
			return nil, err
		}
		for j := range joint {
			if !same(&joint[j], &list[i]) {
				continue
			}
			if n := len(joint[j].terms); n < termsEach && !slices.Contains(joint[j].terms, list[i].terms[0]) {
				joint[j].terms = append(joint[j].terms, list[i].terms[0])
			}
			continue next
		}
		if len(joint) == limit { // the rest has less evidence, but may yet belong to one of these
			continue
		}
		joint = append(joint, list[i])
	}
	return joint, nil
}

// at returns the bins of memories, ascending, each once.
func (c *calendar) at(dst []int32, rows []uint32) []int32 {
	for _, row := range rows {
		dst = append(dst, c.of[row])
	}
	slices.SortFunc(dst, cmp.Compare[int32])
	return slices.Compact(dst)
}
