package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/nexus-memory/nexus/engine/model"
)

// setFormat changes the format that a closed store says it has.
func setFormat(t *testing.T, dir string, version uint32) {
	t.Helper()
	db, err := openFile(filepath.Join(dir, truthName), false)
	if err == nil {
		err = db.Update(func(tx *bolt.Tx) error {
			return tx.Bucket(bucketMeta).Put(metaFormat, binary.BigEndian.AppendUint32(nil, version))
		})
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// older returns a closed store that says to be two formats older than this build's
// (the formats of these tests are 100 and more, for the build's own to rise freely).
func older(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	s := openStore(t, dir, Options{})
	if _, err := s.Add(context.Background(), notes(300)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	setFormat(t, dir, 100)
	return dir
}

var testSteps = []step{
	{101, 102, func(tx *bolt.Tx) error { return tx.Bucket(bucketMeta).Put([]byte("second"), []byte("2")) }},
	{100, 101, func(tx *bolt.Tx) error { return tx.Bucket(bucketMeta).Put([]byte("first"), []byte("1")) }},
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// format is that of a truth file, and whether both steps have been at it.
func format(t *testing.T, path string) (version uint32, stepped bool) {
	t.Helper()
	db, err := openFile(path, true)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if version, err = readFormat(db); err != nil {
		t.Fatal(err)
	}
	err = db.View(func(tx *bolt.Tx) error {
		if n := tx.Bucket(bucketMemories).Stats().KeyN; n != 300 {
			t.Errorf("%s has %d memories", filepath.Base(path), n)
		}
		if tx.Bucket(bucketMemories).Sequence() != 300 {
			t.Errorf("%s gives IDs from %d on", filepath.Base(path), tx.Bucket(bucketMemories).Sequence())
		}
		stepped = tx.Bucket(bucketMeta).Get([]byte("first")) != nil && tx.Bucket(bucketMeta).Get([]byte("second")) != nil
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return version, stepped
}

func TestAnUpgradeKeepsTheOldTruthAndGoesBack(t *testing.T) {
	dir := older(t)
	path := filepath.Join(dir, truthName)
	before := readFile(t, path)
	if err := upgradeTruth(context.Background(), dir, 102, testSteps); err != nil {
		t.Fatal(err)
	}
	if version, stepped := format(t, path); version != 102 || !stepped {
		t.Errorf("format %d, steps done: %v", version, stepped)
	}
	if !bytes.Equal(readFile(t, keptPath(dir, 100)), before) {
		t.Error("what was kept is not what was there")
	}
	upgraded := readFile(t, path)
	if err := upgradeTruth(context.Background(), dir, 102, testSteps); err != nil || !bytes.Equal(readFile(t, path), upgraded) {
		t.Errorf("an upgrade of what is upgraded: %v", err)
	}
	if m, err := Migrations(dir); err != nil || m != (Migration{Format: 102, Current: FormatVersion, Kept: 100}) {
		t.Errorf("%+v %v", m, err)
	}
	if _, err := Rollback(dir, false); err != nil || !bytes.Equal(readFile(t, path), before) {
		t.Errorf("rolled back: %v", err)
	}
	if _, err := Rollback(dir, false); !errors.Is(err, model.ErrNotFound) {
		t.Errorf("a second time: %v", err)
	}
	setFormat(t, dir, FormatVersion) // as the build that wrote it would see it
	s := openStore(t, dir, Options{})
	if st, err := s.Stats(); err != nil || st.Memories != 300 {
		t.Errorf("%+v %v", st, err)
	}
}

func TestRollbackRefusesToLoseWhatCameSince(t *testing.T) {
	dir := older(t)
	if err := upgradeTruth(context.Background(), dir, 102, testSteps); err != nil {
		t.Fatal(err)
	}
	db, err := openFile(filepath.Join(dir, truthName), false)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketMemories)
		return errors.Join(b.Delete(idBytes(1)), b.Delete(idBytes(300)), b.Put(idBytes(301), nil), b.Put(idBytes(400), nil), b.Put(idBytes(500), nil))
	})
	if err = errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Rollback(dir, false); !errors.Is(err, model.ErrConflict) || !strings.Contains(err.Error(), "3 memories added") || !strings.Contains(err.Error(), "2 deleted") {
		t.Errorf("error %v", err)
	}
	if m, err := Rollback(dir, true); err != nil || m.Added != 3 || m.Deleted != 2 {
		t.Errorf("forced: %+v %v", m, err)
	}
	if version, _ := format(t, filepath.Join(dir, truthName)); version != 100 {
		t.Errorf("format %d", version)
	}
}

// TestAnUpgradeThatEndsAnywhereLeavesOneTruth looks at the directory as a crash
// within each step would leave it, and lets each step fail.
func TestAnUpgradeThatEndsAnywhereLeavesOneTruth(t *testing.T) {
	for fail := range testSteps {
		dir := older(t)
		before := readFile(t, filepath.Join(dir, truthName))
		failing := slices.Clone(testSteps)
		crashed := filepath.Join(t.TempDir(), "crashed")
		failing[fail].apply = func(*bolt.Tx) error {
			if err := os.CopyFS(crashed, os.DirFS(dir)); err != nil {
				t.Error(err)
			}
			return model.ErrNoSpace
		}
		if err := upgradeTruth(context.Background(), dir, 102, failing); !errors.Is(err, model.ErrNoSpace) {
			t.Errorf("a failing step gives %v", err)
		}
		if _, err := os.Stat(filepath.Join(dir, upgradeName)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the copy is left: %v", err)
		}
		for _, place := range []string{dir, crashed} {
			if !bytes.Equal(readFile(t, filepath.Join(place, truthName)), before) {
				t.Error("the truth was changed")
			}
			if err := upgradeTruth(context.Background(), place, 102, testSteps); err != nil {
				t.Errorf("the next upgrade: %v", err)
			}
			if version, stepped := format(t, filepath.Join(place, truthName)); version != 102 || !stepped {
				t.Errorf("format %d, steps done: %v", version, stepped)
			}
		}
	}
}

func TestOtherFormatsAreRefusedUntouched(t *testing.T) {
	for version, want := range map[uint32]error{FormatVersion + 1: model.ErrUnsupported, 99: model.ErrUnsupported} {
		dir := older(t)
		setFormat(t, dir, version)
		before := readFile(t, filepath.Join(dir, truthName))
		if version == 99 { // no step leads from it
			if err := upgradeTruth(context.Background(), dir, 102, testSteps); !errors.Is(err, want) {
				t.Errorf("upgrade from 99: %v", err)
			}
		}
		if s, err := Open(context.Background(), dir, Options{}); !errors.Is(err, want) {
			t.Errorf("format %d: %v", version, err)
			if err == nil {
				s.Close()
			}
		}
		if !bytes.Equal(readFile(t, filepath.Join(dir, truthName)), before) {
			t.Errorf("format %d: the truth was changed", version)
		}
	}
}

func TestCompactRemovesWhatAnUpgradeKept(t *testing.T) {
	dir := older(t)
	if err := upgradeTruth(context.Background(), dir, 102, testSteps); err != nil {
		t.Fatal(err)
	}
	setFormat(t, dir, FormatVersion)
	s := openStore(t, dir, Options{})
	if err := s.Compact(context.Background()); err != nil {
		t.Fatal(err)
	}
	if kept, err := keptFiles(dir); err != nil || len(kept) > 0 {
		t.Errorf("kept: %v %v", kept, err)
	}
	if _, err := Rollback(dir, true); !errors.Is(err, model.ErrLocked) {
		t.Errorf("rollback of an open store: %v", err)
	}
}

// TestOpeningAnOlderStoreKeepsItsTruth upgrades a file of format 1, as this build's
// steps do, by opening it.
func TestOpeningAnOlderStoreKeepsItsTruth(t *testing.T) {
	dir := older(t)
	setFormat(t, dir, 1)
	before := readFile(t, filepath.Join(dir, truthName))
	reader := openStore(t, dir, Options{ReadOnly: true})
	if st, err := reader.Stats(); err != nil || st.Memories != 300 {
		t.Errorf("read as it is: %+v %v", st, err)
	}
	reader.Close()
	s := openStore(t, dir, Options{})
	if st, err := s.Stats(); err != nil || st.Memories != 300 {
		t.Errorf("upgraded: %+v %v", st, err)
	}
	s.Close()
	if version, _ := format(t, filepath.Join(dir, truthName)); version != FormatVersion {
		t.Errorf("format %d", version)
	}
	if !bytes.Equal(readFile(t, keptPath(dir, 1)), before) {
		t.Error("what was kept is not what was there")
	}
	if m, err := Rollback(dir, false); err != nil || m.Kept != 1 || !bytes.Equal(readFile(t, filepath.Join(dir, truthName)), before) {
		t.Errorf("%+v %v", m, err)
	}
}
