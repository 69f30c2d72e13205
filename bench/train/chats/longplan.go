package chats

import (
	"fmt"
	"strings"
	"time"
)

// How many of each are told in a long chat.
const (
	longMetrics, longMetricsChanged = 3, 2
	longThings                      = 3
	longDates                       = 5
	longTools                       = 2
	longNevers                      = 3
	longPeople                      = 1
	longInstructions                = 3
	longPreferences                 = 3
	longPlain                       = 1
	longHints                       = 3
	longAbsent                      = 4
)

// plan draws what will be told, and notes what will be asked about it.
func (c *dialogue) plan() {
	for n, i := range c.random.Perm(len(c.domain.metrics))[:min(longMetrics, len(c.domain.metrics))] {
		c.planMetric(&c.domain.metrics[i], n < longMetricsChanged)
	}
	for i := range min(longThings, len(c.domain.things)) {
		c.planThing(&c.domain.things[i])
	}
	c.planDates()
	for _, i := range c.random.Perm(len(c.domain.tools))[:min(longTools, len(c.domain.tools))] {
		c.planTool(&c.domain.tools[i])
	}
	for _, i := range c.random.Perm(len(c.domain.nevers))[:min(longNevers, len(c.domain.nevers))] {
		c.planNever(&c.domain.nevers[i])
	}
	for _, i := range c.random.Perm(len(c.domain.roles))[:min(longPeople, len(c.domain.roles))] {
		c.planPerson(c.domain.roles[i])
	}
	c.planStanding()
	for i := range c.domain.themes {
		c.planTheme(&c.domain.themes[i])
	}
	for range longPlain {
		c.planPlain()
	}
	for range longHints {
		c.planHint()
	}
	for range longAbsent {
		c.makers = append(c.makers, c.askAbsent)
	}
}

// tell plans an item, in a request about any part where it names none, and returns which.
func (c *dialogue) tell(it item) *part {
	if it.about == nil {
		it.about = c.part()
	}
	c.items = append(c.items, it)
	return it.about
}

// worded returns the rule for a question apart from the words of its evidence, or not.
func (c *dialogue) worded(near, apart string) string {
	if c.chance(c.apart) {
		return apart
	}
	return near
}

// put adds a question when all is told. About is what was talked about when it was told:
// questions often recall that too.
func (c *dialogue) put(category, rule string, about *part, s slots, answer string, evidence ...string) {
	s = c.slots(about).with(flat(s)...)
	text := c.rule(rule, s)
	if about != nil && c.chance(.65) {
		s = s.with("c", about.name, "ch", about.apart)
		if c.chance(.4) {
			text = tidy(c.rule("lead", s) + " " + text)
		} else {
			text = strings.TrimRight(text, "?.") + " " + c.line("tail", s)
		}
	}
	if about == nil && c.chance(.35) {
		text = strings.TrimRight(text, "?.") + " " + c.line("within", s)
	}
	if c.chance(.08) {
		text = c.mistyped(text, .05)
	}
	c.ask(category, text, answer, evidence...)
}

func flat(s slots) (out []string) {
	for k, v := range s { // slots are looked up by name: their order plays no part
		out = append(out, k, v)
	}
	return out
}

// planMetric tells a number, and a newer one or two of them where it changes.
func (c *dialogue) planMetric(m *metric, changes bool) {
	times := 1
	if changes {
		times = c.between(2, 3)
	}
	turns, values := make([]string, times), make([]string, times)
	var about *part
	for i := range times {
		for values[i] == "" || i > 0 && values[i] == values[i-1] {
			values[i] = m.value(&c.teller)
		}
		rule := "metricnow"
		if i == 0 {
			rule = "metricfirst"
		}
		about = c.tell(item{
			at:   (float64(i) + c.random.Float64()*.8) / float64(times),
			tell: func() string { return c.lowered(rule, slots{"m": m.name, "n": values[i]}) },
			done: func(user, _, _ string) { turns[i] = user },
		})
	}
	c.makers = append(c.makers, func() {
		s := slots{"m": m.name, "mh": m.apart}
		rule := c.worded("metric", "metricapart")
		if changes {
			c.put("knowledge-update", rule, about, s, values[times-1], turns[times-1], turns[times-2])
			return
		}
		c.put("extraction", rule, about, s, values[0], turns[0])
	})
}

// lowered expands a rule as a clause: without a capital.
func (c *dialogue) lowered(rule string, s slots) string {
	return c.expand(pick(&c.teller, c.rules[rule]), c.slots(nil).with(flat(s)...))
}

// planThing tells several times how many of something were done: a sum over sessions.
func (c *dialogue) planThing(p *part) {
	times := c.between(2, 4)
	turns, total := make([]string, times), 0
	var about *part
	for i := range times {
		n := c.between(2, 24)
		total += n
		about = c.tell(item{
			at:   (float64(i) + c.random.Float64()) / float64(times),
			tell: func() string { return c.lowered("thingadded", slots{"n": fmt.Sprint(n), "things": p.name}) },
			done: func(user, _, _ string) { turns[i] = user },
		})
	}
	c.makers = append(c.makers, func() {
		c.put("multi-session", c.worded("sum", "sumapart"), about, slots{"things": p.name, "thingsh": p.apart}, fmt.Sprint(total), turns...)
	})
}

// appointment is a date that was told, moved or not.
type appointment struct {
	part  *part
	about *part
	when  moment
	turn  string
	moved *appointment
}

// planDates tells when things will be done, moves some, and asks for them and the time between.
func (c *dialogue) planDates() {
	var all []*appointment
	for n, i := range c.random.Perm(len(c.domain.dates))[:min(longDates, len(c.domain.dates))] {
		a := &appointment{part: &c.domain.dates[i]}
		c.tellDate(a, "datesaid", c.random.Float64()*.6)
		if n >= 3 {
			a.moved = &appointment{part: a.part}
			c.tellDate(a.moved, "datemoved", .6+c.random.Float64()*.4)
		}
		all = append(all, a)
	}
	for i := range 2 {
		c.makers = append(c.makers, func() { c.askBetween(all[i], all[i+1]) })
	}
	c.makers = append(c.makers, func() {
		a := all[2]
		c.put("temporal", "whenplan", a.about, slots{"did": c.doing(a)}, a.when.answer(), a.turn)
	})
	for _, a := range all[3:] {
		c.makers = append(c.makers, func() {
			c.put("knowledge-update", "changeddate", a.about, slots{"did": c.doing(a)}, a.moved.when.answer(), a.moved.turn, a.turn)
		})
	}
}

// doing is what an appointment is for, in the words of its turn or apart from them.
func (c *dialogue) doing(a *appointment) string {
	if c.chance(c.apart) {
		return a.part.apart
	}
	return a.part.name
}

func (c *dialogue) tellDate(a *appointment, rule string, at float64) {
	a.about = c.tell(item{
		at: at,
		tell: func() string {
			a.when = c.longComing(c.when)
			return c.lowered(rule, slots{"did": a.part.name, "when": a.when.phrase, "person": c.named("name", nil)})
		},
		done: func(user, _, _ string) {
			a.turn = user
			c.dated(user, a.when)
		},
	})
}

// longComing plans a date ahead: mostly named by day, month and year.
func (c *dialogue) longComing(said time.Time) moment {
	if c.chance(.35) {
		for {
			if m := c.coming(said); m.grain == grainDay {
				return m
			}
		}
	}
	date := dayOf(said).AddDate(0, 0, c.between(9, 90))
	return onDay(date, "on "+date.Format(pick(&c.teller, []string{"January 2, 2006", "January 2", "2 January 2006", "Jan 2"})))
}

func (c *dialogue) askBetween(a, b *appointment) {
	if b.when.first.Before(a.when.first) {
		a, b = b, a
	}
	days := int(b.when.first.Sub(a.when.first) / day)
	answer := fmt.Sprintf("%d days, from %s to %s", days, a.when.answer(), b.when.answer())
	c.put("temporal", "between", nil, slots{"first": c.doing(a), "second": c.doing(b)}, answer, a.turn, b.turn)
}

// planTool tells a choice between alternatives.
func (c *dialogue) planTool(t *tool) {
	order := c.random.Perm(len(t.values))
	s := slots{"v": t.values[order[0]], "other": t.values[order[1]], "vh": t.apart}
	var turn string
	about := c.tell(item{
		at:   c.random.Float64(),
		tell: func() string { return c.lowered("toolchosen", s) },
		done: func(user, _, _ string) { turn = user },
	})
	c.makers = append(c.makers, func() { c.put("extraction", "tool", about, s, s["v"], turn) })
}

// planNever tells that something was never done and, elsewhere, that it was.
func (c *dialogue) planNever(n *never) {
	s := slots{"past": n.past, "base": n.base, "hyper": n.hyper}
	rules := []string{"never", "ever"}
	if c.chance(.5) {
		rules[0], rules[1] = rules[1], rules[0]
	}
	var turns [2]string
	for i, rule := range rules {
		c.tell(item{
			at:   (float64(i) + c.random.Float64()*.9) / 2,
			tell: func() string { return c.lowered(rule, s) },
			done: func(user, _, _ string) { turns[i] = user },
		})
	}
	c.makers = append(c.makers, func() {
		c.put("contradiction", c.worded("asksever", "everapart"), nil, s, "both was said", turns[0], turns[1])
	})
}

// planPerson tells who someone is and what they did over time.
func (c *dialogue) planPerson(role string) {
	name := c.named("name", nil)
	count := c.between(2, 5)
	turns := make([]string, count+1)
	abouts := make([]*part, count+1)
	s := slots{"person": name, "role": role}
	for i := range turns {
		rule := "persondid"
		if i == 0 {
			rule = "personmet"
		}
		abouts[i] = c.part()
		c.tell(item{
			at:   (float64(i) + c.random.Float64()*.9) / float64(count+1),
			tell: func() string { return c.lowered(rule, s.with("c2", abouts[i].name)) },
			done: func(user, _, _ string) { turns[i] = user },
		})
	}
	c.makers = append(c.makers, func() { c.put("extraction", "person", nil, s, name, turns[0]) },
		func() {
			at := c.between(1, count)
			c.put("extraction", "personadvice", nil, s.with("c2", abouts[at].name, "c2h", abouts[at].apart), name, turns[at])
		},
		func() {
			category := pick(&c.teller, []string{"summarization", "event-ordering"})
			c.put(category, "personstory", nil, s.with("count", fmt.Sprint(count+1)), strings.Join(turns, " "), turns...)
		})
}

// planStanding tells instructions and preferences: questions that they bear upon share no
// word of what is wanted, and often none of the topic.
func (c *dialogue) planStanding() {
	for _, i := range c.random.Perm(len(c.instructions))[:min(longInstructions, len(c.instructions))] {
		about, say := c.part(), c.instructions[i]
		var turn string
		c.tell(item{
			at: c.random.Float64(), about: about, bare: true,
			tell: func() string { return c.expand(say, slots{"c": about.name}) },
			done: func(user, _, _ string) { turn = user },
		})
		c.makers = append(c.makers, func() {
			c.put("instruction", "instructed", nil, slots{"c": about.name, "ch": c.called(about)}, c.expand(say, slots{"c": about.name}), turn)
		})
	}
	for _, i := range c.random.Perm(len(c.preferences))[:min(longPreferences, len(c.preferences))] {
		p, about := c.preferences[i], c.part()
		var turn string
		c.tell(item{
			at: c.random.Float64(), about: about,
			tell: func() string { return p.say },
			whole: func(told string) string {
				s := c.slots(about).with("told", told, "ask", c.expand(pick(&c.teller, p.ask), slots{"ch": about.name}))
				return c.rule("prefer", s)
			},
			done: func(user, _, _ string) { turn = user },
		})
		c.makers = append(c.makers, func() {
			text := c.sentences(pick(&c.teller, p.ask), slots{"ch": c.called(about)})
			c.ask("preference", text, p.say, turn)
		})
	}
}

// called is a part's name or, twice as often as elsewhere, other words for it.
func (c *dialogue) called(p *part) string {
	if c.chance(min(1, 2*c.apart)) {
		return p.apart
	}
	return p.name
}

// planTheme asks the assistant about each part of a theme, one after the other.
func (c *dialogue) planTheme(t *theme) {
	for _, p := range t.parts {
		c.tell(item{at: c.random.Float64() * .9, about: p})
	}
	c.makers = append(c.makers, func() { c.askTheme(t) })
}

// planPlain tells a small fact about a part.
func (c *dialogue) planPlain() {
	about := c.part()
	var turn, said string
	c.tell(item{
		at: c.random.Float64(),
		tell: func() string {
			said = c.lowered("plainfact", slots{"c2": about.name, "n": c.named("ordinaryn", nil)})
			return said
		},
		done: func(user, _, _ string) { turn = user },
	})
	c.makers = append(c.makers, func() {
		c.put("extraction", "plain", nil, slots{"c2": about.name, "c2h": c.called(about)}, said, turn)
	})
}

// planHint has the assistant give a rule of thumb, which is asked for.
func (c *dialogue) planHint() {
	about := c.part()
	var evidence, advice string
	c.tell(item{
		at: c.random.Float64(), about: about, hint: true,
		done: func(_, assistant, hint string) { evidence, advice = assistant, hint },
	})
	c.makers = append(c.makers, func() {
		c.put("extraction", "suggested", nil, slots{"c": about.name, "ch": c.called(about)}, advice, evidence)
	})
}
