package contest

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestRecall: rows of equal score stand for each other, a row counts once, missing ones
// not at all, and a question that wants fewer rows than asked for is whole with those.
func TestRecall(t *testing.T) {
	scores := []float64{.9, .8, .8 - 2e-6, .8 - 2e-5, .1}
	score := func(_, row int) float64 { return scores[row] }
	for name, c := range map[string]struct {
		answers []int64
		wanted  int
		want    float64
	}{
		"the best":           {[]int64{0, 1}, 2, 1},
		"a tie":              {[]int64{0, 2}, 2, 1},
		"just below a tie":   {[]int64{0, 3}, 2, .5},
		"the same row twice": {[]int64{0, 0}, 2, .5},
		"one missing":        {[]int64{1, -1}, 2, .5},
		"none":               {[]int64{-1, -1}, 2, 0},
		"wants one only":     {[]int64{0, 4}, 1, 1},
		"more ties than k":   {[]int64{1, 2}, 1, 1},
	} {
		got, err := Recall(c.answers, 2, []int{c.wanted}, []float32{.8}, len(scores), score)
		if err != nil || math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: %v, want %v (%v)", name, got, c.want, err)
		}
	}
}

// TestRecallRefuses: an answer that is no row is an error, not a miss; a question that
// wants nothing is left out.
func TestRecallRefuses(t *testing.T) {
	score := func(_, row int) float64 { return 1 }
	for name, answers := range map[string][]int64{"beyond": {5}, "below": {-2}, "too many": {1, 2}} {
		if _, err := Recall(answers, 1, []int{1}, []float32{1}, 5, score); err == nil {
			t.Errorf("%s passed", name)
		}
	}
	got, err := Recall([]int64{0, -1}, 1, []int{1, 0}, []float32{1, 0}, 5, score)
	if err != nil || got != 1 {
		t.Errorf("%v, %v: a question without wanted rows counts", got, err)
	}
	if got, err := Recall([]int64{-1}, 1, []int{0}, []float32{0}, 5, score); err != nil || !math.IsNaN(got) {
		t.Errorf("no question that wants a row: %v, %v", got, err)
	}
}

// TestSummarise takes medians over the passes before anything over the questions.
func TestSummarise(t *testing.T) {
	got, err := Summarise([]float64{
		1, 2, 30, // a disturbed third question
		1, 2, 3,
		100, 2, 3, // a disturbed first one
	}, 3)
	if err != nil || got != (Times{2, 2, 3}) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, passes := range []int{0, 2} {
		if _, err := Summarise([]float64{1, 2, 3}, passes); err == nil {
			t.Errorf("3 times of %d passes passed", passes)
		}
	}
}

func TestPercentile(t *testing.T) {
	hundred := make([]float64, 100)
	for i := range hundred {
		hundred[i] = float64(i + 1)
	}
	for _, c := range []struct{ share, want float64 }{{0, 1}, {.01, 1}, {.5, 50}, {.501, 51}, {.99, 99}, {1, 100}} {
		if got := Percentile(hundred, c.share); got != c.want {
			t.Errorf("%v: %v, want %v", c.share, got, c.want)
		}
	}
	if got := Percentile([]float64{7}, .99); got != 7 {
		t.Errorf("of one value: %v", got)
	}
	if !math.IsNaN(Percentile(nil, .5)) {
		t.Error("of none: a value")
	}
}

func TestBars(t *testing.T) {
	for _, c := range []struct {
		bar  Bar
		want string
	}{
		{AtMost("", "", 1, 1), "met"}, {AtMost("", "", 1.01, 1), "MISSED"}, {AtLeast("", "", 1, 1), "met"}, {AtLeast("", "", .99, 1), "MISSED"},
		{AtMost("", "", math.NaN(), 1), "not measured"}, {AtLeast("", "", math.Inf(1), 6), "met"},
		{Bar{Value: 2, Limit: 1, Aside: true}, "aside (would be MISSED)"}, {Bar{Value: math.NaN(), Limit: 1, Aside: true}, "not measured"},
	} {
		if got := c.bar.Verdict(); got != c.want {
			t.Errorf("%+v: %s, want %s", c.bar, got, c.want)
		}
	}
	if Ratio(6, 3) != 2 || !math.IsNaN(Ratio(1, math.NaN())) || !math.IsNaN(Ratio(1, 0)) {
		t.Error("ratios")
	}
	if Lowest(math.NaN(), 3, 2) != 2 || !math.IsNaN(Lowest(math.NaN())) {
		t.Error("the lowest")
	}
}

// TestOwnPartiesFrameThePeers, and a figure is the mean of a party's runs.
func TestOwnPartiesFrameThePeers(t *testing.T) {
	var names []string
	for _, p := range Order([]Party{{Name: "a"}, {Name: "own", Own: true}, {Name: "b"}}) {
		names = append(names, p.Name)
	}
	if got := strings.Join(names, " "); got != "own a b own" {
		t.Error(got)
	}
	merged := Merge([]Line{
		{Party: "own", Step: "search", Values: map[string]Value{"mean": {2, "us"}}},
		{Party: "a", Step: "search", Values: map[string]Value{"mean": {9, "us"}}},
		{Party: "own", Step: "search", Values: map[string]Value{"mean": {4, "us"}, "recall": {1, "share"}}},
	})
	if len(merged) != 2 || merged[0].Get("mean") != 3 || merged[0].Get("recall") != 1 || merged[1].Get("mean") != 9 {
		t.Errorf("%+v", merged)
	}
}

func shell(script string) [][]string { return [][]string{{"sh", "-c", script}} }

// TestFailuresAreTold: of a party that fails what it said before counts, the others go on.
func TestFailuresAreTold(t *testing.T) {
	r := &Runner{CPU: -1, Folder: t.TempDir(), Stderr: &bytes.Buffer{}, Limit: time.Second}
	lines, err := r.Run(t.Context(), "set", []Party{
		{Name: "fails", Commands: append(shell(`echo '{"step":"build"}'; echo noise >&2; echo "no room" >&2; exit 3`), shell(`echo '{"step":"never"}'`)...)},
		{Name: "garbles", Commands: shell("echo hello; sleep 60")},
		{Name: "hangs", Commands: shell("sleep 60 & wait")},
		{Name: "is not there", Commands: [][]string{{"./no-such-program"}}},
		{Name: "panics", Commands: shell("printf 'panic: at the disco\\ngoroutine 1\\n' >&2; exit 2")},
		{Name: "goes on", Commands: shell(`echo '{"step":"build"}'`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range lines {
		got = append(got, l.Party+": "+l.Step+l.Failed)
	}
	want := []string{"fails: build", "fails: .*exit status 3: no room", "garbles: .*no JSON line", "hangs: it was ended after 1s", "is not there: .*no such file", "panics: .*at the disco$", "goes on: build"}
	if len(got) != len(want) {
		t.Fatalf("%q", got)
	}
	for i := range want {
		if !regexp.MustCompile(want[i]).MatchString(got[i]) {
			t.Errorf("%q, want %q", got[i], want[i])
		}
	}
}

// TestInterruptEndsChildren: with those that a child has started itself.
func TestInterruptEndsChildren(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	mark := filepath.Join(t.TempDir(), "mark")
	r := &Runner{CPU: -1, Folder: t.TempDir(), Stderr: &bytes.Buffer{}}
	time.AfterFunc(300*time.Millisecond, stop)
	started := time.Now()
	_, err := r.Run(ctx, "set", []Party{{Name: "slow", Commands: shell("(sleep 1.5; touch " + mark + ") & sleep 60")}})
	if !errors.Is(err, context.Canceled) || time.Since(started) > 10*time.Second {
		t.Errorf("%v after %v", err, time.Since(started))
	}
	time.Sleep(2 * time.Second)
	if _, err := os.Stat(mark); err == nil {
		t.Error("a grandchild went on")
	}
}

// TestSearchLeavesWhatItMeasured: answers of the last pass, padded, and a time for each call.
func TestSearchLeavesWhatItMeasured(t *testing.T) {
	var out bytes.Buffer
	c := &Child{Out: &out, Folder: t.TempDir()}
	calls := 0
	if err := c.Search(Line{Party: "p", Step: "search", Width: 2}, 3, Plan{Passes: 2, Budget: time.Minute}, func(q int) ([]int64, []float64, error) {
		calls++
		return []int64{int64(q), 7}[:1+q%2], nil, nil
	}); err != nil {
		t.Fatal(err)
	}
	lines, err := readLines(&out)
	if err != nil || len(lines) != 1 || calls != 3+2*3 {
		t.Fatalf("%+v, %v, %d calls", lines, err, calls)
	}
	l := &lines[0]
	answers, err := ReadNumbers[int64](l.Answers)
	if err != nil || l.Passes != 2 || l.Scores != "" {
		t.Fatalf("%+v, %v", l, err)
	}
	for i, want := range []int64{0, -1, 1, 7, 2, -1} {
		if answers[i] != want {
			t.Fatalf("answers %v", answers)
		}
	}
	if err := l.Timed(); err != nil || !(l.Get("p99") >= l.Get("p50")) {
		t.Errorf("%+v, %v", l, err)
	}
}
