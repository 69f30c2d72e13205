package segment

import (
	"cmp"
	"math/bits"
	"slices"
	"sort"
	"sync/atomic"

	"github.com/nexus-memory/nexus/engine/annotate"
	"github.com/nexus-memory/nexus/engine/rows"
)

// Reach is how many turns before and after a turn are its neighbours: what is said there
// gives a short turn its meaning.
const Reach = 2

// Neighbours are the places of the turns around one in its session: Reach before it,
// nearest last, then Reach after it, nearest first. Where there is none, Part is -1.
type Neighbours [2 * Reach]rows.Ref

// none is the place of a turn that is not there.
var none = rows.Ref{Part: -1}

// sealThreads sorts the rows of sessions by session and place, for Neighbours.
func (b *Builder) sealThreads() {
	for row, thread := range b.threads {
		if thread != 0 {
			b.threadRows = append(b.threadRows, uint32(row))
		}
	}
	slices.SortFunc(b.threadRows, func(x, y uint32) int {
		return cmp.Or(cmp.Compare(b.threads[x], b.threads[y]), cmp.Compare(b.positions[x], b.positions[y]), cmp.Compare(x, y))
	})
}

// checkTurns verifies what later reads rely on in the rows of sessions and in what rows say
// of themselves; a file before version 5 has neither.
func (c *content) checkTurns(rows int) error {
	for _, row := range c.threadRows {
		if int(row) >= rows {
			return corrupt("row %d of %d is named in a session", row, rows)
		}
	}
	starts := c.annotationStarts
	if len(starts) == 0 && len(c.annotations) == 0 {
		return nil
	}
	if len(starts) != rows+1 || starts[0] != 0 || int(starts[rows]) != len(c.annotations) || !slices.IsSorted(starts) {
		return corrupt("%d rows, %d starts in %d bytes of annotations", rows, len(starts), len(c.annotations))
	}
	for row := range rows {
		if !annotate.Annotation(c.annotations[starts[row]:starts[row+1]]).IsWhole() {
			return corrupt("annotation of row %d", row)
		}
	}
	return nil
}

// ends marks the turns behind which their session is known to have no turn in a segment, dead
// ones counted: bit row%64 of word row/64. Any goroutine sets them, none clears them.
type ends []atomic.Uint64

func (e ends) has(row int) bool { return e[row>>6].Load()&(1<<(row&63)) != 0 }

func (e ends) add(row int) { e[row>>6].Or(1 << (row & 63)) }

// at calls f for the rows at a place of a session until it returns true, latest first, and
// returns how many it called it for. O(log rows), and next to nothing where the row near is the one.
func (s *Segment) at(thread uint64, position uint32, near int, f func(row int) bool) (called int) {
	if near >= 0 && near < len(s.threads) && s.threads[near] == thread && s.positions[near] == position {
		if called++; f(near) {
			return called
		}
	}
	s.Words() // has checked the column by now, of a file
	if !s.mayHave(thread) {
		return called
	}
	first := s.turnsFrom(thread, position)
	last := first
	for last < len(s.threadRows) && s.threads[s.threadRows[last]] == thread && s.positions[s.threadRows[last]] == position {
		last++
	}
	for ; last > first; last-- {
		if called++; f(int(s.threadRows[last-1])) {
			return called
		}
	}
	return called
}

// threadBits is a filter of sessions, whose hashes lie evenly: the first bits of each are the
// place of a bit that is set.
type threadBits struct {
	bits  []uint64
	shift int // of a hash, to its place
}

// bitsEach is how many bits a filter has for each session at least: one other hash in so many
// passes.
const bitsEach = 16

// mayHave reports whether turns of a session may be in the segment: where it is false there
// are none. A turn behind the last one of a session is sought in all later segments.
func (s *Segment) mayHave(thread uint64) bool {
	f := s.threadBits.Load()
	if f == nil {
		f = s.filterThreads()
		s.threadBits.Store(f)
	}
	place := thread >> f.shift
	return f.bits[place>>6]&(1<<(place&63)) != 0
}

// filterThreads makes the filter. O(rows).
func (s *Segment) filterThreads() *threadBits {
	count, last := 0, uint64(0)
	for _, row := range s.threadRows {
		if t := s.threads[row]; t != last {
			count, last = count+1, t
		}
	}
	log := max(6, bits.Len(uint(count*bitsEach)))
	f := &threadBits{bits: make([]uint64, 1<<(log-6)), shift: 64 - log}
	for _, row := range s.threadRows {
		place := s.threads[row] >> f.shift
		f.bits[place>>6] |= 1 << (place & 63)
	}
	return f
}

// guesses is how many steps of interpolation come before the search: after three the guess is
// some turns off, among 5,000 sessions as well as among 500,000.
const guesses = 3

// turnsFrom returns where in threadRows a place of a session is, or would be. Sessions are
// hashes, which lie evenly, so that the place can nearly be told from the hash (Perl, Itai and
// Avni 1978, "Interpolation search"); from there the steps double until it lies between.
// O(log rows) whatever the hashes are.
func (s *Segment) turnsFrom(thread uint64, position uint32) int {
	n := len(s.threadRows)
	each := float64(n) / (1 << 64) // rows a hash
	guess := int(float64(thread) * each)
	for range guesses {
		if guess < 0 || guess >= n {
			break
		}
		guess += int(float64(int64(thread-s.threads[s.threadRows[guess]])) * each)
	}
	guess = max(0, min(guess, n))
	isBefore := func(at int) bool {
		row := s.threadRows[at]
		return s.threads[row] < thread || s.threads[row] == thread && s.positions[row] < position
	}
	low, high, step := guess, guess, 8
	for low > 0 && !isBefore(low-1) { // what is sought is at high or before
		high = low - 1
		low = max(0, low-step)
		step *= 2
	}
	for high < n && isBefore(high) { // it is behind high
		low = high + 1
		high = min(n, high+step)
		step *= 2
	}
	return low + sort.Search(high-low, func(i int) bool { return !isBefore(low + i) })
}

// Neighbours returns the live turns around a row in its session; none of a row without
// one. Usually they are the rows around it; else, a search in every part that may have
// them.
func (v *View) Neighbours(r rows.Ref) (n Neighbours) {
	for i := range n {
		n[i] = none
	}
	p := &v.Parts[r.Part]
	thread, position := p.threads[r.Row], p.positions[r.Row]
	if thread == 0 {
		return n
	}
	for i := range Reach {
		step := uint32(i + 1)
		if position < step {
			break
		}
		n[Reach-1-i] = v.turn(r, thread, position-step, -int(step))
	}
	from := r
	for i := range Reach {
		if from = v.turn(from, thread, position+uint32(i+1), 1); from == none {
			break // the last turn: positions are given without gaps, but where a memory was deleted
		}
		n[Reach+i] = from
	}
	return n
}

// turn returns the live row at a place of a session, step rows from the row r if all rows
// were of one session: r is so many turns before or behind. Turns come in the order of their
// sequences, but for those that were changed: their latest version stands where it was written.
func (v *View) turn(r rows.Ref, thread uint64, position uint32, step int) rows.Ref {
	p, beside := &v.Parts[r.Part], int(r.Row)+step
	if beside >= 0 && beside < len(p.threads) && p.threads[beside] == thread && p.positions[beside] == position && !p.Dead.Has(beside) {
		return rows.Ref{Part: r.Part, Row: uint32(beside)}
	}
	changed := p.isLater(int(r.Row))
	ahead, behind := 1, -1
	if step < 0 {
		ahead, behind = behind, ahead
	}
	first, near := int(r.Part), beside
	if step == 1 && p.ends.has(int(r.Row)) {
		first, near = first+1, 0
	}
	for part := first; part >= 0 && part < len(v.Parts); part += ahead {
		found, called := v.turnIn(part, thread, position, near)
		if found != none {
			return found
		}
		if step == 1 && part == int(r.Part) && called == 0 {
			p.ends.add(int(r.Row))
		}
		near = 0
		if next := part + ahead; step < 0 && next >= 0 {
			near = v.Parts[next].RowCount() - 1
		}
	}
	for part := int(r.Part) + behind; part >= 0 && part < len(v.Parts); part += behind {
		if changed || len(v.Parts[part].later) > 0 {
			if found, _ := v.turnIn(part, thread, position, -1); found != none {
				return found
			}
		}
	}
	return none
}

// turnIn returns the live row of a part at a place of a session, and how many rows there
// were looked at.
func (v *View) turnIn(part int, thread uint64, position uint32, near int) (found rows.Ref, called int) {
	p := &v.Parts[part]
	found = none
	called = p.at(thread, position, near, func(row int) bool {
		if p.Dead.Has(row) {
			return false
		}
		found = rows.Ref{Part: int32(part), Row: uint32(row)}
		return true
	})
	return found, called
}
