package kernels

import (
	"fmt"
	"math"
)

// TreeDepthMax is the deepest tree of an ensemble, and treeLeaves what one has then.
const (
	TreeDepthMax = 6
	treeLeaves   = 1 << TreeDepthMax
)

// One assembly call handles at most treesPerCall trees, so that they (35 KiB with their
// leaves) are still near when the next candidates come, for candidatesPerCall candidates.
const (
	treesPerCall      = 64
	candidatesPerCall = 1024
)

// Trees is an ensemble of oblivious trees: all nodes of one level compare the same
// feature with the same threshold, so a leaf is found without a branch. NewTrees makes
// one, after which it is constant; the zero value scores every candidate 0.
type Trees struct {
	depth      int
	features   int       // columns that a candidate has at least
	bias       float32   // where every sum starts
	feature    []int32   // of level l of tree t: [t*depth+l]
	thresholds []float32 // beside feature
	leaves     []float32 // treeLeaves for each tree; those from 1<<depth on are 0
	planes     []uint8   // byte b of leaf j of tree t: [(4*t+b)*treeLeaves+j]
}

// NewTrees copies an ensemble of len(leaves)>>depth trees and reports whether it is one.
//
// Level l of tree t compares feature[t*depth+l] with thresholds[t*depth+l], and leaf j of
// tree t is leaves[t<<depth+j]. False unless 1 <= depth <= TreeDepthMax, the lengths fit,
// every feature is below 65536, no threshold is NaN, and bias and leaves are finite; sums
// then cannot become NaN, which has not the same bits on all CPUs.
// Memory: 512 bytes a tree whatever its depth.
func NewTrees(depth int, bias float32, feature []uint16, thresholds, leaves []float32) (*Trees, bool) {
	if depth < 1 || depth > TreeDepthMax || len(leaves)%(1<<depth) != 0 {
		return nil, false
	}
	count := len(leaves) >> depth
	if len(feature) != count*depth || len(thresholds) != count*depth || !finite(bias) {
		return nil, false
	}
	t := &Trees{depth: depth, bias: bias}
	for i, f := range feature {
		if thresholds[i] != thresholds[i] {
			return nil, false
		}
		t.feature = append(t.feature, int32(f))
		t.features = max(t.features, int(f)+1)
	}
	t.thresholds = append(t.thresholds, thresholds...)
	t.leaves = make([]float32, count*treeLeaves)
	t.planes = make([]uint8, count*treeLeaves*4)
	for i, leaf := range leaves {
		if !finite(leaf) {
			return nil, false
		}
		t.setLeaf(i>>depth, i&(1<<depth-1), leaf)
	}
	return t, true
}

func finite(x float32) bool { return x-x == 0 }

// setLeaf stores a leaf for the kernels that look up floats and for those that look up
// bytes.
func (t *Trees) setLeaf(tree, j int, leaf float32) {
	t.leaves[tree*treeLeaves+j] = leaf
	for b := range 4 {
		t.planes[(4*tree+b)*treeLeaves+j] = uint8(math.Float32bits(leaf) >> (8 * b))
	}
}

// Count returns the number of trees, and Features how many columns they need.
func (t *Trees) Count() int    { return len(t.leaves) / treeLeaves }
func (t *Trees) Features() int { return t.features }

// ScoreTrees sets out[i] to the score of candidate i: the bias plus one leaf of each tree.
//
// columns is a structure of arrays: feature f of candidate i is columns[f*stride+i], for
// i < n <= stride and n == len(out). Bit l of the index of a leaf is whether the feature
// of level l is above its threshold. A NaN is not, so a missing feature is sent as NaN,
// and the trees must have been trained with missing values on the lower side; -Inf does
// the same. Leaves are added in the order of the trees, each sum rounded to float32, so
// that every tier returns the same bits. columns is not written and must not overlap
// out. O(n*trees*depth), no allocation. Panics if the shape does not fit (caller bug).
//
// Oblivious trees as in CatBoost (Prokhorenkova et al., NeurIPS 2018, section 4.2 and its
// appendix on fast scoring).
func ScoreTrees(model *Trees, columns []float32, stride, n int, out []float32) {
	if n < 0 || n > stride || n != len(out) || (n > 0 && !columnsFit(len(columns), model.features, stride, n)) {
		panic(fmt.Sprintf("kernels: ScoreTrees: n %d, stride %d, %d values for %d features, %d results",
			n, stride, len(columns), model.features, len(out)))
	}
	if raceEnabled && n > 0 {
		for f := range model.features {
			raceRead(columns[f*stride:][:n])
		}
		raceWrite(out)
	}
	for i := range out {
		out[i] = model.bias
	}
	for first := 0; first < n; first += candidatesPerCall {
		end := min(n, first+candidatesPerCall)
		for tree := 0; tree < model.Count(); tree += treesPerCall {
			trees := min(treesPerCall, model.Count()-tree)
			model.add(tree, trees, columns[first:], stride, out[first:end])
		}
	}
}

// add adds the leaves of some trees to out, which is not empty.
func (t *Trees) add(tree, trees int, columns []float32, stride int, out []float32) {
	node, leaf := tree*t.depth, tree*treeLeaves
	if !asmScoreTrees(&columns[0], stride, &t.feature[node], &t.thresholds[node], &t.leaves[leaf], &t.planes[4*leaf],
		t.depth, trees, len(out), &out[0]) {
		t.addGeneric(tree, trees, columns, stride, out)
	}
}

// addGeneric is the definition of ScoreTrees for some trees.
func (t *Trees) addGeneric(tree, trees int, columns []float32, stride int, out []float32) {
	var index [candidatesPerCall]uint8
	for ; trees > 0; tree, trees = tree+1, trees-1 {
		clear(index[:len(out)])
		for level := range t.depth {
			node := tree*t.depth + level
			column, threshold := columns[int(t.feature[node])*stride:], t.thresholds[node]
			for i, x := range column[:len(out)] {
				bit := uint8(0)
				if x > threshold { // false for NaN
					bit = 1
				}
				index[i] |= bit << level
			}
		}
		leaves := t.leaves[tree*treeLeaves:][:treeLeaves]
		for i := range out {
			out[i] += leaves[index[i]%treeLeaves]
		}
	}
}
