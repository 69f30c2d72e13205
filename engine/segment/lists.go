package segment

import (
	"io"
	"runtime"
	"runtime/debug"
	"slices"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/vector"
	"github.com/nexus-memory/nexus/engine/vfs"
)

// Lists is a file of vector.Lists: the 1-bit codes of many segments' vectors once more, in
// lists of those that lie together, so that a search need not read all of them. It names
// the segments it is of by their ranges and checksums, and nothing names it: what is not of
// a view's segments is passed over, and a view without it is only slower. It is immutable, and
// its methods are safe from any goroutine.
//
// The file has header, table and sections as a segment file has, with magic and version of
// its own (a bump adds a line here; a file of another version is made anew):
//
//	1  2026-11  segments, what the centroids were learnt from, centroids, places and their codes (70 to 80)
type Lists struct {
	image, mapping []byte // mapping as of Segment
	derived        uint64
	of             []listed
	vectors        vector.Lists
}

const (
	listsMagic   = "NEXUSLST"
	listsVersion = 1
)

var listsKind = fileKind{listsMagic, listsVersion, listsVersion}

// listed is a segment as lists name it.
type listed struct {
	first, last model.ID
	rowCount    int
	sum         uint32
}

// listable reports whether the vectors may be in lists: they are many, of enough numbers, and
// written down. It reads nothing of the file.
func (s *Segment) listable() bool { return s.inFile && s.vectors.Coded() }

// OpenLists maps a file of lists read-only, or reads it into memory, and checks all of it.
// Errors and mappings are as of OpenFile.
func OpenLists(files vfs.FS, path string, inMemory bool) (*Lists, error) {
	i, err := openImage(files, path, inMemory)
	if err != nil {
		return nil, err
	}
	l, err := decodeLists(i.data, i.fetch)
	if err != nil {
		i.close()
		return nil, err
	}
	if i.release != nil {
		l.mapping = i.data
		l.Rest() // checking has read everything
		runtime.AddCleanup(l, func(release func()) { release() }, i.release)
	}
	return l, nil
}

func decodeLists(image []byte, fetch func(part []byte)) (l *Lists, err error) {
	defer Rescue(debug.SetPanicOnFault(true), &err)
	c, _, err := open(image, listsKind, fetch)
	if err != nil {
		return nil, err
	}
	if len(c.listsOf)%3 != 0 || len(c.listsLearnt) != 2 {
		return nil, corrupt("lists of %d numbers, learnt from %d", len(c.listsOf), len(c.listsLearnt))
	}
	l = &Lists{image: image, derived: c.derived, vectors: c.lists}
	var rowCounts []int
	first := uint64(0)
	l.vectors.Firsts = append(l.vectors.Firsts, 0)
	for i := 0; i < len(c.listsOf); i += 3 {
		of := listed{model.ID(c.listsOf[i]), model.ID(c.listsOf[i+1]), int(c.listsOf[i+2] >> 32), uint32(c.listsOf[i+2])}
		if first += uint64(of.rowCount+63) / 64 * 64; first > vector.RowMax {
			return nil, corrupt("lists of %d rows", first)
		}
		if n := len(l.of); of.rowCount == 0 || of.first > of.last || n > 0 && of.first <= l.of[n-1].last {
			return nil, corrupt("lists of %d memories from %d to %d, out of order", of.rowCount, of.first, of.last)
		}
		l.of = append(l.of, of)
		l.vectors.Firsts = append(l.vectors.Firsts, uint32(first))
		rowCounts = append(rowCounts, of.rowCount)
	}
	l.vectors.Dim, l.vectors.Bits.Dim = c.vectors.Dim, c.vectors.Dim
	l.vectors.LearntFrom, l.vectors.Outlived = c.listsLearnt[0], c.listsLearnt[1] != 0
	if err := l.vectors.Check(rowCounts); err != nil {
		return nil, corrupt("lists: %v", err)
	}
	return l, nil
}

// Fits reports whether the lists are of a view's space, and half of their rows are its.
func (l *Lists) Fits(v *View) bool {
	all, in := 0, 0
	for i, part := range l.locate(v.Parts) {
		all += l.of[i].rowCount
		if part >= 0 {
			in += l.of[i].rowCount
		}
	}
	return l.derived == v.Space.Derived() && l.vectors.Dim == v.Space.Dim && in >= all-in
}

// Outlived reports whether the centroids were learnt from vectors too that have gone since.
func (l *Lists) Outlived() bool { return l.vectors.Outlived }

// Size returns the bytes of the file.
func (l *Lists) Size() int { return len(l.image) }

// Verify checks the file again from the first byte to the last.
func (l *Lists) Verify() error {
	_, err := decodeLists(l.image, func([]byte) {})
	return err
}

// Rest gives all pages of a mapped file back, as Segment.Rest does.
func (l *Lists) Rest() { giveBack(l.mapping) }

// locate returns the part of each of the lists' segments, -1 where it is none of them.
// Both ascend by sequence. It reads nothing of a file.
func (l *Lists) locate(parts []Part) []int32 {
	list, at := make([]int32, len(l.of)), 0
	for i, of := range l.of {
		for at < len(parts) && parts[at].last < of.first {
			at++
		}
		list[i] = -1
		if at < len(parts) && parts[at].inFile && parts[at].asListed == of {
			list[i] = int32(at)
		}
	}
	return list
}

// WithLists returns the view with lists of its segments' vectors, nil for none.
func (v *View) WithLists(l *Lists) *View {
	n := *v
	n.Epoch++
	n.lists, n.listedAt = l, nil
	if l != nil {
		n.listedAt = l.locate(v.Parts)
	}
	return &n
}

// Lists returns the view's lists, nil where it has none, and the part of each of their
// segments, -1 where the view has it not. The slice is the view's.
func (v *View) Lists() (l *Lists, parts []int32) { return v.lists, v.listedAt }

// Listing returns what a search for vectors needs of Lists; nil where there are none.
func (v *View) Listing() (*vector.Lists, []int32) {
	if v.lists == nil {
		return nil, nil
	}
	return &v.lists.vectors, v.listedAt
}

// Listable returns how many rows have vectors that may be in lists, and how many of these are.
func (v *View) Listable() (all, in int) {
	for i := range v.Parts {
		if p := &v.Parts[i]; p.listable() {
			all += p.RowCount()
		}
	}
	for _, part := range v.listedAt {
		if part >= 0 {
			in += v.Parts[part].RowCount()
		}
	}
	return all, in
}

// Divide makes lists of all vectors that may be in them, of which there must be some; those
// that the view has already stay where they are, see vector.Divide for that, stop and the cost. With
// clean they do not where the centroids were learnt from vectors too that have gone. It
// returns nil when it was told to stop. Vectors must have been checked (CheckRest).
func (v *View) Divide(clean bool, stop func() bool) *ListsDraft {
	c := &content{derived: v.Space.Derived()}
	var parts []*vector.Parts
	var was []int
	for i := range v.Parts {
		p := &v.Parts[i]
		if !p.listable() {
			continue
		}
		of := p.asListed
		c.listsOf = append(c.listsOf, uint64(of.first), uint64(of.last), uint64(of.rowCount)<<32|uint64(of.sum))
		parts = append(parts, p.Vectors())
		was = append(was, v.listedAs(i))
		c.last = p.last
	}
	c.first = model.ID(c.listsOf[0])
	before, at := v.Listing()
	if clean && before != nil && (before.Outlived || slices.Contains(at, -1)) {
		before = nil
	}
	made := vector.Divide(v.Space.Metric, parts, before, was, stop)
	if made == nil {
		return nil
	}
	c.lists, c.listsLearnt = *made, []uint64{made.LearntFrom, 0}
	if made.Outlived {
		c.listsLearnt[1] = 1
	}
	c.vectors.SetDim(v.Space.Dim)
	return &ListsDraft{c}
}

// listedAs returns which of the lists' segments a part is, -1 for none.
func (v *View) listedAs(part int) int {
	for i, at := range v.listedAt {
		if int(at) == part {
			return i
		}
	}
	return -1
}

// ListsDraft is lists that are not in a file yet.
type ListsDraft struct{ c *content }

// Write writes the file.
func (d *ListsDraft) Write(w io.Writer) error { return d.c.write(w, inLists) }
