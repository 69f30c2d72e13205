package engine

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"time"

	"github.com/nexus-memory/nexus/engine/jsonl"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rank"
	"github.com/nexus-memory/nexus/engine/rank/fit"
	"github.com/nexus-memory/nexus/engine/rank/trial"
	"github.com/nexus-memory/nexus/engine/search"
	"github.com/nexus-memory/nexus/engine/search/signals"
	"github.com/nexus-memory/nexus/engine/segment"
	"github.com/nexus-memory/nexus/engine/store"
)

// The values of Train; see package model.
type (
	Judged       = model.Judged
	Relevant     = model.Relevant
	TrainReport  = model.TrainReport
	TrainFigures = model.TrainFigures
	Interval     = model.Interval
)

// TrainOptions say how a ranker is fitted. The zero value is good.
type TrainOptions struct {
	Seed   uint64 // of what is drawn at random
	Rounds int    // trees that are added to the built-in ranker's, 1..model.RoundsMax; 0: 40 to 80, by the questions
	// FromJudgements adds the questions that users judged hits of, see DB.Learn, as far as
	// their texts were given: what a user judged above 0 is relevant to the question, and a
	// question with nothing of that is left out. docs/training.md has what that is worth.
	FromJudgements bool
	// Force installs the new ranker also where it is not better beyond noise, and in place
	// of one that this build cannot read.
	Force bool
	// Progress, if any, is told of the steps done, on the goroutine of Train.
	Progress Progress
}

// Train fits the ranker anew to the store's own judged questions, measures it, and has it
// serve from then on where it is better beyond noise, or Force says so. It goes on from
// the built-in ranker, whatever serves: give it all judged questions every time.
//
// It is measured by questions that it was not fitted on: every fifth of the questions is
// answered by a ranker fitted on the others, through the whole search, and compared with
// the answers of the built-in one, see TrainReport. What serves changes in one step while
// questions run, is kept with the store in its file RANKER, and can be taken back by
// RollbackRanker. The same questions over the same memories with the same Seed give the
// same ranker. docs/training.md has what to judge and how to read the report.
//
// Reads and writes go on; all is measured on the snapshot that is current at the start.
// Some 10 ms a question, and 100 KiB. One Train at a time: ErrBusy. Other errors:
// ErrInvalid (fewer than model.JudgedMin questions with something relevant in the store,
// a question that is not valid, named by its index), ErrReadOnly, ErrUnsupported (the
// store's own ranker is of a newer version, and Force is not set), ErrDimension,
// ErrCancelled, ErrDeadline, ErrNoSpace.
func (db *DB) Train(ctx context.Context, judged []Judged, o TrainOptions) (TrainReport, error) {
	return db.train(ctx, judged, o, func(i int) string { return fmt.Sprintf("question %d", i) })
}

// TrainLines is Train on JSON lines, one question each: {"question","relevant":
// [keys, IDs, or {"key" or "id","grade"}],"user","session","agent","tenant","now",
// "vector"}; of package eval's questions "conv" is the user and "evidence" what is
// relevant. Where a line is bad nothing is fitted, and the error names it. Errors beyond
// those of Train: those of the reader.
func (db *DB) TrainLines(ctx context.Context, r io.Reader, o TrainOptions) (TrainReport, error) {
	judged, lines, err := jsonl.ReadJudged(r)
	if err != nil {
		return TrainReport{}, fmt.Errorf("train: %w", err)
	}
	return db.train(ctx, judged, o, func(i int) string { return fmt.Sprintf("line %d", lines[i]) })
}

// TrainFile is TrainLines of a file; of none where path is empty and o has FromJudgements.
// Errors beyond those: ErrNotFound, ErrForbidden, ErrInvalid (a directory).
func (db *DB) TrainFile(ctx context.Context, path string, o TrainOptions) (TrainReport, error) {
	if path == "" && o.FromJudgements {
		return db.Train(ctx, nil, o)
	}
	f, err := os.Open(path)
	if err != nil {
		return TrainReport{}, fmt.Errorf("train: %w", fileError(path, err))
	}
	defer f.Close()
	return db.TrainLines(ctx, &byteCounter{ctx, f, path, 0, 0, nil}, o)
}

// train is Train with how a question is named in errors.
func (db *DB) train(ctx context.Context, judged []Judged, o TrainOptions, name func(int) string) (report TrainReport, err error) {
	if !db.training.TryLock() {
		return report, fmt.Errorf("train: %w", errTraining)
	}
	defer db.training.Unlock()
	started := time.Now()
	if o.FromJudgements {
		own, err := questionsOfJudgements(ctx, db, max(0, model.JudgedMax-len(judged)))
		if err != nil {
			return report, fmt.Errorf("train: %w", err)
		}
		given, named := len(judged), name
		judged = slices.Concat(judged, own)
		name = func(i int) string {
			if i < given {
				return named(i)
			}
			return fmt.Sprintf("question %d that users judged hits of", i-given)
		}
	}
	view, err := db.trainable(judged, &o, name)
	if err != nil {
		return report, fmt.Errorf("train: %w", err)
	}
	defer view.Release()
	defer view.Guard(debug.SetPanicOnFault(true), &err)
	t := &trainer{db: db, view: view, o: &o, judged: judged, name: name, report: &report}
	if err := t.observe(ctx); err != nil {
		return report, fmt.Errorf("train: %w", err)
	}
	m, err := t.try(ctx)
	if err == nil && (report.Better || o.Force) {
		err = db.take(m)
		report.Installed = err == nil
	}
	report.Took = time.Since(started)
	if err != nil {
		return report, fmt.Errorf("train: %w", err)
	}
	return report, nil
}

// trainable checks what is known before the first question is asked, and returns the view
// that they are asked of.
func (db *DB) trainable(judged []Judged, o *TrainOptions, name func(int) string) (*segment.View, error) {
	if err := db.store.CanWrite(); err != nil {
		return nil, err
	}
	if _, err := readRankers(db.store); model.CodeOf(err) == model.CodeUnsupported && !o.Force {
		return nil, err
	}
	switch {
	case len(judged) < model.JudgedMin:
		return nil, tooFew(len(judged))
	case len(judged) > model.JudgedMax:
		return nil, fmt.Errorf("%d judged questions, more than %d: %w", len(judged), model.JudgedMax, ErrInvalid)
	case o.Rounds < 0 || o.Rounds > model.RoundsMax:
		return nil, fmt.Errorf("%d rounds, want 0..%d: %w", o.Rounds, model.RoundsMax, ErrInvalid)
	}
	for i := range judged {
		if err := judged[i].Check(); err != nil {
			return nil, fmt.Errorf("%s: %w", name(i), err)
		}
	}
	return db.store.View()
}

func tooFew(count int) error {
	return fmt.Errorf("%d judged questions with something relevant in the store, want at least %d: %w", count, model.JudgedMin, ErrInvalid)
}

// take has a new ranker serve, and keeps the one before it.
func (db *DB) take(m *rank.Model) error {
	before, _ := readRankers(db.store) // what cannot be read does not serve
	return db.install(rank.Kept{Serving: m, Before: before.Serving})
}

// trainer is one call of Train.
type trainer struct {
	db     *DB
	view   *segment.View
	o      *TrainOptions
	judged []Judged
	name   func(int) string // of a question, in errors
	report *TrainReport

	asked    []*askedOf // questions that count
	data     *fit.Dataset
	steps    uint64
	stepsAll uint64
}

// askedOf is a question with what is right for it, found in the store.
type askedOf struct {
	index  int // of what was judged
	query  Query
	grades map[ID]uint8 // of what is relevant and there; empty: nothing answers it
	units  [3]string    // what it belongs to, the coarsest first
	before trial.Outcome
	served trial.Outcome
}

// unitNames are what questions are kept together by.
var unitNames = [...]string{"user", "session", "question"}

// observe finds what is relevant, asks all questions with the built-in ranker, and with
// the one that serves, and notes the signals of the candidates.
func (t *trainer) observe(ctx context.Context) error {
	for i := range t.judged {
		q, err := t.resolve(&t.judged[i])
		if err != nil {
			return fmt.Errorf("%s: %w", t.name(i), err)
		}
		if q != nil {
			q.index = i
			t.asked = append(t.asked, q)
		}
	}
	t.report.Questions = len(t.asked) - t.report.Unanswered
	if t.report.Questions < model.JudgedMin {
		return tooFew(t.report.Questions)
	}
	if t.o.Rounds == 0 {
		t.o.Rounds = min(80, max(40, t.report.Questions/4))
	}
	t.stepsAll = uint64(2*len(t.asked) + (trial.FoldsMax+1)*t.o.Rounds)
	t.data = &fit.Dataset{}
	t.data.Columns = slices.DeleteFunc(slices.Clone(signals.Names()), func(name string) bool { return slices.Contains(signals.Habits(), name) })
	for _, q := range t.asked {
		if err := t.add(ctx, q); err != nil {
			return fmt.Errorf("%s: %w", t.name(q.index), err)
		}
		t.step()
	}
	return nil
}

func (t *trainer) step() {
	t.steps++
	if t.o.Progress != nil {
		t.o.Progress(min(t.steps, t.stepsAll), t.stepsAll)
	}
}

// resolve finds what is relevant to a question; nil where there was something, and nothing
// of it is in the store.
func (t *trainer) resolve(j *Judged) (*askedOf, error) {
	q := &askedOf{query: j.Query(), grades: map[ID]uint8{}}
	if err := q.query.Normalize(); err != nil {
		return nil, err
	}
	if err := store.CheckQuestion(t.view, j.Vector); err != nil {
		return nil, err
	}
	session := ""
	for _, r := range j.Relevant {
		ref, ok := t.view.Find(r.ID)
		if r.Key != "" {
			ref, ok = t.view.FindKey(j.Tenant, r.Key)
		}
		if !ok {
			t.report.Missing++
			continue
		}
		id := t.view.ID(ref)
		q.grades[id] = max(q.grades[id], uint8(max(1, r.Grade)))
		if session == "" {
			m, err := t.view.Memory(ref, false)
			if err != nil {
				return nil, err
			}
			session = unit(m.Tenant, m.User, m.Agent, m.Session)
		}
	}
	switch {
	case len(j.Relevant) == 0:
		t.report.Unanswered++
		session = unit(j.Tenant, j.User, j.Agent, j.Session)
	case len(q.grades) == 0:
		t.report.LeftOut++
		return nil, nil
	}
	q.units = [...]string{unit(j.Tenant, j.User, j.Agent), session, unit(j.Tenant, j.User, j.Agent, j.Session, j.Text)}
	return q, nil
}

// unit joins names so that no two lists are one.
func unit(names ...string) string { return fmt.Sprintf("%q", names) }

// add asks a question and appends its candidates to the data, where one of them is relevant.
func (t *trainer) add(ctx context.Context, q *askedOf) (err error) {
	var labels []uint8
	var values []float32
	observe := func(c *search.Candidates) {
		labels, values = labels[:0], values[:0] // asked once more where too few were left
		useful := false
		for _, ref := range c.Refs {
			grade := q.grades[t.view.ID(ref)]
			labels, useful = append(labels, grade), useful || grade > 0
		}
		if !useful {
			labels = labels[:0]
		}
		for i, name := range signals.Names() {
			if slices.Contains(t.data.Columns, name) {
				values = append(values, c.Signals.Columns[i*signals.CandidatesMax:][:len(labels)]...)
			}
		}
	}
	if q.before, err = t.ask(ctx, q, nil, observe); err != nil {
		return err
	}
	if own := t.db.serving.Load(); own.ranker != nil {
		if q.served, err = t.ask(ctx, q, own.ranker, nil); err != nil {
			return err
		}
	}
	return t.data.Add(fit.Group{Weight: 1, Evidence: len(q.grades)}, labels, values, len(labels))
}

// ask returns what a question comes to with a ranker, past the cache and all counting.
func (t *trainer) ask(ctx context.Context, q *askedOf, ranker *rank.Scorer, observe func(*search.Candidates)) (o trial.Outcome, err error) {
	query := q.query
	answer, err := t.db.asks.Answer(ctx, &search.Question{View: t.view, Text: query.Text, Vector: query.Vector, Ranker: ranker, Observe: observe, Uncounted: true}, &query)
	if err == nil && !complete(&answer.Trace) {
		err = fmt.Errorf("an engine was late, failed or left out, so that nothing can be learnt of the answer: %w", ErrUnavailable)
	}
	if err != nil {
		return o, err
	}
	found := 0
	for i := range answer.Hits {
		if q.grades[answer.Hits[i].ID] == 0 {
			continue
		}
		if found++; found == 1 {
			o.MRR = 1 / float64(i+1)
		}
	}
	o.Judged, o.Found, o.Said = len(q.grades) > 0, found > 0, float64(answer.Confidence)
	if o.Found {
		o.Any, o.Frac = 1, float64(found)/float64(len(q.grades))
	}
	return o, nil
}

// try fits and measures, and fills the report.
func (t *trainer) try(ctx context.Context) (*rank.Model, error) {
	level := t.level()
	tried := &trial.Trial{Data: t.data, Ask: t.askWith, Asked: t.step}
	served := make([]trial.Outcome, len(t.asked))
	for i, q := range t.asked {
		tried.Units, tried.Before = append(tried.Units, q.units[level]), append(tried.Before, q.before)
		served[i] = q.served
	}
	tried.Fit = fit.Options{
		// docs/design/ranker.md has what else was tried.
		Base: rank.BuiltIn(), Trees: t.o.Rounds, Depth: 3, Rate: .05, L2: 3, HessianMin: 3, Seed: t.o.Seed,
		Provenance: rank.Provenance{Sets: []string{fmt.Sprintf("%d questions of the store's own", t.report.Questions)}, Fitted: time.Now().UTC().Truncate(24 * time.Hour)},
		Progress:   func(fit.Step) { t.step() },
	}
	result, err := trial.Run(ctx, tried)
	if err != nil {
		return nil, err
	}
	r := t.report
	r.Folds, r.KeptWith = result.Folds, unitNames[level]
	r.Before, r.After = trial.Figures(tried.Before), trial.Figures(result.After)
	if t.db.serving.Load().ranker != nil {
		figures := trial.Figures(served)
		r.Serving = &figures
	}
	r.Any8, r.Frac8, r.MRR, r.Overall, r.Better = result.Any8, result.Frac8, result.MRR, result.Overall, result.Better
	m, err := result.Ranker.WithMetrics(metrics(r))
	if err != nil {
		return nil, err
	}
	r.Trees, r.Bytes = m.Trees(), len(m.Encode())
	return m, nil
}

// metrics is what a ranker says of itself.
func metrics(r *TrainReport) string {
	of := func(f *TrainFigures) string {
		return fmt.Sprintf("any@8 %.1f frac@8 %.1f MRR %.1f", 100*f.Any8, 100*f.Frac8, 100*f.MRR)
	}
	return fmt.Sprintf("%d questions, held out: %s, the built-in ranker: %s", r.Questions, of(&r.After), of(&r.Before))
}

// level returns what is kept together, see unitNames.
func (t *trainer) level() int {
	var levels [][]string
	for level := range unitNames {
		var units []string
		for _, q := range t.asked {
			units = append(units, q.units[level])
		}
		levels = append(levels, units)
	}
	return trial.Together(levels)
}

// askWith asks a question with a ranker that was just fitted.
func (t *trainer) askWith(ctx context.Context, question int, m *rank.Model) (trial.Outcome, error) {
	scorer, err := search.Bind(m)
	if err != nil {
		return trial.Outcome{}, err
	}
	return t.ask(ctx, t.asked[question], scorer, nil)
}
