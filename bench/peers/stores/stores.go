// Package stores compares whole stores of conversation turns with vectors and metadata:
// Nexus, through its Python package ("nexus") and through Go ("nexus go"), beside Chroma,
// LanceDB, zvec and SQLite with FTS5 and sqlite-vec. Every add is durable when it returns.
// Times are by the clock, as adds wait for the disk.
package stores

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nexus-memory/nexus/bench/peers/contest"
)

const (
	width         = 10
	extraTurns    = 300 // kept back by py/stores_data.py, to be added one by one
	questionsEach = 300
	set           = "turns"

	// phaseMax ends a phase that hangs; the slowest, Chroma's adding, takes two minutes.
	phaseMax = 4 * time.Minute
)

// Parties: the own one that bars are about, and the peers.
const (
	ownParty = "nexus"
	goParty  = "nexus go"
)

var peers = []string{"chroma", "lancedb", "lancedb indexed", "zvec", "sqlite"}

// data is what all parties work on.
type data struct {
	turns     []turn
	vectors   []float32
	questions []question
	asked     []float32
	least     []float32
}

type turn struct {
	Conv, Session, Speaker, Time, Text string

	when time.Time
}

type question struct {
	Question string
	Evidence []int64
}

const dim = 384

func readData(home string) (d *data, err error) {
	d = &data{}
	if d.turns, err = readLines[turn](filepath.Join(home, "turns.jsonl")); err != nil {
		return nil, err
	}
	for i := range d.turns {
		if t := &d.turns[i]; t.Time != "" {
			if t.when, err = time.Parse(time.RFC3339, t.Time); err != nil {
				return nil, fmt.Errorf("turn %d: %w", i, err)
			}
		}
	}
	if d.questions, err = readLines[question](filepath.Join(home, "questions.jsonl")); err != nil {
		return nil, err
	}
	for name, to := range map[string]*[]float32{"turns.f32": &d.vectors, "questions.f32": &d.asked, "least.f32": &d.least} {
		if *to, err = contest.ReadNumbers[float32](filepath.Join(home, name)); err != nil {
			return nil, err
		}
	}
	if len(d.vectors) != dim*len(d.turns) || len(d.asked) != dim*len(d.questions) || len(d.least) != len(d.questions) {
		return nil, fmt.Errorf("%d turns and %d questions have other vectors", len(d.turns), len(d.questions))
	}
	return d, nil
}

func readLines[T any](path string) (list []T, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	for decoder := json.NewDecoder(bufio.NewReader(file)); decoder.More(); {
		var one T
		if err := decoder.Decode(&one); err != nil {
			return nil, fmt.Errorf("%s: line %d: %w", path, len(list)+1, err)
		}
		list = append(list, one)
	}
	return list, nil
}

func (d *data) vector(of []float32, i int) []float32 { return of[i*dim : (i+1)*dim] }

// stored is how many turns the batches add.
func (d *data) stored() int { return len(d.turns) - extraTurns }

// Run measures everything once.
func Run(ctx context.Context, s *contest.Setup) error {
	if _, err := s.Chosen([]string{set}, []string{set}); err != nil {
		return err
	}
	if s.Size > 0 && s.Size <= 2*extraTurns {
		return fmt.Errorf("size %d, want more than %d turns", s.Size, 2*extraTurns)
	}
	cpu, err := contest.LastCPU()
	if err != nil {
		return err
	}
	s.Heading(cpu)
	return s.InFolder(cpu, func(r *contest.Runner) error {
		if r.Limit > 0 {
			r.Limit = min(r.Limit, phaseMax)
		}
		lines, err := measure(ctx, s, r)
		if err != nil {
			return err
		}
		if err := s.WriteLines(lines); err != nil {
			return err
		}
		return s.Finish(lines, judge(lines))
	})
}

func measure(ctx context.Context, s *contest.Setup, r *contest.Runner) ([]contest.Line, error) {
	r.Say("%s: turns, questions and their best turns", set)
	if err := s.Prepare(ctx, r, "stores_data.py", "--data", s.Data, "--size", strconv.Itoa(s.Size), "--questions", strconv.Itoa(questionsEach), "--out", r.Folder); err != nil {
		return nil, err
	}
	all := []contest.Party{
		python(s, r, ownParty, true),
		{Name: goParty, Own: true, Commands: [][]string{s.Child("stores-write", r.Folder), s.Child("stores-read", r.Folder), s.Child("stores-tail", r.Folder)}},
	}
	for _, name := range peers {
		all = append(all, python(s, r, name, false))
	}
	lines, err := r.Run(ctx, set, s.Parties(all))
	if err != nil {
		return nil, err
	}
	d, err := readData(r.Folder)
	if err != nil {
		return nil, err
	}
	for i := range lines {
		if err := d.check(&lines[i]); err != nil {
			lines[i].Failed = err.Error()
		}
	}
	return contest.Merge(lines), nil
}

// python is a party that is a Python package.
func python(s *contest.Setup, r *contest.Runner, name string, own bool) contest.Party {
	p := contest.Party{Name: name, Own: own}
	for _, phase := range []string{"install", "write", "read", "tail"} {
		p.Commands = append(p.Commands, []string{s.Python, filepath.Join(s.Py, "stores.py"), "--party", name, "--phase", phase, "--home", r.Folder})
	}
	return p
}

// check works out a line's times, how many of the nearest turns a vector question finds,
// and how often evidence is among the first ten.
func (d *data) check(l *contest.Line) error {
	if l.Failed != "" {
		return nil
	}
	if err := l.Timed(); err != nil || l.Answers == "" {
		return err
	}
	answers, err := contest.ReadNumbers[int64](l.Answers)
	if err != nil {
		return err
	}
	if len(answers) != l.Width*len(d.questions) {
		return fmt.Errorf("%d answers for %d questions of %d", len(answers), len(d.questions), l.Width)
	}
	l.Put("evidence", d.evidence(answers, l.Width), "share")
	if l.Step != "vector question" {
		return nil
	}
	wanted := make([]int, len(d.questions))
	for q := range wanted {
		wanted[q] = min(width, d.stored())
	}
	recall, err := contest.Recall(answers, l.Width, wanted, d.least, d.stored(), d.score)
	l.Put("recall", recall, "share")
	return err
}

func (d *data) score(question, row int) (sum float64) {
	a, b := d.vector(d.asked, question), d.vector(d.vectors, row)
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

// evidence is the share of the questions with some of their evidence among the answers.
func (d *data) evidence(answers []int64, width int) float64 {
	found := 0
	for q := range d.questions {
		if anyOf(d.questions[q].Evidence, answers[q*width:(q+1)*width]) {
			found++
		}
	}
	return float64(found) / float64(len(d.questions))
}

func anyOf(wanted, among []int64) bool {
	for _, w := range wanted {
		for _, a := range among {
			if a == w {
				return true
			}
		}
	}
	return false
}

// row is one line of the table that the bars are about.
type row struct {
	own         string // step of Nexus's that stands beside the peers', "" = the same
	step, value string
	least       bool // more is better
	limit       float64
}

// rows of the table: what is compared with the best of the peers.
var rows = []row{
	{"", "add in batches", "rate", true, 1.5},
	{"", "add one", "p50", false, 1},
	{"", "add one", "p99", false, 1},
	{"", "vector question", "p50", false, 1},
	{"", "vector question", "p99", false, 1},
	{"", "lexical question", "p50", false, 1},
	{"", "lexical question", "p99", false, 1},
	{"", "hybrid question", "p50", false, .3},
	{"rrf question", "hybrid question", "p50", false, .3},
	{"", "hybrid question", "p99", false, 1},
	{"", "hybrid question", "evidence", true, 1},
	{"rrf question", "hybrid question", "evidence", true, 1},
	{"", "hybrid question after single adds", "p50", false, 1},
	{"", "reopened", "open and first question", false, 1},
	{"", "reopened", "resident", false, .5},
	{"", "reopened", "disk", false, 1},
	{"", "install", "installed", false, 1},
	{"", "install", "import", false, 1},
}

// ownSlowdown is how much single adds may slow questions.
const ownSlowdown = 1.1

func judge(lines []contest.Line) (bars []contest.Bar) {
	for _, own := range []string{ownParty, goParty} {
		get := func(party, step, value string) float64 {
			return contest.Find(lines, set, party, step, "").Get(value)
		}
		for _, w := range rows {
			step := cmp.Or(w.own, w.step)
			mine := get(own, step, w.value)
			theirs, who := w.best(func(party string) float64 { return get(party, w.step, w.value) })
			if own == goParty && w.step == "install" {
				continue
			}
			bar := contest.AtMost(set, fmt.Sprintf("%s, %s, %s: <= %gx the best", own, step, w.value, w.limit), contest.Ratio(mine, theirs), w.limit)
			if w.least {
				bar = contest.AtLeast(set, fmt.Sprintf("%s, %s, %s: >= %gx the best", own, step, w.value, w.limit), contest.Ratio(mine, theirs), w.limit)
			}
			bar.Note = who
			bars = append(bars, bar)
		}
		bars = append(bars, contest.AtMost(set, fmt.Sprintf("%s, hybrid p50 after %d single adds: <= %gx before them", own, singles, ownSlowdown),
			contest.Ratio(get(own, "hybrid question after single adds", "p50"), get(own, "hybrid question", "p50")), ownSlowdown))
	}
	return bars
}

// best is the best figure among the peers, and whose it is.
func (w *row) best(get func(party string) float64) (best float64, who string) {
	best = math.NaN()
	for _, p := range peers {
		v := get(p)
		if math.IsNaN(v) || !w.least && v >= best || w.least && v <= best {
			continue
		}
		best, who = v, p
	}
	return best, who
}
