package segment

import (
	"fmt"
	"unicode/utf8"

	"github.com/nexus-memory/nexus/engine/lexical"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/text"
)

// Words is a model.Match made ready for the texts of a language. It never changes.
type Words struct {
	// Terms and Patterns are what the match is scored by: all that it looks for, but
	// for what it excludes.
	Terms    text.Tokens
	Patterns []*lexical.Pattern
	root     *wordsNode
}

type wordsKind uint8

const (
	wordsTerm    wordsKind = iota // one term
	wordsPattern                  // any term of a pattern
	wordsGroup
	wordsPhrase // the costliest, see wordsNode.cost
)

type wordsNode struct {
	kind    wordsKind
	field   string
	term    []byte
	pattern *lexical.Pattern
	phrase  text.Sequence
	lists   [][]byte // terms of every row that the phrase stands in; at least one

	required, optional, excluded []*wordsNode
}

// compiler turns a match into words.
type compiler struct {
	*verifier
	words *Words
	seen  map[string]bool // patterns
}

// NewWords analyses a match, which has passed Check and is not zero, by the rules of a
// language. Optional stop words are left out, as a question's are. ErrInvalid where
// nothing is left, where a stop word is required or excluded (the index has none) or a
// phrase of them alone, and where a pattern is not one word.
func NewWords(language string, m model.Match) (*Words, error) {
	c := compiler{verifier: verifiers.Get(), words: &Words{}, seen: map[string]bool{}}
	defer verifiers.Put(c.verifier)
	c.speak(language)
	root, err := c.compile(m, true)
	if err == nil && root == nil {
		err = fmt.Errorf("match: no words but stop words, which the index does not hold: %w", model.ErrInvalid)
	}
	c.words.root = root
	return c.words, err
}

// compile returns nil where the match has no words but stop words. scored is false
// within what is excluded.
func (c *compiler) compile(m model.Match, scored bool) (*wordsNode, error) {
	switch m.Kind() {
	case model.MatchKindGroup:
		return c.group(m, scored)
	case model.MatchKindPrefix, model.MatchKindFuzzy:
		return c.pattern(m, scored)
	}
	n := &wordsNode{kind: wordsPhrase, field: m.FieldName()}
	c.analyzer.Sequence(&n.phrase, m.Text())
	n.lists = listsOf(&n.phrase)
	if scored {
		c.analyzer.Terms(&c.words.Terms, m.Text())
	}
	switch {
	case n.phrase.Len() == 1 && n.phrase.Place(0) != text.PlaceStop:
		return &wordsNode{kind: wordsTerm, field: n.field, term: n.phrase.At(0)}, nil
	case len(n.lists) == 0:
		return nil, nil
	}
	return n, nil
}

// listsOf returns the terms that stand in every row with the phrase.
func listsOf(phrase *text.Sequence) (lists [][]byte) {
	for i := range phrase.Len() {
		switch phrase.Place(i) {
		case text.PlaceTerm:
			lists = append(lists, phrase.At(i))
		case text.PlacePaired:
			lists = append(lists, append(append([]byte{}, phrase.At(i-1)...), phrase.At(i)...))
		}
	}
	return lists
}

func (c *compiler) group(m model.Match, scored bool) (*wordsNode, error) {
	n := &wordsNode{kind: wordsGroup}
	for _, clause := range m.Clauses() {
		part, err := c.compile(clause.Match, scored && clause.Occur != model.OccurExcluded)
		if err != nil {
			return nil, err
		}
		switch {
		case part == nil && clause.Occur != model.OccurOptional:
			return nil, fmt.Errorf("%s: stop words alone, which the index does not hold; they count in a phrase with other words: %w", clause.Match.Where(), model.ErrInvalid)
		case part == nil:
		case clause.Occur == model.OccurRequired:
			n.required = append(n.required, part)
		case clause.Occur == model.OccurExcluded:
			n.excluded = append(n.excluded, part)
		default:
			n.optional = append(n.optional, part)
		}
	}
	if len(n.required)+len(n.optional)+len(n.excluded) == 0 {
		return nil, nil
	}
	return n, nil
}

// fuzzyLetters is up to where a word's distance is 1 if it names none.
const fuzzyLetters = 5

func (c *compiler) pattern(m model.Match, scored bool) (n *wordsNode, err error) {
	c.sequence.Reset()
	c.analyzer.Sequence(&c.sequence, m.Text())
	if c.sequence.Len() != 1 || c.sequence.Place(0) > text.PlaceStop {
		return nil, fmt.Errorf("%s: * and ~ need one word (of Chinese, Japanese and Korean any two characters are found without): %w", m.Where(), model.ErrInvalid)
	}
	n = &wordsNode{kind: wordsPattern, field: m.FieldName()}
	isStop := c.sequence.Place(0) == text.PlaceStop
	term := string(c.sequence.At(0))
	switch {
	case m.Kind() == model.MatchKindPrefix && isStop:
		n.pattern = lexical.NewPrefix(c.analyzer.Bare(m.Text()), "")
	case m.Kind() == model.MatchKindPrefix:
		n.pattern = lexical.NewPrefix(c.analyzer.Bare(m.Text()), term)
	case isStop:
		return nil, fmt.Errorf("%s: a stop word, which the index does not hold: %w", m.Where(), model.ErrInvalid)
	default:
		if n.pattern, err = fuzzyPattern(m, term); err != nil {
			return nil, err
		}
	}
	if name := m.In(model.MatchFieldText).String(); scored && !c.seen[name] {
		c.seen[name] = true
		c.words.Patterns = append(c.words.Patterns, n.pattern)
	}
	return n, nil
}

func fuzzyPattern(m model.Match, term string) (*lexical.Pattern, error) {
	letters, distance := utf8.RuneCountInString(term), m.Distance()
	if distance == 0 {
		if distance = 1; letters > fuzzyLetters {
			distance = 2
		}
	}
	if letters <= distance {
		return nil, fmt.Errorf("%s: every word of so few letters is %d from it: %w", m.Where(), distance, model.ErrInvalid)
	}
	p, err := lexical.NewFuzzy(term, distance)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", m.Where(), err, model.ErrInvalid)
	}
	return p, nil
}
