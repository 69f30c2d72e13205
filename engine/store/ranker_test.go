package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/nexus-memory/nexus/engine/model"
)

func TestTheRankersOfAStoreComeBackAndGo(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Options{})
	if data, err := s.ReadRanker(); err != nil || data != nil {
		t.Fatalf("a new store has %d bytes of rankers, %v", len(data), err)
	}
	for _, want := range []string{"first", "", "another one"} {
		if err := s.WriteRanker([]byte(want)); err != nil {
			t.Fatal(err)
		}
		if got, err := s.ReadRanker(); err != nil || got == nil || string(got) != want {
			t.Fatalf("%q, want %q: %v", got, want, err)
		}
	}
	for range 2 { // a second time there is nothing to remove
		if err := s.WriteRanker(nil); err != nil {
			t.Fatal(err)
		}
		if data, err := s.ReadRanker(); err != nil || data != nil {
			t.Fatalf("removed, and there is %q, %v", data, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, rankerName+".tmp")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("left behind: %v", err)
	}
}

func TestWhoMayNotWriteWritesNoRanker(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Options{})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.WriteRanker([]byte("x")); !errors.Is(err, model.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	if s = openStore(t, dir, Options{ReadOnly: true}); !errors.Is(s.WriteRanker([]byte("x")), model.ErrReadOnly) {
		t.Error("opened for reading, it writes")
	}
	if _, err := os.Stat(filepath.Join(dir, rankerName)); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestAnOddFileOfRankersIsAnErrorNotAHang(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir, Options{})
	path := filepath.Join(dir, rankerName)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, rankerBytesMax+1); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ReadRanker(); !errors.Is(err, model.ErrCorrupt) {
		t.Errorf("too large: %v", err)
	}
	if err := errors.Join(os.Remove(path), os.Mkdir(path, 0o700)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ReadRanker(); !errors.Is(err, model.ErrCorrupt) {
		t.Errorf("a directory: %v", err)
	}
	if err := errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ReadRanker(); !errors.Is(err, model.ErrCorrupt) {
		t.Errorf("a pipe that nobody writes to: %v", err)
	}
}

func TestABackupHasTheRankersOfItsMoment(t *testing.T) {
	ctx := context.Background()
	for name, link := range map[string]func(string, string) error{"linked": os.Link, "copied": func(string, string) error { return errors.ErrUnsupported }} {
		s, dir := backedUp(t)
		if err := s.WriteRanker([]byte("as it was")); err != nil {
			t.Fatal(err)
		}
		if _, err := s.backup(ctx, dir, nil, link); err != nil {
			t.Fatal(err)
		}
		if err := s.WriteRanker([]byte("as it is now")); err != nil {
			t.Fatal(err)
		}
		restored := filepath.Join(t.TempDir(), "restored")
		if _, err := Restore(ctx, dir, restored, nil); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, place := range []string{dir, restored} {
			if got, err := os.ReadFile(filepath.Join(place, rankerName)); err != nil || !bytes.Equal(got, []byte("as it was")) {
				t.Fatalf("%s: %s has %q, %v", name, place, got, err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, rankerName), []byte("as it isnt"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Restore(ctx, dir, filepath.Join(t.TempDir(), "again"), nil); !errors.Is(err, model.ErrCorrupt) {
			t.Fatalf("%s: of a damaged ranker: %v", name, err)
		}
	}
}

func TestRankersWithoutATruthAreNoNewStore(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, rankerName), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(context.Background(), dir, Options{}); !errors.Is(err, model.ErrCorrupt) {
		t.Fatal(err)
	}
}
