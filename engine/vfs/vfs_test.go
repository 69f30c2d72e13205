package vfs

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestMemoryDoesWhatTheSystemDoes does the same to both file systems in random order.
func TestMemoryDoesWhatTheSystemDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "vfs-")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		memory := NewMemory()
		if err := errors.Join(memory.MkdirAll(dir+"/a/b"), OS.MkdirAll(dir+"/a/b")); err != nil {
			t.Fatal(err)
		}
		both := func(what string, do func(FS) ([]byte, error)) {
			want, wantErr := do(OS)
			got, err := do(memory)
			if !bytes.Equal(got, want) || (err == nil) != (wantErr == nil) || errors.Is(err, fs.ErrNotExist) != errors.Is(wantErr, fs.ErrNotExist) {
				t.Fatalf("%s: %q %v, the system gives %q %v", what, got, err, want, wantErr)
			}
		}
		name := func() string {
			return dir + rapid.SampledFrom([]string{"/x", "/y", "/a/x", "/a/b/y", "/none/x"}).Draw(t, "name")
		}
		t.Repeat(map[string]func(*rapid.T){
			"write": func(t *rapid.T) {
				path, data := name(), rapid.SliceOfN(rapid.Byte(), 0, 2000).Draw(t, "data")
				both("write", func(f FS) ([]byte, error) { return nil, writeAll(f, path, data) })
			},
			"read": func(*rapid.T) {
				path := name()
				both("read", func(f FS) ([]byte, error) { return readAll(f, path) })
			},
			"rename": func(*rapid.T) {
				from, to := name(), name()
				both("rename", func(f FS) ([]byte, error) { return nil, f.Rename(from, to) })
			},
			"remove": func(*rapid.T) {
				path := name()
				both("remove", func(f FS) ([]byte, error) { return nil, f.Remove(path) })
			},
			"list": func(*rapid.T) {
				both("list", func(f FS) ([]byte, error) {
					names, err := f.List(dir + "/a")
					return []byte(filepath.Join(names...)), err
				})
			},
		})
	})
}

func writeAll(files FS, path string, data []byte) error {
	f, err := files.Create(path)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Sync(), f.Close())
}

func readAll(files FS, path string) ([]byte, error) {
	f, err := files.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil || size == 0 {
		return nil, err
	}
	data := make([]byte, size)
	if _, err := f.ReadAt(data, 0); err != nil {
		return nil, err
	}
	mapped, release, err := f.Map()
	if err != nil || !bytes.Equal(mapped, data) {
		return nil, errors.Join(err, errors.New("the map has other bytes"))
	}
	if release != nil {
		release()
	}
	return data, nil
}

// TestADiskLosesWhatWasNotSynced names, for each step of writing a file durably,
// what may be found after a crash behind it.
func TestADiskLosesWhatWasNotSynced(t *testing.T) {
	m := NewMemory()
	if err := m.MkdirAll("/d"); err != nil {
		t.Fatal(err)
	}
	after := func(keep func(Piece) bool, path string) string {
		data, err := readAll(m.Crash(keep), path)
		if err != nil {
			return "none"
		}
		return string(data)
	}
	all, none := func(Piece) bool { return true }, func(Piece) bool { return false }
	names := func(p Piece) bool { return p.Entry }
	want := func(step string, got, want string) {
		t.Helper()
		if got != want {
			t.Fatalf("%s: %q, want %q", step, got, want)
		}
	}
	f, err := m.Create("/d/f.tmp")
	if err != nil {
		t.Fatal(err)
	}
	f.Write(bytes.Repeat([]byte("a"), SectorBytes))
	f.Write([]byte("bbb"))
	want("all", after(all, "/d/f.tmp"), string(bytes.Repeat([]byte("a"), SectorBytes))+"bbb")
	want("nothing", after(none, "/d/f.tmp"), "none")
	want("the name alone", after(names, "/d/f.tmp"), "")
	torn := after(func(p Piece) bool { return p.Entry || p.Length == 0 || p.At == SectorBytes }, "/d/f.tmp")
	want("the second sector alone", torn, string(make([]byte, SectorBytes))+"bbb")
	f.Sync()
	want("bytes without a name", after(none, "/d/f.tmp"), "none")
	m.Rename("/d/f.tmp", "/d/f")
	want("no name", after(none, "/d/f"), "none")
	want("named", after(names, "/d/f")[:1], "a")
	m.SyncDir("/d")
	want("durable", after(none, "/d/f")[:1], "a")
	want("renamed", after(none, "/d/f.tmp"), "none")
	m.Remove("/d/f")
	want("removed, not durably", after(none, "/d/f")[:1], "a")
	want("removed", after(all, "/d/f"), "none")
}

// TestASyncCoversWhatWasThereWhenItBegan settles a mark that later writes are beyond.
func TestASyncCoversWhatWasThereWhenItBegan(t *testing.T) {
	d := NewDisk()
	n, err := d.Create("/f", false)
	if err != nil {
		t.Fatal(err)
	}
	d.root.Settle(d.root.Mark())
	d.Write(n, 0, []byte("one"))
	mark := n.Mark()
	d.Write(n, 3, []byte("two"))
	n.Settle(mark)
	n.Settle(mark) // a second sync that began there changes nothing
	if got := d.Image(func(int) bool { return false })["/f"]; string(got) != "one" {
		t.Fatalf("%q", got)
	}
	d.Resize(n, 1)
	if got := n.Bytes(); string(got) != "o" {
		t.Fatalf("%q", got)
	}
	if !slices.Equal(d.Image(func(int) bool { return true }).Paths(), []string{"/", "/f"}) {
		t.Fatal("other paths")
	}
}
