package kernels

// DotScanF32I8 sets out[i] to the dot product of query and row i of rows: the query keeps
// its precision, only the rows are quantized.
//
// Shape: len(rows) == len(query)*len(out); any dimension, any alignment, any row count.
// Within n*eps*sum(|q[j]*r[j]|) of the exact sum, n = len(query), eps = 2^-23, and n*2^-149
// more where products fall below the normal range, where no partial sum overflows. Tiers differ
// in the order of addition. NaN and infinities of the query follow IEEE 754. out must not
// overlap the inputs, which are not written. O(rows), no allocation. Panics if the lengths
// do not fit (caller bug).
func DotScanF32I8(query []float32, rows []int8, out []float32) {
	checkScan("DotScanF32I8", len(query), len(rows), len(out))
	raceRead(query)
	raceRead(rows)
	raceWrite(out)
	if len(query) < 8 || len(query) > callBytesMax {
		dotScanF32I8Generic(query, rows, out)
		return
	}
	tail := newHalfTail(len(query), func(j int) float32 { return query[j] })
	for first, end := range pieces(len(out), len(query)) {
		if !asmDotScanF32I8(&query[0], tail.bytes(), &rows[first*len(query)], &out[first], len(query), end-first) {
			dotScanF32I8Generic(query, rows[first*len(query):], out[first:end])
		}
	}
}

// dotScanF32I8Generic is the definition of DotScanF32I8.
func dotScanF32I8Generic(query []float32, rows []int8, out []float32) {
	for i := range out {
		row := rows[i*len(query):][:len(query)]
		var sums [4]float32
		for j, q := range query {
			sums[j&3] += q * float32(row[j])
		}
		out[i] = (sums[0] + sums[1]) + (sums[2] + sums[3])
	}
}
