package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/nexus-memory/nexus/bench/train/sets"
	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/rank"
	"github.com/nexus-memory/nexus/engine/rank/fit"
	"github.com/nexus-memory/nexus/engine/rank/trial"
	"github.com/nexus-memory/nexus/eval"
)

// families are the signals by what they come of; prefixes of their names.
var families = []struct{ name, prefixes string }{
	{"words of the turn", "bm25_turn,bm25_content,rarest_,terms_turn,coverage_turn,coverage_content"},
	{"words around", "bm25_previous,bm25_next,bm25_near,bm25_window,coverage_window,previous_beyond,next_beyond"},
	{"decayed windows", "bm25_decay,coverage_decay"},
	{"words of the session", "bm25_session"},
	{"vectors", "cosine_,after_question_span"},
	{"who speaks", "role,speaker_named,other_named,previous_other,next_other"},
	{"times", "tells_,said_,window_asked_time,question_times"},
	{"names", "names_,question_names"},
	{"association", "linked"},
	{"forms", "is_question,first_person,instruction,preference,plan,change,decision,backchannel,has_,reason,negation,holds_asked,after_question"},
	{"sentences", "sentences,asking,asks_last,previous_asks_last,coverage_stated,coverage_asked,previous_asked"},
	{"what is asked", "asks_time,asks_p,asks_n,asks_reason,asks_manner,asks_yes_no,asks_list,asks_summary,asks_order,asks_advice,cue_,question_"},
	{"lengths", "length,average_length,previous_length,next_length"},
}

// ablate prints what every set loses without an engine, by answers of the store, and
// without a family of signals, by rankers that are fitted without it on the same questions.
func ablate(ctx context.Context, fitted, measured sets.Sources, keep string, without []string, o fit.Options, hide float64) error {
	fmt.Println("\nany@8, frac@8, MRR: difference to all together, 95 % of the bootstrap")
	for _, s := range measured {
		if err := ablateEngines(ctx, s); err != nil {
			return err
		}
	}
	whole, err := outcomes(ctx, fitted, measured, keep, without, o, hide)
	if err != nil {
		return err
	}
	for _, f := range families {
		less := slices.Clone(without)
		for _, name := range engine.SignalNames() {
			if slices.ContainsFunc(strings.Split(f.prefixes, ","), func(p string) bool { return strings.HasPrefix(name, p) }) {
				less = append(less, name)
			}
		}
		lacking, err := outcomes(ctx, fitted, measured, keep, less, o, hide)
		if err != nil {
			return err
		}
		for i, s := range measured {
			report(s.Name, "without "+f.name, &whole[i], &lacking[i])
		}
	}
	return nil
}

// answered is what the questions of a set came to.
type answered struct {
	list          []trial.Outcome
	conversations []string
	questions     []string
}

func (a *answered) add(conversation, id string, ranks []int, evidence int) {
	o := trial.Outcome{Judged: evidence > 0}
	for at, rank := range ranks {
		if at == 0 {
			o.MRR = 1 / float64(rank)
		}
		if rank <= 8 {
			o.Any = 1
			o.Frac += 1 / float64(evidence)
		}
	}
	a.list = append(a.list, o)
	a.conversations, a.questions = append(a.conversations, conversation), append(a.questions, id)
}

// report prints what was lost. Conversations are drawn where there are enough, else questions.
func report(set, what string, whole, lacking *answered) {
	levels := [][]string{whole.conversations, whole.questions}
	level := trial.Together(levels)
	c := trial.Compare(whole.list, lacking.list, levels[level], 1)
	f := trial.Figures(lacking.list)
	line := fmt.Sprintf("%-10s %-32s %.1f / %.1f / %.1f ", set, what, 100*f.Any8, 100*f.Frac8, 100*f.MRR)
	for _, x := range []engine.Interval{c.Any8, c.Frac8, c.MRR} {
		line += fmt.Sprintf("  %+.1f [%+.1f, %+.1f]", 100*x.Mean, 100*x.Low, 100*x.High)
	}
	fmt.Println(line, [...]string{"by conversation", "by question"}[level])
}

// ablateEngines asks a store with all engines, and with all but one.
func ablateEngines(ctx context.Context, s sets.Source) error {
	var whole answered
	for _, engines := range [][]string{nil, {"vector"}, {"lexical"}} {
		if len(engines) > 0 && s.Vectors == "" {
			continue
		}
		got, err := answersBy(ctx, s, engines)
		if err != nil {
			return err
		}
		if engines == nil {
			whole = got
		}
		what := "all engines"
		if engines != nil {
			what = "engine " + engines[0] + " alone"
		}
		report(s.Name, what, &whole, &got)
	}
	return nil
}

func answersBy(ctx context.Context, s sets.Source, engines []string) (got answered, err error) {
	set, err := eval.Load(s.Dir)
	if err != nil {
		return got, err
	}
	byID := map[string]*eval.Question{}
	for i := range set.Questions {
		byID[set.Questions[i].ID] = &set.Questions[i]
	}
	_, err = eval.Run(ctx, set, eval.Settings{Vectors: s.Vectors, Engines: engines, Answered: func(a eval.Answered) error {
		q := byID[a.ID]
		var ranks []int
		for at, hit := range a.Hits {
			if slices.Contains(q.Evidence, hit) {
				ranks = append(ranks, at+1)
			}
		}
		got.add(q.Conversation, q.ID, ranks, len(q.Evidence))
		return nil
	}})
	return got, err
}

// outcomes fits a ranker without some columns and returns what it makes of each measured set.
func outcomes(ctx context.Context, fitted, measured sets.Sources, keep string, without []string, o fit.Options, hide float64) ([]answered, error) {
	train, held, err := gather(ctx, fitted, keep, without)
	if err != nil {
		return nil, err
	}
	if o.Drop = hidden(train.Columns, hide); len(o.Drop[0].Columns) == 0 {
		o.Drop = nil
	}
	o.Progress = nil
	model, report, err := fit.Fit(ctx, train, held, o)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(os.Stderr, "%d columns: held out %v\n", len(train.Columns), report.Held)
	var list []answered
	for _, s := range measured {
		data, err := signalsOf(ctx, s, keep)
		if err != nil {
			return nil, err
		}
		got, err := rankedBy(model, data)
		if err != nil {
			return nil, err
		}
		list = append(list, got)
	}
	return list, nil
}

// rankedBy returns what questions come to by a ranker's order of their candidates alone.
func rankedBy(model *rank.Model, data *fit.Dataset) (got answered, err error) {
	scorer, err := model.Bind(data.Columns)
	if err != nil {
		return got, err
	}
	for g, group := range data.Groups {
		first, end := data.Starts[g], data.Starts[g+1]
		n := end - first
		flat := make([]float32, 0, n*len(data.Columns))
		for _, column := range data.Values {
			flat = append(flat, column[first:end]...)
		}
		scores, order := make([]float32, n), make([]int, n)
		scorer.Score(flat, n, n, scores)
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(a, b int) int { return cmp.Or(-cmp.Compare(scores[a], scores[b]), a-b) })
		var ranks []int
		for at, i := range order {
			if data.Labels[first+i] > 0 {
				ranks = append(ranks, at+1)
			}
		}
		conversation, id, _ := strings.Cut(group.ID, " ")
		got.add(conversation, id, ranks, group.Evidence)
	}
	return got, nil
}
