package kernels

// SignatureScan32 sets out[i] to the number of the 128 slots in which query and row i hold
// the same 32 bits: out[i]/128 estimates the Jaccard similarity.
//
// It verifies candidates that SignatureScan or shared keys of BandKeys have found. Against
// the low bytes it saves the slots that are equal by chance, once in 256; that lowers the
// standard error by 1 %, at four times the bytes.
// Shape: len(rows) == 128*len(out); any alignment, any row count.
// Exact: all CPU tiers return the same bits. out must not overlap the inputs, which are
// not written. O(rows), no allocation. Panics if the lengths do not fit (caller bug).
func SignatureScan32(query *[SignatureSlots]uint32, rows []uint32, out []uint8) {
	checkScan("SignatureScan32", SignatureSlots, len(rows), len(out))
	raceRead(query[:])
	raceRead(rows)
	raceWrite(out)
	for first, end := range pieces(len(out), 4*SignatureSlots) {
		signatureScan32(query, rows[first*SignatureSlots:end*SignatureSlots], out[first:end])
	}
}

// signatureScan32 needs a non-empty out.
func signatureScan32(query *[SignatureSlots]uint32, rows []uint32, out []uint8) {
	if !asmSignatureScan32(&query[0], &rows[0], &out[0], len(out)) {
		signatureScan32Generic(query, rows, out)
	}
}

// signatureScan32Generic is the definition of SignatureScan32. The difference of equal
// slots is the only one whose 64-bit predecessor is negative; no branch is taken, since
// nothing foretells which slots are equal.
func signatureScan32Generic(query *[SignatureSlots]uint32, rows []uint32, out []uint8) {
	for i := range out {
		row := (*[SignatureSlots]uint32)(rows[i*SignatureSlots:])
		count := uint64(0)
		for j, q := range query {
			count += (uint64(q^row[j]) - 1) >> 63
		}
		out[i] = uint8(count)
	}
}
