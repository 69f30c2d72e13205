package ops

// List holds every operation. Its order is that of nexus doctor.
var List = []Operation{
	{"DotScanF32", "dot_scan_f32", "query, rows, out *float32, dim, count int"},
	{"DotScanI8", "dot_scan_i8", "query, tail, rows *int8, out *int32, dim, count int"},
	{"MinHashUpdate", "minhash_update", "sig, xor, mul, hashes *uint32, count int"},
	{"SignatureScan", "signature_scan", "query, rows, out *uint8, count int"},
	{"ScoreTop8", "score_top8", "columns *float32, stride, first, end int, weights, scores *float32, indexes *int32"},
	{"BucketSettle", "bucket_settle", "sig, open *uint32, hashes *uint64, first, count int"},
	{"SignatureScan32", "signature_scan_u32", "query, rows *uint32, out *uint8, count int"},
	{"Hadamard", "hadamard", "x *float32, count int"},
	{"FlipSigns", "flip_signs", "x *float32, signs *uint8, count int"},
}
