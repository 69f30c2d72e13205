package mining

import "github.com/nexus-memory/nexus/engine/lexical"

// xlnx returns x ln x, 0 at 0.
func xlnx(x float64) float64 {
	if x <= 0 {
		return 0
	}
	return float64(x * lexical.Ln(x))
}

// power returns x to a whole number n >= 0. O(log n).
func power(x float64, n int) float64 {
	result := 1.0
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			result = float64(result * x)
		}
		x = float64(x * x)
	}
	return result
}

// table is the contingency table of two items among total cases.
type table struct{ both, left, right, total int }

// expected returns how many cases would have both, were the items independent.
func (t table) expected() float64 {
	return float64(float64(t.left)*float64(t.right)) / float64(t.total)
}

// lift returns how many times as often as expected they come together.
func (t table) lift() float64 { return float64(t.both) / t.expected() }

// g2 returns the log-likelihood ratio of the table against independence, >= 0: twice the
// sum of O ln(O/E) over its four cells (Dunning 1993, section 5), here by sums of x ln x.
func (t table) g2() float64 {
	n, a, b, k := float64(t.total), float64(t.left), float64(t.right), float64(t.both)
	cells := xlnx(k) + xlnx(a-k) + xlnx(b-k) + xlnx(n-a-b+k)
	margins := xlnx(a) + xlnx(n-a) + xlnx(b) + xlnx(n-b)
	return max(0, float64(2*(cells-margins+xlnx(n))))
}

// npmi returns the pointwise mutual information over its largest value, -1..1: ln of the
// lift over -ln of the share of cases with both (Bouma 2009, section 3).
func (t table) npmi() float64 {
	if t.both == t.left && t.both == t.right {
		return 1 // always together; by continuity also where every case has both
	}
	if t.both == 0 {
		return -1
	}
	return lexical.Ln(t.lift()) / -lexical.Ln(float64(t.both)/float64(t.total))
}

// surprise returns the log-likelihood ratio of hits in trials against a chance of each: 2
// n KL(hits/n, chance), 0 where there are not more of them than expected. The probability
// of that many is at most e^(-surprise/2), also where the trials have different chances
// of that mean (Hoeffding 1963, theorem 1).
func surprise(hits, trials int, chance float64) float64 {
	k, n := float64(hits), float64(trials)
	if chance <= 0 || chance >= 1 || k <= float64(n*chance) {
		return 0
	}
	value := float64(k * lexical.Ln(k/float64(n*chance)))
	if hits < trials {
		value += float64((n - k) * lexical.Ln((n-k)/float64(n*(1-chance))))
	}
	return max(0, float64(2*value))
}

// doubt is the probability that anything at all is reported where all is chance.
const doubt = .05

// threshold returns the evidence from which one of so many tests says something: by the
// bound above and that of Bonferroni. For one degree of freedom, e^(-x/2) bounds the tail
// of chi-squared, so that it serves for g2 too.
func threshold(tests float64) float64 { return float64(2 * lexical.Ln(max(1, tests)/doubt)) }
