package fit

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"math"

	"github.com/nexus-memory/nexus/engine/model"
)

// Files of datasets, for exchange between programs that measure candidates and programs
// that fit; they are not kept. All little-endian:
//
//	1  2026-11  magic "NEXUSFIT", version u32, columns u32, questions u32, rows u32
//	            a column: length of its name u32, name
//	            a question: lengths of ID and set u32 each, both, weight f64, evidence u32, rows u32
//	            labels, a byte a row
//	            values f32: all of the first column, all of the second ...
//	            CRC-32C of everything before it, u32
const (
	fileMagic   = "NEXUSFIT"
	fileVersion = 1
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// chunkBytes is how much of the labels and values is in the buffer at once. What is read
// is grown by as much, so that a damaged header cannot ask for more than the file has.
const chunkBytes = 1 << 16

// WriteTo writes the dataset as a file. ErrInvalid if it does not fit together, else
// errors of w.
func (d *Dataset) WriteTo(w io.Writer) (int64, error) {
	if len(d.Groups) == 0 {
		d = &Dataset{Columns: d.Columns, Starts: []int{0}, Values: make([][]float32, len(d.Columns))}
	}
	if err := d.check(); err != nil {
		return 0, err
	}
	f := &fileWriter{to: bufio.NewWriterSize(w, chunkBytes), sum: crc32.New(castagnoli)}
	f.bytes([]byte(fileMagic))
	f.u32s(fileVersion, len(d.Columns), len(d.Groups), d.Rows())
	for _, name := range d.Columns {
		f.u32s(len(name))
		f.bytes([]byte(name))
	}
	for g, group := range d.Groups {
		first, end := d.rows(g)
		f.u32s(len(group.ID), len(group.Set))
		f.bytes([]byte(group.ID + group.Set))
		f.bytes(binary.LittleEndian.AppendUint64(nil, math.Float64bits(group.Weight)))
		f.u32s(group.Evidence, end-first)
	}
	f.bytes(d.Labels)
	var chunk []byte
	for _, column := range d.Values {
		for len(column) > 0 {
			n := min(len(column), chunkBytes/4)
			chunk = chunk[:0]
			for _, v := range column[:n] {
				chunk = binary.LittleEndian.AppendUint32(chunk, math.Float32bits(v))
			}
			f.bytes(chunk)
			column = column[n:]
		}
	}
	f.u32s(int(f.sum.Sum32()))
	if f.err == nil {
		f.err = f.to.Flush()
	}
	return f.written, f.err
}

// fileWriter counts and sums what it writes, and remembers the first error.
type fileWriter struct {
	to      *bufio.Writer
	sum     hash.Hash32
	written int64
	err     error
}

func (f *fileWriter) bytes(b []byte) {
	if f.err != nil {
		return
	}
	f.sum.Write(b)
	var n int
	n, f.err = f.to.Write(b)
	f.written += int64(n)
}

func (f *fileWriter) u32s(values ...int) {
	for _, v := range values {
		f.bytes(binary.LittleEndian.AppendUint32(nil, uint32(v)))
	}
}

// ReadFrom replaces the dataset by that of a file, which ends where r does. ErrCorrupt
// if it is none, cut short or damaged, ErrUnsupported if it is of a newer version, else
// errors of r. The dataset is unchanged then.
func (d *Dataset) ReadFrom(r io.Reader) (int64, error) {
	f := &fileReader{from: bufio.NewReaderSize(r, chunkBytes), sum: crc32.New(castagnoli)}
	read, err := f.dataset()
	switch {
	case f.err != nil && f.err != io.EOF && f.err != io.ErrUnexpectedEOF:
		return f.read, fmt.Errorf("fit: dataset at byte %d: %w", f.read, f.err)
	case f.err != nil:
		return f.read, fmt.Errorf("fit: dataset ends at byte %d: %w", f.read, model.ErrCorrupt)
	case err != nil:
		return f.read, err
	}
	*d = *read
	return f.read, nil
}

// fileReader mirrors fileWriter. After an error it returns zeros.
type fileReader struct {
	from *bufio.Reader
	sum  hash.Hash32
	read int64
	err  error
}

// fill reads as many bytes as b has.
func (f *fileReader) fill(b []byte) {
	if f.err == nil {
		var n int
		n, f.err = io.ReadFull(f.from, b)
		f.read += int64(n)
		f.sum.Write(b[:n])
	}
	if f.err != nil {
		clear(b)
	}
}

func (f *fileReader) u64() uint64 {
	var b [8]byte
	f.fill(b[:])
	return binary.LittleEndian.Uint64(b[:])
}

func (f *fileReader) u32() uint32 {
	var b [4]byte
	f.fill(b[:])
	return binary.LittleEndian.Uint32(b[:])
}

// count reads a number that an int of 32 bits holds; a larger one is beyond all limits.
func (f *fileReader) count() int { return int(min(f.u32(), math.MaxInt32)) }

func (f *fileReader) text(size int) string {
	if size > textMax && f.err == nil {
		f.err = io.ErrUnexpectedEOF // damaged: as if the file ended here
	}
	if f.err != nil {
		return ""
	}
	b := make([]byte, size)
	f.fill(b)
	return string(b)
}

func (f *fileReader) dataset() (*Dataset, error) {
	if f.text(len(fileMagic)) != fileMagic {
		return nil, fmt.Errorf("fit: this does not begin as a dataset does: %w", model.ErrCorrupt)
	}
	if version := f.u32(); version != fileVersion {
		return nil, fmt.Errorf("fit: dataset of format %d, this build reads %d: %w", version, fileVersion, model.ErrUnsupported)
	}
	columnCount, groupCount, rows := f.count(), f.count(), f.count()
	if columnCount > ColumnsMax || groupCount > groupsMax || rows > RowsMax {
		return nil, fmt.Errorf("fit: dataset of %d columns, %d questions and %d rows: %w", columnCount, groupCount, rows, model.ErrCorrupt)
	}
	d := &Dataset{Starts: []int{0}}
	for range columnCount {
		d.Columns = append(d.Columns, f.text(f.count()))
	}
	for i := 0; i < groupCount && f.err == nil; i++ {
		idBytes, setBytes := f.count(), f.count()
		g := Group{ID: f.text(idBytes), Set: f.text(setBytes), Weight: math.Float64frombits(f.u64()), Evidence: f.count()}
		d.Groups, d.Starts = append(d.Groups, g), append(d.Starts, d.Starts[i]+f.count())
	}
	d.Labels = f.labels(rows)
	for i := 0; i < columnCount && f.err == nil; i++ {
		d.Values = append(d.Values, f.floats(rows))
	}
	return d, f.end(d)
}

// end checks what stands behind the values, and that all fits together.
func (f *fileReader) end(d *Dataset) error {
	sum := f.sum.Sum32()
	if stored := f.u32(); f.err == nil && stored != sum {
		return fmt.Errorf("fit: checksum of a dataset of %d bytes: %w", f.read, model.ErrCorrupt)
	}
	if _, err := f.from.ReadByte(); err == nil {
		return fmt.Errorf("fit: dataset goes on behind its end at byte %d: %w", f.read, model.ErrCorrupt)
	}
	if err := d.check(); err != nil && f.err == nil {
		return fmt.Errorf("%w (%v)", model.ErrCorrupt, err)
	}
	return nil
}

func (f *fileReader) labels(count int) (all []uint8) {
	var chunk [chunkBytes]byte
	for f.err == nil && len(all) < count {
		n := min(count-len(all), chunkBytes)
		f.fill(chunk[:n])
		all = append(all, chunk[:n]...)
	}
	return all
}

func (f *fileReader) floats(count int) (all []float32) {
	var chunk [chunkBytes]byte
	for f.err == nil && len(all) < count {
		b := chunk[:4*min(count-len(all), chunkBytes/4)]
		f.fill(b)
		for ; len(b) > 0; b = b[4:] {
			all = append(all, math.Float32frombits(binary.LittleEndian.Uint32(b)))
		}
	}
	return all
}
