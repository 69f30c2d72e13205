package kernels

import "math/bits"

// BitPlaneScan sets out[i] to the sum of query[j] over the ones of row i, for a query of
// four bits a dimension: the candidate beside RaBitQScan, to be measured.
//
// planes has 32 bytes a column, as BitPlanes makes them.
func BitPlaneScan(planes, blocks []uint8, out []uint16) {
	columns := len(planes) / 32
	checkBitScan("BitPlaneScan", columns, len(blocks), len(out))
	for step := bitRowsPerCall(columns); len(out) > step; out = out[step:] {
		bitPlaneScan(planes, blocks[:step*columns], out[:step])
		blocks = blocks[step*columns:]
	}
	if len(out) > 0 {
		bitPlaneScan(planes, blocks, out)
	}
}

func bitPlaneScan(planes, blocks []uint8, out []uint16) {
	if !asmBitPlaneScan(&planes[0], &blocks[0], &out[0], len(planes)/32, len(out)/BitBlockRows) {
		bitPlaneScanGeneric(planes, blocks, out)
	}
}

func bitPlaneScanGeneric(planes, blocks []uint8, out []uint16) {
	columns := len(planes) / 32
	for i := range out {
		sum := 0
		for c := range columns {
			code := blocks[i/BitBlockRows*BitBlockRows*columns+c*BitBlockRows+i%BitBlockRows]
			for p := range 4 {
				sum += bits.OnesCount8(code&planes[32*c+4*p]) << p
			}
		}
		out[i] = uint16(sum)
	}
}

// BitPlanes splits a query of values 0 to 15 into planes.
func BitPlanes(query, planes []uint8) {
	clear(planes)
	for j, q := range query {
		for p := range 4 {
			for i := range 4 {
				planes[j/8*32+4*p+i] |= q >> p & 1 << (j % 8)
			}
		}
	}
	for c := 0; c < len(planes); c += 32 {
		for i := range 16 {
			planes[c+16+i] = planes[c+i] >> 4
		}
	}
}
