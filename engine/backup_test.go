package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nexus-memory/nexus/engine"
)

func backUp(t *testing.T, db *engine.DB, dir string) int {
	t.Helper()
	count, err := db.Backup(ctx, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return count
}

// names lists a directory, nil where there is none.
func names(t *testing.T, dir string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func TestABackupUnderLoadIsTheStoreOfOneMoment(t *testing.T) {
	const writers, batch = 6, 40
	db, dir := open(t, t.TempDir(), engine.Options{}), filepath.Join(t.TempDir(), "backup")
	var acknowledged [writers]atomic.Int64 // batches
	var stop atomic.Bool
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for n := 0; !stop.Load(); n++ {
				memories := make([]engine.Memory, batch)
				for i := range memories {
					memories[i] = engine.Memory{Key: fmt.Sprintf("%d-%d-%d", w, n, i), Text: fmt.Sprintf("writer %d batch %d part %d", w, n, i)}
				}
				if _, err := db.Add(ctx, memories...); err != nil {
					t.Error(err)
					return
				}
				acknowledged[w].Store(int64(n + 1))
			}
		})
	}
	for acknowledged[0].Load() < 60 && !t.Failed() { // merges to files have begun
	}
	var before [writers]int64
	for w := range before {
		before[w] = acknowledged[w].Load()
	}
	count := backUp(t, db, dir)
	stop.Store(true)
	group.Wait()

	restored := filepath.Join(t.TempDir(), "restored")
	if n, err := engine.Restore(ctx, dir, restored, nil); err != nil || n != count {
		t.Fatalf("restored %d of %d: %v", n, count, err)
	}
	for _, place := range []string{dir, restored} {
		copied := open(t, place, engine.Options{ReadOnly: place == dir})
		verify(t, copied)
		found := 0
		for w := range writers {
			batches := 0
			for whole := true; whole; batches++ {
				parts := 0
				for i := range batch {
					m, err := copied.GetByKey(ctx, "", fmt.Sprintf("%d-%d-%d", w, batches, i))
					if err == nil && m.Text == fmt.Sprintf("writer %d batch %d part %d", w, batches, i) {
						parts++
					}
				}
				if whole = parts == batch; !whole && parts > 0 {
					t.Fatalf("batch %d of writer %d: %d parts of %d", batches, w, parts, batch)
				}
				found += parts
			}
			if int64(batches-1) < before[w] {
				t.Fatalf("writer %d: %d batches, %d were acknowledged before", w, batches-1, before[w])
			}
		}
		last, listed := engine.ID(0), 0
		for m, err := range copied.List(ctx, engine.Selection{}) {
			if err != nil || m.ID != last+1 {
				t.Fatalf("after memory %d comes %d (%v)", last, m.ID, err)
			}
			last, listed = m.ID, listed+1
		}
		if listed != count || found != count {
			t.Fatalf("%d memories listed, %d found by key, want %d", listed, found, count)
		}
		copied.Close()
	}
}

func TestABackupAnswersAsItsStoreAndSurvivesIt(t *testing.T) {
	from, want := filled(t)
	db := open(t, from, engine.Options{ReadOnly: true})
	dir := t.TempDir() // exists, empty
	backUp(t, db, dir)
	db.Close()
	if err := os.RemoveAll(from); err != nil {
		t.Fatal(err)
	}
	copied := open(t, dir, engine.Options{ReadOnly: true})
	if got := allResults(t, copied); !reflect.DeepEqual(got, want) {
		t.Error("a backup gives other answers")
	}
	if s, err := copied.Stats(); err != nil || s.Discarded > 0 || s.SegmentFiles == 0 {
		t.Errorf("segments were not copied: %+v %v", s, err)
	}
	copied.Close()
	target := t.TempDir()
	if _, err := engine.Restore(ctx, dir, target, nil); err != nil {
		t.Fatal(err)
	}
	open(t, dir, engine.Options{}).Close() // for writing: no backup any more
	if _, err := engine.Restore(ctx, dir, filepath.Join(t.TempDir(), "x"), nil); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("a backup that was written to: %v", err)
	}
	restored := open(t, target, engine.Options{})
	if got := allResults(t, restored); !reflect.DeepEqual(got, want) {
		t.Error("a restored store gives other answers")
	}
	add(t, restored, engine.Memory{Text: "life goes on"})
	verify(t, restored)
}

func TestADamagedBackupIsNamedAndNothingIsWritten(t *testing.T) {
	from, _ := filled(t)
	whole := filepath.Join(t.TempDir(), "whole")
	db := open(t, from, engine.Options{})
	backUp(t, db, whole)
	db.Close()
	segment := "segments/" + filepath.Base(segmentFiles(t, whole)[0])
	flip := func(data []byte) []byte { data[len(data)/2] ^= 16; return data }
	for name, c := range map[string]struct {
		file   string
		change func([]byte) []byte // nil: removed
	}{
		"truth flipped": {"truth.db", flip}, "truth cut": {"truth.db", func(d []byte) []byte { return d[:len(d)-4096] }}, "truth gone": {"truth.db", nil},
		"segment flipped": {segment, flip}, "segment gone": {segment, nil},
		"list flipped": {"BACKUP", flip}, "list cut": {"BACKUP", func(d []byte) []byte { return d[:len(d)/2] }}, "list empty": {"BACKUP", func(d []byte) []byte { return d[:0] }},
		"list leads out":  {"BACKUP", func(d []byte) []byte { return bytes.Replace(d, []byte("segments/0"), []byte("../egments0"), 1) }},
		"list of another": {"BACKUP", func(d []byte) []byte { return append(d, "# more\n"...) }},
	} {
		dir, target := filepath.Join(t.TempDir(), "damaged"), t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, c.file)
		data, err := os.ReadFile(path)
		if err == nil && c.change != nil {
			err = os.WriteFile(path, c.change(data), 0o600)
		} else if err == nil {
			err = os.Remove(path)
		}
		if err != nil {
			t.Fatal(err)
		}
		_, err = engine.Restore(ctx, dir, target, nil)
		if !errors.Is(err, engine.ErrCorrupt) || !strings.Contains(err.Error(), c.file) {
			t.Errorf("%s: %v", name, err)
		}
		if left := names(t, target); left != nil {
			t.Errorf("%s: target has %v", name, left)
		}
	}
}

func TestBackupAndRestoreRefuseWhatIsThereAndLeaveNothingHalf(t *testing.T) {
	store := t.TempDir()
	db := open(t, store, engine.Options{})
	add(t, db, generated(300, 3)...)
	base := t.TempDir()
	full, backup := filepath.Join(base, "full"), filepath.Join(base, "backup")
	if err := os.Mkdir(full, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(full, "letter"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	backUp(t, db, backup)
	want := names(t, base)
	for name, c := range map[string]struct {
		dir  string
		want error
	}{
		"not empty": {full, engine.ErrExists}, "twice": {backup, engine.ErrExists}, "a file": {filepath.Join(full, "letter"), engine.ErrInvalid},
		"nowhere": {filepath.Join(base, "no", "where"), engine.ErrNotFound}, "no name": {"", engine.ErrInvalid}, "NUL": {"a\x00b", engine.ErrInvalid},
	} {
		if _, err := db.Backup(ctx, c.dir, nil); !errors.Is(err, c.want) {
			t.Errorf("backup, %s: %v", name, err)
		}
		if _, err := engine.Restore(ctx, backup, c.dir, nil); !errors.Is(err, c.want) {
			t.Errorf("restore, %s: %v", name, err)
		}
	}
	if _, err := db.Backup(ctx, filepath.Join(store, "inner"), nil); !errors.Is(err, engine.ErrInvalid) {
		t.Errorf("backup within the store: %v", err)
	}
	if _, err := engine.Restore(ctx, full, filepath.Join(base, "x"), nil); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("restore of no backup: %v", err)
	}
	for share := uint64(1); share <= 9; share++ { // a cancellation at any time
		ended, cancel := context.WithCancel(ctx)
		stopAt := func(done, total uint64) {
			if done*10 >= total*share {
				cancel()
			}
		}
		if _, err := db.Backup(ended, filepath.Join(base, "x"), stopAt); !errors.Is(err, engine.ErrCancelled) {
			t.Errorf("backup cancelled at %d0 %%: %v", share, err)
		}
		ended, cancel = context.WithCancel(ctx)
		if _, err := engine.Restore(ended, backup, filepath.Join(base, "x"), stopAt); !errors.Is(err, engine.ErrCancelled) {
			t.Errorf("restore cancelled at %d0 %%: %v", share, err)
		}
		cancel()
	}
	if got := names(t, base); !reflect.DeepEqual(got, want) {
		t.Errorf("left behind: %v, want %v", got, want)
	}
	db.Close()
	if _, err := db.Backup(ctx, filepath.Join(base, "x"), nil); !errors.Is(err, engine.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}
