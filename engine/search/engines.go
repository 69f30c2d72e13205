package search

import (
	"context"
	"fmt"

	"github.com/nexus-memory/nexus/engine/lexical"
	"github.com/nexus-memory/nexus/engine/segment"
	"github.com/nexus-memory/nexus/engine/text"
	"github.com/nexus-memory/nexus/engine/vector"
)

// lexicalEngine proposes what shares words with the question, by BM25.
type lexicalEngine struct {
	analyzer *text.Analyzer
	terms    text.Tokens
	parts    []lexical.Part
	searcher lexical.Searcher
	hits     []lexical.Hit
}

func (e *lexicalEngine) Name() string { return "lexical" }

func (e *lexicalEngine) Search(ctx context.Context, q *Question, dst []Candidate) ([]Candidate, error) {
	if e.analyzer == nil {
		e.analyzer = text.NewAnalyzer()
	}
	e.terms.Reset()
	e.analyzer.Terms(&e.terms, q.Text)
	if e.terms.Len() == 0 {
		return dst, fmt.Errorf("%w: the question has no words but stop words", ErrSkip)
	}
	e.parts = e.parts[:0]
	for i := range q.View.Parts {
		p := &q.View.Parts[i]
		e.parts = append(e.parts, lexical.Part{Reader: p.Words(), Dead: p.Dead, Allow: allowOf(q, i)})
	}
	statistics := lexical.Statistics{Documents: q.View.Documents, TotalLength: q.View.TotalLength}
	if e.searcher.Prepare(&e.terms, e.parts, statistics) == 0 {
		return dst, fmt.Errorf("%w: no word of the question occurs", ErrSkip)
	}
	e.hits = e.searcher.Top(e.hits[:0], q.Limit, stopper(ctx))
	for _, h := range e.hits {
		dst = append(dst, Candidate{segment.Ref{Part: h.Part, Row: h.Row}, h.Score})
	}
	return dst, nil
}

func (e *lexicalEngine) Score(r segment.Ref) float64 { return e.searcher.Score(r.Part, r.Row) }

// vectorEngine proposes what lies near the question's vector, by cosine.
type vectorEngine struct {
	parts    []vector.Part
	searcher vector.Searcher
	hits     []vector.Hit
}

func (e *vectorEngine) Name() string { return "vector" }

func (e *vectorEngine) Search(ctx context.Context, q *Question, dst []Candidate) ([]Candidate, error) {
	if q.Vector == nil {
		return dst, fmt.Errorf("%w: the question brings no vector and the store has no embedder", ErrSkip)
	}
	e.parts = e.parts[:0]
	for i := range q.View.Parts {
		p := &q.View.Parts[i]
		e.parts = append(e.parts, vector.Part{Parts: p.Vectors(), Dead: p.Dead, Allow: allowOf(q, i)})
	}
	e.searcher.Prepare(q.Vector, e.parts)
	e.hits = e.searcher.Top(e.hits[:0], q.Limit, stopper(ctx))
	for _, h := range e.hits {
		dst = append(dst, Candidate{segment.Ref{Part: h.Part, Row: h.Row}, h.Score})
	}
	return dst, nil
}

func (e *vectorEngine) Score(r segment.Ref) float64 { return e.searcher.Score(r.Part, r.Row) }

func allowOf(q *Question, part int) []uint64 {
	if q.Allow == nil {
		return nil
	}
	return q.Allow[part]
}

// stopper tells an engine's inner loop that the context has ended.
func stopper(ctx context.Context) func() bool {
	done := ctx.Done()
	return func() bool {
		select {
		case <-done:
			return true
		default:
			return false
		}
	}
}
