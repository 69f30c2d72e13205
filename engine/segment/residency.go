package segment

import (
	"os"

	"golang.org/x/sys/unix"
)

// Only what every search reads, 1-bit codes and postings, has to be resident. Full vectors
// and records are read a row here and there; the system reads them from the file when they
// are wanted and keeps them as long as it likes, but counts them as this process's until
// they are let go. A page that is let go stays in the system's cache, so that reading it
// again costs a microsecond. Once nobody asks any more (Rest), that holds for all pages:
// the first question afterwards brings those it reads back, sixteen at a time.

// advise tells the system how a mapping is used: rescoring and fetching jump, and reading
// ahead of them would read what nobody wants.
func (s *Segment) advise() {
	if s.mapping == nil {
		return
	}
	for _, column := range s.jumpedColumns() {
		_ = unix.Madvise(s.wholePages(column), unix.MADV_RANDOM) // advice: it may be refused
	}
	// Checking has read all columns, or everything.
	_ = unix.Madvise(s.mapping, unix.MADV_DONTNEED)
}

// LetGo gives the pages of full vectors, their lengths and records back to the system, where the segment
// is a mapped file; nothing otherwise. Reads go on meanwhile. O(1) system calls.
func (s *Segment) LetGo() {
	if s.mapping == nil {
		return
	}
	for _, column := range s.jumpedColumns() {
		_ = unix.Madvise(s.wholePages(column), unix.MADV_DONTNEED)
	}
}

// Rest gives all pages of the segment's mapped files back, its memory file's too: for a store
// that nobody asks. Reads go on, as with LetGo. O(1) system calls.
func (s *Segment) Rest() {
	giveBack(s.mapping)
	if s.from != nil {
		giveBack(s.from.rows.mapping)
	}
}

// giveBack gives all pages of a mapping back, of nil nothing.
func giveBack(mapping []byte) {
	if mapping != nil {
		_ = unix.Madvise(mapping, unix.MADV_DONTNEED) // advice: it may be refused
	}
}

// fetch has the system begin to read a part of the mapping, whatever was advised: who
// touches it afterwards seldom waits for the disk. Mapping the pages too was slower by a
// tenth (docs/design/opening.md).
func (s *Segment) fetch(part []byte) { fetchFrom(s.mappingOf(part), part) }

// fetchFrom is fetch from a mapping that may be none.
func fetchFrom(mapping, part []byte) {
	if len(mapping) == 0 || len(part) == 0 {
		return
	}
	page, first := os.Getpagesize(), distance(mapping, part)
	_ = unix.Madvise(mapping[first/page*page:first+len(part)], unix.MADV_WILLNEED)
}

// drop gives the pages of a part that was read once back.
func (s *Segment) drop(part []byte) {
	if pages := s.wholePages(part); pages != nil {
		_ = unix.Madvise(pages, unix.MADV_DONTNEED)
	}
}

// mappingOf returns the mapping that a part of the segment lies in: of its own file or of
// its memory file; nil where it lies in none.
func (s *Segment) mappingOf(part []byte) []byte {
	if lies(s.mapping, part) {
		return s.mapping
	}
	if s.from != nil && lies(s.from.rows.mapping, part) {
		return s.from.rows.mapping
	}
	return nil
}

// lies reports whether a part lies in a mapping.
func lies(mapping, part []byte) bool {
	if len(mapping) == 0 || len(part) == 0 {
		return false
	}
	at := distance(mapping, part)
	return at >= 0 && at < len(mapping)
}

// jumpedColumns are the columns of which a question reads a few rows.
func (s *Segment) jumpedColumns() [3][]byte {
	return [3][]byte{bytesOf(s.vectors.Vectors), bytesOf(s.vectors.InvNorms), s.records}
}

// wholePages returns the pages that lie wholly within a column of the mapping.
func (s *Segment) wholePages(column []byte) []byte {
	mapping := s.mappingOf(column)
	if mapping == nil {
		return nil
	}
	page, first := os.Getpagesize(), distance(mapping, column)
	last := (first + len(column)) / page * page
	if first = (first + page - 1) / page * page; first >= last {
		return nil
	}
	return mapping[first:last]
}
