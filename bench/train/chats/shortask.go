package chats

import (
	"fmt"
	"strings"
	"time"
)

// asker makes one question of its category from what a chat has told, or fails where
// its draw leads nowhere.
type asker struct {
	category string
	share    int // of the questions
	ask      func(*chat) bool
}

// shortAskers are the kinds of questions about short chats.
var shortAskers = []asker{
	{"detail", 22, (*chat).askDetail},
	{"value", 15, (*chat).askValue},
	{"trait", 11, (*chat).askTrait},
	{"update", 4, (*chat).askChanged},
	{"temporal", 14, (*chat).askWhen},
	{"temporal", 3, (*chat).askDate},
	{"temporal", 3, (*chat).askPlan},
	{"list", 8, (*chat).askList},
	{"multi-hop", 6, (*chat).askTwo},
	{"multi-hop", 4, (*chat).askOrder},
	{"multi-hop", 4, (*chat).askBoth},
	{"open", 6, (*chat).askInference},
	{"swapped", 7, (*chat).askSwapped},
	{"unanswerable", 12, (*chat).askNothing},
}

// Questions whose evidence is longer than this are not asked.
const (
	listMax  = 6
	inferMax = 4
	monthMax = 4
)

// drawTries are how often one kind of question is drawn before another has its turn.
const drawTries = 6

// linkedAskers are the kinds of questions about chats that speak of others.
var linkedAskers = []asker{{"chain", 1, (*chat).askChain}}

// questions asks about a chat that is complete.
func (c *chat) questions(askers []asker) {
	if len(c.facts) == 0 {
		return
	}
	total := 0
	for _, a := range askers {
		total += a.share
	}
	for tries := 0; c.asked < shortQuestions && tries < 20*shortQuestions; tries++ {
		n := c.random.IntN(total)
		for _, a := range askers {
			if n -= a.share; n < 0 {
				c.draw(a.ask)
				break
			}
		}
	}
}

// draw has an asker try until a question comes of it, so that those that seldom find one
// keep their share.
func (c *chat) draw(ask func(*chat) bool) {
	for range drawTries {
		if ask(c) {
			return
		}
	}
}

// put adds a question unless it was asked.
func (c *chat) put(category, text, answer string, evidence ...string) bool {
	text = tidy(text)
	if c.seen["?"+text] {
		return false
	}
	c.seen["?"+text] = true
	if c.chance(.1) {
		text = c.mistyped(text, .06)
	}
	c.ask(category, text, answer, evidence...)
	return true
}

// askedSlots are the words of a question about a fact, of its evidence or apart from it.
func (c *chat) askedSlots(f *fact, apart bool) slots {
	p := c.people[f.who].pronouns
	value := theirs(f.value, p)
	s := p.slots().with("X", c.people[f.who].name, "Z", c.people[1-f.who].name, "v", value, "k", f.kind,
		"barev", bare(value), "noun", theirs(f.noun, p), "group", f.group)
	s["did"] = c.did(f, s, apart)
	return s
}

// did says what was done in the base form.
func (c *chat) did(f *fact, s slots, apart bool) string {
	from := f.base
	if apart && c.alone(f) {
		from = f.hyper
	}
	return c.expand(pick(&c.teller, from), s.with("my", s["his"], "relative", "someone", "myself", s["himself"], "noun", s["noun"]))
}

// alone says whether the person told nothing else of the same kind, so that a question that
// names the kind alone means this fact.
func (c *chat) alone(f *fact) bool {
	for _, other := range c.facts {
		if other != f && other.who == f.who && other.event == f.event && (other.kind == f.kind || other.event.vocab == "") {
			return false
		}
	}
	return true
}

// only says whether the person told no other event of the same sort.
func (c *chat) only(f *fact) bool {
	for _, other := range c.facts {
		if other != f && other.who == f.who && other.event == f.event {
			return false
		}
	}
	return true
}

// askDetail asks who came along, what it cost, how it felt.
func (c *chat) askDetail() bool {
	f := pick(&c.teller, c.facts)
	for _, name := range f.event.details { // in order: the map has none
		d, ok := f.details[name]
		if !ok || c.chance(.4) {
			continue
		}
		return c.put("detail", c.detailQuestion(f, name), d.value, d.turn)
	}
	return false
}

func (c *chat) detailQuestion(f *fact, name string) string {
	s := c.askedSlots(f, c.chance(c.apart))
	from := c.world.details[name].ask
	if c.chance(c.apart) {
		from = c.world.details[name].apart
	}
	return c.expand(pick(&c.teller, from), s)
}

// askValue asks what it was that someone baked, or bought; where there were several, what
// it was in that month, or for all of them.
func (c *chat) askValue() bool {
	f := pick(&c.teller, c.facts)
	if f.ahead {
		return false
	}
	text := c.qualified(f, c.valueQuestion(f))
	if c.only(f) {
		return c.put("value", text, f.value, f.turn)
	}
	if f.when.first.Month() == f.when.last.Month() && len(c.inMonth(f.who, f.when, f.event)) == 1 {
		return c.put("value", strings.TrimSuffix(text, "?")+" in "+f.when.first.Format("January 2006")+"?", f.value, f.turn)
	}
	var values, turns []string
	for _, other := range c.facts {
		if other.who == f.who && other.event == f.event && !other.ahead {
			values, turns = append(values, other.value), append(turns, other.turn)
		}
	}
	category := "list"
	if len(turns) == 1 { // the others are only announced
		category = "value"
	}
	return len(turns) <= listMax && c.put(category, text, strings.Join(values, ", "), turns...)
}

// valueQuestion asks what it was, in the words it was told in, in others that it might
// have been told in, or in none of them.
func (c *chat) valueQuestion(f *fact) string {
	s := c.askedSlots(f, false)
	switch {
	case c.chance(c.apart):
		return c.expand(pick(&c.teller, f.which), s)
	case c.chance(.5) || strings.TrimPrefix(f.pastAs, "finally ") == "{v}" || strings.Contains(f.pastAs, "{relative}") || !strings.Contains(f.pastAs, " {v}"):
		return c.expand(pick(&c.teller, f.what), s)
	}
	gap := theirs(c.expand(strings.Replace(f.pastAs, " {v}", "", 1), s.with("my", s["his"])), c.people[f.who].pronouns)
	return c.rule("askgap", s.with("gap", gap))
}

// qualified adds to a question what is known about its event, where something was told.
func (c *chat) qualified(f *fact, question string) string {
	for _, name := range f.event.details {
		d, ok := f.details[name]
		if !ok || c.rules["tail"+name] == nil || c.chance(.3) {
			continue
		}
		tail := c.expand("{tail"+name+"}", slots{"D": theirs(d.value, c.people[f.who].pronouns)})
		return strings.TrimSuffix(question, "?") + " " + tail + "?"
	}
	return question
}

// inMonth returns a person's facts, of one event or all, that may lie in the month of a moment.
func (c *chat) inMonth(who int, m moment, e *event) (out []*fact) {
	first := time.Date(m.first.Year(), m.first.Month(), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1)
	for _, f := range c.facts {
		if f.who == who && (e == nil || f.event == e) && !f.ahead && !f.when.first.After(last) && !f.when.last.Before(first) {
			out = append(out, f)
		}
	}
	return out
}

func (c *chat) askTrait() bool {
	if len(c.traits) == 0 {
		return false
	}
	h := pick(&c.teller, c.traits)
	if c.changed(h) || h.before != nil {
		return false
	}
	return c.put("trait", c.traitQuestion(h), h.value, h.turn)
}

func (c *chat) traitQuestion(h *held) string {
	from := h.ask
	if c.chance(c.apart) {
		from = h.apart
	}
	s := c.people[h.who].pronouns.slots().with("X", c.people[h.who].name, "v", h.value)
	return c.expand(pick(&c.teller, from), s)
}

// changed says whether what a trait says was replaced later.
func (c *chat) changed(h *held) bool {
	for _, later := range c.traits {
		if later.before == h {
			return true
		}
	}
	return false
}

// askChanged asks what holds now, or what held before.
func (c *chat) askChanged() bool {
	for _, i := range c.random.Perm(len(c.traits)) {
		h := c.traits[i]
		if h.before == nil || c.changed(h) {
			continue
		}
		ask := c.traitQuestion(h)
		switch n := c.random.IntN(10); {
		case n < 5:
			return c.put("update", ask, h.value, h.turn)
		case n < 8:
			return c.put("update", c.rule("asknow", slots{"ask": ask}), h.value, h.turn, h.before.turn)
		default:
			return c.put("update", c.rule("askbefore", slots{"ask": ask}), h.before.value, h.before.turn, h.turn)
		}
	}
	return false
}

func (c *chat) askWhen() bool {
	f := pick(&c.teller, c.facts)
	if f.ahead {
		return false
	}
	return c.put("temporal", c.rule("askwhen", c.askedSlots(f, c.chance(c.apart))), f.when.answer(), f.turn)
}

func (c *chat) askPlan() bool {
	f := pick(&c.teller, c.facts)
	if !f.ahead {
		return false
	}
	return c.put("temporal", c.rule("askplan", c.askedSlots(f, c.chance(c.apart))), f.when.answer(), f.turn)
}

// askDate asks what happened in a month or on a day: all of it.
func (c *chat) askDate() bool {
	f := pick(&c.teller, c.facts)
	if f.ahead || f.when.grain > grainMonth {
		return false
	}
	if f.when.grain == grainDay && c.chance(.5) {
		for _, other := range c.facts {
			if other != f && other.who == f.who && !other.when.first.After(f.when.last) && !other.when.last.Before(f.when.first) {
				return false
			}
		}
		s := c.askedSlots(f, false).with("date", c.dateFormat(f.when.first))
		return c.put("temporal", c.rule("askday", s), f.value, f.turn)
	}
	var values, turns []string
	for _, other := range c.inMonth(f.who, f.when, nil) {
		values, turns = append(values, other.value), append(turns, other.turn)
	}
	s := c.askedSlots(f, false).with("month", f.when.first.Format("January 2006"))
	return len(turns) <= monthMax && c.put("temporal", c.rule("askmonth", s), strings.Join(values, ", "), turns...)
}

func (c *chat) dateFormat(t time.Time) string {
	return t.Format(pick(&c.teller, []string{"2 January 2006", "January 2, 2006", "2006-01-02", "Jan 2, 2006"}))
}

// askList asks for all of a person's events of one field of life.
func (c *chat) askList() bool {
	f := pick(&c.teller, c.facts)
	var values, turns []string
	for _, other := range c.facts {
		if other.who == f.who && other.group == f.group && !other.ahead {
			values, turns = append(values, other.value), append(turns, other.turn)
		}
	}
	from := c.groups[f.group].list
	if c.chance(c.apart) {
		from = c.groups[f.group].listApart
	}
	s := c.askedSlots(f, false)
	text := c.expand(pick(&c.teller, from), s)
	if c.chance(.4) {
		text = c.rule("suchas", s.with("ask", text))
	}
	return len(turns) >= 2 && len(turns) <= listMax && c.put("list", text, strings.Join(values, ", "), turns...)
}

// askTwo asks for two things of one event that different turns tell.
func (c *chat) askTwo() bool {
	f := pick(&c.teller, c.facts)
	var asked, values, turns []string
	for _, name := range f.event.details {
		if d, ok := f.details[name]; ok && d.turn != f.turn {
			asked, values, turns = append(asked, c.detailQuestion(f, name)), append(values, d.value), append(turns, d.turn)
		}
	}
	if len(asked) > 0 && !f.ahead && c.chance(.5) {
		asked[0], values[0], turns[0] = c.rule("askwhen", c.askedSlots(f, c.chance(c.apart))), f.when.answer(), f.turn
	}
	if len(asked) < 2 {
		return false
	}
	s := slots{"first": asked[0], "second": asked[1]}
	return c.put("multi-hop", c.rule("asktwo", s), fmt.Sprintf("%s; %s", values[0], values[1]), turns[:2]...)
}
