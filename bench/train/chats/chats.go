// Package chats writes judged conversations for fitting a ranker: texts made from
// grammars, questions about them, and the turns that answer them.
//
// Two regimes, for what is fitted on one fails on the other: short chats between two
// friends over some months, where a turn says little without its neighbours and dates
// matter, and long chats of a user with an assistant, where questions are worded apart from
// the user's turn that answers them and the assistant repeats the user's words. All facts,
// dates and distractors are planned first and put in words after; the words come from the
// files in grammar, written for this, with no set of real conversations at hand.
package chats

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"
)

// Turn is a line of corpus.jsonl.
type Turn struct {
	ID           string `json:"id"`
	Conversation string `json:"conv"`
	Session      string `json:"session"`
	Speaker      string `json:"speaker"`
	Time         string `json:"time"` // RFC 3339, UTC
	Text         string `json:"text"`
}

// Question is a line of questions.jsonl. Evidence is empty where nothing said answers it,
// never null.
type Question struct {
	ID           string   `json:"id"`
	Conversation string   `json:"conv"`
	Text         string   `json:"question"`
	Evidence     []string `json:"evidence"`
	Category     string   `json:"category"`
	Answer       string   `json:"answer"`
}

// Dated is what was planned where a turn says when something happens: the days from First
// to Last, in a Phrase that is right on the day of the turn.
type Dated struct {
	Turn        string
	Said        time.Time
	Phrase      string
	First, Last time.Time
	Answer      string // as questions about it are answered
}

// Set is what was written.
type Set struct {
	Turns     []Turn
	Questions []Question
	Dates     []Dated // not part of the files
}

// Options say what to write.
type Options struct {
	Seed          uint64
	Conversations int
	// Fresh uses the third of all templates that the other sets leave out. Names and
	// other words are shared.
	Fresh bool
	// Apart is the share of questions worded without the words of their evidence, 0 to 1.
	Apart float64
}

// Write puts a set into DIR/corpus.jsonl and DIR/questions.jsonl.
func (s *Set) Write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("chats: %w", err)
	}
	corpus, questions := s.Files()
	if err := os.WriteFile(filepath.Join(dir, "corpus.jsonl"), corpus, 0o644); err != nil {
		return fmt.Errorf("chats: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "questions.jsonl"), questions, 0o644); err != nil {
		return fmt.Errorf("chats: %w", err)
	}
	return nil
}

// Files returns the bytes of the two files.
func (s *Set) Files() (corpus, questions []byte) { return lines(s.Turns), lines(s.Questions) }

func lines[T any](rows []T) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for i := range rows {
		if err := e.Encode(&rows[i]); err != nil {
			panic(err) // a struct of strings
		}
	}
	return b.Bytes()
}

// source returns the random numbers of one conversation: they depend on nothing but the
// seed, the regime and its number, so that more conversations leave the first ones as they are.
func source(seed uint64, regime, conversation int) *rand.Rand {
	return rand.New(rand.NewPCG(seed, uint64(regime)<<32|uint64(conversation)))
}

// transcript collects the turns and questions of one conversation.
type transcript struct {
	set     *Set
	name    string
	session int
	turn    int // of the session, from 1
	when    time.Time
	asked   int
}

func (c *transcript) openSession(when time.Time) {
	c.session++
	c.turn = 0
	c.when = when
}

// say adds a turn and returns its id.
func (c *transcript) say(speaker, text string) string {
	c.turn++
	id := fmt.Sprintf("%s/S%d:%d", c.name, c.session, c.turn)
	c.set.Turns = append(c.set.Turns, Turn{
		ID: id, Conversation: c.name, Session: fmt.Sprintf("%s/S%d", c.name, c.session),
		Speaker: speaker, Time: c.when.UTC().Format(time.RFC3339), Text: text,
	})
	return id
}

// ask adds a question.
func (c *transcript) ask(category, text, answer string, evidence ...string) {
	c.asked++
	if evidence == nil {
		evidence = []string{}
	}
	c.set.Questions = append(c.set.Questions, Question{
		ID: fmt.Sprintf("%s/q%d", c.name, c.asked), Conversation: c.name, Text: text,
		Evidence: evidence, Category: category, Answer: answer,
	})
}

// dated notes the plan behind a phrase of time.
func (c *transcript) dated(turn string, m moment) {
	c.set.Dates = append(c.set.Dates, Dated{Turn: turn, Said: c.when, Phrase: m.phrase, First: m.first, Last: m.last, Answer: m.answer()})
}
