package store

import (
	"context"
	"testing"

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
		tx, err := s.db.Begin(false)
		if err != nil {
			t.Fatal(err)
		}
		v := tx.Bucket(bucketUsage).Get(k)
		tx.Rollback()
		if (v != nil) != (i >= 100) {
			t.Fatalf("memory %d of %d: usage of %d bytes", i, len(ids), len(v))
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
