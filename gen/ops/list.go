package ops

// List holds every operation. Its order is that of nexus doctor.
var List = []Operation{
	{"DotScanF32", "dot_scan_f32", "query, rows, out *float32, dim, count int"},
	{"DotScanI8", "dot_scan_i8", "query, tail, rows *int8, out *int32, dim, count int"},
	{"MinHashUpdate", "minhash_update", "sig, xor, mul, hashes *uint32, count int"},
	{"SignatureScan", "signature_scan", "query, rows, out *uint8, count int"},
	{"ScoreTop8", "score_top8", "columns *float32, stride, first, end int, weights, scores *float32, indexes *int32"},
	{"SelectAbove", "select_above", "scores, threshold *float32, ids *uint32, values *float32, first, count int, found *int"},
	{"ScoreTrees", "score_trees", "columns *float32, stride int, features *int32, thresholds, leaves *float32, planes *uint8, depth, trees, count int, out *float32"},
	{"GatherSum", "gather_sum", "starts, columns *uint32, weights, x, out *float32, count int"},
}
