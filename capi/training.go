package main

// #include <nexus.h>
import "C"

import (
	"context"
	"unsafe"

	"github.com/nexus-memory/nexus/engine"
)

func (d *decoder) training(t *C.nexus_training) (out engine.TrainOptions) {
	if t == nil || d.err != nil {
		return out
	}
	t, err := known("training", t, C.NEXUS_TRAINING_SIZE_1)
	if err != nil {
		d.err = err
		return out
	}
	if t.flags&^(C.NEXUS_TRAINING_FORCE|C.NEXUS_TRAINING_FROM_JUDGEMENTS) != 0 {
		d.fail("training.flags are %#x", t.flags)
	}
	if t.rounds > C.NEXUS_ROUNDS_MAX {
		d.fail("training.rounds is %d, more than %d", t.rounds, C.NEXUS_ROUNDS_MAX)
	}
	return engine.TrainOptions{
		Seed: uint64(t.seed), Rounds: int(t.rounds), Force: t.flags&C.NEXUS_TRAINING_FORCE != 0, FromJudgements: t.flags&C.NEXUS_TRAINING_FROM_JUDGEMENTS != 0,
	}
}

// train fits a ranker to the questions of a file, to what users said of hits, or to both.
func (r *request) train(ctx context.Context) (*engine.TrainReport, error) {
	r.training.Progress = r.progress.set
	report, err := r.db.TrainFile(ctx, r.path, r.training)
	return &report, err
}

func (a *arena) trained(from *engine.TrainReport) {
	head := reserve[C.nexus_train_report](a, 1)
	keptWith := a.text(from.KeptWith)
	if head == nil {
		return
	}
	head[0] = C.nexus_train_report{
		struct_size: C.uint32_t(unsafe.Sizeof(head[0])), better: oneIf(from.Better), installed: oneIf(from.Installed), folds: C.uint32_t(from.Folds),
		questions: C.uint64_t(from.Questions), unanswered: C.uint64_t(from.Unanswered), left_out: C.uint64_t(from.LeftOut), missing: C.uint64_t(from.Missing),
		kept_with: keptWith, before: figures(&from.Before), after: figures(&from.After), has_serving: oneIf(from.Serving != nil),
		gain_any_8: interval(from.Any8), gain_frac_8: interval(from.Frac8), gain_mrr: interval(from.MRR), gain_overall: interval(from.Overall),
		trees: C.uint32_t(from.Trees), bytes: C.uint64_t(from.Bytes), took_ns: C.int64_t(from.Took),
	}
	if from.Serving != nil {
		head[0].serving = figures(from.Serving)
	}
}

func figures(f *engine.TrainFigures) C.nexus_train_figures {
	return C.nexus_train_figures{any_8: C.double(f.Any8), frac_8: C.double(f.Frac8), mrr: C.double(f.MRR), calibration_error: C.double(f.CalibrationError)}
}

func interval(i engine.Interval) C.nexus_interval {
	return C.nexus_interval{mean: C.double(i.Mean), low: C.double(i.Low), high: C.double(i.High)}
}

func oneIf(yes bool) C.uint32_t {
	if yes {
		return 1
	}
	return 0
}
