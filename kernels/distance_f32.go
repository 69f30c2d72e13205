package kernels

import "math"

// L2ScanF32 sets out[i] to the squared Euclidean distance of query and row i of rows,
// the sum of (q[j]-r[j])^2.
//
// Shape: len(rows) == len(query)*len(out); any dimension, any alignment, any row count.
// It subtracts before it squares: the form by norms loses all digits where query and row
// are close. Within (n+2)*eps of the exact sum, n = len(query), eps = 2^-23, where no term
// overflows or falls below the normal range. Tiers differ in the order of addition; see
// L2ScanF64 for ranks. NaN and infinities follow IEEE 754. out must not overlap the
// inputs, which are not written. O(rows), no allocation. Panics if the lengths do not fit
// (caller bug).
func L2ScanF32(query, rows, out []float32) {
	checkScan("L2ScanF32", len(query), len(rows), len(out))
	raceRead(query)
	raceRead(rows)
	raceWrite(out)
	if len(query) == 0 || 4*len(query) > callBytesMax {
		l2ScanF32Generic(query, rows, out)
		return
	}
	for first, end := range pieces(len(out), 4*len(query)) {
		if !asmL2ScanF32(&query[0], &rows[first*len(query)], &out[first], len(query), end-first) {
			l2ScanF32Generic(query, rows[first*len(query):], out[first:end])
		}
	}
}

// l2ScanF32Generic is the definition of L2ScanF32.
func l2ScanF32Generic(query, rows, out []float32) {
	for i := range out {
		row := rows[i*len(query):][:len(query)]
		var sums [4]float32
		for j, q := range query {
			d := q - row[j]
			sums[j&3] += d * d
		}
		out[i] = (sums[0] + sums[1]) + (sums[2] + sums[3])
	}
}

// SquaredNormsF32 sets out[i] to the sum of the squares of row i, rows of dim elements.
//
// Shape: len(rows) == dim*len(out), dim >= 0. Within n*eps of the exact sum where no
// square overflows or falls below the normal range. NaN and infinities follow IEEE 754.
// out must not overlap rows, which is not written. O(rows), no allocation. Panics if the
// lengths do not fit (caller bug).
func SquaredNormsF32(rows []float32, dim int, out []float32) {
	checkScan("SquaredNormsF32", dim, len(rows), len(out))
	raceRead(rows)
	raceWrite(out)
	if dim <= 0 || dim > callBytesMax/4 {
		squaredNormsF32Generic(rows, dim, out)
		return
	}
	for first, end := range pieces(len(out), 4*dim) {
		if !asmSquaredNormsF32(&rows[first*dim], &out[first], dim, end-first) {
			squaredNormsF32Generic(rows[first*dim:], dim, out[first:end])
		}
	}
}

// squaredNormsF32Generic is the definition of SquaredNormsF32.
func squaredNormsF32Generic(rows []float32, dim int, out []float32) {
	for i := range out {
		row := rows[i*dim:][:dim]
		out[i] = dotF32Generic(row, row)
	}
}

const (
	// cosineRows is how many rows are compared before their norms are computed: a piece
	// of rows that still lies in the L1 cache the second time.
	cosineRows = 64
	// normMin and normMax bound the squared norms that float32 holds with full precision
	// whatever the elements are; rows beyond are computed in float64.
	normMin, normMax = 1e-30, 1e38
)

// CosineScanF32 sets out[i] to the cosine of query and row i of rows, in [-1, 1]; 0 where
// either is all zero.
//
// Shape: len(rows) == len(query)*len(out); any dimension, any alignment, any row count.
// Within (2n+4)*eps*sum(|q[j]*r[j]|)/(|q|*|r|) of the exact value, n = len(query),
// eps = 2^-23, and n*2^-149/(|q|*|r|) more where products fall below the normal range:
// exact square root and division, no approximation of either. Vectors so long or short
// that a square leaves the range of float32 are computed in float64. A NaN
// or an infinity in query or row gives NaN. out must not overlap the inputs, which are
// not written. O(rows), no allocation. Panics if the lengths do not fit (caller bug).
func CosineScanF32(query, rows, out []float32) {
	checkScan("CosineScanF32", len(query), len(rows), len(out))
	dim := len(query)
	var queryNorm [1]float32
	SquaredNormsF32(query, dim, queryNorm[:])
	step := min(cosineRows, max(1, 16<<10/max(1, 4*dim)))
	var norms [cosineRows]float32
	for len(out) > 0 {
		n := min(step, len(out))
		DotScanF32(query, rows[:n*dim], out[:n])
		SquaredNormsF32(rows[:n*dim], dim, norms[:n])
		for i, dot := range out[:n] {
			if usualNorm(queryNorm[0]) && usualNorm(norms[i]) {
				out[i] = clampCosine(float64(dot) / math.Sqrt(float64(queryNorm[0])*float64(norms[i])))
			} else {
				out[i] = cosineF64(query, rows[i*dim:][:dim])
			}
		}
		rows, out = rows[n*dim:], out[n:]
	}
}

func usualNorm(squared float32) bool { return squared >= normMin && squared <= normMax }

// cosineF64 is the definition of CosineScanF32 for one row. Squares of float32 neither
// overflow nor vanish in float64.
func cosineF64(a, b []float32) float32 {
	var dots [3]float64
	DotScanF64(a, b, dots[0:1])
	DotScanF64(a, a, dots[1:2])
	DotScanF64(b, b, dots[2:3])
	dot, aa, bb := dots[0], dots[1], dots[2]
	if aa == 0 || bb == 0 {
		if aa+bb != aa+bb || math.IsInf(aa+bb, 0) {
			return float32(math.NaN())
		}
		return 0
	}
	return clampCosine(dot / math.Sqrt(aa) / math.Sqrt(bb))
}

// clampCosine keeps rounding from leaving [-1, 1]; NaN stays.
func clampCosine(c float64) float32 { return float32(min(1, max(-1, c))) }
