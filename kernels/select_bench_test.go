package kernels

import (
	"fmt"
	"testing"
)

func BenchmarkSelectAbove(b *testing.B) {
	for _, n := range []int{1024, 4096, 1 << 16} {
		for _, share := range []struct {
			name      string
			threshold float32
		}{{"none", 9}, {"1_1000", 3.09}, {"1_100", 2.33}, {"half", 0}, {"all", -9}} {
			scores, ids, values := randomF32(n, 1), make([]uint32, n), make([]float32, n)
			want := selectAboveGeneric(scores, share.threshold, 0, ids, values)
			b.Run(fmt.Sprintf("n=%d/above=%s", n, share.name), func(b *testing.B) {
				eachBenchTier(b, opSelectAbove, func(b *testing.B) {
					b.SetBytes(int64(4 * n))
					for b.Loop() {
						if found := SelectAbove(scores, share.threshold, 0, ids, values); found != want {
							b.Fatalf("%d found, want %d", found, want)
						}
					}
					report(b, n)
				})
			})
		}
	}
}

// hitHeap is the rival of TopK: a binary heap with the worst hit on top.
type hitHeap struct {
	ids    []uint32
	values []float32
}

func (h *hitHeap) update(scores []float32, first uint32, k int) {
	for i, score := range scores {
		if len(h.ids) < k {
			if h.ids, h.values = append(h.ids, first+uint32(i)), append(h.values, score); len(h.ids) == k {
				for root := k/2 - 1; root >= 0; root-- {
					siftHit(h.ids, h.values, root)
				}
			}
		} else if score > h.values[0] {
			h.ids[0], h.values[0] = first+uint32(i), score
			h.sift()
		}
	}
}

// sift lowers the root by scores alone, which is all that ascending ids need.
func (h *hitHeap) sift() {
	ids, values := h.ids, h.values[:len(h.ids)]
	id, value, root := ids[0], values[0], 0
	for {
		child := 2*root + 1
		if child >= len(values) {
			break
		}
		if child+1 < len(values) && values[child+1] < values[child] {
			child++
		}
		if values[child] >= value {
			break
		}
		ids[root], values[root] = ids[child], values[child]
		root = child
	}
	ids[root], values[root] = id, value
}

func BenchmarkTopK(b *testing.B) {
	const n = 1 << 16
	rising := make([]float32, n)
	for i := range rising {
		rising[i] = float32(i)
	}
	for name, scores := range map[string][]float32{"random": randomF32(n, 1), "rising": rising} {
		for _, k := range []int{10, 100, 1000} {
			want := bestHits(scores, 0, k)
			ids, values := make([]uint32, TopKBuffer(k)), make([]float32, TopKBuffer(k))
			name := fmt.Sprintf("%s/k=%d", name, k)
			b.Run(name+"/by=heap", func(b *testing.B) {
				var h hitHeap
				for b.Loop() {
					h = hitHeap{ids[:0], values[:0]}
					h.update(scores, 0, k)
					heapSortHits(h.ids, h.values)
				}
				if h.ids[k-1] != want[k-1].id {
					b.Fatal("wrong hit")
				}
			})
			b.Run(name, func(b *testing.B) {
				eachBenchTier(b, opSelectAbove, func(b *testing.B) {
					var top TopK
					for b.Loop() {
						top.Reset(k, ids, values)
						top.Update(scores, 0)
						top.Sorted()
					}
					if got, _ := top.Sorted(); got[k-1] != want[k-1].id {
						b.Fatal("wrong hit")
					}
				})
			})
		}
	}
}
