package rows

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestBestKeepsTheBestOfAnyOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.IntRange(1, 20).Draw(t, "k")
		hits := rapid.SliceOfDistinct(rapid.Custom(func(t *rapid.T) Hit {
			return Hit{Ref{int32(rapid.IntRange(0, 3).Draw(t, "part")), uint32(rapid.IntRange(0, 60).Draw(t, "row"))}, float64(rapid.IntRange(0, 9).Draw(t, "score"))}
		}), func(h Hit) Ref { return h.Ref }).Draw(t, "hits")
		var b Best
		b.Reset(k)
		for i, h := range hits {
			if _, full := b.Worst(); full != (i >= k) {
				t.Fatalf("full is %v after %d", full, i)
			}
			b.Offer(h)
		}
		got := slices.Clone(b.Hits())
		slices.SortFunc(got, Hit.Compare)
		slices.SortFunc(hits, Hit.Compare)
		if want := hits[:min(k, len(hits))]; !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		if worst, full := b.Worst(); full && worst != got[k-1].Score {
			t.Fatalf("worst is %v, want %v", worst, got[k-1].Score)
		}
	})
}

func TestSetFollowsAModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 200).Draw(t, "rows")
		s, model := NewSet(n), make([]bool, n)
		for _, row := range rapid.SliceOf(rapid.IntRange(0, n-1)).Draw(t, "add") {
			s.Add(row)
			model[row] = true
		}
		var want, got []int
		for row, in := range model {
			if s.Has(row) != in {
				t.Fatalf("Has(%d) is %v", row, !in)
			}
			if in {
				want = append(want, row)
			}
		}
		s.Each(func(row int) { got = append(got, row) })
		if !slices.Equal(got, want) {
			t.Fatalf("Each gave %v, want %v", got, want)
		}
		all := AllOf(n)
		if !all.Has(0) || !all.Has(n-1) || all.Has(n) || Set(nil).Has(0) {
			t.Fatal("AllOf or the nil set is wrong at its ends")
		}
		f := Filter{Dead: s}
		if f.Visible(0) == model[0] {
			t.Fatal("a dead row is visible")
		}
		if f.Allow = NewSet(n); f.Visible(0) {
			t.Fatal("a row out of scope is visible")
		}
	})
}

func TestOffersDoNotAllocateOnceWarm(t *testing.T) {
	var b Best
	offer := func() {
		b.Reset(64)
		for i := range 1000 {
			b.Offer(Hit{Ref{0, uint32(i)}, float64(i * 7919 % 1000)})
		}
	}
	offer()
	if n := testing.AllocsPerRun(10, offer); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}
