package conformance

import (
	"context"
	"path/filepath"

	"github.com/nexus-memory/nexus/engine"
)

// trained is a report as the corpus has it.
type trained struct {
	Questions  int        `json:"questions"`
	Unanswered int        `json:"unanswered"`
	LeftOut    int        `json:"left_out"`
	Missing    int        `json:"missing"`
	Folds      int        `json:"folds"`
	KeptWith   string     `json:"kept_with"`
	Better     bool       `json:"better"`
	Installed  bool       `json:"installed"`
	Trees      int        `json:"trees"`
	Bytes      int        `json:"bytes"`
	Before     figures    `json:"before"`
	After      figures    `json:"after"`
	Serving    *figures   `json:"serving"`
	Any8       [3]float64 `json:"gain_any_8"`
	Frac8      [3]float64 `json:"gain_frac_8"`
	MRR        [3]float64 `json:"gain_mrr"`
	Overall    [3]float64 `json:"gain_overall"`
}

// figures are any@8, frac@8, MRR and the calibration error.
type figures [4]float64

func newFigures(f *engine.TrainFigures) figures {
	return figures{f.Any8, f.Frac8, f.MRR, f.CalibrationError}
}

func ends(i engine.Interval) [3]float64 { return [3]float64{i.Mean, i.Low, i.High} }

func (r *runner) train(s Step) (results, error) {
	var a struct {
		Path   string `json:"path"`
		Seed   uint64 `json:"seed"`
		Rounds int    `json:"rounds"`
		Force  bool   `json:"force"`
		Said   bool   `json:"from_judgements"`
	}
	if err := s.arguments(&a); err != nil {
		return nil, err
	}
	if a.Path != "" {
		a.Path = filepath.Join(r.dir, a.Path)
	}
	report, err := r.db.TrainFile(context.Background(), a.Path, engine.TrainOptions{Seed: a.Seed, Rounds: a.Rounds, Force: a.Force, FromJudgements: a.Said})
	t := trained{
		report.Questions, report.Unanswered, report.LeftOut, report.Missing, report.Folds, report.KeptWith, report.Better, report.Installed, report.Trees, report.Bytes,
		newFigures(&report.Before), newFigures(&report.After), nil, ends(report.Any8), ends(report.Frac8), ends(report.MRR), ends(report.Overall),
	}
	if report.Serving != nil {
		serving := newFigures(report.Serving)
		t.Serving = &serving
	}
	return results{{"trained", t}}, err
}
