package search

import (
	"context"
	"fmt"
	"slices"

	"github.com/nexus-memory/nexus/engine/lexical"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/text"
	"github.com/nexus-memory/nexus/engine/vector"
)

// lexicalEngine proposes what shares words with the question, by BM25.
type lexicalEngine struct {
	language string         // of analyzer
	analyzer *text.Analyzer // nil before the first question
	terms    text.Tokens
	parts    []lexical.Part
	searcher lexical.Searcher
}

func (e *lexicalEngine) Name() string { return "lexical" }

func (e *lexicalEngine) Search(ctx context.Context, q *Question, dst []rows.Hit) ([]rows.Hit, error) {
	if language := q.View.Space.Language; e.analyzer == nil || e.language != language {
		e.analyzer, e.language = text.NewAnalyzer(language), language
	}
	e.terms.Reset()
	e.analyzer.Terms(&e.terms, q.Text)
	if e.terms.Len() == 0 {
		return dst, fmt.Errorf("%w: the question has no words but stop words", ErrSkip)
	}
	e.parts = e.parts[:0]
	for i := range q.View.Parts {
		p := &q.View.Parts[i]
		e.parts = append(e.parts, lexical.Part{Reader: p.Words(), Filter: q.filter(i)})
	}
	statistics := lexical.Statistics{Documents: q.View.Documents, TotalLength: q.View.TotalLength}
	if e.searcher.Prepare(&e.terms, e.parts, statistics) == 0 {
		return dst, ErrNoMatch
	}
	return e.searcher.Top(dst, q.Limit, stopper(ctx)), nil
}

func (e *lexicalEngine) Scores(dst []float64, refs []rows.Ref) []float64 {
	return e.searcher.Scores(dst, refs)
}

func (e *lexicalEngine) Forget() {
	clear(e.parts)
	e.searcher.Forget()
}

// vectorEngine proposes what lies near the question's vector, by the store's metric. It
// embeds the question itself, so that a slow embedder makes it late alone.
type vectorEngine struct {
	own      []float32 // the question's vector where it brings none
	embedded bool      // own is this question's; until Forget
	parts    []vector.Part
	searcher vector.Searcher
}

func (e *vectorEngine) Name() string { return "vector" }

func (e *vectorEngine) Search(ctx context.Context, q *Question, dst []rows.Hit) ([]rows.Hit, error) {
	query, err := e.queryVector(ctx, q)
	if err != nil {
		return dst, err
	}
	e.parts = e.parts[:0]
	for i := range q.View.Parts {
		p := &q.View.Parts[i]
		e.parts = append(e.parts, vector.Part{Parts: p.Vectors(), Filter: q.filter(i)})
	}
	e.searcher.Prepare(query, q.View.Space.Metric, e.parts)
	return e.searcher.Top(dst, q.Limit, stopper(ctx)), nil
}

func (e *vectorEngine) queryVector(ctx context.Context, q *Question) ([]float32, error) {
	space := q.View.Space
	switch {
	case q.Vector != nil:
		return q.Vector, nil
	case space.Embedder == nil:
		return nil, fmt.Errorf("%w: the question brings no vector and the store has no embedder", ErrSkip)
	}
	if e.embedded {
		return e.own, nil
	}
	e.own = slices.Grow(e.own[:0], space.Dim)[:space.Dim]
	err := space.Embed(ctx, []string{q.Text}, e.own)
	e.embedded = err == nil
	return e.own, err
}

func (e *vectorEngine) Scores(dst []float64, refs []rows.Ref) []float64 {
	return e.searcher.Scores(dst, refs)
}

func (e *vectorEngine) Forget() {
	e.embedded = false
	clear(e.parts)
	e.searcher.Forget()
}

// filter says which rows of a part may be returned.
func (q *Question) filter(part int) rows.Filter {
	f := rows.Filter{Dead: q.View.Parts[part].Dead}
	if q.Allow != nil {
		f.Allow = q.Allow[part]
	}
	return f
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
