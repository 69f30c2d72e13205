package kernels

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
)

// bitTableBytes is the size of the two tables of a column: 16 entries for each nibble.
const bitTableBytes = 32

// bitTableZero is the entry that stands for a sum of zero; entries are 0 to 62.
const bitTableZero = 31

// bitDeltaMin is the smallest delta of tables: a query whose sums are all below 31 times
// this counts as zero, so that 1/delta stays finite.
const bitDeltaMin = 0x1p-100

// BuildBitTables fills the look-up tables of a rotated query for RaBitQScan and returns
// the value of one step of an entry.
//
// With bit 1 for +1 and 0 for -1, the four dimensions of a nibble n contribute
// s = ±q0 ±q1 ±q2 ±q3 to the inner product of query and code. Entry n of the nibble's
// table is round(s/delta)+31, where delta is 1/31 of the largest |q0|+|q1|+|q2|+|q3| of
// all nibbles; so an entry is off by at most delta/2 and in 0..62, and four add up to less
// than 256. The entries of n and its complement add up to 62. The table is quantized and
// not the query: that is about six bits for the sum of four, at the price of none
// (docs/design/bit-codes.md compares).
//
// Shape: len(tables) == 32*ceil(len(query)/8): for each column of a bit block the table of
// the low nibble, then of the high nibble. len(query) <= BitDimensionMax; dimensions behind
// the last count as zero. A query with a NaN, an infinity or a sum beyond float32 returns a
// delta that makes every estimate NaN; one with all sums below 31*2^-100 counts as zero.
// The same bits on every CPU. query is not written. O(query), no allocation. Panics if the
// lengths do not fit (caller bug).
func BuildBitTables(query []float32, tables []uint8) (delta float32) {
	if len(tables) != bitTableBytes*BitColumns(len(query)) || len(query) > BitDimensionMax {
		panic(fmt.Sprintf("kernels: BuildBitTables: %d table bytes for %d dimensions", len(tables), len(query)))
	}
	high := math.Float32frombits(nibbleSumMax(query))
	delta = high / bitTableZero
	inverse := 1 / delta
	if !(delta >= bitDeltaMin && delta <= math.MaxFloat32) {
		inverse = 0
		if delta < bitDeltaMin {
			delta = 0
		}
	}
	for ; len(query) >= 4 && len(tables) >= 16; query, tables = query[4:], tables[16:] {
		low, high := nibbleTable(query[0], query[1], query[2], query[3], inverse)
		binary.LittleEndian.PutUint64(tables, low)
		binary.LittleEndian.PutUint64(tables[8:], high)
	}
	for ; len(tables) >= 16; query, tables = nil, tables[16:] { // the last dimensions
		q := nibbleOf(query)
		low, high := nibbleTable(q[0], q[1], q[2], q[3], inverse)
		binary.LittleEndian.PutUint64(tables, low)
		binary.LittleEndian.PutUint64(tables[8:], high)
	}
	return delta
}

// nibbleSumMax returns the bits of the largest |q0|+|q1|+|q2|+|q3| of a nibble. Those of
// numbers that are not negative are in their order, and a NaN is above all.
func nibbleSumMax(query []float32) (high uint32) {
	for ; len(query) >= 4; query = query[4:] {
		sum := abs32(query[0]) + abs32(query[1]) + abs32(query[2]) + abs32(query[3])
		high = max(high, math.Float32bits(sum))
	}
	q := nibbleOf(query)
	return max(high, math.Float32bits(abs32(q[0])+abs32(q[1])+abs32(q[2])))
}

// nibbleOf returns the last dimensions, less than four, with zeros behind them.
func nibbleOf(query []float32) (q [4]float32) {
	copy(q[:], query)
	return q
}

// nibbleTable returns the entries round(s(n)*inverse)+31 in bytes, n from 0 to 7 and from
// 8 to 15, where bit j of n is the sign of qj. Only those with bit 3 are computed: n and
// 15-n add up to 62. An inverse of zero makes all 31, whatever q is.
func nibbleTable(q0, q1, q2, q3, inverse float32) (low, high uint64) {
	if inverse == 0 {
		return bitTableZero * 0x0101010101010101, bitTableZero * 0x0101010101010101
	}
	q0, q1 = float32(q0*inverse), float32(q1*inverse)
	q2, q3 = float32(q2*inverse), float32(q3*inverse)
	sum, difference := q1+q0, q1-q0
	// A sum is at least -31 less a rounding error, so truncation rounds it.
	upper, lower := q3+q2+(bitTableZero+0.5), q3-q2+(bitTableZero+0.5)
	high = uint64(uint32(int32(lower-sum))) | uint64(uint32(int32(lower-difference)))<<8 |
		uint64(uint32(int32(lower+difference)))<<16 | uint64(uint32(int32(lower+sum)))<<24 |
		uint64(uint32(int32(upper-sum)))<<32 | uint64(uint32(int32(upper-difference)))<<40 |
		uint64(uint32(int32(upper+difference)))<<48 | uint64(uint32(int32(upper+sum)))<<56
	return bits.ReverseBytes64(2*bitTableZero*0x0101010101010101 - high), high
}

func abs32(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

// RaBitQScan estimates from 1-bit codes:
//
//	out[i] = add[i] + scale[i] * (float32(sum_i - 31*nibbles) * delta)
//
// where sum_i adds the table entries that the nibbles of row i choose. The bracket is
// about the inner product of the query with the signs of row i; with
// scale[i] = |o|²/sum|o_j| for a rotated row o, out[i] is the unbiased estimate of <o, q>
// of RaBitQ (Gao and Long, SIGMOD 2024, section 3.2), and add takes what a centroid or a
// distance need. It may be empty, and is then not added.
//
// Shape: tables as BuildBitTables makes them, 32 bytes for each column of a block; len(out)
// is 64 for each block, len(scale) == len(out), len(add) is that or 0, and len(blocks) ==
// columns*len(out); any alignment. The rows that fill up the last block get results as
// well. Entries must be in 0..62; larger ones give wrong sums.
// Every operation is rounded to float32, never fused, so all CPU tiers return the same
// bits (a NaN is a NaN). out must not overlap the inputs, which are not written.
// O(blocks), no allocation. Panics if the lengths do not fit (caller bug).
func RaBitQScan(tables, blocks []uint8, delta float32, scale, add []float32, out []float32) {
	columns := len(tables) / bitTableBytes
	checkBitScan("RaBitQScan", columns, len(blocks), len(out))
	if len(tables)%bitTableBytes != 0 || len(scale) != len(out) || (len(add) != 0 && len(add) != len(out)) {
		panic(fmt.Sprintf("kernels: RaBitQScan: %d table bytes; %d scales and %d addends for %d rows", len(tables), len(scale), len(add), len(out)))
	}
	raceRead(tables)
	raceRead(blocks)
	raceRead(scale)
	raceRead(add)
	raceWrite(out)
	for first, end := range bitPieces(len(out), columns) {
		addends := add
		if len(add) > 0 {
			addends = add[first:end]
		}
		raBitQScan(tables, blocks[first*columns:end*columns], delta, scale[first:end], addends, out[first:end])
	}
}

// raBitQScan needs a non-empty out.
func raBitQScan(tables, blocks []uint8, delta float32, scale, add, out []float32) {
	if len(tables) > 0 {
		var addends *float32
		if len(add) > 0 {
			addends = &add[0]
		}
		if asmRaBitQScan(&tables[0], &blocks[0], &delta, &scale[0], addends, &out[0], len(tables)/bitTableBytes, len(out)/BitBlockRows) {
			return
		}
	}
	raBitQScanGeneric(tables, blocks, delta, scale, add, out)
}

// raBitQScanGeneric is the definition of RaBitQScan. The conversions forbid a fused
// multiply-add.
func raBitQScanGeneric(tables, blocks []uint8, delta float32, scale, add, out []float32) {
	zero := int32(len(tables) / 16 * bitTableZero)
	size := len(tables) / bitTableBytes * BitBlockRows
	for first := 0; first < len(out); first += BitBlockRows {
		sums := bitTableSums(tables, blocks[:size])
		blocks = blocks[size:]
		for r, sum := range sums {
			i := first + r
			estimate := float32(float32(int32(sum)-zero) * delta)
			estimate = float32(scale[i] * estimate)
			if len(add) > 0 {
				estimate = float32(add[i] + estimate)
			}
			out[i] = estimate
		}
	}
}

// bitTableSums adds up the entries that each row of a block chooses.
func bitTableSums(tables, block []uint8) (sums [BitBlockRows]uint16) {
	for ; len(tables) >= bitTableBytes && len(block) >= BitBlockRows; tables = tables[bitTableBytes:] {
		table, column := (*[bitTableBytes]uint8)(tables), (*[BitBlockRows]uint8)(block)
		for r, code := range column {
			sums[r] += uint16(table[code&15]) + uint16(table[16+code>>4])
		}
		block = block[BitBlockRows:]
	}
	return sums
}
