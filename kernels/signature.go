package kernels

import (
	"encoding/binary"
	"math/bits"
)

// SignatureScan sets out[i] to the number of the 128 positions at which query and row i
// hold the same byte.
//
// It compares b-bit MinHash signatures (Li and König 2010) with b = 8: a row is the low
// byte of each slot of a signature. Two slots that differ still share their low byte
// once in 256, so the similarity is (out[i]/128 - 1/256) / (1 - 1/256).
// Shape: len(rows) == 128*len(out); any alignment, any row count.
// Exact: all CPU tiers return the same bits. out must not overlap the inputs, which are
// not written. O(rows), no allocation. Panics if the lengths do not fit (caller bug).
func SignatureScan(query *[SignatureSlots]uint8, rows []uint8, out []uint8) {
	checkScan("SignatureScan", SignatureSlots, len(rows), len(out))
	raceRead(query[:])
	raceRead(rows)
	raceWrite(out)
	for first, end := range pieces(len(out), SignatureSlots) {
		signatureScan(query, rows[first*SignatureSlots:end*SignatureSlots], out[first:end])
	}
}

// signatureScan needs a non-empty out.
func signatureScan(query *[SignatureSlots]uint8, rows, out []uint8) {
	if !asmSignatureScan(&query[0], &rows[0], &out[0], len(out)) {
		signatureScanGeneric(query, rows, out)
	}
}

// signatureScanGeneric is the definition of SignatureScan, eight bytes at a time.
func signatureScanGeneric(query *[SignatureSlots]uint8, rows []uint8, out []uint8) {
	for i := range out {
		row := rows[i*SignatureSlots:][:SignatureSlots]
		count := 0
		for j := 0; j < SignatureSlots; j += 8 {
			count += equalBytes(binary.LittleEndian.Uint64(query[j:]), binary.LittleEndian.Uint64(row[j:]))
		}
		out[i] = uint8(count)
	}
}

// equalBytes counts the bytes that a and b share. A byte of the difference is zero just
// when neither its low seven bits carry into bit 7 nor bit 7 itself is set; the addition
// cannot carry into the next byte, so no neighbour disturbs the count.
func equalBytes(a, b uint64) int {
	const low = 0x7F7F7F7F7F7F7F7F
	difference := a ^ b
	return 8 - bits.OnesCount64((difference&low+low|difference)&^low)
}
