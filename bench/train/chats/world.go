package chats

import "strings"

// event is something that happens once to someone: a section of grammar/events.txt.
type event struct {
	id, group, vocab        string
	details                 []string
	past, base, hyper, noun []string
	what, which             []string
	plannable               bool
}

// detail is a question that a friend asks about an event.
type detail struct {
	name                                  string
	values, same, prompt, say, ask, apart []string
}

// trait is what is so for some time: a section of grammar/traits.txt.
type trait struct {
	id, group, vocab, word  string
	changes                 bool
	say, prompt, reply, now []string
	ask, apart              []string
}

// group is a field of life that events belong to.
type group struct {
	name                   string
	topics                 []string
	list, listApart, infer []string
	both                   []string
}

// world is what the short chats are made from.
type world struct {
	words   *grammar
	events  []*event
	traits  []*trait
	groups  map[string]*group
	names   []string // of the groups, in order of the file
	details map[string]*detail
}

func loadWorld(fresh bool) *world {
	w := &world{
		words:  &grammar{fresh: fresh, rules: map[string][]string{}, vocabs: map[string][]entry{}},
		groups: map[string]*group{}, details: map[string]*detail{},
	}
	for _, file := range []string{"words.txt", "people.txt", "talk.txt", "shortask.txt", "events.txt", "details.txt", "traits.txt", "groups.txt"} {
		for _, s := range readSections(file) {
			w.take(&s)
		}
	}
	return w
}

func (w *world) take(s *section) {
	lines := func(word string) []string { return s.keyed(word, w.words.fresh) }
	switch s.kind {
	case "event":
		w.events = append(w.events, &event{
			id: s.name, group: s.fields[0], vocab: s.fields[1], details: strings.Split(s.fields[2], ","),
			past: lines("past"), base: lines("base"), hyper: lines("hyper"), noun: lines("noun"),
			what: lines("what"), which: lines("which"), plannable: len(lines("plan")) > 0,
		})
	case "trait":
		w.traits = append(w.traits, &trait{
			id: s.name, group: s.fields[0], vocab: s.fields[1], word: lines("word")[0], changes: s.fields[2] == "changes",
			say: lines("say"), prompt: lines("prompt"), reply: lines("reply"), now: lines("now"),
			ask: lines("ask"), apart: lines("apart"),
		})
	case "detail":
		w.details[s.name] = &detail{
			name: s.name, values: strings.Split(lines("values")[0], "; "), same: lines("same"), prompt: lines("prompt"),
			say: lines("say"), ask: lines("ask"), apart: lines("apart"),
		}
	case "group":
		w.names = append(w.names, s.name)
		w.groups[s.name] = &group{
			name: s.name, topics: strings.Split(lines("topic")[0], "; "),
			list: lines("list"), listApart: lines("listapart"), infer: lines("infer"), both: lines("both"),
		}
	default:
		w.words.add(s)
	}
}

// article-free and definite forms of a value, and its form where the speaker is a third person.

// bare returns a value without the article or number in front of it.
func bare(v string) string {
	for _, article := range []string{"a ", "an ", "some ", "the ", "two ", "three ", "my "} {
		if rest, ok := strings.CutPrefix(v, article); ok {
			return rest
		}
	}
	return v
}

// definite returns a value as it is named after it was introduced.
func definite(v string) string {
	for _, article := range []string{"a ", "an ", "some "} {
		if rest, ok := strings.CutPrefix(v, article); ok {
			return "the " + rest
		}
	}
	return v
}

// pronouns are the words by which questions refer to someone.
type pronouns struct{ he, his, him, himself string }

var (
	male   = pronouns{"he", "his", "him", "himself"}
	female = pronouns{"she", "her", "her", "herself"}
)

// theirs turns what someone says of themselves into what is said of them.
func theirs(s string, p pronouns) string {
	words := strings.Split(s, " ")
	for i, word := range words {
		switch word {
		case "my", "our":
			words[i] = p.his
		case "me":
			words[i] = p.him
		case "I":
			words[i] = p.he
		case "myself":
			words[i] = p.himself
		}
	}
	return strings.Join(words, " ")
}

func (p pronouns) slots() slots {
	return slots{"he": p.he, "his": p.his, "him": p.him, "himself": p.himself}
}
