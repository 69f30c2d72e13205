package segment

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"github.com/klauspost/compress/zstd"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/scratch"
)

// A segment may have its records packed: in blocks, each a frame of zstd (RFC 8878) with the
// segment's own dictionary, so that reading a record unpacks one block and needs nothing of
// its neighbours. Only records are: all else is read by every question, or is as random as
// bits can be. docs/design/cold-text.md has sizes and costs.
//
//	records        the frames, one behind the other
//	recordStarts   as of plain records: where each starts in the plain bytes
//	packedBlocks   of every block the row it begins with and where it starts in records, then
//	               the number of rows and the size of records; empty where records are plain
//	packedDict     the dictionary; empty where there is none
const (
	// packedBytes is what a block holds of plain records, but for a longer record, which is a
	// block alone. Twice as much is a tenth smaller, and half as quick to read.
	packedBytes = 2 << 10
	// dictShare bounds a dictionary to a share of the plain bytes, dictBytes absolutely, and
	// below dictLeast there is none.
	dictShare = 64
	dictBytes = 32 << 10
	dictLeast = 1 << 10
	// trainedBlocks are looked at for the frequencies of symbols that stand in a dictionary.
	trainedBlocks = 128
	dictID        = 1
	// unpackedMax bounds what a frame may claim to hold: far more than any record has.
	unpackedMax = 64 << 20
)

// packed reports whether the records are.
func (c *content) packed() bool { return len(c.packedBlocks) > 0 }

// Packed reports whether the segment's records are compressed.
func (s *Segment) Packed() bool { return s.packed() }

// RecordBytes returns the size of the segment's records, plain and as they are stored, with
// what is there to read them. It reads nothing of the file.
func (s *Segment) RecordBytes() (plain, stored int) {
	return s.plainBytes, len(s.records) + 4*len(s.packedBlocks) + len(s.packedDict)
}

// Pack compresses the draft's records, some 10 us a record of 200 bytes, all of which others
// can interrupt. It leaves them plain where that is not smaller. stop is asked now and then;
// once true, Pack ends, and the draft is as it was.
func (d *Draft) Pack(stop func() bool) error {
	b := d.b
	p := newPacker(&b.content)
	if p == nil {
		return nil
	}
	for first := 0; first < b.RowCount(); {
		if stop() {
			return nil
		}
		end := b.blockEnd(first)
		if err := p.add(first, b.records[b.recordStarts[first]:b.recordStarts[end]]); err != nil {
			return err
		}
		first = end
		runtime.Gosched()
	}
	p.blocks = append(p.blocks, uint32(b.RowCount()), uint32(len(p.frames)))
	if len(p.frames)+len(p.dict)+4*len(p.blocks) < len(b.records) {
		b.records, b.packedBlocks, b.packedDict = p.frames, p.blocks, p.dict
		b.sealPages()
	}
	return nil
}

// blockEnd returns the row after the block that begins with a row.
func (c *content) blockEnd(first int) int {
	end := first + 1
	for end < len(c.ids) && c.recordStarts[end+1]-c.recordStarts[first] <= packedBytes {
		end++
	}
	return end
}

// packer makes the frames of a content.
type packer struct {
	dict    []byte
	encoder *zstd.Encoder
	decoder *zstd.Decoder
	frames  []byte
	blocks  []uint32
	again   []byte // a block unpacked
}

// newPacker returns nil where the library takes no dictionary and no frame, which leaves
// records plain.
func newPacker(c *content) *packer {
	p := &packer{dict: trainDict(c)}
	options := []zstd.EOption{
		zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false), zstd.WithSingleSegment(true),
		zstd.WithLowerEncoderMem(true), zstd.WithEncoderLevel(zstd.SpeedDefault),
	}
	if len(p.dict) > 0 {
		options = append(options, zstd.WithEncoderDict(p.dict))
	}
	var err error
	if p.encoder, err = zstd.NewWriter(nil, options...); err != nil {
		return nil
	}
	if p.decoder, err = newUnpacker(p.dict); err != nil {
		return nil
	}
	return p
}

// add appends a block and reads it again: what stands in a file is to be what was given.
func (p *packer) add(row int, plain []byte) (err error) {
	start := len(p.frames)
	p.blocks = append(p.blocks, uint32(row), uint32(start))
	p.frames = p.encoder.EncodeAll(plain, p.frames)
	p.again, err = p.decoder.DecodeAll(p.frames[start:], p.again[:0])
	if err != nil || !bytes.Equal(p.again, plain) {
		return fmt.Errorf("segment: a block of %d bytes does not unpack as it was packed: %w", len(plain), errors.Join(err, model.ErrInternal))
	}
	return nil
}

// trainDict returns a dictionary for the records: records from all over the segment, which
// frames refer to, and the frequencies of symbols in some blocks. It depends on the records
// alone. nil where there are few, or the library finds nothing to learn.
func trainDict(c *content) (dict []byte) {
	defer func() {
		if recover() != nil { // a fault of the library's is no reason not to merge
			dict = nil
		}
	}()
	size := min(len(c.records)/dictShare, dictBytes)
	if size < dictLeast {
		return nil
	}
	dict, err := zstd.BuildDict(zstd.BuildDictOptions{
		ID: dictID, History: c.sampleRecords(size), Contents: c.sampleBlocks(trainedBlocks),
		Offsets: [3]int{1, 4, 8}, Level: zstd.SpeedDefault,
	})
	if err != nil {
		return nil
	}
	if _, err := newUnpacker(dict); err != nil {
		return nil
	}
	return dict
}

// sampleRecords returns records at even distances, as many as fill so many bytes; of very
// long ones their beginnings.
func (c *content) sampleRecords(size int) []byte {
	const most = 1 << 10 // of one record
	sample := make([]byte, 0, size)
	steps := max(1, size/256)
	for i := 0; i < steps && len(sample) < size; i++ {
		row := i * len(c.ids) / steps
		record := c.records[c.recordStarts[row]:c.recordStarts[row+1]]
		record = record[:min(len(record), most, size-len(sample))]
		sample = append(sample, record...)
	}
	return sample
}

// sampleBlocks returns some blocks at even distances.
func (c *content) sampleBlocks(count int) (blocks [][]byte) {
	count = min(count, len(c.ids))
	for i := range count {
		first := i * len(c.ids) / count
		block := c.records[c.recordStarts[first]:c.recordStarts[c.blockEnd(first)]]
		blocks = append(blocks, block[:min(len(block), packedBytes)])
	}
	return blocks
}

// newUnpacker returns what unpacks frames of a dictionary, for one goroutine at a time.
func newUnpacker(dict []byte) (*zstd.Decoder, error) {
	options := []zstd.DOption{zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxMemory(unpackedMax)}
	if len(dict) > 0 {
		options = append(options, zstd.WithDecoderDicts(dict))
	}
	return zstd.NewReader(nil, options...)
}

// unpackers of a segment wait for the next reader: each knows the dictionary, and serves one
// at a time, so that nobody waits.
type unpackers = scratch.Pool[zstd.Decoder]

// newUnpacker makes one of the segment's unpackers.
func (s *Segment) newUnpacker() *zstd.Decoder {
	u, err := newUnpacker(s.packedDict)
	if err != nil {
		must(corrupt("dictionary of %d bytes: %v", len(s.packedDict), err))
	}
	return u
}

// checkPacked verifies the blocks of packed records, and the size of plain ones.
func (c *content) checkPacked(rows int) error {
	b := c.packedBlocks
	if len(b) == 0 {
		if c.recordStarts[rows] != uint64(len(c.records)) || len(c.packedDict) > 0 {
			return corrupt("records of %d bytes, want %d", len(c.records), c.recordStarts[rows])
		}
		return nil
	}
	if last := len(b) - 2; last < 2 || len(b)%2 != 0 || b[0] != 0 || b[1] != 0 || int(b[last]) != rows || uint64(b[last+1]) != uint64(len(c.records)) {
		return corrupt("%d words of packed blocks", len(b))
	}
	for i := 2; i < len(b); i += 2 {
		if b[i] <= b[i-2] || b[i+1] <= b[i-1] || int(b[i]) > rows {
			return corrupt("packed block %d is out of order", i/2)
		}
		if plain := c.recordStarts[b[i]] - c.recordStarts[b[i-2]]; plain > unpackedMax {
			return corrupt("packed block %d of %d bytes", i/2-1, plain)
		}
	}
	return nil
}

// blockOf returns the packed block that holds a row.
func (c *content) blockOf(row int) int {
	low, high := 0, len(c.packedBlocks)/2-1
	for high-low > 1 {
		if middle := (low + high) / 2; int(c.packedBlocks[2*middle]) <= row {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// RecordReader reads records, of packed ones a block at a time, which it remembers: in the
// order of rows each block is unpacked once. The zero value is ready. One goroutine at a
// time.
type RecordReader struct {
	of    *Segment // whose block plain is; nil = none
	block int
	plain []byte
}

// Forget drops the segment that was read last, and keeps the memory.
func (r *RecordReader) Forget() { r.of = nil }

// Record returns the record of a row, valid until the next call. It does not allocate once
// it has unpacked a block as large. See Segment for damage.
func (r *RecordReader) Record(s *Segment, row int) []byte {
	if !s.packed() {
		return s.plainRecord(row)
	}
	if block := s.blockOf(row); r.of != s || r.block != block {
		r.of = nil
		r.plain = s.unpack(block, r.plain)
		r.of, r.block = s, block
	}
	start := s.recordStarts[s.packedBlocks[2*r.block]]
	record := r.plain[s.recordStarts[row]-start : s.recordStarts[row+1]-start]
	must(checkRecord(record))
	return record
}

// unpack returns the plain bytes of a block, in the memory of dst where they fit.
func (s *Segment) unpack(block int, dst []byte) []byte {
	b := s.packedBlocks[2*block : 2*block+4]
	first, end := int(b[1]), int(b[3])
	s.needRecords(first, end)
	size := int(s.recordStarts[b[2]] - s.recordStarts[b[0]])
	u := s.unpackers.Get()
	dst, err := u.DecodeAll(s.records[first:end], slices.Grow(dst[:0], size))
	if err != nil || len(dst) != size {
		must(corrupt("packed block %d of %d bytes, want %d: %v", block, len(dst), size, err))
	}
	s.unpackers.Put(u)
	return dst
}
