package search

import (
	"math"
	"slices"
	"time"

	"github.com/nexus-memory/nexus/engine/fuse"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/search/signals"
	"github.com/nexus-memory/nexus/engine/segment"
	"github.com/nexus-memory/nexus/engine/timex"
)

// A table holds what a batch holds, neither more nor less.
var _ = [1]struct{}{}[signals.CandidatesMax-fuse.CandidatesMax]

// expand adds the turns around the candidates, the next ones first, as far as they may
// be returned and a batch holds them: what answers is often said beside what is found.
func (s *state) expand() {
	if s.question.Alone {
		return // what meets the match is all that may be found
	}
	s.around = s.around[:0]
	for _, r := range s.refs {
		s.around = append(s.around, s.question.View.Neighbours(r))
	}
	for step := range segment.Reach {
		for _, near := range s.around {
			s.admit(near[segment.Reach-1-step])
			s.admit(near[segment.Reach+step])
		}
		slices.SortFunc(s.refs, rows.Ref.Compare)
		s.refs = slices.Compact(s.refs)
	}
}

// admit adds a row that is there and may be returned to the candidates, while there is room.
func (s *state) admit(r rows.Ref) {
	if r.Part < 0 || len(s.refs) >= fuse.CandidatesMax {
		return
	}
	if f := s.question.filter(int(r.Part)); f.Visible(int(r.Row)) {
		s.refs = append(s.refs, r)
	}
}

// asked returns the day when a question is asked: that of the newest candidate where it
// does not say.
func (s *state) asked(query *model.Query) int32 {
	if !query.Now.IsZero() {
		return timex.DayOf(query.Now)
	}
	newest := int64(math.MinInt64)
	for _, r := range s.refs {
		newest = max(newest, s.question.View.Parts[r.Part].Event(int(r.Row)))
	}
	return timex.DayOf(time.UnixMicro(newest))
}

// describe fills the signals of the candidates.
func (s *state) describe(query *model.Query) {
	q := signals.Question{View: s.question.View, Text: s.question.Text, Day: s.asked(query)}
	for i := range s.runs {
		if !s.runs[i].used() {
			continue
		}
		switch e := s.runs[i].engine.(type) {
		case *lexicalEngine:
			if e.ranker == &e.searcher {
				q.Lexical, q.Words = &e.searcher, &e.terms
			}
		case *vectorEngine:
			if s.comparesVectors() {
				q.Scores = e.Scores
			}
		}
	}
	s.table.Fill(&q, s.refs)
}

// comparesVectors reports whether similarities are signals: those of the built-in hashing
// see spelling, as words do, and are of another scale than a model's.
func (s *state) comparesVectors() bool { return s.question.View.Space.KeepsVectors() }

// Candidates are what a question's hits were chosen from.
type Candidates struct {
	Refs    []rows.Ref     // ascending
	Signals *signals.Table // of each
	Ranked  []float32      // the ranker's scores of them; none without model.FusionLearnt
	Sure    []float32      // what confidence is read from, see package confidence; none without them, or of a match alone
}
