package fit

import (
	"math"

	"github.com/nexus-memory/nexus/kernels"
)

const leavesMax = 1 << kernels.TreeDepthMax

// tree is one oblivious tree over the bins of columns.
type tree struct {
	column []int   // of each level
	cut    []uint8 // bit of the level: bin > cut
	gains  []float64
	leaves []float32 // 1 << depth of the options, beyond the levels there are repeated
}

// grower grows trees. Between trees it holds memory alone.
type grower struct {
	data    *binned
	o       *Options
	columns []int // that the tree may ask for

	// The rows of leaf j are rows[start[j]:end[j]], ascending, their slopes beside them.
	rows       []int32
	slopes     []slope
	start, end [leavesMax]int
	sums       [kernels.TreeDepthMax + 1][leavesMax]slope // of each level's leaves
	spareRows  []int32
	spare      []slope

	histograms [][]slope // of every column: [leaf*binsMax+bin]
	best       []split   // of each of columns
}

// split is the best cut of a column.
type split struct {
	score float64
	cut   int
}

func newGrower(data *binned, o *Options) *grower {
	g := &grower{data: data, o: o, histograms: make([][]slope, len(data.bins))}
	for f := range g.histograms {
		g.histograms[f] = make([]slope, binsMax<<(o.Depth-1))
	}
	return g
}

// grow returns the tree that lowers the loss most, chosen level by level: a level asks
// every leaf the same question, the one whose gains over all leaves add up to most.
// slopes are those of all rows; rows without any take no part, as they move no sum.
func (g *grower) grow(columns []int, slopes []slope) *tree {
	g.columns = columns
	g.best = make([]split, len(columns))
	g.rows, g.slopes = g.rows[:0], g.slopes[:0]
	root := slope{}
	for i, s := range slopes {
		if s != (slope{}) {
			g.rows, g.slopes = append(g.rows, int32(i)), append(g.slopes, s)
			root = root.plus(s)
		}
	}
	g.spareRows = append(g.spareRows[:0], g.rows...)
	g.spare = append(g.spare[:0], g.slopes...)
	g.start[0], g.end[0], g.sums[0][0] = 0, len(g.rows), root
	t := &tree{}
	for level := range g.o.Depth {
		best, column := g.choose(level)
		if column < 0 {
			break
		}
		g.divide(level, column, uint8(best.cut))
		t.column, t.cut = append(t.column, column), append(t.cut, uint8(best.cut))
		t.gains = append(t.gains, best.score)
	}
	t.leaves = g.values(len(t.column))
	return t
}

func (s slope) plus(o slope) slope  { return slope{s.g + o.g, s.h + o.h} }
func (s slope) minus(o slope) slope { return slope{s.g - o.g, s.h - o.h} }

// score is what a leaf of these slopes lowers the loss by, twice: g^2/(h+l2).
func (s slope) score(l2 float64) float64 { return float64(s.g*s.g) / (s.h + l2) }

// choose returns the best cut of all columns, its score as gain; column < 0 if none gains.
func (g *grower) choose(level int) (split, int) {
	parallel(len(g.columns), func(i int) {
		f := g.columns[i]
		g.count(level, f)
		g.best[i] = g.bestCut(level, f)
	})
	unsplit := 0.0
	for leaf := range 1 << level {
		unsplit += g.sums[level][leaf].score(g.o.L2)
	}
	best, column := split{score: unsplit + float64(1e-9*unsplit)}, -1
	for i, s := range g.best { // ties go to the first column
		if s.score > best.score {
			best, column = s, g.columns[i]
		}
	}
	best.score -= unsplit
	return best, column
}

// count makes the histograms of a column for the leaves of a level from those of the
// level above: that of the smaller half by its rows, that of the other by difference.
func (g *grower) count(level, f int) {
	histogram, bins := g.histograms[f], len(g.data.cuts[f])+1
	if level == 0 {
		g.countRows(f, 0, histogram[:bins])
		return
	}
	half := 1 << (level - 1)
	for low := range half {
		high := low + half
		lower, upper := histogram[low*binsMax:][:bins], histogram[high*binsMax:][:bins]
		if g.end[low]-g.start[low] <= g.end[high]-g.start[high] {
			copy(upper, lower)
			g.countRows(f, low, lower)
			subtract(upper, lower)
		} else {
			g.countRows(f, high, upper)
			subtract(lower, upper)
		}
	}
}

// countRows sums the slopes of a leaf's rows by the bins of a column.
func (g *grower) countRows(f, leaf int, histogram []slope) {
	var sums [binsMax]slope
	bins, rows := g.data.bins[f], g.rows[g.start[leaf]:g.end[leaf]]
	slopes := g.slopes[g.start[leaf]:g.end[leaf]][:len(rows)]
	for i, row := range rows {
		s := &sums[bins[row]]
		s.g += slopes[i].g
		s.h += slopes[i].h
	}
	copy(histogram, sums[:])
}

func subtract(from, what []slope) {
	for i := range from {
		from[i] = from[i].minus(what[i])
	}
}

// bestCut returns the cut of a column with the most score over all leaves. A leaf that
// it leaves a side with too little certainty counts as if it were not cut.
func (g *grower) bestCut(level, f int) (best split) {
	cuts, l2 := len(g.data.cuts[f]), g.o.L2
	var scores [binsMax]float64
	for leaf := range 1 << level {
		if g.start[leaf] == g.end[leaf] {
			continue
		}
		all := g.sums[level][leaf]
		whole, low := all.score(l2), slope{}
		for cut, s := range g.histograms[f][leaf*binsMax:][:cuts] {
			low = low.plus(s)
			if high := all.minus(low); low.h >= g.o.HessianMin && high.h >= g.o.HessianMin {
				scores[cut] += low.score(l2) + high.score(l2)
			} else {
				scores[cut] += whole
			}
		}
	}
	for cut, score := range scores[:cuts] {
		if score > best.score {
			best = split{score, cut}
		}
	}
	return best
}

// divide moves the rows of every leaf to its two halves, in order, and sums these.
func (g *grower) divide(level, f int, cut uint8) {
	half, bins := 1<<level, g.data.bins[f]
	for leaf := range half {
		low, high := g.start[leaf], 0
		var sums [2]slope
		for i := g.start[leaf]; i < g.end[leaf]; i++ {
			row, s := g.rows[i], g.slopes[i]
			if bins[row] > cut {
				g.spareRows[high], g.spare[high] = row, s
				high++
				sums[1] = sums[1].plus(s)
			} else {
				g.rows[low], g.slopes[low] = row, s
				low++
				sums[0] = sums[0].plus(s)
			}
		}
		copy(g.rows[low:], g.spareRows[:high])
		copy(g.slopes[low:], g.spare[:high])
		g.start[leaf+half], g.end[leaf+half], g.end[leaf] = low, g.end[leaf], low
		g.sums[level+1][leaf], g.sums[level+1][leaf+half] = sums[0], sums[1]
	}
}

// values returns what the leaves are worth: the Newton step g/(h+l2) times the rate. A
// leaf of too little certainty is worth what the one is that it was cut from.
func (g *grower) values(levels int) []float32 {
	var worth [leavesMax]float64
	for level := range levels + 1 {
		for leaf := range 1 << level {
			if level > 0 && leaf >= 1<<(level-1) {
				worth[leaf] = worth[leaf-1<<(level-1)]
			}
		}
		for leaf := range 1 << level {
			if s := g.sums[level][leaf]; s.h >= g.o.HessianMin {
				worth[leaf] = s.g / (s.h + g.o.L2)
			}
		}
	}
	leaves := make([]float32, 1<<g.o.Depth)
	for j := range leaves {
		leaves[j] = float32(float64(worth[j%(1<<levels)] * g.o.Rate))
		if math.IsNaN(float64(leaves[j])) {
			leaves[j] = 0
		}
	}
	return leaves
}

// applyRows is how many rows one call of apply's loop handles.
const applyRows = 4096

// apply adds what the tree says to the scores of all rows.
func (t *tree) apply(data *binned, scores []float32) {
	parallel((len(scores)+applyRows-1)/applyRows, func(b int) {
		var index [applyRows]uint8
		first := b * applyRows
		out := scores[first:min(first+applyRows, len(scores))]
		for level, f := range t.column {
			cut := t.cut[level]
			for i, bin := range data.bins[f][first:][:len(out)] {
				if bin > cut {
					index[i] |= 1 << level
				}
			}
		}
		for i := range out {
			out[i] += t.leaves[index[i]]
		}
	})
}
