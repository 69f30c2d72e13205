package kernels

import "fmt"

// scoresPerSelect bounds the scores of one assembly call.
const scoresPerSelect = callBytesMax / 4

// SelectAbove writes the index and the score of every lane with score > threshold, in
// their order, and returns how many there are: ids[j] = first + i, values[j] = scores[i].
//
// A NaN passes no threshold, and nothing passes a NaN; indexes wrap at 2^32. ids and
// values must have room for len(scores) elements each. Kernels store whole vectors, so
// elements behind the returned count may be overwritten, but none behind len(scores).
// Exact: all CPU tiers return the same bits. scores is not written and must not overlap
// ids or values. O(len(scores)), no allocation; blocks in which no lane passes cost one
// comparison, which is what a good threshold makes of nearly all. Panics if ids or
// values are too short (caller bug).
//
// Compaction by a mask of lanes is the bulk insertion of FAISS (pull request 5297).
func SelectAbove(scores []float32, threshold float32, first uint32, ids []uint32, values []float32) int {
	if len(ids) < len(scores) || len(values) < len(scores) {
		panic(fmt.Sprintf("kernels: SelectAbove: %d scores, room for %d ids and %d values", len(scores), len(ids), len(values)))
	}
	raceRead(scores)
	raceWrite(ids[:len(scores)])
	raceWrite(values[:len(scores)])
	found := 0
	for len(scores) > 0 {
		n := min(len(scores), scoresPerSelect)
		found += selectAbove(scores[:n], threshold, first, ids[found:], values[found:])
		scores, first = scores[n:], first+uint32(n)
	}
	return found
}

// selectAbove needs a non-empty scores.
func selectAbove(scores []float32, threshold float32, first uint32, ids []uint32, values []float32) int {
	var found int
	if !asmSelectAbove(&scores[0], &threshold, &ids[0], &values[0], int(first), len(scores), &found) {
		found = selectAboveGeneric(scores, threshold, first, ids, values)
	}
	return found
}

// selectAboveGeneric is the definition of SelectAbove. A branch predicts well, since
// thresholds are made to be passed rarely.
func selectAboveGeneric(scores []float32, threshold float32, first uint32, ids []uint32, values []float32) int {
	found := 0
	for i, score := range scores {
		if score > threshold { // false for NaN
			ids[found], values[found] = first+uint32(i), score
			found++
		}
	}
	return found
}
