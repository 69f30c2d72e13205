package kernels

import "fmt"

// gatherAhead is how many rows before its use a gathered row is prefetched. Kernels take
// four rows side by side, so four is one group early. Measured on Zen 3, int8 rows of 768
// from 1 GiB, against 0: 2 rows 1.17 times as fast, 4 rows 1.42, 8 rows 1.45; PREFETCHNTA
// for PREFETCHT0 is no faster, and the first two lines of a row alone give 1.33.
const gatherAhead = 4

// checkGather panics unless the rows are whole, each id has a result and every id names a
// row: kernels have no bounds, so this is what keeps them inside of rows.
func checkGather(operation string, rowLen, rowsLen int, ids []uint32, outLen int) {
	if len(ids) != outLen || rowLen == 0 && rowsLen != 0 || rowLen != 0 && rowsLen%rowLen != 0 {
		panic(fmt.Sprintf("kernels: %s: %d row elements in rows of %d, %d ids, %d results", operation, rowsLen, rowLen, len(ids), outLen))
	}
	if rowLen == 0 {
		return // every row is empty, whatever its id
	}
	count := rowsLen / rowLen
	for _, id := range ids {
		if uint64(id) >= uint64(count) {
			panic(fmt.Sprintf("kernels: %s: id %d of %d rows", operation, id, count))
		}
	}
}

// GatherDotI8 sets out[i] to the dot product of query and the row of rows that ids[i]
// names: rows[ids[i]*len(query):][:len(query)].
//
// Shape: len(rows) is a multiple of len(query) <= DotI8DimensionMax; len(ids) == len(out);
// ids in any order, also repeated; any alignment. The full range -128..127 is legal on
// both sides. Exact: all CPU tiers return the same bits, those of DotScanI8. The rows to
// come are prefetched, which pays where they lie in memory at random; a run of rows is
// faster scanned. out must not overlap the inputs, which are not written. O(rows), no
// allocation. Panics if the lengths do not fit or an id names no row (caller bug), before
// any row is read.
func GatherDotI8(query, rows []int8, ids []uint32, out []int32) {
	checkGather("GatherDotI8", len(query), len(rows), ids, len(out))
	if len(query) > DotI8DimensionMax {
		panic("kernels: GatherDotI8: dimension above DotI8DimensionMax")
	}
	raceRead(query)
	raceReadRows(len(query), rows, ids)
	raceRead(ids)
	raceWrite(out)
	if len(query) == 0 {
		clear(out)
		return
	}
	for first, end := range pieces(len(out), len(query)) {
		gatherDotI8(query, rows, ids[first:end], out[first:end])
	}
}

// raceReadRows tells the race detector which rows are read.
func raceReadRows[T any](rowLen int, rows []T, ids []uint32) {
	if raceEnabled {
		for _, id := range ids {
			raceRead(rows[int(id)*rowLen:][:rowLen])
		}
	}
}

// gatherDotI8 needs a non-empty query and out, and ids that were checked.
func gatherDotI8(query, rows []int8, ids []uint32, out []int32) {
	if len(query) >= tailBlock &&
		asmGatherDotI8(&query[0], &tailMask[0], &rows[0], &ids[0], &out[0], len(query), len(out), gatherAhead) {
		return
	}
	gatherDotI8Generic(query, rows, ids, out)
}

// gatherDotI8Generic is the definition of GatherDotI8.
func gatherDotI8Generic(query, rows []int8, ids []uint32, out []int32) {
	for i, id := range ids {
		out[i] = dotI8Generic(query, rows[int(id)*len(query):][:len(query)])
	}
}

// GatherDotF64 sets out[i] to the dot product of query and the row of rows that ids[i]
// names, rows[ids[i]*len(query):][:len(query)], in float64: the bits of DotScanF64, on
// every tier.
//
// Shape: len(rows) is a multiple of len(query); len(ids) == len(out); ids in any order,
// also repeated; any dimension, any alignment. The rows to come are prefetched, as for
// GatherDotI8, and four rows side by side take half the time that they take one by one.
// out must not overlap the inputs, which are not written. O(rows), no allocation. Panics
// if the lengths do not fit or an id names no row (caller bug), before any row is read.
func GatherDotF64(query, rows []float32, ids []uint32, out []float64) {
	checkGather("GatherDotF64", len(query), len(rows), ids, len(out))
	raceRead(query)
	raceReadRows(len(query), rows, ids)
	raceRead(ids)
	raceWrite(out)
	if len(query) == 0 || 4*len(query) > callBytesMax {
		gatherDotF64Generic(query, rows, ids, out)
		return
	}
	for first, end := range pieces(len(out), 4*len(query)) {
		if !asmGatherDotF64(&query[0], &rows[0], &ids[first], &out[first], len(query), end-first, gatherAhead) {
			gatherDotF64Generic(query, rows, ids[first:end], out[first:end])
		}
	}
}

// gatherDotF64Generic is the definition of GatherDotF64.
func gatherDotF64Generic(query, rows []float32, ids []uint32, out []float64) {
	for i, id := range ids {
		dotScanF64Generic(query, rows[int(id)*len(query):][:len(query)], out[i:i+1])
	}
}

// GatherDotF32 sets out[i] to the dot product of query and the row of rows that ids[i]
// names: rows[ids[i]*len(query):][:len(query)].
//
// Shape: len(rows) is a multiple of len(query); len(ids) == len(out); ids in any order,
// also repeated; any dimension, any alignment. Within the bound of DotScanF32 of the exact
// sum; tiers differ in the order of addition, so the last bits differ. The rows to come
// are prefetched, as for GatherDotI8. out must not overlap the inputs, which are not
// written. O(rows), no allocation. Panics if the lengths do not fit or an id names no row
// (caller bug), before any row is read.
func GatherDotF32(query, rows []float32, ids []uint32, out []float32) {
	checkGather("GatherDotF32", len(query), len(rows), ids, len(out))
	raceRead(query)
	raceReadRows(len(query), rows, ids)
	raceRead(ids)
	raceWrite(out)
	if len(query) == 0 || 4*len(query) > callBytesMax {
		gatherDotF32Generic(query, rows, ids, out) // for the reasons of DotScanF32
		return
	}
	for first, end := range pieces(len(out), 4*len(query)) {
		gatherDotF32(query, rows, ids[first:end], out[first:end])
	}
}

// gatherDotF32 needs a non-empty query and out, and ids that were checked.
func gatherDotF32(query, rows []float32, ids []uint32, out []float32) {
	if !asmGatherDotF32(&query[0], &rows[0], &ids[0], &out[0], len(query), len(out), gatherAhead) {
		gatherDotF32Generic(query, rows, ids, out)
	}
}

// gatherDotF32Generic is the definition of GatherDotF32.
func gatherDotF32Generic(query, rows []float32, ids []uint32, out []float32) {
	for i, id := range ids {
		out[i] = dotF32Generic(query, rows[int(id)*len(query):][:len(query)])
	}
}
