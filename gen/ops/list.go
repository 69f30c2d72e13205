package ops

// List holds every operation. Its order is that of nexus doctor.
var List = []Operation{
	{"DotScanF32", "dot_scan_f32", "query, rows, out *float32, dim, count int"},
	{"L2ScanF32", "l2_scan_f32", "query, rows, out *float32, dim, count int"},
	{"SquaredNormsF32", "squared_norms_f32", "rows, out *float32, dim, count int"},
	{"DotScanF64", "dot_scan_f64", "query, rows *float32, out *float64, dim, count int"},
	{"L2ScanF64", "l2_scan_f64", "query, rows *float32, out *float64, dim, count int"},
	{"DotScanF16", "dot_scan_f16", "query *float32, tail *byte, rows *uint16, out *float32, dim, count int"},
	{"DotScanBF16", "dot_scan_bf16", "query *uint16, tail *byte, rows *uint16, out *float32, dim, count int"},
	{"DotScanF32I8", "dot_scan_f32_i8", "query *float32, tail *byte, rows *int8, out *float32, dim, count int"},
	{"DotScanI8", "dot_scan_i8", "query, tail, rows *int8, out *int32, dim, count int"},
	{"MinHashUpdate", "minhash_update", "sig, xor, mul, hashes *uint32, count int"},
	{"SignatureScan", "signature_scan", "query, rows, out *uint8, count int"},
	{"ScoreTop8", "score_top8", "columns *float32, stride, first, end int, weights, scores *float32, indexes *int32"},
	{"SelectAbove", "select_above", "scores, threshold *float32, ids *uint32, values *float32, first, count int, found *int"},
	{"ScoreTrees", "score_trees", "columns *float32, stride int, features *int32, thresholds, leaves *float32, planes *uint8, depth, trees, count int, out *float32"},
	{"GatherSum", "gather_sum", "starts, columns *uint32, weights, x, out *float32, count int"},
	{"GatherDotI8", "gather_dot_i8", "query, tail, rows *int8, ids *uint32, out *int32, dim, count, ahead int"},
	{"GatherDotF32", "gather_dot_f32", "query, rows *float32, ids *uint32, out *float32, dim, count, ahead int"},
	{"DotBatchI8", "dot_batch_i8", "queries, tail, rows *int8, out *int32, dim, queryCount, count, stride int"},
	{"DotBatchF32", "dot_batch_f32", "queries, rows, out *float32, dim, queryCount, count, stride int"},
	{"GemmI8", "gemm_i8", "a *int8, panels *uint8, out *int32, m, k, n int"},
	{"QuantizeI8", "quantize_i8", "row *float32, out *int8, scale *float32, count int"},
}
