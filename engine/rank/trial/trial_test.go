package trial

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rank"
	"github.com/nexus-memory/nexus/engine/rank/fit"
)

func TestFoldsKeepUnitsTogetherAndAreEven(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		var units []string
		for range 30 + r.IntN(300) {
			units = append(units, fmt.Sprint("unit ", r.IntN(40)))
		}
		folds, count := Deal(units)
		of, sizes := map[string]int{}, make([]int, count)
		for q, unit := range units {
			if fold, seen := of[unit]; seen && fold != folds[q] {
				t.Fatalf("%s is in two folds", unit)
			}
			of[unit] = folds[q]
			sizes[folds[q]]++
		}
		if count != FoldsMax || slices.Min(sizes) == 0 || slices.Max(sizes) > 2*len(units)/FoldsMax {
			t.Fatalf("%d questions in folds of %v", len(units), sizes)
		}
		shuffled := slices.Clone(units)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		again, _ := Deal(shuffled)
		for q, unit := range shuffled {
			if again[q] != of[unit] {
				t.Fatal("another order of the questions deals otherwise")
			}
		}
	}
	if _, count := Deal([]string{"a", "a", "b"}); count != 2 {
		t.Errorf("%d folds of two units", count)
	}
}

func TestTogetherTakesTheCoarsestLevelThatIsFineEnough(t *testing.T) {
	level := func(count, largest int) (units []string) {
		for i := range 100 {
			units = append(units, fmt.Sprint(max(0, i-largest+1)%count))
		}
		return units
	}
	questions := level(100, 1)
	for name, c := range map[string]struct {
		users, sessions []string
		want            int
	}{
		"many users":         {level(20, 5), level(50, 2), 0},
		"few users":          {level(9, 11), level(50, 2), 1},
		"one user asks most": {level(30, 70), level(50, 2), 1},
		"one session":        {level(1, 1), level(1, 1), 2},
	} {
		if got := Together([][]string{c.users, c.sessions, questions}); got != c.want {
			t.Errorf("%s: level %d, want %d", name, got, c.want)
		}
	}
}

// outcomes are those of n questions of which a share is found at rank 1, the rest not.
func outcomes(n int, found func(i int) bool) (list []Outcome) {
	for i := range n {
		o := Outcome{Judged: true, Said: .5}
		if found(i) {
			o = Outcome{Judged: true, Any: 1, Frac: 1, MRR: 1, Found: true, Said: .5}
		}
		list = append(list, o)
	}
	return list
}

func TestCompareTellsGainsFromLuck(t *testing.T) {
	var own, shared []string
	for i := range 100 {
		own, shared = append(own, fmt.Sprint(i)), append(shared, fmt.Sprint(i%3))
	}
	half := outcomes(100, func(i int) bool { return i%2 == 0 })
	for name, c := range map[string]struct {
		after  []Outcome
		units  []string
		better bool
	}{
		"the same":                     {half, own, false},
		"one question more":            {outcomes(100, func(i int) bool { return i%2 == 0 || i == 1 }), own, false},
		"twenty more":                  {outcomes(100, func(i int) bool { return i%2 == 0 || i < 40 }), own, true},
		"thirty more, twenty less":     {outcomes(100, func(i int) bool { return i%2 == 0 && i >= 40 || i%2 == 1 && i < 60 }), own, false},
		"more in one unit of three":    {outcomes(100, func(i int) bool { return i%2 == 0 || i%3 == 0 }), shared, false},
		"the same more, but unrelated": {outcomes(100, func(i int) bool { return i%2 == 0 || i%3 == 0 }), own, true},
	} {
		got := Compare(half, c.after, c.units, 1)
		if got.Better != c.better {
			t.Errorf("%s: %+v", name, got)
		}
		for _, i := range []model.Interval{got.Any8, got.Frac8, got.MRR, got.Overall} {
			if i.Low > i.Mean || i.High < i.Mean {
				t.Errorf("%s: %+v", name, i)
			}
		}
		if again := Compare(half, c.after, c.units, 1); again != got {
			t.Errorf("%s: compared again %+v, want %+v", name, again, got)
		}
	}
}

func TestAGainThatCostsAnotherMeasureIsNone(t *testing.T) {
	var before, after []Outcome
	var units []string
	for i := range 60 { // the first hit is right more often, the answer is among the eight less often
		units = append(units, fmt.Sprint(i))
		before = append(before, Outcome{Judged: true, Any: 1, Frac: 1, MRR: .125})
		o := Outcome{Judged: true, Any: 1, Frac: 1, MRR: 1}
		if i%8 == 0 {
			o = Outcome{Judged: true}
		}
		after = append(after, o)
	}
	if got := Compare(before, after, units, 1); got.Better || got.Overall.Low <= 0 || got.Any8.High >= 0 {
		t.Errorf("%+v", got)
	}
}

func TestTheIntervalHoldsTheTruthAboutAsOftenAsItSays(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	const trials, n = 300, 80
	held := 0
	for range trials {
		var before, after []Outcome
		var units []string
		for i := range n {
			units = append(units, fmt.Sprint(i))
			one := func(p float64) Outcome {
				if r.Float64() < p {
					return Outcome{Judged: true, Any: 1, Frac: 1, MRR: 1}
				}
				return Outcome{Judged: true}
			}
			before, after = append(before, one(.5)), append(after, one(.6))
		}
		if c := Compare(before, after, units, 1); c.Overall.Low <= .1 && c.Overall.High >= .1 {
			held++
		}
	}
	if share := float64(held) / trials; share < .91 || share > .985 {
		t.Errorf("the interval of 95 %% holds the truth in %.1f %%", 100*share)
	}
}

func TestFiguresAreMeansAndTheCalibrationErrorIsOfAll(t *testing.T) {
	got := Figures([]Outcome{
		{Judged: true, Any: 1, Frac: .5, MRR: .25, Found: true, Said: .85},
		{Judged: true, Said: .15},
		{Said: .35}, // nothing answers it
	})
	want := model.TrainFigures{Any8: .5, Frac8: .25, MRR: .125, CalibrationError: (.15 + .15 + .35) / 3}
	if d := got.CalibrationError - want.CalibrationError; d > 1e-9 || d < -1e-9 {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got.CalibrationError = want.CalibrationError; got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := Figures(nil); got != (model.TrainFigures{}) {
		t.Errorf("of nothing %+v", got)
	}
	if got := Figures([]Outcome{{Said: 1, Found: true}}); got.CalibrationError != 0 {
		t.Errorf("sure and right: %+v", got)
	}
}

// lab is questions whose best candidate has the highest "a"; a base that knows nothing.
func lab(t *testing.T, questions int) (*Trial, *[]int) {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 3))
	data := &fit.Dataset{Columns: []string{"a", "b"}}
	const candidates = 12
	var rows [][]float32
	tried := &Trial{Data: data}
	for q := range questions {
		values, labels, best := make([]float32, 2*candidates), make([]uint8, candidates), 0
		for i := range candidates {
			values[i], values[candidates+i] = r.Float32(), r.Float32()
			if values[i] > values[best] {
				best = i
			}
		}
		labels[best] = 1
		if err := data.Add(fit.Group{Weight: 1}, labels, values, candidates); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, values)
		tried.Units, tried.Before = append(tried.Units, fmt.Sprint(q/2)), append(tried.Before, Outcome{Judged: true})
	}
	base, err := rank.New([]string{"a"}, rank.Forest{Depth: 1, Bias: 1}, rank.Provenance{})
	if err != nil {
		t.Fatal(err)
	}
	tried.Fit = fit.Options{Base: base, Trees: 20, Depth: 2, Rate: .2}
	var asked []int
	tried.Ask = func(_ context.Context, q int, m *rank.Model) (Outcome, error) {
		asked = append(asked, q)
		s, err := m.Bind(data.Columns)
		if err != nil {
			return Outcome{}, err
		}
		out := make([]float32, candidates)
		s.Score(rows[q], candidates, candidates, out)
		o := Outcome{Judged: true}
		if best := slices.Index(out, slices.Max(out)); data.Labels[q*candidates+best] > 0 {
			o.Any, o.Frac, o.MRR, o.Found = 1, 1, 1, true
		}
		return o, nil
	}
	return tried, &asked
}

func TestATrialAsksEveryQuestionOnceAndFindsThePlantedRanker(t *testing.T) {
	tried, asked := lab(t, 80)
	count := 0
	tried.Asked = func() { count++ }
	r, err := Run(context.Background(), tried)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(*asked)
	if len(*asked) != 80 || len(slices.Compact(*asked)) != 80 || count != 80 || r.Folds != FoldsMax {
		t.Errorf("%d questions asked, %d told, %d folds", len(*asked), count, r.Folds)
	}
	if f := Figures(r.After); !r.Better || f.MRR < .5 {
		t.Errorf("%+v %+v", f, r.Comparison)
	}
	again, err := Run(context.Background(), tried)
	if err != nil || !bytes.Equal(again.Ranker.Encode(), r.Ranker.Encode()) || again.Comparison != r.Comparison {
		t.Errorf("tried again it is another: %v", err)
	}
}

// A question's own label must not reach the ranker that answers it: with labels that mean
// nothing the held-out figures are those of chance.
func TestNothingLeaksIntoTheFoldThatIsAsked(t *testing.T) {
	tried, _ := lab(t, 200)
	r := rand.New(rand.NewPCG(4, 4))
	for q := range 200 {
		labels := tried.Data.Labels[q*12:][:12]
		clear(labels)
		labels[r.IntN(12)] = 1
	}
	tried.Fit.Trees, tried.Fit.Depth = 60, 6
	got, err := Run(context.Background(), tried)
	if err != nil {
		t.Fatal(err)
	}
	if f := Figures(got.After); f.MRR > .2 { // one of twelve is .083
		t.Errorf("%.3f of the questions are answered by rankers of chance", f.MRR)
	}
}

func TestATrialEndsWithItsContextAndItsErrors(t *testing.T) {
	tried, _ := lab(t, 40)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(ctx, tried); !errors.Is(err, model.ErrCancelled) {
		t.Error(err)
	}
	tried.Ask = func(context.Context, int, *rank.Model) (Outcome, error) { return Outcome{}, model.ErrCorrupt }
	if _, err := Run(context.Background(), tried); !errors.Is(err, model.ErrCorrupt) {
		t.Error(err)
	}
	for i := range tried.Units {
		tried.Units[i] = "one"
	}
	if _, err := Run(context.Background(), tried); !errors.Is(err, model.ErrInvalid) {
		t.Error(err)
	}
}
