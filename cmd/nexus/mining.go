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

// minedFlags are those of both verbs of mining.
type minedFlags struct {
	scope        engine.Scope
	filter       string
	limit        int
	since, until time.Time
}

func (f *minedFlags) add(c *cobra.Command, what string) {
	scopeFlags(c, &f.scope, "only memories of this")
	filterFlag(c, &f.filter)
	c.Flags().IntVar(&f.limit, "limit", model.DefaultMined, fmt.Sprintf("print at most this `NUMBER` %s, 1 to %d", what, model.MinedMax))
	c.Flags().Var(timeFlag{value: &f.since}, "since", "only memories of this `TIME` or later")
	c.Flags().Var(timeFlag{value: &f.until}, "until", "only memories of before this `TIME`")
}

// selected checks the flags and returns the selection that they say.
func (f *minedFlags) selected() (engine.Selection, error) {
	if f.limit < 1 || f.limit > model.MinedMax {
		return engine.Selection{}, wrongUsef("--limit is %d, want 1 to %d", f.limit, model.MinedMax)
	}
	return selection(f.scope, f.filter)
}

func newPatternsCommand(a *app) *cobra.Command {
	f, kind := minedFlags{}, ""
	c := &cobra.Command{
		Use:   "patterns",
		Short: "Find words that come together, at a rhythm or in bursts",
		Long: `Finds what is regular in the memories of a scope that a filter lets through, beyond chance:
associations (words that come together, or with a speaker), recurring words (at regular gaps of
days, or on a weekday, in UTC) and bursts (much more often for a while); of each kind the most
evident first. Exit code 3 when there are none.

--json prints an object a pattern: {"kind","terms":[],"speaker","window","support","g2","npmi","lift",
"from","to","period_days","weekday","examples":[IDs]}.`,
		Example: `  nexus patterns --user ann
  nexus patterns --kind burst --since 2025-01-01 --filter 'speaker = "Ann"'
  nexus patterns --json --limit 100 | jq -r '.terms | join(" ")'`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			wanted, err := model.ParsePatternKind(kind)
			if err != nil {
				return wrongUse{err}
			}
			selected, err := f.selected()
			if err != nil {
				return err
			}
			return a.withStore(c.Context(), reading, func(db *engine.DB) error {
				return a.patterns(c.Context(), db, engine.PatternQuery{Selection: selected, Kind: wanted, Limit: f.limit, Since: f.since, Until: f.until})
			})
		},
	}
	c.Flags().StringVar(&kind, "kind", "all", "only patterns of this `KIND`: "+strings.Join(model.PatternKindNames(), ", "))
	f.add(c, "of each kind")
	return c
}

func (a *app) patterns(ctx context.Context, db *engine.DB, q engine.PatternQuery) error {
	list, err := db.Patterns(ctx, q)
	switch {
	case err != nil:
		return wrongFilter(err)
	case len(list) == 0:
		return nothingFound{"nothing found" + a.outside(ctx, db, q.Scope)}
	}
	before := engine.PatternAll
	for i := range list {
		p := &list[i]
		if a.json {
			if err := a.printJSON(newPatternRecord(p)); err != nil {
				return err
			}
			continue
		}
		if p.Kind != before {
			if before != engine.PatternAll {
				a.printf("\n")
			}
			a.printf("%s\n", patternHeads[p.Kind])
			before = p.Kind
		}
		a.printf("    %s\n        %s\n", squeezed(patternWords(p)), patternFigures(p))
	}
	return nil // a write that failed is remembered by a.out
}

var patternHeads = map[engine.PatternKind]string{
	engine.PatternAssociation: "associations", engine.PatternRecurring: "recurring", engine.PatternBurst: "bursts",
}

func patternWords(p *engine.Pattern) string {
	words := strings.Join(p.Terms, " + ")
	if p.Speaker != "" {
		words = p.Speaker + " says " + words
	}
	return words
}

// patternFigures says in a line what was measured, and where to look.
func patternFigures(p *engine.Pattern) string {
	var parts []string
	switch p.Kind {
	case engine.PatternAssociation:
		one, many := "memory", "memories"
		if p.Window {
			one, many = "window of turns", "windows of turns"
		}
		parts = append(parts, counted(p.Support, one, many), fmt.Sprintf("%.1f times as often as by chance", p.Lift), fmt.Sprintf("NPMI %.2f", p.NPMI))
	case engine.PatternRecurring:
		if p.Weekday != engine.NoWeekday {
			parts = append(parts, "on "+p.Weekday.String()+"s")
		}
		if p.Period != 0 {
			parts = append(parts, "every "+counted(int(p.Period/(24*time.Hour)), "day", "days"))
		}
		parts = append(parts, counted(p.Support, "time", "times"))
	case engine.PatternBurst:
		parts = append(parts, counted(p.Support, "memory", "memories"), fmt.Sprintf("%.1f times as often as usual", p.Lift))
	}
	ids := make([]string, len(p.Examples))
	for i, id := range p.Examples {
		ids[i] = fmt.Sprintf("#%d", id)
	}
	return strings.Join(append(parts, clock(p.From)+" to "+clock(p.To), fmt.Sprintf("G2 %.0f", p.G2), strings.Join(ids, " ")), " · ")
}

// patternRecord is the JSON form of a pattern.
type patternRecord struct {
	Kind     string      `json:"kind"`
	Terms    []string    `json:"terms"`
	Speaker  string      `json:"speaker"`
	Window   bool        `json:"window"`
	Support  int         `json:"support"`
	G2       float64     `json:"g2"`
	NPMI     float64     `json:"npmi"`
	Lift     float64     `json:"lift"`
	From     string      `json:"from"`
	To       string      `json:"to"`
	Period   int         `json:"period_days"` // 0: none
	Weekday  string      `json:"weekday"`     // "": none
	Examples []engine.ID `json:"examples"`
}

func newPatternRecord(p *engine.Pattern) patternRecord {
	r := patternRecord{
		Kind: p.Kind.String(), Terms: p.Terms, Speaker: p.Speaker, Window: p.Window, Support: p.Support, G2: p.G2, NPMI: p.NPMI, Lift: p.Lift,
		From: p.From.Format(time.RFC3339Nano), To: p.To.Format(time.RFC3339Nano), Period: int(p.Period / (24 * time.Hour)), Examples: p.Examples,
	}
	if p.Weekday != engine.NoWeekday {
		r.Weekday = strings.ToLower(p.Weekday.String())
	}
	return r
}

func newAnomaliesCommand(a *app) *cobra.Command {
	f, least := minedFlags{}, 0.0
	c := &cobra.Command{
		Use:   "anomalies",
		Short: "Find memories that do not fit among the others",
		Long: `Finds the memories of a scope that a filter lets through which fit least among the others of it,
with what makes them so: meaning, words, length, gap to the turn before, hour and weekday (in UTC)
or speaker; the strangest first. Scores of .5 and more are strange, those of different scopes can be
compared. Exit code 3 when there are none.

--json prints an object a memory: {"id","key","score","reasons":[{"column","value","usual","weight"}],
"text","speaker","session","time"}.`,
		Example: `  nexus anomalies --user ann
  nexus anomalies --min-score 0.5 --since 2025-01-01
  nexus anomalies --json | jq -r '.text'`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if !(least >= 0 && least <= 1) {
				return wrongUsef("--min-score is %v, want 0 to 1", least)
			}
			selected, err := f.selected()
			if err != nil {
				return err
			}
			return a.withStore(c.Context(), reading, func(db *engine.DB) error {
				return a.anomalies(c.Context(), db, engine.AnomalyQuery{Selection: selected, Limit: f.limit, MinScore: least, Since: f.since, Until: f.until})
			})
		},
	}
	c.Flags().Float64Var(&least, "min-score", 0, "only memories with this `SCORE` or more, 0 to 1")
	f.add(c, "memories")
	return c
}

func (a *app) anomalies(ctx context.Context, db *engine.DB, q engine.AnomalyQuery) error {
	list, err := db.Anomalies(ctx, q)
	if err != nil {
		return wrongFilter(err)
	}
	count := 0
	for i := range list {
		m, err := db.Get(ctx, list[i].ID)
		if errors.Is(err, engine.ErrNotFound) {
			continue // deleted since
		}
		if err != nil {
			return err
		}
		count++
		if err := a.printAnomaly(count, &list[i], &m); err != nil {
			return err
		}
	}
	if count == 0 {
		return nothingFound{"nothing found" + a.outside(ctx, db, q.Scope)}
	}
	return nil
}

func (a *app) printAnomaly(rank int, x *engine.Anomaly, m *engine.Memory) error {
	if a.json {
		return a.printJSON(newAnomalyRecord(x, m))
	}
	const indent = "    "
	a.printf("%2d. %.3f  %s\n", rank, x.Score, byline(m))
	var reasons []string
	for _, r := range x.Reasons {
		reasons = append(reasons, fmt.Sprintf("%s %s (usual %s)", r.Column, anomalyValue(r.Column, r.Value), anomalyValue(r.Column, r.Usual)))
	}
	return a.printf("%s%s\n%s%s\n", indent, strings.Join(reasons, ", "), indent, oneLine(m.Text, outputWidth()-len(indent)))
}

// anomalyValue is a value of a column as people read it.
func anomalyValue(c engine.AnomalyColumn, x float64) string {
	switch c {
	case engine.ColumnLength:
		return byteCount(uint64(x))
	case engine.ColumnGap:
		return (time.Duration(x) * time.Second).String()
	case engine.ColumnHour:
		return fmt.Sprintf("%02d:00Z", int(x))
	case engine.ColumnWeekday:
		return time.Weekday(int(x)).String()
	case engine.ColumnSpeaker:
		return fmt.Sprintf("%.1f %%", 100*x)
	}
	return fmt.Sprintf("%.2f", x)
}

// anomalyRecord is the JSON form of an anomaly.
type anomalyRecord struct {
	ID      engine.ID      `json:"id"`
	Key     string         `json:"key"`
	Score   float64        `json:"score"`
	Reasons []reasonRecord `json:"reasons"`
	Text    string         `json:"text"`
	Speaker string         `json:"speaker"`
	Session string         `json:"session"`
	Time    string         `json:"time"`
}

type reasonRecord struct {
	Column string  `json:"column"`
	Value  float64 `json:"value"`
	Usual  float64 `json:"usual"`
	Weight float64 `json:"weight"`
}

func newAnomalyRecord(x *engine.Anomaly, m *engine.Memory) anomalyRecord {
	r := anomalyRecord{ID: x.ID, Key: m.Key, Score: x.Score, Text: m.Text, Speaker: m.Speaker, Session: m.Session}
	for _, reason := range x.Reasons {
		r.Reasons = append(r.Reasons, reasonRecord{reason.Column.String(), reason.Value, reason.Usual, reason.Weight})
	}
	if !m.EventTime.IsZero() {
		r.Time = m.EventTime.Format(time.RFC3339Nano)
	}
	return r
}
