package vfs

import (
	"bytes"
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// SectorBytes is what a disk writes whole or not at all.
const SectorBytes = 512

// Disk is what a disk holds while a program writes to it: what surely survives a
// loss of power, and the changes on the way. Nothing orders those but a sync: any
// subset of them may survive, a write by single sectors of 512 bytes, the growth
// of a file without the bytes that made it grow (which are zero then), a name
// without its file's bytes, or the other way round. That is harsher than ext4 or
// XFS are, and what POSIX allows. Renames within a directory are atomic.
//
// One goroutine at a time.
type Disk struct {
	root *Node
	op   int // operations so far
}

// Node is a file or a directory of a Disk, whatever names it has.
type Node struct {
	synced  []byte           // of a file, what surely survives; replaced, never written
	names   map[string]*Node // of a directory, likewise
	pending []change         // in the order they were made
	settled int              // changes that are durable
}

// change is one thing that a file or directory goes through on its way to disk:
// bytes, a size, or an entry.
type change struct {
	op   int // pieces of one operation share it
	data []byte
	at   int64
	size int64 // where data is nil: of the file; it only grows where grow is set
	grow bool

	from, name string // of an entry that becomes to (nil: goes), from going
	to         *Node
}

// NewDisk returns an empty disk: one root directory.
func NewDisk() *Disk { return &Disk{root: newDirectory()} }

func newDirectory() *Node { return &Node{names: map[string]*Node{}} }

// Piece tells what a change that may or may not survive is about.
type Piece struct {
	Op     int    // pieces of one operation share it
	Path   string // of the file or directory, from the root
	Entry  bool   // it is a name, not bytes
	At     int64  // of bytes
	Length int
}

// Image is what a disk holds after a crash: files by path from the root, and
// directories, which end in a slash. Contents are shared: they are not to be written.
type Image map[string][]byte

// Paths returns the image's paths in order, directories before what is in them.
func (m Image) Paths() []string { return slices.Sorted(maps.Keys(m)) }

// Pending returns what may or may not survive a crash at this moment, in an
// order that Image keeps to. Things that no name may lead to are left out.
func (d *Disk) Pending() (list []Piece) {
	d.walk(func(path string, n *Node) {
		for _, c := range n.pending {
			list = append(list, Piece{c.op, path, c.data == nil && n.names != nil, c.at, len(c.data)})
		}
	})
	return list
}

// Image returns what is left where of the pieces of Pending exactly those survive
// that keep names. O(bytes of the files that something is pending for).
func (d *Disk) Image(keep func(piece int) bool) Image {
	kept, at := map[*Node][]change{}, 0
	d.walk(func(_ string, n *Node) {
		for _, c := range n.pending {
			if keep(at) {
				kept[n] = append(kept[n], c)
			}
			at++
		}
	})
	image := Image{}
	image.add("", d.root, kept)
	return image
}

// walk visits every node that a name may lead to, once, in a fixed order.
func (d *Disk) walk(visit func(path string, n *Node)) {
	seen := map[*Node]bool{}
	var into func(path string, n *Node)
	into = func(path string, n *Node) {
		if n == nil || seen[n] {
			return
		}
		seen[n] = true
		visit(path, n)
		for _, name := range slices.Sorted(maps.Keys(n.names)) {
			into(path+"/"+name, n.names[name])
		}
		for _, c := range n.pending {
			into(path+"/"+c.name, c.to)
		}
	}
	into("", d.root)
}

func (m Image) add(path string, n *Node, kept map[*Node][]change) {
	if n.names == nil {
		m[path] = n.contents(kept[n])
		return
	}
	m[path+"/"] = nil
	for name, to := range n.entries(kept[n]) {
		m.add(path+"/"+name, to, kept)
	}
}

// entries returns a directory after the changes given.
func (n *Node) entries(changes []change) map[string]*Node {
	if len(changes) == 0 {
		return n.names
	}
	names := maps.Clone(n.names)
	for _, c := range changes {
		if c.from != "" {
			delete(names, c.from)
		}
		if c.to == nil {
			delete(names, c.name)
			continue
		}
		names[c.name] = c.to
	}
	return names
}

// contents returns a file after the changes given. Bytes beyond its size are lost.
func (n *Node) contents(changes []change) []byte {
	if len(changes) == 0 {
		return n.synced
	}
	size := int64(len(n.synced))
	extent := size
	for _, c := range changes {
		extent = max(extent, c.size, c.at+int64(len(c.data)))
	}
	out := make([]byte, extent)
	copy(out, n.synced)
	for _, c := range changes {
		switch {
		case c.data != nil:
			copy(out[c.at:], c.data)
		case c.grow:
			size = max(size, c.size)
		default:
			clear(out[min(c.size, extent):])
			size = c.size
		}
	}
	return out[:size]
}

// Write notes bytes written at an offset: by sectors, and the size they make.
func (d *Disk) Write(n *Node, at int64, data []byte) {
	d.op++
	n.pending = append(n.pending, change{op: d.op, size: at + int64(len(data)), grow: true})
	for data = bytes.Clone(data); len(data) > 0; {
		length := min(int64(len(data)), SectorBytes-at%SectorBytes)
		n.pending = append(n.pending, change{op: d.op, at: at, data: data[:length:length]})
		at, data = at+length, data[length:]
	}
}

// Resize notes that a file was cut or grown with zeros.
func (d *Disk) Resize(n *Node, size int64) {
	d.op++
	n.pending = append(n.pending, change{op: d.op, size: size})
}

// Mark returns a place in a file's or directory's history: all changes so far.
func (n *Node) Mark() int { return n.settled + len(n.pending) }

// Settle makes the changes up to a mark durable, which is what a sync does that
// began there.
func (n *Node) Settle(mark int) {
	count := mark - n.settled
	if count <= 0 {
		return
	}
	if n.names != nil {
		n.names = n.entries(n.pending[:count])
	} else {
		n.synced = n.contents(n.pending[:count])
	}
	n.pending = slices.Clone(n.pending[count:])
	n.settled = mark
}

// Bytes returns a file as its program sees it.
func (n *Node) Bytes() []byte { return n.contents(n.pending) }

// Create returns the file of a path, new and empty where there is none; with
// empty its bytes go where there is one.
func (d *Disk) Create(path string, empty bool) (*Node, error) {
	n, err := d.Find(path)
	switch {
	case err != nil:
		n = &Node{}
		return n, d.enter(path, "", n)
	case n.names != nil:
		return nil, fault("create", path, fs.ErrInvalid)
	case empty:
		d.Resize(n, 0)
	}
	return n, nil
}

// Mkdir creates a directory.
func (d *Disk) Mkdir(path string) error {
	if _, err := d.Find(path); err == nil {
		return fault("mkdir", path, fs.ErrExist)
	}
	return d.enter(path, "", newDirectory())
}

// Link gives a file another name, in place of what had it.
func (d *Disk) Link(from, to string) error {
	n, err := d.Find(from)
	if err != nil {
		return err
	}
	return d.enter(to, "", n)
}

// Rename moves a name; only within a directory is that one change.
func (d *Disk) Rename(from, to string) error {
	n, err := d.Find(from)
	if err != nil {
		return err
	}
	source, name, _ := d.split(from)
	if target, _, err := d.split(to); err == nil && target == source {
		return d.enter(to, name, n)
	}
	if err := d.enter(to, "", n); err != nil {
		return err
	}
	return d.enter(from, "", nil)
}

// Remove removes a name.
func (d *Disk) Remove(path string) error {
	if _, err := d.Find(path); err != nil {
		return err
	}
	return d.enter(path, "", nil)
}

// List returns the names in a directory, sorted.
func (d *Disk) List(path string) ([]string, error) {
	n, err := d.Find(path)
	if err == nil && n.names == nil {
		err = fault("list", path, fs.ErrInvalid)
	}
	if err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(n.entries(n.pending))), nil
}

func (d *Disk) enter(path, from string, to *Node) error {
	dir, name, err := d.split(path)
	if err == nil {
		d.op++
		dir.pending = append(dir.pending, change{op: d.op, from: from, name: name, to: to})
	}
	return err
}

func fault(op, path string, err error) error { return &fs.PathError{Op: op, Path: path, Err: err} }

// Find returns what a path leads to as the program sees it.
func (d *Disk) Find(path string) (*Node, error) {
	n := d.root
	for name := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		switch {
		case name == "":
			continue
		case n.names == nil:
			return nil, fault("open", path, fs.ErrNotExist)
		}
		if n = n.entries(n.pending)[name]; n == nil {
			return nil, fault("open", path, fs.ErrNotExist)
		}
	}
	return n, nil
}

// split returns the directory that a path names something in.
func (d *Disk) split(path string) (dir *Node, name string, err error) {
	path = strings.TrimRight(path, "/")
	at := strings.LastIndexByte(path, '/')
	dir, err = d.Find(path[:max(at, 0)])
	if err == nil && dir.names == nil {
		err = fault("open", path, fs.ErrNotExist)
	}
	return dir, path[at+1:], err
}
