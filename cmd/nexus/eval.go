package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/nexus-memory/nexus/engine/embed"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/text"
	"github.com/nexus-memory/nexus/eval"
)

type evalFlags struct {
	eval.Settings
	data, out, intent, fusion, route, embedder string
	generated                                  bool
}

func newEvalCommand(a *app) *cobra.Command {
	f := evalFlags{}
	c := &cobra.Command{
		Use:   "eval --data DIR | --generated",
		Short: "Measure retrieval quality on questions with known evidence",
		Long: `Puts DIR/corpus.jsonl into stores of its own (in the system's temporary directory,
removed afterwards; --db plays no part), asks DIR/questions.jsonl and prints how much
of the questions' evidence was found. A conversation is a store, or --pooled.

  corpus.jsonl     {"id","conv","session","speaker","time","text"} a line
  questions.jsonl  {"id","conv","question","evidence":[ids],"category"} a line

Metrics are times 100. any@k: at least one evidence turn among the first k; frac@k:
the share of all evidence there; all@k: all of it; s.*: the same for sessions. Questions
without evidence are asked but count in no figure. --generated measures a small set of
made-up turns in place of DIR: that shows only that everything runs.

--out FILE writes {"id","hits":[keys, best first],"route","confidence","took_us"} a question.
--json prints the report as one object.`,
		Example: `  nexus eval --data ./locomo --out hits.jsonl
  nexus eval --data ./locomo --engines lexical --fusion off --pooled
  nexus eval --data ./locomo --vectors ./vectors/locomo`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return a.eval(c.Context(), f) },
	}
	c.Flags().StringVar(&f.data, "data", "", "`DIR` with corpus.jsonl and questions.jsonl")
	c.Flags().BoolVar(&f.generated, "generated", false, "measure made-up turns and questions instead")
	c.Flags().StringVar(&f.out, "out", "", "`FILE` for the hits of every question")
	c.Flags().BoolVar(&f.Pooled, "pooled", false, "one store with all conversations, asked without a scope")
	c.Flags().StringSliceVar(&f.Engines, "engines", nil, "search `ENGINES` to consult: lexical, vector (default all)")
	c.Flags().StringVar(&f.fusion, "fusion", "on", "`NAME` of how engines are fused: "+strings.Join(model.FusionNames(), ", ")+" (on: learnt), or off: hits in the order of the one engine of --engines")
	c.Flags().StringVar(&f.route, "route", model.RouteAdaptive.String(), "`NAME` of how much work a question is given: "+strings.Join(evalRoutes(), ", "))
	c.Flags().StringVar(&f.intent, "intent", "general", "`NAME` of what to weigh most: "+strings.Join(model.IntentNames(), ", "))
	c.Flags().StringVar(&f.Vectors, "vectors", "", "`PREFIX` of PREFIX-corpus.f16 and PREFIX-questions.f16, used instead of the built-in embedder")
	c.Flags().StringVar(&f.embedder, "embedder", "", "`NAME` of the built-in embedder that makes vectors without --vectors: "+strings.Join(embedderNames, ", ")+" (default "+embedderNames[0]+")")
	c.Flags().IntVar(&f.Dim, "dim", 384, "`NUMBERS` in a vector of --vectors")
	c.Flags().IntVarP(&f.Depth, "k", "k", eval.DefaultDepth, fmt.Sprintf("`HITS` asked for, 1 to %d", model.HitCountMax))
	return c
}

// embedderNames are those of English, the built-in one first.
var embedderNames = []string{"words", "hashing"}

func (a *app) eval(ctx context.Context, f evalFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	set, err := f.set()
	if err != nil {
		return err
	}
	hits, err := newHitsFile(f.out)
	if err != nil {
		return err
	}
	progress := newEvalProgress(a)
	f.Answered, f.Progress = hits.write, progress.show
	report, err := eval.Run(ctx, set, f.Settings)
	progress.end()
	if err = errors.Join(err, hits.close(err == nil)); err != nil {
		return err
	}
	for _, p := range report.Problems {
		a.note("note: %s", p)
	}
	if a.json {
		return a.printJSON(report)
	}
	return report.WriteText(a.out)
}

// set returns what is to be measured.
func (f *evalFlags) set() (*eval.Set, error) {
	if f.generated {
		return eval.Generate(), nil
	}
	return eval.Load(f.data)
}

func (f *evalFlags) check() (err error) {
	switch {
	case f.data == "" && !f.generated:
		return wrongUsef("--data DIR is missing: the directory with corpus.jsonl and questions.jsonl; --generated measures a made-up set")
	case f.generated && (f.data != "" || f.Vectors != ""):
		return wrongUsef("--generated brings turns and questions of its own, without --data and --vectors")
	case f.Depth < 1 || f.Depth > model.HitCountMax:
		return wrongUsef("-k is %d, want 1 to %d", f.Depth, model.HitCountMax)
	case f.Dim < 1 || f.Dim > model.DimensionMax:
		return wrongUsef("--dim is %d, want 1 to %d", f.Dim, model.DimensionMax)
	}
	if err := f.checkFusion(); err != nil {
		return err
	}
	switch f.embedder {
	case "", "words": // the built-in one
	case "hashing":
		f.Embedder = embed.NewHashing(text.English)
	default:
		return wrongUsef("--embedder is %q, want %s", f.embedder, strings.Join(embedderNames, ", "))
	}
	if f.Vectors != "" && f.embedder != "" {
		return wrongUsef("--vectors brings what --embedder would make: give one of them")
	}
	for _, name := range f.Engines {
		if name != "lexical" && name != "vector" {
			return wrongUsef("--engines: %q is none, want lexical, vector", name)
		}
	}
	if f.Intent, err = model.ParseIntent(f.intent); err != nil {
		return wrongUse{err}
	}
	if f.Route, err = model.ParseRoute(f.route); err != nil || f.Route == model.RouteCacheOnly {
		return wrongUsef("--route is %q, want %s", f.route, strings.Join(evalRoutes(), ", "))
	}
	return nil
}

// evalRoutes are the routes that answer what was not asked before.
func evalRoutes() []string {
	return slices.DeleteFunc(slices.Clone(model.RouteNames()), func(name string) bool { return name == model.RouteCacheOnly.String() })
}

// checkFusion reads --fusion: a switch, or the name of a way.
func (f *evalFlags) checkFusion() (err error) {
	switch f.fusion {
	case "on":
		return nil
	case "off":
		f.FusionOff = true
		if len(f.Engines) != 1 {
			return wrongUsef("--fusion off takes exactly one engine, for example --engines lexical")
		}
		return nil
	}
	if f.Fusion, err = model.ParseFusion(f.fusion); err != nil || f.fusion == "" {
		return wrongUsef("--fusion is %q, want on, off, %s", f.fusion, strings.Join(model.FusionNames(), ", "))
	}
	return nil
}

// hitsFile writes what was found as JSON lines. It appears under its name when
// it is complete.
type hitsFile struct {
	path string
	file *os.File
	out  *bufio.Writer
}

// newHitsFile returns a file that is written nowhere for the path "".
func newHitsFile(path string) (*hitsFile, error) {
	h := &hitsFile{path: path}
	if path == "" {
		return h, nil
	}
	var err error
	if h.file, err = os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*"); err != nil {
		return nil, err
	}
	h.out = bufio.NewWriter(h.file)
	return h, nil
}

func (h *hitsFile) write(q eval.Answered) error {
	if h.file == nil {
		return nil
	}
	return json.NewEncoder(h.out).Encode(struct {
		ID         string   `json:"id"`
		Hits       []string `json:"hits"`
		Route      string   `json:"route"`
		Confidence float32  `json:"confidence"`
		Took       int64    `json:"took_us"`
	}{q.ID, q.Hits, q.Route.String(), q.Confidence, q.Took.Microseconds()})
}

// close keeps or removes the file.
func (h *hitsFile) close(keep bool) error {
	if h.file == nil {
		return nil
	}
	err := errors.Join(h.out.Flush(), h.file.Chmod(0o644), h.file.Close())
	if keep && err == nil {
		err = os.Rename(h.file.Name(), h.path)
	}
	if !keep || err != nil {
		os.Remove(h.file.Name())
	}
	return err
}

// evalProgress shows how far the run is on a terminal, a line a conversation
// elsewhere.
type evalProgress struct {
	a        *app
	terminal bool
	shown    time.Time
	done     int
}

func newEvalProgress(a *app) *evalProgress {
	file, ok := a.errOut.(*os.File)
	return &evalProgress{a: a, terminal: ok && term.IsTerminal(int(file.Fd()))}
}

const progressEvery = 100 * time.Millisecond

func (p *evalProgress) show(done, all, asked, askedAll int) {
	switch {
	case p.terminal && (time.Since(p.shown) >= progressEvery || asked == askedAll):
		fmt.Fprintf(p.a.errOut, "\rstore %d of %d, question %d of %d ", min(done+1, all), all, asked, askedAll)
		p.shown = time.Now()
	case !p.terminal && done > p.done && (done == all || time.Since(p.shown) >= 10*progressEvery):
		p.a.note("store %d of %d, question %d of %d", done, all, asked, askedAll)
		p.shown = time.Now()
	}
	p.done = done
}

func (p *evalProgress) end() {
	if p.terminal {
		fmt.Fprintln(p.a.errOut)
	}
}
