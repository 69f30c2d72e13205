package vfs

import (
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
)

// Memory is a file system in memory that can lose power: Crash returns what a
// loss at this moment may leave. For tests, and for segments that need no disk.
type Memory struct {
	mu   sync.Mutex
	disk *Disk // under mu
}

// NewMemory returns an empty file system: one root directory.
func NewMemory() *Memory { return &Memory{disk: NewDisk()} }

// Crash returns a file system that holds what is left of this one where of the
// pending pieces those survive that keep names; see Disk.
func (m *Memory) Crash(keep func(Piece) bool) *Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	pieces := m.disk.Pending()
	image := m.disk.Image(func(i int) bool { return keep(pieces[i]) })
	after := NewMemory()
	for _, path := range image.Paths() {
		if dir, isDir := strings.CutSuffix(path, "/"); isDir {
			if dir != "" {
				after.disk.Mkdir(dir)
			}
			continue
		}
		n, _ := after.disk.Create(path, false)
		n.synced = image[path]
	}
	after.disk.root.settleAll()
	return after
}

// settleAll makes everything durable.
func (n *Node) settleAll() {
	n.Settle(n.Mark())
	for _, below := range n.names {
		below.settleAll()
	}
}

func (m *Memory) do(f func(*Disk) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return f(m.disk)
}

func (m *Memory) Create(name string) (File, error) {
	return m.open(func(d *Disk) (*Node, error) { return d.Create(name, true) })
}

func (m *Memory) Open(name string) (File, error) {
	return m.open(func(d *Disk) (*Node, error) { return d.Find(name) })
}

func (m *Memory) open(find func(*Disk) (*Node, error)) (File, error) {
	f := &memoryFile{fs: m}
	err := m.do(func(d *Disk) (err error) {
		f.node, err = find(d)
		return err
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

func (m *Memory) Rename(from, to string) error {
	return m.do(func(d *Disk) error { return d.Rename(from, to) })
}

func (m *Memory) Link(from, to string) error {
	return m.do(func(d *Disk) error { return d.Link(from, to) })
}

func (m *Memory) Remove(name string) error {
	return m.do(func(d *Disk) error { return d.Remove(name) })
}

func (m *Memory) List(dir string) (names []string, err error) {
	err = m.do(func(d *Disk) (err error) {
		names, err = d.List(dir)
		return err
	})
	return names, err
}

func (m *Memory) MkdirAll(dir string) error {
	return m.do(func(d *Disk) error {
		for i := 1; i <= len(dir); i++ {
			if i < len(dir) && dir[i] != '/' {
				continue
			}
			if n, err := d.Find(dir[:i]); err == nil && n.names != nil {
				continue
			}
			if err := d.Mkdir(dir[:i]); err != nil {
				return err
			}
			parent, _, _ := d.split(dir[:i])
			parent.Settle(parent.Mark())
		}
		return nil
	})
}

func (m *Memory) SyncDir(dir string) error {
	return m.do(func(d *Disk) error {
		n, err := d.Find(dir)
		if err == nil {
			n.Settle(n.Mark())
		}
		return err
	})
}

// memoryFile is an open file of a Memory.
type memoryFile struct {
	fs   *Memory
	node *Node
	at   int64 // where the next Write goes
}

func (f *memoryFile) Write(p []byte) (int, error) {
	f.fs.do(func(d *Disk) error { d.Write(f.node, f.at, p); return nil })
	f.at += int64(len(p))
	return len(p), nil
}

func (f *memoryFile) bytes() (data []byte, err error) {
	err = f.fs.do(func(*Disk) error {
		if f.node.names != nil {
			return fmt.Errorf("no regular file: %w", fs.ErrInvalid)
		}
		data = f.node.Bytes()
		return nil
	})
	return data, err
}

func (f *memoryFile) ReadAt(p []byte, at int64) (int, error) {
	data, err := f.bytes()
	if err != nil {
		return 0, err
	}
	n := copy(p, data[min(at, int64(len(data))):])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *memoryFile) Sync() error {
	return f.fs.do(func(*Disk) error { f.node.Settle(f.node.Mark()); return nil })
}

func (f *memoryFile) Size() (int64, error) {
	data, err := f.bytes()
	return int64(len(data)), err
}

// Map returns a copy, aligned as pages are.
func (f *memoryFile) Map() ([]byte, func(), error) {
	data, err := f.bytes()
	if err != nil {
		return nil, nil, err
	}
	const page = 4096
	own := make([]byte, max(len(data), page)) // size classes from there on are multiples of 64
	return own[:copy(own, data):len(data)], nil, nil
}

func (f *memoryFile) Close() error { return nil }
