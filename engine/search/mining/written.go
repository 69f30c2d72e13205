package mining

import (
	"strings"
	"unicode"

	"github.com/nexus-memory/nexus/engine/segment"
	"github.com/nexus-memory/nexus/engine/text"
)

// writtenFrom is how many memories are looked at for how a term is written.
const writtenFrom = 16

// speller finds out how terms, which are stems, are written in the memories.
type speller struct {
	*vocabulary
	analyzer *text.Analyzer
	tokens   text.Tokens
	reader   segment.RecordReader
	known    map[uint32]string
}

func newSpeller(v *vocabulary) *speller {
	return &speller{vocabulary: v, analyzer: text.NewAnalyzer(v.view.Space.Language), known: map[uint32]string{}}
}

// written returns a term as it is mostly written in some memories all over the selection;
// ties go to what comes first in byte order. A term that is found nowhere as a word, such
// as two Chinese characters, stays as it is.
func (s *speller) written(t uint32) (string, error) {
	if name, ok := s.known[t]; ok {
		return name, nil
	}
	rows, counts := s.lists.at(int(t)), map[string]int{}
	n := min(writtenFrom, len(rows))
	for i := range n {
		ref := s.refs[rows[i*len(rows)/n]]
		m, err := segment.DecodeRecord(s.reader.Record(s.view.Parts[ref.Part].Segment, int(ref.Row)))
		if err != nil {
			return "", err
		}
		s.count(counts, s.names[t], m.Text)
	}
	name, most := s.names[t], 0
	for word, n := range counts {
		if n > most || n == most && word < name {
			name, most = word, n
		}
	}
	s.known[t] = name
	return name, nil
}

// count counts the words of a text that become a term, as they stand.
func (s *speller) count(counts map[string]int, term, body string) {
	for word := range strings.FieldsFuncSeq(cutText(body), isNoPartOfWord) {
		word = strings.Trim(word, "'’")
		s.tokens.Reset()
		s.analyzer.Terms(&s.tokens, word)
		if s.tokens.Len() > 0 && string(s.tokens.At(0)) == term {
			counts[strings.TrimSuffix(strings.TrimSuffix(word, "'s"), "’s")]++
		}
	}
}

func isNoPartOfWord(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && r != '\'' && r != '’'
}
