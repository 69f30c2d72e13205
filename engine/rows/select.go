package rows

// BestOf moves the best k of hits, which are of different rows, to the front and returns
// these, in no order. What order it leaves depends on the hits alone. Mostly O(hits): Hoare's
// selection (Algorithm 65, Find, CACM 4(7), 1961), divided by the middle of three.
func BestOf(hits []Hit, k int) []Hit {
	if k >= len(hits) {
		return hits
	}
	for low, high := 0, len(hits)-1; low < high; {
		pivot := middleOf(&hits[low], &hits[low+(high-low)/2], &hits[high])
		i, j := low, high
		for i <= j {
			for i < high && pivot.isWorse(&hits[i]) { // bounded, as a score that is NaN is in no order
				i++
			}
			for j > low && hits[j].isWorse(&pivot) {
				j--
			}
			if i <= j {
				hits[i], hits[j] = hits[j], hits[i]
				i, j = i+1, j-1
			}
		}
		switch {
		case k <= j:
			high = j
		case k > i:
			low = i
		default:
			return hits[:k]
		}
	}
	return hits[:k]
}

// middleOf returns the one of three that is neither the best nor the worst.
func middleOf(a, b, c *Hit) Hit {
	if a.isWorse(b) {
		a, b = b, a
	}
	switch { // a is better than b
	case !c.isWorse(a):
		return *a
	case c.isWorse(b):
		return *b
	}
	return *c
}
