package engine_test

import (
	"reflect"
	"testing"

	"github.com/nexus-memory/nexus/engine"
)

// TestCompressedTextsGiveTheSameAnswers fills a store with and one without CompressTexts: the
// texts take less than half, and nobody can tell from answers and memories, nor after the
// files have been opened by the other, compacted there, and opened again.
func TestCompressedTextsGiveTheSameAnswers(t *testing.T) {
	const count = 2600
	plain := open(t, t.TempDir(), engine.Options{})
	add(t, plain, generated(count, 6)...)
	want, _ := tryAll(t, plain, nil)
	dir := t.TempDir()
	db := open(t, dir, engine.Options{CompressTexts: true})
	add(t, db, generated(count, 6)...)
	if err := db.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	for _, compress := range []bool{true, false, true} {
		st, err := db.Stats()
		if err != nil || st.RecordBytes == 0 || (st.RecordStored < st.RecordBytes/2) != compress || st.RecordStored > st.RecordBytes {
			t.Fatalf("compressed %v: %d bytes in %d, %v", compress, st.RecordBytes, st.RecordStored, err)
		}
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
		if st, _ = db.Stats(); st.RecordNanos == 0 {
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
}
