package neon

const treeLeafBytes = 256

// scoreTrees emits the sums over oblivious trees, 16 candidates a turn:
//
//	index = sum over levels l of (column[feature l] > threshold l) << l
//	sum  += leaf[index]
//
// Indexes are the bytes of one register; TBL looks up each of the four bytes of a leaf in
// a plane of 64, and zips put them together. Candidates that are left over go one by one.
//
//	R0 columns, R1 stride, R8 candidates left, R9 out, all moved along
//	R10 feature, R11 threshold, R12 leaves of a tree, R13 trees left, R14 level
//	V0-3 columns, then planes, then leaves   V16-19 sums, V20 indexes, V21 bit of the level
func scoreTrees(p *program) {
	p.kernel("ScoreTrees", "NEON", 0,
		"adds a leaf of each tree to out; see kernels.ScoreTrees.\n"+
			"trees > 0. features and thresholds have depth elements for each tree, leaves 64, and\n"+
			"planes 256, which are the bytes of leaves.")
	p.op("LSL $2, R1, R1")
	p.label("block")
	p.op("CMP $16, R8")
	p.op("BLT rest")
	p.op("VLD1 (R9), %s", list(16, 4, "S4"))
	p.firstTree(5)
	p.label("tree")
	p.op("VEOR V20.B16, V20.B16, V20.B16")
	p.op("VMOVI $1, V21.B16")
	p.op("MOVD R6, R14")
	p.label("level")
	p.treeLevel()
	p.op("SUBS $1, R14, R14")
	p.op("BNE level")
	p.treeLookup()
	p.op("SUBS $1, R13, R13")
	p.op("BNE tree")
	p.op("VST1.P %s, 64(R9)", list(16, 4, "S4"))
	p.op("ADD $64, R0, R0")
	p.op("SUB $16, R8, R8")
	p.op("B block")
	p.treeRest()
}

// firstTree points to the first tree; leaves come from the parameter in R<table>.
func (p *program) firstTree(table int) {
	p.op("MOVD R2, R10")
	p.op("MOVD R3, R11")
	p.op("MOVD R%d, R12", table)
	p.op("MOVD R7, R13")
}

// treeColumn moves on to the next level and sets R15 to the offset of its column.
func (p *program) treeColumn() {
	p.op("MOVW.P 4(R10), R15")
	p.op("MUL R1, R15, R15")
}

// treeLevel adds the bit of a level to 16 indexes.
func (p *program) treeLevel() {
	p.treeColumn()
	p.op("ADD R0, R15, R15")
	p.op("VLD1 (R15), %s", list(0, 4, "S4"))
	p.op("VLD1R.P 4(R11), [V22.S4]")
	for v := range 4 {
		p.word(fcmgt, v, v, 22)
	}
	p.op("VUZP1 V1.H8, V0.H8, V0.H8")
	p.op("VUZP1 V3.H8, V2.H8, V2.H8")
	p.op("VUZP1 V2.B16, V0.B16, V0.B16")
	p.op("VAND V21.B16, V0.B16, V0.B16")
	p.op("VORR V0.B16, V20.B16, V20.B16")
	p.op("VADD V21.B16, V21.B16, V21.B16")
}

// treeLookup adds the leaves at 16 indexes to the sums.
func (p *program) treeLookup() {
	for b := range 4 {
		p.op("VLD1.P 64(R12), %s", list(24, 4, "B16"))
		p.op("VTBL V20.B16, %s, V%d.B16", list(24, 4, "B16"), b)
	}
	for i := range 2 {
		p.op("VZIP1 V%d.B16, V%d.B16, V%d.B16", 2*i+1, 2*i, 4+i)
		p.op("VZIP2 V%d.B16, V%d.B16, V%d.B16", 2*i+1, 2*i, 6+i)
	}
	for half := range 2 {
		p.op("VZIP1 V%d.H8, V%d.H8, V%d.H8", 5+2*half, 4+2*half, 2*half)
		p.op("VZIP2 V%d.H8, V%d.H8, V%d.H8", 5+2*half, 4+2*half, 2*half+1)
	}
	for v := range 4 {
		p.word(fadd, 16+v, 16+v, v)
	}
}

// treeRest scores the candidates behind the last whole block, and returns. R16 is the
// index.
func (p *program) treeRest() {
	p.label("rest")
	p.op("CBZ R8, done")
	p.op("FMOVS (R9), F16")
	p.firstTree(4)
	p.label("restTree")
	p.op("MOVD ZR, R14")
	p.op("MOVD ZR, R16")
	p.label("restLevel")
	p.treeColumn()
	p.op("FMOVS (R0)(R15), F0")
	p.op("FMOVS.P 4(R11), F1")
	p.note("GT is false for NaN.")
	p.op("FCMPS F1, F0")
	p.op("CSET GT, R17")
	p.op("LSL R14, R17, R17")
	p.op("ORR R17, R16, R16")
	p.op("ADD $1, R14, R14")
	p.op("CMP R6, R14")
	p.op("BNE restLevel")
	p.op("FMOVS (R12)(R16<<2), F0")
	p.op("FADDS F0, F16, F16")
	p.op("ADD $%d, R12, R12", treeLeafBytes)
	p.op("SUBS $1, R13, R13")
	p.op("BNE restTree")
	p.op("FMOVS.P F16, 4(R9)")
	p.op("ADD $4, R0, R0")
	p.op("SUB $1, R8, R8")
	p.op("B rest")
	p.label("done")
	p.op("RET")
}
