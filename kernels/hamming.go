package kernels

import "encoding/binary"

// HammingScan sets out[i] to the number of bits in which query and row i of the bit
// blocks differ.
//
// Shape: len(query) is the columns of a block, at most BitDimensionMax/8; len(out) is 64
// for each block, and len(blocks) == len(query)*len(out); any alignment. The rows that
// fill up the last block get results as well.
// Exact: all CPU tiers return the same bits. out must not overlap the inputs, which are
// not written. O(blocks), no allocation. Panics if the lengths do not fit (caller bug).
func HammingScan(query, blocks []uint8, out []uint16) {
	checkBitScan("HammingScan", len(query), len(blocks), len(out))
	raceRead(query)
	raceRead(blocks)
	raceWrite(out)
	if len(query) == 0 {
		clear(out)
		return
	}
	for first, end := range bitPieces(len(out), len(query)) {
		hammingScan(query, blocks[first*len(query):end*len(query)], out[first:end])
	}
}

// hammingScan needs a non-empty query and out.
func hammingScan(query, blocks []uint8, out []uint16) {
	if !asmHammingScan(&query[0], &blocks[0], &out[0], len(query), len(out)/BitBlockRows) {
		hammingScanGeneric(query, blocks, out)
	}
}

// hammingScanGeneric is the definition of HammingScan.
func hammingScanGeneric(query, blocks []uint8, out []uint16) {
	for ; len(out) > 0; out = out[BitBlockRows:] {
		for r := 0; r < BitBlockRows; r += 8 {
			hammingRows8(query, blocks[r:], out[r:r+8])
		}
		blocks = blocks[BitBlockRows*len(query):]
	}
}

// hammingRows8 counts for the eight rows at the start of each column of block, a row in
// each byte of a word. 31 columns count to at most 248, so a byte overflows after them.
func hammingRows8(query, block []uint8, out []uint16) {
	clear(out)
	for len(query) > 0 {
		part := query[:min(31, len(query))]
		query = query[len(part):]
		var sums uint64
		for _, q := range part {
			sums += onesOfBytes(binary.LittleEndian.Uint64(block) ^ uint64(q)*0x0101010101010101)
			block = block[min(BitBlockRows, len(block)):]
		}
		for i := range out {
			out[i] += uint16(uint8(sums >> (8 * i)))
		}
	}
}

// onesOfBytes counts the ones of each byte: of pairs of bits, of nibbles, of bytes.
func onesOfBytes(x uint64) uint64 {
	x -= x >> 1 & 0x5555555555555555
	x = x&0x3333333333333333 + x>>2&0x3333333333333333
	return (x + x>>4) & 0x0F0F0F0F0F0F0F0F
}
