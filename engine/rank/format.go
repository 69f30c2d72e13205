package rank

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"time"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/kernels"
)

// File format (all little-endian; a bump adds a line here and a sample file under
// testdata that every later build must open):
//
//	1  2026-11  as follows
//
//	0 magic "NEXUSRNK"  8 version u32  12 CRC-32C of all bytes, this field zero, u32  16 size in bytes u64
//	24 seed u64  32 fitted, Unix seconds, i64  40 depth u32  44 trees u32  48 bias f32
//	52 columns u32  56 sets u32  60 texts: columns, sets, metrics; each length u32 and bytes
//	then columns of the nodes, u16 each, thresholds, f32 each, leaves, f32 each
//
// All versions have the first 24 bytes in common, so that a file of a newer version is
// told from a damaged one.
const (
	FormatVersion = 1

	magic      = "NEXUSRNK"
	offVersion = 8
	offCRC     = 12
	offSize    = 16
	headCommon = 24
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum covers all of a file but the field that holds it.
func checksum(file []byte) uint32 {
	sum := crc32.Checksum(file[:offCRC], castagnoli)
	sum = crc32.Update(sum, castagnoli, make([]byte, offSize-offCRC))
	return crc32.Update(sum, castagnoli, file[offSize:])
}

// Encode returns the model as a file. The same model gives the same bytes.
func (m *Model) Encode() []byte {
	f, p, le := &m.forest, &m.provenance, binary.LittleEndian
	b := append([]byte(magic), make([]byte, headCommon-len(magic))...)
	b = le.AppendUint64(b, p.Seed)
	b = le.AppendUint64(b, uint64(p.Fitted.Unix()))
	b = le.AppendUint32(b, uint32(f.Depth))
	b = le.AppendUint32(b, uint32(m.Trees()))
	b = le.AppendUint32(b, math.Float32bits(f.Bias))
	b = le.AppendUint32(b, uint32(len(m.columns)))
	b = le.AppendUint32(b, uint32(len(p.Sets)))
	for _, texts := range [][]string{m.columns, p.Sets, {p.Metrics}} {
		for _, text := range texts {
			b = append(le.AppendUint32(b, uint32(len(text))), text...)
		}
	}
	for _, column := range f.Column {
		b = le.AppendUint16(b, column)
	}
	for _, values := range [][]float32{f.Thresholds, f.Leaves} {
		for _, v := range values {
			b = le.AppendUint32(b, math.Float32bits(v))
		}
	}
	le.PutUint32(b[offVersion:], FormatVersion)
	le.PutUint64(b[offSize:], uint64(len(b)))
	le.PutUint32(b[offCRC:], checksum(b))
	return b
}

// Decode reads a model from the bytes of its file, which it does not keep.
//
// ErrCorrupt if they are no such file, cut short or damaged; ErrUnsupported if a newer
// version of Nexus wrote them. Memory is bounded by some ten times len(file).
func Decode(file []byte) (*Model, error) {
	if len(file) < headCommon || string(file[:len(magic)]) != magic {
		return nil, fmt.Errorf("rank: %d bytes that do not begin as a ranker does: %w", len(file), model.ErrCorrupt)
	}
	le := binary.LittleEndian
	if size := le.Uint64(file[offSize:]); size != uint64(len(file)) {
		return nil, fmt.Errorf("rank: a ranker of %d bytes is %d long: %w", size, len(file), model.ErrCorrupt)
	}
	if checksum(file) != le.Uint32(file[offCRC:]) {
		return nil, fmt.Errorf("rank: checksum of a ranker of %d bytes: %w", len(file), model.ErrCorrupt)
	}
	if version := le.Uint32(file[offVersion:]); version > FormatVersion {
		return nil, fmt.Errorf("rank: a ranker of format %d, this build reads up to %d: %w", version, FormatVersion, model.ErrUnsupported)
	} else if version == 0 {
		return nil, fmt.Errorf("rank: a ranker of format 0: %w", model.ErrCorrupt)
	}
	m, err := decode(&reader{rest: file[headCommon:]})
	if err != nil {
		// What a sound checksum covers and is no model all the same was not written by Encode.
		return nil, fmt.Errorf("rank: a ranker of %d bytes: %w (%v)", len(file), model.ErrCorrupt, err)
	}
	return m, nil
}

func decode(r *reader) (*Model, error) {
	var f Forest
	var p Provenance
	p.Seed = r.u64()
	p.Fitted = time.Unix(int64(r.u64()), 0).UTC()
	f.Depth = r.count()
	trees := r.count()
	f.Bias = math.Float32frombits(r.u32())
	columnCount, setCount := r.count(), r.count()
	if f.Depth < 1 || f.Depth > kernels.TreeDepthMax || trees > TreesMax || columnCount > ColumnsMax || setCount > SetsMax {
		return nil, fmt.Errorf("rank: %d trees of depth %d, %d columns, %d sets: %w", trees, f.Depth, columnCount, setCount, model.ErrInvalid)
	}
	columns := r.texts(columnCount)
	p.Sets = r.texts(setCount)
	p.Metrics = r.text()
	f.Column = r.u16s(trees * f.Depth)
	f.Thresholds = r.floats(trees * f.Depth)
	f.Leaves = r.floats(trees << f.Depth)
	if r.short || len(r.rest) > 0 {
		return nil, fmt.Errorf("rank: contents and size differ, %d bytes are left: %w", len(r.rest), model.ErrInvalid)
	}
	return New(columns, f, p)
}

// reader takes values off the front of rest. Past the end it returns zeros and says so.
type reader struct {
	rest  []byte
	short bool
}

func (r *reader) take(n int) []byte {
	if n > len(r.rest) {
		r.short, r.rest = true, nil
		return nil
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *reader) u32() uint32 {
	if b := r.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// count reads a number that an int of 32 bits holds; a larger one is beyond all limits.
func (r *reader) count() int { return int(min(r.u32(), math.MaxInt32)) }

func (r *reader) u64() uint64 {
	low := uint64(r.u32())
	return low | uint64(r.u32())<<32
}

func (r *reader) text() string { return string(r.take(r.count())) }

func (r *reader) texts(count int) (all []string) {
	for range count {
		all = append(all, r.text())
	}
	return all
}

func (r *reader) u16s(count int) (all []uint16) {
	for b := r.take(2 * count); len(b) > 0; b = b[2:] {
		all = append(all, binary.LittleEndian.Uint16(b))
	}
	return all
}

func (r *reader) floats(count int) (all []float32) {
	for b := r.take(4 * count); len(b) > 0; b = b[4:] {
		all = append(all, math.Float32frombits(binary.LittleEndian.Uint32(b)))
	}
	return all
}
