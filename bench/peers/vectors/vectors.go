// Package vectors compares nearest-neighbour search: Nexus beside hnswlib, usearch, faiss
// and zvec, over real text vectors of 384 dimensions.
//
// Every party sweeps its settings; for a recall its cheapest setting that reaches it counts.
// Nexus has one, the effort: as the package engine/vector over the segment files of a store
// ("nexus"), and through engine.DB, records of the hits included ("nexus store").
package vectors

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/nexus-memory/nexus/bench/peers/contest"
)

// Sets there are; the first two run unless told otherwise.
var sets = []string{"turns", "gloss", "gloss-200k", "gloss-1m"}

// targets are the recalls at which times are compared.
var targets = []float64{.95, .98, .984, .99}

// questionsEach is how many questions a set is asked, a seeded sample of its own.
const questionsEach = 500

// width is the k of recall@k.
const width = 10

// efforts of Nexus, the usual one first: it reads most of what the others read.
var efforts = []float64{1, .0625, .1, .125, .15, .177, .21, .25, .3, .354, .42, .5, .6, .707, .84, 1.414, 2}

// effortName is how an effort's line is told from the others of a search.
func effortName(effort float64) string { return "effort " + shareName(effort) }

// peers in the order they run.
var peers = []string{
	"hnswlib", "usearch f32", "usearch f16", "usearch i8", "faiss flat", "faiss HNSW32-SQ8", "faiss IVF-PQ",
	"faiss IVF-RaBitQ", "faiss RaBitQ flat", "faiss PQ flat", "zvec HNSW", "zvec HNSW i8",
}

// The two ways to ask Nexus.
const (
	engineParty = "nexus"
	storeParty  = "nexus store"
)

// data is what all parties of a set work on.
type data struct {
	Rows, Questions, Dim int
	Shares               []float64 // percent that the filters let through

	home      string
	rows, ask []float32
}

func readData(home string) (*data, error) {
	about, err := os.ReadFile(filepath.Join(home, "about.json"))
	if err != nil {
		return nil, err
	}
	d := &data{home: home}
	if err := json.Unmarshal(about, d); err != nil {
		return nil, fmt.Errorf("about.json: %w", err)
	}
	if d.ask, err = contest.ReadNumbers[float32](filepath.Join(home, "questions.f32")); err != nil {
		return nil, err
	}
	if d.rows, err = contest.ReadNumbers[float32](filepath.Join(home, "rows.f32")); err != nil {
		return nil, err
	}
	if len(d.rows) != d.Rows*d.Dim || len(d.ask) != d.Questions*d.Dim {
		return nil, fmt.Errorf("about.json tells of %d rows and %d questions, the files of others", d.Rows, d.Questions)
	}
	return d, nil
}

func (d *data) row(i int) []float32      { return d.rows[i*d.Dim : (i+1)*d.Dim] }
func (d *data) question(i int) []float32 { return d.ask[i*d.Dim : (i+1)*d.Dim] }

func (d *data) score(question, row int) (sum float64) {
	a, b := d.question(question), d.row(row)
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

// shareName is how a share names its files.
func shareName(share float64) string { return strconv.FormatFloat(share, 'g', -1, 64) }

// filter reads the rows that a share lets through.
func (d *data) filter(share string) ([]uint8, error) {
	return contest.ReadNumbers[uint8](filepath.Join(d.home, "allowed-"+share+".u8"))
}

// Run measures the chosen sets.
func Run(ctx context.Context, s *contest.Setup) error {
	chosen, err := s.Chosen(sets, sets[:2])
	if err != nil {
		return err
	}
	cpu, err := contest.LastCPU()
	if err != nil {
		return err
	}
	s.Heading(cpu)
	var lines []contest.Line
	var bars []contest.Bar
	for _, set := range chosen {
		err := s.InFolder(cpu, func(r *contest.Runner) error {
			of, err := runSet(ctx, s, r, set)
			if err != nil {
				return err
			}
			lines = append(lines, of...)
			bars = append(bars, judge(set, of)...)
			return s.WriteLines(summary(of))
		})
		if err != nil {
			return fmt.Errorf("%s: %w", set, err)
		}
		if err := writeTable(s, set, lines); err != nil {
			return err
		}
	}
	return s.Finish(lines, bars)
}

func runSet(ctx context.Context, s *contest.Setup, r *contest.Runner, set string) ([]contest.Line, error) {
	r.Say("%s: rows, questions and their best rows", set)
	if err := s.Prepare(ctx, r, "vectors_data.py", "--data", s.Data, "--set", set, "--size", strconv.Itoa(s.Size),
		"--questions", strconv.Itoa(questionsEach), "--out", r.Folder); err != nil {
		return nil, err
	}
	all := []contest.Party{{Name: engineParty, Own: true, Commands: [][]string{
		s.Child("vectors-write", r.Folder), s.Child("vectors-engine", r.Folder), s.Child("vectors-store", r.Folder)}}}
	for _, name := range peers {
		all = append(all, contest.Party{Name: name, Commands: [][]string{{s.Python, filepath.Join(s.Py, "vectors.py"), "--peer", name, "--home", r.Folder}}})
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
			lines[i].Failed = err.Error() // its answers are wrong: it is named and not timed
		}
	}
	return contest.Merge(lines), nil
}

// check works out a line's times and what its answers are worth.
func (d *data) check(l *contest.Line) error {
	if l.Answers == "" || l.Failed != "" {
		return nil
	}
	if err := l.Timed(); err != nil {
		return err
	}
	suffix, allowedRows := "", d.Rows
	var allowed []uint8
	if l.Step == "filtered" || l.Step == "exact scan of" {
		var err error
		if allowed, err = d.filter(l.Param); err != nil {
			return err
		}
		suffix, allowedRows = "-"+l.Param, 0
		for _, a := range allowed {
			allowedRows += int(a)
		}
	}
	answers, err := contest.ReadNumbers[int64](l.Answers)
	if err != nil {
		return err
	}
	least, err := contest.ReadNumbers[float32](filepath.Join(d.home, "least"+suffix+".f32"))
	if err != nil {
		return err
	}
	wanted := make([]int, d.Questions)
	for q := range wanted {
		wanted[q] = min(width, allowedRows)
	}
	outside := 0
	recall, err := contest.Recall(answers, l.Width, wanted, least, d.Rows, func(q, row int) float64 {
		if allowed != nil && allowed[row] == 0 {
			outside++
		}
		return d.score(q, row)
	})
	if err == nil && outside > 0 {
		err = fmt.Errorf("%d answers that the filter does not let through", outside)
	}
	l.Put("recall", recall, "share")
	return err
}

// at is a party's cheapest search that reaches a recall, an empty line where none does.
func at(lines []contest.Line, party string, recall float64) *contest.Line {
	best := &contest.Line{}
	for i := range lines {
		l := &lines[i]
		if l.Party == party && l.Step == "search" && l.Failed == "" && l.Get("recall") >= recall && !(l.Get("mean") >= best.Get("mean")) {
			best = l
		}
	}
	return best
}

// best is the least mean of the parties whose names begin alike.
func best(lines []contest.Line, prefix string, recall float64) float64 {
	low := math.NaN()
	for _, name := range peers {
		if strings.HasPrefix(name, prefix) {
			low = contest.Lowest(low, at(lines, name, recall).Get("mean"))
		}
	}
	return low
}

// summary is the lines without what sweeps tried in vain: builds, filters, for every recall the
// setting that reaches it, and Nexus's usual one.
func summary(lines []contest.Line) []contest.Line {
	var keep []contest.Line
	for i := range lines {
		l := &lines[i]
		used := l.Step != "search" || l.Failed != "" || l.Param == effortName(efforts[0])
		for _, t := range targets {
			used = used || at(lines, l.Party, t) == l
		}
		if used {
			keep = append(keep, *l)
		}
	}
	return keep
}

// writeTable prints us a question by recall, one row a party.
func writeTable(s *contest.Setup, set string, lines []contest.Line) error {
	t := tabwriter.NewWriter(s.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "%s, us a question at recall\t", set)
	for _, r := range targets {
		fmt.Fprintf(t, "%g\t", r)
	}
	fmt.Fprintf(t, "best recall\tB/vector\tbuild s\t\n")
	var of []contest.Line
	for _, l := range lines {
		if l.Set == set {
			of = append(of, l)
		}
	}
	for _, name := range append([]string{engineParty, storeParty}, peers...) {
		most, build, there := math.NaN(), &contest.Line{}, false
		for i := range of {
			l := &of[i]
			there = there || l.Party == name
			if l.Party == name && l.Step == "search" && l.Failed == "" && !(l.Get("recall") <= most) {
				most = l.Get("recall")
			}
			if l.Party == name && l.Step == "build" {
				build = l
			}
		}
		if !there {
			continue
		}
		fmt.Fprintf(t, "%s\t", name)
		for _, r := range targets {
			fmt.Fprintf(t, "%s\t", contest.Digits(at(of, name, r).Get("mean")))
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t\n", contest.Digits(most), contest.Digits(build.Get("resident")), contest.Digits(build.Get("build")))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(s.Stdout)
	return err
}
