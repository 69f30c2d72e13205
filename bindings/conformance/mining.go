package conformance

import (
	"context"
	"errors"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/model"
)

// mining are the arguments of patterns and anomalies.
type mining struct {
	scope
	Filter   string  `json:"filter"`
	Kind     string  `json:"kind"`
	Limit    int     `json:"limit"`
	MinScore float64 `json:"min_score"`
	Since    string  `json:"since"`
	Until    string  `json:"until"`
}

func (s Step) mining() (a mining, of engine.Selection, q engine.PatternQuery, err error) {
	if err = s.arguments(&a); err != nil {
		return a, of, q, err
	}
	var errs [4]error
	of.Scope = a.engine()
	of.Filter, errs[0] = engine.ParseFilter(a.Filter)
	q = engine.PatternQuery{Selection: of, Limit: a.Limit}
	q.Kind, errs[1] = model.ParsePatternKind(a.Kind)
	q.Since, errs[2] = parseTime(a.Since)
	q.Until, errs[3] = parseTime(a.Until)
	return a, of, q, errors.Join(errs[:]...)
}

// pattern is one as the corpus has it.
type pattern struct {
	Kind     string      `json:"kind"`
	Terms    []string    `json:"terms"`
	Speaker  string      `json:"speaker"`
	Window   bool        `json:"window"`
	Support  int         `json:"support"`
	G2       float64     `json:"g2"`
	NPMI     float64     `json:"npmi"`
	Lift     float64     `json:"lift"`
	From     int64       `json:"from_us"`
	To       int64       `json:"to_us"`
	Period   int64       `json:"period_us"`
	Weekday  int         `json:"weekday"`
	Examples []engine.ID `json:"examples"`
}

func (r *runner) patterns(s Step) (results, error) {
	_, _, q, err := s.mining()
	if err != nil {
		return nil, err
	}
	found, err := r.db.Patterns(context.Background(), q)
	list := []pattern{}
	for _, p := range found {
		list = append(list, pattern{
			p.Kind.String(), p.Terms, p.Speaker, p.Window, p.Support, p.G2, p.NPMI, p.Lift,
			p.From.UnixMicro(), p.To.UnixMicro(), p.Period.Microseconds(), int(p.Weekday), p.Examples,
		})
	}
	return results{{"patterns", list}}, err
}

// anomaly is one as the corpus has it.
type anomaly struct {
	ID      engine.ID `json:"id"`
	Score   float64   `json:"score"`
	Reasons []reason  `json:"reasons"`
}

type reason struct {
	Column string  `json:"column"`
	Value  float64 `json:"value"`
	Usual  float64 `json:"usual"`
	Weight float64 `json:"weight"`
}

func (r *runner) anomalies(s Step) (results, error) {
	a, of, q, err := s.mining()
	if err != nil {
		return nil, err
	}
	found, err := r.db.Anomalies(context.Background(), engine.AnomalyQuery{Selection: of, Limit: a.Limit, MinScore: a.MinScore, Since: q.Since, Until: q.Until})
	list := []anomaly{}
	for _, x := range found {
		one := anomaly{x.ID, x.Score, []reason{}}
		for _, why := range x.Reasons {
			one.Reasons = append(one.Reasons, reason{why.Column.String(), why.Value, why.Usual, why.Weight})
		}
		list = append(list, one)
	}
	return results{{"anomalies", list}}, err
}
