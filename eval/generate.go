package eval

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// The size of the generated set: 1,000 turns, 100 questions.
const (
	generatedConversations = 5
	generatedSessions      = 10 // of each conversation
	generatedTurns         = 20 // of each session
	generatedSeed          = 20
	sessionDays            = 17 // between two sessions
)

// Generate returns the set that stands in where no data is at hand: two people
// a conversation who mention facts among small talk. It is the same on every
// machine. Figures on it say that the machinery works, not how good it is.
//
// Each conversation asks 20 questions: 7 for a fact that one of the two said
// ("fact"), 4 for the same kind of fact of the other ("speaker"), 3 for the
// present state of what changed ("update"), 3 for when something happened
// ("temporal"), 3 for all of several turns ("multi").
func Generate() *Set {
	g := generator{random: rand.New(rand.NewPCG(generatedSeed, 0))}
	for i := range generatedConversations {
		g.conversation(i)
	}
	s := &Set{Name: "generated", Generated: true}
	if err := s.read(&g.corpus, &g.questions); err != nil {
		panic(fmt.Sprintf("eval: the generated set does not load: %v", err))
	}
	return s
}

// generator writes the two files of a set.
type generator struct {
	random            *rand.Rand
	corpus, questions bytes.Buffer

	name   string // of the conversation
	people [2]string
	turns  []Turn
	free   [generatedSessions][]int // turns that are still small talk, shuffled
	asked  int
}

var firstNames = []string{"Ilse", "Marek", "Noor", "Tomas", "Wanda", "Felipe", "Greta", "Hamid", "Petra", "Kofi"}

func (g *generator) conversation(index int) {
	g.name = fmt.Sprintf("gen-%d", index)
	g.people = [2]string{firstNames[2*index], firstNames[2*index+1]}
	g.asked = 0
	g.smallTalk(index)
	kinds := g.random.Perm(len(factKinds))
	for i, k := range kinds[:7] {
		g.fact(&factKinds[k], i)
	}
	for i, k := range g.random.Perm(len(changeKinds))[:3] {
		g.change(&changeKinds[k], i)
	}
	for _, k := range g.random.Perm(len(eventKinds))[:3] {
		g.event(&eventKinds[k])
	}
	for i, k := range g.random.Perm(len(listKinds))[:3] {
		g.list(&listKinds[k], i)
	}
	for _, t := range g.turns {
		writeLine(&g.corpus, t)
	}
}

// smallTalk fills all turns; facts then take the places of some.
func (g *generator) smallTalk(index int) {
	g.turns = g.turns[:0]
	start := time.Date(2024, time.January, 8, 18, 30, 0, 0, time.UTC)
	for session := range generatedSessions {
		when := start.AddDate(0, 0, sessionDays*session+3*index)
		g.free[session] = g.random.Perm(generatedTurns)
		for turn := range generatedTurns {
			g.turns = append(g.turns, Turn{
				ID:           fmt.Sprintf("%s/S%d:%d", g.name, session+1, turn+1),
				Conversation: g.name,
				Session:      fmt.Sprintf("%s/S%d", g.name, session+1),
				Speaker:      g.people[turn%2],
				Time:         when.Format(time.RFC3339),
				Text:         fmt.Sprintf(g.pick(chatter), g.pick(subjects), g.people[(turn+1)%2]),
			})
		}
	}
}

func (g *generator) pick(from []string) string { return from[g.random.IntN(len(from))] }

// plant lets a person say a text in a session, and returns the turn's id. A tail
// follows, so that texts of one template are no near-duplicates.
func (g *generator) plant(session, person int, text string) string {
	free := g.free[session]
	at := slices.IndexFunc(free, func(turn int) bool { return turn%2 == person })
	turn := &g.turns[session*generatedTurns+free[at]]
	g.free[session] = slices.Delete(free, at, at+1)
	turn.Text = text + " " + fmt.Sprintf(g.pick(tails), g.pick(subjects))
	return turn.ID
}

func (g *generator) ask(category, question string, evidence ...string) {
	g.asked++
	writeLine(&g.questions, Question{
		ID: fmt.Sprintf("%s/q%d", g.name, g.asked), Conversation: g.name, Text: question, Evidence: evidence, Category: category,
	})
}

func writeLine(w *bytes.Buffer, value any) {
	if err := json.NewEncoder(w).Encode(value); err != nil {
		panic(err) // a struct of strings
	}
}

// factKind is something both people of a conversation mention, each with a
// value of their own: the other one's turn is the distractor.
type factKind struct {
	say    string // with the value
	ask    string // with the person
	values []string
}

// fact has both say theirs, asks for one, and for the other's where i < 4.
func (g *generator) fact(k *factKind, i int) {
	values := g.random.Perm(len(k.values))
	first := g.random.IntN(2)
	var said [2]string
	for n, person := range [2]int{first, 1 - first} {
		said[n] = g.plant(g.random.IntN(generatedSessions), person, fmt.Sprintf(k.say, k.values[values[n]]))
	}
	g.ask("fact", fmt.Sprintf(k.ask, g.people[first]), said[0])
	if i < 4 {
		g.ask("speaker", fmt.Sprintf(k.ask, g.people[1-first]), said[1])
	}
}

// changeKind is a state that is told early and again, changed, late.
type changeKind struct {
	before, after string // each with a value
	ask           string // with the person
	values        []string
}

func (g *generator) change(k *changeKind, i int) {
	values := g.random.Perm(len(k.values))
	person := i % 2
	g.plant(g.random.IntN(generatedSessions/2), person, fmt.Sprintf(k.before, k.values[values[0]]))
	late := generatedSessions/2 + g.random.IntN(generatedSessions/2)
	id := g.plant(late, person, fmt.Sprintf(k.after, k.values[values[1]]))
	g.ask("update", fmt.Sprintf(k.ask, g.people[person]), id)
}

// eventKind is something that happened shortly before it is told.
type eventKind struct{ say, ask string }

var daysAgo = []string{"yesterday", "two days ago", "last weekend", "on Monday"}

func (g *generator) event(k *eventKind) {
	person := g.random.IntN(2)
	id := g.plant(g.random.IntN(generatedSessions), person, fmt.Sprintf(k.say, g.pick(daysAgo)))
	g.ask("temporal", fmt.Sprintf(k.ask, g.people[person]), id)
}

// listKind is something of which there are several, told in several sessions.
type listKind struct {
	say, ask string
	values   []string
}

func (g *generator) list(k *listKind, i int) {
	person := i % 2
	values, sessions := g.random.Perm(len(k.values)), g.random.Perm(generatedSessions)
	var evidence []string
	for n := range 2 + i {
		evidence = append(evidence, g.plant(sessions[n], person, fmt.Sprintf(k.say, k.values[values[n]])))
	}
	g.ask("multi", fmt.Sprintf(k.ask, g.people[person]), evidence...)
}

func list(commaSeparated string) []string { return strings.Split(commaSeparated, ", ") }
