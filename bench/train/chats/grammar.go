package chats

import (
	"embed"
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode"
	"unicode/utf8"
)

//go:embed grammar/*.txt
var grammarFiles embed.FS

// section is one block of a grammar file: a line "@type name field ...", then its lines.
type section struct {
	kind   string // "rule", "vocab", "event", ...
	split  bool   // its lines are templates, of which --fresh uses others
	name   string
	fields []string // behind the name
	lines  []string
}

// readSections returns the blocks of a grammar file. It panics where the file is malformed:
// it is part of the program.
func readSections(name string) (out []section) {
	text, err := grammarFiles.ReadFile("grammar/" + name)
	if err != nil {
		panic(fmt.Sprintf("chats: %v", err))
	}
	for n, line := range strings.Split(string(text), "\n") {
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "@"):
			words := strings.Fields(line[1:])
			kind, split := strings.CutSuffix(words[0], "*")
			out = append(out, section{kind: kind, split: split, name: words[1], fields: words[2:]})
		case len(out) == 0:
			panic(fmt.Sprintf("chats: %s:%d: a line before the first section", name, n+1))
		default:
			s := &out[len(out)-1]
			s.lines = append(s.lines, strings.Trim(line, `"`))
		}
	}
	return out
}

// keyed returns the lines of a section that begin with a word, without it, and of templates
// those of one side.
func (s *section) keyed(word string, fresh bool) []string {
	var lines []string
	for _, line := range s.lines {
		if rest, ok := strings.CutPrefix(line, word+" "); ok {
			lines = append(lines, rest)
		}
	}
	return side(lines, fresh)
}

// side returns the templates that belong to one side: every third to the fresh one. A single
// line belongs to both, which is for lists of words, not for templates.
func side(lines []string, fresh bool) (out []string) {
	if len(lines) < 2 {
		return lines
	}
	for i, line := range lines {
		if (i%3 == 1) == fresh {
			out = append(out, line)
		}
	}
	return out
}

// entry is a value of a vocabulary with the ways to say what kind of thing it is.
type entry struct {
	value string
	kinds []string
}

// grammar is all that can be said.
type grammar struct {
	fresh  bool
	rules  map[string][]string
	vocabs map[string][]entry
	blocks map[string][]string // texts of several lines
}

func newGrammar(fresh bool) *grammar {
	return &grammar{fresh, map[string][]string{}, map[string][]entry{}, map[string][]string{}}
}

func (g *grammar) add(s *section) {
	switch s.kind {
	case "vocab":
		g.vocabs[s.name] = append(g.vocabs[s.name], readVocab(s)...)
		return
	case "block":
		g.blocks[s.name] = append(g.blocks[s.name], strings.Join(s.lines, "\n"))
		return
	case "rule":
	default:
		panic(fmt.Sprintf("chats: unknown section @%s %s", s.kind, s.name))
	}
	lines := s.lines
	if s.split {
		lines = side(lines, g.fresh)
	}
	g.rules[s.name] = append(g.rules[s.name], lines...)
}

func readVocab(s *section) (out []entry) {
	for _, line := range s.lines {
		kinds, values, ok := strings.Cut(line, " : ")
		if !ok {
			panic(fmt.Sprintf("chats: vocabulary %s: no \" : \" in a line", s.name))
		}
		names := strings.Split(kinds, " | ")
		for value := range strings.SplitSeq(values, "; ") {
			out = append(out, entry{value, names})
		}
	}
	return out
}

// slots are the words that a text is about, by the names that templates give them.
type slots map[string]string

// with returns a copy with more words.
func (s slots) with(pairs ...string) slots {
	out := make(slots, len(s)+len(pairs)/2)
	for k, v := range s {
		out[k] = v
	}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i]] = pairs[i+1]
	}
	return out
}

// teller turns templates into text. A template holds [one|of|these] and {names}: of a slot,
// of a rule, of a vocabulary, or one of them in capital first letter for a capital.
type teller struct {
	*grammar
	random *rand.Rand
	local  map[string][]string // words of one conversation, by the names of templates
}

// pick returns one of some texts.
func pick[T any](t *teller, from []T) T { return from[t.random.IntN(len(from))] }

// chance is true in a share of its calls.
func (t *teller) chance(share float64) bool { return t.random.Float64() < share }

// between returns a number in [low, high].
func (t *teller) between(low, high int) int { return low + t.random.IntN(high-low+1) }

// rule expands one of a rule's templates, as sentences.
func (t *teller) rule(name string, s slots) string {
	lines := t.rules[name]
	if len(lines) == 0 {
		panic(fmt.Sprintf("chats: no rule %q", name))
	}
	return t.sentences(pick(t, lines), s)
}

// sentences expands a template and gives its sentences capitals and single spaces.
func (t *teller) sentences(template string, s slots) string { return tidy(t.expand(template, s)) }

// expand returns a template with its choices made and its names replaced.
func (t *teller) expand(template string, s slots) string {
	var b strings.Builder
	for template != "" {
		at := strings.IndexAny(template, "[{")
		if at < 0 {
			b.WriteString(template)
			break
		}
		b.WriteString(template[:at])
		end := closing(template, at)
		inner := template[at+1 : end]
		if template[at] == '{' {
			b.WriteString(t.named(inner, s))
		} else {
			b.WriteString(t.expand(pick(t, choices(inner)), s))
		}
		template = template[end+1:]
	}
	return b.String()
}

// named returns what a name stands for.
func (t *teller) named(name string, s slots) string {
	if v, ok := s[name]; ok {
		return v
	}
	if words := t.local[name]; len(words) > 0 {
		return pick(t, words)
	}
	if lines := t.rules[name]; len(lines) > 0 {
		return t.expand(pick(t, lines), s)
	}
	if entries := t.vocabs[name]; len(entries) > 0 {
		return t.expand(pick(t, entries).value, s)
	}
	if lower := strings.ToLower(name[:1]) + name[1:]; lower != name {
		return capital(t.named(lower, s))
	}
	panic(fmt.Sprintf("chats: no slot, rule or vocabulary %q", name))
}

// closing returns where the bracket that opens at a place is closed.
func closing(s string, open int) int {
	depth := 0
	for i := open; i < len(s); i++ {
		switch s[i] {
		case '[', '{':
			depth++
		case ']', '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	panic(fmt.Sprintf("chats: a bracket is not closed in template %q", s))
}

// choices splits at the bars that stand in no inner bracket.
func choices(s string) (out []string) {
	depth, start := 0, 0
	for i := range len(s) {
		switch s[i] {
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		case '|':
			if depth == 0 {
				out = append(out, s[start:i])
				start = i + 1
			}
		}
	}
	return append(out, s[start:])
}

// tidy gives every sentence a capital, and takes out what empty choices leave behind.
func tidy(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	for _, p := range [][2]string{{" .", "."}, {" ,", ","}, {" !", "!"}, {" ?", "?"}, {"?.", "?"}, {"!.", "!"}, {"?!", "?"}, {"..", "."}, {".?", "?"}} {
		s = strings.ReplaceAll(s, p[0], p[1])
	}
	b := []byte(capital(s))
	for i := 2; i < len(b); i++ {
		if b[i-1] == ' ' && strings.IndexByte(".!?", b[i-2]) >= 0 {
			b[i] = byte(unicode.ToUpper(rune(b[i]))) // bytes past ASCII stay as they are
		}
	}
	return string(b)
}

// capital returns a text with its first letter in upper case.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}
