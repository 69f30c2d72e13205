package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// measurement is one operation on one set: who runs it, and what it must reach.
type measurement struct {
	name    string // operation, as kernels names it where it is there
	dataset string // dimensions, set and rows
	unit    string // what one item is called: row, sketch, batch
	bytes   float64
	parties []party // the own one first, where the tree has it
	bars    []bar
}

// party is one contender. Its check runs before anything is timed; a party whose check
// fails, or that is not to be had on this CPU, is named with the reason and not timed.
type party struct {
	name  string // with what tells its forms apart: "numkong pairs haswell"
	group string // what bars compare with: "numkong", "vek32", "ceiling"
	open  func() (runner, error)
}

// own is the group of Nexus itself.
const own = "nexus"

// runner repeats a party's call.
type runner interface {
	// run makes reps calls, after one more that is not counted if warm, and returns the
	// time they took.
	run(reps int, warm bool) (burst, error)
	close() error
}

// burst is the processor time of some calls.
type burst struct {
	gross   time.Duration // as measured
	caller  time.Duration // of that, what calling from Python costs
	item    float64       // nanoseconds an item, without the caller's cost
	threads bool          // other threads of the process worked too; their time is counted
}

// call is a party of this process: one call handles items.
type call struct {
	items float64
	work  func()
}

func (c call) run(reps int, warm bool) (burst, error) {
	if warm {
		c.work()
	}
	at := threadTime()
	for range reps {
		c.work()
	}
	took := threadTime() - at
	return burst{gross: took, item: float64(took) / float64(reps) / c.items}, nil
}

func (c call) close() error { return nil }

// checked makes a party of this process from a call and the check of what it wrote.
func checked(name, group string, items int, work func(), check func() error) party {
	return party{name, group, func() (runner, error) {
		work()
		if err := check(); err != nil {
			return nil, err
		}
		return call{float64(items), work}, nil
	}}
}

// plan is how long is measured.
type plan struct {
	rounds int
	burst  time.Duration // at least, of one party's turn
}

// result is what came of one party.
type result struct {
	party
	reps    int
	rounds  []float64 // nanoseconds an item, the mean of a round's two turns
	caller  float64   // nanoseconds an item that calling cost and that were taken off
	threads bool
	problem error // why it was not timed
}

// outcome is a measured measurement.
type outcome struct {
	*measurement
	results []result
}

// measure opens, checks and times all parties: in every round first to last, then last to
// first, so that a drift of the machine meets all alike.
func (m *measurement) measure(p plan) (*outcome, error) {
	o := &outcome{m, make([]result, len(m.parties))}
	runners := make([]runner, len(m.parties))
	defer func() {
		for _, r := range runners {
			if r != nil {
				_ = r.close() // its time is known; the process ends soon
			}
		}
	}()
	for i, party := range m.parties {
		r := &o.results[i]
		r.party = party
		if runners[i], r.problem = party.open(); r.problem != nil {
			continue
		}
		if r.reps, r.problem = calibrate(runners[i], p.burst); r.problem != nil {
			return nil, fmt.Errorf("%s: %s: %w", m.name, party.name, r.problem)
		}
	}
	for range p.rounds {
		if err := o.round(runners); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// calibrate returns how many calls last as long as a burst.
func calibrate(r runner, want time.Duration) (reps int, err error) {
	for reps = 1; ; {
		b, err := r.run(reps, reps == 1)
		if err != nil {
			return 0, err
		}
		if b.gross >= want || reps >= 1<<24 {
			return reps, nil
		}
		// A short burst says little about a long one: at most eight times more at once.
		grow := 1.2 * float64(want) / float64(max(b.gross, time.Microsecond))
		reps = max(reps+1, int(float64(reps)*min(grow, 8)))
	}
}

// round gives each party two turns.
func (o *outcome) round(runners []runner) error {
	n := len(runners)
	for turn := range 2 * n {
		i := turn
		if turn >= n {
			i = 2*n - 1 - turn
		}
		r := &o.results[i]
		if r.problem != nil {
			continue
		}
		b, err := runners[i].run(r.reps, r.reps > 1)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", o.name, r.name, err)
		}
		r.threads = r.threads || b.threads
		if turn < n {
			r.rounds = append(r.rounds, b.item)
			continue
		}
		last := &r.rounds[len(r.rounds)-1]
		*last = (*last + b.item) / 2
		r.caller = b.item * float64(b.caller) / float64(max(1, b.gross-b.caller))
	}
	return nil
}

// cost is the median over the rounds of nanoseconds an item, NaN where nothing was timed.
func (r *result) cost() float64 { return median(r.rounds) }

// ratio is the median over the rounds of r's cost by that of other in the same round.
func (r *result) ratio(other *result) float64 {
	n := min(len(r.rounds), len(other.rounds))
	each := make([]float64, n)
	for i := range each {
		each[i] = r.rounds[i] / other.rounds[i]
	}
	return median(each)
}

// fastest returns the timed result of a group with the lowest cost, nil without one.
func (o *outcome) fastest(group string) *result {
	var best *result
	for i := range o.results {
		if r := &o.results[i]; r.group == group && r.problem == nil && (best == nil || r.cost() < best.cost()) {
			best = r
		}
	}
	return best
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	sorted := slices.SortedFunc(slices.Values(values), cmp.Compare[float64])
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}
