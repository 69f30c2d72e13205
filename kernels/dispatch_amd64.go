//go:build !noasm

package kernels

import "github.com/nexus-memory/nexus/asm"

// hasAssembly says whether this build contains kernels beside the generic ones.
const hasAssembly = true

// variants lists the kernels of each operation, the best first, with every feature that
// the generated code executes.
var variants = [operationCount][]variant{
	opDotScanF32: {
		{tierAVX512, featureAVX512 | featureAVX2 | featureBMI},
		{tierAVX2, featureAVX2 | featureFMA},
	},
	opDotScanI8: {
		{tierAVX512VNNI, featureAVX512VNNI | featureAVX512 | featureAVX2 | featureBMI},
		{tierAVX512, featureAVX512 | featureAVX2 | featureBMI},
		{tierAVX2, featureAVX2},
	},
	opMinHashUpdate: {
		{tierAVX512, featureAVX512 | featureAVX2},
		{tierAVX2, featureAVX2},
	},
	opSignatureScan: {
		{tierAVX512, featureAVX512 | featureAVX2 | featurePOPCNT},
		{tierAVX2, featureAVX2 | featurePOPCNT},
	},
	opScoreTop8: {
		{tierAVX512, featureAVX512 | featureAVX2 | featureBMI},
		{tierAVX2, featureAVX2 | featureBMI},
	},
}

// dotScanF32 needs a non-empty query and out.
func dotScanF32(query, rows, out []float32) {
	switch active[opDotScanF32] {
	case tierAVX512:
		asm.DotScanF32AVX512(&query[0], &rows[0], &out[0], len(query), len(out))
	case tierAVX2:
		asm.DotScanF32AVX2(&query[0], &rows[0], &out[0], len(query), len(out))
	default:
		dotScanF32Generic(query, rows, out)
	}
}

// dotScanI8 needs a non-empty query and out. The AVX2 kernel reads rows in blocks of 16
// elements, so shorter ones stay in Go.
func dotScanI8(query, rows []int8, out []int32) {
	switch t := active[opDotScanI8]; {
	case t == tierAVX512VNNI:
		asm.DotScanI8AVX512VNNI(&query[0], &rows[0], &out[0], len(query), len(out))
	case t == tierAVX512:
		asm.DotScanI8AVX512(&query[0], &rows[0], &out[0], len(query), len(out))
	case t == tierAVX2 && len(query) >= 16:
		tail := tailI8(query)
		asm.DotScanI8AVX2(&query[0], &tail[0], &rows[0], &out[0], len(query), len(out))
	default:
		dotScanI8Generic(query, rows, out)
	}
}

// minHashUpdate needs a non-empty hashes.
func minHashUpdate(sig *[SignatureSlots]uint32, hashes []uint32) {
	switch active[opMinHashUpdate] {
	case tierAVX512:
		asm.MinHashUpdateAVX512(&sig[0], &mixXor[0], &mixMul[0], &hashes[0], len(hashes))
	case tierAVX2:
		asm.MinHashUpdateAVX2(&sig[0], &mixXor[0], &mixMul[0], &hashes[0], len(hashes))
	default:
		minHashUpdateGeneric(sig, hashes)
	}
}

// signatureScan needs a non-empty out.
func signatureScan(query *[SignatureSlots]uint8, rows, out []uint8) {
	switch active[opSignatureScan] {
	case tierAVX512:
		asm.SignatureScanAVX512(&query[0], &rows[0], &out[0], len(out))
	case tierAVX2:
		asm.SignatureScanAVX2(&query[0], &rows[0], &out[0], len(out))
	default:
		signatureScanGeneric(query, rows, out)
	}
}

// scoreTop8 needs first < end.
func scoreTop8(columns []float32, stride, first, end int, weights *[FactorCount]float32, top *Top8) {
	switch active[opScoreTop8] {
	case tierAVX512:
		asm.ScoreTop8AVX512(&columns[0], stride, first, end, &weights[0], &top.Score[0], &top.Index[0])
	case tierAVX2:
		asm.ScoreTop8AVX2(&columns[0], stride, first, end, &weights[0], &top.Score[0], &top.Index[0])
	default:
		scoreTop8Generic(columns, stride, first, end, weights, top)
	}
}
