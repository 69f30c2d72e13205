package kernels

import (
	"fmt"
	"math"
	"math/bits"
)

// TopKMax is the largest k of a TopK: 4096 hits and their reserve are 80 KiB.
const TopKMax = 4096

// topKChunk bounds the scores that are compared with one threshold. The buffer has room
// for as many hits behind 2*k, so a chunk can always be taken whole.
const topKChunk = 2048

// topKFirstChunk is the first chunk of a stream. Chunks then grow with what was seen, so
// that the threshold is known early: about k scores of each pass while the stream doubles.
const topKFirstChunk = 64

// TopKBuffer returns how many ids and values a TopK of k needs room for.
func TopKBuffer(k int) int { return 2*k + topKChunk }

// TopK collects the k best of a stream of scores.
//
// Hits above the threshold are appended to a buffer; when 2*k are there, selection keeps
// the best k, and the k-th of them is the new threshold. That is O(1) amortised for a
// score that passes, whatever k is, and SelectAbove for one that does not; a heap pays
// log k for each that passes (the reservoir of FAISS, pull request 4897).
//
// Best first, equal scores by lower id; -0 equals 0. NaN and -Inf are never chosen: mask
// a row by -Inf. Results do not depend on how the stream is cut. Nothing here allocates.
// A TopK belongs to one goroutine at a time. Reset comes first.
type TopK struct {
	ids       []uint32  // the caller's, TopKBuffer(k) long
	values    []float32 // the score of each id
	k         int
	count     int     // hits in the buffer, below 2*k except inside of Update
	seen      int     // scores so far, up to topKChunk
	threshold float32 // no score that does not exceed it is among the best
}

// Reset forgets everything and collects the k best from now on, 1 <= k <= TopKMax, in
// buffers of at least TopKBuffer(k) elements that belong to t until the next Reset.
// Panics if k or the buffers do not fit (caller bug).
func (t *TopK) Reset(k int, ids []uint32, values []float32) {
	if k < 1 || k > TopKMax || len(ids) < TopKBuffer(k) || len(values) < TopKBuffer(k) {
		panic(fmt.Sprintf("kernels: TopK: k %d with buffers of %d and %d", k, len(ids), len(values)))
	}
	n := TopKBuffer(k)
	*t = TopK{ids: ids[:n], values: values[:n], k: k, threshold: float32(math.Inf(-1))}
}

// Update adds the scores of the ids first, first+1 ... to the stream. The ids of a stream
// must ascend from one Update to the next and stay below 2^32; otherwise it is not
// defined which of the equal scores at the end of the list are chosen. O(len(scores)).
func (t *TopK) Update(scores []float32, first uint32) { t.update(scores, first, nil, nil) }

// UpdateIn is Update for the scores whose bit is set: that of scores[i] is bit i%64 of
// visible[i/64]. Only scores above the threshold have their bit looked at. Panics if
// visible is shorter than scores (caller bug).
func (t *TopK) UpdateIn(scores []float32, first uint32, visible []uint64) {
	if 64*len(visible) < len(scores) {
		panic(fmt.Sprintf("kernels: TopK: %d scores, %d words of bits", len(scores), len(visible)))
	}
	if len(scores) > 0 {
		t.update(scores, first, nil, visible)
	}
}

// UpdateOf is UpdateIn where the bit of scores[i] is that of numbers[i]. Every number of a
// score that is one has a bit. Panics if numbers is shorter than scores (caller bug).
func (t *TopK) UpdateOf(scores []float32, first uint32, numbers []uint32, visible []uint64) {
	if len(numbers) < len(scores) {
		panic(fmt.Sprintf("kernels: TopK: %d scores, %d numbers", len(scores), len(numbers)))
	}
	if len(scores) > 0 {
		t.update(scores, first, numbers, visible)
	}
}

// guessFrom is how many scores at a time for each of the best, at the start of a stream,
// are looked through for a threshold; guessSample is how many of them are looked at.
const (
	guessFrom   = 4
	guessSample = 512
)

// update takes all scores where visible is nil. At the start of a stream it takes many at a
// time by a threshold that is guessed: where k of them exceed it, what does not is not
// among the best. Where fewer do it begins again.
func (t *TopK) update(scores []float32, first uint32, numbers []uint32, visible []uint64) {
	if visible == nil && t.seen == 0 && len(scores) >= max(guessFrom*t.k, 4*guessSample) && len(t.ids) >= guessSample {
		if t.threshold = t.guess(scores); t.threshold > float32(math.Inf(-1)) {
			t.seen = topKChunk
			if t.pass(scores, first, nil, nil); t.count >= t.k {
				return
			}
		}
		t.count, t.seen, t.threshold = 0, 0, float32(math.Inf(-1))
	}
	t.pass(scores, first, numbers, visible)
}

// guess returns a score that somewhat more than k of the scores exceed, most often: of a
// sample, that of a rank two deviations and some above the k-th's share. The buffer is free.
func (t *TopK) guess(scores []float32) float32 {
	ids, values := t.ids[:guessSample], t.values[:guessSample]
	for i := range values {
		ids[i], values[i] = uint32(i), scores[i*len(scores)/guessSample]
		if values[i] != values[i] {
			values[i] = float32(math.Inf(-1))
		}
	}
	share := t.k*guessSample/len(scores) + 1
	rank := share + share/4 + 8
	selectBest(ids, values, rank, splitsMax(guessSample))
	return values[rank-1]
}

// pass appends the scores above the threshold, which rises each time that 2*k hits are there.
func (t *TopK) pass(scores []float32, first uint32, numbers []uint32, visible []uint64) {
	for start := 0; start < len(scores); {
		n := min(len(scores)-start, max(t.seen, topKFirstChunk))
		ids, values := t.ids[t.count:], t.values[t.count:]
		found := 0
		if visible != nil && numbers == nil && t.threshold == float32(math.Inf(-1)) {
			found = takeVisible(scores, start, start+n, first, visible, ids, values)
		} else if found = SelectAbove(scores[start:start+n], t.threshold, first+uint32(start), ids, values); visible != nil {
			found = keepVisible(ids[:found], values[:found], first, numbers, visible)
		}
		if t.count += found; t.count >= 2*t.k {
			t.compress()
		}
		t.seen = min(t.seen+n, topKChunk)
		start += n
	}
}

// takeVisible is SelectAbove and keepVisible for the scores from start to end, where all of
// them would be selected first: it goes by the bits.
func takeVisible(scores []float32, start, end int, first uint32, visible []uint64, ids []uint32, values []float32) (found int) {
	for w := start >> 6; w<<6 < end; w++ {
		word := visible[w]
		if w<<6 < start {
			word &= ^uint64(0) << (start & 63)
		}
		if end-w<<6 < 64 {
			word &= 1<<(end&63) - 1
		}
		for ; word != 0; word &= word - 1 {
			at := w<<6 + bits.TrailingZeros64(word)
			if score := scores[at]; score > float32(math.Inf(-1)) { // false for NaN
				ids[found], values[found] = first+uint32(at), score
				found++
			}
		}
	}
	return found
}

// keepVisible moves the hits whose bit is set to the front and returns how many there are.
func keepVisible(ids []uint32, values []float32, first uint32, numbers []uint32, visible []uint64) (kept int) {
	values = values[:len(ids)]
	for i, id := range ids {
		ids[kept], values[kept] = id, values[i]
		at := id - first
		if numbers != nil {
			at = numbers[at]
		}
		kept += int(visible[at>>6] >> (at & 63) & 1)
	}
	return kept
}

// compress leaves the best k of at least k hits.
func (t *TopK) compress() {
	selectBest(t.ids[:t.count], t.values[:t.count], t.k, splitsMax(t.count))
	t.count, t.threshold = t.k, t.values[t.k-1]
}

// Sorted returns the best of the stream so far, at most k, the best first. The slices are
// those of Reset; the next Update or Reset overwrites them. O(k), O(k log k) among equal
// scores.
func (t *TopK) Sorted() (ids []uint32, values []float32) {
	ids, values = t.Best()
	if t.count <= radixFrom {
		sortBest(ids, values, splitsMax(t.count))
		return ids, values
	}
	radixSort(ids, values, t.ids[t.count:2*t.count], t.values[t.count:2*t.count])
	for start, i := 0, 1; i <= t.count; i++ {
		if i == t.count || scoreKey(values[i]) != scoreKey(values[start]) {
			sortBest(ids[start:i], values[start:i], splitsMax(i-start))
			start = i
		}
	}
	return ids, values
}

// Best is Sorted in no order. The caller may change what it gets where only Reset follows.
func (t *TopK) Best() (ids []uint32, values []float32) {
	if t.count >= t.k && t.k > 0 {
		t.compress()
	}
	return t.ids[:t.count], t.values[:t.count]
}

// SelectHits moves the best n of hits, as a TopK orders them, to the front, in no order.
// No score is NaN. Panics unless values is as long as ids, and 0 <= n <= len(ids) (caller bug). O(len(ids)).
func SelectHits(ids []uint32, values []float32, n int) {
	if len(values) != len(ids) || n < 0 || n > len(ids) {
		panic(fmt.Sprintf("kernels: SelectHits: the best %d of %d ids with %d values", n, len(ids), len(values)))
	}
	if n > 0 && n < len(ids) {
		selectBest(ids, values, n, splitsMax(len(ids)))
	}
}

// radixFrom is the number of hits from which on a radix sort is quicker than quicksort.
const radixFrom = 128

// radixSort sorts hits by score alone, the best first, in four passes over a byte of it
// each, with scratch as long as they are: 8 ns a hit, a quarter of what quicksort takes
// for a thousand. A byte that all have in common is passed over.
func radixSort(ids []uint32, values []float32, spareIDs []uint32, spareValues []float32) {
	n := len(ids)
	values, spareIDs, spareValues = values[:n], spareIDs[:n], spareValues[:n]
	var starts [4][256]uint32
	for _, value := range values {
		key := ^scoreKey(value)
		starts[0][byte(key)]++
		starts[1][byte(key>>8)]++
		starts[2][byte(key>>16)]++
		starts[3][byte(key>>24)]++
	}
	moved := false
	for pass := range starts {
		start, shift := &starts[pass], 8*pass
		if start[byte(^scoreKey(values[0])>>shift)] == uint32(n) {
			continue
		}
		sum := uint32(0)
		for i, count := range start {
			start[i] = sum
			sum += count
		}
		for i, value := range values {
			place := &start[byte(^scoreKey(value)>>shift)]
			spareIDs[*place], spareValues[*place] = ids[i], value
			*place++
		}
		ids, spareIDs, values, spareValues = spareIDs, ids, spareValues, values
		moved = !moved
	}
	if moved { // the sorted hits are in the scratch
		copy(spareIDs, ids)
		copy(spareValues, values)
	}
}

// hitKey orders hits: a larger key is a better hit. The upper half is the score mapped to
// an unsigned integer of the same order, where adding 0 makes -0 equal to 0; the lower
// half prefers lower ids. Different ids have different keys.
func hitKey(id uint32, value float32) uint64 {
	return uint64(scoreKey(value))<<32 | uint64(^id)
}

// scoreKey is the upper half of hitKey.
func scoreKey(value float32) uint32 {
	b := math.Float32bits(value + 0)
	return b ^ (uint32(int32(b)>>31) | 1<<31)
}

// fewHits is where insertion sort takes over.
const fewHits = 12

// splitsMax bounds the partitions of n hits before the heap takes over: the pivots are
// fixed places, so an order can be made that splits badly each time.
func splitsMax(n int) int { return 2 * bits.Len(uint(n)) }

// selectBest moves the best k hits to the front and the k-th best to place k-1, with
// 1 <= k <= len(ids): Hoare's selection (CACM 4(7), 1961), O(n), and the heap after
// splits partitions, so O(n log n) at worst.
func selectBest(ids []uint32, values []float32, k, splits int) {
	for ; len(ids) > fewHits; splits-- {
		if splits == 0 {
			heapSortHits(ids, values)
			return
		}
		switch m := partitionHits(ids, values); {
		case m == k-1:
			return
		case m >= k:
			ids, values = ids[:m], values[:m]
		default:
			ids, values, k = ids[m+1:], values[m+1:], k-m-1
		}
	}
	insertHits(ids, values)
}

// sortBest sorts hits, the best first: quicksort, and the heap after splits partitions in
// depth. It recurs into the smaller part only, so the stack is O(log n).
func sortBest(ids []uint32, values []float32, splits int) {
	for ; len(ids) > fewHits; splits-- {
		if splits == 0 {
			heapSortHits(ids, values)
			return
		}
		m := partitionHits(ids, values)
		if m < len(ids)/2 {
			sortBest(ids[:m], values[:m], splits-1)
			ids, values = ids[m+1:], values[m+1:]
		} else {
			sortBest(ids[m+1:], values[m+1:], splits-1)
			ids, values = ids[:m], values[:m]
		}
	}
	insertHits(ids, values)
}

// partitionHits moves the hits better than a pivot to the front, the pivot behind them,
// and returns its place. Each hit is swapped whether it is better or not, so there is no
// branch to mispredict: 2 ns a hit against 6 with one.
func partitionHits(ids []uint32, values []float32) int {
	last := len(ids) - 1
	values = values[:len(ids)]
	swapHits(ids, values, pivotHit(ids, values), last)
	pivot := hitKey(ids[last], values[last])
	m := 0
	for i := range last {
		id, value := ids[i], values[i]
		ids[i], values[i] = ids[m], values[m]
		ids[m], values[m] = id, value
		better := 0
		if hitKey(id, value) > pivot {
			better = 1
		}
		m += better
	}
	swapHits(ids, values, m, last)
	return m
}

// pivotHit returns the place of the median of three hits, or of three such medians.
func pivotHit(ids []uint32, values []float32) int {
	n := len(ids)
	if n < 128 {
		return medianHit(ids, values, 0, n/2, n-1)
	}
	return medianHit(ids, values,
		medianHit(ids, values, 0, n/8, n/4),
		medianHit(ids, values, n/2-n/8, n/2, n/2+n/8),
		medianHit(ids, values, n-1-n/4, n-1-n/8, n-1))
}

func medianHit(ids []uint32, values []float32, a, b, c int) int {
	ka, kb, kc := hitKey(ids[a], values[a]), hitKey(ids[b], values[b]), hitKey(ids[c], values[c])
	switch {
	case (ka < kb) == (kb < kc):
		return b
	case (kb < ka) == (ka < kc):
		return a
	default:
		return c
	}
}

func swapHits(ids []uint32, values []float32, a, b int) {
	ids[a], ids[b] = ids[b], ids[a]
	values[a], values[b] = values[b], values[a]
}

// insertHits sorts a few hits, the best first.
func insertHits(ids []uint32, values []float32) {
	for i := 1; i < len(ids); i++ {
		id, value, j := ids[i], values[i], i
		for key := hitKey(id, value); j > 0 && hitKey(ids[j-1], values[j-1]) < key; j-- {
			ids[j], values[j] = ids[j-1], values[j-1]
		}
		ids[j], values[j] = id, value
	}
}

// heapSortHits sorts hits, the best first, in O(n log n) whatever their order (Williams,
// CACM 7(6), 1964): the worst of a heap goes to its end.
func heapSortHits(ids []uint32, values []float32) {
	for root := len(ids)/2 - 1; root >= 0; root-- {
		siftHit(ids, values, root)
	}
	for end := len(ids) - 1; end > 0; end-- {
		swapHits(ids, values, 0, end)
		siftHit(ids[:end], values[:end], 0)
	}
}

// siftHit lowers a hit until neither child is worse.
func siftHit(ids []uint32, values []float32, root int) {
	for {
		child := 2*root + 1
		if child >= len(ids) {
			return
		}
		if child+1 < len(ids) && hitKey(ids[child+1], values[child+1]) < hitKey(ids[child], values[child]) {
			child++
		}
		if hitKey(ids[child], values[child]) >= hitKey(ids[root], values[root]) {
			return
		}
		swapHits(ids, values, root, child)
		root = child
	}
}
