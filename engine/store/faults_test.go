package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/vfs"
)

// failing is a file system of which one operation fails, counted from its start.
type failing struct {
	vfs.FS
	left atomic.Int64 // operations until it
	with error
}

func (f *failing) turn() error {
	if f.left.Add(-1) == 0 {
		return f.with
	}
	return nil
}

func (f *failing) Create(name string) (vfs.File, error) {
	if err := f.turn(); err != nil {
		return nil, err
	}
	file, err := f.FS.Create(name)
	return &failingFile{file, f}, err
}

func (f *failing) Open(name string) (vfs.File, error) {
	if err := f.turn(); err != nil {
		return nil, err
	}
	file, err := f.FS.Open(name)
	if err != nil {
		return nil, err
	}
	return &failingFile{file, f}, nil
}

func (f *failing) Rename(from, to string) error { return errors.Join(f.turn(), f.FS.Rename(from, to)) }
func (f *failing) SyncDir(dir string) error     { return errors.Join(f.turn(), f.FS.SyncDir(dir)) }

type failingFile struct {
	vfs.File
	fs *failing
}

func (f *failingFile) Write(p []byte) (int, error) {
	if err := f.fs.turn(); err != nil {
		n, _ := f.File.Write(p[:len(p)/2])
		return n, err
	}
	return f.File.Write(p)
}

func (f *failingFile) Sync() error { return errors.Join(f.fs.turn(), f.File.Sync()) }

func (f *failingFile) Map() ([]byte, func(), error) {
	if err := f.fs.turn(); err != nil {
		return nil, nil, err
	}
	return f.File.Map()
}

// openFilled opens a store over files and adds so many memories.
func openFilled(t *testing.T, dir string, files vfs.FS, count int) *Store {
	t.Helper()
	s, err := Open(context.Background(), dir, Options{Files: files})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Add(context.Background(), numbered(count)); err != nil {
		t.Fatal(err)
	}
	return s
}

func numbered(count int) []model.Memory {
	memories := make([]model.Memory, count)
	for i := range memories {
		memories[i] = model.Memory{Key: fmt.Sprintf("key-%d", i), Text: fmt.Sprintf("note number %d of the faults", i)}
		memories[i].Normalize()
	}
	return memories
}

func wantSound(t *testing.T, s *Store, count int) {
	t.Helper()
	report, err := s.Verify(context.Background())
	if err != nil || len(report.Faults) > 0 || report.Memories != uint64(count) {
		t.Fatalf("%d memories of %d, %v, %v", report.Memories, count, err, report.Faults)
	}
}

// TestNoFailureOfASegmentFileLosesAnything fails each operation on segment files
// in turn while a store compacts: it says so, goes on serving and takes writes,
// and everything is there when it is opened again.
func TestNoFailureOfASegmentFileLosesAnything(t *testing.T) {
	for _, with := range []syscall.Errno{syscall.ENOSPC, syscall.EIO} {
		n := int64(1)
		for ; ; n++ {
			dir, files := t.TempDir(), &failing{FS: vfs.OS, with: with}
			s := openFilled(t, dir, files, 100)
			files.left.Store(n)
			err := s.Compact(context.Background())
			if done := files.left.Load() > 0; done {
				if err != nil {
					t.Fatalf("nothing failed, and yet: %v", err)
				}
				s.Close()
				break
			}
			if code := model.CodeOf(err); err == nil || (with == syscall.ENOSPC) != (code == model.CodeNoSpace) {
				t.Fatalf("%v at operation %d: %v", with, n, err)
			}
			if _, err := s.Add(context.Background(), []model.Memory{{Key: "more", Text: "one more"}}); err != nil {
				t.Fatalf("%v at operation %d: a write after it: %v", with, n, err)
			}
			wantSound(t, s, 101)
			if err := s.Close(); err != nil {
				t.Fatalf("%v at operation %d: close: %v", with, n, err)
			}
			if s, err = Open(context.Background(), dir, Options{}); err != nil {
				t.Fatalf("%v at operation %d: open: %v", with, n, err)
			}
			wantSound(t, s, 101)
			if left, _ := filepath.Glob(filepath.Join(dir, segmentsName, "*.tmp")); len(left) > 0 {
				t.Fatalf("%v at operation %d left %v", with, n, left)
			}
			s.Close()
		}
		if n < 7 {
			t.Fatalf("only %d operations: the test sees nothing", n)
		}
	}
}

// TestSegmentsInMemoryAreNotMapped reads segment files of a file system that has
// no maps, and of the system's.
func TestSegmentsInMemoryAreNotMapped(t *testing.T) {
	dir := t.TempDir()
	openFilled(t, dir, vfs.OS, 100).Close()
	file := filepath.Join(dir, segmentsName, "00000001.nxs")
	data, err := os.ReadFile(file) // a copy: the map of the store that wrote it goes with the garbage
	if err == nil {
		err = errors.Join(os.WriteFile(file+".copy", data, 0o600), os.Rename(file+".copy", file))
	}
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(context.Background(), dir, Options{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	wantSound(t, s, 100)
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(maps), file+"\n") {
		t.Fatal("a segment file is mapped")
	}
	if st, _ := s.Stats(); st.SegmentFiles != 1 || st.Replayed != 0 {
		t.Fatalf("%+v", st)
	}
}

// TestSegmentsServeFromAMemoryFileSystem keeps segment files in memory, loses power,
// and finds the store whole: what the files lack comes from the truth.
func TestSegmentsServeFromAMemoryFileSystem(t *testing.T) {
	dir, files := t.TempDir(), vfs.NewMemory()
	s := openFilled(t, dir, files, 200)
	if err := s.Compact(context.Background()); err != nil {
		t.Fatal(err)
	}
	if st, _ := s.Stats(); st.SegmentFiles != 1 {
		t.Fatalf("%+v", st)
	}
	s.Close()
	for _, keep := range []bool{true, false} {
		after := files.Crash(func(vfs.Piece) bool { return keep })
		s, err := Open(context.Background(), dir, Options{Files: after})
		if err != nil {
			t.Fatal(err)
		}
		wantSound(t, s, 200)
		if st, _ := s.Stats(); st.Replayed != 0 || st.Discarded != 0 {
			t.Fatalf("a durable file was not taken: %+v", st)
		}
		s.Close()
	}
}

// TestAMappedFileThatIsCutShortIsRebuilt cuts a mapped segment file under an open
// store: reads fail with ErrCorrupt at worst, and the store mends itself.
func TestAMappedFileThatIsCutShortIsRebuilt(t *testing.T) {
	dir := t.TempDir()
	openFilled(t, dir, vfs.OS, 500).Close()
	s, err := Open(context.Background(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.Delete(context.Background(), []model.ID{7}); err != nil {
		t.Fatal(err)
	}
	names, err := vfs.OS.List(filepath.Join(dir, segmentsName))
	if err != nil || len(names) != 1 {
		t.Fatal(names, err)
	}
	if err := os.Truncate(filepath.Join(dir, segmentsName, names[0]), 4096); err != nil {
		t.Fatal(err)
	}
	report, err := s.Verify(context.Background())
	if err != nil || len(report.Faults) == 0 {
		t.Fatalf("not found: %v %v", report, err)
	}
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		st, err := s.Stats()
		if err != nil || time.Now().After(end) {
			t.Fatalf("not mended: %+v %v", st, err)
		}
		if st.Discarded == 1 {
			break
		}
	}
	wantSound(t, s, 499)
	view, _ := s.View()
	defer view.Release()
	if _, there := view.Find(7); there || view.Documents != 499 {
		t.Fatalf("memory 7 is back; %d memories", view.Documents)
	}
}
