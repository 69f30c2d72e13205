package chats

import "strings"

// The shape of what is told of others.
const (
	othersMax = 5  // people whom a chat comes to speak of by name
	newsMax   = 2  // things that one of them does
	newsNamed = .8 // share of news that name who it is; else the turn before does
	newsOwn   = .6 // share of news that are told by the one who knows them first
)

// other is somebody whom one of the two friends knows: who they are is told once, and what
// they do is told of their name alone, so that it takes both turns to know it.
type other struct {
	person
	of       int    // whose acquaintance
	relation string // "neighbour"
	turn     string // where that is told
	session  int
	news     []*fact // who is of no meaning in these
}

// tellOther has one speak of somebody the friend does not know yet, or tell news of them.
func (c *chat) tellOther(who int) {
	if len(c.others) == 0 || len(c.others) < othersMax && c.chance(.35) {
		c.introduce(who)
		return
	}
	c.tellNews(pick(&c.teller, c.others))
}

// introduce says who somebody is.
func (c *chat) introduce(who int) {
	o := &other{person: c.newPerson(pick(&c.teller, c.names)), of: who, relation: pick(&c.teller, c.rules["relation"]), session: c.transcript.session}
	if c.chance(.4) {
		o.relation = pick(&c.teller, c.rules["relation"+o.pronouns.he])
	}
	for _, known := range c.others {
		if known.name == o.name || known.of == who && known.relation == o.relation {
			return
		}
	}
	if o.name == c.people[0].name || o.name == c.people[1].name {
		return
	}
	c.yield(who, "next")
	o.turn = c.speak(who, c.rule("introduce", c.otherSlots(o)))
	c.speak(1-who, c.rule("introducereply", c.otherSlots(o)))
	c.others = append(c.others, o)
}

// otherSlots are the words of the one who knows somebody.
func (c *chat) otherSlots(o *other) slots {
	p := o.pronouns
	return c.addressed(o.of).with("N", o.name, "rel", o.relation, "he", p.he, "his", p.his, "him", p.him, "topic", c.topic(o.of))
}

// tellNews tells what somebody did, without who they are, in another session than that was told in.
func (c *chat) tellNews(o *other) {
	if len(o.news) >= newsMax || o.session == c.transcript.session {
		return
	}
	f := c.newFact(o.of)
	if f == nil || strings.Contains(f.pastAs, "{relative}") {
		return
	}
	for _, told := range c.others {
		for _, news := range told.news {
			if news.event == f.event {
				return
			}
		}
	}
	c.theme = f.group
	f.when = c.past(c.when)
	who := o.of
	if !c.chance(newsOwn) {
		who = 1 - who // whom the friend knows one comes to know
	}
	s := c.addressed(who).with("N", o.name, "he", o.pronouns.he, "his", o.pronouns.his, "him", o.pronouns.him,
		"v", f.value, "k", f.kind, "when", f.when.phrase, "my", o.pronouns.his, "himself", o.pronouns.himself, "myself", o.pronouns.himself)
	s["past"] = theirs(c.expand(f.pastAs, s), o.pronouns)
	if c.chance(newsNamed) {
		c.yield(who, "next")
		f.turn = c.speak(who, c.rule("news", s))
	} else {
		c.yield(1-who, "backchannel")
		c.speak(1-who, c.rule("newsasked", s))
		f.turn = c.speak(who, c.rule("newsanswer", s))
	}
	c.dated(f.turn, f.when)
	c.speak(1-who, c.rule("backchannel", c.addressed(1-who)))
	o.news = append(o.news, f)
}

// askChain asks for what somebody did by who they are, or for who somebody is by what they
// did: it takes the turn that has the name and the relation, and the one that has the name and the deed.
func (c *chat) askChain() bool {
	if len(c.others) == 0 {
		return false
	}
	o := pick(&c.teller, c.others)
	if len(o.news) == 0 {
		return false
	}
	f := pick(&c.teller, o.news)
	s := c.otherSlots(o).with("v", theirs(f.value, o.pronouns), "k", f.kind, "barev", bare(f.value), "my", o.pronouns.his,
		"himself", o.pronouns.himself, "myself", o.pronouns.himself, "noun", theirs(f.noun, o.pronouns), "group", f.group)
	if c.chance(.3) {
		s["past"] = theirs(c.expand(f.pastAs, s), o.pronouns)
		return c.put("chain", c.rule("askrelation", s), o.relation+" of "+c.people[o.of].name, o.turn, f.turn)
	}
	s["X"] = c.people[o.of].name + "'s " + o.relation
	from := f.what
	if c.chance(c.apart) {
		from = f.which
	}
	return c.put("chain", c.expand(pick(&c.teller, from), s), f.value, o.turn, f.turn)
}
