// Command confidence fits the model that tells how probable it is that the answer is
// among the hits, and reports how well it does.
//
//	go run ./train/confidence --set NAME[*WEIGHT]=DIR[,VECTORS] ... --measure NAME=DIR[,VECTORS] ... --out FILE
//
// It asks every question of every set of its own conversation, once with vectors where
// there are some and once without, and every second one of another conversation too,
// where nothing answers it. Of a set that the built-in ranker was fitted on, only the
// conversations are taken that it was not: what a ranker has seen it ranks better than
// what it will see. What is only measured with is never fitted on. The same sets give
// the same bytes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"github.com/nexus-memory/nexus/bench/train/sets"
	"github.com/nexus-memory/nexus/engine/rank"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "confidence:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	var fitted, measured sets.Sources
	flag.Var(&fitted, "set", "NAME[*WEIGHT]=DIR[,VECTORS]: a set to fit on; repeated")
	flag.Var(&measured, "measure", "NAME=DIR[,VECTORS]: a set to measure with alone; repeated")
	keep := flag.String("keep", "", "folder where the features of every set are kept, and read again from")
	out := flag.String("out", "", "file of the model")
	without := flag.String("without", "", "features that are left out, by commas")
	date := flag.String("date", "2026-11-26", "day of fitting, for the model's provenance")
	var o options
	flag.IntVar(&o.trees, "trees", 250, "trees at most")
	flag.IntVar(&o.depth, "depth", 3, "levels of a tree")
	flag.Float64Var(&o.rate, "rate", .05, "learning rate")
	flag.Float64Var(&o.hessian, "hessian", 5, "second derivatives of a leaf at least")
	flag.Float64Var(&o.elsewhere, "elsewhere", 1, "weight of a question of another conversation, for the trees")
	flag.Float64Var(&o.mixed, "mixed", .25, "and for the calibration")
	flag.Float64Var(&o.absent, "absent", 4, "weight of a question in the topic that nothing answers")
	flag.Parse()
	if err := errors.Join(fitted.Unpooled(), measured.Unpooled()); err != nil {
		return err
	}
	o.without = strings.Split(*without, ",")
	var err error
	if o.date, err = time.Parse(time.DateOnly, *date); err != nil {
		return err
	}
	var all []asked
	for _, s := range fitted {
		rows, err := observe(ctx, s, *keep)
		if err != nil {
			return err
		}
		if slices.Contains(rank.BuiltIn().Provenance().Sets, s.Name) {
			rows = slices.DeleteFunc(rows, func(a asked) bool { return !sets.Held(s.Name, a.conversation) })
		}
		all = append(all, rows...)
	}
	m, err := fitModel(ctx, all, o)
	if err != nil {
		return err
	}
	for _, s := range measured {
		rows, err := observe(ctx, s, *keep)
		if err != nil {
			return err
		}
		all := make([]judged, len(rows))
		for i, a := range rows {
			all[i] = judged{a, float64(m.Probability(a.features))}
		}
		report(s.Name, all)
	}
	if *out == "" {
		return nil
	}
	return os.WriteFile(*out, m.Encode(), 0o644)
}
