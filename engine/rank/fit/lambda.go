package fit

// slope is what the loss of a row says: where its score should go (minus the first
// derivative) and how sure that is (the second).
type slope struct{ g, h float64 }

// lambdas computes the slopes of the questions' rows for the scores that they have.
// Work of one goroutine.
type lambdas struct {
	truncation int
	order      []int32
	place      []int32 // rank of a row
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
	l.order = ranking(l.order, scores)
	l.place = append(l.place[:0], l.order...)
	for rank, row := range l.order {
		l.place[row] = int32(rank)
	}
	spread := scores[l.order[0]] != scores[l.order[len(l.order)-1]]
	total := 0.0
	for _, high := range l.order {
		if labels[high] == 0 {
			continue
		}
		others := l.order
		if int(l.place[high]) >= l.truncation {
			others = l.order[:min(len(l.order), l.truncation)]
		}
		for _, low := range others {
			if labels[low] < labels[high] {
				total += l.pair(labels, scores, high, low, spread, best, out)
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

// pair adds the lambda of one pair to both rows and returns twice its size.
func (l *lambdas) pair(labels []uint8, scores []float32, high, low int32, spread bool, best float64, out []slope) float64 {
	ahead := float64(scores[high]) - float64(scores[low])
	delta := gain(labels[high]) - gain(labels[low])
	delta = float64(delta*abs(l.discount(high)-l.discount(low))) / best
	if spread {
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

// discount of the rank that a row has; 0 from the truncation on.
func (l *lambdas) discount(row int32) float64 {
	if rank := int(l.place[row]); rank < l.truncation {
		return discounts[rank]
	}
	return 0
}

func abs(x float64) float64 { return max(x, -x) }
