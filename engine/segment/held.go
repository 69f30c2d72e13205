package segment

import (
	"runtime"
	"runtime/debug"
	"slices"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/vfs"
)

// Held is a memory file: the records of some versions, and their vectors where the
// application brings them. It is a part of the truth, and of one segment, which reads them
// there: so what was given stands on the disk once. The rest of a segment can be made of
// it. It is immutable, and its methods are safe from any goroutine; they panic where a row
// is damaged or cannot be read, as those of Segment do.
//
// The file has header, table and sections as a segment file has, with magic and version of
// its own (a bump adds a line here and a sample file under testdata):
//
//	1  2026-11  sequences, records (plain or packed), vectors, sums of the pages of both
type Held struct {
	rows Segment // no more than these columns
}

const (
	heldMagic   = "NEXUSMEM"
	heldVersion = 1
)

var heldKind = fileKind{heldMagic, 1, heldVersion}

// OpenHeld maps a memory file read-only, or reads it into memory. It checks the head, the
// sequences and where records start, 16 bytes a row; the rest is checked page by page when it is
// first read. Errors and mappings are as of OpenFile.
func OpenHeld(files vfs.FS, path string, inMemory bool) (*Held, error) {
	i, err := openImage(files, path, inMemory)
	if err != nil {
		return nil, err
	}
	h, err := decodeHeld(i.data, i.fetch)
	if err != nil {
		i.close()
		return nil, err
	}
	if i.release != nil {
		h.rows.mapping = i.data
		h.rows.advise()
		runtime.AddCleanup(h, func(release func()) { release() }, i.release)
	}
	return h, nil
}

func decodeHeld(image []byte, fetch func(part []byte)) (h *Held, err error) {
	defer Rescue(debug.SetPanicOnFault(true), &err)
	c, late, err := open(image, heldKind, fetch)
	if err != nil {
		return nil, err
	}
	c.keepsVectors = c.vectors.Dim > 0
	if err := c.checkHeld(len(c.ids)); err != nil {
		return nil, err
	}
	if len(c.vectors.Vectors) != len(c.ids)*c.vectors.Dim {
		return nil, corrupt("%d numbers for %d rows of dimension %d", len(c.vectors.Vectors), len(c.ids), c.vectors.Dim)
	}
	sections := c.heldPaged()
	if err := bindPages(c.heldSums, sections[:], &late.records, &late.vectors); err != nil {
		return nil, err
	}
	late.openGate(c)
	h = &Held{}
	h.rows.image, h.rows.content, h.rows.late = image, *c, late
	h.rows.unpackers.New = h.rows.newUnpacker
	return h, nil
}

// borrow has the columns that a memory file holds be that file's, which must be the one
// that the segment was written with.
func (c *content) borrow(from *Held) error {
	if len(c.heldOf) == 0 {
		return nil
	}
	if from == nil || from.Sum() != c.heldOf[0] {
		return corrupt("its memory file is missing or another")
	}
	of := &from.rows.content
	c.ids, c.recordStarts, c.records, c.packedBlocks, c.packedDict = of.ids, of.recordStarts, of.records, of.packedBlocks, of.packedDict
	if c.keepsVectors = of.keepsVectors; c.keepsVectors {
		c.vectors.Vectors = of.vectors.Vectors
	}
	return nil
}

// Sum returns the checksum of the header, which covers those of all sections.
func (h *Held) Sum() uint32 { return sumOf(h.rows.image) }

// Size returns the bytes of the file.
func (h *Held) Size() int { return len(h.rows.image) }

// Range returns the first and last sequence that the file was written for.
func (h *Held) Range() (first, last model.ID) { return h.rows.Range() }

// Find returns the row of a sequence.
func (h *Held) Find(sequence model.ID) (row int, ok bool) { return h.rows.Find(sequence) }

// Memory decodes a row with its vector, as DecodeRecord does. A vector of zeros, as an
// embedder may give one, is none.
func (h *Held) Memory(r *RecordReader, row int) (model.Memory, error) {
	m, err := DecodeRecord(r.Record(&h.rows, row))
	if err == nil && h.rows.keepsVectors {
		if v := h.rows.vectors.Vector(row); slices.ContainsFunc(v, func(x float32) bool { return x != 0 }) {
			m.Vector = slices.Clone(v)
		}
	}
	runtime.KeepAlive(h) // the vector is of its mapping
	return m, err
}

// Expiry returns when the memory of a row expires, as RecordExpiry does.
func (h *Held) Expiry(row int) int64 {
	var r RecordReader
	return RecordExpiry(r.Record(&h.rows, row))
}

// CheckRest checks what has not been checked of the file since it was opened, and lets
// others run meanwhile. stop is asked every 50 us or so; once true, ErrCancelled.
// ErrCorrupt where the file is damaged.
func (h *Held) CheckRest(stop func() bool) (err error) {
	defer Rescue(debug.SetPanicOnFault(true), &err)
	l := h.rows.late
	for _, p := range [...]*pages{&l.records, &l.vectors} {
		if !h.rows.checkPages(p, stop) {
			return model.ErrCancelled
		}
	}
	h.rows.readRecords()
	return nil
}
