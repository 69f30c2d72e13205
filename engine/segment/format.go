package segment

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"runtime"
	"slices"

	"github.com/nexus-memory/nexus/engine/fields"
	"github.com/nexus-memory/nexus/engine/lexical"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/vector"
)

// File format, version 5 (all little-endian; a bump adds a line here and a
// sample file under testdata that every later build must open):
//
//	1  2026-11  header of 64 bytes, section table, sections at multiples of 64
//	2  2026-11  sections 24 to 31: when versions were committed, which memory a later version is of, expiry, validity
//	            vectors of 2,048 rows and more have 1-bit codes (sections 32 to 36)
//	            instead of INT8 codes, scales and inverse norms (15, 16, 18); in files of large
//	            stores up to version 5 these codes may be in lists of the segment's own (37 to 39, 58, 59), which is outdated: see Lists
//	            packed lists of words (40, 41) instead of plain ones (20 to 22);
//	            columns of fields, for filters (48 to 51; read from version 1, they are made of the records)
//	            filters of 2,048 keys and more (56, 57)
//	3  2026-11  a sum for every page of 4,096 bytes of records, signatures and vectors (60), so that
//	            these are checked a page at a time, when a row in it is first read;
//	            records may be packed (61, 62)
//	4  2026-11  of a file, sequences, records and the vectors that applications bring stand in a memory file, whose
//	            checksum is in section 64: see Held
//	5  2026-11  rows by session and place (65), and what each says of itself (66, 67): see package annotate
//
//	header: 0 magic "NEXUSSEG"  8 version u32  12 sections u32  16 rows u64
//	        24 first sequence u64  32 last sequence u64  40 derived u64  48 dimension u32
//	        52 CRC-32C of header (this field zero) and table u32  56 file size u64
//	table:  a row of 32 bytes a section: kind u32, CRC-32C u32, offset u64, size u64, zero u64
const (
	FormatVersion = 5
	formatOldest  = 1 // readable still; a section that it lacks is empty
	formatPaged   = 3 // from here on not all of a file is checked when it is opened

	magic        = "NEXUSSEG"
	headerBytes  = 64
	entryBytes   = 32
	sectionAlign = 64
	sectionsMax  = 128 // far more than any version has; bounds what a bad header can ask for

	offVersion, offSections, offRows, offFirst, offLast = 8, 12, 16, 24, 32
	offDerived, offDim, offCRC, offSize                 = 40, 48, 52, 56
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// content is the typed form of a segment: what the builder fills and what a
// reader sees in place. Row r of every column belongs to ids[r]; ids ascend.
//
// A row is one version of a memory. Its number is the version's sequence, which
// rises with every version that the store commits; the memory's ID is the sequence
// of its first version. The few rows whose ID is another stand in a table of
// their own, as do those that expire and those that are true for a time only.
type content struct {
	first, last model.ID // range of sequences that the segment answers for
	derived     uint64   // see Space.Derived

	ids          []uint64 // sequences
	recordStarts []uint64 // rows+1
	records      []byte
	tenants      []uint64
	users        []uint64
	agents       []uint64
	sessions     []uint64
	threads      []uint64
	events       []int64
	positions    []uint32
	authority    []float32
	keyHashes    []uint64 // ascending
	keyRows      []uint32 // row of each key hash
	keyShards    []uint32 // filters of key hashes, see absent.go
	keyPrints    []uint8
	signatures   []uint8 // rows x 128
	vectors      vector.Parts
	words        lexical.Parts
	wordsV1      lexical.Version1 // of a file of version 1, until modernize packs them as words

	ingests     []int64  // when each version was committed, microseconds
	versionIDs  []uint64 // IDs of rows that are not first versions, ascending
	versionRows []uint32 // row of each, ascending for one ID
	expiries    []int64  // of rows that expire, ascending
	expiryRows  []uint32
	validRows   []uint32 // rows with validity, ascending
	validFrom   []int64  // openFrom where there is none
	validTo     []int64  // openTo where there is none
	fields      fields.Parts
	pageSums    []uint32 // see paged

	packedBlocks []uint32 // see packedBytes
	packedDict   []byte

	threadRows       []uint32 // rows of sessions, by session, place and row
	annotationStarts []uint32 // rows+1
	annotations      []byte

	ownLists [5][]byte // see HasOwnLists

	heldSums []uint32 // of a memory file: see paged
	heldOf   []uint32 // checksum of the memory file; none where everything stands in one image
	// keepsVectors says that the vectors are the truth's, and so a memory file's.
	keepsVectors bool

	lists vector.Lists // of a file of lists: see Lists
	// listsOf has of each segment that these are of the first sequence, the last, and how many
	// rows it has in the high half, its checksum in the low half of a third number.
	listsOf     []uint64
	listsLearnt []uint64 // how many rows their centroids were learnt from, and 1 where some of these have gone
}

// section is one entry of the format: its number, and how to read, set and empty it.
type section struct {
	kind  uint32
	get   func() []byte
	set   func([]byte) bool
	clear func() // keeps the memory
	old   bool   // read from older files, and never written
	home  layout // the kind of file that has it, where a segment is in files
	stage stage  // when it is checked
}

func column[T number](kind uint32, c *[]T) section {
	return section{
		kind: kind,
		get:  func() []byte { return bytesOf(*c) },
		set: func(data []byte) (ok bool) {
			*c, ok = viewOf[T](data)
			return ok
		},
		clear: func() { *c = (*c)[:0] },
	}
}

func (s section) readOnly() section        { s.old = true; return s }
func (s section) checked(at stage) section { s.stage = at; return s }
func (s section) in(home layout) section   { s.home = home; return s }
func (s section) heldIf(is bool) section {
	if is {
		s.home = held
	}
	return s
}

// sections lists the format's sections of all versions; kinds are never used for
// another thing.
func (c *content) sections() []section {
	return []section{
		column(1, &c.ids).heldIf(true), column(2, &c.recordStarts).heldIf(true), column(3, &c.records).checked(byPages).heldIf(true),
		column(4, &c.tenants), column(5, &c.users), column(6, &c.agents), column(7, &c.sessions), column(8, &c.threads),
		column(9, &c.events), column(10, &c.positions), column(11, &c.authority),
		column(12, &c.keyHashes), column(13, &c.keyRows),
		// Here, not beside the codes, as the system maps what lies around a page that is read.
		column(24, &c.ingests), column(25, &c.versionIDs), column(26, &c.versionRows),
		column(27, &c.expiries), column(28, &c.expiryRows),
		column(29, &c.validRows), column(30, &c.validFrom), column(31, &c.validTo),
		column(14, &c.signatures).checked(byPages),
		column(15, &c.vectors.Codes).checked(asVectors), column(16, &c.vectors.Scales).checked(asVectors),
		column(17, &c.vectors.Vectors).checked(byPages).heldIf(c.keepsVectors), column(18, &c.vectors.InvNorms).checked(asVectors),
		column(19, &c.words.Dictionary).checked(asWords), column(20, &c.wordsV1.Starts).readOnly(), column(21, &c.wordsV1.Rows).readOnly(), column(22, &c.wordsV1.Freqs).readOnly(), column(23, &c.words.Lengths),
		column(32, &c.vectors.Bits.Blocks).checked(asVectors), column(33, &c.vectors.Bits.Scales).checked(asVectors), column(34, &c.vectors.Bits.Errors).checked(asVectors), column(35, &c.vectors.Bits.Centroid).checked(asVectors), column(36, &c.vectors.Bits.Squares).checked(asVectors),
		column(37, &c.ownLists[0]).checked(asVectors).readOnly(), column(38, &c.ownLists[1]).checked(asVectors).readOnly(), column(39, &c.ownLists[2]).checked(asVectors).readOnly(), column(58, &c.ownLists[3]).checked(asVectors).readOnly(), column(59, &c.ownLists[4]).checked(asVectors).readOnly(),
		column(40, &c.words.Starts).checked(asWords), column(41, &c.words.Postings).checked(asWords),
		column(48, &c.fields.Text).checked(asFields), column(49, &c.fields.Index).checked(asFields), column(50, &c.fields.Values).checked(asFields), column(51, &c.fields.Rows).checked(asFields),
		column(56, &c.keyShards), column(57, &c.keyPrints),
		column(60, &c.pageSums), column(61, &c.packedBlocks).heldIf(true), column(62, &c.packedDict).heldIf(true),
		column(63, &c.heldSums).heldIf(true), column(64, &c.heldOf),
		column(65, &c.threadRows).checked(asWords), column(66, &c.annotationStarts).checked(asWords), column(67, &c.annotations).checked(asWords),
		column(70, &c.listsOf).in(inLists), column(71, &c.listsLearnt).in(inLists),
		column(72, &c.lists.Codes).in(inLists), column(73, &c.lists.Scales).in(inLists), column(74, &c.lists.Halves).in(inLists), column(75, &c.lists.Starts).in(inLists), column(76, &c.lists.Rows).in(inLists),
		column(77, &c.lists.Bits.Blocks).in(inLists), column(78, &c.lists.Bits.Scales).in(inLists), column(79, &c.lists.Bits.Errors).in(inLists), column(80, &c.lists.Bits.Squares).in(inLists),
	}
}

// layout says which of a content's sections an image has.
type layout int

const (
	derived layout = iota // those of a segment file
	held                  // those of a memory file
	inLists               // those of a file of lists
	whole                 // all of a segment: in memory, and in files before version 4
)

func (l layout) has(s section) bool { return l == s.home || l == whole && s.home != inLists }

// written lists the sections of an image of this version.
func (c *content) written(l layout) []section {
	return slices.DeleteFunc(c.sections(), func(s section) bool { return s.old || !l.has(s) })
}

func align(n int) int { return (n + sectionAlign - 1) / sectionAlign * sectionAlign }

// size returns the bytes of the content's image.
func (c *content) size(l layout) int {
	size, sections := 0, c.written(l)
	for _, s := range sections {
		size += align(len(s.get()))
	}
	return size + align(headerBytes+len(sections)*entryBytes)
}

// encode lays the content out as a file image, aligned in memory as on disk.
func (c *content) encode() []byte {
	out := bytes.NewBuffer(alignedBytes(c.size(whole))[:0])
	c.write(out, whole) // which is large enough, and so does not move or fail
	return out.Bytes()
}

// write writes the content's image.
func (c *content) write(w io.Writer, l layout) error {
	if _, err := w.Write(c.head(l)); err != nil {
		return err
	}
	for _, s := range c.written(l) {
		data := s.get()
		for piece := range slices.Chunk(data, pieceBytes) {
			if _, err := w.Write(piece); err != nil {
				return err
			}
			runtime.Gosched()
		}
		if _, err := w.Write(padding[:align(len(data))-len(data)]); err != nil {
			return err
		}
	}
	return nil
}

var padding [sectionAlign]byte

// head returns header and section table, padded to where the sections start.
func (c *content) head(l layout) []byte {
	sections := c.written(l)
	le, out := binary.LittleEndian, make([]byte, align(headerBytes+len(sections)*entryBytes))
	at := len(out)
	for i, s := range sections {
		data := s.get()
		entry := out[headerBytes+i*entryBytes:]
		le.PutUint32(entry, s.kind)
		le.PutUint32(entry[4:], checksum(data))
		le.PutUint64(entry[8:], uint64(at))
		le.PutUint64(entry[16:], uint64(len(data)))
		at += align(len(data))
	}
	copy(out, magic)
	le.PutUint32(out[offVersion:], FormatVersion)
	switch l {
	case held:
		copy(out, heldMagic)
		le.PutUint32(out[offVersion:], heldVersion)
	case inLists:
		copy(out, listsMagic)
		le.PutUint32(out[offVersion:], listsVersion)
	}
	le.PutUint32(out[offSections:], uint32(len(sections)))
	le.PutUint64(out[offRows:], uint64(len(c.ids)))
	le.PutUint64(out[offFirst:], uint64(c.first))
	le.PutUint64(out[offLast:], uint64(c.last))
	if l != held { // what is given does not depend on the rules of what is derived
		le.PutUint64(out[offDerived:], c.derived)
	}
	if l != held || c.keepsVectors {
		le.PutUint32(out[offDim:], uint32(c.vectors.Dim))
	}
	le.PutUint64(out[offSize:], uint64(at))
	le.PutUint32(out[offCRC:], headerSum(out, len(sections)))
	return out
}

// pieceBytes are written or summed at a time, some 50 us, before others may run.
const pieceBytes = 512 << 10

// checksum is the CRC-32C of a section.
func checksum(data []byte) (sum uint32) {
	for piece := range slices.Chunk(data, pieceBytes) {
		sum = crc32.Update(sum, castagnoli, piece)
		runtime.Gosched()
	}
	return sum
}

// headerSum is the checksum of header and table with the checksum field zero.
func headerSum(image []byte, sections int) uint32 {
	sum := crc32.Update(0, castagnoli, image[:offCRC])
	sum = crc32.Update(sum, castagnoli, []byte{0, 0, 0, 0})
	return crc32.Update(sum, castagnoli, image[offCRC+4:headerBytes+sections*entryBytes])
}

func corrupt(format string, args ...any) error {
	return fmt.Errorf("segment: %s: %w", fmt.Sprintf(format, args...), model.ErrCorrupt)
}

// decode checks the head of a file image and the columns that every question reads, and
// returns the segment over it; the rest is checked when it is used, see unchecked. Of
// an older format everything is checked here. fetch is told of what is about to be read.
// from is the memory file, nil where there is none.
func decode(image []byte, from *Held, fetch func(part []byte)) (*Segment, error) {
	c, late, err := open(image, segmentKind, fetch)
	if err != nil {
		return nil, err
	}
	if err := c.borrow(from); err != nil {
		return nil, err
	}
	le := binary.LittleEndian
	rowCount := int(le.Uint64(image[offRows:]))
	if le.Uint32(image[offVersion:]) >= formatPaged {
		if err := c.check(rowCount); err != nil {
			return nil, err
		}
		return lateSegment(image, c, late, from)
	}
	for at := asWords; at < stageCount; at++ {
		if err := late.checkSections(at); err != nil {
			return nil, err
		}
	}
	if err := c.modernize(); err != nil {
		return nil, err
	}
	if err := c.check(rowCount); err != nil {
		return nil, err
	}
	if err := c.checkVectors(rowCount); err != nil {
		return nil, err
	}
	if le.Uint32(image[offVersion:]) == 1 {
		if err := c.fieldsOfRecords(); err != nil {
			return nil, err
		}
	}
	s, err := newSegment(image, c, fields.Open)
	if err == nil {
		s.readRecords()
	}
	return s, err
}

// fileKind is what tells one kind of file from another.
type fileKind struct {
	magic          string
	oldest, newest uint32 // versions that this build reads
}

var segmentKind = fileKind{magic, formatOldest, FormatVersion}

// open binds the columns of an image, and checks those that are read at once.
func open(image []byte, kind fileKind, fetch func(part []byte)) (*content, *unchecked, error) {
	c, count, err := readHead(image, kind)
	if err != nil {
		return nil, nil, err
	}
	late, err := c.bind(image, count)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range late.sections[atOpen] {
		fetch(s.data)
	}
	return c, late, late.checkSections(atOpen)
}

// readHead checks header and section table, and returns a content that knows what they
// say of it, and the number of sections.
func readHead(image []byte, kind fileKind) (*content, int, error) {
	le := binary.LittleEndian
	if len(image) < headerBytes || string(image[:len(magic)]) != kind.magic {
		return nil, 0, corrupt("no header %s", kind.magic)
	}
	version := le.Uint32(image[offVersion:])
	if version < kind.oldest || version > kind.newest {
		return nil, 0, fmt.Errorf("segment: format version %d, this build reads %d to %d: %w", version, kind.oldest, kind.newest, model.ErrUnsupported)
	}
	if size := le.Uint64(image[offSize:]); size != uint64(len(image)) {
		return nil, 0, corrupt("%d bytes of %d", len(image), size)
	}
	count := int(le.Uint32(image[offSections:]))
	if count > sectionsMax || headerBytes+count*entryBytes > len(image) {
		return nil, 0, corrupt("%d sections", count)
	}
	if headerSum(image, count) != le.Uint32(image[offCRC:]) {
		return nil, 0, corrupt("header checksum")
	}
	c := &content{
		first:   model.ID(le.Uint64(image[offFirst:])),
		last:    model.ID(le.Uint64(image[offLast:])),
		derived: le.Uint64(image[offDerived:]),
	}
	c.vectors.SetDim(int(le.Uint32(image[offDim:])))
	return c, count, nil
}

// bind points every column at its section of the image and returns the sections, none of
// them checked.
func (c *content) bind(image []byte, count int) (*unchecked, error) {
	le := binary.LittleEndian
	sections, late, i := c.sections(), &unchecked{}, 0
	for _, s := range sections {
		if i == count {
			break
		}
		entry := image[headerBytes+i*entryBytes:]
		kind, sum := le.Uint32(entry), le.Uint32(entry[4:])
		offset, size := le.Uint64(entry[8:]), le.Uint64(entry[16:])
		if kind != s.kind {
			continue // of a later version: empty
		}
		i++
		if offset%sectionAlign != 0 || offset > uint64(len(image)) || size > uint64(len(image))-offset {
			return nil, corrupt("section %d at byte %d", s.kind, offset)
		}
		data := image[offset : offset+size : offset+size]
		if !s.set(data) {
			return nil, corrupt("section %d at byte %d: size %d", s.kind, offset, size)
		}
		late.sections[s.stage] = append(late.sections[s.stage], sealedSection{s.kind, data, sum})
	}
	if i != count {
		return nil, corrupt("%d sections, %d of them known and in order", count, i)
	}
	return late, nil
}

// modernize fills what a file of version 1 lacks and its records tell, and packs
// its words.
func (c *content) modernize() error {
	if err := c.packWords(); err != nil {
		return err
	}
	if len(c.ingests) > 0 {
		return nil
	}
	if len(c.recordStarts) == 0 || !slices.IsSorted(c.recordStarts) || c.recordStarts[len(c.recordStarts)-1] > uint64(len(c.records)) {
		return corrupt("records are out of order")
	}
	for i, start := range c.recordStarts[1:] {
		record := c.records[c.recordStarts[i]:start]
		if len(record) < recordHead {
			return corrupt("record of %d bytes", len(record))
		}
		c.ingests = append(c.ingests, committed(record))
	}
	return nil
}

// packWords makes the lists of words of those of version 1, in memory.
func (c *content) packWords() error {
	old := c.wordsV1
	c.wordsV1 = lexical.Version1{}
	if len(c.words.Postings) > 0 {
		return nil
	}
	old.Dictionary, old.Lengths = c.words.Dictionary, c.words.Lengths
	words, err := lexical.Upgrade(old)
	if err != nil {
		return corrupt("words of version 1: %v", err)
	}
	c.words = words
	return nil
}

// check verifies that the columns that opening reads agree with each other and with the
// size of the others, so that no later read can leave its section.
func (c *content) check(rows int) error {
	for _, f := range [...]struct{ have, want int }{
		{len(c.tenants), rows}, {len(c.users), rows}, {len(c.agents), rows}, {len(c.sessions), rows}, {len(c.threads), rows},
		{len(c.events), rows}, {len(c.positions), rows}, {len(c.authority), rows},
		{len(c.keyRows), len(c.keyHashes)}, {len(c.signatures), rows * signatureBytes},
		{len(c.words.Lengths), rows}, {len(c.vectors.Vectors), rows * c.vectors.Dim},
		{len(c.ingests), rows}, {len(c.versionRows), len(c.versionIDs)}, {len(c.expiryRows), len(c.expiries)},
		{len(c.validFrom), len(c.validRows)}, {len(c.validTo), len(c.validRows)},
	} {
		if f.have != f.want {
			return corrupt("a column has %d values, want %d", f.have, f.want)
		}
	}
	if err := c.checkHeld(rows); err != nil {
		return err
	}
	if !slices.IsSorted(c.keyHashes) ||
		!slices.IsSorted(c.versionIDs) || !slices.IsSorted(c.expiries) || !slices.IsSorted(c.validRows) {
		return corrupt("a column is out of order")
	}
	for _, column := range [...][]uint32{c.keyRows, c.versionRows, c.expiryRows, c.validRows} {
		for _, row := range column {
			if int(row) >= rows {
				return corrupt("row %d of %d is named", row, rows)
			}
		}
	}
	return nil
}

// checkHeld does so with the columns that a memory file has.
func (c *content) checkHeld(rows int) error {
	if rows == 0 || rows != len(c.ids) || rows+1 != len(c.recordStarts) {
		return corrupt("%d rows, %d sequences, %d starts of records", rows, len(c.ids), len(c.recordStarts))
	}
	if c.vectors.Dim > model.DimensionMax || model.ID(c.ids[0]) < c.first || model.ID(c.ids[rows-1]) > c.last {
		return corrupt("%d rows of dimension %d, IDs %d..%d", rows, c.vectors.Dim, c.first, c.last)
	}
	if !slices.IsSorted(c.ids) || !slices.IsSorted(c.recordStarts) || c.recordStarts[0] != 0 {
		return corrupt("sequences or records are out of order")
	}
	return c.checkPacked(rows)
}

// checkVectors verifies what later reads rely on in the codes of vectors.
func (c *content) checkVectors(rows int) error {
	if err := c.vectors.Check(rows); err != nil {
		return corrupt("vectors: %v", err)
	}
	return nil
}

// checkRecord verifies that a record has a head.
func checkRecord(record []byte) error {
	if len(record) < recordHead || record[0] == recordLived && len(record) < recordHead+lifeBytes {
		return corrupt("record of %d bytes", len(record))
	}
	return nil
}
