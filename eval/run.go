package eval

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/model"
)

// DefaultDepth is the number of hits that a question is scored on: enough for
// session figures at k = 20, and what published baselines return.
const DefaultDepth = 50

// Settings say what is measured. The zero value asks all engines, fused, one
// store a conversation, with the store's own embedder.
type Settings struct {
	Pooled    bool     // one store with the whole corpus, asked without a scope
	Engines   []string // nil means all
	FusionOff bool     // hits as the one engine ranks them
	Intent    engine.Intent
	Fusion    engine.Fusion
	Route     engine.Route    // any but RouteCacheOnly: nothing is asked twice
	Weights   *engine.Weights // instead of the intent's
	Depth     int             // hits a question; 0 means DefaultDepth
	Vectors   string          // prefix of the two files of vectors; "" for none
	Dim       int             // of these vectors; 0 means 384
	Embedder  engine.Embedder // without Vectors; nil means the built-in one
	TempDir   string          // where stores are made; "" means the system's

	// Answered is told of every question asked, those without evidence included.
	Answered func(Answered) error
	// Observed, if any, is shown the candidates of every question, see engine.Observe, and
	// which turn each of them is.
	Observed func(q *Question, turns []string, s *engine.Signals) error
	// Progress is told how many of all conversations and questions are done.
	Progress func(conversations, conversationsAll, questions, questionsAll int)
}

// Answered is the outcome of one question.
type Answered struct {
	ID         string
	Hits       []string     // ids of turns, best first
	Confidence float32      // of the answer
	Route      engine.Route // by which it was found
	Took       time.Duration
}

const vectorDim = 384

// Run builds stores of a set in a temporary directory, which it removes, asks
// every question and scores the answers. It ends early with ctx.
func Run(ctx context.Context, set *Set, s Settings) (*Report, error) {
	r := runner{set: set, settings: s}
	if r.settings.Depth == 0 {
		r.settings.Depth = DefaultDepth
	}
	if s.FusionOff && len(s.Engines) != 1 {
		return nil, fmt.Errorf("eval: without fusion exactly one engine has to be named, not %d: %w", len(s.Engines), model.ErrInvalid)
	}
	if s.Route == engine.RouteCacheOnly {
		return nil, fmt.Errorf("eval: route %v answers nothing that was not asked before: %w", s.Route, model.ErrInvalid)
	}
	if err := r.readVectors(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(s.TempDir, "nexus-eval-")
	if err != nil {
		return nil, fmt.Errorf("eval: %w", err)
	}
	defer os.RemoveAll(dir)
	r.begin()
	started := time.Now()
	for i, c := range r.conversations {
		if err := r.conversation(ctx, filepath.Join(dir, fmt.Sprint(i)), c); err != nil {
			return nil, fmt.Errorf("eval: conversation %d: %w", i+1, err)
		}
	}
	r.report.Elapsed = time.Since(started)
	r.tally.close(&r.report)
	return &r.report, nil
}

// conversation is what goes into one store.
type conversation struct {
	turns     []*Turn
	questions []*Question
}

type runner struct {
	set               *Set
	settings          Settings
	corpus, questions *Rows // the caller's vectors; nil: none
	conversations     []*conversation
	done, asked       int                  // conversations, questions
	turns             map[engine.ID]string // of the store at hand; filled for Observed alone
	tally             tally
	report            Report
}

func (r *runner) readVectors() (err error) {
	prefix, dim := r.settings.Vectors, r.settings.Dim
	if prefix == "" {
		return nil
	}
	if dim == 0 {
		dim = vectorDim
	}
	if r.corpus, err = ReadHalves(prefix+"-corpus.f16", dim, r.set.CorpusRows); err != nil {
		return err
	}
	r.questions, err = ReadHalves(prefix+"-questions.f16", dim, r.set.QuestionRows)
	return err
}

// begin groups the set by conversation, in the order of the corpus, and fills
// the head of the report.
func (r *runner) begin() {
	byName := map[string]*conversation{}
	of := func(name string) *conversation {
		if r.settings.Pooled {
			name = ""
		}
		if byName[name] == nil {
			byName[name] = &conversation{}
			r.conversations = append(r.conversations, byName[name])
		}
		return byName[name]
	}
	names := map[string]bool{}
	for i := range r.set.Turns {
		t := &r.set.Turns[i]
		names[t.Conversation] = true
		of(t.Conversation).turns = append(of(t.Conversation).turns, t)
	}
	for i := range r.set.Questions {
		q := &r.set.Questions[i]
		of(q.Conversation).questions = append(of(q.Conversation).questions, q)
	}
	r.report = Report{
		Set: r.set.Name, Generated: r.set.Generated, CorpusHash: r.set.CorpusHash, QuestionsHash: r.set.AskedHash,
		Mode: "per conversation", Engines: "all", Fused: !r.settings.FusionOff, Fusion: r.settings.Fusion.String(), Intent: r.settings.Intent.String(), Route: r.settings.Route.String(),
		Vectors: "none", Depth: r.settings.Depth, Conversations: len(names), Turns: len(r.set.Turns),
		Problems: slices.Clone(r.set.Problems),
	}
	if r.settings.Pooled {
		r.report.Mode = "pooled"
	}
	if len(r.settings.Engines) > 0 {
		r.report.Engines = strings.Join(r.settings.Engines, ",")
	}
}

// conversation measures one store.
func (r *runner) conversation(ctx context.Context, dir string, c *conversation) (err error) {
	o := engine.Options{Embedder: r.settings.Embedder}
	if r.corpus != nil {
		o.Dim = r.corpus.Dim
	}
	started := time.Now()
	o.CacheBytes = -1 // a question that is asked twice is timed twice
	db, err := engine.OpenContext(ctx, dir, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close(), os.RemoveAll(dir)) }()
	turnOf, err := r.fill(ctx, db, c)
	if err != nil {
		return err
	}
	r.report.Added += time.Since(started)
	if stats, err := db.Stats(); err == nil && stats.Vectors != "" {
		r.report.Vectors = stats.Vectors
	}
	for _, q := range c.questions {
		if err := r.ask(ctx, db, q, turnOf); err != nil {
			return fmt.Errorf("question %d (%s): %w", q.Row+1, q.ID, err)
		}
		r.asked++
		r.progress()
	}
	r.done++
	r.progress()
	return nil
}

func (r *runner) progress() {
	if r.settings.Progress != nil {
		r.settings.Progress(r.done, len(r.conversations), r.asked, len(r.set.Questions))
	}
}

// addBatch is the number of memories committed together.
const addBatch = 1024

// fill adds the turns. It returns the turn of every key that is not a turn's id.
func (r *runner) fill(ctx context.Context, db *engine.DB, c *conversation) (turnOf map[string]string, err error) {
	turnOf = map[string]string{}
	batch := make([]engine.Memory, 0, addBatch)
	r.turns = map[engine.ID]string{}
	flush := func() error {
		ids, err := db.Add(ctx, batch...)
		for i, id := range ids {
			r.turns[id] = batch[i].Key
		}
		batch = batch[:0]
		return err
	}
	for _, t := range c.turns {
		pieces := splitText(t.Text, model.TextBytesMax)
		if len(pieces) > 1 {
			r.report.Problems = append(r.report.Problems, fmt.Sprintf("turn %d (%s): text of %d bytes, added as %d pieces that count as the turn", t.Row+1, t.ID, len(t.Text), len(pieces)))
		}
		for i, piece := range pieces {
			m := r.memory(t)
			m.Text = piece
			if i > 0 {
				m.Key = fmt.Sprintf("%s#%d", t.ID, i+1)
				turnOf[m.Key] = t.ID
			}
			if batch = append(batch, m); len(batch) == addBatch {
				if err := flush(); err != nil {
					return nil, err
				}
			}
		}
	}
	return turnOf, flush()
}

func (r *runner) memory(t *Turn) engine.Memory {
	m := engine.Memory{Key: t.ID, Speaker: t.Speaker, EventTime: t.When}
	m.User, m.Session = t.Conversation, t.Session
	if r.corpus != nil {
		m.Vector = r.corpus.Row(t.Row)
	}
	return m
}

// splitText cuts s into pieces of at most limit bytes, between runes.
func splitText(s string, limit int) []string {
	var pieces []string
	for len(s) > limit {
		at := limit
		for at > 0 && !utf8.RuneStart(s[at]) {
			at--
		}
		pieces = append(pieces, s[:at])
		s = s[at:]
	}
	return append(pieces, s)
}

func (r *runner) ask(ctx context.Context, db *engine.DB, q *Question, turnOf map[string]string) error {
	query := engine.Query{
		Text: q.Text, K: r.settings.Depth, Intent: r.settings.Intent, Weights: r.settings.Weights,
		Engines: r.settings.Engines, SingleEngine: r.settings.FusionOff, Fusion: r.settings.Fusion, Route: r.settings.Route,
	}
	if r.questions != nil {
		query.Vector = r.questions.Row(q.Row)
	}
	answer, err := r.answer(ctx, db, q, query, turnOf)
	if err != nil {
		return err
	}
	a := Answered{ID: q.ID, Hits: turnsOf(answer.Hits, turnOf), Confidence: answer.Confidence, Route: answer.Route, Took: answer.Took}
	r.report.Routes[a.Route]++
	r.tally.took = append(r.tally.took, a.Took)
	if f, ok := Score(a.Hits, q.Evidence, r.set.sessionWithin); ok {
		r.tally.add(q.Category, &f)
		r.report.Asked++
	} else {
		r.report.Skipped++
	}
	if r.settings.Answered == nil {
		return nil
	}
	return r.settings.Answered(a)
}

// answer asks a question, and shows its candidates to who wants to see them.
func (r *runner) answer(ctx context.Context, db *engine.DB, q *Question, query engine.Query, turnOf map[string]string) (*engine.Answer, error) {
	if r.settings.Observed == nil {
		return db.Query(ctx, query)
	}
	answer, seen, err := engine.Observe(ctx, db, query)
	if err != nil {
		return nil, err
	}
	turns := make([]string, len(seen.IDs))
	for i, id := range seen.IDs {
		turns[i] = r.turns[id]
		if whole, ok := turnOf[turns[i]]; ok {
			turns[i] = whole
		}
	}
	return answer, r.settings.Observed(q, turns, seen)
}

// turnsOf returns the distinct turns of hits in their order.
func turnsOf(hits []engine.Hit, turnOf map[string]string) []string {
	turns := make([]string, 0, len(hits))
	for i := range hits {
		id := hits[i].Key
		if whole, ok := turnOf[id]; ok {
			id = whole
		}
		if len(turnOf) == 0 || !slices.Contains(turns, id) {
			turns = append(turns, id)
		}
	}
	return turns
}
