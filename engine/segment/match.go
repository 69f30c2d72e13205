package segment

import (
	"cmp"
	"context"
	"slices"

	"github.com/nexus-memory/nexus/engine/lexical"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/scratch"
	"github.com/nexus-memory/nexus/engine/text"
)

// verifier is the scratch of looking for words in texts.
type verifier struct {
	worker
	sequence text.Sequence
	finder   text.Finder
	records  RecordReader
}

var verifiers = scratch.Pool[verifier]{New: func() *verifier { return &verifier{} }}

// verifyBytes of records are looked into, in some 5 ms, before the context is asked.
const verifyBytes = 64 << 10

// KeepMatching takes the rows that a match does not let through out of allow, nil
// for every row, whose sets it replaces and does not change. It is exact.
//
// Words cost their lists. A phrase is looked for in the texts of the live rows of
// allow that hold all its words, after what else is required; a word of the text alone
// in those whose speaker has it too. The error is the context's.
func (v *View) KeepMatching(ctx context.Context, allow []rows.Set, w *Words) error {
	m := matcher{ctx: ctx, language: v.Space.Language, verifier: verifiers.Get()}
	m.speak(m.language)
	err := m.keep(v, allow, w)
	m.records.Forget()
	verifiers.Put(m.verifier) // not after a panic, as of damage that is found: nobody knows what state it is in
	return err
}

func (m *matcher) keep(v *View, allow []rows.Set, w *Words) error {
	for i := range v.Parts {
		if err := model.FromContext(m.ctx, "match"); err != nil {
			return err
		}
		m.part = &v.Parts[i]
		within := rows.AllOf(m.part.RowCount())
		if allow[i] != nil {
			within.And(allow[i])
		}
		within.AndNot(m.part.Dead)
		if allow[i] = m.find(w.root, within); m.err != nil {
			return m.err
		}
	}
	return nil
}

// matcher finds the rows of one part after the other.
type matcher struct {
	*verifier
	ctx      context.Context
	language string
	part     *Part
	err      error // once set, what is found is not all and does not matter
}

// find returns the rows of within that n lets through, in a set of its own.
func (m *matcher) find(n *wordsNode, within rows.Set) rows.Set {
	switch n.kind {
	case wordsGroup:
		return m.findGroup(n, within)
	case wordsPhrase:
		return m.findPhrase(n, within)
	}
	found := m.holding(n, n.field)
	found.And(within)
	if n.field == model.MatchFieldText {
		doubtful := m.holding(n, model.MatchFieldSpeaker)
		doubtful.And(found)
		m.check(found, doubtful, func(record []byte) bool { return m.textHolds(n, record) })
	}
	return found
}

// holding returns the rows that hold a term, or one of a pattern, in a field.
func (m *matcher) holding(n *wordsNode, field string) rows.Set {
	found := rows.NewSet(m.part.RowCount())
	words := m.wordsOf(field)
	switch {
	case words == nil:
	case n.kind == wordsTerm:
		words.AddRows(found, n.term)
	default:
		words.AddRowsOf(found, n.pattern, m.stopped)
	}
	return found
}

// wordsOf returns the text index of a field, nil after an error.
func (m *matcher) wordsOf(field string) *lexical.Reader {
	words, err := m.part.FieldWords(field, m.language)
	m.err = cmp.Or(m.err, err)
	return words
}

func (m *matcher) stopped() bool {
	if m.err == nil {
		m.err = model.FromContext(m.ctx, "match")
	}
	return m.err != nil
}

// check takes the doubtful rows whose record ok refuses out of found.
func (m *matcher) check(found, doubtful rows.Set, ok func(record []byte) bool) {
	looked := 0
	doubtful.Each(func(row int) {
		if m.err != nil {
			return
		}
		record := m.records.Record(m.part.Segment, row)
		if looked += len(record); looked > verifyBytes {
			looked = 0
			m.stopped()
		}
		if !ok(record) {
			found.Remove(row)
		}
	})
}

// textHolds reports whether a term, or one of a pattern, is among the text's.
func (m *matcher) textHolds(n *wordsNode, record []byte) bool {
	_, body := recordTexts(record)
	m.terms.Reset()
	m.analyzer.Terms(&m.terms, body)
	for i := range m.terms.Len() {
		if term := m.terms.At(i); n.kind == wordsTerm && string(term) == string(n.term) || n.kind == wordsPattern && n.pattern.Matches(term) {
			return true
		}
	}
	return false
}

// findPhrase looks into the texts of the rows that hold all words of a phrase.
func (m *matcher) findPhrase(n *wordsNode, within rows.Set) rows.Set {
	found := slices.Clone(within)
	words := m.wordsOf(n.field)
	if words == nil {
		return found
	}
	for _, term := range n.lists {
		holding := rows.NewSet(m.part.RowCount())
		words.AddRows(holding, term)
		found.And(holding)
	}
	m.check(found, slices.Clone(found), func(record []byte) bool { return m.phraseStands(n, record) })
	return found
}

func (m *matcher) phraseStands(n *wordsNode, record []byte) bool {
	if n.field == model.MatchFieldTitle {
		return m.contains(titleOf(record), n)
	}
	speaker, body := recordTexts(record)
	return n.field != model.MatchFieldSpeaker && m.contains(body, n) || n.field != model.MatchFieldText && m.contains(speaker, n)
}

func (m *matcher) contains(s string, n *wordsNode) bool {
	m.finder.Reset(&n.phrase)
	return m.analyzer.Find(&m.finder, s)
}

// findGroup looks for what costs least first, as every clause narrows the next.
func (m *matcher) findGroup(n *wordsNode, within rows.Set) rows.Set {
	found := slices.Clone(within)
	for _, r := range byCost(n.required) {
		found = m.find(r, found)
	}
	if len(n.required) == 0 && len(n.optional) > 0 {
		any := rows.NewSet(m.part.RowCount())
		for _, o := range byCost(n.optional) {
			found.AndNot(any)
			any.Or(m.find(o, found))
		}
		found = any
	}
	for _, e := range byCost(n.excluded) {
		found.AndNot(m.find(e, found))
	}
	return found
}

// byCost orders clauses by what they cost: phrases are looked for in texts.
func byCost(clauses []*wordsNode) []*wordsNode {
	return slices.SortedStableFunc(slices.Values(clauses), func(a, b *wordsNode) int { return cmp.Compare(a.kind, b.kind) })
}
