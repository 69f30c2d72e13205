package fit

// slope is what the loss of a row says: where its score should go (minus the first
// derivative) and how sure that is (the second).
type slope struct{ g, h float64 }

// lambdas computes the slopes of the questions' rows for the scores that they have.
// Work of one goroutine.
type lambdas struct {
	truncation int
	top        []int32   // rows at the first ranks, best first
	discount   []float64 // of every row, that of its rank; 0 beyond the truncation
	spread     bool      // not all scores are the same
}

// slopes sets out to the slopes of one question: the lambda gradients of LambdaMART (Burges 2010,
// sections 4 and 7) with |delta NDCG| at the truncation, by pairs of a better row and a worse
// one of which one at least is among the first ranks.
//
// As in LightGBM (Ke et al. 2017; its rank objective), delta is divided by the distance
// of the scores + .01, and the lambdas of a question by their sum's growth, so that a
// question with many pairs does not outweigh others.
func (l *lambdas) slopes(labels []uint8, scores []float32, weight float64, out []slope) {
	clear(out)
	best := idealDCG(labels, 0, l.truncation)
	if best == 0 || weight == 0 {
		return
	}
	l.rank(scores)
	total := 0.0
	for high, grade := range labels {
		switch {
		case grade == 0:
		case l.discount[high] > 0:
			for low := range labels {
				total += l.pair(labels, scores, high, low, best, out)
			}
		default:
			for _, low := range l.top {
				total += l.pair(labels, scores, high, int(low), best, out)
			}
		}
	}
	scale := weight
	if total > 0 {
		scale = float64(weight*log2(1+total)) / total
	}
	for i := range out {
		out[i].g, out[i].h = float64(out[i].g*scale), float64(out[i].h*scale)
	}
}

// rank finds the first ranks, ties by row, and the discounts. No more of the order is
// needed: among rows beyond the truncation a swap changes nothing.
func (l *lambdas) rank(scores []float32) {
	l.top, l.discount, l.spread = l.top[:0], append(l.discount[:0], make([]float64, len(scores))...), false
	for row, score := range scores {
		l.spread = l.spread || score != scores[0]
		at := len(l.top)
		if at < l.truncation {
			l.top = append(l.top, 0)
		} else if at--; score <= scores[l.top[at]] {
			continue
		}
		for ; at > 0 && score > scores[l.top[at-1]]; at-- {
			l.top[at] = l.top[at-1]
		}
		l.top[at] = int32(row)
	}
	for rank, row := range l.top {
		l.discount[row] = discounts[rank]
	}
}

// pair adds the lambda of one pair to both rows and returns twice its size; nothing and 0
// where the first row is not the better one.
func (l *lambdas) pair(labels []uint8, scores []float32, high, low int, best float64, out []slope) float64 {
	if labels[low] >= labels[high] {
		return 0
	}
	ahead := float64(scores[high]) - float64(scores[low])
	delta := gain(labels[high]) - gain(labels[low])
	delta = float64(delta*abs(l.discount[high]-l.discount[low])) / best
	if l.spread {
		delta /= .01 + abs(ahead)
	}
	p := 1 / (1 + exp(ahead)) // that the model has them in the wrong order
	lambda := float64(delta * p)
	h := float64(lambda * (1 - p))
	out[high].g += lambda
	out[low].g -= lambda
	out[high].h += h
	out[low].h += h
	return 2 * lambda
}

func abs(x float64) float64 { return max(x, -x) }
