package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/model"
)

type trainFlags struct {
	options               engine.TrainOptions
	quiet, show, rollBack bool
}

func newTrainCommand(a *app) *cobra.Command {
	f := trainFlags{}
	c := &cobra.Command{
		Use:   "train [FILE]",
		Short: "Fit the ranker to questions of your own",
		Long: fmt.Sprintf(`Fits the ranker to judged questions about the store, measures it on questions that it was not
fitted on, beside the built-in ranker, and has it serve from then on where it is better beyond
noise, or with --force. It is fitted anew from the built-in one: give all questions every time,
at least %d. The store keeps it, and the one before it for --rollback.

JSON lines (- for standard input), one question each: {"question","relevant":[keys or IDs, or
{"key" or "id","grade":1 to %d}],"user","session","agent","tenant","now","vector"}. An empty list
says that nothing answers it: such questions count for the confidence alone. Files of nexus eval
do: "conv" is the user, "evidence" what is relevant. A bad line is an error that names it.

--from-judgements adds the questions that users judged hits of (nexus feedback --user --question):
what was judged above 0 is relevant. They do without a file.

--json prints {"questions","installed","better","before":{},"after":{},"gain":{},...}; figures are
0 to 1, with the ends of their 95 %% intervals. Ctrl-C leaves the ranker as it is. See docs/training.md.`, model.JudgedMin, model.GradeMax),
		Example: `  nexus train judged.jsonl
  nexus train --from-judgements
  nexus train --show
  nexus train --rollback`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.check(args); err != nil {
				return err
			}
			if f.show {
				return a.withStore(c.Context(), reading, a.showRanker)
			}
			return a.withStore(c.Context(), changing, func(db *engine.DB) error {
				if f.rollBack {
					return a.rollBackRanker(c.Context(), db)
				}
				return a.train(c.Context(), db, &f, strings.Join(args, ""))
			})
		},
	}
	c.Flags().Uint64Var(&f.options.Seed, "seed", 0, "`SEED` of what is drawn at random")
	c.Flags().IntVar(&f.options.Rounds, "rounds", 0, fmt.Sprintf("`TREES` to add to the built-in ranker's, 1 to %d (default 40 to 80, by the questions)", model.RoundsMax))
	c.Flags().BoolVar(&f.options.Force, "force", false, "have the new ranker serve also where it is not better beyond noise")
	c.Flags().BoolVar(&f.options.FromJudgements, "from-judgements", false, "take the questions that users judged hits of too")
	c.Flags().BoolVar(&f.show, "show", false, "say which ranker serves, and fit none")
	c.Flags().BoolVar(&f.rollBack, "rollback", false, "have the ranker before serve again, and fit none")
	c.Flags().BoolVarP(&f.quiet, "quiet", "q", false, "no progress")
	return c
}

func (f *trainFlags) check(args []string) error {
	switch {
	case f.show && f.rollBack:
		return wrongUsef("--show and --rollback are two things: give one of them")
	case (f.show || f.rollBack) && len(args) > 0:
		return wrongUsef("--show and --rollback take no file")
	case !f.show && !f.rollBack && len(args) != 1 && !(f.options.FromJudgements && len(args) == 0):
		return wrongUsef("%d files, want one with judged questions, or - for standard input; see nexus train --help", len(args))
	case f.options.Rounds < 0 || f.options.Rounds > model.RoundsMax:
		return wrongUsef("--rounds is %d, want 0 to %d", f.options.Rounds, model.RoundsMax)
	}
	return nil
}

func (a *app) train(ctx context.Context, db *engine.DB, f *trainFlags, path string) error {
	p := newStepProgress("train", f.quiet, a.errOut)
	f.options.Progress = p.step
	report, err := a.trained(ctx, db, path, f.options)
	p.stop()
	if err != nil {
		return wrongQuestions(err)
	}
	if a.json {
		return a.printJSON(newTrainRecord(&report))
	}
	return a.printTrained(&report)
}

func (a *app) trained(ctx context.Context, db *engine.DB, path string, o engine.TrainOptions) (engine.TrainReport, error) {
	if path == stdinPath {
		return db.TrainLines(ctx, pump(ctx, a.in), o)
	}
	return db.TrainFile(ctx, path, o)
}

// wrongQuestions is an error that the caller of the command has to mend, where it is one
// of the file's contents.
func wrongQuestions(err error) error {
	if errors.Is(err, engine.ErrInvalid) || errors.Is(err, engine.ErrDimension) {
		return wrongUse{err}
	}
	return err
}

func (a *app) printTrained(r *engine.TrainReport) error {
	a.printf("questions  %d judged", r.Questions)
	if r.Unanswered > 0 {
		a.printf(", %d that nothing answers", r.Unanswered)
	}
	if r.LeftOut > 0 {
		a.printf(", %d left out, as nothing that is relevant to them is in the store", r.LeftOut)
	}
	a.printf("\n")
	if r.Missing > 0 {
		a.printf("missing    %s of what is relevant\n", counted(r.Missing, "memory", "memories"))
	}
	a.printf("measured   by %d parts, a %s in one part, each by a ranker fitted on the others\n\n", r.Folds, r.KeptWith)
	a.printf("           built-in     new   difference, and its 95 %% interval\n")
	for _, row := range []struct {
		name          string
		before, after float64
		gain          engine.Interval
	}{
		{"any@8", r.Before.Any8, r.After.Any8, r.Any8},
		{"frac@8", r.Before.Frac8, r.After.Frac8, r.Frac8},
		{"MRR", r.Before.MRR, r.After.MRR, r.MRR},
		{"their mean", r.Before.Mean(), r.After.Mean(), r.Overall},
	} {
		a.printf("%-10s %8.1f %7.1f   %+5.1f [%+.1f, %+.1f]\n", row.name, 100*row.before, 100*row.after, 100*row.gain.Mean, 100*row.gain.Low, 100*row.gain.High)
	}
	a.printf("confidence is off by %.1f and %.1f\n", 100*r.Before.CalibrationError, 100*r.After.CalibrationError)
	if r.Serving != nil {
		a.printf("the store's own ranker until now: any@8 %.1f frac@8 %.1f MRR %.1f, better than it is where it was fitted on these questions\n",
			100*r.Serving.Any8, 100*r.Serving.Frac8, 100*r.Serving.MRR)
	}
	outcome := "it is not better beyond noise: the ranker stays as it is; --force installs it all the same"
	switch {
	case r.Better:
		outcome = "it is better beyond noise, and serves from now on; nexus train --rollback takes that back"
	case r.Installed:
		outcome = "it is not better beyond noise, and serves from now on as --force says; nexus train --rollback takes that back"
	}
	return a.printf("\n%s\n%s, %s, in %v\n", outcome, counted(r.Trees, "tree", "trees"), byteCount(uint64(r.Bytes)), r.Took.Round(time.Millisecond))
}

// figuresRecord is the JSON form of how well a ranker does.
type figuresRecord struct {
	Any8             float64 `json:"any_8"`
	Frac8            float64 `json:"frac_8"`
	MRR              float64 `json:"mrr"`
	CalibrationError float64 `json:"calibration_error"`
}

// intervalRecord is the JSON form of an interval.
type intervalRecord struct {
	Mean float64 `json:"mean"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// trainRecord is the JSON form of a report.
type trainRecord struct {
	Questions  int            `json:"questions"`
	Unanswered int            `json:"unanswered"`
	LeftOut    int            `json:"left_out"`
	Missing    int            `json:"missing"`
	Folds      int            `json:"folds"`
	KeptWith   string         `json:"kept_with"`
	Before     figuresRecord  `json:"before"`
	After      figuresRecord  `json:"after"`
	Serving    *figuresRecord `json:"serving,omitempty"` // of the store's own ranker until then
	Gain       struct {
		Any8    intervalRecord `json:"any_8"`
		Frac8   intervalRecord `json:"frac_8"`
		MRR     intervalRecord `json:"mrr"`
		Overall intervalRecord `json:"overall"`
	} `json:"gain"`
	Better    bool  `json:"better"`
	Installed bool  `json:"installed"`
	Trees     int   `json:"trees"`
	Bytes     int   `json:"bytes"`
	Took      int64 `json:"took_ms"`
}

func newTrainRecord(r *engine.TrainReport) trainRecord {
	record := trainRecord{
		Questions: r.Questions, Unanswered: r.Unanswered, LeftOut: r.LeftOut, Missing: r.Missing, Folds: r.Folds, KeptWith: r.KeptWith,
		Before: figuresRecord(r.Before), After: figuresRecord(r.After),
		Better: r.Better, Installed: r.Installed, Trees: r.Trees, Bytes: r.Bytes, Took: r.Took.Milliseconds(),
	}
	if r.Serving != nil {
		serving := figuresRecord(*r.Serving)
		record.Serving = &serving
	}
	g := &record.Gain
	g.Any8, g.Frac8, g.MRR, g.Overall = intervalRecord(r.Any8), intervalRecord(r.Frac8), intervalRecord(r.MRR), intervalRecord(r.Overall)
	return record
}

// rankerRecord is the JSON form of which ranker serves.
type rankerRecord struct {
	Own         bool   `json:"own"` // fitted on the store's own questions
	Fitted      string `json:"fitted"`
	Trees       int    `json:"trees"`
	Metrics     string `json:"metrics"`
	CanRollBack bool   `json:"can_roll_back"`
	Warning     string `json:"warning,omitempty"`
}

func newRankerRecord(r engine.RankerInfo) rankerRecord {
	return rankerRecord{Own: r.Own, Fitted: r.Fitted.Format(time.DateOnly), Trees: r.Trees, Metrics: r.Metrics, CanRollBack: r.CanRollBack, Warning: r.Warning}
}

func (r rankerRecord) String() string {
	what := "built-in"
	if r.Own {
		what = "the store's own"
	}
	return fmt.Sprintf("%s, %s, fitted %s", what, counted(r.Trees, "tree", "trees"), r.Fitted)
}

func (a *app) showRanker(db *engine.DB) error {
	s, err := db.Stats()
	if err != nil {
		return err
	}
	r := newRankerRecord(s.Ranker)
	if a.json {
		return a.printJSON(r)
	}
	a.printf("ranker     %v\n", r)
	if r.Metrics != "" {
		a.printf("measured   %s\n", printable(r.Metrics))
	}
	if r.CanRollBack {
		a.printf("before it  there is another one: nexus train --rollback\n")
	}
	if r.Warning != "" {
		a.printf("warning    %s\n", printable(r.Warning))
	}
	return nil
}

func (a *app) rollBackRanker(ctx context.Context, db *engine.DB) error {
	err := db.RollbackRanker(ctx)
	if errors.Is(err, engine.ErrNotFound) {
		return nothingFound{"the built-in ranker serves, and there is none before it"}
	}
	if err != nil {
		return err
	}
	return a.showRanker(db)
}
