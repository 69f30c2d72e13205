package engine_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/nexus-memory/nexus/engine"
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
		"zeroed page":    func(t *testing.T, _ string, data []byte) []byte { clear(data[4096:8192]); return data },
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
				return b.Put(bytes.Clone(k), v[:20])
			})
			os.RemoveAll(filepath.Join(dir, "segments"))
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
