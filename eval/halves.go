package eval

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"

	"github.com/nexus-memory/nexus/engine/model"
)

// Rows are vectors of one dimension, one after another.
type Rows struct {
	Dim    int
	values []float32
}

// Row returns vector i; the slice is a part of the whole and is not to be changed.
func (r *Rows) Row(i int) []float32 { return r.values[i*r.Dim : (i+1)*r.Dim : (i+1)*r.Dim] }

// Len returns the number of vectors.
func (r *Rows) Len() int { return len(r.values) / r.Dim }

// ReadHalves reads a file of IEEE 754 half-precision numbers, little endian,
// dim a row, no header, and wants exactly rows of them.
func ReadHalves(path string, dim, rows int) (*Rows, error) {
	if dim < 1 || dim > model.DimensionMax {
		return nil, fmt.Errorf("eval: dimension %d, want 1..%d: %w", dim, model.DimensionMax, model.ErrInvalid)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("eval: vectors: %w", err)
	}
	if len(data) != 2*dim*rows {
		return nil, fmt.Errorf("eval: vectors: %d bytes, want %d rows of %d halves, %d bytes: %w", len(data), rows, dim, 2*dim*rows, model.ErrDimension)
	}
	r := &Rows{Dim: dim, values: make([]float32, dim*rows)}
	for i := range r.values {
		r.values[i] = fromHalf(binary.LittleEndian.Uint16(data[2*i:]))
	}
	return r, nil
}

// fromHalf widens a half to a float32; every half has one, so it is exact.
// Layout of a half: sign 1 bit, exponent 5 biased by 15, fraction 10.
func fromHalf(h uint16) float32 {
	sign := uint32(h>>15) << 31
	exponent, fraction := uint32(h>>10)&0x1f, uint32(h)&0x3ff
	switch exponent {
	case 0: // zero and subnormals: fraction * 2^-24
		return math.Float32frombits(sign | math.Float32bits(float32(fraction)*0x1p-24))
	case 0x1f: // infinity and not a number
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}
