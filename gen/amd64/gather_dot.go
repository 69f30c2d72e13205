package amd64

// gatherDot emits the scans of rows by id: scan with other row pointers and a prefetch.
func gatherDot(e emitter) {
	const what = "sets out[i] to the dot product of query and row ids[i], for count rows of dim elements,\n" +
		"and prefetches the row of ids[i+ahead]. "
	const masked = "dim and count may be anything from 0. "
	e.kernel("GatherDotI8", "AVX2", what+"dim >= 32; tail is 32 zeros and then 32 times -1. Needs AVX2.")
	(&scan{emitter: e, gather: true, arithmetic: &i8AVX2{}, stepBytes: 32}).emit()

	e.kernel("GatherDotI8", "AVX512", what+masked+"Needs AVX-512 F, BW and DQ and BMI2.")
	(&scan{emitter: e, gather: true, arithmetic: &i8AVX512{}, stepBytes: 64}).emit()

	e.kernel("GatherDotI8", "AVX512VNNI", what+masked+"Needs AVX-512 F, BW, DQ and VNNI and BMI2.")
	(&scan{emitter: e, gather: true, arithmetic: &i8VNNI{}, stepBytes: 64}).emit()

	e.kernel("GatherDotF32", "AVX2", what+masked+"Needs AVX2 and FMA.")
	(&scan{emitter: e, gather: true, arithmetic: &f32AVX2{name: "GatherDotF32"}, shift: 2, stepBytes: 32}).emit()

	e.kernel("GatherDotF32", "AVX512", what+masked+"Needs AVX-512 F, BW and DQ and BMI2.")
	(&scan{emitter: e, gather: true, arithmetic: &f32AVX512{}, shift: 2, stepBytes: 64}).emit()
}
