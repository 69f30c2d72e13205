package kernels

// DotScanF64 sets out[i] to the dot product of query and row i of rows in float64.
//
// Shape: len(rows) == len(query)*len(out); any dimension, any alignment, any row count.
// Exact arrangement, so that every tier returns the same bits and ranks alike: element j
// is added to sum j mod 8 in order, and the result is (s0+s4 + s2+s6) + (s1+s5 + s3+s7),
// each addition rounded to float64; products of float32 are exact. Within
// (ceil(n/8)+2)*2^-53*sum(|q[j]*r[j]|) of the exact value, n = len(query). NaN and
// infinities follow IEEE 754. out must not overlap the inputs, which are not written. O(rows), about twice
// the time of DotScanF32 in the cache; no allocation. Panics if the lengths do not fit
// (caller bug).
func DotScanF64(query, rows []float32, out []float64) {
	checkScan("DotScanF64", len(query), len(rows), len(out))
	raceRead(query)
	raceRead(rows)
	raceWrite(out)
	if len(query) == 0 || 4*len(query) > callBytesMax {
		dotScanF64Generic(query, rows, out)
		return
	}
	for first, end := range pieces(len(out), 4*len(query)) {
		if !asmDotScanF64(&query[0], &rows[first*len(query)], &out[first], len(query), end-first) {
			dotScanF64Generic(query, rows[first*len(query):], out[first:end])
		}
	}
}

// dotScanF64Generic is the definition of DotScanF64.
func dotScanF64Generic(query, rows []float32, out []float64) {
	for i := range out {
		row := rows[i*len(query):][:len(query)]
		var sums [8]float64
		for j, q := range query {
			sums[j&7] += float64(q) * float64(row[j])
		}
		out[i] = sumOfEight(&sums)
	}
}

// L2ScanF64 sets out[i] to the squared Euclidean distance of query and row i of rows in
// float64, the sum of (q[j]-r[j])^2.
//
// As DotScanF64: the same shape and arrangement of sums, the same bits on every tier.
// Each difference, square and sum is rounded to float64 apart; within
// (ceil(n/8)+5)*2^-53 of the exact value, relatively. O(rows), no allocation. Panics if the lengths do not fit
// (caller bug).
func L2ScanF64(query, rows []float32, out []float64) {
	checkScan("L2ScanF64", len(query), len(rows), len(out))
	raceRead(query)
	raceRead(rows)
	raceWrite(out)
	if len(query) == 0 || 4*len(query) > callBytesMax {
		l2ScanF64Generic(query, rows, out)
		return
	}
	for first, end := range pieces(len(out), 4*len(query)) {
		if !asmL2ScanF64(&query[0], &rows[first*len(query)], &out[first], len(query), end-first) {
			l2ScanF64Generic(query, rows[first*len(query):], out[first:end])
		}
	}
}

// l2ScanF64Generic is the definition of L2ScanF64. The conversions forbid a fused
// multiply-add: unlike a product of two float32, this square is not exact.
func l2ScanF64Generic(query, rows []float32, out []float64) {
	for i := range out {
		row := rows[i*len(query):][:len(query)]
		var sums [8]float64
		for j, q := range query {
			d := float64(float64(q) - float64(row[j]))
			sums[j&7] += float64(d * d)
		}
		out[i] = sumOfEight(&sums)
	}
}

// sumOfEight adds in the order in which halves of a register are added to one another.
func sumOfEight(s *[8]float64) float64 {
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}
