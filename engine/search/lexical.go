package search

import (
	"context"
	"fmt"
	"slices"

	"github.com/nexus-memory/nexus/engine/lexical"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/text"
)

// lexicalEngine proposes what shares words with the question, by BM25.
type lexicalEngine struct {
	language string         // of analyzer
	analyzer *text.Analyzer // nil before the first question
	terms    text.Tokens
	parts    []lexical.Part
	fields   []lexical.Field
	searcher lexical.Searcher
	boosted  lexical.Boosted
	ranker   ranker // the one of them that has the question
}

// ranker is what has taken a question in.
type ranker interface {
	Find(dst []rows.Hit, k int, stop func() bool) []rows.Hit
	Scores(dst []float64, refs []rows.Ref) []float64
}

func (e *lexicalEngine) Name() string { return "lexical" }

func (e *lexicalEngine) Waits(*Question) bool { return false }

func (e *lexicalEngine) Search(ctx context.Context, q *Question, dst []rows.Hit) ([]rows.Hit, error) {
	patterns := e.analyse(q)
	if e.terms.Len()+len(patterns) == 0 && !q.Alone {
		return dst, fmt.Errorf("%w: the question has no words but stop words", ErrSkip)
	}
	found, err := e.prepare(q, patterns)
	switch {
	case err != nil:
		return dst, err
	case found == 0 && !q.Alone:
		return dst, ErrNoMatch
	}
	e.searcher.Loose = !q.Single && !q.Alone
	dst = e.ranker.Find(dst, q.Limit, stopper(ctx))
	if q.Alone {
		dst = appendOthers(dst, q)
	}
	return dst, nil
}

// analyse sets terms to those of the question, and returns its patterns.
func (e *lexicalEngine) analyse(q *Question) []*lexical.Pattern {
	if language := q.View.Space.Language; e.analyzer == nil || e.language != language {
		e.analyzer, e.language = text.NewAnalyzer(language), language
	}
	e.terms.Reset()
	e.analyzer.Terms(&e.terms, q.Text)
	if q.Words == nil {
		return nil
	}
	for i := range q.Words.Terms.Len() {
		e.terms.Append(q.Words.Terms.At(i))
	}
	return q.Words.Patterns
}

// prepare returns how many of the question's words occur at all.
func (e *lexicalEngine) prepare(q *Question, patterns []*lexical.Pattern) (found int, err error) {
	if !q.Boosts.ByField() {
		e.parts = e.parts[:0]
		for i := range q.View.Parts {
			e.parts = append(e.parts, lexical.Part{Reader: q.View.Parts[i].Words(), Filter: q.filter(i)})
		}
		statistics := lexical.Statistics{Documents: q.View.Documents, TotalLength: q.View.TotalLength}
		e.ranker = &e.searcher
		return e.searcher.PrepareWith(&e.terms, patterns, e.parts, statistics), nil
	}
	e.fields = e.fields[:0]
	for i, boost := range [...]float32{q.Boosts.Text, q.Boosts.Speaker, q.Boosts.Title} {
		if boost > 0 {
			f, err := q.field(model.BoostNames()[i], boost)
			if err != nil {
				return 0, err
			}
			e.fields = append(e.fields, f)
		}
	}
	e.ranker = &e.boosted
	return e.boosted.Prepare(&e.terms, patterns, e.fields), nil
}

// field returns one field of the view's words.
func (q *Question) field(name string, boost float32) (f lexical.Field, err error) {
	f.Boost = float64(boost)
	if f.Statistics, err = q.View.FieldStatistics(name); err != nil {
		return f, err
	}
	for i := range q.View.Parts {
		words, err := q.View.Parts[i].FieldWords(name, q.View.Space.Language)
		if err != nil {
			return f, err
		}
		f.Parts = append(f.Parts, lexical.Part{Reader: words, Filter: q.filter(i)})
	}
	return f, nil
}

// appendOthers appends rows that may be returned and share no word with the question,
// as far as the limit goes.
func appendOthers(dst []rows.Hit, q *Question) []rows.Hit {
	sharing := dst
	for part := range q.View.Parts {
		f := q.filter(part)
		for row := range q.View.Parts[part].RowCount() {
			if len(dst) >= q.Limit {
				return dst
			}
			ref := rows.Ref{Part: int32(part), Row: uint32(row)}
			if f.Visible(row) && !slices.ContainsFunc(sharing, func(h rows.Hit) bool { return h.Ref == ref }) {
				dst = append(dst, rows.Hit{Ref: ref})
			}
		}
	}
	return dst
}

// approximate reports whether the scores of what was found are not those of Scores to the bit.
func (e *lexicalEngine) approximate() bool {
	return e.ranker == &e.searcher && e.searcher.Approximate()
}

func (e *lexicalEngine) Scores(dst []float64, refs []rows.Ref) []float64 {
	return e.ranker.Scores(dst, refs)
}

func (e *lexicalEngine) Forget() {
	clear(e.parts)
	clear(e.fields)
	e.searcher.Forget()
	e.boosted.Forget()
}
