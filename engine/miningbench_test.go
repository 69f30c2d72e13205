package engine_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine"
)

// BenchmarkMining mines 100,000 memories of some 13 words with built-in vectors, and says
// after how long a call ends that is cancelled on its way.
func BenchmarkMining(b *testing.B) {
	p := plant(1, 100_000, 3)
	db := p.open(b, engine.Options{})
	for _, kind := range []engine.PatternKind{engine.PatternAll, engine.PatternAssociation, engine.PatternRecurring, engine.PatternBurst} {
		b.Run("patterns/"+kind.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if list := mustPatterns(b, db, engine.PatternQuery{Kind: kind}); kind == engine.PatternAll && len(list) == 0 {
					b.Fatal("none found")
				}
			}
		})
	}
	b.Run("anomalies", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if list, err := db.Anomalies(ctx, engine.AnomalyQuery{}); err != nil || len(list) != 20 {
				b.Fatal(len(list), err)
			}
		}
	})
	b.Run("cancel", func(b *testing.B) {
		worst := time.Duration(0)
		for b.Loop() {
			for wait := 10 * time.Millisecond; wait < 2*time.Second; wait += 90 * time.Millisecond {
				worst = max(worst, cancelled(b, db, wait))
			}
		}
		b.ReportMetric(float64(worst.Microseconds())/1000, "worst-ms")
	})
}

// cancelled returns how long both calls take to end after a deadline, the longer one.
func cancelled(t testing.TB, db *engine.DB, after time.Duration) (late time.Duration) {
	for _, call := range []func(context.Context) error{
		func(ctx context.Context) error { _, err := db.Patterns(ctx, engine.PatternQuery{}); return err },
		func(ctx context.Context) error { _, err := db.Anomalies(ctx, engine.AnomalyQuery{}); return err },
	} {
		started := time.Now()
		ctx, cancel := context.WithTimeout(ctx, after)
		err := call(ctx)
		cancel()
		if err != nil && !errors.Is(err, engine.ErrDeadline) {
			t.Fatal(err)
		}
		if err != nil {
			late = max(late, time.Since(started)-after)
		}
	}
	return late
}
