// Package segment is the immutable unit of search: what a batch of committed
// memories looks like to the engines. A segment is one block of bytes, the same
// in memory and in a file, whose columns are read in place. Everything in it is
// derived: it can be thrown away and rebuilt from the truth.
//
// A View is a list of segments with their tombstones, the snapshot that one
// question is answered from.
package segment

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/nexus-memory/nexus/engine/annotate"
	"github.com/nexus-memory/nexus/engine/fields"
	"github.com/nexus-memory/nexus/engine/lexical"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/scratch"
	"github.com/nexus-memory/nexus/engine/vector"
	"github.com/nexus-memory/nexus/kernels"
)

const signatureBytes = kernels.SignatureSlots

// Segment is a finished, immutable segment. All methods are safe from any
// goroutine. Of a segment of a file, those that read rows or indexes panic where these are
// found damaged or cannot be read: see View.Guard. Slices that methods return alias the segment's bytes and are valid
// while the segment is referenced.
type Segment struct {
	image  []byte
	inFile bool // image is that of a file, mapped or read
	// mapping is image where that is a shared mapping of a file, else nil: memory that is
	// not one would be wiped by what advise and LetGo do.
	mapping []byte
	content
	from     *Held                          // the memory file of its rows; nil where all stands in image
	lex      atomic.Pointer[lexical.Reader] // set once, by openWords where the file is checked late
	byField  atomic.Pointer[fields.Reader]  // likewise, by openFields
	kinds    atomic.Pointer[kinds]          // set by the first Kind
	late     *unchecked                     // nil where everything was checked, or made, at once
	selected selections
	scopes   [selectionSlots]atomic.Pointer[scoped] // as selections, of scopes
	names    namesWords
	uniform  [4]bool // scope columns (tenant, user, agent, session) with one value only
	newest   int64   // when the latest version was committed
	filter   keyFilter
	// unpackers unpack records, where they are packed.
	unpackers  unpackers
	later      []keyRow // ID and row of every version that is not a first one, by row
	ends       ends
	threadBits atomic.Pointer[threadBits] // set by the first search in threadRows; all that make it make the same
	length     uint64                     // terms of all rows
	plainBytes int                        // of all records, not packed
	asListed   listed
}

// newSegment makes the readers of a segment that is sound; open is that of its fields,
// whose columns come from a file or were made just now.
func newSegment(image []byte, c *content, open func(fields.Parts, fields.Dense) (*fields.Reader, error)) (*Segment, error) {
	lex, err := lexical.Open(c.words)
	if err != nil {
		return nil, fmt.Errorf("segment: %w: %w", err, model.ErrCorrupt)
	}
	keys, err := c.openKeyFilter()
	if err != nil {
		return nil, err
	}
	byField, err := open(c.fields, c.dense())
	if err != nil {
		return nil, fmt.Errorf("segment: %w: %w", err, model.ErrCorrupt)
	}
	s := &Segment{image: image, content: *c, filter: keys}
	s.lex.Store(lex)
	s.byField.Store(byField)
	s.survey()
	return s, nil
}

// survey notes what the columns say as a whole. O(rows).
func (s *Segment) survey() {
	s.newest, s.plainBytes = slices.Max(s.ingests), int(s.recordStarts[s.RowCount()])
	s.asListed = listed{s.first, s.last, s.RowCount(), s.Sum()}
	for i, col := range s.scopeColumns() {
		s.uniform[i] = isUniform(col)
	}
	for _, n := range s.content.words.Lengths {
		s.length += uint64(n)
	}
	for i, row := range s.versionRows {
		s.later = append(s.later, keyRow{s.versionIDs[i], row})
	}
	slices.SortFunc(s.later, func(a, b keyRow) int { return cmp.Compare(a.row, b.row) })
	s.unpackers.New = s.newUnpacker
	s.ends = make(ends, (s.RowCount()+63)/64)
}

// dense returns the columns that filters read beside those of fields.
func (c *content) dense() fields.Dense {
	return fields.Dense{IDs: c.memoryIDs(), Times: c.events, Positions: c.positions}
}

// memoryIDs returns the ID of the memory of every row: its sequence, but for later versions.
func (c *content) memoryIDs() []uint64 {
	if len(c.versionIDs) == 0 {
		return c.ids
	}
	ids := slices.Clone(c.ids)
	for i, row := range c.versionRows {
		ids[row] = c.versionIDs[i]
	}
	return ids
}

// Verify checks the segment's image, and that of its memory file, again from the first byte to the last.
func (s *Segment) Verify() error {
	defer s.LetGo()
	from := s.from
	if from != nil {
		var err error
		if from, err = decodeHeld(from.rows.image, func([]byte) {}); err != nil {
			return err
		}
	}
	_, err := decodeWhole(s.image, from)
	return err
}

func isUniform(column []uint64) bool {
	for _, v := range column {
		if v != column[0] {
			return false
		}
	}
	return true
}

func (s *Segment) scopeColumns() [4][]uint64 {
	return [4][]uint64{s.tenants, s.users, s.agents, s.sessions}
}

// RowCount returns the rows, deleted ones included; at least 1.
func (s *Segment) RowCount() int { return len(s.ids) }

// Range returns the first and last sequence that the segment answers for.
func (s *Segment) Range() (first, last model.ID) { return s.first, s.last }

// Newest returns when the latest version was committed, in microseconds.
func (s *Segment) Newest() int64 { return s.newest }

// Derived returns the identity of the rules the segment was built by.
func (s *Segment) Derived() uint64 { return s.derived }

// Sum returns the checksum of the header, which covers those of all sections: it
// tells any two segments apart.
func (s *Segment) Sum() uint32 { return sumOf(s.image) }

// sumOf is the checksum in a header.
func sumOf(image []byte) uint32 { return binary.LittleEndian.Uint32(image[offCRC:]) }

// Image returns the bytes of the segment, as a file holds them; without those of its
// memory file.
func (s *Segment) Image() []byte { return s.image }

// Size returns the bytes of the segment, with those of its memory file.
func (s *Segment) Size() int {
	if s.from == nil {
		return len(s.image)
	}
	return len(s.image) + s.from.Size()
}

// Held returns the memory file that has the records of the segment's rows; nil where the
// segment has them itself.
func (s *Segment) Held() *Held { return s.from }

// InFile reports whether the segment stands in a file.
func (s *Segment) InFile() bool { return s.inFile }

// Sequence returns the number of a row's version; see content.
func (s *Segment) Sequence(row int) model.ID { return model.ID(s.ids[row]) }

// ID returns the ID of the memory that a row is a version of.
func (s *Segment) ID(row int) model.ID {
	if id, later := s.laterID(row); later {
		return id
	}
	return model.ID(s.ids[row])
}

// laterID returns the ID of the memory of a row that is not its first version; false for
// one that is.
func (s *Segment) laterID(row int) (model.ID, bool) {
	if len(s.later) == 0 {
		return 0, false
	}
	at, ok := slices.BinarySearchFunc(s.later, uint32(row), func(v keyRow, row uint32) int { return cmp.Compare(v.row, row) })
	if !ok {
		return 0, false
	}
	return model.ID(s.later[at].hash), true
}

// isLater reports whether a row is not the first version of its memory.
func (s *Segment) isLater(row int) bool {
	_, later := s.laterID(row)
	return later
}

// Record returns the encoded record of a row; of a packed segment a copy. A RecordReader
// is for reading many.
func (s *Segment) Record(row int) []byte {
	var r RecordReader
	return r.Record(s, row)
}

// readRecords reads all records once. It panics where one is damaged.
func (s *Segment) readRecords() {
	var r RecordReader
	for row := range s.RowCount() {
		yieldAfter(row)
		r.Record(s, row)
	}
}

// plainRecord returns a record that is not packed.
func (s *Segment) plainRecord(row int) []byte {
	first, end := s.recordStarts[row], s.recordStarts[row+1]
	s.needRecords(int(first), int(end))
	record := s.records[first:end]
	if s.late != nil {
		must(checkRecord(record))
	}
	return record
}

// needRecords checks bytes of the column of records unless that has been done.
func (s *Segment) needRecords(first, end int) {
	if l := s.late; l != nil && !l.whole.Load() {
		l.records.need(first, end)
	}
}

// Event returns the time of a row in microseconds since 1970.
func (s *Segment) Event(row int) int64 { return s.events[row] }

// Authority returns the authority factor of a row.
func (s *Segment) Authority(row int) float32 { return s.authority[row] }

// Thread returns the hash of the row's session (0 = none) and its place there.
func (s *Segment) Thread(row int) (hash uint64, position uint32) {
	return s.threads[row], s.positions[row]
}

// Signature returns the 128 bytes of a row's MinHash signature.
func (s *Segment) Signature(row int) []uint8 {
	first, end := row*signatureBytes, (row+1)*signatureBytes
	if l := s.late; l != nil && !l.whole.Load() {
		l.signatures.need(first, end)
	}
	return s.signatures[first:end]
}

// Annotation returns what a row says of itself; nothing of a segment that was written
// before rows did.
func (s *Segment) Annotation(row int) annotate.Annotation {
	s.Words() // has checked the columns by now, of a file
	if row+1 >= len(s.annotationStarts) {
		return nil
	}
	return annotate.Annotation(s.annotations[s.annotationStarts[row]:s.annotationStarts[row+1]])
}

// Words returns the text index.
func (s *Segment) Words() *lexical.Reader {
	if lex := s.lex.Load(); lex != nil {
		return lex
	}
	return s.openWords()
}

// fieldReader returns the columns of fields.
func (s *Segment) fieldReader() *fields.Reader {
	if byField := s.byField.Load(); byField != nil {
		return byField
	}
	return s.openFields()
}

// HasOwnLists reports whether the segment is of a file whose 1-bit codes are in lists of its
// own, as they were in large stores before there were Lists of many segments. Nothing can
// search it; it is to be derived anew.
func (s *Segment) HasOwnLists() bool { return len(s.ownLists[0]) > 0 }

// Vectors returns the vector columns.
func (s *Segment) Vectors() *vector.Parts {
	if s.late != nil && !s.late.coded.Load() {
		s.openVectors()
	}
	return &s.vectors
}

// Find returns the row of a sequence.
func (s *Segment) Find(sequence model.ID) (row int, ok bool) {
	return slices.BinarySearch(s.ids, uint64(sequence))
}

// From returns the first row of that sequence or a later one, RowCount where there is none.
func (s *Segment) From(sequence model.ID) int {
	row, _ := s.Find(sequence)
	return row
}

// versions returns the rows that are later versions of a memory, oldest first.
func (s *Segment) versions(id model.ID) []uint32 {
	first, ok := slices.BinarySearch(s.versionIDs, uint64(id))
	if !ok {
		return nil
	}
	last := first
	for last < len(s.versionIDs) && s.versionIDs[last] == uint64(id) {
		last++
	}
	return s.versionRows[first:last]
}

// findKey calls f for the rows whose key may be key, newest first, until f
// returns true. Rows are by hash: f confirms.
func (s *Segment) findKey(tenant, key string, f func(row int) bool) bool {
	h := hashPair(tenant, key)
	if s.filter.lacks(h) {
		return false
	}
	first, _ := slices.BinarySearch(s.keyHashes, h)
	last, _ := slices.BinarySearchFunc(s.keyHashes[first:], h, func(v, t uint64) int {
		if v <= t {
			return -1
		}
		return 1
	})
	for i := first + last - 1; i >= first; i-- {
		if f(int(s.keyRows[i])) {
			return true
		}
	}
	return false
}

// Builder collects rows, in ID order, into a segment. One goroutine at a time.
// Its columns are copied into the segment's image and then wait for the next
// builder: at full ingest, allocating them anew was a third of all garbage.
type Builder struct {
	content
	words   *lexical.Builder
	byField *fields.Builder
	keys    []keyRow
	metric  model.Metric

	versions []keyRow // by ID
	expiring []expiryRow
}

type keyRow struct {
	hash uint64
	row  uint32
}

type expiryRow struct {
	expires int64
	row     uint32
}

// keptBytes is the size of the largest segment whose columns are kept for the
// next: 4,000 rows with built-in vectors, far more than a usual batch has.
const keptBytes = 8 << 20

var builders = scratch.Pool[Builder]{New: func() *Builder { return &Builder{words: lexical.NewBuilder(), byField: fields.NewBuilder()} }}

// NewBuilder starts a segment of the given space.
func NewBuilder(space Space) *Builder {
	b := builders.Get()
	b.derived, b.metric, b.keepsVectors = space.Derived(), space.Metric, space.KeepsVectors()
	b.vectors.SetDim(space.Dim)
	b.recordStarts = append(b.recordStarts, 0)
	b.annotationStarts = append(b.annotationStarts, 0)
	return b
}

// release gives the builder's memory to the next one. Nothing may alias it.
func (b *Builder) release() {
	if b.size(whole) > keptBytes {
		return
	}
	b.content.words = lexical.Parts{} // not this builder's own where it merged
	for _, s := range b.sections() {
		s.clear()
	}
	b.keys, b.versions, b.expiring = b.keys[:0], b.versions[:0], b.expiring[:0]
	b.words.Reset()
	b.byField.Reset()
	builders.Put(b)
}

// Reserve makes room for rows whose records have so many bytes in all, so that
// adding them does not move what is there.
func (b *Builder) Reserve(rows, recordBytes int) {
	b.ids = slices.Grow(b.ids, rows)
	b.recordStarts = slices.Grow(b.recordStarts, rows)
	b.records = slices.Grow(b.records, recordBytes)
	for _, c := range []*[]uint64{&b.tenants, &b.users, &b.agents, &b.sessions, &b.threads} {
		*c = slices.Grow(*c, rows)
	}
	b.events = slices.Grow(b.events, rows)
	b.ingests = slices.Grow(b.ingests, rows)
	b.positions = slices.Grow(b.positions, rows)
	b.authority = slices.Grow(b.authority, rows)
	b.signatures = slices.Grow(b.signatures, rows*signatureBytes)
	b.vectors.Reserve(rows)
}

// RowCount returns the rows added so far.
func (b *Builder) RowCount() int { return len(b.ids) }

// Add appends a committed row, of a higher sequence than the ones before. A vector must have the space's dimension.
func (b *Builder) Add(r *Row) {
	yieldAfter(len(b.ids))
	b.addColumns(uint64(cmp.Or(r.Sequence, r.ID)), &r.columns, Body(r.Record), r.Signature[:], r.Annotation)
	b.vectors.Append(r.Vector)
	b.words.Add(&r.Terms)
	b.byField.Add(b.RowCount()-1, r.Fields, r.firstIngest())
}

func (b *Builder) addColumns(id uint64, c *columns, body []byte, signature []uint8, annotation annotate.Annotation) {
	if c.key != 0 {
		b.keys = append(b.keys, keyRow{c.key, uint32(len(b.ids))})
	}
	b.addLife(&c.life)
	b.ids = append(b.ids, id)
	b.records = append(b.records, body...)
	b.recordStarts = append(b.recordStarts, uint64(len(b.records)))
	b.tenants = append(b.tenants, c.tenant)
	b.users = append(b.users, c.user)
	b.agents = append(b.agents, c.agent)
	b.sessions = append(b.sessions, c.session)
	b.threads = append(b.threads, c.thread)
	b.events = append(b.events, c.event)
	b.ingests = append(b.ingests, c.ingest)
	b.positions = append(b.positions, c.position)
	b.authority = append(b.authority, c.authority)
	b.signatures = append(b.signatures, signature...)
	b.annotations = append(b.annotations, annotation...)
	b.annotationStarts = append(b.annotationStarts, uint32(len(b.annotations)))
}

// addLife enters the next row into the tables that few rows stand in.
func (b *Builder) addLife(l *life) {
	row := uint32(len(b.ids))
	if l.id != 0 {
		b.versions = append(b.versions, keyRow{l.id, row})
	}
	if l.expires != never {
		b.expiring = append(b.expiring, expiryRow{l.expires, row})
	}
	if l.validFrom != openFrom || l.validTo != openTo {
		b.validRows = append(b.validRows, row)
		b.validFrom = append(b.validFrom, l.validFrom)
		b.validTo = append(b.validTo, l.validTo)
	}
}

// Finish seals the rows into a segment that answers for the sequences first..last.
// The builder is not to be used again. It panics without rows.
func (b *Builder) Finish(first, last model.ID) (*Segment, error) {
	words, err := b.words.Finish()
	if err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	return b.seal(words, first, last).Segment()
}

func (b *Builder) seal(words lexical.Parts, first, last model.ID) *Draft {
	b.content.words, b.first, b.last = words, first, last
	b.vectors.Seal(b.metric)
	b.byField.Finish(&b.fields, b.RowCount())
	b.keyHashes, b.keyRows = sortedTable(b.keys, b.keyHashes, b.keyRows)
	b.versionIDs, b.versionRows = sortedTable(b.versions, b.versionIDs, b.versionRows)
	slices.SortFunc(b.expiring, func(x, y expiryRow) int {
		return cmp.Or(cmp.Compare(x.expires, y.expires), cmp.Compare(x.row, y.row))
	})
	for _, e := range b.expiring {
		b.expiries = append(b.expiries, e.expires)
		b.expiryRows = append(b.expiryRows, e.row)
	}
	b.sealThreads()
	b.sealKeyFilter()
	b.sealPages()
	return &Draft{b}
}

// sortedTable sorts entries by hash, then row, and appends them as two columns.
func sortedTable(entries []keyRow, hashes []uint64, rows []uint32) ([]uint64, []uint32) {
	slices.SortFunc(entries, func(x, y keyRow) int {
		return cmp.Or(cmp.Compare(x.hash, y.hash), cmp.Compare(x.row, y.row))
	})
	for _, e := range entries {
		hashes = append(hashes, e.hash)
		rows = append(rows, e.row)
	}
	return hashes, rows
}
