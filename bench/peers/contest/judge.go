package contest

import (
	"fmt"
	"math"
	"slices"
)

// tie is how far below the score of the last wanted row another one still is as good: a
// chat says "Yeah." many times, and which of them is found means nothing.
const tie = 1e-5

// Recall is the share of the wanted rows that answers hold, on average over the questions.
// A row counts where its score is at least least[q] - 1e-5, least[q] being that of the
// last of the wanted[q] best, so that rows of equal score stand for each other. Rows named
// twice count once; -1 is no row. A question that wants nothing does not count. The error
// names a row that is not there.
func Recall(answers []int64, width int, wanted []int, least []float32, rowCount int, score func(question, row int) float64) (float64, error) {
	if width < 1 || len(answers) != width*len(least) || len(wanted) != len(least) {
		return 0, fmt.Errorf("%d answers for %d questions of %d", len(answers), len(least), width)
	}
	sum, questions := 0.0, 0
	for q := range least {
		if wanted[q] == 0 {
			continue
		}
		seen, found := map[int64]bool{}, 0
		for _, row := range answers[q*width : (q+1)*width] {
			if row < -1 || row >= int64(rowCount) {
				return 0, fmt.Errorf("question %d: row %d of %d", q, row, rowCount)
			}
			if row >= 0 && !seen[row] && score(q, int(row)) >= float64(least[q])-tie {
				found++
			}
			seen[row] = true
		}
		sum += float64(min(found, wanted[q])) / float64(wanted[q])
		questions++
	}
	if questions == 0 {
		return math.NaN(), nil
	}
	return sum / float64(questions), nil
}

// Times of one call, in the unit they were measured in.
type Times struct{ Mean, P50, P99 float64 }

// Summarise takes each question's median over the passes, and of these the mean and the
// percentiles. times holds question by question in every pass.
func Summarise(times []float64, passes int) (Times, error) {
	if passes < 1 || len(times) == 0 || len(times)%passes != 0 {
		return Times{}, fmt.Errorf("%d times of %d passes", len(times), passes)
	}
	questions := len(times) / passes
	each, of := make([]float64, questions), make([]float64, passes)
	sum := 0.0
	for q := range each {
		for p := range of {
			of[p] = times[p*questions+q]
		}
		slices.Sort(of)
		each[q] = of[passes/2]
		sum += each[q]
	}
	slices.Sort(each)
	return Times{sum / float64(questions), Percentile(each, .5), Percentile(each, .99)}, nil
}

// Percentile is the smallest of sorted values that at least this share of them does not
// exceed (nearest rank).
func Percentile(sorted []float64, share float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	rank := int(math.Ceil(share * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// Bar is a bound that a figure must keep.
type Bar struct {
	Set   string
	Text  string // "recall@10 >= 0.984"
	Value float64
	Limit float64
	Least bool // the value must reach the limit instead of staying below it
	Note  string
	// Aside marks what is no bar but stands beside one: the same for more than the peers do.
	Aside bool
}

// Verdict is the outcome of a bar in words; NaN is a figure that could not be had.
func (b *Bar) Verdict() string {
	v := b.plain()
	if b.Aside && v != notMeasured {
		return "aside (would be " + v + ")"
	}
	return v
}

func (b *Bar) plain() string {
	kept := b.Value <= b.Limit
	if b.Least {
		kept = b.Value >= b.Limit
	}
	switch {
	case math.IsNaN(b.Value):
		return notMeasured
	case kept:
		return "met"
	}
	return "MISSED"
}

const notMeasured = "not measured"

// AtMost is a bar that a value stays at or below a limit.
func AtMost(set, text string, value, limit float64) Bar {
	return Bar{Set: set, Text: text, Value: value, Limit: limit}
}

// AtLeast is a bar that a value reaches a limit.
func AtLeast(set, text string, value, limit float64) Bar {
	return Bar{Set: set, Text: text, Value: value, Limit: limit, Least: true}
}

// Ratio is a/b, NaN unless both are figures above 0.
func Ratio(a, b float64) float64 {
	if !(a > 0) || !(b > 0) {
		return math.NaN()
	}
	return a / b
}

// Lowest is the least of the values that are figures, NaN where none is.
func Lowest(values ...float64) float64 {
	low := math.NaN()
	for _, v := range values {
		if !(v >= low) && !math.IsNaN(v) {
			low = v
		}
	}
	return low
}
