package amd64

import (
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// treeLeafBytes is the size of the leaves of a tree, as floats or as planes of bytes.
const treeLeafBytes = 256

// treeDepthMax is kernels.TreeDepthMax.
const treeDepthMax = 6

// cmpLess is ordered and quiet: false for NaN.
const cmpLess = 0x11

// scoreTrees emits the sums over oblivious trees, with candidates in the lanes: a block
// of four vectors shares what is loaded for a level or a tree. For each tree
//
//	index = sum over levels l of (column[feature l] > threshold l) << l
//	sum  += leaf[index]
//
// The two tiers differ in how 64 leaves are looked up.
func scoreTrees(e emitter) {
	const doc = "adds a leaf of each tree to out; see kernels.ScoreTrees.\n" +
		"count, trees > 0. features and thresholds have depth elements for each tree, leaves 64,\n" +
		"and planes 256, which are the bytes of leaves."
	e.kernel("ScoreTrees", "AVX2", doc)
	(&treesAVX2{treesKernel: treesKernel{emitter: e}}).emit()
	e.kernel("ScoreTrees", "AVX512", doc)
	(&treesAVX512{treesKernel: treesKernel{emitter: e}}).emit()
}

// treesKernel holds what both tiers keep in registers.
type treesKernel struct {
	emitter
	columns, strideBytes, out, count reg.GPVirtual // moved along from block to block
	feature, threshold, table        reg.GPVirtual // moved along from tree to tree
	trees, depth                     reg.GPVirtual // how many are left, levels of each
}

func (k *treesKernel) arguments() {
	k.columns, k.strideBytes, k.out, k.count = k.argument("columns"), k.argument("stride"), k.argument("out"), k.argument("count")
	k.depth = k.argument("depth")
	k.SHLQ(U8(2), k.strideBytes)
	for _, r := range []*reg.GPVirtual{&k.feature, &k.threshold, &k.table, &k.trees} {
		*r = k.GP64()
	}
}

// firstTree points to the first tree; table is the argument that leaves are read from.
func (k *treesKernel) firstTree(table string) {
	k.Load(k.Param("features"), k.feature)
	k.Load(k.Param("thresholds"), k.threshold)
	k.Load(k.Param(table), k.table)
	k.Load(k.Param("trees"), k.trees)
}

// levels emits compare for each level of a tree, out of a loop: that saves counting and
// moving pointers, and the branches, which all go the same way in every tree, predict.
func (k *treesKernel) levels(name string, compare func(level int)) {
	for level := range treeDepthMax {
		compare(level)
		if level+1 < treeDepthMax {
			k.CMPQ(k.depth, U8(level+1))
			k.JE(LabelRef("lookup" + name))
		}
	}
	k.Label("lookup" + name)
}

// node loads the threshold of a level in all lanes and returns where the block starts in
// the column of its feature.
func (k *treesKernel) node(level int, threshold reg.VecVirtual) (column reg.GPVirtual) {
	column = k.GP64()
	k.MOVLQSX(at(k.feature, 4*level), column)
	k.IMULQ(k.strideBytes, column)
	k.ADDQ(k.columns, column)
	k.VBROADCASTSS(at(k.threshold, 4*level), threshold)
	return column
}

// nextTree moves the pointers along and jumps to the label unless that was the last tree.
func (k *treesKernel) nextTree(label string) {
	k.LEAQ(Mem{Base: k.feature, Index: k.depth, Scale: 4}, k.feature)
	k.LEAQ(Mem{Base: k.threshold, Index: k.depth, Scale: 4}, k.threshold)
	k.ADDQ(U32(treeLeafBytes), k.table)
	k.DECQ(k.trees)
	k.JNZ(LabelRef(label))
}

// treesAVX2 keeps the indexes of 32 candidates as bytes of one vector and looks up the
// four bytes of a leaf in four tables each of 16 bytes, as VPSHUFB can. Lane i of four
// vectors of candidates becomes the bytes of lane i of the indexes by blends, which need
// no shuffle, and the sums wait in the order that unpacking leaves them in.
// 256 candidates and 200 trees of depth 6 took 18 us on Zen 3 in a prototype, with packs
// in place of blends; VGATHERDPS, VPERMPS with blends and scalar loads 36, 31 and 37.
type treesAVX2 struct {
	treesKernel
	sum   [4]reg.VecVirtual
	index reg.VecVirtual
	odd   reg.VecVirtual // bytes 1 and 3 of each lane
	bits  Mem            // 1<<level in every byte
	masks Mem            // of the lanes of the last block
}

const treesLanesAVX2 = 32

func (k *treesAVX2) emit() {
	k.arguments()
	k.masks = k.AllocLocal(4 * treesLanesAVX2)
	odd := k.StaticGlobal("treesOdd")
	k.DataAttributes(8 | 16) // RODATA|NOPTR
	k.AppendDatum(U32(0xFF00FF00))
	k.odd = k.YMM()
	k.VPBROADCASTD(odd, k.odd)
	k.bits = k.StaticGlobal("treesBits")
	k.DataAttributes(8 | 16)
	for i := range 8 * treeDepthMax {
		k.AppendDatum(U32(0x01010101 << (i / 8)))
	}
	k.JMP(LabelRef("check"))
	k.Label("block")
	k.block("Whole", false)
	k.ADDQ(U32(4*treesLanesAVX2), k.columns)
	k.ADDQ(U32(4*treesLanesAVX2), k.out)
	k.Label("check")
	k.SUBQ(U8(treesLanesAVX2), k.count)
	k.JGE(LabelRef("block"))
	k.ADDQ(U8(treesLanesAVX2), k.count)
	k.JZ(LabelRef("done"))
	k.limit()
	k.block("Tail", true)
	k.Label("done")
	k.finish()
}

// limit sets the masks to lane < count.
func (k *treesAVX2) limit() {
	lanes := k.StaticGlobal("treesLanes")
	k.DataAttributes(8 | 16) // RODATA|NOPTR
	for i := range treesLanesAVX2 {
		k.AppendDatum(U32(i))
	}
	count, mask := k.YMM(), k.YMM()
	k.VMOVD(k.count.As32(), count.AsX())
	k.VPBROADCASTD(count.AsX(), count)
	for v := range k.sum {
		k.VPCMPGTD(lanes.Offset(32*v), count, mask)
		k.VMOVDQU(mask, k.masks.Offset(32*v))
	}
}

// block adds the leaves of all trees for 32 candidates, or for those of the masks.
func (k *treesAVX2) block(name string, tail bool) {
	for v := range k.sum {
		k.sum[v] = k.YMM()
		if tail {
			k.VMOVDQU(k.masks.Offset(32*v), k.sum[v])
			k.VMASKMOVPS(at(k.out, 32*v), k.sum[v], k.sum[v])
		} else {
			k.VMOVUPS(at(k.out, 32*v), k.sum[v])
		}
	}
	k.sum[1], k.sum[2] = k.sum[2], k.sum[1]
	k.transpose()
	k.firstTree("planes")
	k.Label("tree" + name)
	k.index = k.YMM()
	k.levels(name, func(level int) { k.compare(level, tail) })
	k.lookup()
	k.nextTree("tree" + name)

	k.transpose()
	k.sum[1], k.sum[2] = k.sum[2], k.sum[1]
	mask := k.YMM()
	for v := range k.sum {
		if tail {
			k.VMOVDQU(k.masks.Offset(32*v), mask)
			k.VMASKMOVPS(k.sum[v], mask, at(k.out, 32*v))
		} else {
			k.VMOVUPS(k.sum[v], at(k.out, 32*v))
		}
	}
}

// transpose moves the sums from the order of the candidates to that of the indexes and
// back. In each half of a vector, byte d of lane i of the indexes belongs to vector d of
// the candidates (the middle two exchanged, which callers do by name), and unpacking
// sends it to lane d of vector i:
//
//	sum'[i] lane d = sum[d] lane i
func (k *treesAVX2) transpose() {
	var low, high [2]reg.VecVirtual
	var out [4]reg.VecVirtual
	for i := range low {
		low[i], high[i] = k.YMM(), k.YMM()
		k.VUNPCKLPS(k.sum[2*i+1], k.sum[2*i], low[i])
		k.VUNPCKHPS(k.sum[2*i+1], k.sum[2*i], high[i])
	}
	for i := range out {
		out[i] = k.YMM()
	}
	k.VUNPCKLPD(low[1], low[0], out[0])
	k.VUNPCKHPD(low[1], low[0], out[1])
	k.VUNPCKLPD(high[1], high[0], out[2])
	k.VUNPCKHPD(high[1], high[0], out[3])
	k.sum = out
}

// compare adds a bit to the index of each candidate above the threshold of a level.
func (k *treesAVX2) compare(level int, tail bool) {
	threshold := k.YMM()
	column := k.node(level, threshold)
	var above [4]reg.VecVirtual
	for v := range above {
		above[v] = k.YMM()
		if tail {
			k.VMOVDQU(k.masks.Offset(32*v), above[v])
			k.VMASKMOVPS(at(column, 32*v), above[v], above[v])
			k.VCMPPS(U8(cmpLess), above[v], threshold, above[v])
		} else {
			k.VCMPPS(U8(cmpLess), at(column, 32*v), threshold, above[v])
		}
	}
	k.VPBLENDW(U8(0xAA), above[1], above[0], above[0])
	k.VPBLENDW(U8(0xAA), above[3], above[2], above[2])
	k.VPBLENDVB(k.odd, above[2], above[0], above[0])
	bit := k.bits.Offset(32 * level)
	if level == 0 {
		k.VPAND(bit, above[0], k.index)
		return
	}
	k.VPAND(bit, above[0], above[0])
	k.VPOR(above[0], k.index, k.index)
}

// lookup adds the leaves at the indexes to the sums. Bits 4 and 5 of an index, moved to
// the sign of its byte, choose between four tables; no byte carries into one's sign.
func (k *treesAVX2) lookup() {
	bit4, bit5 := k.YMM(), k.YMM()
	k.VPSLLW(U8(3), k.index, bit4)
	k.VPSLLW(U8(2), k.index, bit5)
	var plane [4]reg.VecVirtual
	for b := range plane {
		var part [4]reg.VecVirtual
		for i := range part {
			part[i] = k.YMM()
			k.VBROADCASTI128(at(k.table, 64*b+16*i), part[i])
			k.VPSHUFB(k.index, part[i], part[i])
		}
		k.VPBLENDVB(bit4, part[1], part[0], part[0])
		k.VPBLENDVB(bit4, part[3], part[2], part[2])
		k.VPBLENDVB(bit5, part[2], part[0], part[0])
		plane[b] = part[0]
	}
	low, high := [2]reg.VecVirtual{}, [2]reg.VecVirtual{}
	for i := range low {
		low[i], high[i] = k.YMM(), k.YMM()
		k.VPUNPCKLBW(plane[2*i+1], plane[2*i], low[i])
		k.VPUNPCKHBW(plane[2*i+1], plane[2*i], high[i])
	}
	for v, half := range [][2]reg.VecVirtual{low, low, high, high} {
		leaf := k.YMM()
		if v%2 == 0 {
			k.VPUNPCKLWD(half[1], half[0], leaf)
		} else {
			k.VPUNPCKHWD(half[1], half[0], leaf)
		}
		k.VADDPS(leaf, k.sum[v], k.sum[v])
	}
}

// treesAVX512 keeps the indexes as 32-bit lanes and looks up floats: VPERMI2PS chooses
// among 32 leaves, and bit 5 of the index between two results. Comparisons set masks,
// under which bits are added to the indexes, so that the two ports for 512 bits share the
// work; masked loads of the last block are the same instructions.
type treesAVX512 struct {
	treesKernel
	sum, index [4]reg.VecVirtual
	inside     [4]reg.OpmaskVirtual         // lanes that are candidates
	bit        [treeDepthMax]reg.VecVirtual // 1<<level in every lane
}

const treesLanesAVX512 = 64

func (k *treesAVX512) emit() {
	k.arguments()
	bits := k.StaticGlobal("treesBit")
	k.DataAttributes(8 | 16)
	for level := range k.bit {
		k.AppendDatum(U32(1 << level))
		k.bit[level] = k.ZMM()
		k.VPBROADCASTD(bits.Offset(4*level), k.bit[level])
	}

	k.Label("block")
	k.limit()
	for v := range k.sum {
		k.sum[v], k.index[v] = k.ZMM(), k.ZMM()
		k.VMOVUPS_Z(at(k.out, 64*v), k.inside[v], k.sum[v])
	}
	k.firstTree("leaves")
	k.Label("tree")
	k.levels("", k.compare)
	k.lookup()
	k.nextTree("tree")

	for v := range k.sum {
		k.VMOVUPS(k.sum[v], k.inside[v], at(k.out, 64*v))
	}
	k.ADDQ(U32(4*treesLanesAVX512), k.columns)
	k.ADDQ(U32(4*treesLanesAVX512), k.out)
	k.SUBQ(U8(treesLanesAVX512), k.count)
	k.JG(LabelRef("block"))
	k.finish()
}

// limit sets the masks to lane < count.
func (k *treesAVX512) limit() {
	lanes := k.GP64()
	k.MOVQ(U32(treesLanesAVX512), lanes)
	k.CMPQ(k.count, lanes)
	k.CMOVQLT(k.count, lanes)
	all := k.bitMask(lanes) // 64 ones from 64 on
	for v := range k.inside {
		k.inside[v] = k.K()
		k.KSHIFTRQ(U8(16*v), all, k.inside[v])
	}
}

// compare adds a bit to the index of each candidate above the threshold of a level.
func (k *treesAVX512) compare(level int) {
	threshold := k.ZMM()
	column := k.node(level, threshold)
	for v := range k.index {
		above := k.K()
		k.VCMPPS(U8(cmpLess), at(column, 64*v), threshold, k.inside[v], above)
		if level == 0 {
			k.VMOVDQA32_Z(k.bit[0], above, k.index[v])
		} else {
			k.VPORD(k.bit[level], k.index[v], above, k.index[v])
		}
	}
}

// lookup adds the leaves at the indexes to the sums.
func (k *treesAVX512) lookup() {
	var leaves [4]reg.VecVirtual
	for i := range leaves {
		leaves[i] = k.ZMM()
		k.VMOVUPS(at(k.table, 64*i), leaves[i])
	}
	for v, low := range k.index {
		upper, high := k.K(), k.ZMM()
		k.VPTESTMD(k.bit[treeDepthMax-1], low, upper)
		k.VMOVDQA32(low, high)
		k.VPERMI2PS(leaves[1], leaves[0], low)
		k.VPERMI2PS(leaves[3], leaves[2], high)
		k.VBLENDMPS(high, low, upper, low)
		k.VADDPS(low, k.sum[v], k.sum[v])
	}
}
