package trial

import (
	"math/bits"
	"math/rand/v2"
	"slices"

	"github.com/nexus-memory/nexus/engine/model"
)

// resamples of a bootstrap: the ends of an interval are those of 25 values each.
const resamples = 1000

// Comparison is after - before, of the questions that something is relevant to.
type Comparison struct {
	Any8, Frac8, MRR, Overall model.Interval
	Better                    bool // see model.TrainReport
}

// measures are what outcomes are compared by; the last is the mean of the others, so that
// one figure decides, and not the luckiest of three.
var measures = [...]func(o *Outcome) float64{
	func(o *Outcome) float64 { return o.Any },
	func(o *Outcome) float64 { return o.Frac },
	func(o *Outcome) float64 { return o.MRR },
	func(o *Outcome) float64 { return (o.Any + o.Frac + o.MRR) / 3 },
}

// gain is what the questions of one unit gained by each measure, added up.
type gain struct {
	sums  [len(measures)]float64
	count int
}

// Compare compares outcomes question by question, and draws units for the intervals.
func Compare(before, after []Outcome, units []string, seed uint64) Comparison {
	gains, all := gainsOf(before, after, units)
	if all.count == 0 {
		return Comparison{}
	}
	random := rand.NewPCG(seed, 0x7472696C) // PCG alone: what math/rand/v2 makes of it may change
	var drawn [len(measures)][]float64
	for range resamples {
		var sum gain
		for range gains {
			at, _ := bits.Mul64(random.Uint64(), uint64(len(gains)))
			sum.add(&gains[at])
		}
		for m := range drawn {
			drawn[m] = append(drawn[m], sum.sums[m]/float64(max(1, sum.count)))
		}
	}
	var intervals [len(measures)]model.Interval
	for m, values := range drawn {
		slices.Sort(values)
		intervals[m] = model.Interval{Mean: all.sums[m] / float64(all.count), Low: values[resamples*25/1000], High: values[resamples*975/1000-1]}
	}
	c := Comparison{Any8: intervals[0], Frac8: intervals[1], MRR: intervals[2], Overall: intervals[3]}
	c.Better = c.Overall.Low > 0 && c.Any8.High >= 0 && c.Frac8.High >= 0 && c.MRR.High >= 0
	return c
}

func (g *gain) add(o *gain) {
	for m := range g.sums {
		g.sums[m] += o.sums[m]
	}
	g.count += o.count
}

// gainsOf returns what the units gained, in the order that they come in, and all of it.
func gainsOf(before, after []Outcome, units []string) (gains []gain, all gain) {
	places := map[string]int{}
	for q := range units {
		if !after[q].Judged {
			continue
		}
		at, known := places[units[q]]
		if !known {
			at = len(gains)
			places[units[q]], gains = at, append(gains, gain{})
		}
		one := gain{count: 1}
		for m, of := range measures {
			one.sums[m] = of(&after[q]) - of(&before[q])
		}
		gains[at].add(&one)
		all.add(&one)
	}
	return gains, all
}

// calibrationBins of the calibration error.
const calibrationBins = 10

// Figures returns the means of outcomes, and how far what was said is off: the expected
// calibration error (Naeini et al. 2015), over ten bins of what was said.
func Figures(outcomes []Outcome) (f model.TrainFigures) {
	judged := 0.0
	var said, found [calibrationBins]float64
	for i := range outcomes {
		o := &outcomes[i]
		if o.Judged {
			judged++
			f.Any8, f.Frac8, f.MRR = f.Any8+o.Any, f.Frac8+o.Frac, f.MRR+o.MRR
		}
		bin := min(calibrationBins-1, int(o.Said*calibrationBins))
		said[bin] += o.Said
		if o.Found {
			found[bin]++
		}
	}
	if judged > 0 {
		f.Any8, f.Frac8, f.MRR = f.Any8/judged, f.Frac8/judged, f.MRR/judged
	}
	for bin := range said {
		f.CalibrationError += max(said[bin]-found[bin], found[bin]-said[bin])
	}
	f.CalibrationError /= max(1, float64(len(outcomes)))
	return f
}
