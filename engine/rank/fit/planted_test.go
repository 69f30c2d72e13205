package fit

import (
	"bytes"
	"context"
	"errors"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rank"
)

var nan = float32(math.NaN())

// planted makes questions whose evidence is what a function says is worth most: the best
// of its candidates has grade 1. Columns are even between 0 and 1; "noise" ones say nothing.
func planted(t testing.TB, groups int, seed uint64, columns []string, worth func(row []float32) float64) *Dataset {
	t.Helper()
	const candidates = 20
	r := rand.New(rand.NewPCG(seed, 1))
	d := &Dataset{Columns: columns}
	for range groups {
		values, labels := make([]float32, len(columns)*candidates), make([]uint8, candidates)
		best, bestAt := math.Inf(-1), 0
		for i := range candidates {
			row := make([]float32, len(columns))
			for f := range row {
				row[f] = float32(r.Uint64()>>40) / (1 << 24)
			}
			if w := worth(row); w > best {
				best, bestAt = w, i
			}
			for f, v := range row { // after worth, which may have set some missing
				values[f*candidates+i] = v
			}
		}
		labels[bestAt] = 1
		if err := d.Add(Group{Set: "planted", Weight: 1}, labels, values, candidates); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// ranked returns what a model scores, as a caller of it does.
func ranked(t testing.TB, m *rank.Model, d *Dataset) []float32 {
	t.Helper()
	s, err := m.Bind(d.Columns)
	if err != nil {
		t.Fatal(err)
	}
	out := make([]float32, d.Rows())
	s.Score(slices.Concat(d.Values...), d.Rows(), d.Rows(), out)
	return out
}

func fitted(t testing.TB, train, held *Dataset, o Options) (*rank.Model, *Report) {
	t.Helper()
	m, report, err := Fit(context.Background(), train, held, o)
	if err != nil {
		t.Fatal(err)
	}
	return m, report
}

func TestPlantedFunctionsAreFoundInFreshQuestions(t *testing.T) {
	four := []string{"a", "b", "noise 1", "noise 2"}
	for name, c := range map[string]struct {
		worth func(row []float32) float64
		mrr   float64 // chance is .18
	}{
		"monotone":    {func(r []float32) float64 { return float64(r[0]) }, .9},
		"sum":         {func(r []float32) float64 { return float64(r[0]) + float64(r[1]) }, .8},
		"bump":        {func(r []float32) float64 { return -math.Abs(float64(r[0]) - .4) }, .75},
		"interaction": {func(r []float32) float64 { return -math.Abs(float64(r[0]) - float64(r[1])) }, .4},
		"missing is good": {func(r []float32) float64 {
			if r[0] < .2 {
				r[0] = nan
				return 2 + float64(r[1])
			}
			return float64(r[1])
		}, .85},
	} {
		m, report := fitted(t, planted(t, 400, 1, four, c.worth), nil, Options{Trees: 60, Rate: .2})
		fresh := planted(t, 200, 2, four, c.worth)
		got, _ := fresh.Measure(ranked(t, m, fresh))
		if got.MRR < c.mrr {
			t.Errorf("%s: MRR %.3f, want %.2f", name, got.MRR, c.mrr)
		}
		if g := report.Gains; g[2]+g[3] > .3*(g[0]+g[1]) {
			t.Errorf("%s: gains %v: noise is learnt", name, g)
		}
	}
}

func TestTheScorerScoresWhatTheTrainerScored(t *testing.T) {
	worth := func(r []float32) float64 {
		if r[1] > .9 {
			r[1] = nan
		}
		return float64(r[0])
	}
	train, held := planted(t, 100, 3, []string{"a", "b"}, worth), planted(t, 60, 4, []string{"a", "b"}, worth)
	var last Metrics
	o := Options{Trees: 25, Progress: func(s Step) { last = s.Held }}
	m, report := fitted(t, train, held, o)
	if len(report.Steps) != 25 || report.Steps[24].Held != last || m.Trees() != report.Trees {
		t.Fatalf("%d steps, %d trees, %d in the model", len(report.Steps), report.Trees, m.Trees())
	}
	if got, _ := held.Measure(ranked(t, m, held)); got != report.Held {
		t.Fatalf("the model reaches %v, the trainer said %v", got, report.Held)
	}
	if p := m.Provenance(); !slices.Equal(p.Sets, []string{"planted"}) || p.Metrics != "held out: "+report.Held.String() {
		t.Fatalf("provenance %+v", p)
	}
}

// The model of these data and options is part of the contract: a change of it changes
// what everybody's fits come to, and a CPU that gives another breaks the promise.
func TestTheSameDataGiveTheSameBytes(t *testing.T) {
	train := planted(t, 150, 5, []string{"a", "b", "c"}, func(r []float32) float64 { return float64(r[0] - r[1]) })
	o := Options{Trees: 30, Seed: 9, Drop: []Drop{{[]string{"b"}, .3}}}
	var first []byte
	for _, processors := range []int{1, 2, 7} {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		m, _ := fitted(t, train, nil, o)
		if first == nil {
			first = m.Encode()
		}
		if !bytes.Equal(first, m.Encode()) {
			t.Fatalf("%d processors give another model than one", processors)
		}
	}
	const want uint32 = 0xf45ca448
	if got := crc32.Checksum(first, castagnoli); got != want {
		t.Errorf("checksum %#x, want %#x", got, want)
	}
	o.Seed++
	if m, _ := fitted(t, train, nil, o); bytes.Equal(first[headerOfModel:], m.Encode()[headerOfModel:]) {
		t.Error("another seed draws the same samples")
	}
}

// headerOfModel is what of a model's file holds the seed and the checksum.
const headerOfModel = 32

// The column "told" is the answer itself: beside it a fit learns nothing of the other one.
func TestDroppedColumnsAreLearntToBeMissing(t *testing.T) {
	set := func(seed uint64) *Dataset {
		d := planted(t, 400, seed, []string{"told", "weak"}, func(r []float32) float64 { return float64(r[1]) })
		for i, grade := range d.Labels {
			d.Values[0][i] = float32(grade)
		}
		return d
	}
	train, fresh := set(6), set(7)
	mrr := func(share float64, names ...string) float64 {
		m, _ := fitted(t, train, nil, Options{Trees: 40, Rate: .2, ColumnShare: 1, Drop: []Drop{{[]string{"told"}, share}}})
		s, err := m.Bind(names)
		if err != nil {
			t.Fatal(err)
		}
		out := make([]float32, fresh.Rows())
		s.Score(slices.Concat(fresh.Values...), fresh.Rows(), fresh.Rows(), out)
		got, _ := fresh.Measure(out)
		return got.MRR
	}
	never, some, always := mrr(0, "?", "weak"), mrr(.4, "?", "weak"), mrr(1, "?", "weak")
	if never > .4 || some < .85 || always < .85 {
		t.Errorf("without the column: MRR %.2f fitted with it, %.2f with it at times, %.2f without it", never, some, always)
	}
	if with := mrr(.4, "told", "weak"); with != 1 {
		t.Errorf("with the column MRR %.2f, when it is missing at times in the fit", with)
	}
}

func TestAFitEndsWhenHeldOutQuestionsGainNoMore(t *testing.T) {
	noise := func([]float32) float64 { return 0 }
	train, held := planted(t, 60, 8, []string{"a", "b"}, noise), planted(t, 60, 9, []string{"a", "b"}, noise)
	for i := range held.Labels { // nothing of train says anything of held
		held.Labels[i] = uint8(b2i(i%20 == i/20%20))
	}
	_, report := fitted(t, train, held, Options{Trees: 200, Patience: 15})
	if n := len(report.Steps); n == 200 || n != report.Trees+15 {
		t.Fatalf("%d trees grown, %d kept", n, report.Trees)
	}
	for _, s := range report.Steps {
		if s.Held.NDCG8 > report.Held.NDCG8 {
			t.Fatalf("tree %d was better than the last that was kept: %v, %v", s.Tree, s.Held, report.Held)
		}
	}
}

// Nothing can be learnt of a column that is always the same: the fit ends after its
// patience, and the model is the shortest of those that are equally good.
func TestTreesThatChangeNothingAreNotKept(t *testing.T) {
	d := planted(t, 20, 1, []string{"a"}, func([]float32) float64 { return 0 })
	clear(d.Values[0])
	if _, report := fitted(t, d, d, Options{Patience: 7}); report.Trees != 1 || len(report.Steps) != 8 {
		t.Fatalf("%d trees grown, %d kept", len(report.Steps), report.Trees)
	}
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestQuestionsOfNoWeightTeachNothing(t *testing.T) {
	worth := func(r []float32) float64 { return float64(r[0]) }
	train := planted(t, 100, 10, []string{"a", "b"}, worth)
	wrong := planted(t, 300, 11, []string{"a", "b"}, func(r []float32) float64 { return -float64(r[0]) })
	for g, group := range wrong.Groups {
		first, end := wrong.rows(g)
		group.Weight = 0
		if err := train.Add(group, wrong.Labels[first:end], append(slices.Clone(wrong.Values[0][first:end]), wrong.Values[1][first:end]...), end-first); err != nil {
			t.Fatal(err)
		}
	}
	m, _ := fitted(t, train, nil, Options{Trees: 40, Rate: .2})
	fresh := planted(t, 100, 12, []string{"a", "b"}, worth)
	if got, _ := fresh.Measure(ranked(t, m, fresh)); got.MRR < .85 {
		t.Fatal(got)
	}
}

func TestOddQuestionsAreNoTrouble(t *testing.T) {
	inf := float32(math.Inf(1))
	d := &Dataset{Columns: []string{"a", "constant", "missing"}}
	for _, labels := range [][]uint8{{}, {0}, {1}, {1, 1, 1}, {0, 0}, {15, 0, 3, 0, 1}} {
		n := len(labels)
		values := make([]float32, 3*n)
		for i := range n {
			values[i], values[n+i], values[2*n+i] = []float32{inf, -inf, nan, math.MaxFloat32, -math.MaxFloat32}[i], 3, nan
		}
		if err := d.Add(Group{Weight: 2, Evidence: 4}, labels, values, n); err != nil {
			t.Fatal(err)
		}
	}
	for _, held := range []*Dataset{nil, d} {
		m, _ := fitted(t, d, held, Options{Trees: 20, HessianMin: 1e-6})
		if got := ranked(t, m, d); slices.ContainsFunc(got, func(x float32) bool { return x-x != 0 }) {
			t.Fatal(got)
		}
	}
	none := d.Select(func(int, Group) bool { return false })
	if m, _ := fitted(t, none, none, Options{}); m.Trees() > 300 {
		t.Fatal(m.Trees())
	}
}

func TestFitRefusesWhatItCannotFit(t *testing.T) {
	good := planted(t, 3, 1, []string{"a", "b"}, func([]float32) float64 { return 0 })
	other := planted(t, 3, 1, []string{"b", "a"}, func([]float32) float64 { return 0 })
	broken := planted(t, 3, 1, []string{"a", "b"}, func([]float32) float64 { return 0 })
	broken.Values[1] = broken.Values[1][1:]
	for name, c := range map[string]struct {
		train, held *Dataset
		o           Options
	}{
		"other columns held out": {good, other, Options{}},
		"broken":                 {broken, nil, Options{}},
		"broken held out":        {good, broken, Options{}},
		"no columns":             {&Dataset{}, nil, Options{}},
		"depth 7":                {good, nil, Options{Depth: 7}},
		"one bin":                {good, nil, Options{Bins: 1}},
		"rate":                   {good, nil, Options{Rate: 1.5}},
		"rate is no number":      {good, nil, Options{Rate: math.NaN()}},
		"negative l2":            {good, nil, Options{L2: -1}},
		"truncation":             {good, nil, Options{Truncation: CutMax + 1}},
		"dropped is not there":   {good, nil, Options{Drop: []Drop{{[]string{"c"}, .1}}}},
		"dropped too often":      {good, nil, Options{Drop: []Drop{{[]string{"a"}, 1.1}}}},
	} {
		if _, _, err := Fit(context.Background(), c.train, c.held, c.o); !errors.Is(err, model.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAFitEndsWithItsContext(t *testing.T) {
	d := planted(t, 50, 1, []string{"a", "b"}, func(r []float32) float64 { return float64(r[0]) })
	ctx, cancel := context.WithCancel(context.Background())
	trees := 0
	_, _, err := Fit(ctx, d, nil, Options{Progress: func(Step) {
		if trees++; trees == 5 {
			cancel()
		}
	}})
	if !errors.Is(err, model.ErrCancelled) || trees != 5 {
		t.Fatalf("%v after %d trees", err, trees)
	}
}
