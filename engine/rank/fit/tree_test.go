package fit

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// whole is an integer-valued problem: sums are exact, so that the order of adding and
// the subtraction of histograms cannot hide behind rounding.
func whole(rows, columns int, seed uint64) (*binned, []slope) {
	r := rand.New(rand.NewPCG(seed, 2))
	b := &binned{}
	for range columns {
		cuts := make([]float32, 1+r.IntN(9))
		column := make([]uint8, rows)
		for i := range column {
			column[i] = uint8(r.IntN(len(cuts) + 1))
		}
		b.cuts, b.bins = append(b.cuts, cuts), append(b.bins, column)
	}
	slopes := make([]slope, rows)
	for i := range slopes {
		if r.IntN(4) > 0 {
			slopes[i] = slope{float64(r.IntN(17) - 8), float64(1 + r.IntN(4))}
		}
	}
	return b, slopes
}

// naive grows the same tree by its definition: at every level all cuts of all columns are
// tried by going through all rows.
func naive(data *binned, slopes []slope, depth int, l2, least float64) (columns []int, cuts []uint8, leafOf []int) {
	leafOf = make([]int, len(slopes))
	score := func(leaf []int, leaves int, parents []slope) (total float64, sums []slope) {
		sums = make([]slope, leaves)
		for i, s := range slopes {
			sums[leaf[i]] = sums[leaf[i]].plus(s)
		}
		half := leaves / 2
		for j := range half {
			low, high := sums[j], sums[j+half]
			if low.h >= least && high.h >= least {
				total += low.score(l2) + high.score(l2)
			} else {
				total += parents[j].score(l2)
			}
		}
		return total, sums
	}
	all := slope{}
	for _, s := range slopes {
		all = all.plus(s)
	}
	parents := []slope{all}
	for level := range depth {
		before := 0.0
		for _, p := range parents {
			before += p.score(l2)
		}
		best, bestColumn, bestCut := before*(1+1e-9), -1, 0
		var bestLeaf []int
		var bestSums []slope
		for f := range data.bins {
			for cut := range data.cuts[f] {
				leaf := slices.Clone(leafOf)
				for i, bin := range data.bins[f] {
					if int(bin) > cut {
						leaf[i] |= 1 << level
					}
				}
				if s, sums := score(leaf, 2<<level, parents); s > best*(1+1e-12) {
					best, bestColumn, bestCut, bestLeaf, bestSums = s, f, cut, leaf, sums
				}
			}
		}
		if bestColumn < 0 {
			break
		}
		columns, cuts, leafOf, parents = append(columns, bestColumn), append(cuts, uint8(bestCut)), bestLeaf, bestSums
	}
	return columns, cuts, leafOf
}

func TestATreeIsTheOneOfTheDefinition(t *testing.T) {
	for seed := range uint64(30) {
		rows, columns := 1+int(seed*seed), 1+int(seed%5)
		data, slopes := whole(rows, columns, seed)
		o := &Options{Depth: 4, L2: 1.5, HessianMin: float64(seed % 6), Rate: 1}
		var among []int
		for f := range columns {
			among = append(among, f)
		}
		g := newGrower(data, o)
		g.grow(among, slopes[:rows]) // memory of another tree must not matter
		tree := g.grow(among, slopes)
		wantColumns, wantCuts, leafOf := naive(data, slopes, o.Depth, o.L2, o.HessianMin)
		if !slices.Equal(tree.column, wantColumns) || !slices.Equal(tree.cut, wantCuts) {
			t.Fatalf("seed %d: columns %v cuts %v, want %v %v", seed, tree.column, tree.cut, wantColumns, wantCuts)
		}
		scores := make([]float32, rows)
		tree.apply(data, scores)
		for i := range scores {
			if want := tree.leaves[leafOf[i]]; scores[i] != want {
				t.Fatalf("seed %d row %d: %v, leaf %d is %v", seed, i, scores[i], leafOf[i], want)
			}
		}
	}
}

// Four rows of one column: above the cut g = 3+1, h = 1+1; below g = -2-2, h = 2+2.
func TestALeafIsANewtonStepTimesTheRate(t *testing.T) {
	data := &binned{cuts: [][]float32{{.5}}, bins: [][]uint8{{1, 1, 0, 0}}}
	slopes := []slope{{3, 1}, {1, 1}, {-2, 2}, {-2, 2}}
	o := &Options{Depth: 2, L2: 2, HessianMin: 1, Rate: .5}
	tree := newGrower(data, o).grow([]int{0}, slopes)
	low, high := float32(.5*-4/(4+2.)), float32(.5*4/(2+2.))
	if want := []float32{low, high, low, high}; !slices.Equal(tree.leaves, want) { // the second level asks nothing
		t.Fatalf("leaves %v, want %v", tree.leaves, want)
	}
	if want := 16./6 + 16./4; math.Abs(tree.gains[0]-want) > 1e-12 {
		t.Fatalf("gain %v, want %v", tree.gains[0], want)
	}
}

func TestAnUncertainLeafIsWorthWhatItWasCutFrom(t *testing.T) {
	g := &grower{o: &Options{Depth: 2, L2: 1, HessianMin: 2, Rate: 1}}
	g.sums[0][0] = slope{6, 11}                                   // .5
	g.sums[1] = [leavesMax]slope{{3, 1}, {3, 10 - 1}}             // uncertain, .3
	g.sums[2] = [leavesMax]slope{{1, 0}, {9, 8}, {2, 1}, {-6, 1}} // 0 and 2 were cut from 0
	if got, want := g.values(2), []float32{.5, 1, .5, .3}; !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func TestBinsAndCutsAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	odd := []float32{nan, minusInf, float32(math.Inf(1)), 0, float32(math.Copysign(0, -1)), math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32}
	for round := range 60 {
		values := make([]float32, r.IntN(700))
		for i := range values {
			switch r.IntN(4) {
			case 0:
				values[i] = odd[r.IntN(len(odd))]
			case 1:
				values[i] = float32(r.IntN(5))
			default:
				values[i] = float32(r.NormFloat64())
			}
		}
		if round%2 == 0 {
			values = slices.DeleteFunc(values, isNaN)
		}
		binCount := 2 + r.IntN(255)
		cuts := cutsOf(values, binCount, round%3 == 0)
		if len(cuts) >= binCount || !slices.IsSorted(cuts) || len(slices.Compact(slices.Clone(cuts))) != len(cuts) || slices.ContainsFunc(cuts, isNaN) {
			t.Fatalf("%d bins: cuts %v", binCount, cuts)
		}
		for _, v := range append(values, odd...) {
			b := bin(cuts, v)
			for c, cut := range cuts {
				if (v > cut) != (int(b) > c) {
					t.Fatalf("value %v has bin %d of cuts %v", v, b, cuts)
				}
			}
		}
	}
}

func TestACutLiesBetweenNeighbours(t *testing.T) {
	for _, low := range []float32{0, 1, -1, math.MaxFloat32, math.Nextafter32(1, 2), minusInf} {
		high := math.Nextafter32(low, float32(math.Inf(1)))
		if cut := between(low, high); low > cut || !(high > cut) {
			t.Errorf("between %v and %v: %v", low, high, cut)
		}
	}
}

func TestCutsDivideRowsEvenlyAndMissingOnesLieAlone(t *testing.T) {
	var values []float32
	for i := range 1000 {
		values = append(values, float32(i%100))
	}
	if cuts := cutsOf(values, 4, false); !slices.Equal(cuts, []float32{24.5, 49.5, 74.5}) {
		t.Errorf("cuts %v", cuts)
	}
	if cuts := cutsOf(values[:3], 256, true); !slices.Equal(cuts, []float32{minusInf, .5, 1.5}) {
		t.Errorf("with missing values: %v", cuts)
	}
	if cuts := cutsOf(append(slices.Repeat([]float32{0}, 900), values[:100]...), 5, false); len(cuts) != 4 || cuts[0] != .5 {
		t.Errorf("many zeros: %v", cuts)
	}
	for _, none := range [][]float32{nil, {nan}, {7, 7}} {
		if cuts := cutsOf(none, 9, false); len(cuts) > 1 || len(cuts) == 1 && cuts[0] != minusInf {
			t.Errorf("%v: cuts %v", none, cuts)
		}
	}
}

func TestASampleIsAboutItsShareAndNeverEmpty(t *testing.T) {
	for _, part := range []float64{1e-9, .3, .8, 1} {
		total := 0
		for stream := range uint64(50) {
			chosen := sample(1, stream, 100, part)
			if len(chosen) == 0 || !slices.IsSorted(chosen) {
				t.Fatalf("share %v: %v", part, chosen)
			}
			total += len(chosen)
		}
		if want := max(1, part*100) * 50; math.Abs(float64(total)-want) > .06*want {
			t.Errorf("share %v: %d in all, want %v", part, total, want)
		}
	}
	if sample(1, 1, 0, .5) != nil {
		t.Error("of nothing something was chosen")
	}
}
