package pattern

import (
	"fmt"
	"slices"
	"strings"
	"sync"

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
// apostrophes within, parted by blanks; a "^" before it where it must begin a sentence; a
// "!" before all that where shorter phrases that end at the same word are to be left out,
// as in "!no doubt" beside "doubt". "(a|b|)" stands for each of what is in the brackets, which may be nothing:
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

// CompileOnce returns what compiles count rules when it is first called, and gives the
// set of then from there on. For rules that are constants and tested: what is no rule panics.
func CompileOnce(count int, rule func(i int) string) func() *Set {
	return sync.OnceValue(func() *Set {
		rules := make([]string, count)
		for i := range rules {
			rules[i] = rule(i)
		}
		set, err := Compile(rules)
		if err != nil {
			panic(err)
		}
		return set
	})
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
		return []string{part}
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
	order []int32 // nodes by their distance from the roots
	outs  []out
}

type trieNode struct {
	child, sibling int32 // the first below it, the next below its parent; 0 = none
	fail           int32
	hides          bool   // shorter phrases that end here
	out            uint16 // first of the phrases that end here; of its own alone until link
	placed         uint16 // its state
	symbol         uint8
}

const (
	rootWord     = -1 // stands for stateWord, which has no node
	rootBorder   = 0
	rootSentence = 1
)

func newTrie() *trie {
	t := &trie{nodes: make([]trieNode, 2, statesMax/2), outs: make([]out, 1, PhrasesMax/2)}
	t.nodes[rootBorder].fail = rootWord
	t.nodes[rootSentence].fail = rootBorder
	return t
}

// add enters one phrase of a rule.
func (t *trie) add(phrase string, rule int) error {
	if len(t.outs) > PhrasesMax || rule >= PhrasesMax {
		return fmt.Errorf("more than %d phrases: %w", PhrasesMax, model.ErrInvalid)
	}
	words, hides := strings.CutPrefix(strings.TrimSpace(phrase), "!")
	words, anchored := strings.CutPrefix(words, "^")
	words = oneBlank(words)
	if words == "" {
		return fmt.Errorf("an empty phrase: %w", model.ErrInvalid)
	}
	at := int32(rootBorder)
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
	t.nodes[at].hides = t.nodes[at].hides || hides
	end := &t.nodes[at].out
	for *end != 0 {
		end = &t.outs[*end].next
	}
	*end = uint16(len(t.outs))
	t.outs = append(t.outs, out{rule: uint16(rule), words: uint16(strings.Count(words, " ") + 1)})
	return nil
}

// oneBlank returns words with one blank between them and none around.
func oneBlank(words string) string {
	words = strings.TrimSpace(words)
	if !strings.Contains(words, "  ") { // most of thousands, which need no copy
		return words
	}
	return strings.Join(strings.Fields(words), " ")
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
func (t *trie) child(at int32, symbol uint8) int32 {
	if to := t.find(at, symbol); to != 0 {
		return to
	}
	to := int32(len(t.nodes))
	t.nodes = append(t.nodes, trieNode{symbol: symbol, sibling: t.nodes[at].child})
	t.nodes[at].child = to
	return to
}

// find returns the node behind a symbol, 0 for none: no node leads to a root.
func (t *trie) find(at int32, symbol uint8) int32 {
	to := t.nodes[at].child
	for to != 0 && t.nodes[to].symbol != symbol {
		to = t.nodes[to].sibling
	}
	return to
}

// link gives every node what to fall back to and the phrases that end at it, nearest
// to the roots first, so that what a node falls back to is linked before it: of two
// nodes equally far, that below rootBorder comes first.
func (t *trie) link() {
	t.order = append(make([]int32, 0, len(t.nodes)), rootBorder, rootSentence)
	for i := 0; i < len(t.order); i++ {
		at := t.order[i]
		for to := t.nodes[at].child; to != 0; to = t.nodes[to].sibling {
			t.nodes[to].fail = t.step(t.nodes[at].fail, t.nodes[to].symbol)
			t.linkOuts(to)
			t.order = append(t.order, to)
		}
	}
}

// linkOuts puts the shorter phrases that end at a node behind its own, if they are not hidden.
func (t *trie) linkOuts(at int32) {
	n := &t.nodes[at]
	if n.fail == rootWord || n.hides {
		return
	}
	end := &n.out
	for *end != 0 {
		end = &t.outs[*end].next
	}
	*end = t.nodes[n.fail].out
}

// step is the step of the finished automaton, on the trie.
func (t *trie) step(at int32, symbol uint8) int32 {
	for at != rootWord {
		if to := t.find(at, symbol); to != 0 {
			return to
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
	s := &Set{nodes: make([]node, statesFirst+2*symbolCount, len(t.nodes)+len(t.nodes)/8+4*symbolCount), outs: slices.Clip(t.outs)}
	s.nodes[stateWord].base = wordBase
	s.nodes[stateBorder] = node{parent: stateWord, fail: stateWord}
	s.nodes[stateSentence] = node{parent: stateSentence, fail: stateBorder} // nobody's child
	t.nodes[rootBorder].placed, t.nodes[rootSentence].placed = stateBorder, stateSentence
	free := statesFirst
	for _, at := range t.order {
		n := &t.nodes[at]
		state := &s.nodes[n.placed]
		state.fail, state.out = stateWord, n.out
		if n.fail != rootWord {
			state.fail = t.nodes[n.fail].placed
		}
		if n.child == 0 {
			continue
		}
		for s.nodes[free].parent != 0 {
			free++
		}
		base := t.room(s, n.child, free)
		if base+2*symbolCount > statesMax {
			return nil, fmt.Errorf("pattern: more than %d states: %w", statesMax, model.ErrInvalid)
		}
		s.nodes[n.placed].base = uint16(base)
		for to := n.child; to != 0; to = t.nodes[to].sibling {
			t.nodes[to].placed = uint16(base + int(t.nodes[to].symbol))
			s.nodes[t.nodes[to].placed].parent = n.placed
		}
	}
	return s, nil
}

// room returns the first base, at or behind that which puts the first child at free,
// where all children fall on free places, and grows the nodes so that every symbol has one.
func (t *trie) room(s *Set, child int32, free int) (base int) {
	for base = max(free-int(t.nodes[child].symbol), 0); ; base++ {
		if missing := base + 2*symbolCount - len(s.nodes); missing > 0 {
			s.nodes = append(s.nodes, make([]node, missing)...)
		}
		to := child
		for to != 0 && base+int(t.nodes[to].symbol) >= statesFirst && s.nodes[base+int(t.nodes[to].symbol)].parent == 0 {
			to = t.nodes[to].sibling
		}
		if to == 0 {
			return base
		}
	}
}
