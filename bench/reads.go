package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nexus-memory/nexus/engine"
)

// readsKind compares questions on a store at rest with the same questions while
// another goroutine adds as fast as it can.
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
		asked := g.questions(memories, b.size(3000, 100))
		idle, _, err := askAll(ctx, db, engine.Query{}, asked)
		if err != nil {
			return err
		}
		busy, rate, err := b.askWhileAdding(ctx, db, g, asked)
		if err != nil {
			return err
		}
		b.book.times(dataset, "fused, idle", idle)
		b.book.times(dataset, "fused, under full ingest", busy)
		b.book.add(dataset, "p99 under full ingest over idle", float64(percentile(busy, .99))/float64(percentile(idle, .99)), "ratio")
		b.book.add(dataset, "ingest meanwhile", rate, "records/s")
		return nil
	})
}

// askWhileAdding asks while one writer adds batches without a pause. The store
// grows meanwhile, so that the later questions search more than the first.
func (b *bench) askWhileAdding(ctx context.Context, db *engine.DB, g *generator, asked []question) (took []time.Duration, rate float64, err error) {
	const batch = 256
	pool := make([][]engine.Memory, b.size(400, 20)) // made beforehand: the writer only adds
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
