package chats

import (
	"fmt"
	"strconv"
	"strings"
)

// part is one thing of a project, with words for it that its name does not have.
type part struct{ name, apart string }

// theme is a field of a project with its parts.
type theme struct {
	name  string
	apart string
	parts []*part
}

// metric is a number that someone keeps an eye on.
type metric struct {
	part
	low, high int
	unit      string
}

// never is something to have done or not.
type never struct{ base, past, hyper string }

// tool is a choice between alternatives.
type tool struct {
	values []string
	apart  string
}

// domain is what a long chat may be about: a section of grammar/domains.txt.
type domain struct {
	name             string
	code             bool
	projects, hypers []string
	themes           []theme
	metrics          []metric
	things, dates    []part
	tools            []tool
	nevers           []never
	roles, terms     []string
}

// preference is what someone likes better, and questions that it bears upon.
type preference struct {
	say string
	ask []string
}

// office is what the long chats are made from.
type office struct {
	words        *grammar
	domains      []*domain
	instructions []string
	preferences  []preference
}

func loadOffice(fresh bool) *office {
	o := &office{words: newGrammar(fresh)}
	for _, file := range []string{"words.txt", "longtalk.txt", "answers.txt", "longask.txt", "domains.txt"} {
		for _, s := range readSections(file) {
			o.take(&s)
		}
	}
	return o
}

func (o *office) take(s *section) {
	switch {
	case s.kind == "domain":
		o.domains = append(o.domains, readDomain(s))
	case s.kind == "section" && s.name == "instruction":
		o.instructions = side(s.lines, o.words.fresh)
	case s.kind == "section" && s.name == "preference":
		for _, line := range side(s.lines, o.words.fresh) {
			fields := strings.Split(line, " ; ")
			o.preferences = append(o.preferences, preference{fields[0], fields[1:]})
		}
	default:
		o.words.add(s)
	}
}

func readDomain(s *section) *domain {
	d := &domain{name: s.name, code: s.fields[0] == "code"}
	for _, line := range s.lines {
		key, rest, _ := strings.Cut(line, " ")
		if key == "theme" {
			name, parts, _ := strings.Cut(rest, ": ")
			t := theme{name: name, apart: "the " + name + " side"}
			for _, p := range readParts(parts) {
				t.parts = append(t.parts, &p)
			}
			d.themes = append(d.themes, t)
			continue
		}
		d.set(key, rest)
	}
	return d
}

// set reads a line of a domain but its themes.
func (d *domain) set(key, rest string) {
	items := strings.Split(rest, "; ")
	switch key {
	case "project":
		d.projects = items
	case "hyper":
		d.hypers = items
	case "role":
		d.roles = items
	case "term":
		d.terms = items
	case "thing":
		d.things = readParts(rest)
	case "date":
		d.dates = readParts(rest)
	case "metric":
		for _, item := range items {
			d.metrics = append(d.metrics, readMetric(item))
		}
	case "tool":
		for _, p := range readParts(rest) {
			d.tools = append(d.tools, tool{strings.Split(p.name, "|"), p.apart})
		}
	case "never":
		for _, item := range items {
			f := strings.Split(item, " / ")
			d.nevers = append(d.nevers, never{f[0], f[1], f[2]})
		}
	default:
		panic(fmt.Sprintf("chats: domain %s: unknown key %q", d.name, key))
	}
}

func readParts(s string) (out []part) {
	for item := range strings.SplitSeq(s, "; ") {
		name, apart, ok := strings.Cut(item, " / ")
		if !ok {
			panic(fmt.Sprintf("chats: no \" / \" in part %q", item))
		}
		out = append(out, part{name, apart})
	}
	return out
}

func readMetric(s string) metric {
	f := strings.Split(s, " / ")
	low, err := strconv.Atoi(f[2])
	high, err2 := strconv.Atoi(strings.TrimSuffix(f[3], " /"))
	if err != nil || err2 != nil {
		panic(fmt.Sprintf("chats: metric %q has no range", s))
	}
	m := metric{part: part{f[0], f[1]}, low: low, high: high}
	if len(f) > 4 {
		m.unit = strings.TrimSpace(f[4])
	}
	return m
}

// value draws a number in the metric's unit.
func (m *metric) value(t *teller) string {
	n := t.between(m.low, m.high)
	if step := (m.high - m.low) / 40; step > 1 {
		n = n / step * step
	}
	switch m.unit {
	case "":
		return grouped(n)
	case "%":
		return fmt.Sprintf("%d%%", n)
	case "dollars":
		return "$" + grouped(n)
	}
	return grouped(n) + " " + m.unit
}

// grouped writes a number with commas between thousands.
func grouped(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return fmt.Sprintf("%s,%03d", grouped(n/1000), n%1000)
}

// yours turns what someone says of themselves into what is said to them.
func yours(s string) string {
	words := strings.Split(s, " ")
	for i, word := range words {
		if to, ok := secondPerson[word]; ok {
			words[i] = to
		}
	}
	return strings.Join(words, " ")
}

var secondPerson = map[string]string{
	"I": "you", "I'm": "you're", "I've": "you've", "I'll": "you'll", "I'd": "you'd", "my": "your", "My": "Your",
	"me": "you", "we": "you", "we're": "you're", "our": "your", "am": "are", "myself": "yourself", "was": "were",
}
