package neon

// gatherDot emits the scans of rows by id: scan with other row pointers and a prefetch.
func gatherDot(p *program) {
	const what = "sets out[i] to the dot product of query and row ids[i], for count rows of dim elements,\n" +
		"and prefetches the row of ids[i+ahead]. "
	for _, t := range tiersI8 {
		p.kernel("GatherDotI8", t.name, 0, what+"dim >= 16; tail is 32 zeros and then 32 times -1."+t.needs)
		t.scan(&scan{program: p, query: 0, rows: 2, out: 4, dim: 5, count: 6, gather: true, ids: 3, ahead: 7})
	}
	p.kernel("GatherDotF32", "NEON", 0, what+"dim and count may be any number from 0.")
	s := &scan{program: p, query: 0, rows: 1, out: 3, dim: 4, count: 5, shift: 2, gather: true, ids: 2, ahead: 6}
	s.add = s.product
	scanF32(s)
}
