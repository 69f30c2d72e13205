package signals

import "slices"

type vectorScratch struct {
	likeness []float64 // of rows around
	ranges   []float64 // of candidates, 0..1
	means    []float64 // of candidates' windows
}

// vectors fills the columns of similarity.
func (t *Table) vectors() {
	if t.question.Scores == nil || len(t.refs) == 0 {
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
	low := 0.0
	if len(t.question.Alike) > 0 {
		low = slices.Min(t.question.Alike)
	}
	span := max(low+1e-9, slices.Max(t.values)) - low
	t.ranges = t.ranges[:0]
	for _, v := range t.likeness {
		t.ranges = append(t.ranges, max(0, (v-low)/span))
	}
	for i := range t.refs {
		t.column(CosineTurnSpan)[i] = float32(t.ranges[t.own[i]])
		t.besideValues(i, t.ranges, 1, CosinePrevious, CosineNext, CosineNear)
	}
	t.putRanks(CosineTurnRank, t.values, t.question.Alike)
	for i, v := range t.means {
		t.column(CosineWindow)[i] = float32((v - low) / span)
	}
	t.decayedVectors()
}

// Likeness appends the similarities of the candidates, where Question.Scores was given.
func (t *Table) Likeness(dst []float64) []float64 {
	for _, at := range t.own {
		dst = append(dst, t.likeness[at])
	}
	return dst
}
