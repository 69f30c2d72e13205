package engine

import (
	"context"
	"fmt"
	"slices"

	"github.com/nexus-memory/nexus/engine/search"
	"github.com/nexus-memory/nexus/engine/search/confidence"
	"github.com/nexus-memory/nexus/engine/search/signals"
)

// SignalNames lists the signals that candidates are ranked by, in the order of Signals.
func SignalNames() []string { return signals.Names() }

// Signals are the candidates of one question and what is known of each.
type Signals struct {
	IDs    []ID        // ascending by row
	Values [][]float32 // by signal of SignalNames, then candidate; NaN where not known
	Ranked []float32   // by candidate, the ranker's score
	Sure   []float32   // by feature of ConfidenceNames, what Answer.Confidence is read from; NaN where not known
}

// ConfidenceNames lists what an answer's confidence is read from, in the order of Signals.Sure.
func ConfidenceNames() []string { return confidence.Names() }

// Observe answers a question as Query does, past the cache, and returns with the answer
// the signals of all candidates that it was chosen from: for measuring, and for fitting a
// ranker.
func Observe(ctx context.Context, db *DB, q Query) (*Answer, *Signals, error) {
	view, err := db.store.View()
	if err != nil {
		return nil, nil, fmt.Errorf("query: %w", err)
	}
	judge, err := db.askedBy(&q)
	if err != nil {
		view.Release()
		return nil, nil, fmt.Errorf("query: %w", err)
	}
	s := &Signals{}
	answer, err := db.answer(ctx, view, db.serving.Load(), q, judge, func(c *search.Candidates) {
		*s = Signals{} // asked once more where too few were left
		for _, r := range c.Refs {
			s.IDs = append(s.IDs, view.ID(r))
		}
		for i := range signals.Names() {
			column := c.Signals.Columns[i*signals.CandidatesMax:][:len(c.Refs)]
			s.Values = append(s.Values, append([]float32(nil), column...))
		}
		s.Ranked, s.Sure = slices.Clone(c.Ranked), slices.Clone(c.Sure)
	})
	return answer, s, err
}
