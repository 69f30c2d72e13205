package fit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rank"
)

// onlyA is a ranker that knows column "a" alone.
func onlyA(t *testing.T) *rank.Model {
	t.Helper()
	m, _ := fitted(t, planted(t, 300, 11, []string{"a"}, func(r []float32) float64 { return float64(r[0]) }), nil, Options{Trees: 40, Rate: .2})
	return m
}

func TestAFitGoesOnFromItsBase(t *testing.T) {
	bump := func(a float32) float64 { return -math.Abs(float64(a) - .4) } // too much to learn from a dozen questions
	columns := []string{"a", "b"}
	for i := range 30 {
		columns = append(columns, fmt.Sprint("noise ", i))
	}
	base, _ := fitted(t, planted(t, 300, 11, []string{"a"}, func(r []float32) float64 { return bump(r[0]) }), nil, Options{Trees: 40, Rate: .1})
	both := func(r []float32) float64 { return bump(r[0]) + float64(.3*r[1]) }
	train, fresh := planted(t, 12, 1, columns, both), planted(t, 300, 2, columns, both)
	mrr := func(m *rank.Model) float64 {
		got, _ := fresh.Measure(ranked(t, m, fresh))
		return got.MRR
	}
	on, _ := fitted(t, train, nil, Options{Base: base, Trees: 10, Depth: 2, Rate: .1})
	alone, _ := fitted(t, train, nil, Options{Trees: 10, Depth: 2, Rate: .1})
	if before, after, without := mrr(base), mrr(on), mrr(alone); after < before+.03 || after < without+.03 {
		t.Errorf("MRR of the base %.3f, going on %.3f, without it %.3f", before, after, without)
	}
	if on.Trees() != base.Trees()+10 || !slices.Equal(on.Columns(), columns) {
		t.Errorf("%d trees on top of %d, columns %v", on.Trees(), base.Trees(), on.Columns())
	}
	again, _ := fitted(t, train, nil, Options{Base: base, Trees: 10, Depth: 2, Rate: .1})
	if !bytes.Equal(on.Encode(), again.Encode()) {
		t.Error("the same data give another ranker")
	}
}

// What is held out says that the base, which knows the truth, is as good as it gets.
func TestWhereNoTreeHelpsTheBaseStays(t *testing.T) {
	base, columns := onlyA(t), []string{"a", "b"}
	a := func(r []float32) float64 { return float64(r[0]) }
	noise := planted(t, 30, 3, columns, func(r []float32) float64 { return float64(r[1]) })
	held := planted(t, 200, 4, columns, a)
	m, report := fitted(t, noise, held, Options{Base: base, Trees: 30, Rate: .5, Patience: 5})
	if report.Trees != 0 || m.Trees() != base.Trees() {
		t.Fatalf("%d trees were added", report.Trees)
	}
	if !slices.Equal(ranked(t, m, held), ranked(t, base, held)) {
		t.Fatal("it scores other than its base")
	}
	if got, _ := held.Measure(ranked(t, base, held)); math.Abs(got.NDCG8-report.Held.NDCG8) > 1e-12 {
		t.Fatalf("the base reaches %v, the trainer said %v", got, report.Held)
	}
}

// A question that weighs nothing teaches nothing, which is how folds are left out.
func TestAQuestionWithoutWeightTeachesNothing(t *testing.T) {
	columns := []string{"a", "b"}
	d := planted(t, 60, 5, columns, func(r []float32) float64 { return float64(r[0]) })
	wrong := planted(t, 60, 6, columns, func(r []float32) float64 { return -float64(r[0]) })
	for g := range wrong.Groups {
		first, end := wrong.rows(g)
		var values []float32
		for _, column := range wrong.Values {
			values = append(values, column[first:end]...)
		}
		group := wrong.Groups[g]
		group.Weight = 0
		if err := d.Add(group, wrong.Labels[first:end], values, end-first); err != nil {
			t.Fatal(err)
		}
	}
	m, _ := fitted(t, d, nil, Options{Trees: 60, Rate: .2})
	fresh := planted(t, 200, 7, columns, func(r []float32) float64 { return float64(r[0]) })
	if got, _ := fresh.Measure(ranked(t, m, fresh)); got.MRR < .85 {
		t.Errorf("MRR %.3f", got.MRR)
	}
}

func TestABaseAndHiddenColumnsAreRefused(t *testing.T) {
	d := planted(t, 30, 8, []string{"a", "b"}, func(r []float32) float64 { return float64(r[0]) })
	_, _, err := Fit(context.Background(), d, nil, Options{Base: onlyA(t), Drop: []Drop{{[]string{"a"}, .5}}})
	if !errors.Is(err, model.ErrInvalid) {
		t.Error(err)
	}
	d = planted(t, 30, 8, []string{"c"}, func(r []float32) float64 { return float64(r[0]) })
	if _, _, err := Fit(context.Background(), d, nil, Options{Base: onlyA(t)}); !errors.Is(err, model.ErrInvalid) {
		t.Errorf("a base that knows none of the columns: %v", err)
	}
}
