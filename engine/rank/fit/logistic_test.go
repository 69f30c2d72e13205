package fit

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
)

func TestLogisticSlopesAreThoseOfTheLogLoss(t *testing.T) {
	labels, scores := []uint8{1, 0, 1}, []float32{0, 1.5, -2}
	out := make([]slope, 3)
	logisticSlopes(labels, scores, 2, out)
	loss := func(label uint8, x float64) float64 {
		if label > 0 {
			x = -x
		}
		return 2 * math.Log1p(math.Exp(x))
	}
	const step = 1e-4
	for i, s := range out {
		x, y := float64(scores[i]), labels[i]
		first := (loss(y, x+step) - loss(y, x-step)) / (2 * step)
		second := (loss(y, x+step) - 2*loss(y, x) + loss(y, x-step)) / (step * step)
		if math.Abs(s.g+first) > 1e-6 || math.Abs(s.h-second) > 1e-5 {
			t.Errorf("row %d: %+v, want %v and %v", i, s, -first, second)
		}
	}
}

func TestLogLossIsInBitsAndWeighed(t *testing.T) {
	d := &Dataset{Columns: []string{"a"}}
	for _, g := range []struct {
		weight float64
		label  uint8
	}{{3, 1}, {1, 0}} {
		if err := d.Add(Group{Weight: g.weight}, []uint8{g.label}, []float32{0}, 1); err != nil {
			t.Fatal(err)
		}
	}
	if got := d.logLoss([]float32{0, 0}); math.Abs(got-1) > 1e-12 {
		t.Errorf("nothing known costs %v bits", got)
	}
	want := (3*math.Log2(1+math.Exp(-2)) + math.Log2(1+math.Exp(1))) / 4
	if got := d.logLoss([]float32{2, 1}); math.Abs(got-want) > 1e-12 {
		t.Errorf("got %v, want %v", got, want)
	}
}

// logisticRows is questions of one row, of grade 1 with probability 1/(1+e^-2x).
func logisticRows(t *testing.T, n int, seed uint64) *Dataset {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	d := &Dataset{Columns: []string{"x", "noise"}}
	for range n {
		x, label := r.NormFloat64(), uint8(0)
		if r.Float64() < 1/(1+math.Exp(-2*x)) {
			label = 1
		}
		if err := d.Add(Group{Weight: 1}, []uint8{label}, []float32{float32(x), float32(r.Float64())}, 1); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func TestALogisticFitFindsTheLogOdds(t *testing.T) {
	m, report, err := Fit(context.Background(), logisticRows(t, 8000, 1), logisticRows(t, 2000, 2), Options{Logistic: true, Depth: 2, Rate: .1, ColumnShare: 1, HessianMin: 20})
	if err != nil {
		t.Fatal(err)
	}
	if report.Held.LogLoss <= 0 || report.Held.LogLoss > .7 || report.Held.NDCG8 != 0 {
		t.Errorf("held out: %+v", report.Held)
	}
	scorer, err := m.Bind([]string{"x", "noise"})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []float32{-1.25, -.5, 0, .5, 1.25} {
		var score [1]float32
		scorer.Score([]float32{x, .5}, 1, 1, score[:])
		if math.Abs(float64(score[0]-2*x)) > .5 {
			t.Errorf("log odds at %v are %v, want about %v", x, score[0], 2*x)
		}
	}
}
