package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nexus-memory/nexus/engine"
)

// syncsPerCommit: a group syncs the journal. What commits of truth.db add, two syncs each
// for many groups, is among what strace counts (countSyncs).
const syncsPerCommit = 1

// addKind measures durable adds: each call returns when its records are synced.
func addKind(ctx context.Context, b *bench) error {
	for _, c := range []struct{ writers, batch, records int }{
		{1, 1, b.size(1000, 50)}, {1, 256, b.size(50*256, 512)}, {64, 1, b.size(20_000, 256)}, {64, 256, b.size(200*256, 64*256)},
	} {
		name := fmt.Sprintf("%d writers x %d", c.writers, c.batch)
		b.say("add: %s", name)
		if err := b.withStore(ctx, "add", func(db *engine.DB) error {
			return b.addRun(ctx, db, name, c.writers, c.batch, c.records)
		}); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// withStore opens a new store for the time of a function and removes it.
func (b *bench) withStore(ctx context.Context, name string, use func(*engine.DB) error) error {
	return b.withStoreOf(ctx, name, engine.Options{}, use)
}

func (b *bench) withStoreOf(ctx context.Context, name string, o engine.Options, use func(*engine.DB) error) (err error) {
	dir, err := os.MkdirTemp(b.dir, name+"-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	o.CacheBytes = -1 // questions are timed, not the cache
	db, err := engine.OpenContext(ctx, dir, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return use(db)
}

func (b *bench) addRun(ctx context.Context, db *engine.DB, name string, writers, batch, records int) error {
	memories := newGenerator(21).memories(records)
	took := make([][]time.Duration, writers)
	var next atomic.Int64 // first record that no writer took yet
	started := time.Now()
	err := parallel(writers, func(w int) error {
		for {
			from := int(next.Add(int64(batch))) - batch
			if from >= records {
				return nil
			}
			at := time.Now()
			if _, err := db.Add(ctx, memories[from:min(from+batch, records)]...); err != nil {
				return err
			}
			took[w] = append(took[w], time.Since(at))
		}
	})
	elapsed := time.Since(started)
	if err != nil {
		return err
	}
	stats, err := b.checkAdded(ctx, db, memories)
	if err != nil {
		return err
	}
	var all []time.Duration
	for _, t := range took {
		all = append(all, t...)
	}
	dataset := fmt.Sprintf("generated, %d records", records)
	b.book.add(dataset, name+" rate", float64(records)/elapsed.Seconds(), "records/s")
	b.book.add(dataset, name+" commits", float64(stats.Commits), "commits")
	b.book.add(dataset, name+" fsyncs", syncsPerCommit*float64(stats.Commits)/float64(records), "fsyncs/record")
	b.book.times(dataset, name+" call", all)
	return nil
}

// checkAdded looks every hundredth record up, and counts.
func (b *bench) checkAdded(ctx context.Context, db *engine.DB, memories []engine.Memory) (engine.Stats, error) {
	stats, err := db.Stats()
	if err != nil {
		return stats, err
	}
	if stats.Memories != uint64(len(memories)) {
		return stats, fmt.Errorf("the store holds %d memories, want %d", stats.Memories, len(memories))
	}
	for i := 0; i < len(memories); i += 100 {
		m, err := db.GetByKey(ctx, "", memories[i].Key)
		if err != nil || m.Text != memories[i].Text {
			return stats, fmt.Errorf("record %d is not what was added: %w", i, err)
		}
	}
	return stats, nil
}

// parallel runs n functions at once and joins their errors.
func parallel(n int, do func(worker int) error) error {
	var group sync.WaitGroup
	errs := make([]error, n)
	for w := range n {
		group.Go(func() { errs[w] = do(w) })
	}
	group.Wait()
	return errors.Join(errs...)
}
