package store

import (
	"context"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/nexus-memory/nexus/engine/model"
)

func TestCountingHitsDoesNotAllocate(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	hits := make([]model.Hit, 8)
	for i := range hits {
		hits[i].ID = model.ID(i + 1)
	}
	if n := testing.AllocsPerRun(1000, func() { s.NoteHits(hits) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

func TestUsageIsWrittenInTheBackgroundAndGoesWithItsMemory(t *testing.T) {
	s := openStore(t, t.TempDir(), Options{})
	ctx := context.Background()
	ids, err := s.Add(ctx, notes(300))
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids { // more than the first table holds
		if err := s.Feedback(ctx, id, .5); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Delete(ctx, ids[:100]); err != nil {
		t.Fatal(err)
	}
	if !s.writeUsage() { // as the keeper does in its time: it is idle now
		t.Fatal("not written")
	}
	for i, id := range ids {
		k := idBytes(id)
		var there bool
		if err := s.between(context.Background(), func() error {
			return s.readTruth(func(tx *bolt.Tx) error { there = tx.Bucket(bucketUsage).Get(k) != nil; return nil })
		}); err != nil {
			t.Fatal(err)
		}
		if there != (i >= 100) {
			t.Fatalf("memory %d of %d: usage %v", i, len(ids), there)
		}
	}
}

func BenchmarkNoteHits(b *testing.B) {
	s := openStore(b, b.TempDir(), Options{})
	hits := make([]model.Hit, 8)
	for i := range hits {
		hits[i].ID = model.ID(i + 1)
	}
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			s.NoteHits(hits)
		}
	})
}
