package ops

// List holds every operation. Its order is that of nexus doctor.
var List = []Operation{
	{"DotScanF32", "dot_scan_f32", "query, rows, out *float32, dim, count int"},
	{"DotScanI8", "dot_scan_i8", "query, tail, rows *int8, out *int32, dim, count int"},
	{"MinHashUpdate", "minhash_update", "sig, xor, mul, hashes *uint32, count int"},
	{"SignatureScan", "signature_scan", "query, rows, out *uint8, count int"},
	{"ScoreTop8", "score_top8", "columns *float32, stride, first, end int, weights, scores *float32, indexes *int32"},
	{"HammingScan", "hamming_scan", "query, blocks *uint8, out *uint16, columns, count int"},
	{"RaBitQScan", "rabitq_scan", "tables, blocks *uint8, delta, scale, add, out *float32, columns, count int"},
	{"SignBits", "sign_bits", "row *float32, bits *uint8, count int"},
}
