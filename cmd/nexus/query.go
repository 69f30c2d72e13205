package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/model"
)

type queryFlags struct {
	engine.Query
	filter string
	match  string
	boost  map[string]string
	intent string
	fusion string
	route  string
	full   bool
}

func newQueryCommand(a *app) *cobra.Command {
	f := queryFlags{}
	c := &cobra.Command{
		Use:   "query TEXT...",
		Short: "Ask the store a question",
		Long: `Finds the best memories for a question, best first. Without flags it asks everything
outside of tenants; a scope narrows it. Exit code 3 when nothing is found.

--json prints one object: {"hits":[{"rank","id","key","score","factors":{},"text",
"speaker","session","user","time","source","start","end","duplicates"}],"route","confidence",
"took_us","trace"}. With --explain, a hit has "explanation": {"engines":[{"name","rank",
"score"}],"signals":{name: number, of what is known},"ranker"}.

The confidence is how probable it is that the answer is among the first eight hits. The
route is how much was looked at for it: a question is tried by the one that it calls for,
and by the next where its answer is not trusted. Only an open store remembers answers: here,
each command opens it anew, and --route cache-only finds nothing.`,
		Example: `  nexus query where does Ann live
  nexus query -k 3 --user ann --explain "what did we decide about the invoice?"
  nexus query --filter 'speaker = "Ann" and time >= 2024-01-01' "where to?"
  nexus query --match '+invoice -draft "last quarter" speaker:ann' --boost speaker=2
  nexus query --json --intent recent "latest release" | jq -r '.hits[].text'`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			f.Text = strings.Join(args, " ")
			return a.query(c.Context(), f)
		},
	}
	c.Flags().IntVarP(&f.K, "k", "k", model.DefaultK, fmt.Sprintf("`HITS` wanted, 1 to %d", model.HitCountMax))
	scopeFlags(c, &f.Scope, "only memories of this")
	filterFlag(c, &f.filter)
	c.Flags().StringVar(&f.Asker, "asker", "", "`NAME` of who asks, whose preference ranks the hits (default that of --user); see nexus feedback")
	c.Flags().BoolVar(&f.Impersonal, "impersonal", false, "have nobody's preference rank the hits")
	c.Flags().StringVar(&f.match, "match", "", "only memories with such `WORDS`, for example '+budget -draft \"quarterly report\" plan* colour~1 speaker:ann'; alone, the question")
	c.Flags().StringToStringVar(&f.boost, "boost", nil, "what words are worth by `FIELD=NUMBER`, of text, speaker and title (default text=1)")
	c.Flags().Lookup("boost").DefValue = "" // help would say [] beside what is meant
	c.Flags().StringVar(&f.intent, "intent", "general", "`NAME` of what to weigh most: "+strings.Join(model.IntentNames(), ", "))
	c.Flags().Var(timeFlag{value: &f.AsOf}, "as-of", "what the store knew at this `TIME`")
	c.Flags().Var(timeFlag{value: &f.ValidAt}, "valid-at", "only what was true at this `TIME`")
	c.Flags().StringSliceVar(&f.Engines, "engines", nil, "search `ENGINES` to consult: lexical, vector (default all)")
	c.Flags().DurationVar(&f.Budget, "budget", 0, "`TIME` that search may take, for example 5ms; what is late is left out")
	c.Flags().StringVar(&f.fusion, "fusion", model.FusionLearnt.String(), "`NAME` of how relevance comes from what the engines found: "+strings.Join(model.FusionNames(), ", "))
	c.Flags().StringVar(&f.route, "route", model.RouteAdaptive.String(), "`NAME` of how much work to spend: "+strings.Join(model.RouteNames(), ", "))
	c.Flags().Float32Var(&f.Explore, "explore", 0, "`SHARE` of the hits, 0 to 1, that are drawn by lot in place of the last of the best")
	c.Flags().Uint32Var(&f.ExploreSeed, "explore-seed", 0, "`NUMBER` of the draw: the same draws the same")
	c.Flags().Float32Var(&f.VectorEffort, "vector-effort", 1, "how much of the vectors is looked at, as a `MULTIPLE` of what is usual, 0.0625 to 16: less is quicker and overlooks more, which tells in stores of 65,536 memories and more")
	c.Flags().BoolVar(&f.Explain, "explain", false, "show the factors and signals behind each hit, its rank by each engine, and how long each step took")
	c.Flags().BoolVar(&f.full, "full", false, "show whole texts")
	c.Flags().BoolVar(&f.SingleEngine, "single-engine", false, "order by the one engine of --engines alone, for measuring")
	c.Flags().MarkHidden("single-engine")
	return c
}

func (a *app) query(ctx context.Context, f queryFlags) error {
	if strings.TrimSpace(f.Text) == "" && strings.TrimSpace(f.match) == "" {
		return wrongUsef("the question is empty; for example: nexus query where does Ann live")
	}
	if f.K < 1 || f.K > model.HitCountMax {
		return wrongUsef("-k is %d, want 1 to %d", f.K, model.HitCountMax)
	}
	if err := f.parse(); err != nil {
		return wrongUse{err}
	}
	return a.withStore(ctx, reading, func(db *engine.DB) error {
		answer, err := db.Query(ctx, f.Query)
		if errors.Is(err, engine.ErrInvalid) {
			return wrongUse{err}
		}
		if errors.Is(err, engine.ErrNotFound) {
			return nothingFound{"nothing found: this was not answered before"}
		}
		if errors.Is(err, engine.ErrDeadline) {
			return fmt.Errorf("no engine was done within --budget %v: %w", f.Budget, err)
		}
		if err != nil {
			return err
		}
		if err = a.printAnswer(answer, f); err == nil && len(answer.Hits) == 0 {
			return nothingFound{"nothing found" + a.outside(ctx, db, f.Scope) + skippedNotes(answer)}
		}
		return err
	})
}

// parse reads what the flags name.
func (f *queryFlags) parse() error {
	var errs [6]error
	f.Intent, errs[0] = model.ParseIntent(f.intent)
	f.Fusion, errs[1] = model.ParseFusion(f.fusion)
	f.Route, errs[2] = model.ParseRoute(f.route)
	f.Filter, errs[3] = engine.ParseFilter(f.filter)
	f.Match, errs[4] = engine.ParseMatch(f.match)
	f.Boosts, errs[5] = parseBoosts(f.boost)
	return cmp.Or(errs[:]...)
}

// parseBoosts reads boosts by field; text has 1 unless it is named.
func parseBoosts(given map[string]string) (*engine.Boosts, error) {
	if len(given) == 0 {
		return nil, nil
	}
	b := &engine.Boosts{Text: 1}
	fields := map[string]*float32{model.MatchFieldText: &b.Text, model.MatchFieldSpeaker: &b.Speaker, model.MatchFieldTitle: &b.Title}
	for name, value := range given {
		x, err := strconv.ParseFloat(value, 32)
		if fields[name] == nil || err != nil {
			return nil, fmt.Errorf("boost %s=%s: want a number for %s: %w", name, value, strings.Join(model.BoostNames(), ", "), engine.ErrInvalid)
		}
		*fields[name] = float32(x)
	}
	return b, nil
}

// skippedNotes says why engines had nothing to go on.
func skippedNotes(answer *engine.Answer) string {
	var b strings.Builder
	for _, e := range answer.Trace.Engines {
		if e.State == model.EngineSkipped {
			fmt.Fprintf(&b, "; %s: %s", e.Name, noteOf(e))
		}
	}
	return b.String()
}

// noteOf is a trace's note without the state that is printed in front of it.
func noteOf(e model.EngineTrace) string { return strings.TrimPrefix(e.Note, e.State.String()+": ") }

// noWordNote is what the lexical engine notes where the question has no word in
// common with the store.
const noWordNote = "no word of the question occurs"

func (a *app) printAnswer(answer *engine.Answer, f queryFlags) error {
	if a.json {
		return a.printJSON(newAnswerRecord(answer))
	}
	if len(answer.Hits) > 0 && slices.ContainsFunc(answer.Trace.Engines, func(e model.EngineTrace) bool {
		return e.State == model.EngineSkipped && noteOf(e) == noWordNote
	}) {
		a.note("%s in the store: these are guesses by vector", noWordNote)
	}
	return a.printHits(answer, f)
}

// textLinesMax is what a hit shows of its text without --full.
const textLinesMax = 5

func (a *app) printHits(answer *engine.Answer, f queryFlags) error {
	const indent = "    "
	width, lines := outputWidth()-len(indent), textLinesMax
	if f.full {
		lines = 0
	}
	for i := range answer.Hits {
		h := &answer.Hits[i]
		a.printf("%2d. %.3f  %s\n", i+1, h.Score, byline(&h.Memory))
		for _, line := range wrap(excerpt(h.Text, f.Text+" "+f.match, width*lines), width, lines) {
			a.printf("%s%s\n", indent, line)
		}
		if len(h.Duplicates) > 0 {
			a.printf("%s(and %d like it)\n", indent, len(h.Duplicates))
		}
		if f.Explain {
			a.printf("%s%s\n", indent, factorLine(h.Factors, f.Intent.Weights()))
		}
		if h.Explanation != nil {
			a.printf("%s%s\n", indent, strings.ReplaceAll(h.Explanation.Text(), "\n", "\n"+indent))
		}
	}
	a.printConfidence(answer)
	if f.Explain {
		a.printTrace(answer, f)
	}
	return nil // a write that failed is remembered by a.out
}

// printConfidence says how sure the answer is, and how much was looked at for it, where that
// is known: of a question in words or vectors that the learnt ranker answered.
func (a *app) printConfidence(answer *engine.Answer) {
	if answer.Confidence == 0 {
		return
	}
	doubt := ""
	if answer.Confidence < model.ConfidenceLow {
		doubt = ": probably nothing relevant"
	}
	a.printf("confidence %.0f %%, route %s%s\n", 100*answer.Confidence, answer.Route, doubt)
}

// wordsBefore is how much of the text is shown in front of the word that was
// asked for.
const wordsBefore = 15

// excerpt returns text from shortly before the first word of the question that
// stands beyond its first columns; all of it where there is none, or columns is
// 0. Short words are passed over: they stand everywhere.
func excerpt(text, question string, columns int) string {
	if columns == 0 || len(text) <= columns {
		return text
	}
	bare := func(word string) string {
		return strings.ToLower(strings.TrimFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }))
	}
	var wanted []string
	for word := range strings.FieldsSeq(question) {
		if word = bare(word); len(word) > 3 {
			wanted = append(wanted, word)
		}
	}
	words, seen := strings.Fields(text), 0
	for i, word := range words {
		seen += len(word) + 1
		if !slices.Contains(wanted, bare(word)) {
			continue
		}
		if seen < columns {
			return text
		}
		return "… " + strings.Join(words[max(0, i-wordsBefore):], " ")
	}
	return text
}

// factorLine shows each factor with its weight: the score is the sum of their
// products.
func factorLine(f engine.Factors, weights engine.Weights) string {
	var parts []string
	for i, value := range f {
		parts = append(parts, fmt.Sprintf("%s %.2f*%.2f", model.Factor(i), weights[i], value))
	}
	return strings.Join(parts, "  ")
}

func (a *app) printTrace(answer *engine.Answer, f queryFlags) {
	t := &answer.Trace
	a.printf("\ntook %v: prepare %v, search %v, fuse %v, fetch %v; %s, %s, %s\n",
		micros(answer.Took), micros(t.Prepare), micros(t.Search), micros(t.Fuse), micros(t.Fetch),
		counted(t.Segments, "segment", "segments"), counted(t.Candidates, "candidate", "candidates"), counted(t.Collapsed, "near-duplicate", "near-duplicates"))
	for _, e := range t.Engines {
		line := fmt.Sprintf("  %-8s %-8s %4d candidates  %v from %v  %s", e.Name, e.State, e.Candidates, micros(e.Took), micros(e.Start), noteOf(e))
		a.printf("%s\n", strings.TrimRight(line, " "))
	}
	how := "fusion " + f.FusedBy().String() + ", " + routeOf(answer)
	if f.SingleEngine {
		how = "no fusion"
	}
	a.printf("  %s, cache %s\n", how, t.Cache)
	if t.Warning != "" {
		a.printf("  warning: %s\n", printable(t.Warning))
	}
	if len(answer.Hits) > 0 && answer.Hits[0].Explanation != nil {
		if line := answer.Hits[0].Explanation.Question(); line != "" {
			a.printf("  %s\n", line)
		}
	}
}

// routeOf says which way the answer came, and which it might have.
func routeOf(answer *engine.Answer) string {
	how := "route " + answer.Route.String()
	if started := answer.Trace.Started; started != answer.Route {
		how += " after " + started.String()
	}
	if answer.Trace.Hurried {
		how += " (no time for more)"
	}
	return how
}

func micros(d time.Duration) time.Duration { return d.Round(time.Microsecond) }

// answerRecord is the JSON form of an answer.
type answerRecord struct {
	Hits       []hitRecord `json:"hits"`
	Route      string      `json:"route"`
	Confidence float32     `json:"confidence"`
	Took       int64       `json:"took_us"`
	Trace      traceRecord `json:"trace"`
}

type hitRecord struct {
	Rank       int                `json:"rank"`
	ID         engine.ID          `json:"id"`
	Key        string             `json:"key"`
	Score      float32            `json:"score"`
	Factors    map[string]float32 `json:"factors"`
	Text       string             `json:"text"`
	Speaker    string             `json:"speaker"`
	Session    string             `json:"session"`
	User       string             `json:"user,omitempty"`
	Time       string             `json:"time"`
	Source     string             `json:"source,omitempty"`
	Start      uint64             `json:"start,omitempty"`
	End        uint64             `json:"end,omitempty"`
	Duplicates []engine.ID        `json:"duplicates"`

	Explanation *explanationRecord `json:"explanation,omitempty"`
}

// explanationRecord is the JSON form of an explanation.
type explanationRecord struct {
	Engines []engineRankRecord `json:"engines"`
	Signals map[string]float32 `json:"signals"` // those that are known
	Ranker  float32            `json:"ranker"`
}

type engineRankRecord struct {
	Name  string  `json:"name"`
	Rank  int     `json:"rank"`
	Score float64 `json:"score"`
}

type traceRecord struct {
	Cache      string         `json:"cache"`
	Started    string         `json:"started"`
	Hurried    bool           `json:"hurried"`
	Engines    []engineRecord `json:"engines"`
	Segments   int            `json:"segments"`
	Candidates int            `json:"candidates"`
	Collapsed  int            `json:"collapsed"`
	Prepare    int64          `json:"prepare_us"`
	Search     int64          `json:"search_us"`
	Fuse       int64          `json:"fuse_us"`
	Fetch      int64          `json:"fetch_us"`
	Warning    string         `json:"warning,omitempty"`
}

type engineRecord struct {
	Name       string `json:"name"`
	State      string `json:"state"`
	Candidates int    `json:"candidates"`
	Start      int64  `json:"start_us"`
	Took       int64  `json:"took_us"`
	Note       string `json:"note,omitempty"`
}

func newAnswerRecord(answer *engine.Answer) answerRecord {
	t := &answer.Trace
	r := answerRecord{
		Hits: []hitRecord{}, Route: answer.Route.String(), Confidence: answer.Confidence, Took: answer.Took.Microseconds(),
		Trace: traceRecord{
			Cache: t.Cache.String(), Started: t.Started.String(), Hurried: t.Hurried, Engines: []engineRecord{}, Segments: t.Segments, Candidates: t.Candidates, Collapsed: t.Collapsed,
			Prepare: t.Prepare.Microseconds(), Search: t.Search.Microseconds(), Fuse: t.Fuse.Microseconds(), Fetch: t.Fetch.Microseconds(), Warning: t.Warning,
		},
	}
	for i := range answer.Hits {
		r.Hits = append(r.Hits, newHitRecord(i+1, &answer.Hits[i]))
	}
	for _, e := range t.Engines {
		r.Trace.Engines = append(r.Trace.Engines, engineRecord{e.Name, e.State.String(), e.Candidates, e.Start.Microseconds(), e.Took.Microseconds(), noteOf(e)})
	}
	return r
}

func newHitRecord(rank int, h *engine.Hit) hitRecord {
	r := hitRecord{
		Rank: rank, ID: h.ID, Key: h.Key, Score: h.Score, Factors: map[string]float32{}, Text: h.Text, Speaker: h.Speaker,
		Session: h.Session, User: h.User, Source: h.Source, Start: h.Start, End: h.End, Duplicates: append([]engine.ID{}, h.Duplicates...),
	}
	for i, value := range h.Factors {
		r.Factors[model.Factor(i).String()] = value
	}
	if !h.EventTime.IsZero() {
		r.Time = h.EventTime.Format(time.RFC3339Nano)
	}
	if h.Explanation != nil {
		r.Explanation = newExplanationRecord(h.Explanation)
	}
	return r
}

func newExplanationRecord(e *engine.Explanation) *explanationRecord {
	r := &explanationRecord{Engines: []engineRankRecord{}, Signals: map[string]float32{}, Ranker: e.Ranker}
	for _, x := range e.Engines {
		r.Engines = append(r.Engines, engineRankRecord(x))
	}
	for _, s := range e.Signals {
		r.Signals[s.Name] = s.Value
	}
	return r
}
