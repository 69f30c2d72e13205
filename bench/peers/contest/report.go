package contest

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Setup is what a run was told.
type Setup struct {
	Kind   string
	Args   []string // the command line, for the record
	Sets   []string // names of the data; empty = the usual ones
	Size   int      // rows or documents at most; 0 = all
	Only   *regexp.Regexp
	Python string        // interpreter that has the kind's requirements
	Py     string        // folder of the scripts
	Data   string        // ../shared/data
	Record string        // folder of the records, "" = none
	Dir    string        // where working files go: the disk that is measured
	Self   string        // this program, which is its own children
	Limit  time.Duration // for one process of a party, 0 = none
	Stdout io.Writer
	Stderr io.Writer
}

// Chosen is the sets that were asked for, of those there are; usual where none was.
func (s *Setup) Chosen(all, usual []string) ([]string, error) {
	if len(s.Sets) == 0 {
		return usual, nil
	}
	for _, name := range s.Sets {
		if !slices.Contains(all, name) {
			return nil, fmt.Errorf("unknown set %q, want of %s", name, strings.Join(all, ", "))
		}
	}
	return s.Sets, nil
}

// Parties keeps those whose names were asked for.
func (s *Setup) Parties(all []Party) []Party {
	return slices.DeleteFunc(all, func(p Party) bool { return !s.Only.MatchString(p.Name) })
}

// Child is the command of a child that is this program.
func (s *Setup) Child(name string, args ...string) []string {
	return append([]string{s.Self, "--child", name}, args...)
}

// InFolder runs a function with a new folder and a runner for it.
func (s *Setup) InFolder(cpu int, use func(r *Runner) error) error {
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return err
	}
	folder, err := os.MkdirTemp(s.Dir, s.Kind+"-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	return use(&Runner{CPU: cpu, Folder: folder, Stderr: s.Stderr, Limit: s.Limit})
}

// Prepare runs a script of the Python side that makes data, in the runner's folder.
func (s *Setup) Prepare(ctx context.Context, r *Runner, script string, args ...string) error {
	_, err := r.command(ctx, append([]string{s.Python, s.Py + "/" + script}, args...))
	return err
}

// Timed fills a line's values with what its times come to, in microseconds.
func (l *Line) Timed() error {
	if l.Times == "" {
		return nil
	}
	raw, err := ReadNumbers[float64](l.Times)
	if err != nil {
		return err
	}
	t, err := Summarise(raw, l.Passes)
	if err != nil {
		return fmt.Errorf("%s, %s %s: %w", l.Party, l.Step, l.Param, err)
	}
	l.PutTimes(t)
	return nil
}

// PutTimes puts the three figures of a summary into the values.
func (l *Line) PutTimes(t Times) {
	l.Put("mean", t.Mean, "us")
	l.Put("p50", t.P50, "us")
	l.Put("p99", t.P99, "us")
}

// Put sets a value.
func (l *Line) Put(name string, value float64, unit string) {
	if l.Values == nil {
		l.Values = map[string]Value{}
	}
	l.Values[name] = Value{value, unit}
}

// Get returns a value, NaN where it is not there.
func (l *Line) Get(name string) float64 {
	if v, ok := l.Values[name]; ok {
		return v.Value
	}
	return math.NaN()
}

// Merge joins the lines of a party's runs: of each value the mean over the runs. Failures
// stay as they are.
func Merge(lines []Line) []Line {
	type key struct{ set, party, step, param, failed string }
	var merged []Line
	at, runs := map[key]int{}, map[key]map[string]int{}
	for _, l := range lines {
		k := key{l.Set, l.Party, l.Step, l.Param, l.Failed}
		i, known := at[k]
		if !known {
			at[k], runs[k] = len(merged), map[string]int{}
			i = len(merged)
			values := l.Values
			l.Values = map[string]Value{}
			merged = append(merged, l)
			l.Values = values
		}
		for name, v := range l.Values {
			n := float64(runs[k][name])
			merged[i].Put(name, (merged[i].Values[name].Value*n+v.Value)/(n+1), v.Unit)
			runs[k][name]++
		}
	}
	return merged
}

// Find returns the one line of a party's step, or an empty one.
func Find(lines []Line, set, party, step, param string) *Line {
	for i := range lines {
		l := &lines[i]
		if l.Set == set && l.Party == party && l.Step == step && l.Param == param && l.Failed == "" {
			return l
		}
	}
	return &Line{}
}

// Heading tells what the figures hold for.
func (s *Setup) Heading(cpu int) {
	where := fmt.Sprintf("processor %d", cpu)
	if cpu < 0 {
		where = "any processor"
	}
	fmt.Fprintf(s.Stdout, "%s: %s, tier %s, %s, load %s\n\n", s.Kind, CPUName(), Tier(), where, Load())
}

// WriteLines prints lines with all their values, in order.
func (s *Setup) WriteLines(lines []Line) error {
	t := tabwriter.NewWriter(s.Stdout, 0, 0, 2, ' ', 0)
	for _, l := range lines {
		if l.Failed != "" {
			fmt.Fprintf(t, "%s\t%s\tFAILED: %s\n", l.Set, l.name(), l.Failed)
			continue
		}
		fmt.Fprintf(t, "%s\t%s\t%s", l.Set, l.name(), strings.TrimSpace(l.Step+" "+l.Param))
		for _, name := range l.names() {
			v := l.Values[name]
			fmt.Fprintf(t, "\t%s %s %s", name, Digits(v.Value), v.Unit)
		}
		if l.Note != "" {
			fmt.Fprintf(t, "\t(%s)", l.Note)
		}
		fmt.Fprintf(t, "\n")
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(s.Stdout)
	return err
}

func (l *Line) name() string {
	if l.Version == "" {
		return l.Party
	}
	return l.Party + " (" + l.Version + ")"
}

// names are those of the values: the times first, by size, then the rest.
func (l *Line) names() []string {
	return slices.SortedFunc(maps.Keys(l.Values), func(a, b string) int {
		usual := []string{"recall", "mean", "p50", "p99"}
		at := func(name string) int {
			if i := slices.Index(usual, name); i >= 0 {
				return i
			}
			return len(usual)
		}
		return cmp.Or(cmp.Compare(at(a), at(b)), cmp.Compare(a, b))
	})
}

// Finish prints the bars and records everything.
func (s *Setup) Finish(lines []Line, bars []Bar) error {
	t := tabwriter.NewWriter(s.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "bars")
	for i := range bars {
		b := &bars[i]
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", b.Set, b.Text, Digits(b.Value), b.Verdict(), b.Note)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if s.Record == "" || len(lines) == 0 {
		return nil
	}
	r := NewRecord(CPUName(), Tier(), strings.Join(append([]string{"bench/peers"}, s.Args...), " "))
	for i := range lines {
		l := &lines[i]
		for _, name := range l.names() {
			step := strings.TrimSpace(l.Step + " " + l.Param)
			r.Add(l.Set, fmt.Sprintf("%s, %s, %s", l.name(), step, name), l.Values[name].Value, l.Values[name].Unit)
		}
	}
	for i := range bars {
		b := &bars[i]
		if v := b.Verdict(); v != notMeasured {
			r.Add(b.Set, fmt.Sprintf("bar %s: %s", b.Text, v), b.Value, "value")
		}
	}
	path, err := r.Save(s.Record, s.Kind)
	if err == nil {
		fmt.Fprintf(s.Stdout, "\nrecorded in %s\n", path)
	}
	return err
}

// Digits prints three digits that mean something.
func Digits(v float64) string {
	switch size := math.Abs(v); {
	case math.IsNaN(v):
		return "-"
	case size >= 100:
		return fmt.Sprintf("%.0f", v)
	case size >= 10:
		return fmt.Sprintf("%.1f", v)
	case size >= 1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3f", v)
}
