package kernels

import (
	"cmp"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

type hit struct {
	id    uint32
	value float32
}

// bestHits sorts everything; it shares nothing with TopK.
func bestHits(scores []float32, first uint32, k int) []hit {
	var hits []hit
	for i, score := range scores {
		if score >= -math.MaxFloat32 {
			hits = append(hits, hit{first + uint32(i), score})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(b.value, a.value) })
	return hits[:min(k, len(hits))]
}

func newTopK(k int) *TopK {
	t := new(TopK)
	t.Reset(k, make([]uint32, TopKBuffer(k)), make([]float32, TopKBuffer(k)))
	return t
}

func checkSorted(t *testing.T, name string, top *TopK, want []hit) {
	t.Helper()
	ids, values := top.Sorted()
	if len(ids) != len(want) || len(values) != len(want) {
		t.Fatalf("%s, k %d: %d hits, want %d", name, top.k, len(ids), len(want))
	}
	for i, w := range want {
		if ids[i] != w.id || math.Float32bits(values[i]) != math.Float32bits(w.value) {
			t.Fatalf("%s, k %d: hit %d is %d, %g, want %d, %g", name, top.k, i, ids[i], values[i], w.id, w.value)
		}
	}
}

// streams are orders of scores that selection finds easy or hard.
var streams = map[string]func(i, n int) float32{
	"rising":   func(i, n int) float32 { return float32(i) },
	"falling":  func(i, n int) float32 { return -float32(i) },
	"equal":    func(i, n int) float32 { return 2.5 },
	"zeros":    func(i, n int) float32 { return oddScores[4+i%2] },
	"few":      func(i, n int) float32 { return float32(i * 7 % 5) },
	"organ":    func(i, n int) float32 { return float32(min(i, n-i)) },
	"saw":      func(i, n int) float32 { return float32(i * 40503 % 1000) },
	"odd":      func(i, n int) float32 { return oddScores[i*5%len(oddScores)] },
	"none":     func(i, n int) float32 { return oddScores[i%2*3] }, // NaN and -Inf
	"last few": func(i, n int) float32 { return float32(max(0, i-n+3)) },
}

func TestTopKEqualsSorting(t *testing.T) {
	eachTier(t, opSelectAbove, func(t *testing.T) {
		for name, score := range streams {
			for _, n := range []int{0, 1, 5, 100, 2500, 9000} {
				scores := make([]float32, n)
				for i := range scores {
					scores[i] = score(i, n)
				}
				for _, k := range []int{1, 2, 10, 16, 100, 1000, TopKMax} {
					top := newTopK(k)
					top.Update(scores, 77)
					checkSorted(t, name, top, bestHits(scores, 77, k))
				}
			}
		}
	})
}

func TestTopKAnyCuts(t *testing.T) {
	eachTier(t, opSelectAbove, func(t *testing.T) {
		for seed := range uint64(30) {
			r := random(seed)
			scores := randomF32(6000, seed)
			for i := range scores {
				scores[i] = float32(math.Round(float64(scores[i]) * 20)) // many ties
			}
			k := 1 + r.IntN(1<<r.IntN(12))
			top := newTopK(k)
			for first := 0; first < len(scores); {
				n := min(len(scores)-first, r.IntN(1<<r.IntN(13)))
				top.Update(scores[first:first+n], uint32(first))
				if first += n; r.IntN(4) == 0 {
					checkSorted(t, "random", top, bestHits(scores[:first], 0, k))
				}
			}
			checkSorted(t, "random", top, bestHits(scores, 0, k))
		}
	})
}

// TestSelectionIsExactWhateverTheOrder also takes partitions away, as an order would that
// makes each of them split badly: then the heap has to finish.
func TestSelectionIsExactWhateverTheOrder(t *testing.T) {
	for _, n := range []int{0, 1, 2, 3, 12, 13, 50, 127, 128, 1000} {
		for name, score := range streams {
			if name == "odd" || name == "none" {
				continue // selection never sees a NaN
			}
			scores := make([]float32, n)
			for i := range scores {
				scores[i] = score(i, n)
			}
			want := bestHits(scores, 0, n)
			for _, splits := range []int{0, 1, 3, splitsMax(n)} {
				ids, values := numbered(n), slices.Clone(scores)
				sortBest(ids, values, splits)
				for i, w := range want {
					if ids[i] != w.id {
						t.Fatalf("%s, %d hits, %d splits: place %d is %d, want %d", name, n, splits, i, ids[i], w.id)
					}
				}
				for k := 1; k <= n; k += 1 + n/9 {
					ids, values := numbered(n), slices.Clone(scores)
					selectBest(ids, values, k, splits)
					last := ids[k-1]
					slices.Sort(ids[:k])
					for i, id := range bestIDs(want[:k]) {
						if ids[i] != id || last != want[k-1].id {
							t.Fatalf("%s, best %d of %d, %d splits: %d with %d last", name, k, n, splits, ids[:k], last)
						}
					}
				}
			}
		}
	}
}

func numbered(n int) []uint32 {
	ids := make([]uint32, n)
	for i := range ids {
		ids[i] = uint32(i)
	}
	return ids
}

// bestIDs returns the ids of hits in ascending order.
func bestIDs(hits []hit) []uint32 {
	var ids []uint32
	for _, h := range hits {
		ids = append(ids, h.id)
	}
	slices.Sort(ids)
	return ids
}

func TestTopKUsesOnlyItsBuffers(t *testing.T) {
	const k = 20
	ids, values := filled(TopKBuffer(k)+9, uint32(5)), filled(TopKBuffer(k)+9, float32(5))
	var top TopK
	top.Reset(k, ids, values)
	top.Update(randomF32(20000, 1), 0)
	top.Sorted()
	for i := TopKBuffer(k); i < len(ids); i++ {
		if ids[i] != 5 || values[i] != 5 {
			t.Errorf("element %d was written", i)
		}
	}
}

func TestTopKDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Log("the race detector is told about buffers, which lets them escape")
		return
	}
	const k = 100
	scores, ids, values := randomF32(10000, 1), make([]uint32, TopKBuffer(k)), make([]float32, TopKBuffer(k))
	if n := testing.AllocsPerRun(5, func() {
		var top TopK
		top.Reset(k, ids, values)
		top.Update(scores, 0)
		top.Sorted()
	}); n != 0 {
		t.Errorf("%g allocations", n)
	}
}

func TestTopKRefusesWhatDoesNotFit(t *testing.T) {
	var top TopK
	ids, values := make([]uint32, TopKBuffer(TopKMax+1)), make([]float32, TopKBuffer(TopKMax+1))
	wantPanic(t, "no k", func() { top.Reset(0, ids, values) })
	wantPanic(t, "large k", func() { top.Reset(TopKMax+1, ids, values) })
	wantPanic(t, "short ids", func() { top.Reset(10, ids[:TopKBuffer(10)-1], values) })
	wantPanic(t, "short values", func() { top.Reset(10, ids, values[:TopKBuffer(10)-1]) })
}

func FuzzTopK(f *testing.F) {
	f.Add([]byte("\x00\x00\x80\x3f\x00\x00\xc0\x7f\x00\x00\x80\xff"), uint16(3), uint16(9))
	f.Fuzz(func(t *testing.T, data []byte, k, cut uint16) {
		values := floatsOf(data)
		if len(values) == 0 {
			return
		}
		scores := make([]float32, 3000)
		for i := range scores {
			scores[i] = values[i*(1+int(cut))%len(values)]
		}
		top := newTopK(1 + int(k)%TopKMax)
		at := int(cut) % len(scores)
		top.Update(scores[:at], 0)
		top.Update(scores[at:], uint32(at))
		checkSorted(t, "random", top, bestHits(scores, 0, top.k))
	})
}

// UpdateIn must choose what Update chooses of the scores whose bit is set, and UpdateOf of those
// whose number's bit is.
func TestTopKOfASubset(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for _, n := range []int{1, 63, 64, 65, 5000} {
		for _, share := range []float64{0, .01, .5, 1} {
			scores, masked := make([]float32, n), make([]float32, n)
			visible, byNumber, numbers := make([]uint64, (n+63)/64), make([]uint64, (2*n+63)/64), make([]uint32, n+3)
			for i, number := range r.Perm(2 * n)[:n] {
				scores[i] = float32(r.IntN(200))
				masked[i] = float32(math.Inf(-1))
				numbers[i] = uint32(number)
				switch x := r.Float64(); {
				case x < share:
					masked[i] = scores[i]
					visible[i/64] |= 1 << (i % 64)
					byNumber[number/64] |= 1 << (number % 64)
				case x < share+.1: // no row: its number has no bit
					scores[i], numbers[i] = float32(math.NaN()), math.MaxUint32
				}
			}
			const k = 7
			var a, b, c TopK
			a.Reset(k, make([]uint32, TopKBuffer(k)), make([]float32, TopKBuffer(k)))
			c.Reset(k, make([]uint32, TopKBuffer(k)), make([]float32, TopKBuffer(k)))
			b.Reset(k, make([]uint32, TopKBuffer(k)), make([]float32, TopKBuffer(k)))
			a.UpdateIn(scores, 1000, visible)
			b.Update(masked, 1000)
			for at := 0; at < n; at += 70 {
				c.UpdateOf(scores[at:min(n, at+70)], uint32(1000+at), numbers[at:], byNumber)
			}
			gotIDs, got := a.Sorted()
			wantIDs, want := b.Sorted()
			if !slices.Equal(gotIDs, wantIDs) || !slices.Equal(got, want) {
				t.Fatalf("%d scores, share %g: %v, want %v", n, share, gotIDs, wantIDs)
			}
			if gotIDs, got := c.Sorted(); !slices.Equal(gotIDs, wantIDs) || !slices.Equal(got, want) {
				t.Fatalf("by number, %d scores, share %g: %v, want %v", n, share, gotIDs, wantIDs)
			}
		}
	}
}

// Streams are cut anywhere, bits behind a piece mean nothing, and neither do scores that are
// never chosen.
func TestTopKOfASubsetInPiecesOfAnyLength(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	never := []float32{float32(math.NaN()), float32(math.Inf(-1))}
	for range 300 {
		const k = 90
		var a, b TopK
		a.Reset(k, make([]uint32, TopKBuffer(k)), make([]float32, TopKBuffer(k)))
		b.Reset(k, make([]uint32, TopKBuffer(k)), make([]float32, TopKBuffer(k)))
		first, share := uint32(0), r.Float64()
		for range 1 + r.IntN(6) {
			n := 1 + r.IntN(200)
			scores, masked := make([]float32, n), make([]float32, n)
			visible := make([]uint64, (n+63)/64)
			visible[len(visible)-1] = ^uint64(0) << (n & 63)
			if n%64 == 0 {
				visible[len(visible)-1] = 0
			}
			for i := range scores {
				scores[i], masked[i] = r.Float32(), never[1]
				if r.IntN(20) == 0 {
					scores[i] = never[r.IntN(2)]
				}
				if r.Float64() < share {
					masked[i] = scores[i]
					visible[i/64] |= 1 << (i % 64)
				}
			}
			a.UpdateIn(scores, first, visible)
			b.Update(masked, first)
			first += uint32(n)
		}
		gotIDs, got := a.Sorted()
		wantIDs, want := b.Sorted()
		if !slices.Equal(gotIDs, wantIDs) || !slices.Equal(got, want) {
			t.Fatalf("share %g: %v, want %v", share, gotIDs, wantIDs)
		}
	}
}

// Whatever the order of the stream, Best is Sorted in another order, and SelectHits brings
// the first of it to the front.
func TestSelectHitsBringsTheFirstOfSortedToTheFront(t *testing.T) {
	for name, score := range streams {
		for _, k := range []int{1, 40, 300} {
			for _, n := range []int{0, 1, 7, 40, 129, 300} {
				sorted, loose := newTopK(k), newTopK(k)
				scores := make([]float32, 2000)
				for i := range scores {
					scores[i] = score(i, len(scores))
				}
				sorted.Update(scores, 3)
				loose.Update(scores, 3)
				want, wantValues := sorted.Sorted()
				ids, values := loose.Best()
				if n = min(n, len(ids)); len(ids) != len(want) {
					t.Fatalf("%s, k %d: %d hits, want %d", name, k, len(ids), len(want))
				}
				SelectHits(ids, values, n)
				of := map[uint32]float32{}
				for i, id := range ids {
					of[id] = values[i]
				}
				slices.Sort(ids[:n])
				first := slices.Sorted(slices.Values(want[:n]))
				if !slices.Equal(ids[:n], first) {
					t.Fatalf("%s, k %d: the best %d are %v, want %v", name, k, n, ids[:n], first)
				}
				for i, id := range want {
					if got, there := of[id]; !there || got != wantValues[i] {
						t.Fatalf("%s, k %d: %d has score %v, want %v", name, k, id, got, wantValues[i])
					}
				}
			}
		}
	}
}

func TestSelectHitsRefusesWhatDoesNotFit(t *testing.T) {
	ids, values := make([]uint32, 3), make([]float32, 3)
	wantPanic(t, "more than there are", func() { SelectHits(ids, values, 4) })
	wantPanic(t, "fewer than none", func() { SelectHits(ids, values, -1) })
	wantPanic(t, "values of another length", func() { SelectHits(ids, values[:2], 1) })
}

// TestAGuessedThresholdLosesNothing takes streams at once: usual ones, and such that show
// the sample other scores than there are.
func TestAGuessedThresholdLosesNothing(t *testing.T) {
	shapes := map[string]func(i, n int) float32{
		"random":      func(i, n int) float32 { return float32(uint32(i)*2654435761>>8) / (1 << 24) },
		"sample high": func(i, n int) float32 { return float32(i%7) + 100*sampled(i, n) },
		"sample low":  func(i, n int) float32 { return float32(i%7) - 100*sampled(i, n) },
		"sample NaN":  func(i, n int) float32 { return float32(i%7) + instead(sampled(i, n), math.NaN()) },
		"sample +Inf": func(i, n int) float32 { return float32(i%1000) + instead(sampled(i, n), math.Inf(1)) },
	}
	maps.Copy(shapes, streams)
	for name, score := range shapes {
		for _, k := range []int{1, 64, 960, TopKMax} {
			for _, n := range []int{4 * guessSample, 12_000, 40_001} {
				scores := make([]float32, n)
				for i := range scores {
					scores[i] = score(i, n)
				}
				top := newTopK(k)
				top.Update(scores, 0)
				top.Update(scores, uint32(n))
				checkSorted(t, name, top, bestHits(slices.Concat(scores, scores), 0, k))
			}
		}
	}
}

// instead returns x where there is a sample, else 0.
func instead(sampled float32, x float64) float32 {
	if sampled == 0 {
		return 0
	}
	return float32(x)
}

// sampled is 1 for the scores that are looked at to guess a threshold, else 0.
func sampled(i, n int) float32 {
	for at := i * guessSample / n; at <= i*guessSample/n+1; at++ {
		if at*n/guessSample == i {
			return 1
		}
	}
	return 0
}
