package main

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/nexus-memory/nexus/engine"
)

// readsRounds alternate rest and ingest, so that the machine's other work falls
// on both; the ratio is the median over the rounds.
const readsRounds = 9

// restTime lets the merging that ingest leaves behind come to its end.
const restTime = 500 * time.Millisecond

// readsKind compares questions on a store at rest with the same questions while
// another goroutine adds as fast as it can. The store grows meanwhile, and a
// larger one takes longer to search, so each round under ingest is held against
// the rounds at rest before and after it.
func readsKind(ctx context.Context, b *bench) error {
	n := b.size(10_000, 1000)
	dataset := fmt.Sprintf("generated, %d memories", n)
	b.say("reads: %s", dataset)
	return b.withStore(ctx, "reads", func(db *engine.DB) error {
		g := newGenerator(41)
		memories := g.memories(n)
		if err := addAll(ctx, db, memories); err != nil {
			return err
		}
		asked := g.questions(memories, b.size(700, 50))
		time.Sleep(restTime)
		idle, _, err := askAll(ctx, db, engine.Query{}, asked)
		if err != nil {
			return err
		}
		var idles, busies []time.Duration
		var rates, ratios []float64
		for range b.size(readsRounds, 1) {
			busy, rate, err := b.askWhileAdding(ctx, db, g, asked)
			if err != nil {
				return err
			}
			time.Sleep(restTime)
			after, _, err := askAll(ctx, db, engine.Query{}, asked)
			if err != nil {
				return err
			}
			ratios = append(ratios, 2*p99(busy)/(p99(idle)+p99(after)))
			rates = append(rates, rate)
			idles, busies = append(idles, idle...), append(busies, busy...)
			idle = after
		}
		b.book.times(dataset, "fused, idle", idles)
		b.book.times(dataset, "fused, under full ingest", busies)
		b.book.add(dataset, "p99 under full ingest over idle, median of rounds", median(ratios), "ratio")
		b.book.atMost(dataset, "p99 under full ingest over idle", median(ratios), 2)
		b.book.add(dataset, "ingest meanwhile, median of rounds", median(rates), "records/s")
		return nil
	})
}

func p99(took []time.Duration) float64 {
	return float64(percentile(slices.Sorted(slices.Values(took)), .99))
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// askWhileAdding asks while one writer adds batches without a pause. What it adds
// is made beforehand, and little more than it can use: a hundred thousand texts
// at hand would be work for the garbage collector that no store causes.
func (b *bench) askWhileAdding(ctx context.Context, db *engine.DB, g *generator, asked []question) (took []time.Duration, rate float64, err error) {
	const batch = 256
	pool := make([][]engine.Memory, b.size(30, 20))
	for i := range pool {
		pool[i] = g.memories(batch)
	}
	var done atomic.Bool
	var added int
	started := time.Now()
	err = parallel(2, func(worker int) (err error) {
		if worker == 0 {
			defer done.Store(true)
			took, _, err = askAll(ctx, db, engine.Query{}, asked)
			return err
		}
		for i := 0; i < len(pool) && !done.Load(); i++ {
			if _, err := db.Add(ctx, pool[i]...); err != nil {
				return err
			}
			added += batch
		}
		if !done.Load() {
			b.say("reads: the writer ran out of records before the questions did")
		}
		return nil
	})
	if err == nil && added == 0 {
		err = fmt.Errorf("nothing was added while questions were asked")
	}
	return took, float64(added) / time.Since(started).Seconds(), err
}
