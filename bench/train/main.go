// Command train fits the ranker that Nexus ships.
//
//	go run ./train --set NAME[@POOL][*WEIGHT]=DIR[,VECTORS] ... --measure NAME=DIR[,VECTORS] ... --out FILE
//
// It builds stores of every set, asks every question through the engine, and fits on the
// signals of the candidates. What is only measured with is never fitted on. The same sets
// give the same bytes.
package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/nexus-memory/nexus/bench/train/sets"
	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/rank"
	"github.com/nexus-memory/nexus/engine/rank/fit"
	"github.com/nexus-memory/nexus/eval"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
}

// habits are signals that are habits of the sets that are fitted on: where in a session
// evidence stands, how old it is, how many memories there are.
const habits = "position,is_first,age,documents,role_share"

func run(ctx context.Context) error {
	var fitted, measured sets.Sources
	var o fit.Options
	flag.Var(&fitted, "set", "NAME[@POOL][*WEIGHT]=DIR[,VECTORS]: a set to fit on, of so many conversations a store; repeated")
	flag.Var(&measured, "measure", "NAME[@POOL]=DIR[,VECTORS]: a set to measure with alone; repeated")
	keep := flag.String("signals", "", "folder where the signals of every set are kept, and read again from")
	out := flag.String("out", "", "file of the model")
	without := flag.String("without", habits, "columns that are left out, by commas")
	hide := flag.Float64("hide", .5, "share of the questions that vectors are hidden from")
	date := flag.String("date", "2026-11-26", "day of fitting, for the model's provenance")
	ablates := flag.Bool("ablate", false, "say what each engine and family of signals is worth to the measured sets (some fifteen fits)")
	flag.IntVar(&o.Trees, "trees", 400, "trees at most")
	flag.IntVar(&o.Depth, "depth", 6, "levels of a tree")
	flag.Float64Var(&o.Rate, "rate", 0, "learning rate")
	flag.Float64Var(&o.HessianMin, "hessian", 3, "second derivatives of a leaf at least")
	flag.Uint64Var(&o.Seed, "seed", 1, "seed of the samples")
	flag.Parse()

	train, held, err := gather(ctx, fitted, *keep, strings.Split(*without, ","))
	if err != nil {
		return err
	}
	o.Drop = hidden(train.Columns, *hide)
	if o.Provenance.Fitted, err = time.Parse(time.DateOnly, *date); err != nil {
		return err
	}
	o.Progress = func(s fit.Step) {
		if s.Tree%50 == 0 {
			fmt.Fprintf(os.Stderr, "tree %d: %v\n", s.Tree, s.Held)
		}
	}
	model, report, err := fit.Fit(ctx, train, held, o)
	if err != nil {
		return err
	}
	fmt.Printf("%d trees; held out: %v\n", report.Trees, report.Held)
	printGains(train.Columns, report.Gains)
	for _, s := range measured {
		if err := measure(ctx, s, *keep, model); err != nil {
			return err
		}
	}
	if *ablates {
		if err := ablate(ctx, fitted, measured, *keep, strings.Split(*without, ","), o, *hide); err != nil {
			return err
		}
	}
	if *out == "" {
		return nil
	}
	return os.WriteFile(*out, model.Encode(), 0o644)
}

// gather returns the signals of all sets, divided by conversation, without some columns
// and without questions that nothing was found for.
func gather(ctx context.Context, from []sets.Source, keep string, without []string) (train, held *fit.Dataset, err error) {
	var both [2]*fit.Dataset
	for i := range both {
		both[i] = &fit.Dataset{Columns: slices.DeleteFunc(slices.Clone(engine.SignalNames()), func(name string) bool { return slices.Contains(without, name) })}
	}
	for _, s := range from {
		data, err := signalsOf(ctx, s, keep)
		if err != nil {
			return nil, nil, err
		}
		for g, group := range data.Groups {
			first, end := data.Starts[g], data.Starts[g+1]
			labels := data.Labels[first:end]
			if !slices.Contains(labels, 1) {
				continue
			}
			conversation, id, _ := strings.Cut(group.ID, " ")
			to := both[0]
			if sets.Held(s.Name, conversation) {
				to = both[1]
			}
			values := make([]float32, 0, len(labels)*len(to.Columns))
			for i, name := range data.Columns {
				if slices.Contains(to.Columns, name) {
					values = append(values, data.Values[i][first:end]...)
				}
			}
			group.ID, group.Set = id, s.Name
			if err := to.Add(group, labels, values, len(labels)); err != nil {
				return nil, nil, err
			}
		}
	}
	for _, data := range both {
		data.Balance()
		for g := range data.Groups {
			at := slices.IndexFunc(from, func(s sets.Source) bool { return s.Name == data.Groups[g].Set })
			data.Groups[g].Weight *= from[at].Weight
		}
	}
	return both[0], both[1], nil
}

// signalsOf returns the signals of all questions of a set, by category; a question's ID
// is that of its conversation, a space, and its own.
func signalsOf(ctx context.Context, s sets.Source, keep string) (*fit.Dataset, error) {
	return sets.Kept(keep, s.Name+".fit", engine.SignalNames(), func() (*fit.Dataset, error) { return observe(ctx, s) })
}

// observe asks all questions of a set.
func observe(ctx context.Context, s sets.Source) (*fit.Dataset, error) {
	set, err := eval.Load(s.Dir)
	if err != nil {
		return nil, err
	}
	started, data := time.Now(), &fit.Dataset{Columns: engine.SignalNames()}
	for _, store := range pools(set, s.Pool) {
		_, err = eval.Run(ctx, store, eval.Settings{
			Vectors: s.Vectors, Route: engine.RouteFull, Pooled: s.Pool > 0,
			Observed: func(q *eval.Question, turns []string, sg *engine.Signals) error {
				labels := make([]uint8, len(turns))
				for i, turn := range turns {
					if slices.Contains(q.Evidence, turn) {
						labels[i] = 1
					}
				}
				group := fit.Group{ID: q.Conversation + " " + q.ID, Set: q.Category, Weight: 1, Evidence: len(q.Evidence)}
				return data.Add(group, labels, slices.Concat(sg.Values...), len(labels))
			},
		})
		if err != nil {
			return nil, err
		}
	}
	fmt.Fprintf(os.Stderr, "%s: %d turns, %d questions in %v\n", s.Name, len(set.Turns), len(set.Questions), time.Since(started).Round(time.Millisecond))
	return data, nil
}

// pools divides a set into sets of so many conversations each, in their order; 0 leaves it whole.
func pools(set *eval.Set, size int) (all []*eval.Set) {
	if size == 0 {
		return []*eval.Set{set}
	}
	of := map[string]int{}
	for _, turn := range set.Turns {
		if _, known := of[turn.Conversation]; !known {
			of[turn.Conversation] = len(of) / size
		}
		at := of[turn.Conversation]
		if at == len(all) {
			one := *set
			one.Turns, one.Questions = nil, nil
			all = append(all, &one)
		}
		all[at].Turns = append(all[at].Turns, turn)
	}
	for _, q := range set.Questions {
		if at, known := of[q.Conversation]; known {
			all[at].Questions = append(all[at].Questions, q)
		}
	}
	return all
}

// hidden hides the columns of vectors from a share of the questions.
func hidden(columns []string, share float64) []fit.Drop {
	var d fit.Drop
	for _, name := range columns {
		if strings.HasPrefix(name, "cosine") || name == "after_question_span" {
			d.Columns = append(d.Columns, name)
		}
	}
	d.Share = share
	return []fit.Drop{d}
}

// measure prints how a model ranks a set that it was not fitted on.
func measure(ctx context.Context, s sets.Source, keep string, model *rank.Model) error {
	data, err := signalsOf(ctx, s, keep)
	if err != nil {
		return err
	}
	scorer, err := model.Bind(data.Columns)
	if err != nil {
		return err
	}
	scores := make([]float32, data.Rows())
	flat := make([]float32, 0, data.Rows()*len(data.Columns))
	for _, column := range data.Values {
		flat = append(flat, column...)
	}
	scorer.Score(flat, data.Rows(), data.Rows(), scores)
	all, kinds := data.Measure(scores)
	fmt.Printf("%-12s %v\n", s.Name, all)
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		fmt.Printf("  %-24s %v\n", kind, kinds[kind])
	}
	return nil
}

// printGains lists what the columns were worth.
func printGains(columns []string, gains []float64) {
	order := make([]int, len(columns))
	total := 0.0
	for i := range order {
		order[i] = i
		total += gains[i]
	}
	slices.SortFunc(order, func(a, b int) int {
		if gains[a] > gains[b] {
			return -1
		}
		return 1
	})
	for _, i := range order[:min(30, len(order))] {
		fmt.Printf("  %-20s %5.1f %%\n", columns[i], 100*gains[i]/total)
	}
}
