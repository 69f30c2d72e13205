package segment

import (
	"hash/crc32"
	"runtime"
	"runtime/debug"
	"slices"
	"sync/atomic"

	"github.com/nexus-memory/nexus/engine/fields"
	"github.com/nexus-memory/nexus/engine/lexical"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/vector"
)

// A file is not read whole when it is opened. What every question reads, some 100 bytes a
// row, is checked at once; an index before its first use, all of it; records, signatures
// and vectors, of which a question reads a few rows, page by page. So no byte of a file is
// ever believed unchecked, and a store of a million memories opens in the time that it
// takes to read a fifteenth of it. The store checks the rest behind the questions' backs
// (CheckRest), and merges nothing unchecked.
//
// Whoever is first to need something checks it, on its own goroutine: nobody waits for
// anybody, and two at once do the work twice. What does not agree with its sum is a
// *damage, a panic that ends like that of a page which cannot be read: see View.Guard.
// docs/design/opening.md has the measurements.

// stage says when a section is checked.
type stage uint8

const (
	atOpen    stage = iota
	asWords         // before the first word is looked up
	asVectors       // before the first search for vectors
	asFields        // before the first filter
	byPages         // each page before a row in it is first read
	stageCount
)

// sealedSection is a section as its file's table has it.
type sealedSection struct {
	kind uint32
	data []byte
	sum  uint32
}

// unchecked is what has not been checked of a segment's file since it was opened.
type unchecked struct {
	sections [stageCount][]sealedSection

	// Of pages; vectors are asked by gate, which opens with whole.
	records, signatures, vectors pages
	gate                         vector.Gate

	// coded is true once the columns of asVectors have been checked, whole once
	// everything has been. Any goroutine that did it sets them, none clears them. The
	// readers of words and fields, once there, say the same of theirs.
	coded, whole atomic.Bool
}

// checkSections compares the sections of a stage with their sums.
func (l *unchecked) checkSections(at stage) error {
	for _, s := range l.sections[at] {
		if checksum(s.data) != s.sum {
			return corrupt("section %d: checksum", s.kind)
		}
	}
	return nil
}

// damage is panicked with where what is about to be read is not what was written.
type damage struct{ err error }

func (d *damage) Error() string { return d.err.Error() }

func must(err error) {
	if err != nil {
		panic(&damage{err})
	}
}

// pageBytes is what is checked at a time of sections that are read by rows: what the
// system reads at least. Some 0.3 us.
const pageBytes = 4096

// pages are a section, and which of its pages are known to be what was written.
type pages struct {
	data  []byte
	sums  []uint32        // CRC-32C of each page
	sound []atomic.Uint64 // a bit a page; any goroutine that has checked it sets it
}

// pageCount returns the pages of so many bytes.
func pageCount(size int) int { return (size + pageBytes - 1) / pageBytes }

// appendPageSums appends the sums of a section's pages.
func appendPageSums(dst []uint32, data []byte) []uint32 {
	for first := 0; first < len(data); first += pageBytes {
		dst = append(dst, crc32.Checksum(data[first:min(first+pageBytes, len(data))], castagnoli))
		if first%pieceBytes == 0 {
			runtime.Gosched()
		}
	}
	return dst
}

// need checks the pages of the bytes from first to end.
func (p *pages) need(first, end int) {
	for page := first / pageBytes; page*pageBytes < end; page++ {
		if p.sound[page>>6].Load()>>(page&63)&1 == 0 {
			p.check(page)
		}
	}
}

func (p *pages) check(page int) {
	first := page * pageBytes
	if crc32.Checksum(p.data[first:min(first+pageBytes, len(p.data))], castagnoli) != p.sums[page] {
		must(corrupt("page %d of a section of %d bytes: checksum", page, len(p.data)))
	}
	p.sound[page>>6].Or(1 << (page & 63))
}

// paged returns the sections of an image that are checked by pages, in the order of their
// sums: all three, or those that a memory file has not.
func (c *content) paged() [3][]byte {
	all := [3][]byte{c.records, c.signatures, bytesOf(c.vectors.Vectors)}
	if len(c.heldOf) > 0 {
		all[0] = nil
		if c.keepsVectors {
			all[2] = nil
		}
	}
	return all
}

// heldPaged returns those of a memory file.
func (c *content) heldPaged() [2][]byte { return [2][]byte{c.records, bytesOf(c.vectors.Vectors)} }

// sealPages makes the sums of all pages.
func (c *content) sealPages() {
	c.pageSums = c.pageSums[:0]
	for _, data := range c.paged() {
		c.pageSums = appendPageSums(c.pageSums, data)
	}
}

// divide gives a memory file the sums of its pages, and leaves the others to the segment
// file, which is to name that file.
func (c *content) divide() {
	records, signatures := pageCount(len(c.records)), pageCount(len(c.signatures))
	sums := c.pageSums
	c.heldSums = append(c.heldSums[:0], sums[:records]...)
	c.pageSums = slices.Clone(sums[records:])
	if c.keepsVectors {
		c.heldSums = append(c.heldSums, sums[records+signatures:]...)
		c.pageSums = c.pageSums[:signatures]
	}
	c.heldOf = append(c.heldOf[:0], sumOf(c.head(held)))
}

// bindPages divides sums among the sections that they are of.
func bindPages(sums []uint32, sections [][]byte, to ...*pages) error {
	all := len(sums)
	for i, p := range to {
		data := sections[i]
		count := pageCount(len(data))
		if count > len(sums) {
			return corrupt("%d sums of pages", all)
		}
		*p = pages{data, sums[:count], make([]atomic.Uint64, (count+63)/64)}
		sums = sums[count:]
	}
	if len(sums) > 0 {
		return corrupt("%d sums of pages, %d too many", all, len(sums))
	}
	return nil
}

// lateSegment returns a segment of a file of which only the sections of atOpen are
// checked. What a memory file has of it is checked as that file's pages.
func lateSegment(image []byte, c *content, late *unchecked, from *Held) (*Segment, error) {
	sections := c.paged()
	if err := bindPages(c.pageSums, sections[:], &late.records, &late.signatures, &late.vectors); err != nil {
		return nil, err
	}
	if len(c.heldOf) == 0 {
		from = nil
	} else {
		late.records = from.rows.late.records
		if c.keepsVectors {
			late.vectors = from.rows.late.vectors
		}
	}
	keys, err := c.openKeyFilter()
	if err != nil {
		return nil, err
	}
	late.openGate(c)
	s := &Segment{image: image, content: *c, from: from, filter: keys, late: late}
	s.survey()
	return s, nil
}

// openGate has rows of vectors checked before they are read, and makes room for what the
// check of their columns learns, at any time later.
func (l *unchecked) openGate(c *content) {
	rowBytes := 4 * c.vectors.Dim
	l.gate.Passed = make([]atomic.Uint64, (c.vectors.RowCount()+63)/64)
	l.gate.Pass = func(row int) { l.vectors.need(row*rowBytes, (row+1)*rowBytes) }
	c.vectors.Gate, c.vectors.Lengths = &l.gate, new(vector.Lengths)
}

// checkLate checks the sections of a stage, which are read for that but do not count as
// this process's afterwards: a search reads a part of them.
func (s *Segment) checkLate(at stage) {
	sections := s.late.sections[at]
	for _, section := range sections {
		s.fetch(section.data)
	}
	must(s.late.checkSections(at))
	for _, section := range sections {
		s.drop(section.data)
	}
}

// openWords checks the text index and opens it.
func (s *Segment) openWords() *lexical.Reader {
	s.checkLate(asWords)
	must(s.checkTurns(s.RowCount()))
	lex, err := lexical.Open(s.content.words)
	if err != nil {
		must(corrupt("%v", err))
	}
	s.lex.CompareAndSwap(nil, lex)
	return s.lex.Load()
}

// openFields checks the columns of fields and opens them.
func (s *Segment) openFields() *fields.Reader {
	s.checkLate(asFields)
	byField, err := fields.Open(s.content.fields, s.dense())
	if err != nil {
		must(corrupt("%v", err))
	}
	s.byField.CompareAndSwap(nil, byField)
	return s.byField.Load()
}

// openVectors checks the codes of vectors, not the vectors themselves.
func (s *Segment) openVectors() {
	s.checkLate(asVectors)
	must(s.checkVectors(s.RowCount()))
	s.drop(bytesOf(s.vectors.InvNorms)) // they were looked through, and may not be read again
	s.late.coded.Store(true)
}

// CheckRest checks what has not been checked of a segment's file since it was opened;
// from then on nothing is checked any more. It lets others run meanwhile. stop is asked
// every 50 us or so; once true, ErrCancelled. ErrCorrupt where the file is damaged or
// cannot be read. O(bytes), once: nothing for a segment that is not of a file, or was
// checked before.
func (s *Segment) CheckRest(stop func() bool) (err error) {
	l := s.late
	if l == nil || l.whole.Load() {
		return nil
	}
	defer Rescue(debug.SetPanicOnFault(true), &err)
	for _, p := range [...]*pages{&l.records, &l.signatures, &l.vectors} {
		if !s.checkPages(p, stop) {
			return model.ErrCancelled
		}
	}
	for _, check := range [...]func(){func() { s.Words() }, func() { s.Vectors() }, func() { s.fieldReader() }} {
		if stop() {
			return model.ErrCancelled
		}
		check()
	}
	l.whole.Store(true)
	l.gate.Open.Store(true)
	return nil
}

// checkPages checks the pages that are left, a piece at a time; false when told to stop.
func (s *Segment) checkPages(p *pages, stop func() bool) bool {
	s.fetch(p.data[:min(pieceBytes, len(p.data))])
	for first := 0; first < len(p.data); first += pieceBytes {
		if stop() {
			return false
		}
		end := min(first+pieceBytes, len(p.data))
		s.fetch(p.data[end:min(end+pieceBytes, len(p.data))]) // while this one is checked
		p.need(first, end)
		s.drop(p.data[first:end])
		runtime.Gosched()
	}
	s.drop(p.data) // and what the system has mapped around the ends of pieces
	return true
}
