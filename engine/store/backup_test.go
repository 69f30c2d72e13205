package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/nexus-memory/nexus/engine/model"
)

// backedUp returns a store with segment files, and where its backup goes.
func backedUp(t *testing.T) (s *Store, dir string) {
	t.Helper()
	s = openStore(t, t.TempDir(), Options{})
	if _, err := s.Add(context.Background(), notes(fileRows+100)); err != nil {
		t.Fatal(err)
	}
	if err := s.order(context.Background(), true); err != nil {
		t.Fatal(err)
	}
	return s, filepath.Join(t.TempDir(), "backup")
}

func TestABackupOnAnotherFileSystemCopiesWhatAMergeRemovesMeanwhile(t *testing.T) {
	ctx := context.Background()
	s, dir := backedUp(t)
	var truth uint64
	if err := s.readTruth(func(tx *bolt.Tx) error { truth = uint64(tx.Size()); return nil }); err != nil {
		t.Fatal(err)
	}
	merged := false
	meter := func(done, total uint64) { // the files are open by now: take their names away
		if merged || done <= truth {
			return
		}
		merged = true
		if _, err := s.Delete(ctx, []model.ID{1}); err != nil {
			t.Error(err)
		}
		if err := s.order(ctx, true); err != nil {
			t.Error(err)
		}
	}
	defer func() {
		if !merged {
			t.Error("no merge ran beside the backup")
		}
	}()
	count, err := s.backup(ctx, dir, meter, func(string, string) error { return syscall.EXDEV })
	if err != nil || count != fileRows+100 {
		t.Fatalf("%d memories, %v", count, err)
	}
	copied := openStore(t, dir, Options{ReadOnly: true})
	st, err := copied.Stats()
	if err != nil || st.SegmentFiles == 0 || st.Discarded > 0 || st.Memories != fileRows+100 {
		t.Fatalf("%+v %v", st, err)
	}
	if report, err := copied.Verify(ctx); err != nil || len(report.Faults) > 0 {
		t.Fatalf("%v %v", err, report.Faults)
	}
}

func TestABackupOfADamagedTruthIsRefused(t *testing.T) {
	s, dir := backedUp(t)
	ids, err := s.Add(context.Background(), notes(1)) // in truth.db still
	if err != nil {
		t.Fatal(err)
	}
	err = s.onWriter(func() error {
		if err := s.checkpoint(); err != nil {
			return err
		}
		return s.db.Update(func(tx *bolt.Tx) error {
			b := tx.Bucket(bucketMemories)
			value := append([]byte{}, b.Get(idBytes(ids[0]))...)
			value[40] ^= 1
			return b.Put(idBytes(ids[0]), value)
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = s.Backup(context.Background(), dir, nil); !errors.Is(err, model.ErrCorrupt) || !strings.Contains(err.Error(), fmt.Sprintf("memory %d", ids[0])) {
		t.Errorf("error %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(dir)); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func FuzzParseBackupList(f *testing.F) {
	f.Add("# nexus backup 1: 3 memories\n" + strings.Repeat("0", 64) + "  truth.db\n# end: 1 files\n")
	f.Add("# nexus backup 1: 3 memories\n" + strings.Repeat("0", 64) + "  truth.db\n" + strings.Repeat("f", 64) + "  segments/00000001.nxs\n# end: 2 files\n")
	f.Add("# nexus backup 1: 3 memories\n# end: 0 files\n")
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		files, memories, err := parseBackupList(text)
		if err != nil {
			if !errors.Is(err, model.ErrCorrupt) {
				t.Fatal(err)
			}
			return
		}
		var b strings.Builder
		if err := writeBackupList(&b, memories, files); err != nil || !strings.EqualFold(b.String(), text) {
			t.Fatalf("%q was read as %q", text, b.String())
		}
		for _, f := range files {
			if !filepath.IsLocal(f.name) {
				t.Fatalf("%q leads out", f.name)
			}
		}
	})
}
