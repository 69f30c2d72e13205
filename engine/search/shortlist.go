package search

import (
	"github.com/nexus-memory/nexus/engine/fuse"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/scratch"
	"github.com/nexus-memory/nexus/engine/search/signals"
	"github.com/nexus-memory/nexus/engine/segment"
)

// A table holds what a batch holds, neither more nor less.
var _ = [1]struct{}{}[signals.CandidatesMax-fuse.CandidatesMax]

// effort is what a route spends.
type effort struct {
	each  int // candidates wanted of each engine
	short int // candidates that are described and ranked
}

// efforts by route. To describe and rank a candidate takes most of the time of a question;
// docs/design/route.md has what each list finds.
var efforts = [model.RouteCount]effort{
	model.RouteSmart:   {foundKept, 112},
	model.RouteFull:    {foundKept, 160},
	model.RouteMaximum: {192, 384},
}

// widest is all that a batch holds of two engines: what RouteMaximum spends where little is
// stored.
var widest = effort{fuse.CandidatesMax / 2, fuse.CandidatesMax}

// widestRows is how many live memories are no longer little, whoever asks. 512 candidates of
// chats of 600 turns take .6 ms, of 100,000 turns 1.3 and more, a hundredth of the questions
// beyond the 2 ms that the route has. In between any number would do.
const widestRows = 8192

// promiseAround is what of a candidate's promise is added to every turn around it.
const promiseAround = .4

// prospect is a row that may become a candidate.
type prospect struct {
	ref     rows.Ref
	found   float64 // what the engines make of it, 0..1
	promise float64 // that, and what the turns around promise
}

// shortlist chooses the candidates to describe: the most promising of what engines found and
// of the turns around it, for what answers is often said beside what is found.
type shortlist struct {
	list    []prospect
	place   scratch.Index        // of a row in list, by its key
	looked  []segment.Neighbours // of the first prospects, which engines found
	hits    []rows.Hit           // list, by promise
	nearest []segment.Neighbours // of each candidate
	sorter  rows.Sorter
}

// find sets refs to the candidates, at most so many, ascending.
func (l *shortlist) find(s *state, most int) {
	l.list, l.looked = l.list[:0], l.looked[:0]
	l.place.Reset((1 + 2*segment.Reach) * len(s.runs) * s.question.Limit)
	total, _ := s.shares()
	for i := range s.runs {
		if s.runs[i].used() {
			l.promises(&s.runs[i], s.share(i)/total)
		}
	}
	if !s.question.Alone { // else what meets the match is all that may be found
		l.lookAround(&s.question)
	}
	l.hits = l.hits[:0]
	for _, p := range l.list {
		l.hits = append(l.hits, rows.Hit{Ref: p.ref, Score: p.promise})
	}
	s.refs = s.refs[:0]
	for _, h := range rows.BestOf(l.hits, most) {
		s.refs = append(s.refs, h.Ref)
	}
	l.sorter.Refs(s.refs)
	l.nearest = l.nearest[:0]
	for _, r := range s.refs {
		if at := l.place.Get(r.Key()); int(at) < len(l.looked) {
			l.nearest = append(l.nearest, l.looked[at])
		} else {
			l.nearest = append(l.nearest, s.question.View.Neighbours(r))
		}
	}
}

// promises adds an engine's share of what its candidates promise: their scores, between the
// least and the best of them, of words between none and the best.
func (l *shortlist) promises(r *run, share float64) {
	low, high := fuse.Range(r.scores)
	if r.engine.Name() == "lexical" {
		low = min(0, high)
	}
	for _, h := range r.found {
		x := 1.0
		if high > low {
			x = max(0, h.Score-low) / (high - low)
		}
		p := l.of(h.Ref)
		p.found += float64(x * share)
		p.promise = p.found
	}
}

// lookAround adds the turns around what was found, as far as they may be returned.
func (l *shortlist) lookAround(q *Question) {
	for i := range l.list {
		found, near := l.list[i].found, q.View.Neighbours(l.list[i].ref)
		l.looked = append(l.looked, near)
		for _, r := range near {
			if r.Part < 0 {
				continue
			}
			if f := q.filter(int(r.Part)); f.Visible(int(r.Row)) {
				l.of(r).promise += float64(promiseAround * found)
			}
		}
	}
}

// of returns the prospect of a row; valid until the next call.
func (l *shortlist) of(r rows.Ref) *prospect {
	at, added := l.place.Add(r.Key(), int32(len(l.list)))
	if added {
		l.list = append(l.list, prospect{ref: r})
	}
	return &l.list[at]
}
