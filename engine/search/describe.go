package search

import (
	"math"
	"time"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/search/signals"
	"github.com/nexus-memory/nexus/engine/timex"
)

// asked returns when a question is asked: at the time of the newest memory that was found
// where it does not say.
func (s *state) asked(query *model.Query) time.Time {
	if !query.Now.IsZero() {
		return query.Now
	}
	newest := int64(math.MinInt64)
	for _, r := range s.found {
		newest = max(newest, s.question.View.Parts[r.Part].Event(int(r.Row)))
	}
	return time.UnixMicro(newest)
}

// describe fills the signals of the candidates.
func (s *state) describe(query *model.Query) {
	q := signals.Question{View: s.question.View, Text: s.question.Text, Is: s.analysis, Day: timex.DayOf(s.asked(query)), Found: s.found}
	for i := range s.runs {
		if !s.runs[i].used() {
			continue
		}
		switch e := s.runs[i].engine.(type) {
		case *lexicalEngine:
			if e.ranker == &e.searcher {
				q.Lexical, q.Words = &e.searcher, &e.terms
				q.Sharing = s.runs[i].refs
			}
		case *vectorEngine:
			if s.comparesVectors() {
				q.Scores, q.Alike = e.Scores, s.runs[i].scores
			}
		}
	}
	s.table.Fill(&q, s.refs, s.shortlist.nearest)
}

// longTerms is the average length of a store's memories beyond which the built-in table of words tells
// too little of each to be weighed; what it finds are candidates all the same.
const longTerms = 64

// comparesVectors reports whether similarities are signals: those of the built-in hashing
// see spelling, as words do, and are of another scale than a model's; those of the table of
// words are, where memories are short.
func (s *state) comparesVectors() bool {
	v := s.question.View
	if v.Space.IsBuiltIn() && v.TotalLength > longTerms*v.Documents {
		return false
	}
	return v.Space.SeesMeaning()
}

// Candidates are what a question's hits were chosen from.
type Candidates struct {
	Refs    []rows.Ref     // ascending
	Signals *signals.Table // of each
	Ranked  []float32      // the ranker's scores of them; none without model.FusionLearnt
	Sure    []float32      // what confidence is read from, see package confidence; none without them, or of a match alone
}
