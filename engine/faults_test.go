package engine_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/model"
)

// filled returns a closed store with segment files and its answers.
func filled(t *testing.T) (dir string, want [][]result) {
	t.Helper()
	dir = t.TempDir()
	db := open(t, dir, engine.Options{})
	add(t, db, generated(1200, 9)...)
	want = allResults(t, db)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, want
}

func segmentFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "segments", "*.nxs"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no segment files: %v", err)
	}
	return files
}

// memoryFiles lists the files that records are in.
func memoryFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "memories", "*.nxm"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no memory files: %v", err)
	}
	return files
}

func TestDamagedSegmentsAreRebuiltFromTheTruth(t *testing.T) {
	damage := map[string]func(t *testing.T, file string, data []byte) []byte{
		"empty":       func(t *testing.T, _ string, data []byte) []byte { return nil },
		"header only": func(t *testing.T, _ string, data []byte) []byte { return data[:64] },
		"truncated":   func(t *testing.T, _ string, data []byte) []byte { return data[:len(data)-1] },
		"cut in half": func(t *testing.T, _ string, data []byte) []byte { return data[:len(data)/2] },
		"longer":      func(t *testing.T, _ string, data []byte) []byte { return append(data, 0) },
		"wrong magic": func(t *testing.T, _ string, data []byte) []byte { data[0]++; return data },
		"newer version": func(t *testing.T, _ string, data []byte) []byte {
			binary.LittleEndian.PutUint32(data[8:], 99)
			return data
		},
		"flipped bit":    func(t *testing.T, _ string, data []byte) []byte { data[len(data)/2] ^= 4; return data },
		"flipped table":  func(t *testing.T, _ string, data []byte) []byte { data[80] ^= 4; return data },
		"zeroed page":    func(t *testing.T, _ string, data []byte) []byte { clear(data[len(data)/2:][:4096]); return data },
		"other contents": func(t *testing.T, _ string, data []byte) []byte { return bytes.Repeat([]byte("x"), len(data)) },
		"removed": func(t *testing.T, file string, data []byte) []byte {
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			return nil
		},
	}
	dir, want := filled(t)
	for name, hurt := range damage {
		t.Run(name, func(t *testing.T) {
			file := segmentFiles(t, dir)[0]
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			data = hurt(t, file, data)
			if _, err := os.Stat(file); err == nil {
				if err := os.WriteFile(file, data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			db := open(t, dir, engine.Options{})
			awaitRepair(t, db)
			if got := allResults(t, db); !reflect.DeepEqual(got, want) {
				t.Fatal("answers differ after repair")
			}
			verify(t, db)
			if st, _ := db.Stats(); st.Discarded != 1 || st.Replayed == 0 {
				t.Fatalf("discarded %d, replayed %d", st.Discarded, st.Replayed)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			db = open(t, dir, engine.Options{})
			if st, _ := db.Stats(); st.Discarded != 0 {
				t.Fatal("the damage was found again: it was not mended")
			}
			db.Close()
		})
	}
}

func TestDamagedSegmentsServeReadOnlyToo(t *testing.T) {
	dir, want := filled(t)
	file := segmentFiles(t, dir)[0]
	if err := os.Truncate(file, 100); err != nil {
		t.Fatal(err)
	}
	db := open(t, dir, engine.Options{ReadOnly: true})
	if got := allResults(t, db); !reflect.DeepEqual(got, want) {
		t.Fatal("answers differ")
	}
}

// alterTruth changes truth.db behind the engine's back.
func alterTruth(t *testing.T, dir string, change func(tx *bolt.Tx) error) {
	t.Helper()
	db, err := bolt.Open(filepath.Join(dir, "truth.db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(change), db.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestFaultsOfTheTruthAreTypedErrors(t *testing.T) {
	cases := map[string]struct {
		hurt func(t *testing.T, dir string)
		want error
	}{
		"newer format": {func(t *testing.T, dir string) {
			alterTruth(t, dir, func(tx *bolt.Tx) error {
				return tx.Bucket([]byte("meta")).Put([]byte("format"), []byte{0, 0, 0, 9})
			})
		}, engine.ErrUnsupported},
		"not a database": {func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, "truth.db"), bytes.Repeat([]byte("?"), 1<<16), 0o600); err != nil {
				t.Fatal(err)
			}
		}, engine.ErrCorrupt},
		"broken record": {func(t *testing.T, dir string) {
			alterTruth(t, dir, func(tx *bolt.Tx) error {
				b := tx.Bucket([]byte("memories"))
				k, v := b.Cursor().First()
				return b.Put(bytes.Clone(k), append(bytes.Clone(v), 7))
			})
			os.RemoveAll(filepath.Join(dir, "segments"))
		}, engine.ErrCorrupt},
		"memory file missing": {func(t *testing.T, dir string) { os.RemoveAll(filepath.Join(dir, "memories")) }, engine.ErrCorrupt},
		"memory file cut": {func(t *testing.T, dir string) {
			if err := os.Truncate(memoryFiles(t, dir)[0], 5000); err != nil {
				t.Fatal(err)
			}
		}, engine.ErrCorrupt},
		"memory file of another store": {func(t *testing.T, dir string) {
			other, _ := filled(t)
			data, err := os.ReadFile(memoryFiles(t, other)[0])
			if err == nil {
				err = os.WriteFile(memoryFiles(t, dir)[0], data, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}, engine.ErrCorrupt},
		"memory file not named": {func(t *testing.T, dir string) {
			alterTruth(t, dir, func(tx *bolt.Tx) error {
				b := tx.Bucket([]byte("held"))
				k, _ := b.Cursor().First()
				return b.Delete(bytes.Clone(k))
			})
		}, engine.ErrCorrupt},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			dir, _ := filled(t)
			c.hurt(t, dir)
			for _, readOnly := range []bool{false, true} {
				if _, err := engine.Open(dir, engine.Options{ReadOnly: readOnly}); !errors.Is(err, c.want) {
					t.Fatalf("read-only %v: %v, want %v", readOnly, err, c.want)
				}
			}
		})
	}
}

func TestVerifyNamesWhatIsNotSound(t *testing.T) {
	dir, _ := filled(t)
	alterTruth(t, dir, func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte("memories"))
		k, _ := b.Cursor().First()
		return b.Delete(bytes.Clone(k))
	})
	db := open(t, dir, engine.Options{})
	report, err := db.Verify(ctx)
	if err != nil || len(report.Faults) != 1 {
		t.Fatalf("%v %v", report, err)
	}
}

func TestASecondWriterIsRefusedAndReadersShare(t *testing.T) {
	dir, want := filled(t)
	writer := open(t, dir, engine.Options{})
	for _, readOnly := range []bool{false, true} {
		if _, err := engine.Open(dir, engine.Options{ReadOnly: readOnly}); !errors.Is(err, engine.ErrLocked) {
			t.Fatalf("beside a writer, read-only %v: %v", readOnly, err)
		}
	}
	writer.Close()
	one := open(t, dir, engine.Options{ReadOnly: true})
	two := open(t, dir, engine.Options{ReadOnly: true})
	for _, db := range []*engine.DB{one, two} {
		if got := allResults(t, db); !reflect.DeepEqual(got, want) {
			t.Fatal("answers differ")
		}
		verify(t, db)
	}
	if _, err := engine.Open(dir, engine.Options{}); !errors.Is(err, engine.ErrLocked) {
		t.Fatalf("writer beside readers: %v", err)
	}
	_, addErr := one.Add(ctx, engine.Memory{Text: "x"})
	_, deleteErr := one.Delete(ctx, 1)
	for _, err := range []error{addErr, deleteErr, one.Compact(ctx)} {
		if !errors.Is(err, engine.ErrReadOnly) {
			t.Fatalf("write to a read-only store: %v", err)
		}
	}
}

func TestLeftoversOfACrashAreRemoved(t *testing.T) {
	dir, want := filled(t)
	left := []string{filepath.Join(dir, "truth.db.compact"), filepath.Join(dir, "segments", "99999999.nxs"), filepath.Join(dir, "segments", "00000001.nxs.tmp")}
	for _, f := range left {
		if err := os.WriteFile(f, []byte("half written"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	db := open(t, dir, engine.Options{})
	if got := allResults(t, db); !reflect.DeepEqual(got, want) {
		t.Fatal("answers differ")
	}
	for _, f := range left {
		if _, err := os.Stat(f); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there (%v)", filepath.Base(f), err)
		}
	}
}

func TestAStoreWithoutLockFileOpensForReading(t *testing.T) {
	dir, want := filled(t)
	if err := os.Remove(filepath.Join(dir, "LOCK")); err != nil {
		t.Fatal(err)
	}
	if got := allResults(t, open(t, dir, engine.Options{ReadOnly: true})); !reflect.DeepEqual(got, want) {
		t.Fatal("answers differ")
	}
}

func TestReadOnlyNeedsAStore(t *testing.T) {
	if _, err := engine.Open(t.TempDir(), engine.Options{ReadOnly: true}); !errors.Is(err, engine.ErrNotFound) {
		t.Fatal(err)
	}
}

func TestBadInputIsATypedErrorAndLosesNothing(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	add(t, db, engine.Memory{Key: "keep", Text: "kept"})
	long := string(bytes.Repeat([]byte("x"), 2<<20))
	for name, m := range map[string]engine.Memory{
		"empty text": {}, "invalid UTF-8": {Text: "a\xffb"}, "long text": {Text: long}, "long key": {Text: "x", Key: long},
		"invalid key": {Text: "x", Key: "\xff"}, "importance": {Text: "x", Importance: 2}, "kind": {Text: "x", Kind: 77},
		"range": {Text: "x", Start: 5, End: 2}, "meta type": {Text: "x", Meta: map[string]any{"a": struct{}{}}},
		"vector in a hashing store": {Text: "x", Vector: []float32{1, 2}},
	} {
		if _, err := db.Add(ctx, engine.Memory{Text: "beside"}, m); !errors.Is(err, engine.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, q := range map[string]engine.Query{
		"empty": {}, "k": {Text: "x", K: 10000}, "negative k": {Text: "x", K: -1}, "invalid UTF-8": {Text: "\xff"}, "long": {Text: long},
		"engine": {Text: "x", Engines: []string{"psychic"}}, "weights": {Text: "x", Weights: &engine.Weights{2}},
		"intent": {Text: "x", Intent: 99}, "budget": {Text: "x", Budget: -1}, "fusion": {Text: "x", SingleEngine: true},
	} {
		if _, err := db.Query(ctx, q); !errors.Is(err, engine.ErrInvalid) {
			t.Errorf("query %s: %v", name, err)
		}
	}
	if st, _ := db.Stats(); st.Memories != 1 {
		t.Fatalf("%d memories, want 1", st.Memories)
	}
	verify(t, db)
}

func TestAnyDamagedPageOfTheTruthIsATypedError(t *testing.T) {
	dir, _ := filled(t)
	path := filepath.Join(dir, "truth.db")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	damage := map[string][]byte{"half": whole[:len(whole)/2/page*page], "not whole pages": whole[:len(whole)-page/2], "two pages": whole[:2*page]}
	for at := 0; at < len(whole)/page; at += 1 + at/8 {
		zeroed := bytes.Clone(whole)
		clear(zeroed[at*page : (at+1)*page])
		damage["zeroed page "+strconv.Itoa(at)] = zeroed
	}
	for name, data := range damage {
		// Without segments all of the truth is read; with them most is not.
		for _, segments := range []bool{true, false} {
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			if !segments {
				os.RemoveAll(filepath.Join(dir, "segments"))
			}
			db, err := engine.Open(dir, engine.Options{})
			if err == nil {
				db.Verify(ctx) // faults or an error, not the end of the process
				db.Add(ctx, engine.Memory{Text: "more"})
				db.Close()
				continue
			}
			switch code := model.CodeOf(err); code {
			case model.CodeCorrupt, model.CodeNotFound, model.CodeUnsupported:
			default:
				t.Errorf("%s, segments %v: %v: %v", name, segments, code, err)
			}
		}
	}
}

func TestOpeningAStoreLeavesOtherDirectoriesAlone(t *testing.T) {
	parent := t.TempDir()
	other, mine := filepath.Join(parent, "x1"), filepath.Join(parent, "x[1]")
	for _, dir := range []string{other, mine, filepath.Join(parent, "a[b")} {
		db := open(t, dir, engine.Options{})
		add(t, db, generated(300, 2)...)
		db.Close()
		if n := len(filesBelow(t, dir)); n != 5 { // truth.db, JOURNAL, LOCK, one segment, its memory file
			t.Fatalf("%s: %d files", dir, n)
		}
	}
	open(t, mine, engine.Options{})
	if n := len(filesBelow(t, other)); n != 5 {
		t.Fatalf("opening %s left %d files in %s", mine, n, other)
	}
}

func TestDeletionsFromFilesSurviveReopening(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, engine.Options{})
	ids := add(t, db, generated(2600, 8)...)
	again := func() {
		t.Helper()
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		db = open(t, dir, engine.Options{})
	}
	again()
	if n, err := db.Delete(ctx, ids[5], ids[2599]); n != 2 || err != nil {
		t.Fatal(n, err)
	}
	for range 3 {
		again()
		for _, id := range []engine.ID{ids[5], ids[2599]} {
			if _, err := db.Get(ctx, id); !errors.Is(err, engine.ErrNotFound) {
				t.Fatalf("memory %d is back: %v", id, err)
			}
		}
		verify(t, db)
	}
	if st, _ := db.Stats(); st.Replayed != 0 || st.Memories != 2598 {
		t.Fatalf("replayed %d, %d memories", st.Replayed, st.Memories)
	}
}

func TestARefusedFirstAddFixesNothing(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	if _, err := db.Add(ctx, engine.Memory{Text: "x"}, engine.Memory{Text: "y", Vector: []float32{1, 2}}); !errors.Is(err, engine.ErrInvalid) {
		t.Fatal(err)
	}
	add(t, db, engine.Memory{Text: "y", Vector: []float32{1, 2}})
	if st, _ := db.Stats(); st.Vectors != "caller" || st.Dimension != 2 {
		t.Fatalf("%+v", st)
	}
}

func TestAnEndedContextIsTheClosedSetsError(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	add(t, db, engine.Memory{Text: "x"})
	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, addErr := db.Add(ended, engine.Memory{Text: "y"})
	_, queryErr := db.Query(ended, engine.Query{Text: "x"})
	_, deleteErr := db.Delete(ended, 1)
	_, exportErr := db.Export(ended, io.Discard)
	for i, err := range []error{addErr, queryErr, deleteErr, exportErr, db.Compact(ended)} {
		if !errors.Is(err, engine.ErrCancelled) || model.CodeOf(err) != model.CodeCancelled {
			t.Errorf("call %d: %v", i, err)
		}
	}
	if st, _ := db.Stats(); st.Memories != 1 {
		t.Fatalf("%d memories", st.Memories)
	}
}

func TestCompactLeavesNoNameOfTheDeletedBehind(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, engine.Options{})
	add(t, db, generated(3000, 4)...)
	var ids []engine.ID
	for i := range 500 {
		ids = append(ids, add(t, db, engine.Memory{Key: "plughkey" + strconv.Itoa(i), Text: "xyzzyword", Speaker: "frotzspeaker",
			Scope: engine.Scope{Tenant: "quuxtenant", User: "corgeuser", Agent: "graultagent", Session: "garplysession"}, Source: "waldosource"})...)
	}
	if _, err := db.Delete(ctx, ids...); err != nil {
		t.Fatal(err)
	}
	if err := db.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	for _, name := range filesBelow(t, dir) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"plughkey", "xyzzyword", "frotzspeaker", "quuxtenant", "corgeuser", "graultagent", "garplysession", "waldosource"} {
			if bytes.Contains(data, []byte(word)) {
				t.Errorf("%s still holds %s", filepath.Base(name), word)
			}
		}
	}
	verify(t, db)
}

func TestReplacedSegmentsAreUnmapped(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, engine.Options{})
	ids := add(t, db, generated(2500, 5)...)
	db.Close()
	db = open(t, dir, engine.Options{})
	allResults(t, db)
	db.Delete(ctx, ids[0])
	if err := db.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	for range 50 {
		runtime.GC()
		maps, err := os.ReadFile("/proc/self/maps")
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(maps, []byte(dir+"/segments/00000001.nxs (deleted)")) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the replaced file is still mapped")
}

func TestAMovedDirectoryNeverWritesToAnotherStore(t *testing.T) {
	parent := t.TempDir()
	data := filepath.Join(parent, "data")
	old := open(t, data, engine.Options{})
	add(t, old, engine.Memory{Text: "of the old store"})
	if err := os.Rename(data, filepath.Join(parent, "moved")); err != nil {
		t.Fatal(err)
	}
	fresh := open(t, data, engine.Options{})
	add(t, fresh, generated(100, 3)...)
	if err := old.Compact(ctx); !errors.Is(err, engine.ErrUnavailable) {
		t.Fatalf("compact of the moved store: %v", err)
	}
	old.Close()
	verify(t, fresh)
	fresh.Close()
	if st, _ := open(t, data, engine.Options{}).Stats(); st.Memories != 100 {
		t.Fatalf("%d memories, want 100", st.Memories)
	}
}

func TestARelativeDirectoryStaysWhereItWas(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	t.Chdir(b)
	db := open(t, "data", engine.Options{})
	add(t, db, generated(300, 3)...)
	db.Close()
	t.Chdir(a)
	db = open(t, "data", engine.Options{})
	add(t, db, engine.Memory{Text: "of a"})
	t.Chdir(b)
	if err := db.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	db.Close()
	if st, _ := open(t, filepath.Join(b, "data"), engine.Options{}).Stats(); st.Memories != 300 {
		t.Fatalf("%d memories in b, want 300", st.Memories)
	}
}

func TestSegmentsOfAnotherStoreAreNotTaken(t *testing.T) {
	anna, want := filled(t)
	bert := t.TempDir()
	db := open(t, bert, engine.Options{})
	add(t, db, generated(1200, 10)...)
	db.Close()
	for i, f := range segmentFiles(t, anna) {
		copyFile(t, segmentFiles(t, bert)[i], f)
	}
	db = open(t, anna, engine.Options{})
	if got := allResults(t, db); !reflect.DeepEqual(got, want) {
		t.Fatal("answers of another store")
	}
	if st, _ := db.Stats(); st.Discarded == 0 {
		t.Fatal("nothing was discarded")
	}
}

func TestAFlippedBitOfTheTruthIsFound(t *testing.T) {
	dir := t.TempDir()
	db := open(t, dir, engine.Options{})
	add(t, db, engine.Memory{Key: "k", Text: "the dose is 10 drops"})
	db.Close()
	path := filepath.Join(dir, "truth.db")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.LastIndex(data, []byte("dose is 10"))
	if at < 0 {
		t.Fatal("the text is not in the file")
	}
	for i := 0; i >= 0; { // every page that holds it, old ones too
		data[at+8] = '9'
		if i = bytes.LastIndex(data, []byte("dose is 10")); i >= 0 {
			at = i
		}
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := engine.Open(dir, engine.Options{}); !errors.Is(err, engine.ErrCorrupt) {
		t.Fatalf("opened: %v", err)
	}
}

func TestAPipeInASegmentsPlaceDoesNotHang(t *testing.T) {
	dir, want := filled(t)
	file := segmentFiles(t, dir)[0]
	if err := errors.Join(os.Remove(file), syscall.Mkfifo(file, 0o600)); err != nil {
		t.Fatal(err)
	}
	db := open(t, dir, engine.Options{})
	if got := allResults(t, db); !reflect.DeepEqual(got, want) {
		t.Fatal("answers differ")
	}
}

// TestReadsOfAFileThatIsCutShortAreNotTheProcessesEnd cuts the mapped files of an open
// store: questions and reads give ErrCorrupt or what other engines found, and right
// answers again once the store has rebuilt what it cannot read.
func TestReadsOfAFileThatIsCutShortAreNotTheProcessesEnd(t *testing.T) {
	dir, want := filled(t)
	db := open(t, dir, engine.Options{})
	for _, file := range segmentFiles(t, dir) {
		if err := os.Truncate(file, 4096); err != nil {
			t.Fatal(err)
		}
	}
	failed := 0
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		_, getErr := db.Get(ctx, 600)
		a, err := db.Query(ctx, engine.Query{Text: generatedQuestions[0]})
		var listErr error
		for _, listErr = range db.List(ctx, engine.Selection{}) {
		}
		for _, err := range []error{getErr, err, listErr} {
			if err != nil && !errors.Is(err, engine.ErrCorrupt) {
				t.Fatal(err)
			}
		}
		if getErr != nil || listErr != nil || err != nil {
			failed++
			continue
		}
		if reflect.DeepEqual(results(a), want[0]) {
			break
		}
	}
	if failed == 0 {
		t.Fatal("every read went well: the test sees nothing")
	}
	if got := allResults(t, db); !reflect.DeepEqual(got, want) {
		t.Fatal("answers differ after the repair")
	}
	verify(t, db)
	if st, _ := db.Stats(); st.Discarded == 0 {
		t.Fatal("nothing was rebuilt")
	}
}

// TestLookUpsInAFileThatIsCutShortAreNotTheProcessesEnd cuts files with later versions,
// whose tables are read before any record is.
func TestLookUpsInAFileThatIsCutShortAreNotTheProcessesEnd(t *testing.T) {
	for name, call := range map[string]func(*engine.DB) error{
		"feedback": func(db *engine.DB) error { return db.Feedback(ctx, 4, 1) },
		"export":   func(db *engine.DB) error { _, err := db.Export(ctx, io.Discard); return err },
		"history":  func(db *engine.DB) error { _, err := db.History(ctx, 4); return err },
	} {
		t.Run(name, func(t *testing.T) {
			db := cutShort(t, t.TempDir())
			if err := call(db); err != nil && !errors.Is(err, engine.ErrCorrupt) { // nil: rebuilt already
				t.Errorf("%v", err)
			}
		})
	}
}

// cutShort opens a store with updated memories, and cuts its mapped files short.
func cutShort(t *testing.T, dir string) *engine.DB {
	t.Helper()
	db := open(t, dir, engine.Options{})
	add(t, db, generated(2100, 9)...)
	speaker := "the harbour master"
	for id := engine.ID(1); id < 800; id += 3 {
		if _, err := db.Update(ctx, id, engine.Patch{Speaker: &speaker}); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(db.Compact(ctx), db.Close()); err != nil {
		t.Fatal(err)
	}
	db = open(t, dir, engine.Options{})
	for _, file := range segmentFiles(t, dir) {
		if err := os.Truncate(file, 4096); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// TestAWriteThatMeetsAFileCutShortChangesNothing deletes, updates and supersedes what a file
// holds that cannot be read: an error says so and nothing was changed, adding goes on, and
// once the file has been rebuilt the same call succeeds.
func TestAWriteThatMeetsAFileCutShortChangesNothing(t *testing.T) {
	text := "the tide table of the north harbour"
	for name, c := range map[string]struct {
		call    func(*engine.DB) error
		changed func(*engine.DB) bool
	}{
		"delete": {
			func(db *engine.DB) error { _, err := db.Delete(ctx, 4); return err },
			func(db *engine.DB) bool { _, err := db.Get(ctx, 4); return errors.Is(err, engine.ErrNotFound) },
		},
		"update": {
			func(db *engine.DB) error { _, err := db.Update(ctx, 4, engine.Patch{Text: &text}); return err },
			func(db *engine.DB) bool { m, err := db.Get(ctx, 4); return err == nil && m.Text == text },
		},
		"supersede": {
			func(db *engine.DB) error { _, err := db.Supersede(ctx, 4, engine.Memory{Text: text}); return err },
			func(db *engine.DB) bool { m, err := db.Get(ctx, 4); return err == nil && m.SupersededBy != 0 },
		},
	} {
		t.Run(name, func(t *testing.T) {
			var dir string
			var db *engine.DB
			var err error
			for try := 0; err == nil && try < 5; try++ { // nil: rebuilt already, on a busy machine
				dir = t.TempDir()
				db = cutShort(t, dir)
				err = c.call(db)
			}
			if !errors.Is(err, engine.ErrCorrupt) || strings.Contains(err.Error(), "truth.db") {
				t.Fatalf("%v", err)
			}
			add(t, db, engine.Memory{Text: "added meanwhile"}) // the store takes writes
			end := time.Now().Add(20 * time.Second)
			for {
				if _, err := db.Get(ctx, 4); err == nil {
					break
				} else if !errors.Is(err, engine.ErrCorrupt) || time.Now().After(end) {
					t.Fatalf("%v", err)
				}
				time.Sleep(time.Millisecond)
			}
			if c.changed(db) {
				t.Fatal("what was refused has changed something")
			}
			if err := c.call(db); err != nil || !c.changed(db) {
				t.Fatalf("after the repair: %v", err)
			}
			verify(t, db)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			if db = open(t, dir, engine.Options{}); !c.changed(db) {
				t.Fatal("lost by reopening")
			}
			verify(t, db)
		})
	}
}

// contentsBelow is every file of a directory with its bytes.
func contentsBelow(t *testing.T, dir string) map[string]string {
	t.Helper()
	contents := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			contents[path] = "directory"
			return err
		}
		data, err := os.ReadFile(path)
		contents[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return contents
}

// TestWhatIsNotThisBuildsStoreStaysUntouched opens directories that are another
// program's or a newer build's: they are refused, and not a byte changes.
func TestWhatIsNotThisBuildsStoreStaysUntouched(t *testing.T) {
	other := t.TempDir()
	if err := errors.Join(os.WriteFile(filepath.Join(other, "report.txt"), []byte("not ours"), 0o600), os.Mkdir(filepath.Join(other, "pictures"), 0o700)); err != nil {
		t.Fatal(err)
	}
	newer, _ := filled(t)
	alterTruth(t, newer, func(tx *bolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("format"), []byte{0, 0, 0, 99}) })
	foreign := t.TempDir() // a bbolt file of another program
	alterTruth(t, foreign, func(tx *bolt.Tx) error {
		b, err := tx.CreateBucket([]byte("meta"))
		if err != nil {
			return err
		}
		return b.Put([]byte("owner"), []byte("somebody"))
	})
	for dir, kind := range map[string]error{other: engine.ErrInvalid, newer: engine.ErrUnsupported, foreign: engine.ErrCorrupt} {
		before := contentsBelow(t, dir)
		if _, err := engine.Open(dir, engine.Options{}); !errors.Is(err, kind) {
			t.Errorf("want %v: %v", kind, err)
		}
		after := contentsBelow(t, dir)
		for path := range after {
			if _, was := before[path]; !was && dir != other && slices.Contains([]string{"LOCK", "segments", "memories"}, filepath.Base(path)) {
				delete(after, path) // to be sure that nobody else is at it
			}
		}
		if !reflect.DeepEqual(after, before) {
			t.Errorf("the directory changed: %d files before, %d after", len(before), len(after))
		}
	}
}

// TestAStoreCopiedWhileOpenOpensOrSaysSo copies the files of a store that is being
// written to. A copy that opens holds what was acknowledged before copying began, or
// says that it is damaged: never less in silence.
func TestAStoreCopiedWhileOpenOpensOrSaysSo(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	dir := t.TempDir()
	db.Close()
	db = open(t, dir, engine.Options{})
	stop, done := make(chan struct{}), make(chan struct{})
	var written atomic.Int64
	go func() {
		defer close(done)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := db.Add(ctx, engine.Memory{Key: "copied-" + strconv.Itoa(i), Text: "copied while open, number " + strconv.Itoa(i)}); err != nil {
				t.Error(err)
				return
			}
			written.Store(int64(i))
		}
	}()
	opened := 0
	for range 20 {
		for n := written.Load(); written.Load() < n+20 && !t.Failed(); {
			time.Sleep(time.Millisecond)
		}
		before, to := written.Load(), t.TempDir()
		for path, data := range contentsBelow(t, dir) {
			if data == "directory" {
				continue
			}
			target := filepath.Join(to, strings.TrimPrefix(path, dir))
			if err := errors.Join(os.MkdirAll(filepath.Dir(target), 0o700), os.WriteFile(target, []byte(data), 0o600)); err != nil {
				t.Fatal(err)
			}
		}
		copied, err := engine.Open(to, engine.Options{})
		if err != nil {
			if !errors.Is(err, engine.ErrCorrupt) {
				t.Fatal(err)
			}
			continue
		}
		report, err := copied.Verify(ctx)
		if sound := err == nil && len(report.Faults) == 0; sound {
			opened++
			for i := range before + 1 {
				if _, err := copied.GetByKey(ctx, "", "copied-"+strconv.FormatInt(i, 10)); err != nil {
					t.Fatalf("memory %d of %d: %v", i, before, err)
				}
			}
		}
		copied.Close()
	}
	close(stop)
	<-done
	t.Logf("%d of 20 copies were whole, the others said that they were not", opened)
}

// TestAKeyOfAMegabyteIsRefused wants a typed error that does not repeat the key.
func TestAKeyOfAMegabyteIsRefused(t *testing.T) {
	db := open(t, t.TempDir(), engine.Options{})
	huge := strings.Repeat("k", 1<<20)
	if _, err := db.Add(ctx, engine.Memory{Key: huge, Text: "x"}); !errors.Is(err, engine.ErrInvalid) || strings.Contains(err.Error(), huge[:100]) {
		t.Fatalf("%.200v", err)
	}
	if _, err := db.GetByKey(ctx, "", huge); !errors.Is(err, engine.ErrInvalid) || len(err.Error()) > 200 {
		t.Fatalf("%.200v", err)
	}
}
