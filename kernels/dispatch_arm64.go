//go:build !noasm

package kernels

import "github.com/nexus-memory/nexus/asm"

// hasAssembly says whether this build contains kernels beside the generic ones.
const hasAssembly = true

// variants lists the kernels of each operation, the best first, with every feature that
// the generated code executes.
var variants = [operationCount][]variant{
	opDotScanF32: {{tierNEON, featureNEON}},
	opDotScanI8: {
		{tierNEONDot, featureNEON | featureDotProd},
		{tierNEON, featureNEON},
	},
	opMinHashUpdate: {{tierNEON, featureNEON}},
	opSignatureScan: {{tierNEON, featureNEON}},
	opScoreTop8:     {{tierNEON, featureNEON}},
}

// dotScanF32 needs a non-empty query and out.
func dotScanF32(query, rows, out []float32) {
	if active[opDotScanF32] == tierNEON {
		asm.DotScanF32NEON(&query[0], &rows[0], &out[0], len(query), len(out))
		return
	}
	dotScanF32Generic(query, rows, out)
}

// dotScanI8 needs a non-empty query and out. The kernels read rows in blocks of 16
// elements, so shorter ones stay in Go.
func dotScanI8(query, rows []int8, out []int32) {
	switch t := active[opDotScanI8]; {
	case t == tierNEONDot && len(query) >= 16:
		tail := tailI8(query)
		asm.DotScanI8NEONDot(&query[0], &tail[0], &rows[0], &out[0], len(query), len(out))
	case t == tierNEON && len(query) >= 16:
		tail := tailI8(query)
		asm.DotScanI8NEON(&query[0], &tail[0], &rows[0], &out[0], len(query), len(out))
	default:
		dotScanI8Generic(query, rows, out)
	}
}

// minHashUpdate needs a non-empty hashes.
func minHashUpdate(sig *[SignatureSlots]uint32, hashes []uint32) {
	if active[opMinHashUpdate] == tierNEON {
		asm.MinHashUpdateNEON(&sig[0], &mixXor[0], &mixMul[0], &hashes[0], len(hashes))
		return
	}
	minHashUpdateGeneric(sig, hashes)
}

// signatureScan needs a non-empty out.
func signatureScan(query *[SignatureSlots]uint8, rows, out []uint8) {
	if active[opSignatureScan] == tierNEON {
		asm.SignatureScanNEON(&query[0], &rows[0], &out[0], len(out))
		return
	}
	signatureScanGeneric(query, rows, out)
}

// scoreTop8 lets the kernel skip the blocks that change nothing and scores the others,
// and what is left of a block, in Go.
func scoreTop8(columns []float32, stride, first, end int, weights *[FactorCount]float32, top *Top8) {
	if active[opScoreTop8] != tierNEON {
		scoreTop8Generic(columns, stride, first, end, weights, top)
		return
	}
	const block = 16
	for end-first >= block {
		whole := (end - first) / block * block
		skipped := asm.ScoreSkipNEON(&columns[first], stride, whole, &weights[0], &top.Score[7])
		first += skipped
		if skipped < whole {
			scoreTop8Generic(columns, stride, first, first+block, weights, top)
			first += block
		}
	}
	scoreTop8Generic(columns, stride, first, end, weights, top)
}
