package chats

import (
	"fmt"
	"strings"
)

// askOrder asks which of two events came first, or how far they are apart.
func (c *chat) askOrder() bool {
	a, b := pick(&c.teller, c.facts), pick(&c.teller, c.facts)
	if a == b || a.who != b.who || a.ahead || b.ahead || a.session == b.session {
		return false
	}
	if b.when.first.Before(a.when.first) {
		a, b = b, a
	}
	if !a.when.last.Before(b.when.first) {
		return false
	}
	s := c.askedSlots(a, c.chance(c.apart))
	s["other"] = c.askedSlots(b, c.chance(c.apart))["did"]
	s["first"] = fmt.Sprintf("When did %s %s", s["X"], s["did"])
	if c.chance(.5) {
		s["did"], s["other"] = s["other"], s["did"]
		s["first"] = fmt.Sprintf("When did %s %s", s["X"], s["did"])
	}
	answer := fmt.Sprintf("first %s (%s), then %s (%s)", a.value, a.when.answer(), b.value, b.when.answer())
	return c.put("multi-hop", c.rule("askwhile", s), answer, a.turn, b.turn)
}

// askBoth asks for what the two share, for who else did the same, or for the one who did
// two things.
func (c *chat) askBoth() bool {
	a, b := pick(&c.teller, c.facts), pick(&c.teller, c.facts)
	if a == b || a.ahead || b.ahead {
		return false
	}
	s := c.askedSlots(a, true)
	switch {
	case a.who != b.who && a.event == b.event && c.alone(a) && c.alone(b):
		if a.kind == b.kind && c.chance(.6) {
			return c.put("multi-hop", c.rule("askelse", s), c.people[b.who].name, b.turn)
		}
		return c.put("multi-hop", c.expand(pick(&c.teller, c.groups[a.group].both), s), a.value+"; "+b.value, a.turn, b.turn)
	case a.who == b.who && c.chance(.1):
		s["other"] = c.askedSlots(b, c.chance(c.apart))["did"]
		return c.put("multi-hop", c.rule("askbridge", s), c.people[a.who].name, a.turn, b.turn)
	}
	return false
}

// askInference asks what follows from a person's events of one field without being said.
func (c *chat) askInference() bool {
	f := pick(&c.teller, c.facts)
	if !contains(c.people[f.who].favourite, f.group) || f.ahead {
		return false
	}
	var turns []string
	for _, other := range c.facts {
		if other.who == f.who && other.group == f.group && !other.ahead {
			turns = append(turns, other.turn)
		}
	}
	if len(turns) > inferMax {
		return false
	}
	s := c.askedSlots(f, c.chance(c.apart))
	text := c.expand(pick(&c.teller, c.groups[f.group].infer), s)
	if c.chance(.6) {
		text = c.rule("withtopic", s.with("ask", text))
	}
	return c.put("open", text, "by "+f.group, turns...)
}

// askSwapped asks one friend's detail of the other, who has told nothing of the kind: what
// was said is still the turn to look at.
func (c *chat) askSwapped() bool {
	f := pick(&c.teller, c.facts)
	for _, other := range c.facts {
		if other.who != f.who && other.event == f.event {
			return false
		}
	}
	wrong := *f
	wrong.who = 1 - f.who
	for _, name := range f.event.details {
		if d, ok := f.details[name]; ok && c.chance(.6) {
			return c.put("swapped", c.detailQuestion(&wrong, name), "that was "+c.people[f.who].name, d.turn)
		}
	}
	if f.ahead {
		return false
	}
	return c.put("swapped", c.expand(pick(&c.teller, f.what), c.askedSlots(&wrong, false)), "that was "+c.people[f.who].name, f.turn)
}

// askNothing asks within what was talked about for what was not told: a detail of an event
// that came up, an event of a field that came up, a trait that nobody mentioned.
func (c *chat) askNothing() bool {
	f := pick(&c.teller, c.facts)
	switch c.random.IntN(3) {
	case 0:
		for _, name := range f.event.details {
			if _, ok := f.details[name]; !ok && c.chance(.5) {
				return c.put("unanswerable", c.detailQuestion(f, name), "")
			}
		}
	case 1:
		return c.askOther(f)
	case 2:
		return c.askUnmentioned(f.who)
	}
	return false
}

// askUnmentioned asks for a trait that neither of the two has told, nor an event that
// would answer it.
func (c *chat) askUnmentioned(who int) bool {
	kind := pick(&c.teller, c.world.traits)
	for _, h := range c.traits {
		if h.id == kind.id {
			return false
		}
	}
	for _, f := range c.facts {
		if f.event.vocab == kind.vocab || f.group == kind.group {
			return false
		}
	}
	h := &held{trait: kind, who: who, value: c.expand(pick(&c.teller, c.vocabs[kind.vocab]).value, nil)}
	return c.put("unanswerable", c.traitQuestion(h), "")
}

// askOther asks for an event of the same field, or the same event with another value, that
// neither of the two has told.
func (c *chat) askOther(f *fact) bool {
	e := pick(&c.teller, c.events)
	if e.group != f.group {
		return false
	}
	v := pick(&c.teller, c.vocabs[e.vocab])
	other := &fact{event: e, who: f.who, value: c.expand(v.value, nil), kind: pick(&c.teller, v.kinds), noun: f.noun, when: f.when}
	for _, told := range c.facts {
		if told.event == e && (told.kind == other.kind || told.value == other.value || overlap(told.value, other.value)) {
			return false
		}
	}
	switch {
	case c.chance(.4):
		return c.put("unanswerable", c.rule("askwhen", c.askedSlots(other, c.chance(c.apart))), "")
	default:
		return c.put("unanswerable", c.detailQuestion(other, pick(&c.teller, e.details)), "")
	}
}

// overlap says whether two values share a word of some length.
func overlap(a, b string) bool {
	for word := range strings.FieldsSeq(a) {
		if len(word) > 3 && strings.Contains(b, word) {
			return true
		}
	}
	return false
}
