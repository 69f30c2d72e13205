package model

import (
	"fmt"
	"strings"
	"time"
)

// Limits of what a ranker is fitted on.
const (
	// JudgedMin is how many judged questions with something relevant in the store there
	// are at least: with fewer no measure tells a better ranker from luck.
	JudgedMin = 30
	// JudgedMax bounds the questions of one call: some 100 KiB of memory each.
	JudgedMax = 4096
	// RelevantMax bounds the memories that are relevant to one question.
	RelevantMax = 1024
	// GradeMax is the highest grade.
	GradeMax = 4
	// RoundsMax bounds TrainOptions.Rounds.
	RoundsMax = 300
)

// Judged is a question with the memories that a person found to answer it.
type Judged struct {
	Text   string    // as Query.Text; required where there is no Vector
	Vector []float32 // as Query.Vector
	Scope
	Now time.Time // as Query.Now
	// Relevant are the memories that answer it; none: nothing in the store does.
	Relevant []Relevant
}

// Relevant names a memory that answers a question, by ID or by Key within the tenant of
// the question, and says how well.
type Relevant struct {
	ID    ID
	Key   string
	Grade int // 1..GradeMax, the gain of a grade g is 2^g - 1; 0 counts as 1
}

// Query returns the question as it is asked.
func (j *Judged) Query() Query {
	return Query{Text: j.Text, Vector: j.Vector, Scope: j.Scope, Now: j.Now}
}

// Check verifies what Query.Normalize does not.
func (j *Judged) Check() error {
	if strings.TrimSpace(j.Text) == "" && j.Vector == nil {
		return fmt.Errorf("neither text nor vector: %w", ErrInvalid)
	}
	if len(j.Relevant) > RelevantMax {
		return fmt.Errorf("%d relevant memories, more than %d: %w", len(j.Relevant), RelevantMax, ErrInvalid)
	}
	for i, r := range j.Relevant {
		switch {
		case (r.ID == 0) == (r.Key == ""):
			return fmt.Errorf("relevant memory %d: want an ID or a key: %w", i, ErrInvalid)
		case len(r.Key) > NameBytesMax:
			return fmt.Errorf("relevant memory %d: key of %d bytes, no memory has more than %d: %w", i, len(r.Key), NameBytesMax, ErrInvalid)
		case r.Grade < 0 || r.Grade > GradeMax:
			return fmt.Errorf("relevant memory %d: grade %d, want 1..%d: %w", i, r.Grade, GradeMax, ErrInvalid)
		}
	}
	return nil
}

// Interval is a mean with the ends of its 95 % interval.
type Interval struct{ Mean, Low, High float64 }

// TrainFigures say how well a ranker answers the judged questions: means over those with
// something relevant, by the first eight hits, each 0..1.
type TrainFigures struct {
	Any8  float64 // questions with something relevant among the hits
	Frac8 float64 // share of what is relevant among the hits
	MRR   float64 // 1 / rank of the first relevant hit; 0 where there is none
	// CalibrationError is how far Answer.Confidence is off, on average: the expected
	// calibration error over all questions, those that nothing answers included.
	CalibrationError float64
}

// Mean returns the mean of the figures that decide.
func (f *TrainFigures) Mean() float64 { return (f.Any8 + f.Frac8 + f.MRR) / 3 }

// TrainReport says what came of fitting a ranker.
type TrainReport struct {
	Questions  int    // with something relevant in the store
	Unanswered int    // that nothing is relevant to: they are asked for the confidence alone
	LeftOut    int    // that nothing which is relevant to them is in the store
	Missing    int    // relevant memories that are not in the store
	Folds      int    // parts of the questions, each measured by a ranker fitted on the others
	KeptWith   string // what is kept together in one part: "user", "session" or "question"

	Before TrainFigures // of the built-in ranker
	After  TrainFigures // of rankers fitted on other questions than those that they answer
	// Serving are those of the store's own ranker that served until then; nil where the
	// built-in one did. What it was fitted on it answers better than what it will be asked.
	Serving *TrainFigures

	// Any8, Frac8 and MRR are After - Before, question by question; Overall is their mean,
	// which decides.
	Any8, Frac8, MRR, Overall Interval

	Better    bool // beyond noise: Overall is above 0, and nothing is below, by the ends of their intervals
	Installed bool // it serves: because it is better, or was forced to
	Trees     int  // of the new ranker, those of the built-in one included
	Bytes     int  // of its file
	Took      time.Duration
}

// RankerInfo says which ranker serves.
type RankerInfo struct {
	Own         bool      // it was fitted on the store's own questions; else it is the built-in one
	Fitted      time.Time // day of fitting
	Trees       int
	Metrics     string // what was measured of it, for people
	CanRollBack bool   // there is one before it
	// Warning says why the built-in ranker serves in place of the store's own; "" where
	// nothing is wrong.
	Warning string
}
