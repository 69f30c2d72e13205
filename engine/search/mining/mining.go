// Package mining finds what nobody asked for: which words and speakers come together in
// the memories of a selection, come back at a rhythm or come in bursts, and which
// memories do not fit among the others.
//
// It works on one snapshot and keeps nothing. A selection is read once, term by term;
// what others' memories hold has no part in any figure, nor has how memories are spread
// over segments. All patterns are tested the same way: the log-likelihood ratio of the
// counts against chance must be so large that chance alone would give any pattern at all
// in one selection of twenty (see threshold).
//
//	association  G2 of the 2x2 table (Dunning 1993), with NPMI (Bouma 2009) and lift,
//	             over memories, and over windows of turns in a session
//	recurring    days of the term on one weekday, or at one gap, against the days on
//	             which there are memories at all
//	burst        the two-state automaton of Kleinberg (2002, section 4, batched arrivals)
//	             finds the time, a likelihood ratio says whether it is one
//	anomaly      distance to the nearest of a sample (Sugiyama and Borgwardt 2013) and
//	             histograms of columns (HBOS, Goldstein and Dengel 2012)
//
// Not useful for: questions; causes; fewer than some twenty memories.
package mining

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/segment"
)

// Patterns returns the patterns of a selection, kind by kind in the order of their
// numbers, the most evident first, ties by term. q is normalized. Errors: those of
// View.Select; ErrCancelled and ErrDeadline soon after ctx ends. Cost: some 10 us a memory
// of 20 words, and memory of some 200 bytes; others run at least every millisecond or so.
func Patterns(ctx context.Context, v *segment.View, q *model.PatternQuery) ([]model.Pattern, error) {
	c, err := collect(ctx, v, q.Selection, boundsOf(q.Since, q.Until))
	if err != nil {
		return nil, err
	}
	words := newVocabulary(c)
	spell := newSpeller(words)
	var all []model.Pattern
	for _, miner := range [...]struct {
		kind model.PatternKind
		find func(context.Context, *vocabulary, int) ([]pattern, error)
	}{{model.PatternAssociation, associations}, {model.PatternRecurring, recurring}, {model.PatternBurst, bursts}} {
		if q.Kind != model.PatternAll && q.Kind != miner.kind {
			continue
		}
		found, err := miner.find(ctx, words, q.Limit)
		if err != nil {
			return nil, err
		}
		for i := range found {
			found[i].Kind = miner.kind
			if err := rest(ctx, 0); err != nil {
				return nil, err
			}
			if err := spell.describe(&found[i]); err != nil {
				return nil, err
			}
			all = append(all, found[i].Pattern)
		}
	}
	return all, nil
}

// pattern is one that was found: figures, and numbers of terms and memories.
type pattern struct {
	model.Pattern
	terms []uint32 // the first two, or one, are what was measured
	rows  []uint32 // memories that count, ascending
}

// termsEach is how many terms a pattern has at most.
const termsEach = 8

// joined is the share of a pattern's cases that a further term of it must have.
const joined = .8

// owned is the share of a further term's own cases that must be the pattern's: words of
// every second memory come with every pattern, and say nothing of it.
const owned = .25

// best keeps the patterns of the most evidence, ties by term.
func best(list []pattern, limit int) []pattern {
	slices.SortFunc(list, func(a, b pattern) int {
		return cmp.Or(cmp.Compare(b.G2, a.G2), slices.Compare(a.terms, b.terms), cmp.Compare(a.From.UnixMicro(), b.From.UnixMicro()))
	})
	return list[:min(limit, len(list))]
}

// examplesEach is how many examples a pattern has at most.
const examplesEach = 5

// describe fills in what follows from the terms and memories of a pattern.
func (s *speller) describe(p *pattern) error {
	for _, t := range p.terms {
		if s.isSpeaker(t) {
			p.Speaker = s.names[t][len(speakerMark):]
			continue
		}
		word, err := s.written(t)
		if err != nil {
			return err
		}
		p.Terms = append(p.Terms, word)
	}
	for i := len(p.rows) - 1; i >= 0 && len(p.Examples) < examplesEach; i-- {
		p.Examples = append(p.Examples, s.ids[p.rows[i]])
	}
	from, to := s.times[p.rows[0]], s.times[p.rows[0]]
	for _, row := range p.rows {
		from, to = min(from, s.times[row]), max(to, s.times[row])
	}
	p.From, p.To = time.UnixMicro(from).UTC(), time.UnixMicro(to).UTC()
	return nil
}
