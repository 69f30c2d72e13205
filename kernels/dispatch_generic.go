//go:build noasm || (!amd64 && !arm64)

package kernels

// hasAssembly says whether this build contains kernels beside the generic ones.
const hasAssembly = false

// variants is empty: the definitions do all the work.
var variants [operationCount][]variant

func dotScanF32(query, rows, out []float32) { dotScanF32Generic(query, rows, out) }

func dotScanI8(query, rows []int8, out []int32) { dotScanI8Generic(query, rows, out) }

func minHashUpdate(sig *[SignatureSlots]uint32, hashes []uint32) { minHashUpdateGeneric(sig, hashes) }

func signatureScan(query *[SignatureSlots]uint8, rows, out []uint8) {
	signatureScanGeneric(query, rows, out)
}

func scoreTop8(columns []float32, stride, first, end int, weights *[FactorCount]float32, top *Top8) {
	scoreTop8Generic(columns, stride, first, end, weights, top)
}
