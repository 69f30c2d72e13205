package main

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/bench/peers/contest"
)

// script is a runner whose turns cost what a list says, a nanosecond an item each.
type script struct {
	costs  []float64
	log    *[]string
	name   string
	closed bool
}

func (s *script) run(reps int, _ bool) (burst, error) {
	if s.log != nil {
		*s.log = append(*s.log, s.name)
	}
	cost := s.costs[0]
	if len(s.costs) > 1 {
		s.costs = s.costs[1:]
	}
	return burst{gross: time.Duration(reps) * time.Millisecond, item: cost}, nil
}

func (s *script) close() error { s.closed = true; return nil }

func scripted(name, group string, s *script) party {
	s.name = name
	return party{name, group, func() (runner, error) { return s, nil }}
}

// TestRoundsRunThereAndBack: A B C C B A, so that a drift meets all alike.
func TestRoundsRunThereAndBack(t *testing.T) {
	var log []string
	scripts := []*script{{costs: []float64{1}}, {costs: []float64{1}}, {costs: []float64{1}}}
	m := measurement{name: "m", unit: "row"}
	for i, s := range scripts {
		m.parties = append(m.parties, scripted(string(rune('A'+i)), own, s))
	}
	o, err := m.measure(plan{rounds: 2, burst: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range scripts {
		if !s.closed {
			t.Error("a party was left open")
		}
		s.log = &log
	}
	if err := o.round([]runner{scripts[0], scripts[1], scripts[2]}); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(log, ""); got != "ABCCBA" {
		t.Errorf("turns %s, want ABCCBA", got)
	}
	if n := len(o.results[2].rounds); n != 3 {
		t.Errorf("%d rounds, want 3", n)
	}
}

// TestRatioIsOfOneRound: a machine that slows down in the middle changes every cost and
// no ratio.
func TestRatioIsOfOneRound(t *testing.T) {
	// The first value answers calibration, then come two turns of each of three rounds.
	mine := &script{costs: []float64{0, 10, 10, 30, 30, 10, 10}}
	other := &script{costs: []float64{0, 20, 20, 60, 60, 20, 20}}
	m := measurement{name: "m", unit: "row", parties: []party{scripted("nexus", own, mine), scripted("x", "peer", other)}}
	o, err := m.measure(plan{rounds: 3, burst: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if got := o.results[0].ratio(&o.results[1]); got != .5 {
		t.Errorf("ratio %g, want .5", got)
	}
	if got := o.results[0].cost(); got != 10 {
		t.Errorf("cost %g, want the median 10", got)
	}
	for _, c := range []struct {
		bar   bar
		wide  bool
		value float64
		want  verdict
	}{
		{atMost("", "peer", .5), true, .5, met},
		{atMost("", "peer", .49), true, .5, missed},
		{atMost("", "peer", .49), false, .5, otherMissed},
		{atMost("", "peer", .5), false, .5, otherMet},
		{atMost("", "peer", .49).everywhere(), false, .5, missed},
		{timesFaster("", "peer", 2), true, 2, met},
		{timesFaster("", "peer", 2.1), true, 2, missed},
		{costs("", 10), true, 10, met},
		{costs("", 9), true, 10, missed},
		{atMost("", "nobody", 1), true, math.NaN(), notMeasured},
	} {
		value, got := c.bar.judge(o, c.wide)
		if got != c.want || (value != c.value && !(math.IsNaN(value) && math.IsNaN(c.value))) {
			t.Errorf("limit %g: %g, %s; want %g, %s", c.bar.limit, value, got, c.value, c.want)
		}
	}
}

// TestBarWithoutOwnSide: what is not in the tree is neither met nor missed.
func TestBarWithoutOwnSide(t *testing.T) {
	m := measurement{name: "m", parties: []party{scripted("x", "peer", &script{costs: []float64{5}})}}
	o, err := m.measure(plan{rounds: 1, burst: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range []bar{atMost("", "peer", 1), timesFaster("", "peer", 1), costs("", 1)} {
		if _, got := b.judge(o, true); got != notMeasured {
			t.Errorf("%s, want %s", got, notMeasured)
		}
	}
}

// TestWrongAnswerIsNotTimed: such a party is named, and no bar compares with it.
func TestWrongAnswerIsNotTimed(t *testing.T) {
	wrong := errors.New("wrong: result 3 is 1, want 2")
	ran := false
	m := measurement{name: "m", unit: "row", parties: []party{
		scripted("right", "peer", &script{costs: []float64{7}}),
		{"wrong", "peer", func() (runner, error) { return nil, wrong }},
		checked("local", "other", 1, func() {}, func() error { ran = true; return wrong }),
	}}
	o, err := m.measure(plan{rounds: 1, burst: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if best := o.fastest("peer"); best == nil || best.name != "right" {
		t.Errorf("fastest is %+v", best)
	}
	if !ran || o.fastest("other") != nil {
		t.Error("a wrong party of this process was timed")
	}
	var out bytes.Buffer
	if err := writeOutcome(&out, o, true); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "not timed: wrong: wrong: result 3") {
		t.Errorf("the table hides it:\n%s", &out)
	}
}

// TestCallersCostIsTakenOff: 1000 ns a call and 3 ns an item, 100 items, base of one.
func TestCallersCostIsTakenOff(t *testing.T) {
	const reps = 10
	full, base := time.Duration(reps*(1000+100*3)), time.Duration(reps*(1000+3))
	if b := (turn{full, full, base, base}).burst(reps, 100, 1); b.item != 3 || b.threads {
		t.Errorf("%+v, want 3 ns an item", b)
	}
	// A compiled loop: the caller once for all repetitions.
	loop := time.Duration(1000 + reps*100*3)
	if b := (turn{loop, loop, 1000, 1000}).burst(reps, 100, 0); b.item != 3 {
		t.Errorf("%+v, want 3 ns an item", b)
	}
	// Work on other threads counts.
	const ms = time.Millisecond
	if b := (turn{ms, 3 * ms, 0, 0}).burst(1, 1e6, 0); b.item != 3 || !b.threads {
		t.Errorf("%+v, want 3 ns an item with threads", b)
	}
}

func TestThreadTimeCountsWork(t *testing.T) {
	if _, err := settle(); err != nil {
		t.Fatal(err)
	}
	before := threadTime()
	time.Sleep(20 * time.Millisecond)
	if slept := threadTime() - before; slept > 10*time.Millisecond {
		t.Errorf("sleeping took %v of processor time", slept)
	}
	sum := 0
	for before = threadTime(); threadTime()-before < 2*time.Millisecond; {
		sum++
	}
	if reps, err := calibrate(call{1, func() { sum++ }}, time.Millisecond); err != nil || reps < 1000 {
		t.Errorf("%d repetitions of an addition last a millisecond, %v", reps, err)
	}
}

func TestReferencesRefuseWrongAnswers(t *testing.T) {
	query, rows := []float32{1, -2, 3}, []float32{1, 1, 1, .5, 0, -1}
	right := []float64{2, -2.5}
	if err := referenceF32(query, rows, 2).check(right); err != nil {
		t.Error(err)
	}
	for _, wrong := range [][]float64{{2, -2.4999}, {2}, {2, math.NaN()}} {
		if referenceF32(query, rows, 2).check(wrong) == nil {
			t.Errorf("%v passed", wrong)
		}
	}
	if err := referenceI8([]int8{-128, 127}, []int8{-128, -128}, 1).check([]float64{128}); err != nil {
		t.Error(err)
	}
	if err := referenceBits([]byte{0xF0}, []byte{0xFF, 0xF0}, 2).check([]float64{4, 0}); err != nil {
		t.Error(err)
	}
	if err := referenceBits([]byte{0xF0}, []byte{0xFF, 0xF0}, 2).pick([]uint32{1}).check([]float64{0}); err != nil {
		t.Error(err)
	}
}

// TestEstimatesAreJudged: exact distances pass, biased and noisy ones do not.
func TestEstimatesAreJudged(t *testing.T) {
	const dim, n = 64, 500
	rows, query := make([]float32, dim*n), make([]float32, dim)
	nearRows(rows, query, dim)
	exact := squaredDistances(rows, query)
	if err := checkEstimates(exact, exact, dim); err != nil {
		t.Error(err)
	}
	if low, high := slices.Min(exact), slices.Max(exact); low > .1 || high < 2.8 || high > 3.001 {
		t.Errorf("distances of %g to %g, want cosines of -.5 to 1", low, high)
	}
	biased, noisy := slices.Clone(exact), slices.Clone(exact)
	for i := range exact {
		biased[i] += .05
		noisy[i] += .5 * float64(1-2*(i%2))
	}
	if checkEstimates(biased, exact, dim) == nil || checkEstimates(noisy, exact, dim) == nil || checkEstimates(exact[1:], exact, dim) == nil {
		t.Error("wrong estimates passed")
	}
}

func TestSketchesAreUnbiased(t *testing.T) {
	_, paired, err := newCorpora(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	estimates := ownEstimates(paired.documents)
	var a accuracy
	if err := a.measure(estimates); err != nil {
		t.Error(err)
	}
	for i := range estimates {
		estimates[i] += .02
	}
	if a.measure(estimates) == nil || a.measure(estimates[1:]) == nil {
		t.Error("biased estimates passed")
	}
}

func TestScoresAreChecked(t *testing.T) {
	b := &bench{}
	b.scores(func(m measurement) bool {
		r, err := m.parties[0].open()
		if err != nil {
			t.Error(err)
		} else if _, err := r.run(1, true); err != nil {
			t.Error(err)
		}
		return true
	})
}

func TestSetsFollowTheCaches(t *testing.T) {
	folder := t.TempDir()
	for name, fields := range map[string][3]string{
		"index0": {"1", "Data", "48K"}, "index1": {"1", "Instruction", "32K"}, "index2": {"2", "Unified", "2048K"},
	} {
		if err := os.Mkdir(filepath.Join(folder, name), 0o755); err != nil {
			t.Fatal(err)
		}
		for i, field := range []string{"level", "type", "size"} {
			if err := os.WriteFile(filepath.Join(folder, name, field), []byte(fields[i]+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	sizes := cacheSizes(folder)
	if sizes[1] != 48<<10 || sizes[2] != 2<<20 || sizes[3] != 0 {
		t.Errorf("%v", sizes)
	}
	for cache, want := range map[int]int{2 << 20: 1 << 20, 4 << 20: 1 << 20, 512 << 10: 256 << 10, 1 << 20: 512 << 10} {
		if got := setL2(cache); got != want {
			t.Errorf("L2 of %d: set of %d, want %d", cache, got, want)
		}
	}
}

// TestRecord: one heading, the columns of bench/book.go, versions beside the names.
func TestRecord(t *testing.T) {
	m := measurement{name: "dot_scan_i8", dataset: "768-d, L2, 341 rows", unit: "row", parties: []party{
		scripted("nexus", own, &script{costs: []float64{6}}), scripted("numkong pairs haswell", "numkong", &script{costs: []float64{12}}),
	}, bars: []bar{atMost("<= 0.60x numkong", "numkong", .6), costs("never", math.NaN())}}
	o, err := m.measure(plan{rounds: 1, burst: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	var path string
	for range 2 {
		r := contest.NewRecord("a, \"b\"", "avx2", "bench/peers")
		recordOutcome(r, o, map[string]string{"numkong": "7.8.6"}, true)
		if path, err = r.Save(folder, "kernels"); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	if !strings.HasSuffix(path, "-kernels.csv") || strings.Count(text, strings.Join(contest.Columns, ",")) != 1 {
		t.Errorf("%s:\n%s", path, text)
	}
	for _, want := range []string{
		`"dot_scan_i8, numkong pairs haswell (7.8.6)",12,ns/row`,
		`"dot_scan_i8, nexus over numkong pairs haswell (7.8.6)",0.5,ratio`,
		`"dot_scan_i8, bar <= 0.60x numkong: met",0.5,value`,
	} {
		if strings.Count(text, want) != 2 {
			t.Errorf("the record lacks %s:\n%s", want, text)
		}
	}
}

func TestBadCommandLines(t *testing.T) {
	for _, args := range [][]string{{"--kind", "x"}, {"more"}, {"--only", "("}, {"--rounds", "0"}, {"--size", "-1"}} {
		if _, _, err := parse(args, io.Discard); err == nil {
			t.Errorf("%v passed", args)
		}
	}
	if err := (&bench{options: options{sets: []string{"L4"}}}).chooseSets(); err == nil {
		t.Error("a set L4 passed")
	}
}
