package eval

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/nexus-memory/nexus/engine/model"
)

// Row is the mean of the questions of one category.
type Row struct {
	Category string
	N        int
	Mean     Figures // each 0..1
}

// Report is the outcome of a Run.
type Report struct {
	Set                  string
	Generated            bool
	CorpusHash           string // SHA-256 of the two files
	QuestionsHash        string
	Mode                 string // "per conversation" or "pooled"
	Engines              string // "lexical", "vector", "lexical,vector"
	Fused                bool
	Fusion               string // name of the way, where fused
	Intent               string
	Route                string                // name of the one that was asked for
	Routes               [model.RouteCount]int // questions by the route by which they were answered
	Vectors              string                // name of the vector space
	Depth                int
	Conversations, Turns int
	Asked, Skipped       int           // skipped: no evidence
	Added, Elapsed       time.Duration // building the stores; everything
	P50, P99             time.Duration // of one question, inside Query
	Overall              Row
	Categories           []Row // by name
	Problems             []string
}

// tally sums figures in the order of the questions, so that the same answers
// give the same sums to the last bit.
type tally struct {
	overall    Row
	categories map[string]*Row
	took       []time.Duration
}

func (t *tally) add(category string, f *Figures) {
	if t.categories == nil {
		t.categories = map[string]*Row{}
	}
	row := t.categories[category]
	if row == nil {
		row = &Row{Category: category}
		t.categories[category] = row
	}
	for _, r := range [...]*Row{&t.overall, row} {
		r.N++
		for i, x := range f {
			r.Mean[i] += x
		}
	}
}

// close turns sums into means and puts them into the report.
func (t *tally) close(r *Report) {
	r.Overall = t.overall.mean()
	r.Overall.Category = "all"
	for _, row := range t.categories {
		r.Categories = append(r.Categories, row.mean())
	}
	slices.SortFunc(r.Categories, func(a, b Row) int { return strings.Compare(a.Category, b.Category) })
	slices.Sort(t.took)
	if n := len(t.took); n > 0 {
		r.P50, r.P99 = t.took[(n-1)/2], t.took[(n-1)*99/100]
	}
}

func (r Row) mean() Row {
	for i := range r.Mean {
		r.Mean[i] /= float64(max(1, r.N))
	}
	return r
}

// brief are the metrics of the table by category.
var brief = [...]string{"any@5", "any@8", "any@10", "frac@8", "all@8", "any@20", "mrr", "ndcg@10", "s.any@5", "s.frac@8"}

// WriteText writes the report for people: what was measured on what, a row a
// category, and every metric of all questions with its interval, times 100.
func (r *Report) WriteText(w io.Writer) error {
	var b strings.Builder
	if r.Generated {
		b.WriteString("WARNING    a GENERATED set: these figures say nothing about real questions\n")
	}
	fmt.Fprintf(&b, "set        %s, %s, %d turns in %d conversations\n", r.Set, r.Mode, r.Turns, r.Conversations)
	fmt.Fprintf(&b, "corpus     sha256 %s\nquestions  sha256 %s\n", r.CorpusHash, r.QuestionsHash)
	fmt.Fprintf(&b, "engines    %s, %s, vectors %s, intent %s, depth %d\n", r.Engines, r.fusionName(), r.Vectors, r.Intent, r.Depth)
	if r.Fused {
		fmt.Fprintf(&b, "route      %s\n", r.routeName())
	}
	fmt.Fprintf(&b, "questions  %d asked with evidence, %d without evidence left out\n", r.Asked, r.Skipped)
	fmt.Fprintf(&b, "time       %.1f s, of it %.1f s adding; a question p50 %s, p99 %s\n\n",
		r.Elapsed.Seconds(), r.Added.Seconds(), r.P50.Round(time.Microsecond), r.P99.Round(time.Microsecond))
	r.writeCategories(&b)
	r.writeMetrics(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) fusionName() string {
	if r.Fused {
		return "fused (" + r.Fusion + ")"
	}
	return "not fused"
}

// fusedBy names the way of fusion; "" where there is none.
func (r *Report) fusedBy() string {
	if r.Fused {
		return r.Fusion
	}
	return ""
}

// answeredBy counts the questions by the route that answered them, where one did.
func (r *Report) answeredBy() map[string]int {
	counts := map[string]int{}
	for route, n := range r.Routes {
		if n > 0 {
			counts[model.Route(route).String()] = n
		}
	}
	return counts
}

// routeName names the route, and the share of the questions by the one that answered them.
func (r *Report) routeName() string {
	var shares []string
	for route, n := range r.Routes {
		if n > 0 {
			shares = append(shares, fmt.Sprintf("%v %.1f %%", model.Route(route), 100*float64(n)/float64(r.Asked+r.Skipped)))
		}
	}
	return r.Route + ": " + strings.Join(shares, ", ")
}

func (r *Report) writeCategories(b *strings.Builder) {
	width := len("category")
	for _, row := range r.Categories {
		width = max(width, len(row.Category))
	}
	fmt.Fprintf(b, "%-*s %5s", width, "category", "n")
	for _, name := range brief {
		fmt.Fprintf(b, " %8s", name)
	}
	b.WriteByte('\n')
	for _, row := range append([]Row{r.Overall}, r.Categories...) {
		fmt.Fprintf(b, "%-*s %5d", width, row.Category, row.N)
		for _, name := range brief {
			fmt.Fprintf(b, " %8.1f", 100*row.Mean.Get(name))
		}
		b.WriteByte('\n')
	}
}

func (r *Report) writeMetrics(b *strings.Builder) {
	fmt.Fprintf(b, "\nall questions, n %d, with the 95 %% Wilson interval\n%-8s", r.Overall.N, "")
	for _, k := range Cuts {
		fmt.Fprintf(b, " %19s", fmt.Sprintf("k = %d", k))
	}
	cut := func(f float64) string {
		low, high := Wilson(f, r.Overall.N)
		return fmt.Sprintf("%.1f (%.1f-%.1f)", 100*f, 100*low, 100*high)
	}
	for at, name := range [...]string{"any", "frac", "all", "s.any", "s.frac", "s.all"} {
		fmt.Fprintf(b, "\n%-8s", name)
		for i := range Cuts {
			fmt.Fprintf(b, " %19s", cut(r.Overall.Mean[at*cutCount+i]))
		}
	}
	fmt.Fprintf(b, "\n%-8s %19s\n%-8s %19s\n", "mrr", cut(r.Overall.Mean[metricMRR]), "ndcg@10", cut(r.Overall.Mean[metricNDCG]))
}

// rowJSON is a Row with its metrics by name, times 100.
type rowJSON struct {
	Category string                `json:"category"`
	N        int                   `json:"n"`
	Metrics  map[string]float64    `json:"metrics"`
	Interval map[string][2]float64 `json:"wilson95"`
}

func (r *Row) json() rowJSON {
	j := rowJSON{r.Category, r.N, map[string]float64{}, map[string][2]float64{}}
	for i, name := range MetricNames() {
		low, high := Wilson(r.Mean[i], r.N)
		j.Metrics[name], j.Interval[name] = 100*r.Mean[i], [2]float64{100 * low, 100 * high}
	}
	return j
}

// MarshalJSON gives the report as one object, metrics times 100 by name.
func (r *Report) MarshalJSON() ([]byte, error) {
	categories := make([]rowJSON, 0, len(r.Categories))
	for i := range r.Categories {
		categories = append(categories, r.Categories[i].json())
	}
	problems := r.Problems
	if problems == nil {
		problems = []string{}
	}
	return json.Marshal(struct {
		Set           string    `json:"set"`
		Generated     bool      `json:"generated"`
		CorpusHash    string    `json:"corpus_sha256"`
		QuestionsHash string    `json:"questions_sha256"`
		Mode          string    `json:"mode"`
		Engines       string    `json:"engines"`
		Fusion        bool      `json:"fusion"`
		FusedBy       string    `json:"fused_by"`
		Intent        string    `json:"intent"`
		Route         string    `json:"route"`
		Vectors       string    `json:"vectors"`
		Depth         int       `json:"depth"`
		Conversations int       `json:"conversations"`
		Turns         int       `json:"turns"`
		Asked         int       `json:"asked"`
		Skipped       int       `json:"skipped"`
		AddedMS       int64     `json:"added_ms"`
		ElapsedMS     int64     `json:"elapsed_ms"`
		P50US         int64     `json:"p50_us"`
		P99US         int64     `json:"p99_us"`
		All           rowJSON   `json:"all"`
		Categories    []rowJSON `json:"categories"`
		Problems      []string  `json:"problems"`

		Routes map[string]int `json:"routes"` // questions by the route that answered them
	}{
		r.Set, r.Generated, r.CorpusHash, r.QuestionsHash, r.Mode, r.Engines, r.Fused, r.fusedBy(), r.Intent, r.Route, r.Vectors, r.Depth,
		r.Conversations, r.Turns, r.Asked, r.Skipped, r.Added.Milliseconds(), r.Elapsed.Milliseconds(),
		r.P50.Microseconds(), r.P99.Microseconds(), r.Overall.json(), categories, problems, r.answeredBy(),
	})
}
