package engine_test

import (
	"reflect"
	"testing"

	"github.com/nexus-memory/nexus/engine"
)

// TestCompressedTextsGiveTheSameAnswers fills a store with and one without CompressTexts: the
// texts take less than half, and nobody can tell from answers and memories, nor after the
// files have been opened without, compacted there, and opened again: they stay packed. A
// store that was filled without is packed by Compact with.
func TestCompressedTextsGiveTheSameAnswers(t *testing.T) {
	const count = 2600
	where := t.TempDir()
	plain := open(t, where, engine.Options{})
	add(t, plain, generated(count, 6)...)
	want, _ := tryAll(t, plain, nil)
	dir := t.TempDir()
	db := open(t, dir, engine.Options{CompressTexts: true})
	add(t, db, generated(count, 6)...)
	if err := db.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	for _, compress := range []bool{true, false, true} {
		wantPacked(t, db, true)
		got, _ := tryAll(t, db, nil)
		if !reflect.DeepEqual(got.answers, want.answers) || !reflect.DeepEqual(got.filtered, want.filtered) || len(got.memories) != count {
			t.Fatalf("compressed %v: other answers", compress)
		}
		for i := range got.memories {
			if got.memories[i].Text != want.memories[i].Text || !reflect.DeepEqual(got.memories[i].Meta, want.memories[i].Meta) {
				t.Fatalf("compressed %v: another memory %d", compress, i)
			}
		}
		verify(t, db)
		if st, _ := db.Stats(); st.RecordNanos == 0 {
			t.Fatal("reading is not measured")
		}
		db.Close()
		db = open(t, dir, engine.Options{CompressTexts: !compress})
		if got, _ = tryAll(t, db, nil); !reflect.DeepEqual(got.answers, want.answers) {
			t.Fatalf("compressed %v: other answers after opening", compress)
		}
		if err := db.Compact(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if err := plain.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	wantPacked(t, plain, false)
	plain.Close()
	plain = open(t, where, engine.Options{CompressTexts: true})
	if err := plain.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	wantPacked(t, plain, true)
}

// wantPacked wants the texts of a store to take less than half of their bytes, or all.
func wantPacked(t *testing.T, db *engine.DB, packed bool) {
	t.Helper()
	st, err := db.Stats()
	if err != nil || st.RecordBytes == 0 || (st.RecordStored < st.RecordBytes/2) != packed || !packed && st.RecordStored != st.RecordBytes {
		t.Fatalf("%d bytes in %d, %v", st.RecordBytes, st.RecordStored, err)
	}
}
