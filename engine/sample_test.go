package engine_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/nexus-memory/nexus/engine"
)

// TestStoresOfEveryFormatStayReadable opens the truth of a store of each format
// version (the segments' samples are in segment/testdata).
func TestStoresOfEveryFormatStayReadable(t *testing.T) {
	memories := generated(6, 77)
	sample := filepath.Join("testdata", "truth-v1.db")
	if *update {
		dir := t.TempDir()
		db := open(t, dir, engine.Options{})
		add(t, db, memories...)
		if _, err := db.Delete(ctx, 2); err != nil {
			t.Fatal(err)
		}
		db.Close()
		copyFile(t, filepath.Join(dir, "truth.db"), sample)
	}
	dir := t.TempDir()
	copyFile(t, sample, filepath.Join(dir, "truth.db"))
	db := open(t, dir, engine.Options{})
	for i, want := range memories {
		got, err := db.GetByKey(ctx, "", want.Key)
		if i == 1 {
			if err == nil {
				t.Fatal("the deleted memory is back")
			}
			continue
		}
		if err != nil || got.Text != want.Text || got.ID != engine.ID(i+1) || !got.EventTime.Equal(want.EventTime) {
			t.Fatalf("memory %d: %+v %v", i+1, got, err)
		}
	}
	verify(t, db)
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
}
