package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/nexus-memory/nexus/bench/train/sets"
	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/rank/fit"
	"github.com/nexus-memory/nexus/eval"
)

// kind is where a question's answer may be.
type kind string

const (
	answerable kind = "answerable" // in the conversation that is asked
	absent     kind = "absent"     // nowhere, though the topic is that of the conversation
	elsewhere  kind = "elsewhere"  // in another conversation
)

// asked is one question that was asked.
type asked struct {
	set, conversation, category string
	kind                        kind
	vectors                     bool // it was asked with vectors
	found                       bool // evidence was among the first hits
	features                    []float32
	weight                      float64 // of its set
}

// topCount is how many hits the probability is about.
const topCount = 8

// observe asks the questions of a set, with vectors where there are some, and without.
func observe(ctx context.Context, s sets.Source, keep string) (all []asked, err error) {
	variants := []sets.Source{{Name: s.Name, Dir: s.Dir}}
	if s.Vectors != "" {
		variants = append(variants, s)
	}
	for _, v := range variants {
		data, err := featuresOf(ctx, v, keep)
		if err != nil {
			return nil, err
		}
		for g, group := range data.Groups {
			parts := strings.SplitN(group.Set, " ", 3)
			a := asked{set: s.Name, kind: kind(parts[0]), conversation: parts[1], category: parts[2], vectors: v.Vectors != "", found: data.Labels[g] > 0, weight: s.Weight}
			for _, column := range data.Values {
				a.features = append(a.features, column[g])
			}
			all = append(all, a)
		}
	}
	return all, nil
}

// featuresOf returns the features of all questions of a set, one row a question, whose
// set is its kind, its conversation and its category, with blanks between.
func featuresOf(ctx context.Context, s sets.Source, keep string) (*fit.Dataset, error) {
	name := s.Name
	if s.Vectors != "" {
		name += "-vectors"
	}
	return sets.Kept(keep, name+".sure", engine.ConfidenceNames(), func() (*fit.Dataset, error) { return ask(ctx, s) })
}

// ask asks the questions of a set, of their own conversations and of others.
func ask(ctx context.Context, s sets.Source) (*fit.Dataset, error) {
	set, err := eval.Load(s.Dir)
	if err != nil {
		return nil, err
	}
	strangers(set)
	started, data := time.Now(), &fit.Dataset{Columns: engine.ConfidenceNames()}
	var features []float32
	kinds := map[string]*eval.Question{}
	for i := range set.Questions {
		kinds[set.Questions[i].ID] = &set.Questions[i]
	}
	_, err = eval.Run(ctx, set, eval.Settings{
		Vectors: s.Vectors, Depth: topCount, Route: engine.RouteFull,
		Observed: func(_ *eval.Question, _ []string, sg *engine.Signals) error { features = sg.Sure; return nil },
		Answered: func(a eval.Answered) error {
			q := kinds[a.ID]
			k := kindOf(q)
			if k == "" || len(features) == 0 {
				return nil // judged by nothing, or 0 without features
			}
			label := uint8(0)
			if slices.ContainsFunc(a.Hits[:min(topCount, len(a.Hits))], func(id string) bool { return slices.Contains(q.Evidence, id) }) {
				label = 1
			}
			return data.Add(fit.Group{ID: q.ID, Set: string(k) + " " + q.Conversation + " " + q.Category, Weight: 1}, []uint8{label}, features, 1)
		},
	})
	fmt.Fprintf(os.Stderr, "%s: %d turns, %d questions in %v\n", s.Name, len(set.Turns), len(set.Questions), time.Since(started).Round(time.Millisecond))
	return data, err
}

// kindOf returns the kind of a question; none of one without evidence that is not said to
// have no answer.
func kindOf(q *eval.Question) kind {
	switch {
	case q.Category == string(elsewhere):
		return elsewhere
	case len(q.Evidence) > 0:
		return answerable
	case q.Category == "unanswerable" || q.Category == "abstention":
		return absent
	}
	return ""
}

// strangers appends every second question once more, asked of another conversation.
func strangers(set *eval.Set) {
	var conversations []string
	for _, t := range set.Turns {
		if !slices.Contains(conversations, t.Conversation) {
			conversations = append(conversations, t.Conversation)
		}
	}
	for i, q := range set.Questions {
		if i%2 == 1 || len(q.Evidence) == 0 || len(conversations) < 2 {
			continue
		}
		own := slices.Index(conversations, q.Conversation)
		q.Conversation = conversations[(own+1+int(sets.Part(q.ID, "", uint32(len(conversations)-1))))%len(conversations)]
		q.ID, q.Evidence, q.Category = "elsewhere "+q.ID, nil, string(elsewhere)
		set.Questions = append(set.Questions, q)
	}
}
