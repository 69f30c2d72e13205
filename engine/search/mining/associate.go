package mining

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/nexus-memory/nexus/engine/model"
)

// windowTurns is how many neighbouring turns of a session are a window. Windows do not
// overlap: one that comes twice would be evidence twice.
const windowTurns = 4

// pairsKept is how many pairs are looked at for one association that is wanted: most of
// them are parts of others.
const pairsKept = 32

// pair is two terms, left below right, with how often they come together.
type pair struct {
	left, right uint32
	table
	g2 float64
}

func (p *pair) compare(o *pair) int {
	return cmp.Or(cmp.Compare(o.g2, p.g2), cmp.Compare(p.left, o.left), cmp.Compare(p.right, o.right))
}

// associations returns the terms that come together in memories, and those that do so
// in windows alone.
func associations(ctx context.Context, v *vocabulary, limit int) ([]pattern, error) {
	turns := groups{rows: v.rows, lists: v.lists}
	turns.cut(rowTerms(turns.rows.count()))
	found, near, err := v.together(ctx, &turns, limit, nil)
	if err != nil {
		return nil, err
	}
	windows := v.windows()
	if windows == nil {
		return found, nil
	}
	wider, _, err := v.together(ctx, windows, limit, near)
	for i := range wider {
		wider[i].Window = true
	}
	return best(append(found, wider...), limit), err
}

// groups are cases with the terms of each.
type groups struct {
	rows, lists index
	first       []uint32 // memory that a case begins with; nil: the case is the memory
}

// cut leaves each case its rarest terms, so that pairs are bounded.
func (g *groups) cut(each int) {
	terms := g.lists.count()
	if !slices.ContainsFunc(g.rows.starts[1:], func(end uint32) bool { return int(end) > each }) {
		return
	}
	short := index{starts: make([]uint32, 1, len(g.rows.starts))}
	for i := range g.rows.count() {
		have := g.rows.at(i)
		short.values = append(short.values, have[:min(each, len(have))]...)
		short.starts = append(short.starts, uint32(len(short.values)))
	}
	g.rows, g.lists = short, short.invert(terms)
}

// windows returns the windows of all sessions; nil where there are no sessions.
func (v *vocabulary) windows() *groups {
	turns := v.turns()
	g := &groups{rows: index{starts: []uint32{0}}}
	each := rowTerms(len(turns) / windowTurns)
	var terms []uint32
	for at := 0; at < len(turns); {
		first := turns[at]
		terms = terms[:0]
		for n := 0; n < windowTurns && at < len(turns) && v.threads[turns[at]] == v.threads[first]; n++ {
			for _, t := range v.rows.at(int(turns[at])) {
				if !v.isSpeaker(t) { // who speaks comes back in every window
					terms = append(terms, t)
				}
			}
			at++
		}
		slices.Sort(terms)
		terms = slices.Compact(terms)
		g.first = append(g.first, first)
		g.rows.values = append(g.rows.values, terms[:min(each, len(terms))]...)
		g.rows.starts = append(g.rows.starts, uint32(len(g.rows.values)))
	}
	if len(g.first) == 0 {
		return nil
	}
	g.lists = g.rows.invert(len(v.names))
	return g
}

// together returns the associations of cases, and all their evident pairs. Pairs that
// are in known are left out.
func (v *vocabulary) together(ctx context.Context, g *groups, limit int, known map[[2]uint32]bool) (found []pattern, near map[[2]uint32]bool, err error) {
	pairs, near, err := v.pairs(ctx, g, limit, known)
	if err != nil {
		return nil, nil, err
	}
	counts := make([]int, len(v.names))
	covered := map[[2]uint32]bool{}
	for i := range pairs {
		if len(found) == limit {
			break
		}
		p := &pairs[i]
		if covered[[2]uint32{p.left, p.right}] {
			continue
		}
		if err := rest(ctx, 0); err != nil {
			return nil, nil, err
		}
		a := v.widen(g, p, counts)
		for _, x := range a.terms {
			for _, y := range a.terms {
				covered[[2]uint32{x, y}] = true
			}
		}
		found = append(found, a)
	}
	return found, near, nil
}

// pairs returns the pairs of the most evidence, best first, and the set of all that are
// evident up to a bound. Every term in turn counts those that come with it, so that no
// table of pairs is kept. O(pairs of terms in cases).
func (v *vocabulary) pairs(ctx context.Context, g *groups, limit int, known map[[2]uint32]bool) (list []pair, near map[[2]uint32]bool, err error) {
	terms, keep := g.lists.count(), limit*pairsKept
	least := threshold(float64(terms) * float64(terms-1) / 2)
	counts := make([]uint32, terms)
	var touched []uint32
	near = map[[2]uint32]bool{}
	for left := range terms {
		if err := rest(ctx, left); err != nil {
			return nil, nil, err
		}
		touched = touched[:0]
		for i, row := range g.lists.at(left) {
			if i%1024 == 1023 {
				if err := rest(ctx, 0); err != nil {
					return nil, nil, err
				}
			}
			have := g.rows.at(int(row))
			at, _ := slices.BinarySearch(have, uint32(left))
			for _, right := range have[at+1:] {
				if counts[right]++; counts[right] == supportMin {
					touched = append(touched, right)
				}
			}
		}
		for _, right := range touched {
			if p := newPair(g, left, int(right), int(counts[right])); p.g2 >= least && !known[[2]uint32{p.left, p.right}] {
				list = append(list, p)
				if len(near) < nearMax {
					near[[2]uint32{p.left, p.right}] = true
				}
			}
		}
		for _, row := range g.lists.at(left) {
			for _, right := range g.rows.at(int(row)) {
				counts[right] = 0
			}
		}
		if len(list) >= 2*keep {
			list = bestPairs(list, keep)
		}
	}
	return bestPairs(list, keep), near, nil
}

// nearMax is how many pairs that come together in memories are not looked for in windows.
const nearMax = 1 << 18

func bestPairs(list []pair, keep int) []pair {
	slices.SortFunc(list, func(a, b pair) int { return a.compare(&b) })
	return list[:min(keep, len(list))]
}

// newPair measures two terms; evidence 0 where they come together less than by chance.
func newPair(g *groups, left, right, both int) pair {
	p := pair{left: uint32(left), right: uint32(right)}
	p.table = table{both, len(g.lists.at(left)), len(g.lists.at(right)), g.rows.count()}
	if float64(both) > p.expected() {
		p.g2 = p.table.g2()
	}
	return p
}

// widen makes an association of a pair: with the further terms that nearly all its cases
// have, more of them than by chance. counts is scratch, zero before and after.
func (v *vocabulary) widen(g *groups, p *pair, counts []int) pattern {
	cases := common(g.lists.at(int(p.left)), g.lists.at(int(p.right)))
	a := pattern{terms: []uint32{p.left, p.right}, Pattern: model.Pattern{G2: p.g2, NPMI: p.npmi(), Lift: p.lift(), Weekday: model.NoWeekday}}
	if v.isSpeaker(p.right) {
		a.terms[0], a.terms[1] = p.right, p.left
	}
	a.terms, cases = v.extend(g, a.terms, cases, counts)
	a.Support = len(cases)
	for _, at := range cases {
		if g.first != nil {
			at = g.first[at]
		}
		a.rows = append(a.rows, at)
	}
	slices.Sort(a.rows)
	return a
}

// extend adds to terms those that nearly all cases have, and returns the cases with all
// of them. counts is scratch, zero before and after.
func (v *vocabulary) extend(g *groups, terms, cases []uint32, counts []int) (wider, left []uint32) {
	var seen, more []uint32
	for _, at := range cases {
		for _, t := range g.rows.at(int(at)) {
			if counts[t] == 0 {
				seen = append(seen, t)
			}
			counts[t]++
		}
	}
	enough, evident := int(math.Ceil(joined*float64(len(cases)))), threshold(float64(len(counts)))
	for _, t := range seen {
		chance := float64(len(g.lists.at(int(t)))) / float64(g.rows.count())
		own := float64(counts[t]) >= float64(owned*float64(len(g.lists.at(int(t)))))
		if counts[t] >= enough && own && !v.isSpeaker(t) && !slices.Contains(terms, t) && surprise(counts[t], len(cases), chance) >= evident {
			more = append(more, t)
		}
	}
	slices.SortFunc(more, func(a, b uint32) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
	for _, t := range seen {
		counts[t] = 0
	}
	for _, t := range more {
		if with := common(cases, g.lists.at(int(t))); len(with) >= enough && len(terms) < termsEach {
			terms, cases = append(terms, t), with
		}
	}
	return terms, cases
}

// common returns the numbers in both of two ascending lists.
func common(a, b []uint32) (both []uint32) {
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] < b[j]:
			i++
		case a[i] > b[j]:
			j++
		default:
			both = append(both, a[i])
			i++
			j++
		}
	}
	return both
}
