package main

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/nexus-memory/nexus/engine"
)

// foundMin is the share of generated questions whose memory has to be among the
// eight hits of the lexical engine and of fusion. The hashing embedder alone
// promises nothing for four words out of sixty.
const foundMin = .9

// queryKind measures questions, on stores that are merged and at rest.
func queryKind(ctx context.Context, b *bench) error {
	for _, n := range []int{b.size(10_000, 1000), b.size(100_000, 2000)} {
		g := newGenerator(31)
		memories := g.memories(n)
		asked := g.questions(memories, b.size(2000, 100))
		if err := b.queryStore(ctx, fmt.Sprintf("generated, %d memories", n), memories, asked); err != nil {
			return err
		}
	}
	memories, asked, err := realData(b.data)
	if err != nil {
		return err
	}
	if len(memories) == 0 {
		b.say("query: no real turns in %s, generated texts only", b.data)
		return nil
	}
	if b.quick {
		memories, asked = memories[:500], asked[:50]
	}
	return b.queryStore(ctx, fmt.Sprintf("conversations, %d turns", len(memories)), memories, asked)
}

func (b *bench) queryStore(ctx context.Context, dataset string, memories []engine.Memory, asked []question) error {
	b.say("query: %s", dataset)
	return b.withStore(ctx, "query", func(db *engine.DB) error {
		if err := addAll(ctx, db, memories); err != nil {
			return err
		}
		if err := db.Compact(ctx); err != nil {
			return err
		}
		for _, threads := range []int{1, runtime.NumCPU()} {
			for _, c := range []struct {
				name string
				ask  engine.Query
			}{
				{"lexical", engine.Query{Engines: []string{"lexical"}, SingleEngine: true}},
				{"vector", engine.Query{Engines: []string{"vector"}, SingleEngine: true}},
				{"fused", engine.Query{}},
			} {
				name := fmt.Sprintf("%s, GOMAXPROCS %d", c.name, threads)
				if err := b.queryRun(ctx, db, dataset, name, c.ask, threads, asked); err != nil {
					return fmt.Errorf("%s, %s: %w", dataset, name, err)
				}
			}
		}
		return nil
	})
}

const addBatch = 1024

func addAll(ctx context.Context, db *engine.DB, memories []engine.Memory) error {
	for len(memories) > 0 {
		n := min(addBatch, len(memories))
		if _, err := db.Add(ctx, memories[:n]...); err != nil {
			return err
		}
		memories = memories[n:]
	}
	return nil
}

func (b *bench) queryRun(ctx context.Context, db *engine.DB, dataset, name string, ask engine.Query, threads int, asked []question) error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
	warm := min(len(asked), 100)
	if _, _, err := askAll(ctx, db, ask, asked[:warm]); err != nil {
		return err
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	took, found, err := askAll(ctx, db, ask, asked)
	runtime.ReadMemStats(&after)
	if err != nil {
		return err
	}
	if share := float64(found) / float64(len(asked)); share < foundMin && (len(ask.Engines) == 0 || ask.Engines[0] == "lexical") {
		return fmt.Errorf("%.0f %% of the questions found their memory, want %.0f %%", 100*share, 100*foundMin)
	}
	b.book.times(dataset, name, took)
	b.book.add(dataset, name+" allocations", float64(after.Mallocs-before.Mallocs)/float64(len(asked)), "allocations/query")
	return nil
}

// askAll asks one question after another, and counts those that were answered
// with the memory they were made of, or with anything where that is not known.
func askAll(ctx context.Context, db *engine.DB, ask engine.Query, asked []question) (took []time.Duration, found int, err error) {
	took = make([]time.Duration, 0, len(asked))
	for _, q := range asked {
		ask.Text = q.text
		answer, err := db.Query(ctx, ask)
		if err != nil {
			return nil, 0, err
		}
		took = append(took, answer.Took)
		for i := range answer.Hits {
			if q.key == "" || answer.Hits[i].Key == q.key {
				found++
				break
			}
		}
	}
	return took, found, nil
}
