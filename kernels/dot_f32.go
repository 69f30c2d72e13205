package kernels

// DotScanF32 sets out[i] to the dot product of query and row i of rows.
//
// Shape: len(rows) == len(query)*len(out); any dimension, any alignment, any row count.
// Within n*eps*sum(|q[j]*r[j]|) of the exact sum, n = len(query), eps = 2^-23, and
// n*2^-149 more where products fall below the normal range, where no
// partial sum overflows. Tiers differ in the order of
// addition, so the last bits differ: rescore in float64 before ordering by the result.
// NaN and infinities follow IEEE 754. out must not overlap the inputs, which are not
// written. O(rows), no allocation. Panics if the lengths do not fit (caller bug).
func DotScanF32(query, rows, out []float32) {
	checkScan("DotScanF32", len(query), len(rows), len(out))
	raceRead(query)
	raceRead(rows)
	raceWrite(out)
	if len(query) == 0 || 4*len(query) > callBytesMax {
		// An empty row has no first element to point at; one row of more than
		// callBytesMax would overstep the bound of a call, but Go can be preempted.
		dotScanF32Generic(query, rows, out)
		return
	}
	for first, end := range pieces(len(out), 4*len(query)) {
		dotScanF32(query, rows[first*len(query):end*len(query)], out[first:end])
	}
}

// dotScanF32 needs a non-empty query and out.
func dotScanF32(query, rows, out []float32) {
	if !asmDotScanF32(&query[0], &rows[0], &out[0], len(query), len(out)) {
		dotScanF32Generic(query, rows, out)
	}
}

// dotScanF32Generic is the definition of DotScanF32.
func dotScanF32Generic(query, rows, out []float32) {
	for i := range out {
		out[i] = dotF32Generic(query, rows[i*len(query):][:len(query)])
	}
}

// dotF32Generic returns the sum of a[i]*b[i]. Four sums run side by side because one
// chain of additions waits for its own latency on every element.
func dotF32Generic(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	for len(a) >= 4 && len(b) >= 4 {
		s0 += a[0] * b[0]
		s1 += a[1] * b[1]
		s2 += a[2] * b[2]
		s3 += a[3] * b[3]
		a, b = a[4:], b[4:]
	}
	for i := range a {
		s0 += a[i] * b[i]
	}
	return (s0 + s1) + (s2 + s3)
}
