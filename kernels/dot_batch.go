package kernels

import "fmt"

// Rows of a batch are taken in pieces that stay in the L1 cache while the queries go
// around them, and as many queries a call as keep its work within callBytesMax.
const batchPieceBytes = 16 << 10

// checkBatch panics unless queries and rows are whole and each pair has a result; it
// returns how many there are of both.
func checkBatch(operation string, dim, queriesLen, rowsLen, outLen int) (queryCount, rowCount int) {
	if dim < 1 || queriesLen%dim != 0 || rowsLen%dim != 0 || queriesLen/dim*(rowsLen/dim) != outLen {
		panic(fmt.Sprintf("kernels: %s: %d query elements, %d row elements, dimension %d, %d results", operation, queriesLen, rowsLen, dim, outLen))
	}
	return queriesLen / dim, rowsLen / dim
}

// batchPiece returns how many queries and rows of rowBytes one assembly call takes.
func batchPiece(rowBytes int) (queries, rows int) {
	rows = max(4, batchPieceBytes/rowBytes&^3)
	return max(2, callBytesMax/(rows*rowBytes)&^1), rows
}

// DotBatchI8 sets out[q*n+i] to the dot product of query q and row i, n = len(rows)/dim: the
// results of each query lie side by side, as a choice of the best rows wants them.
//
// Shape: len(queries) and len(rows) are multiples of dim, 1 <= dim <= DotI8DimensionMax;
// len(out) is the product of both counts; any alignment. The full range -128..127 is legal
// on both sides. Exact: all CPU tiers return the same bits, those of DotScanI8. Memory is
// read once for all queries, a cache once for two or four of them. out must not overlap
// the inputs, which are not written. O(queries*rows), no allocation. Panics if the lengths
// do not fit (caller bug).
func DotBatchI8(queries, rows []int8, dim int, out []int32) {
	queryCount, n := checkBatch("DotBatchI8", dim, len(queries), len(rows), len(out))
	if dim > DotI8DimensionMax {
		panic("kernels: DotBatchI8: dimension above DotI8DimensionMax")
	}
	raceRead(queries)
	raceRead(rows)
	raceWrite(out)
	queryStep, rowStep := batchPiece(dim)
	for i := 0; i < n; i += rowStep {
		piece := rows[i*dim : min(n, i+rowStep)*dim]
		for q := 0; q < queryCount; q += queryStep {
			dotBatchI8(queries[q*dim:min(queryCount, q+queryStep)*dim], piece, dim, out[q*n+i:], n)
		}
	}
}

// dotBatchI8 needs at least one query and one row; query q's results start at q*stride.
func dotBatchI8(queries, rows []int8, dim int, out []int32, stride int) {
	queryCount, n := len(queries)/dim, len(rows)/dim
	even := queryCount &^ 1
	if dim < tailBlock || even > 0 &&
		!asmDotBatchI8(&queries[0], &tailMask[0], &rows[0], &out[0], dim, even, n, stride) {
		dotBatchI8Generic(queries, rows, dim, out, stride)
		return
	}
	if even < queryCount {
		dotScanI8(queries[even*dim:], rows, out[even*stride:][:n])
	}
}

// dotBatchI8Generic is the definition of DotBatchI8, for results that are stride apart.
func dotBatchI8Generic(queries, rows []int8, dim int, out []int32, stride int) {
	for i := range len(rows) / dim {
		for q := range len(queries) / dim {
			out[q*stride+i] = dotI8Generic(queries[q*dim:][:dim], rows[i*dim:][:dim])
		}
	}
}

// DotBatchF32 sets out[q*n+i] to the dot product of query q and row i, n = len(rows)/dim:
// the results of each query lie side by side.
//
// Shape: len(queries) and len(rows) are multiples of dim >= 1; len(out) is the product of
// both counts; any alignment. Within the bound of DotScanF32 of the exact sum; tiers, and
// the place of a query and a row among the others, differ in the order of addition, so
// the last bits differ: rescore in float64 before ordering by the result. Memory is read
// once for all queries, a cache once for two or four of them. out must not overlap the
// inputs, which are not written. O(queries*rows), no allocation. Panics if the lengths do
// not fit (caller bug).
func DotBatchF32(queries, rows []float32, dim int, out []float32) {
	queryCount, n := checkBatch("DotBatchF32", dim, len(queries), len(rows), len(out))
	raceRead(queries)
	raceRead(rows)
	raceWrite(out)
	if 4*dim > callBytesMax { // for the reasons of DotScanF32
		dotBatchF32Generic(queries, rows, dim, out, n)
		return
	}
	queryStep, rowStep := batchPiece(4 * dim)
	for i := 0; i < n; i += rowStep {
		piece := rows[i*dim : min(n, i+rowStep)*dim]
		for q := 0; q < queryCount; q += queryStep {
			dotBatchF32(queries[q*dim:min(queryCount, q+queryStep)*dim], piece, dim, out[q*n+i:], n)
		}
	}
}

// dotBatchF32 needs at least one query and one row; query q's results start at q*stride.
func dotBatchF32(queries, rows []float32, dim int, out []float32, stride int) {
	queryCount, n := len(queries)/dim, len(rows)/dim
	even := queryCount &^ 1
	if even > 0 && !asmDotBatchF32(&queries[0], &rows[0], &out[0], dim, even, n, stride) {
		dotBatchF32Generic(queries, rows, dim, out, stride)
		return
	}
	if even < queryCount {
		dotScanF32(queries[even*dim:], rows, out[even*stride:][:n])
	}
}

// dotBatchF32Generic is the definition of DotBatchF32, for results that are stride apart.
func dotBatchF32Generic(queries, rows []float32, dim int, out []float32, stride int) {
	for i := range len(rows) / dim {
		for q := range len(queries) / dim {
			out[q*stride+i] = dotF32Generic(queries[q*dim:][:dim], rows[i*dim:][:dim])
		}
	}
}
