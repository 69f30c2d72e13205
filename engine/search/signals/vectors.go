package signals

import "slices"

type vectorScratch struct {
	likeness []float64 // of rows around
	ranges   []float64 // of candidates, 0..1
	means    []float64 // of candidates' windows
}

// vectors fills the columns of similarity.
func (t *Table) vectors() {
	if t.question.Scores == nil {
		t.missing(vectorColumns...)
		return
	}
	t.likeness = t.question.Scores(t.likeness[:0], t.around)
	t.values, t.means = t.values[:0], t.means[:0]
	for i := range t.refs {
		own := t.likeness[t.own[i]]
		sum, count := 0.0, 0
		for _, at := range t.beside[i] {
			if at >= 0 {
				sum += t.likeness[at]
				count++
			}
		}
		mean := own
		if count > 0 {
			mean = sum / float64(count)
		}
		t.values = append(t.values, own)
		t.means = append(t.means, mean)
		t.column(CosineTurn)[i] = float32(own)
	}
	low, high := span(t.values)
	t.ranges = t.ranges[:0]
	for _, v := range t.likeness {
		t.ranges = append(t.ranges, max(0, (v-low)/(high-low)))
	}
	for i := range t.refs {
		t.column(CosineTurnSpan)[i] = float32(t.ranges[t.own[i]])
		t.besideValues(i, t.ranges, 1, CosinePrevious, CosineNext, CosineNear)
	}
	t.putRanks(CosineTurnRank, t.values)
	low, high = span(t.means)
	for i, v := range t.means {
		t.column(CosineWindow)[i] = float32((v - low) / (high - low))
	}
	t.putRanks(CosineWindowRank, t.means)
}

// Likeness appends the similarities of the candidates, where Question.Scores was given.
func (t *Table) Likeness(dst []float64) []float64 {
	for _, at := range t.own {
		dst = append(dst, t.likeness[at])
	}
	return dst
}

// span returns the least and the largest value, a little apart where they are one.
func span(values []float64) (low, high float64) {
	if len(values) == 0 {
		return 0, 1
	}
	low, high = slices.Min(values), slices.Max(values)
	return low, max(high, low+1e-9)
}
