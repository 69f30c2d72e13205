package engine_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/model"
)

// awaitRepair waits until a store has found a damaged segment file and rebuilt it.
func awaitRepair(t *testing.T, db *engine.DB) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		st, err := db.Stats()
		if err != nil || time.Now().After(end) {
			t.Fatalf("not mended: %+v %v", st, err)
		}
		if st.Discarded > 0 {
			return
		}
	}
}

// places are bytes of a segment file worth flipping, by what they are: one of header and table,
// and the last byte or one in the middle of every section.
func places(data []byte, last bool) map[string]int {
	le, at := binary.LittleEndian, map[string]int{"header": 20, "table": 70}
	for i := range int(le.Uint32(data[12:])) {
		entry := data[64+32*i:]
		kind, offset, size := le.Uint32(entry), int(le.Uint64(entry[8:])), int(le.Uint64(entry[16:]))
		switch {
		case size == 0:
		case last:
			at[fmt.Sprintf("end of section %d", kind)] = offset + size - 1
		default:
			at[fmt.Sprintf("middle of section %d", kind)] = offset + size/2
		}
	}
	return at
}

// everything is what a store says, all of it: its answers, also to a filter, and its memories.
type everything struct {
	answers  [][]result
	filtered []result
	memories []engine.Memory
}

// tryAll asks for everything. It returns false where a part of it was refused as damaged, or was
// answered without an engine and says so; the rest is compared with want.
func tryAll(t *testing.T, db *engine.DB, want *everything) (got everything, whole bool) {
	t.Helper()
	filter, err := engine.ParseFilter("speaker = \"Ann\"")
	if err != nil {
		t.Fatal(err)
	}
	whole = true
	query := func(q engine.Query) []result {
		a, err := db.Query(ctx, q)
		if err != nil && !errors.Is(err, engine.ErrCorrupt) {
			t.Fatal(err)
		}
		if err != nil || slices.ContainsFunc(a.Trace.Engines, func(e model.EngineTrace) bool { return e.State == model.EngineFailed }) {
			whole = false
			return nil
		}
		return results(a)
	}
	for i, text := range generatedQuestions {
		got.answers = append(got.answers, query(engine.Query{Text: text}))
		if want != nil && got.answers[i] != nil && !reflect.DeepEqual(got.answers[i], want.answers[i]) {
			t.Fatalf("a wrong answer to question %d", i)
		}
	}
	if got.filtered = query(engine.Query{Text: generatedQuestions[0], Filter: filter}); want != nil && got.filtered != nil && !reflect.DeepEqual(got.filtered, want.filtered) {
		t.Fatal("a wrong answer to a filtered question")
	}
	for m, err := range db.List(ctx, engine.Selection{}) {
		if err != nil {
			if !errors.Is(err, engine.ErrCorrupt) {
				t.Fatal(err)
			}
			return got, false
		}
		m.Usage = engine.Usage{}
		if i := len(got.memories); want != nil && !reflect.DeepEqual(m, want.memories[i]) {
			t.Fatalf("a wrong memory %d", m.ID)
		}
		got.memories = append(got.memories, m)
	}
	return got, whole
}

// TestAFlippedByteIsNeverBelieved flips a byte of every section of a segment file. The store opens;
// whatever it is asked, from the first moment on, it answers as if nothing had happened or says that
// something is damaged; soon everything is right again, also where the store may not write.
func TestAFlippedByteIsNeverBelieved(t *testing.T) {
	dir, _ := filled(t)
	db := open(t, dir, engine.Options{})
	want, whole := tryAll(t, db, nil)
	if !whole || len(want.memories) != 1200 || len(want.filtered) == 0 {
		t.Fatalf("%d memories, %d filtered hits", len(want.memories), len(want.filtered))
	}
	db.Close()
	refused, sectionCount := 0, 0
	sound, err := os.ReadFile(segmentFiles(t, dir)[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, readOnly := range []bool{true, false} {
		for what, at := range places(sound, readOnly) {
			sectionCount++
			hurt := slices.Clone(sound)
			hurt[at] ^= 0x41
			if err := os.WriteFile(segmentFiles(t, dir)[0], hurt, 0o600); err != nil {
				t.Fatal(err)
			}
			db := open(t, dir, engine.Options{ReadOnly: readOnly})
			if _, whole := tryAll(t, db, &want); !whole {
				refused++
			}
			awaitRepair(t, db)
			if _, whole := tryAll(t, db, &want); !whole {
				t.Fatalf("%s, read-only %v: damaged after the repair", what, readOnly)
			}
			verify(t, db)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			if !readOnly {
				if again, err := os.ReadFile(segmentFiles(t, dir)[0]); err != nil || !slices.Equal(again, sound) {
					t.Fatalf("%s: the file was not made anew as it was: %v", what, err)
				}
			}
		}
	}
	t.Logf("%d of %d times something was refused at first", refused, sectionCount)
	if refused == 0 || sectionCount < 50 {
		t.Fatal("the test sees nothing")
	}
}

// TestDamageIsFoundWithoutBeingAskedFor flips a byte of a full vector, of a signature and of the
// text index, and asks nothing: the check behind the questions' backs finds and mends it.
func TestDamageIsFoundWithoutBeingAskedFor(t *testing.T) {
	dir, want := filled(t)
	for _, section := range []int{17, 14, 41} {
		for _, readOnly := range []bool{true, false} {
			file := segmentFiles(t, dir)[0]
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			data[places(data, false)[fmt.Sprintf("middle of section %d", section)]] ^= 2
			if err := os.WriteFile(file, data, 0o600); err != nil {
				t.Fatal(err)
			}
			db := open(t, dir, engine.Options{ReadOnly: readOnly})
			if st, err := db.Stats(); err != nil || st.Discarded != 0 {
				t.Fatalf("section %d was checked while opening: %+v %v", section, st, err)
			}
			awaitRepair(t, db)
			if got := allResults(t, db); !reflect.DeepEqual(got, want) {
				t.Fatalf("section %d, read-only %v: answers differ after the repair", section, readOnly)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			if readOnly { // the damage is still there: undo it for the next round
				data[places(data, false)[fmt.Sprintf("middle of section %d", section)]] ^= 2
				if err := os.WriteFile(file, data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// TestAFlippedByteOfAMemoryFileIsSaidAndNeverBelieved flips a byte of every section of a memory
// file, which nothing can be made anew of. The store refuses to open, or says that something is
// damaged whenever it is needed, and Verify and a backup name it; no answer is wrong.
func TestAFlippedByteOfAMemoryFileIsSaidAndNeverBelieved(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, engine.Options{Dim: 3})
	memories := generated(1200, 9)
	for i := range memories {
		memories[i].Vector = []float32{1, float32(i), 2}
	}
	add(t, db, memories...)
	want, whole := tryAll(t, db, nil)
	if err := db.Close(); err != nil || !whole || len(want.memories) != 1200 {
		t.Fatalf("%d memories, %v", len(want.memories), err)
	}
	file := memoryFiles(t, dir)[0]
	sound, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	refused, served := 0, 0
	for _, readOnly := range []bool{true, false} {
		for what, at := range places(sound, readOnly) {
			hurt := slices.Clone(sound)
			hurt[at] ^= 0x41
			if err := os.WriteFile(file, hurt, 0o600); err != nil {
				t.Fatal(err)
			}
			db, err := engine.Open(dir, engine.Options{ReadOnly: readOnly})
			if err != nil {
				if !errors.Is(err, engine.ErrCorrupt) || !strings.Contains(err.Error(), filepath.Base(file)) {
					t.Fatalf("%s: %v", what, err)
				}
				refused++
				continue
			}
			served++
			tryAll(t, db, &want)
			if report, err := db.Verify(ctx); err == nil && len(report.Faults) == 0 {
				t.Fatalf("%s: Verify found nothing", what)
			}
			if _, err := db.Backup(ctx, filepath.Join(t.TempDir(), "copy"), nil); !errors.Is(err, engine.ErrCorrupt) {
				t.Fatalf("%s: a backup was made: %v", what, err)
			}
			if err := db.Close(); err != nil && !errors.Is(err, engine.ErrCorrupt) {
				t.Fatal(err)
			}
		}
	}
	if refused < 4 || served < 2 {
		t.Fatalf("refused to open %d times, served %d times", refused, served)
	}
	if err := os.WriteFile(file, sound, 0o600); err != nil {
		t.Fatal(err)
	}
	db = open(t, dir, engine.Options{})
	if _, whole := tryAll(t, db, &want); !whole {
		t.Fatal("damaged after the file was put back")
	}
	verify(t, db)
}
