package search

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/vector"
)

// vectorEngine proposes what lies near the question's vector, by the store's metric. It
// embeds the question itself, so that a slow embedder makes it late alone.
type vectorEngine struct {
	own      []float32 // the question's vector where it brings none
	embedded bool      // own is this question's; until Forget
	parts    []vector.Part
	searcher vector.Searcher
}

func (e *vectorEngine) Name() string { return "vector" }

// Waits: an embedder of the application's may be anything. The built-in hashing only works.
func (e *vectorEngine) Waits(q *Question) bool {
	return q.Vector == nil && q.View.Space.Embedder != nil && q.View.Space.KeepsVectors()
}

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
	e.searcher.Loose, e.searcher.Effort = !q.Single, float64(q.Effort)
	e.searcher.Prepare(query, q.View.Space.Metric, e.parts)
	if lists, parts := q.View.Listing(); lists != nil {
		e.searcher.UseLists(lists, parts)
	}
	return e.searcher.Find(dst, q.Limit, stopper(ctx)), nil
}

func (e *vectorEngine) queryVector(ctx context.Context, q *Question) ([]float32, error) {
	space := q.View.Space
	switch {
	case q.Vector != nil:
		return q.Vector, nil
	case space.Embedder == nil:
		return nil, fmt.Errorf("%w: the question brings no vector and the store has no embedder", ErrSkip)
	case strings.TrimSpace(q.Text) == "":
		return nil, fmt.Errorf("%w: the question brings neither vector nor text", ErrSkip)
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

// stopper tells an engine's inner loop that the context has ended, or its own time has.
func stopper(ctx context.Context) func() bool {
	return func() bool { return ctx.Err() != nil }
}
