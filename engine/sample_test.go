package engine_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/store"
)

// sampled is what the samples hold: of version 2 on, memory 3 was updated, memory
// 4 superseded and memory 2 deleted; of version 5 on, anna has judged memories 1, 2 and 3.
func fillSample(t *testing.T, db *engine.DB, memories []engine.Memory) {
	t.Helper()
	add(t, db, memories...)
	_, err := db.Update(ctx, 3, engine.Patch{Text: new("Ann lives in Accra now.")})
	if err == nil {
		_, err = db.Supersede(ctx, 4, engine.Memory{Text: "Bob lives in Lima now.", Kind: engine.KindSemantic})
	}
	if err == nil {
		err = db.Learn(ctx, engine.Feedback{User: "anna", Question: "who lives where?", ID: 3, Value: .5, Shown: []engine.ID{2, 1, 3}})
	}
	if err == nil {
		_, err = db.Delete(ctx, 2)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestStoresOfEveryFormatStayReadable opens the truth of a store of each format
// version, for reading and for writing (the segments' samples are in
// segment/testdata).
func TestStoresOfEveryFormatStayReadable(t *testing.T) {
	memories := generated(6, 77)
	if *update {
		dir := t.TempDir()
		db := open(t, dir, engine.Options{})
		fillSample(t, db, memories)
		db.Close()
		copyFile(t, filepath.Join(dir, "truth.db"), sampleOf(store.FormatVersion))
	}
	for version := 1; version <= store.FormatVersion; version++ {
		dir := t.TempDir()
		copyFile(t, sampleOf(version), filepath.Join(dir, "truth.db"))
		for _, readOnly := range []bool{true, false, true} {
			db := open(t, dir, engine.Options{ReadOnly: readOnly})
			checkSample(t, db, memories, version)
			verify(t, db)
			if !readOnly {
				if m, err := db.Update(ctx, 1, engine.Patch{Importance: new(float32(1))}); err != nil || m.Version != 2 {
					t.Fatalf("version %d: update: %+v %v", version, m, err)
				}
				verify(t, db)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func sampleOf(version int) string {
	return filepath.Join("testdata", fmt.Sprintf("truth-v%d.db", version))
}

func checkSample(t *testing.T, db *engine.DB, memories []engine.Memory, version int) {
	t.Helper()
	for i, want := range memories {
		got, err := db.GetByKey(ctx, "", want.Key)
		if i == 1 {
			if err == nil {
				t.Fatal("the deleted memory is back")
			}
			continue
		}
		if i == 2 && version > 1 {
			want.Text = "Ann lives in Accra now."
		}
		if err != nil || got.Text != want.Text || got.ID != engine.ID(i+1) || !got.EventTime.Equal(want.EventTime) {
			t.Fatalf("version %d, memory %d: %+v %v", version, i+1, got, err)
		}
	}
	if version > 4 {
		p, err := db.Preference(ctx, "", "anna")
		if err != nil || len(p.Judgements) != 2 || p.Judgements[0].ID != 3 || p.Judgements[0].Question != "who lives where?" || !p.Judgements[1].Implicit {
			t.Fatalf("version %d: %+v %v", version, p, err)
		}
	}
	if version > 1 {
		old, err := db.Get(ctx, 4)
		if history, _ := db.History(ctx, 3); err != nil || old.SupersededBy == 0 || len(history) != 2 {
			t.Fatalf("version %d: superseded %+v %v, history %+v", version, old, err, history)
		}
	}
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

// TestTheSampleWithMemoryFilesStaysReadable opens a store whose records stand in a memory file,
// as format 4 was first written, with and without its segment files. These are of older
// rules than this build's, and so are derived anew in either case.
func TestTheSampleWithMemoryFilesStaysReadable(t *testing.T) {
	memories := generated(80, 78)
	for i := range memories {
		memories[i].Vector = []float32{1, float32(i), 2}
	}
	sample := filepath.Join("testdata", "store-v4")
	for _, segments := range []bool{true, false} {
		dir := filepath.Join(t.TempDir(), "store")
		if _, err := engine.Restore(ctx, sample, dir, nil); err != nil {
			t.Fatal(err)
		}
		if !segments {
			if err := os.RemoveAll(filepath.Join(dir, "segments")); err != nil {
				t.Fatal(err)
			}
		}
		db := open(t, dir, engine.Options{})
		if st, err := db.Stats(); err != nil || st.Memories != 80 || st.Replayed != 80 || (st.Outdated > 0) != segments || (st.Discarded > 0) == segments {
			t.Fatalf("segments %v: %+v %v", segments, st, err)
		}
		for i, want := range memories {
			got, err := db.Get(ctx, engine.ID(i+1))
			if err != nil || got.Text != want.Text || got.Key != want.Key || !slices.Equal(got.Vector, want.Vector) || !got.EventTime.Equal(want.EventTime) {
				t.Fatalf("segments %v: %+v %v, want %+v", segments, got, err, want)
			}
		}
		verify(t, db)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
