package confidence

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rank"
)

// Knot is a point of the calibration: a score, and how often the answer was among the
// first hits of questions with it.
type Knot struct{ Score, Share float32 }

// KnotsMax bounds a calibration.
const KnotsMax = 64

// Model tells probabilities from features: trees over them, and a calibration of what
// these say. It never changes; any goroutine may use it.
type Model struct {
	trees  *rank.Model
	scorer *rank.Scorer
	knots  []Knot
}

// New returns a model; it keeps a copy of knots.
//
// ErrInvalid if the trees know none of Names, or the knots are not 1 to KnotsMax, of
// scores that rise and shares in 0..1 that do not fall.
func New(trees *rank.Model, knots []Knot) (*Model, error) {
	if len(knots) == 0 || len(knots) > KnotsMax {
		return nil, fmt.Errorf("confidence: %d knots, want 1 to %d: %w", len(knots), KnotsMax, model.ErrInvalid)
	}
	for i, k := range knots {
		finite := !math.IsInf(float64(k.Score), 0) && k.Score == k.Score
		inRange := k.Share >= 0 && k.Share <= 1
		if !finite || !inRange || i > 0 && (k.Score <= knots[i-1].Score || k.Share < knots[i-1].Share) {
			return nil, fmt.Errorf("confidence: knot %d at %v of %v: %w", i, k.Score, k.Share, model.ErrInvalid)
		}
	}
	scorer, err := trees.Bind(Names())
	if err != nil {
		return nil, fmt.Errorf("confidence: %w", err)
	}
	return &Model{trees, scorer, append([]Knot(nil), knots...)}, nil
}

// Trees returns the trees, with where they came from.
func (m *Model) Trees() *rank.Model { return m.trees }

// Probability returns the probability that the answer is among the first hits, 0..1, by
// the features of Names. The same bits on every CPU. O(trees), no allocation.
func (m *Model) Probability(features []float32) float32 {
	var score [1]float32
	m.scorer.Score(features, 1, 1, score[:])
	return m.Calibrated(score[0])
}

// Calibrated reads the share at a score of the trees off the straight line between the knots around it;
// beyond the ends it is that of the last one.
func (m *Model) Calibrated(score float32) float32 {
	high := 0
	for high < len(m.knots) && m.knots[high].Score <= score {
		high++
	}
	switch high {
	case 0:
		return m.knots[0].Share
	case len(m.knots):
		return m.knots[high-1].Share
	}
	a, b := m.knots[high-1], m.knots[high]
	part := (float64(score) - float64(a.Score)) / (float64(b.Score) - float64(a.Score))
	return float32(float64(a.Share) + float64(part*(float64(b.Share)-float64(a.Share))))
}

// File format (all little-endian; a bump adds a line here and a sample file under
// testdata that every later build must open):
//
//	1  2026-11  as follows
//
//	0 magic "NEXUSCNF"  8 version u32  12 CRC-32C of all bytes but these, u32  16 size in bytes u64
//	24 knots u32  28 zero u32  32 the knots: score f32, share f32 ... then the trees, as package rank keeps them
//
// All versions have the first 24 bytes in common, so that a file of a newer version is
// told from a damaged one.
const (
	FormatVersion = 1

	magic     = "NEXUSCNF"
	headBytes = 32
	knotBytes = 8
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum covers all of a file but the field that holds it.
func checksum(file []byte) uint32 {
	return crc32.Update(crc32.Checksum(file[:12], castagnoli), castagnoli, file[16:])
}

// Encode returns the model as a file. The same model gives the same bytes.
func (m *Model) Encode() []byte {
	le := binary.LittleEndian
	b := append([]byte(magic), make([]byte, headBytes-len(magic))...)
	le.PutUint32(b[8:], FormatVersion)
	le.PutUint32(b[24:], uint32(len(m.knots)))
	for _, k := range m.knots {
		b = le.AppendUint32(b, math.Float32bits(k.Score))
		b = le.AppendUint32(b, math.Float32bits(k.Share))
	}
	b = append(b, m.trees.Encode()...)
	le.PutUint64(b[16:], uint64(len(b)))
	le.PutUint32(b[12:], checksum(b))
	return b
}

// Decode reads a model from the bytes of its file, which it does not keep.
//
// ErrCorrupt if they are no such file, cut short or damaged, or fit no feature of this
// build; ErrUnsupported if a newer version of Nexus wrote them.
func Decode(file []byte) (*Model, error) {
	le := binary.LittleEndian
	if len(file) < headBytes || string(file[:len(magic)]) != magic {
		return nil, fmt.Errorf("confidence: %d bytes that do not begin as a model does: %w", len(file), model.ErrCorrupt)
	}
	if size := le.Uint64(file[16:]); size != uint64(len(file)) {
		return nil, fmt.Errorf("confidence: a model of %d bytes is %d long: %w", size, len(file), model.ErrCorrupt)
	}
	if checksum(file) != le.Uint32(file[12:]) {
		return nil, fmt.Errorf("confidence: checksum of a model of %d bytes: %w", len(file), model.ErrCorrupt)
	}
	switch version := le.Uint32(file[8:]); {
	case version > FormatVersion:
		return nil, fmt.Errorf("confidence: a model of format %d, this build reads up to %d: %w", version, FormatVersion, model.ErrUnsupported)
	case version == 0:
		return nil, fmt.Errorf("confidence: a model of format 0: %w", model.ErrCorrupt)
	}
	count := le.Uint32(file[24:])
	if count > KnotsMax || headBytes+int(count)*knotBytes > len(file) {
		return nil, fmt.Errorf("confidence: %d knots in %d bytes: %w", count, len(file), model.ErrCorrupt)
	}
	knots := make([]Knot, count)
	for i := range knots {
		at := headBytes + i*knotBytes
		knots[i] = Knot{math.Float32frombits(le.Uint32(file[at:])), math.Float32frombits(le.Uint32(file[at+4:]))}
	}
	trees, err := rank.Decode(file[headBytes+len(knots)*knotBytes:])
	if err != nil {
		return nil, fmt.Errorf("confidence: %w", err)
	}
	m, err := New(trees, knots)
	if err != nil {
		// What a sound checksum covers and is no model all the same was not written by Encode.
		return nil, fmt.Errorf("confidence: a model of %d bytes: %w (%v)", len(file), model.ErrCorrupt, err)
	}
	return m, nil
}
