package rows

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestSorterSortsByRow(t *testing.T) {
	var s Sorter // of one list after another
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SampledFrom([]int32{1, 2, 300, 1 << 30}).Draw(t, "parts")
		rowMax := rapid.SampledFrom([]uint32{0, 9, 300, 1 << 17, 1<<32 - 1}).Draw(t, "rows")
		var refs []Ref
		var hits []Hit
		for i := range rapid.IntRange(0, 3*sortFrom).Draw(t, "count") {
			r := Ref{Part: rapid.Int32Range(0, parts-1).Draw(t, "part"), Row: rapid.Uint32Range(0, rowMax).Draw(t, "row")}
			refs, hits = append(refs, r), append(hits, Hit{Ref: r, Score: float64(i)})
		}
		wantRefs := slices.SortedStableFunc(slices.Values(refs), Ref.Compare)
		wantHits := slices.SortedStableFunc(slices.Values(hits), func(a, b Hit) int { return a.Ref.Compare(b.Ref) })
		s.Refs(refs)
		s.Hits(hits)
		if !slices.Equal(refs, wantRefs) || !slices.Equal(hits, wantHits) {
			t.Fatalf("%v\n%v, want\n%v\n%v", refs, hits, wantRefs, wantHits)
		}
	})
}

func TestWarmSorterDoesNotAllocate(t *testing.T) {
	var s Sorter
	draw := rand.New(rand.NewPCG(1, 2))
	hits := make([]Hit, 500)
	if n := testing.AllocsPerRun(20, func() {
		for i := range hits {
			hits[i].Row = draw.Uint32N(1 << 20)
		}
		s.Hits(hits)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkSorter sorts other rows each time, as the processor learns the order of the same ones.
func BenchmarkSorter(b *testing.B) {
	for _, n := range []int{64, 160, 512} {
		draw := rand.New(rand.NewPCG(1, 2))
		refs, list := make([]Ref, 64*n), make([]Ref, n)
		for i := range refs {
			refs[i].Row = draw.Uint32N(100_000)
		}
		var s Sorter
		for _, way := range []struct {
			name string
			sort func([]Ref)
		}{{"sorter", s.Refs}, {"compared", func(list []Ref) { slices.SortFunc(list, Ref.Compare) }}} {
			b.Run(fmt.Sprint(way.name, "/", n), func(b *testing.B) {
				for i := 0; b.Loop(); i = (i + n) % len(refs) {
					copy(list, refs[i:])
					way.sort(list)
				}
				if !slices.IsSortedFunc(list, Ref.Compare) {
					b.Fatal("not sorted")
				}
			})
		}
	}
}
