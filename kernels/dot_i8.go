package kernels

// DotI8DimensionMax is the longest query of DotScanI8: 131_071 products of at most
// 128*128 stay below 2^31, one more could overflow int32.
const DotI8DimensionMax = 1<<17 - 1

// DotScanI8 sets out[i] to the dot product of query and row i of rows.
//
// Shape: len(rows) == len(query)*len(out); len(query) <= DotI8DimensionMax; any
// alignment, any row count. The full range -128..127 is legal on both sides.
// Exact: all CPU tiers return the same bits. out must not overlap the inputs, which are
// not written. O(rows), no allocation. Panics if the lengths do not fit (caller bug).
func DotScanI8(query, rows []int8, out []int32) {
	checkScan("DotScanI8", len(query), len(rows), len(out))
	if len(query) > DotI8DimensionMax {
		panic("kernels: DotScanI8: dimension above DotI8DimensionMax")
	}
	raceRead(query)
	raceRead(rows)
	raceWrite(out)
	if len(query) == 0 {
		clear(out)
		return
	}
	for first, end := range pieces(len(out), len(query)) {
		dotScanI8(query, rows[first*len(query):end*len(query)], out[first:end])
	}
}

// dotScanI8 needs a non-empty query and out.
func dotScanI8(query, rows []int8, out []int32) {
	if len(query) >= tailBlock &&
		asmDotScanI8(&query[0], &tailMask[0], &rows[0], &out[0], len(query), len(out)) {
		return
	}
	dotScanI8Generic(query, rows, out)
}

// dotScanI8Generic is the definition of DotScanI8.
func dotScanI8Generic(query, rows []int8, out []int32) {
	for i := range out {
		out[i] = dotI8Generic(query, rows[i*len(query):][:len(query)])
	}
}

// dotI8Generic returns the sum of a[i]*b[i], widened to int32, in four chains.
func dotI8Generic(a, b []int8) int32 {
	var s0, s1, s2, s3 int32
	for len(a) >= 4 && len(b) >= 4 {
		s0 += int32(a[0]) * int32(b[0])
		s1 += int32(a[1]) * int32(b[1])
		s2 += int32(a[2]) * int32(b[2])
		s3 += int32(a[3]) * int32(b[3])
		a, b = a[4:], b[4:]
	}
	for i := range a {
		s0 += int32(a[i]) * int32(b[i])
	}
	return s0 + s1 + s2 + s3
}

// tailBlock is the shortest row of int8 that kernels take: those without masked loads read
// a row in blocks of up to 32 elements, the last of which ends where the row does.
const tailBlock = 32

// tailMask clears what such a last block has in common with the block before it: a kernel
// with blocks of b elements uses the b bytes from tailMask[32-b+dim%b] on.
var tailMask = func() (mask [2 * tailBlock]int8) {
	for i := tailBlock; i < len(mask); i++ {
		mask[i] = -1
	}
	return mask
}()
