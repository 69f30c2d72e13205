package chats

// namedAgain is the share of answers that name the event they are about; the others can be
// understood only from the turns around them.
const namedAgain = .8

// tellEvent has someone tell that something happened, and the friend ask about it.
func (c *chat) tellEvent(who int) {
	f := c.newFact(who)
	if f == nil {
		return
	}
	c.theme = f.group
	f.when = c.past(c.when)
	s := c.factSlots(f)
	pending := c.chooseDetails(f)
	var same string
	if len(pending) > 0 && c.chance(.4) {
		d := pending[0]
		pending = pending[1:]
		same = d.name
		s["same"] = c.expand(pick(&c.teller, d.same), s.with("D", c.detailValue(f, d)))
	}
	f.turn = c.announce(f, s)
	c.dated(f.turn, f.when)
	if same != "" {
		f.details[same] = told{f.details[same].value, f.turn}
	}
	for _, d := range pending {
		c.tellDetail(f, d, s)
	}
	c.closeThread(f, s)
	c.facts = append(c.facts, f)
}

// announce tells a fact with its date, at once or after some suspense, and returns the
// turn that has the date.
func (c *chat) announce(f *fact, s slots) string {
	if c.chance(.18) {
		c.yield(f.who, "next")
		c.speak(f.who, c.rule("eventtease", s))
		c.speak(1-f.who, c.rule("teasereply", c.addressed(1-f.who)))
		return c.speak(f.who, c.coloured("eventreveal", s))
	}
	if c.last == f.who || c.chance(.3) {
		c.yield(1-f.who, "backchannel")
		c.speak(1-f.who, c.rule("next", c.addressed(1-f.who)))
	}
	return c.speak(f.who, c.coloured("event", s))
}

// coloured expands a rule, with a sentence that mostly names the thing again.
func (c *chat) coloured(rule string, s slots) string {
	text := c.rule(rule, s)
	if c.chance(.7) {
		text += " " + c.rule("colour", s)
	}
	return text
}

// tellDetail has the friend ask and the other answer: words of the question in one turn,
// the answer in the next.
func (c *chat) tellDetail(f *fact, d *detail, s slots) {
	lead := ""
	if c.chance(.6) {
		lead = c.reaction(f, s)
	}
	if c.chance(.55) {
		lead += " " + c.rule("promptlead", s.with("noun", yours(f.noun)))
	}
	c.speak(1-f.who, lead+" "+c.sentences(pick(&c.teller, d.prompt), s))
	value := c.detailValue(f, d)
	text := c.sentences(pick(&c.teller, d.say), s.with("D", value))
	if c.chance(namedAgain) {
		text += " " + c.rule("mention", s)
	}
	f.details[d.name] = told{value, c.speak(f.who, text)}
}

func (c *chat) reaction(f *fact, s slots) string {
	if c.chance(.75) {
		return c.rule("react", c.addressed(1-f.who).with("noun", yours(f.noun), "yourbase", s["yourbase"]))
	}
	return c.rule("backchannel", c.addressed(1-f.who))
}

// closeThread ends the talk about a fact in one of some ways.
func (c *chat) closeThread(f *fact, s slots) {
	c.speak(1-f.who, c.reaction(f, s))
	switch n := c.random.IntN(100); {
	case n < 35:
		c.speak(f.who, c.rule("backchannel", c.addressed(f.who)))
	case n < 55:
		c.speak(f.who, c.rule("opinion", s.with("topic", pick(&c.teller, c.groups[f.group].topics))))
		c.speak(1-f.who, c.rule("opinionreply", c.addressed(1-f.who).with("topic", pick(&c.teller, c.groups[f.group].topics))))
	}
}

// newFact draws an event that this person has not told yet, mostly of their own fields of
// life; nil where none was found.
func (c *chat) newFact(who int) *fact {
	for range 20 {
		e := pick(&c.teller, c.events)
		if c.chance(.65) && !contains(c.people[who].favourite, e.group) {
			continue
		}
		v := pick(&c.teller, c.vocabs[e.vocab])
		f := &fact{event: e, who: who, value: c.expand(v.value, nil), kind: pick(&c.teller, v.kinds), session: c.transcript.session, details: map[string]told{}}
		key := c.people[who].name + "/" + e.id + "/" + f.value
		if c.seen[key] {
			continue
		}
		c.seen[key] = true
		f.pastAs = pick(&c.teller, e.past)
		f.noun = definite(c.expand(pick(&c.teller, e.noun), slots{"v": definite(f.value), "k": f.kind}))
		return f
	}
	return nil
}

// factSlots are the words of the one who tells a fact.
func (c *chat) factSlots(f *fact) slots {
	s := c.addressed(f.who).with("v", f.value, "k", f.kind, "barev", bare(f.value), "noun", f.noun,
		"when", f.when.phrase, "same", "", "his", "my", "himself", "myself", "he", "I")
	s["past"] = c.expand(f.pastAs, s)
	s["base"] = c.expand(pick(&c.teller, f.base), s)
	s["yourbase"] = c.expand(pick(&c.teller, f.base), s.with("his", "your", "my", "your", "himself", "yourself", "he", "you", "v", yours(f.value)))
	return s
}

// chooseDetails returns up to three of what can be told about an event.
func (c *chat) chooseDetails(f *fact) (out []*detail) {
	wanted := []int{0, 1, 1, 1, 2, 2, 3}[c.random.IntN(7)]
	for _, i := range c.random.Perm(len(f.event.details))[:min(wanted, len(f.event.details))] {
		out = append(out, c.world.details[f.event.details[i]])
	}
	return out
}

// detailValue draws what is told and notes it.
func (c *chat) detailValue(f *fact, d *detail) string {
	value := c.expand(pick(&c.teller, d.values), nil)
	f.details[d.name] = told{value: value}
	return value
}

// tellPlan has someone announce what they are going to do.
func (c *chat) tellPlan(who int) {
	f := c.newFact(who)
	if f == nil || !f.plannable {
		return
	}
	f.when, f.ahead = c.coming(c.when), true
	s := c.factSlots(f)
	c.yield(who, "next")
	f.turn = c.speak(who, c.rule("plan", s))
	c.dated(f.turn, f.when)
	c.speak(1-who, c.rule("planreact", s.with("Y", c.people[who].name, "noun", yours(f.noun))))
	if c.chance(.5) {
		c.speak(who, c.rule("backchannel", s))
	}
	c.facts = append(c.facts, f)
}

// tellTrait has someone tell how things are with them, out of the blue or asked, or how
// they have changed.
func (c *chat) tellTrait(who int) {
	kind := pick(&c.teller, c.world.traits)
	h := &held{trait: kind, who: who, value: c.expand(pick(&c.teller, c.vocabs[kind.vocab]).value, nil), session: c.transcript.session}
	for _, other := range c.traits {
		if other.who == who && other.id == h.id {
			h.before = other // the latest stays
		}
	}
	if h.before != nil && (!h.changes || h.before.session == h.session || h.before.value == h.value) {
		return
	}
	c.theme = h.group
	s := c.addressed(who).with("v", h.value, "word", h.word)
	behind := ""
	if c.chance(.8) {
		behind = " " + c.rule("traitword", s)
	}
	switch {
	case h.before != nil:
		c.yield(who, "next")
		h.turn = c.speak(who, c.sentences(pick(&c.teller, h.now), s)+behind)
	case c.chance(.5):
		c.yield(who, "next")
		h.turn = c.speak(who, c.sentences(pick(&c.teller, h.say), s)+behind)
	default:
		c.yield(1-who, "backchannel")
		lead := ""
		if c.chance(.5) {
			lead = c.rule("traitlead", s) + " "
		}
		c.speak(1-who, lead+c.sentences(pick(&c.teller, h.prompt), s))
		h.turn = c.speak(who, c.sentences(pick(&c.teller, h.reply), s)+behind)
	}
	topic := pick(&c.teller, c.groups[h.group].topics)
	c.speak(1-who, c.rule(pick(&c.teller, []string{"backchannel", "opinionreply", "chatreply"}), c.addressed(1-who).with("topic", topic)))
	c.traits = append(c.traits, h)
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
