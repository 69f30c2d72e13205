package segment

import (
	"fmt"
	"runtime"
	"sync/atomic"

	"github.com/nexus-memory/nexus/engine/lexical"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/text"
)

// namesWords are the text indexes of the fields speaker and title, made of the columns
// of fields when a question first asks for them: most never do, and names repeat, so
// that few are to be cut into words. Any goroutine makes and stores them, all the same;
// what is stored never changes.
type namesWords struct {
	speaker, title atomic.Pointer[nameIndex]
}

type nameIndex struct {
	*lexical.Reader
	documents uint64 // rows that have words, dead ones too
}

// FieldWords returns the text index of a field of model.Match: of speaker or title
// alone; of any other that of the words that a question's are looked for among, which
// are text and speaker. language is that of the store. The first time for speaker
// and title in O(different names + rows): docs/design/match.md has what that is.
func (s *Segment) FieldWords(field, language string) (*lexical.Reader, error) {
	kept, column := s.namesOf(field), field
	switch {
	case kept == nil:
		return s.Words(), nil
	case field == model.MatchFieldTitle:
		column = model.MetaColumn(field)
	}
	index := kept.Load()
	if index == nil {
		r, err := s.indexNames(column, language)
		if err != nil {
			return nil, fmt.Errorf("segment: words of %s: %w: %w", field, err, model.ErrInternal)
		}
		index = &nameIndex{Reader: r}
		for _, length := range r.Parts().Lengths {
			if length > 0 {
				index.documents++
			}
		}
		kept.Store(index)
	}
	return index.Reader, nil
}

// namesOf returns where the index of a field is kept; nil where it has none of its own.
func (s *Segment) namesOf(field string) *atomic.Pointer[nameIndex] {
	switch field {
	case model.MatchFieldSpeaker:
		return &s.names.speaker
	case model.MatchFieldTitle:
		return &s.names.title
	}
	return nil
}

// indexNames indexes the strings of a column.
func (s *Segment) indexNames(column, language string) (*lexical.Reader, error) {
	w := verifiers.Get()
	defer verifiers.Put(w)
	w.speak(language)
	terms := make([]text.Tokens, 1) // of every name; the first is no name at all
	nameOf := make([]uint32, s.RowCount())
	s.fieldReader().Strings(column, func(value []byte, each func(func(row int))) {
		yieldAfter(len(terms))
		w.terms.Reset()
		w.analyzer.Terms(&w.terms, string(value))
		each(func(row int) { nameOf[row] = uint32(len(terms)) })
		terms = append(terms, w.terms.Clone())
	})
	b := lexical.NewBuilder()
	for row, name := range nameOf {
		if row%1024 == 0 {
			runtime.Gosched()
		}
		b.Add(&terms[name])
	}
	parts, err := b.Finish()
	if err != nil {
		return nil, err
	}
	return lexical.Open(parts)
}

// FieldStatistics returns how many live rows have words in a field, and how many words
// these are. O(dead rows) once the fields' words are known.
func (v *View) FieldStatistics(field string) (st lexical.Statistics, err error) {
	if field == model.MatchFieldText || field == model.MatchFieldAny {
		return lexical.Statistics{Documents: v.Documents, TotalLength: v.TotalLength}, nil
	}
	for i := range v.Parts {
		p := &v.Parts[i]
		r, err := p.FieldWords(field, v.Space.Language)
		if err != nil {
			return st, err
		}
		st.Documents += p.namesOf(field).Load().documents
		st.TotalLength += r.TotalLength()
		p.Dead.Each(func(row int) {
			if n := r.Parts().Lengths[row]; n > 0 {
				st.Documents--
				st.TotalLength -= uint64(n)
			}
		})
	}
	return st, nil
}
