package pattern

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nexus-memory/nexus/engine/model"
)

// The states that every set has, at the places that the symbols give them: 0 is none.
const (
	stateWord     = 1 // within a word of no phrase, and what every search falls back to
	wordBase      = 1
	stateBorder   = wordBase + symbolSpace // behind a border
	stateSentence = stateBorder + 1        // behind a border that begins a sentence
	statesFirst   = stateSentence + 1
)

// bracketsMax bounds the brackets of one phrase, which multiply.
const bracketsMax = 6

// Compile returns the set of the rules, of which a match names the index.
//
// A rule is one phrase or more, parted by "|". A phrase is words of a-z, with
// apostrophes within, parted by blanks, and a "^" before it where it must begin a
// sentence. "(a|b|)" stands for each of what is in the brackets, which may be nothing:
// "when (did|does)|plan(s|ned|)". A phrase may stand in several rules.
//
// model.ErrInvalid for what is no rule, and for more phrases or states than a set holds.
// About a millisecond for a thousand phrases.
func Compile(rules []string) (*Set, error) {
	t := newTrie()
	for i, rule := range rules {
		for _, part := range alternatives(rule) {
			if strings.Count(part, "(") > bracketsMax {
				return nil, fmt.Errorf("pattern: rule %d: more than %d brackets: %w", i, bracketsMax, model.ErrInvalid)
			}
			for _, phrase := range expand(part) {
				if err := t.add(phrase, i); err != nil {
					return nil, fmt.Errorf("pattern: rule %d, %q: %w", i, phrase, err)
				}
			}
		}
	}
	t.link()
	return t.pack()
}

// alternatives cuts a rule at the bars outside of brackets.
func alternatives(rule string) (parts []string) {
	start, depth := 0, 0
	for i := range len(rule) {
		switch {
		case rule[i] == '(':
			depth++
		case rule[i] == ')':
			depth--
		case rule[i] == '|' && depth == 0:
			parts = append(parts, rule[start:i])
			start = i + 1
		}
	}
	return append(parts, rule[start:])
}

// expand returns the phrases that come of choosing one of what each bracket holds. What
// has no partner stays, and is refused as a letter.
func expand(part string) (phrases []string) {
	open := strings.IndexByte(part, '(')
	closed := partner(part, open)
	if closed < 0 {
		return []string{strings.Join(strings.Fields(part), " ")}
	}
	for _, choice := range alternatives(part[open+1 : closed]) {
		phrases = append(phrases, expand(part[:open]+choice+part[closed+1:])...)
	}
	return phrases
}

// partner returns where the bracket that opens at open is closed, -1 for nowhere.
func partner(part string, open int) int {
	depth := 0
	for i := max(open, 0); i < len(part); i++ {
		switch part[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 && open >= 0 {
				return i
			}
		}
	}
	return -1
}

// trie is the automaton while it is built: nodes in the order of their making, of
// which the first two are its roots.
type trie struct {
	nodes []trieNode
	order []int // nodes by their distance from the roots
	outs  []out
}

type trieNode struct {
	edges  []edge // by symbol
	fail   int
	ends   []uint16 // the outs that are the node's own
	out    uint16   // first of the outs that end here
	placed uint16   // its state
}

type edge struct {
	symbol uint8
	to     int
}

const (
	rootWord     = -1 // stands for stateWord, which has no node
	rootBorder   = 0
	rootSentence = 1
)

func newTrie() *trie {
	t := &trie{nodes: make([]trieNode, 2), outs: make([]out, 1)}
	t.nodes[rootBorder].fail = rootWord
	t.nodes[rootSentence].fail = rootBorder
	return t
}

// add enters one phrase of a rule.
func (t *trie) add(phrase string, rule int) error {
	if len(t.outs) > PhrasesMax || rule >= PhrasesMax {
		return fmt.Errorf("more than %d phrases: %w", PhrasesMax, model.ErrInvalid)
	}
	words, anchored := strings.CutPrefix(phrase, "^")
	words = strings.TrimSpace(words)
	if words == "" {
		return fmt.Errorf("an empty phrase: %w", model.ErrInvalid)
	}
	at := rootBorder
	if anchored {
		at = rootSentence
	}
	for i := range len(words) {
		symbol, ok := phraseSymbol(words, i)
		if !ok {
			return fmt.Errorf("byte %d of a phrase: %w", i, model.ErrInvalid)
		}
		at = t.child(at, symbol)
	}
	t.nodes[at].ends = append(t.nodes[at].ends, uint16(len(t.outs)))
	t.outs = append(t.outs, out{rule: uint16(rule), words: uint16(strings.Count(words, " ") + 1)})
	return nil
}

// phraseSymbol returns the symbol of byte i of a phrase; false for what no text can hold.
func phraseSymbol(words string, i int) (symbol uint8, ok bool) {
	switch c := words[i]; {
	case 'a' <= c && c <= 'z':
		return symbolOf[c], true
	case c == ' ':
		return symbolSpace, true
	case c == '\'':
		within := i > 0 && i+1 < len(words) && words[i-1] != ' ' && words[i+1] >= 'a' && words[i+1] <= 'z'
		return symbolApostrophe, within
	}
	return 0, false
}

// child returns the node behind a symbol and makes it where there is none.
func (t *trie) child(at int, symbol uint8) int {
	i, found := t.find(at, symbol)
	if found {
		return t.nodes[at].edges[i].to
	}
	t.nodes = append(t.nodes, trieNode{})
	t.nodes[at].edges = slices.Insert(t.nodes[at].edges, i, edge{symbol, len(t.nodes) - 1})
	return len(t.nodes) - 1
}

func (t *trie) find(at int, symbol uint8) (i int, found bool) {
	return slices.BinarySearchFunc(t.nodes[at].edges, symbol, func(e edge, s uint8) int { return int(e.symbol) - int(s) })
}

// link gives every node what to fall back to and the phrases that end at it, nearest
// to the roots first, so that what a node falls back to is linked before it: of two
// nodes equally far, that below rootBorder comes first.
func (t *trie) link() {
	t.order = append(t.order, rootBorder, rootSentence)
	for i := 0; i < len(t.order); i++ {
		at := t.order[i]
		for _, e := range t.nodes[at].edges {
			t.nodes[e.to].fail = t.step(t.nodes[at].fail, e.symbol)
			t.linkOuts(e.to)
			t.order = append(t.order, e.to)
		}
	}
}

func (t *trie) linkOuts(at int) {
	n := &t.nodes[at]
	if n.fail != rootWord {
		n.out = t.nodes[n.fail].out
	}
	for _, end := range slices.Backward(n.ends) {
		t.outs[end].next = n.out
		n.out = end
	}
}

// step is the step of the finished automaton, on the trie.
func (t *trie) step(at int, symbol uint8) int {
	for at != rootWord {
		if i, found := t.find(at, symbol); found {
			return t.nodes[at].edges[i].to
		}
		at = t.nodes[at].fail
	}
	if symbol == symbolSpace {
		return rootBorder
	}
	return rootWord
}

// pack lays the trie out as a double array: the children of every node at the first
// place where they fit between those placed already.
func (t *trie) pack() (*Set, error) {
	s := &Set{nodes: make([]node, statesFirst+symbolCount), outs: t.outs}
	s.nodes[stateWord].base = wordBase
	s.nodes[stateBorder] = node{parent: stateWord, fail: stateWord}
	s.nodes[stateSentence] = node{parent: stateSentence, fail: stateBorder} // nobody's child
	t.nodes[rootBorder].placed, t.nodes[rootSentence].placed = stateBorder, stateSentence
	free := statesFirst
	for _, at := range t.order {
		n := &t.nodes[at]
		if n.fail == rootWord {
			s.nodes[n.placed].fail = stateWord
		} else {
			s.nodes[n.placed].fail = t.nodes[n.fail].placed
		}
		s.nodes[n.placed].out = n.out
		if len(n.edges) == 0 {
			continue
		}
		for s.nodes[free].parent != 0 {
			free++
		}
		base := s.room(n.edges, free)
		if base+2*symbolCount > statesMax {
			return nil, fmt.Errorf("pattern: more than %d states: %w", statesMax, model.ErrInvalid)
		}
		s.nodes[n.placed].base = uint16(base)
		for _, e := range n.edges {
			t.nodes[e.to].placed = uint16(base + int(e.symbol))
			s.nodes[base+int(e.symbol)].parent = n.placed
		}
	}
	s.nodes = slices.Clip(s.nodes)
	return s, nil
}

// room returns the first base, at or behind that which puts the first edge at free,
// where all edges fall on free places, and grows the nodes so that every symbol has one.
func (s *Set) room(edges []edge, free int) (base int) {
	base = max(free-int(edges[0].symbol), 0)
	for ; ; base++ {
		if missing := base + 2*symbolCount - len(s.nodes); missing > 0 {
			s.nodes = append(s.nodes, make([]node, missing)...)
		}
		if !slices.ContainsFunc(edges, func(e edge) bool {
			at := base + int(e.symbol)
			return at < statesFirst || s.nodes[at].parent != 0
		}) {
			return base
		}
	}
}
