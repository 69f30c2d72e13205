package chats

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// The shape of long chats.
const (
	longSessionsMin, longSessionsMax = 36, 84
	longBatchesMin, longBatchesMax   = 4, 9 // days on which the user comes back
	longGapMin, longGapMax           = 6, 32
	longAnswerMin, longAnswerMax     = 600, 4000 // characters
	longAnswerSlack                  = 600       // what the last heading and the closing may add
	longQuestionMax                  = 900
)

// requestsOfSession are how many requests a session has, as often as they stand here.
var requestsOfSession = []int{1, 1, 1, 1, 2, 2, 3}

// Long writes chats of a user with an assistant about a project of the user's.
func Long(o Options) *Set {
	set := &Set{}
	w := loadOffice(o.Fresh)
	for i := range o.Conversations {
		c := newDialogue(set, w, &o, i)
		c.plan()
		c.converse()
		c.finish()
	}
	return set
}

// item is something that the user tells on the way.
type item struct {
	at    float64 // its place in the conversation, 0 to 1
	about *part   // what the request is about
	bare  bool    // told alone, in a turn of its own
	hint  bool    // the answer gives a rule of thumb
	tell  func() string
	// whole returns the text of the whole turn, where it is no ordinary request.
	whole func(told string) string
	// done is called with the turn that told it, its answer, and the rule of thumb.
	done func(user, assistant, hint string)
}

// dialogue is one conversation while it is made.
type dialogue struct {
	teller
	transcript
	*office
	domain         *domain
	project, hyper string
	items          []item
	makers         []func()          // of questions, called when all is told
	first          map[*part]request // that was about a part, the first one
	apart          float64
	style          style
}

// request is a turn of the user and its answer.
type request struct{ user, assistant string }

func newDialogue(set *Set, w *office, o *Options, index int) *dialogue {
	random := source(o.Seed, 2, index)
	c := &dialogue{
		teller: teller{w.words, random, nil}, office: w, apart: o.Apart, first: map[*part]request{},
		transcript: transcript{set: set, name: conversationName("long", o, index)},
	}
	c.domain = w.domains[(index+int(o.Seed))%len(w.domains)]
	c.local = map[string][]string{"term": c.domain.terms}
	c.project, c.hyper = pick(&c.teller, c.domain.projects), pick(&c.teller, c.domain.hypers)
	c.when = time.Date(2022+random.IntN(4), time.Month(1+random.IntN(12)), 1+random.IntN(28), 0, 0, 0, 0, time.UTC)
	c.style = c.newStyle()
	c.style.marks = ""
	return c
}

// converse holds the conversation: sessions on a few days, each with one to three requests.
func (c *dialogue) converse() {
	slices.SortStableFunc(c.items, func(a, b item) int { return cmp.Compare(a.at, b.at) })
	sessions := c.between(longSessionsMin, longSessionsMax)
	batches := c.between(longBatchesMin, longBatchesMax)
	told := 0
	for s := range sessions {
		if s > 0 && s*batches/sessions != (s-1)*batches/sessions {
			c.when = c.when.AddDate(0, 0, c.between(longGapMin, longGapMax))
		}
		c.openSession(c.when)
		due := len(c.items) * (s + 1) / sessions
		for turns := pick(&c.teller, requestsOfSession); turns > 0 || told < due; turns-- {
			if told < due {
				told += c.requests(c.items[told:due])
				continue
			}
			c.idleRequest()
		}
	}
}

// slots of a text about a part.
func (c *dialogue) slots(about *part) slots {
	if about == nil {
		about = c.part()
	}
	other := c.part()
	return slots{"c": about.name, "ch": about.apart, "c2": other.name, "c2h": other.apart, "project": c.project, "P": c.project, "PH": c.hyper}
}

// part is any part of the project.
func (c *dialogue) part() *part {
	t := pick(&c.teller, c.domain.themes)
	return pick(&c.teller, t.parts)
}

// requests tells the first of some items, sometimes with the second in the same turn, and
// returns how many.
func (c *dialogue) requests(due []item) int {
	it := due[0]
	if len(due) < 2 || !c.chance(.3) || it.alone() || due[1].alone() {
		c.request(it)
		return 1
	}
	both := due[1]
	first := it.tell
	it.tell = func() string {
		return first() + pick(&c.teller, []string{", and ", "; also, ", ", while "}) + both.tell()
	}
	done := it.done
	it.done = func(user, assistant, hint string) {
		done(user, assistant, hint)
		both.done(user, assistant, hint)
	}
	c.request(it)
	return 2
}

// alone says whether an item needs a turn of its own.
func (it *item) alone() bool {
	return it.bare || it.hint || it.whole != nil || it.tell == nil || it.about == nil
}

// request is a turn that tells something, and the answer.
func (c *dialogue) request(it item) {
	about := it.about
	s := c.slots(about)
	told, text := "", ""
	if it.tell != nil {
		told = strings.TrimSpace(it.tell())
		s["told"] = told
		text = c.rule("request", s)
	} else {
		text = c.rule("plainrequest", s)
	}
	if it.bare {
		text = capital(told) + "."
	}
	if it.whole != nil {
		text = tidy(it.whole(told))
	}
	user := c.user(text, s, it.bare)
	hint := ""
	if it.hint {
		hint = c.expand("{advice}", s)
	}
	r := request{user, c.answer(s, told, hint)}
	if _, ok := c.first[about]; !ok && !it.bare {
		c.first[about] = r
	}
	if it.done != nil {
		it.done(r.user, r.assistant, hint)
	}
}

// idleRequest tells nothing: a question that follows up, or one of its own.
func (c *dialogue) idleRequest() {
	about := c.part()
	s := c.slots(about)
	rule := "plainrequest"
	if c.turn > 0 && c.chance(.8) {
		rule = "followup"
	}
	user := c.user(c.rule(rule, s), s, rule == "followup")
	r := request{user, c.answer(s, "", "")}
	if _, ok := c.first[about]; !ok && rule == "plainrequest" {
		c.first[about] = r
	}
}

// user adds a turn of the user, filled up with what says nothing.
func (c *dialogue) user(text string, s slots, short bool) string {
	if !short && c.chance(.35) {
		text += " " + c.rule("aside", s)
	}
	for !short && c.chance(.7) && len(text) < longQuestionMax/2 {
		text += " " + c.rule("padding", s)
	}
	text = c.styled(text, c.style)
	if c.domain.code && !short && c.chance(.15) {
		text += "\n" + c.block("snippet")
	}
	return c.say("user", text)
}

// answer adds a turn of the assistant, which says back what was told.
func (c *dialogue) answer(s slots, told, hint string) string {
	s = s.with("echo", yours(told))
	wanted := c.between(longAnswerMin, longAnswerMax-longAnswerSlack)
	var b strings.Builder
	if told == "" {
		b.WriteString(c.rule("plainopening", s))
	} else {
		b.WriteString(c.rule("opening", s))
	}
	for n := 0; b.Len() < wanted; n++ {
		b.WriteString("\n\n" + c.line("heading", s))
		if c.chance(.3) {
			b.WriteString("\n" + tidy(c.line("prose", s)))
		}
		for range c.between(2, 4) {
			b.WriteString("\n" + c.line("bullet", s))
		}
		if told != "" && c.chance(.35) {
			b.WriteString("\n" + c.line("echobullet", s))
		}
		if hint != "" && n == 0 {
			b.WriteString("\n" + c.line("hint", s.with("advice", hint)))
		}
		switch {
		case c.domain.code && c.chance(.35):
			b.WriteString("\n\n" + c.block("code"))
		case c.chance(.08):
			b.WriteString("\n\n" + c.line("tablehead", s) + "\n|---|---|---|\n" + c.line("tablerow", s) + "\n" + c.line("tablerow", s))
		}
	}
	b.WriteString("\n\n" + c.rule("closing", s))
	return c.say("assistant", b.String())
}

// line expands a rule without making sentences of it.
func (c *dialogue) line(rule string, s slots) string {
	return c.expand(pick(&c.teller, c.rules[rule]), s)
}

// block returns a text with its lines as they are; of names it knows two.
func (c *dialogue) block(name string) string {
	text := pick(&c.teller, c.blocks[name])
	for strings.Contains(text, "{term}") {
		text = strings.Replace(text, "{term}", strings.ReplaceAll(pick(&c.teller, c.domain.terms), " ", "_"), 1)
	}
	for strings.Contains(text, "{number}") {
		text = strings.Replace(text, "{number}", c.named("number", nil), 1)
	}
	return text
}
