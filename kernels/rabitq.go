package kernels

import (
	"fmt"
	"math"
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
// delta that makes every estimate NaN; one with all sums below 2^-95 counts as zero.
// The same bits on every CPU. query is not written. O(query), no allocation. Panics if the
// lengths do not fit (caller bug).
func BuildBitTables(query []float32, tables []uint8) (delta float32) {
	if len(tables) != bitTableBytes*BitColumns(len(query)) || len(query) > BitDimensionMax {
		panic(fmt.Sprintf("kernels: BuildBitTables: %d table bytes for %d dimensions", len(tables), len(query)))
	}
	var high float32
	for rest := query; len(rest) > 0; rest = rest[min(4, len(rest)):] {
		q := nibbleOf(rest)
		high = max(high, abs32(q[0])+abs32(q[1])+abs32(q[2])+abs32(q[3])) // NaN stays
	}
	delta = high / bitTableZero
	inverse := 1 / delta
	if !(delta >= bitDeltaMin && delta <= math.MaxFloat32) {
		inverse = 0
		if delta < bitDeltaMin {
			delta = 0
		}
	}
	for ; len(tables) > 0; tables = tables[16:] {
		nibbleTable((*[16]uint8)(tables), nibbleOf(query), inverse)
		query = query[min(4, len(query)):]
	}
	return delta
}

// nibbleOf returns the first four dimensions, zeros behind the last.
func nibbleOf(query []float32) (q [4]float32) {
	if len(query) >= 4 {
		return [4]float32(query)
	}
	copy(q[:], query)
	return q
}

// nibbleTable sets table[n] = round(s(n)*inverse)+31, where bit j of n is the sign of
// q[j]. Entries without bit 3 follow from their complements. An inverse of zero makes all
// 31, whatever q is.
func nibbleTable(table *[16]uint8, q [4]float32, inverse float32) {
	if inverse == 0 {
		q = [4]float32{}
	}
	sum, difference := q[1]+q[0], q[1]-q[0]
	upper, lower := q[3]+q[2], q[3]-q[2]
	put := func(n int, s float32) {
		// s*inverse is at least -31 less a rounding error, so truncation rounds.
		entry := uint8(int32(float32(s*inverse) + (bitTableZero + 0.5)))
		table[n], table[15-n] = entry, 2*bitTableZero-entry
	}
	put(15, upper+sum)
	put(14, upper+difference)
	put(13, upper-difference)
	put(12, upper-sum)
	put(11, lower+sum)
	put(10, lower+difference)
	put(9, lower-difference)
	put(8, lower-sum)
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
	for step := bitRowsPerCall(columns); len(out) > step; out = out[step:] {
		raBitQScan(tables, blocks[:step*columns], delta, scale[:step], add[:min(step, len(add))], out[:step])
		blocks, scale, add = blocks[step*columns:], scale[step:], add[min(step, len(add)):]
	}
	if len(out) > 0 {
		raBitQScan(tables, blocks, delta, scale, add, out)
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
