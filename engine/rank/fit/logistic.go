package fit

// logisticSlopes sets out to the slopes of the log loss of rows for the scores that they
// have, as log odds: y - p and p(1-p).
func logisticSlopes(labels []uint8, scores []float32, weight float64, out []slope) {
	for i, grade := range labels {
		p := 1 / (1 + exp(-float64(scores[i])))
		y := 0.0
		if grade > 0 {
			y = 1
		}
		out[i] = slope{float64(weight * (y - p)), float64(weight * float64(p*(1-p)))}
	}
}

// logLoss returns the mean log loss of the rows in bits, weighed by the weights of their
// questions; 0 without any.
func (d *Dataset) logLoss(scores []float32) float64 {
	sum, weights := 0.0, 0.0
	for g, group := range d.Groups {
		first, end := d.rows(g)
		for i := first; i < end; i++ {
			x := float64(scores[i])
			if d.Labels[i] > 0 {
				x = -x
			}
			sum += float64(group.Weight * log2(1+exp(x)))
			weights += group.Weight
		}
	}
	if weights == 0 {
		return 0
	}
	return sum / weights
}
