package chats

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// finish asks all questions, in an order that says nothing.
func (c *dialogue) finish() {
	for _, i := range c.random.Perm(len(c.makers)) {
		c.makers[i]()
	}
}

// askTheme asks in which order the parts of a theme came up, and for a summary of them.
func (c *dialogue) askTheme(t *theme) {
	parts := slices.Clone(t.parts)
	slices.SortStableFunc(parts, func(a, b *part) int {
		return cmp.Compare(c.rowOf(c.first[a].user), c.rowOf(c.first[b].user))
	})
	var names, order, both []string
	for _, p := range parts {
		r := c.first[p]
		names, order, both = append(names, p.name), append(order, r.user), append(both, r.user, r.assistant)
	}
	s := slots{"theme": t.name + ", that is " + joined(names), "themeh": t.apart, "count": fmt.Sprint(len(parts))}
	answer := strings.Join(names, ", ")
	c.put("event-ordering", "order", nil, s, answer, order...)
	c.put("summarization", "summary", nil, s, answer, both...)
}

// rowOf is the place of a turn in the conversation.
func (c *dialogue) rowOf(turn string) int {
	return slices.IndexFunc(c.set.Turns, func(t Turn) bool { return t.ID == turn })
}

// joined names two of some things, as a question would.
func joined(names []string) string { return names[0] + " or " + names[len(names)-1] }

// askAbsent asks within the topic for what was never told.
func (c *dialogue) askAbsent() {
	c.put("abstention", "absent", nil, slots{"ch": c.called(c.part()), "person": c.named("name", nil), "stranger": c.named("name", nil)}, "")
}
