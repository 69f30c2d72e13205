package fit

import (
	"fmt"
	"slices"
)

// metricRank is the k of metrics: the hits that a question gets by default.
const metricRank = 8

// Metrics are means over the questions that there was something to find for, each 0..1.
type Metrics struct {
	Questions int
	Any8      float64 // share of questions with evidence among the first eight
	Frac8     float64 // evidence among the first eight / Group.Evidence
	All8      float64 // share of questions with all of it among the first eight
	MRR       float64 // 1 / rank of the first evidence
	NDCG8     float64 // gain 2^grade - 1; evidence that is no candidate counts as grade 1 in the ideal
	LogLoss   float64 // of Options.Logistic alone: bits a row, by the weights of questions
}

// String returns the metrics in one line, in percent.
func (m Metrics) String() string {
	return fmt.Sprintf("n %d any@8 %.1f frac@8 %.1f all@8 %.1f MRR %.1f NDCG@8 %.1f",
		m.Questions, 100*m.Any8, 100*m.Frac8, 100*m.All8, 100*m.MRR, 100*m.NDCG8)
}

// add adds m, weighted, to a sum; Questions is counted.
func (m *Metrics) add(o Metrics, weight float64) {
	m.Questions++
	m.Any8 += float64(o.Any8 * weight)
	m.Frac8 += float64(o.Frac8 * weight)
	m.All8 += float64(o.All8 * weight)
	m.MRR += float64(o.MRR * weight)
	m.NDCG8 += float64(o.NDCG8 * weight)
}

func (m *Metrics) divide(by float64) {
	if by > 0 {
		m.Any8, m.Frac8, m.All8, m.MRR, m.NDCG8 = m.Any8/by, m.Frac8/by, m.All8/by, m.MRR/by, m.NDCG8/by
	}
}

// Measure returns the metrics of the scores, one a row, of all questions alike, and of
// those of each set. Ties go to the earlier row. Panics if scores has another length
// than the dataset rows (caller bug).
func (d *Dataset) Measure(scores []float32) (all Metrics, sets map[string]Metrics) {
	if len(scores) != d.Rows() {
		panic(fmt.Sprintf("fit: Measure: %d scores of %d rows", len(scores), d.Rows()))
	}
	sets = map[string]Metrics{}
	var order []int32
	for g, group := range d.Groups {
		if group.Evidence == 0 {
			continue
		}
		first, end := d.rows(g)
		order = ranking(order, scores[first:end])
		one := measure(d.Labels[first:end], order, group.Evidence)
		all.add(one, 1)
		set := sets[group.Set]
		set.add(one, 1)
		sets[group.Set] = set
	}
	all.divide(float64(all.Questions))
	for name, set := range sets {
		set.divide(float64(set.Questions))
		sets[name] = set
	}
	return all, sets
}

// ranking returns the rows of a question, best first, ties by row, in the memory of order.
func ranking(order []int32, scores []float32) []int32 {
	order = order[:0]
	for i := range scores {
		order = append(order, int32(i))
	}
	slices.SortFunc(order, func(a, b int32) int {
		switch x, y := scores[a], scores[b]; {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return int(a - b)
	})
	return order
}

// measure returns the metrics of one ranking.
func measure(labels []uint8, order []int32, evidence int) (m Metrics) {
	found, dcg := 0, 0.0
	for rank, row := range order {
		grade := labels[row]
		if grade == 0 {
			continue
		}
		if m.MRR == 0 {
			m.MRR = 1 / float64(rank+1)
		}
		if rank < metricRank {
			found++
			dcg += float64(gain(grade) * discounts[rank])
		}
	}
	if found > 0 {
		m.Any8 = 1
	}
	if found == evidence {
		m.All8 = 1
	}
	m.Frac8 = float64(found) / float64(evidence)
	if best := idealDCG(labels, evidence, metricRank); best > 0 {
		m.NDCG8 = dcg / best
	}
	return m
}

// idealDCG is the DCG of the best order, cut; evidence beyond the labelled rows has grade 1.
func idealDCG(labels []uint8, evidence, cut int) (best float64) {
	var count [GradeMax + 1]int
	labelled := 0
	for _, grade := range labels {
		count[grade]++
		if grade > 0 {
			labelled++
		}
	}
	count[1] += max(0, evidence-labelled)
	rank := 0
	for grade := GradeMax; grade > 0; grade-- {
		for range min(count[grade], cut-rank) {
			best += float64(gain(uint8(grade)) * discounts[rank])
			rank++
		}
	}
	return best
}
