package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/eval"
)

// judgedSets have their vectors in the folder vectors beside them.
var judgedSets = []string{"locomo", "beam-100k", "beam-1m", "friendsqa", "qmsum"}

const (
	routeMemories  = 100_000
	routeQuestions = 800 // of all sets that are there, as many of each
	routePasses    = 3
	routeDim       = 384
	routeFoundMin  = .35 // any@8 over all of them in one store
)

// routeBars are SPEC's, of the 99th percentile over 100,000 memories on one processor.
var routeBars = map[engine.Route]time.Duration{
	engine.RouteSmart: 300 * time.Microsecond, engine.RouteFull: time.Millisecond, engine.RouteMaximum: 2 * time.Millisecond,
}

// routesKind measures questions by every route, vectors given, on one processor.
func routesKind(ctx context.Context, b *bench) error {
	wanted := b.size(b.asked, 2000)
	memories, asked, err := b.judged(min(wanted, routeMemories), b.size(routeQuestions, 40))
	if err != nil {
		return err
	}
	if len(memories) == 0 {
		b.say("routes: no judged turns in %s", b.data)
		return nil
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // before opening: a store asks how many there are then
	dataset := fmt.Sprintf("%d judged turns, %d numbers", len(memories), routeDim)
	bars := routeBars
	if wanted != routeMemories || len(memories) != routeMemories { // no bar is held to other turns
		bars = nil
	}
	if wanted > len(memories) {
		dataset = fmt.Sprintf("%d judged turns and %d made of them, %d numbers", len(memories), wanted-len(memories), routeDim)
	}
	b.say("routes: %s, %d questions", dataset, len(asked))
	return b.withStoreOf(ctx, "routes", engine.Options{Dim: routeDim}, func(db *engine.DB) error {
		if err := addAll(ctx, db, memories); err != nil {
			return err
		}
		if err := grow(ctx, db, memories, wanted); err != nil {
			return err
		}
		if err := db.Compact(ctx); err != nil {
			return err
		}
		for _, r := range []engine.Route{engine.RouteSmart, engine.RouteFull, engine.RouteMaximum, engine.RouteAdaptive} {
			if err := b.routeRun(ctx, db, dataset, r.String(), engine.Query{Route: r}, bars[r], asked); err != nil {
				return err
			}
		}
		return b.routeRun(ctx, db, dataset, "convex fusion", engine.Query{Fusion: engine.FusionConvex}, 0, asked)
	})
}

// judgedQuestion is one with its vector and what answers it.
type judgedQuestion struct {
	text     string
	vector   []float32
	evidence []string
}

func (b *bench) routeRun(ctx context.Context, db *engine.DB, dataset, name string, ask engine.Query, bar time.Duration, asked []judgedQuestion) error {
	var took []time.Duration
	engines := map[string]time.Duration{}
	found, total := 0, time.Duration(0)
	for pass := range 1 + routePasses { // the first one warms
		for i := range asked {
			q := &asked[i]
			ask.Text, ask.Vector = q.text, q.vector
			answer, err := db.Query(ctx, ask)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if pass == 0 {
				if slices.ContainsFunc(answer.Hits, func(h engine.Hit) bool { return slices.Contains(q.evidence, h.Key) }) {
					found++
				}
				continue
			}
			took = append(took, answer.Took)
			total += answer.Took
			for _, e := range answer.Trace.Engines {
				engines[e.Name] += e.Took
			}
		}
	}
	share := float64(found) / float64(len(asked))
	if share < routeFoundMin {
		return fmt.Errorf("%s: %.0f %% of the questions found evidence, want %.0f %%", name, 100*share, 100*routeFoundMin)
	}
	b.book.add(dataset, name+" any@8", 100*share, "%")
	b.book.add(dataset, name+" mean", micros(total)/float64(len(took)), "us")
	for _, e := range []string{"lexical", "vector"} {
		b.book.add(dataset, name+" "+e+" mean", micros(engines[e])/float64(len(took)), "us")
	}
	b.book.times(dataset, name, took)
	if bar > 0 {
		slices.Sort(took)
		b.book.atMost(dataset, name+" p99, us", micros(percentile(took, .99)), micros(bar))
	}
	return nil
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }

// judged returns turns of all judged sets with their vectors, at most so many, and so many
// of their questions.
func (b *bench) judged(most, questions int) (memories []engine.Memory, asked []judgedQuestion, err error) {
	type source struct {
		dir, vectors string
		made         bool
	}
	var from []source
	for _, set := range judgedSets {
		from = append(from, source{filepath.Join(b.data, set), filepath.Join(b.data, "vectors", set), false})
	}
	for _, set := range []string{"long", "short"} { // the smaller first
		from = append(from, source{filepath.Join(b.made, set), filepath.Join(b.made, "vectors", set), true})
	}
	left := 2 // generated sets to come
	for _, s := range from {
		set, err := eval.Load(s.dir)
		if errors.Is(err, fs.ErrNotExist) {
			b.say("routes: no %s", s.dir)
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		corpus, err := eval.ReadHalves(s.vectors+"-corpus.f16", routeDim, set.CorpusRows)
		if err != nil {
			return nil, nil, err
		}
		rows, err := eval.ReadHalves(s.vectors+"-questions.f16", routeDim, set.QuestionRows)
		if err != nil {
			return nil, nil, err
		}
		if s.made { // the generated ones share what is left
			set.Turns = set.Turns[:min(len(set.Turns), (most-len(memories))/left)]
			left--
		}
		set.Turns = set.Turns[:min(len(set.Turns), most-len(memories))]
		present := map[string]bool{}
		for i := range set.Turns {
			t := &set.Turns[i]
			m := engine.Memory{Key: set.Name + t.ID, Speaker: t.Speaker, EventTime: t.When, Text: t.Text, Vector: corpus.Row(t.Row)}
			m.Session = t.Conversation + " " + t.Session
			memories = append(memories, m)
			present[t.ID] = true
		}
		var own []judgedQuestion
		for i := range set.Questions {
			q := judgedQuestion{text: set.Questions[i].Text, vector: rows.Row(set.Questions[i].Row)}
			for _, e := range set.Questions[i].Evidence {
				if present[e] {
					q.evidence = append(q.evidence, set.Name+e)
				}
			}
			if len(q.evidence) > 0 {
				own = append(own, q)
			}
		}
		each := questions/len(from) + 1
		each = min(each, len(own))
		for i := range each {
			asked = append(asked, own[i*len(own)/each])
		}
	}
	return memories, asked, nil
}
