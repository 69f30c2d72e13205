package chats

import "time"

// The shape of short chats.
const (
	shortSessionsMin, shortSessionsMax = 10, 25
	shortTurnsMin, shortTurnsMax       = 10, 30  // of a session
	shortLengthMin, shortLengthMax     = 40, 250 // characters that a turn is filled up to
	shortQuestions                     = 25
	shortGapMin, shortGapMax           = 3, 20 // days between sessions
	themeTries                         = 20    // draws for an event of the theme: about two in three find one
)

// Short writes chats between two friends.
func Short(o Options) *Set {
	set := &Set{}
	w := loadWorld(o.Fresh)
	for i := range o.Conversations {
		c := newChat(set, w, &o, "short", 1, i)
		for range c.between(shortSessionsMin, shortSessionsMax) {
			c.session()
		}
		c.questions(shortAskers)
	}
	return set
}

// Linked writes chats between two friends who speak of others too, and asks what it takes
// two turns to know: who somebody is, and what they did.
func Linked(o Options) *Set {
	set := &Set{}
	w := loadWorld(o.Fresh)
	for i := range o.Conversations {
		c := newChat(set, w, &o, "linked", 3, i)
		c.linked = true
		for range c.between(shortSessionsMin, shortSessionsMax) {
			c.session()
		}
		c.questions(linkedAskers)
	}
	return set
}

// person is one of the two friends.
type person struct {
	name      string
	pronouns  pronouns
	favourite []string // groups of life that most of their events belong to
	style     style
}

// fact is an event that someone told.
type fact struct {
	*event
	who         int
	value, kind string // as the speaker says it; what kind of thing it is
	noun        string
	pastAs      string // the template it was told by
	when        moment
	turn        string // where it was told, with its date
	session     int
	ahead       bool // only announced
	details     map[string]told
}

// told is a value and the turn that tells it.
type told struct{ value, turn string }

// held is a trait that someone told, with what it was before where it changed.
type held struct {
	*trait
	who     int
	value   string
	turn    string
	session int
	before  *held
}

// chat is one conversation while it is made.
type chat struct {
	teller
	*world
	transcript
	people [2]person
	facts  []*fact
	traits []*held
	others []*other
	linked bool   // others come up
	theme  string // the group that is talked about, "" for any
	last   int    // who spoke last, -1 at the start of a session
	apart  float64
	seen   map[string]bool // questions, and values by person and event
}

func newChat(set *Set, w *world, o *Options, regime string, number, index int) *chat {
	random := source(o.Seed, number, index)
	c := &chat{
		teller: teller{w.words, random, nil}, world: w, apart: o.Apart, seen: map[string]bool{},
		transcript: transcript{set: set, name: conversationName(regime, o, index)},
	}
	c.when = time.Date(2020+random.IntN(6), time.Month(1+random.IntN(12)), 1+random.IntN(28), 9, 0, 0, 0, time.UTC)
	shared := pick(&c.teller, w.names)
	for i := range c.people {
		c.people[i] = c.newPerson(shared)
		for i == 1 && c.people[1].name == c.people[0].name {
			c.people[1] = c.newPerson(shared)
		}
	}
	return c
}

func (c *chat) newPerson(shared string) person {
	p := person{name: pick(&c.teller, c.rules["he"]), pronouns: male, favourite: []string{shared}, style: c.newStyle()}
	if c.chance(.5) {
		p.name, p.pronouns = pick(&c.teller, c.rules["she"]), female
	}
	for range c.between(2, 4) {
		p.favourite = append(p.favourite, pick(&c.teller, c.names))
	}
	return p
}

// session adds a session: a greeting, threads of talk until it is long enough, a goodbye.
func (c *chat) session() {
	date := dayOf(c.when).AddDate(0, 0, c.between(shortGapMin, shortGapMax))
	c.openSession(date.Add(time.Duration(c.between(7*60, 22*60)) * time.Minute))
	c.last = -1
	first := c.random.IntN(2)
	c.speak(first, c.rule("hello", c.addressed(first)))
	c.speak(1-first, c.rule("helloback", c.addressed(1-first)))
	for length := c.between(shortTurnsMin, shortTurnsMax) - 3; c.turn < length; {
		c.thread()
	}
	c.yield(first, "backchannel")
	c.speak(first, c.rule("bye", c.addressed(first)))
	if c.chance(.6) {
		c.speak(1-first, c.rule("byeback", c.addressed(1-first)))
	}
}

// thread adds some turns about one thing.
func (c *chat) thread() {
	who := c.random.IntN(2)
	c.theme = ""
	switch n := c.random.IntN(100); {
	case n < 38:
		c.tellEvent(who)
	case n < 52:
		c.tellTrait(who)
	case n < 58:
		c.tellPlan(who)
	case n < 70:
		c.recall(who)
	case c.linked && n < 84:
		c.tellOther(who)
	case n < 88:
		c.opine(who)
	default:
		c.idle(who)
	}
}

// addressed are the slots of what one says to the other.
func (c *chat) addressed(who int) slots {
	return slots{"X": c.people[who].name, "Y": c.people[1-who].name}
}

// speak adds a turn in the speaker's own way of writing, made longer with idle words.
func (c *chat) speak(who int, text string) string {
	wanted := c.between(shortLengthMin, shortLengthMax)
	for len(text) < wanted && c.chance(.8) {
		text = c.pad(who, text)
	}
	c.last = who
	return c.say(c.people[who].name, c.styled(text, c.people[who].style))
}

// pad adds words that say nothing, behind or before.
func (c *chat) pad(who int, text string) string {
	more := c.rule(pick(&c.teller, []string{"clutter", "chat", "opinion", "opinion", "hearsay", "hearsay", "musing", "musing", "musing"}), c.idleSlots(who))
	if c.chance(.3) {
		return more + " " + text
	}
	return text + " " + more
}

// idleSlots are words to talk about without telling anything of oneself.
func (c *chat) idleSlots(who int) slots {
	e := pick(&c.teller, c.events)
	for tries := 0; c.theme != "" && e.group != c.theme && tries < themeTries; tries++ {
		e = pick(&c.teller, c.events)
	}
	v := pick(&c.teller, c.vocabs[e.vocab])
	s := slots{"v": c.expand(v.value, nil), "k": pick(&c.teller, v.kinds), "his": "their", "himself": "themselves", "my": "their", "he": "they"}
	s["v"] = theirs(s["v"], pronouns{he: "they", his: "their", him: "them", himself: "themselves"})
	return c.addressed(who).with("topic", c.topic(who), "otherbase", c.expand(pick(&c.teller, e.base), s),
		"othernoun", definite(c.expand(pick(&c.teller, e.noun), s)))
}

// topic is something to talk idly about, mostly of someone's own fields.
func (c *chat) topic(who int) string {
	name := pick(&c.teller, c.names)
	switch {
	case c.theme != "" && c.chance(.7):
		name = c.theme
	case c.chance(.7):
		name = pick(&c.teller, c.people[who].favourite)
	}
	return pick(&c.teller, c.groups[name].topics)
}

// yield makes it a person's turn, letting the other one say something of a rule first.
func (c *chat) yield(who int, rule string) {
	if c.last == who {
		c.speak(1-who, c.rule(rule, c.addressed(1-who)))
	}
}

// opine has the two talk about a topic without telling anything.
func (c *chat) opine(who int) {
	s := c.addressed(who).with("topic", c.topic(who))
	c.yield(who, "next")
	c.speak(who, c.rule("opinion", s))
	for i := range c.between(1, 3) {
		who = 1 - who
		s["X"], s["Y"] = s["Y"], s["X"]
		c.speak(who, c.rule([]string{"opinionreply", "opinionreply", "backchannel"}[i], s))
	}
}

// idle has the two talk about nothing.
func (c *chat) idle(who int) {
	c.yield(who, "backchannel")
	c.speak(who, c.rule("chat", c.addressed(who)))
	c.speak(1-who, c.rule("chatreply", c.addressed(1-who)))
}

// recall has one come back to what was told before, with nothing new: words of a question
// in turns that do not answer it.
func (c *chat) recall(who int) {
	if len(c.facts) == 0 {
		return
	}
	f := pick(&c.teller, c.facts)
	rule, noun := "admire", yours(f.noun)
	if f.who == who {
		rule, noun = "retell", f.noun
	}
	c.yield(who, "next")
	c.speak(who, c.rule(rule, c.addressed(who).with("noun", noun)))
	c.speak(1-who, c.rule("backchannel", c.addressed(1-who)))
}
