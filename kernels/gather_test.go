package kernels

import (
	"math"
	"testing"
)

func init() {
	allocationCalls[opGatherSum] = func() func() {
		e, x := randomEdges(50, 60, 9, 1), randomF32(60, 2)
		out := make([]float32, 50)
		return func() { GatherSum(&e, x, out) }
	}
}

// randomEdges has rows of degree edges, or of 0 .. -degree where it is negative.
func randomEdges(rows, width, degree int, seed uint64) Edges {
	r := random(seed)
	starts, columns := []uint32{0}, []uint32{}
	for range rows {
		n := degree
		if degree < 0 {
			n = r.IntN(1 - degree)
		}
		for range n {
			columns = append(columns, uint32(r.IntN(width)))
		}
		starts = append(starts, uint32(len(columns)))
	}
	e, ok := NewEdges(starts, columns, randomF32(len(columns), seed+1), width)
	if !ok {
		panic("edges were refused")
	}
	return e
}

// checkGatherSum compares bits with eight separate strided sums.
func checkGatherSum(t *testing.T, e *Edges, x, out []float32) {
	t.Helper()
	for i := range out {
		out[i] = 1e9
	}
	GatherSum(e, x, out)
	for i, got := range out {
		lane := func(j int) float32 {
			sum := float32(0)
			for k := int(e.starts[i]) + j; k < int(e.starts[i+1]); k += 8 {
				product := e.weights[k] * x[e.columns[k]]
				sum = sum + float32(product)
			}
			return sum
		}
		even := (lane(0) + lane(4)) + (lane(2) + lane(6))
		odd := (lane(1) + lane(5)) + (lane(3) + lane(7))
		if want := even + odd; math.Float32bits(got) != math.Float32bits(want) && (got == got || want == want) {
			t.Fatalf("row %d of %d, %d edges: %g, want %g", i, len(out), e.starts[i+1]-e.starts[i], got, want)
		}
	}
}

func TestGatherSumIsExact(t *testing.T) {
	eachTier(t, opGatherSum, func(t *testing.T) {
		for degree := range 5*8 + 2 {
			for _, rows := range []int{1, 2, 5} {
				e := randomEdges(rows, 100, degree, uint64(degree))
				checkGatherSum(t, &e, randomF32(100, 3), make([]float32, rows))
			}
		}
		e := randomEdges(700, 3000, -70, 4)
		e.columns, e.weights = shifted(e.columns, 4), shifted(e.weights, 12)
		checkGatherSum(t, &e, shifted(randomF32(3000, 5), 20), shifted(make([]float32, 700), 28))
	})
}

// TestGatherSumIsInOrder adds values whose sum depends on the order.
func TestGatherSumIsInOrder(t *testing.T) {
	eachTier(t, opGatherSum, func(t *testing.T) {
		for degree := range 40 {
			e := randomEdges(3, 50, degree, uint64(degree))
			x := randomF32(50, 6)
			for i := range x {
				x[i] *= float32(math.Ldexp(1, i*7%61-30))
			}
			checkGatherSum(t, &e, x, make([]float32, 3))
		}
	})
}

func TestGatherSumOddValues(t *testing.T) {
	eachTier(t, opGatherSum, func(t *testing.T) {
		for degree := range 20 {
			e := randomEdges(30, len(oddScores), degree, uint64(degree))
			checkGatherSum(t, &e, oddScores, make([]float32, 30))
			for i := range e.weights {
				e.weights[i] = oddScores[i%len(oddScores)]
			}
			checkGatherSum(t, &e, oddScores, make([]float32, 30))
			zeros := filled(len(oddScores), float32(math.Copysign(0, -1)))
			checkGatherSum(t, &e, zeros, make([]float32, 30))
		}
	})
}

func TestGatherSumStaysInsideItsBuffers(t *testing.T) {
	eachTier(t, opGatherSum, func(t *testing.T) {
		for degree := range 3*8 + 2 {
			for _, rows := range []int{1, 3} {
				e, x, out := randomEdges(rows, 40, degree, uint64(degree)), randomF32(40, 7), make([]float32, rows)
				if degree > 0 { // both ends of x are read
					e.columns[0], e.columns[len(e.columns)-1] = 0, 39
				}
				kept := e
				guarded(t, x, func(x []float32) { checkGatherSum(t, &e, x, out) })
				guarded(t, out, func(out []float32) { checkGatherSum(t, &e, x, out) })
				guarded(t, e.starts, func(s []uint32) { e.starts = s; checkGatherSum(t, &e, x, out) })
				e = kept
				guarded(t, e.columns, func(s []uint32) { e.columns = s; checkGatherSum(t, &e, x, out) })
				e = kept
				guarded(t, e.weights, func(s []float32) { e.weights = s; checkGatherSum(t, &e, x, out) })
			}
		}
	})
}

func TestGatherSumSplitsLongWork(t *testing.T) {
	starts, columns := []uint32{0}, []uint32{}
	degrees := []int{3, edgesPerCall + 1, 0, edgesPerCall, 5, 2*edgesPerCall + 3, edgesPerCall - 1, 1, 1}
	for i := range rowsPerGather + 9 {
		degrees = append(degrees, i%11)
	}
	for _, degree := range degrees {
		for range degree {
			columns = append(columns, uint32(len(columns)*7%97))
		}
		starts = append(starts, uint32(len(columns)))
	}
	e, ok := NewEdges(starts, columns, randomF32(len(columns), 8), 97)
	if !ok {
		t.Fatal("edges were refused")
	}
	for first := 0; first < e.Rows(); {
		end := e.callEnd(first)
		if edges := e.starts[end] - e.starts[first]; edges > edgesPerCall || end-first > rowsPerGather {
			t.Fatalf("rows %d to %d with %d edges in one call", first, end, edges)
		}
		if end < e.Rows() && end-first < rowsPerGather && e.starts[end+1]-e.starts[first] <= edgesPerCall {
			t.Fatalf("the call from row %d ends at %d, too early", first, end)
		}
		first = max(end, first+1)
	}
	eachTier(t, opGatherSum, func(t *testing.T) {
		checkGatherSum(t, &e, randomF32(97, 9), make([]float32, e.Rows()))
	})
}

func TestNewEdgesRefusesWhatIsNoGraph(t *testing.T) {
	four := func() []float32 { return make([]float32, 4) }
	for name, c := range map[string]struct {
		starts, columns []uint32
		width           int
	}{
		"column":     {[]uint32{0, 4}, []uint32{0, 1, 2, 9}, 9},
		"no column":  {[]uint32{0, 4}, []uint32{0, 0, 0, 0}, 0},
		"high":       {[]uint32{0, 4}, []uint32{0, 1, math.MaxUint32, 2}, 9},
		"falling":    {[]uint32{0, 3, 2, 4}, []uint32{0, 1, 2, 3}, 9},
		"beyond":     {[]uint32{0, 5, 4}, []uint32{0, 1, 2, 3}, 9},
		"late start": {[]uint32{1, 4}, []uint32{0, 1, 2, 3}, 9},
		"early end":  {[]uint32{0, 3}, []uint32{0, 1, 2, 3}, 9},
		"late end":   {[]uint32{0, 5}, []uint32{0, 1, 2, 3}, 9},
		"no rows":    {nil, []uint32{0, 1, 2, 3}, 9},
		"weights":    {[]uint32{0, 3}, []uint32{0, 1, 2}, 9},
		"negative":   {[]uint32{0, 4}, []uint32{0, 1, 2, 3}, -1},
	} {
		if _, ok := NewEdges(c.starts, c.columns, four(), c.width); ok {
			t.Errorf("%s: accepted", name)
		}
	}
	if wide := uint(math.MaxInt32) + 1; int(wide) > 0 { // an int of 64 bits
		if _, ok := NewEdges([]uint32{0, 4}, []uint32{0, 1, 2, 3}, four(), int(wide)); ok {
			t.Error("too wide for gather instructions: accepted")
		}
	}
	if e, ok := NewEdges(nil, nil, nil, 5); !ok || e.Rows() != 0 || e.Width() != 5 {
		t.Error("no rows: refused")
	}
	if e, ok := NewEdges([]uint32{0, 0, 0}, nil, nil, 0); !ok || e.Rows() != 2 {
		t.Error("no edges: refused")
	} else {
		GatherSum(&e, nil, filled(2, float32(7)))
	}
}

func TestGatherSumRefusesLengths(t *testing.T) {
	e := randomEdges(3, 5, 2, 1)
	wantPanic(t, "x", func() { GatherSum(&e, make([]float32, 4), make([]float32, 3)) })
	wantPanic(t, "out", func() { GatherSum(&e, make([]float32, 5), make([]float32, 4)) })
}

// FuzzGatherSum tries indexes that nobody made: whatever NewEdges accepts stays inside.
func FuzzGatherSum(f *testing.F) {
	f.Add([]byte{0, 0, 3, 1, 2, 3, 4}, uint8(2), uint8(9))
	f.Fuzz(func(t *testing.T, data []byte, rows, width uint8) {
		starts, columns := []uint32{}, []uint32{}
		for i, b := range data {
			if i <= int(rows) {
				starts = append(starts, uint32(b))
			} else {
				columns = append(columns, uint32(b)*uint32(1+b>>7*255))
			}
		}
		e, ok := NewEdges(starts, columns, randomF32(len(columns), 1), int(width))
		if !ok {
			return
		}
		eachTier(t, opGatherSum, func(t *testing.T) {
			guarded(t, randomF32(int(width), 2), func(x []float32) { checkGatherSum(t, &e, x, make([]float32, e.Rows())) })
		})
	})
}
