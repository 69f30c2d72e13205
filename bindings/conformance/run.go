package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/model"
)

// results are the members of an expectation, in the order of their writing.
type results []member

type member struct {
	name  string
	value any
}

func (r results) encode() json.RawMessage {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range r {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:%s", m.name, encode(m.value))
	}
	b.WriteByte('}')
	return b.Bytes()
}

// runner is one case in progress.
type runner struct {
	dir  string
	db   *engine.DB
	open []*engine.DB
}

// Run runs a case in dir, an empty directory, and returns what each step gave
// in the form of "expect". An error is a fault of the corpus itself.
func (c *Case) Run(dir string) ([]json.RawMessage, error) {
	r := &runner{dir: dir}
	defer r.end()
	var all []json.RawMessage
	for i, s := range c.Steps {
		given, err := r.step(s)
		name := statusName(err)
		if err != nil && name == "" {
			return nil, fmt.Errorf("case %q, step %d: %w", c.Name, i, err)
		}
		if err != nil {
			given = results{{"error", name}}
		}
		all = append(all, given.encode())
	}
	return all, nil
}

func (r *runner) end() {
	for _, db := range r.open {
		_ = db.Close() // most are closed already
	}
}

// statusName returns the name of an engine's error, "" for any other.
func statusName(err error) string {
	for _, kind := range []error{
		engine.ErrInvalid, engine.ErrNotFound, engine.ErrExists, engine.ErrConflict, engine.ErrBusy, engine.ErrDeadline, engine.ErrCancelled,
		engine.ErrClosed, engine.ErrLocked, engine.ErrCorrupt, engine.ErrReadOnly, engine.ErrNoSpace, engine.ErrDimension,
		engine.ErrUnsupported, engine.ErrForbidden, engine.ErrUnavailable, engine.ErrInternal,
	} {
		if errors.Is(err, kind) {
			return kind.Error()
		}
	}
	return ""
}

// Compare returns what is wrong with given where expect, as the file has it,
// is held against it: "" if nothing. Members that expect leaves out are free.
func Compare(expect, given json.RawMessage) (string, error) {
	var want, got map[string]json.RawMessage
	if err := json.Unmarshal(expect, &want); err != nil {
		return "", err
	}
	if err := json.Unmarshal(given, &got); err != nil {
		return "", err
	}
	if _, failed := got["error"]; failed && want["error"] == nil {
		return fmt.Sprintf("got %s", given), nil
	}
	for name, value := range want {
		var a, b bytes.Buffer
		if err := json.Compact(&a, value); err != nil {
			return "", err
		}
		if err := json.Compact(&b, got[name]); len(got[name]) > 0 && err != nil {
			return "", err
		}
		if !bytes.Equal(a.Bytes(), b.Bytes()) {
			return fmt.Sprintf("%s:\ngot  %s\nwant %s", name, b.Bytes(), a.Bytes()), nil
		}
	}
	return "", nil
}

func (r *runner) step(s Step) (results, error) {
	if op := s.op(); r.db == nil && op != "open" && op != "write" && op != "restore" {
		return nil, fmt.Errorf("%s: no store was opened", op)
	}
	switch s.op() {
	case "open":
		return r.opened(s)
	case "close":
		return results{}, r.db.Close()
	case "add":
		return r.add(s)
	case "query":
		return r.query(s)
	case "get", "get_by_key":
		return r.get(s)
	case "list":
		return r.list(s)
	case "delete":
		return r.remove(s)
	case "update":
		return r.update(s)
	case "supersede", "history", "feedback":
		return r.one(s)
	case "learn", "preference", "set_preference", "forget":
		return r.learning(s)
	case "delete_where":
		return r.removeWhere(s)
	case "patterns":
		return r.patterns(s)
	case "anomalies":
		return r.anomalies(s)
	case "train":
		return r.train(s)
	case "rollback_ranker":
		return results{}, r.db.RollbackRanker(context.Background())
	case "stats":
		st, err := r.db.Stats()
		given := results{{"memories", st.Memories}, {"vectors", st.Vectors}, {"dimension", st.Dimension}, {"metric", st.Metric.String()}, {"language", st.Language}, {"packed", st.RecordStored < st.RecordBytes}}
		if st.Ranker.Own {
			given = append(given, member{"ranker_own", true}, member{"ranker_trees", st.Ranker.Trees})
		}
		return given, err
	case "verify":
		report, err := r.db.Verify(context.Background())
		return results{{"memories", report.Memories}, {"bad", len(report.Faults)}}, err
	case "compact":
		return results{}, r.db.Compact(context.Background())
	case "write", "export", "import", "backup", "restore":
		return r.file(s)
	}
	return nil, fmt.Errorf("operation %s has no runner", s["op"])
}

func (r *runner) opened(s Step) (results, error) {
	var a struct {
		Path     *string `json:"path"`
		ReadOnly bool    `json:"read_only"`
		Dim      int     `json:"dim"`
		InMemory bool    `json:"segments_in_memory"`
		Metric   string  `json:"metric"`
		Language string  `json:"language"`
		Cache    int     `json:"cache_bytes"`
		Packs    bool    `json:"compress_texts"`
		Micros   int64   `json:"engine_timeout_us"`
		AtOnce   int     `json:"max_questions"`
	}
	if err := s.arguments(&a); err != nil {
		return nil, err
	}
	path := filepath.Join(r.dir, "store")
	if a.Path != nil {
		path = filepath.Join(r.dir, *a.Path)
	}
	metric, err := model.ParseMetric(a.Metric)
	if err != nil {
		return nil, err
	}
	db, err := engine.Open(path, engine.Options{ReadOnly: a.ReadOnly, Dim: a.Dim, Metric: metric, Language: a.Language, CacheBytes: a.Cache, SegmentsInMemory: a.InMemory, CompressTexts: a.Packs,
		EngineTimeout: time.Duration(a.Micros) * time.Microsecond, MaxQuestions: a.AtOnce})
	if err != nil {
		return nil, err
	}
	r.db, r.open = db, append(r.open, db)
	return results{}, nil
}

func (r *runner) add(s Step) (results, error) {
	var a struct {
		Memories []record `json:"memories"`
		Repeat   int      `json:"repeat"`
	}
	if err := s.arguments(&a); err != nil {
		return nil, err
	}
	if a.Repeat > 0 {
		a.Memories = repeated(a.Memories, a.Repeat)
	}
	memories := make([]engine.Memory, len(a.Memories))
	for i := range memories {
		var err error
		if memories[i], err = a.Memories[i].memory(); err != nil {
			return nil, err
		}
	}
	ids, err := r.db.Add(context.Background(), memories...)
	return results{{"ids", append([]engine.ID{}, ids...)}}, err
}

func (r *runner) query(s Step) (results, error) {
	var a struct {
		scope
		Text         string   `json:"text"`
		Vector       vector   `json:"vector"`
		K            int      `json:"k"`
		Intent       string   `json:"intent"`
		Weights      *factors `json:"weights"`
		Now          string   `json:"now"`
		AsOf         string   `json:"as_of"`
		ValidAt      string   `json:"valid_at"`
		Engines      []string `json:"engines"`
		SingleEngine bool     `json:"single_engine"`
		Filter       string   `json:"filter"`
		Near         bool     `json:"near"`
		Match        string   `json:"match"`
		Boosts       *boosts  `json:"boosts"`
		Fusion       string   `json:"fusion"`
		Route        string   `json:"route"`
		Explain      bool     `json:"explain"`
		Explore      float32  `json:"explore"`
		ExploreSeed  uint32   `json:"explore_seed"`
		VectorEffort float32  `json:"vector_effort"`
		Asker        string   `json:"asker"`
		Impersonal   bool     `json:"impersonal"`
	}
	if err := s.arguments(&a); err != nil {
		return nil, err
	}
	q := engine.Query{Text: a.Text, Vector: a.Vector, K: a.K, Scope: a.engine(), Engines: a.Engines, SingleEngine: a.SingleEngine, Near: a.Near, Explain: a.Explain, Asker: a.Asker, Impersonal: a.Impersonal}
	q.Explore, q.ExploreSeed, q.VectorEffort = a.Explore, a.ExploreSeed, a.VectorEffort
	q.Boosts = a.Boosts.engine()
	var errs [9]error
	q.Intent, errs[0] = parseIntent(a.Intent)
	q.Weights, errs[1] = a.Weights.weights()
	q.Now, errs[2] = parseTime(a.Now)
	q.AsOf, errs[3] = parseTime(a.AsOf)
	q.ValidAt, errs[4] = parseTime(a.ValidAt)
	q.Filter, errs[5] = engine.ParseFilter(a.Filter)
	q.Match, errs[6] = engine.ParseMatch(a.Match)
	q.Fusion, errs[7] = model.ParseFusion(a.Fusion)
	q.Route, errs[8] = model.ParseRoute(a.Route)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	answer, err := r.db.Query(context.Background(), q)
	if err != nil {
		return nil, err
	}
	return answered(answer), nil
}

// boosts are given by name; text has 1 unless it is named.
type boosts struct {
	Text           *float32 `json:"text"`
	Speaker, Title float32
}

func (b *boosts) engine() *engine.Boosts {
	if b == nil {
		return nil
	}
	out := &engine.Boosts{Text: 1, Speaker: b.Speaker, Title: b.Title}
	if b.Text != nil {
		out.Text = *b.Text
	}
	return out
}

func answered(a *engine.Answer) results {
	type took struct {
		Name  string `json:"name"`
		State string `json:"state"`
	}
	hits, engines := []hit{}, []took{}
	for i := range a.Hits {
		h := &a.Hits[i]
		hits = append(hits, hit{h.ID, h.Key, h.Score, fromFactors(h.Factors), append([]engine.ID{}, h.Duplicates...), fromExplanation(h.Explanation)})
	}
	for _, e := range a.Trace.Engines {
		engines = append(engines, took{e.Name, e.State.String()})
	}
	given := results{{"hits", hits}, {"engines", engines}, {"candidates", a.Trace.Candidates}, {"collapsed", a.Trace.Collapsed}, {"route", a.Route.String()}}
	if a.Trace.Started != a.Route {
		given = append(given, member{"started", a.Trace.Started.String()})
	}
	if a.Confidence != 0 {
		given = append(given, member{"confidence", a.Confidence})
	}
	if a.Trace.Cache != engine.CacheNone {
		given = append(given, member{"cache", a.Trace.Cache.String()})
	}
	return given
}

func (r *runner) get(s Step) (results, error) {
	var a struct {
		ID     engine.ID `json:"id"`
		Tenant string    `json:"tenant"`
		Key    string    `json:"key"`
	}
	if err := s.arguments(&a); err != nil {
		return nil, err
	}
	var m engine.Memory
	var err error
	if s.op() == "get" {
		m, err = r.db.Get(context.Background(), a.ID)
	} else {
		m, err = r.db.GetByKey(context.Background(), a.Tenant, a.Key)
	}
	if err != nil {
		return nil, err
	}
	return results{{"memory", fromMemory(&m)}}, nil
}

// update sets what "set" gives, "clear" empties and "remove_meta" names.
func (r *runner) update(s Step) (results, error) {
	var a struct {
		ID        engine.ID       `json:"id"`
		IfVersion uint32          `json:"if_version"`
		Set       json.RawMessage `json:"set"`
		Clear     []string        `json:"clear"`
		Remove    []string        `json:"remove_meta"`
	}
	if err := s.arguments(&a); err != nil {
		return nil, err
	}
	var given record
	names := map[string]json.RawMessage{}
	if a.Set != nil {
		if err := errors.Join(strict(a.Set, &given), json.Unmarshal(a.Set, &names)); err != nil {
			return nil, err
		}
	}
	m, err := given.memory()
	if err != nil {
		return nil, err
	}
	for _, name := range a.Clear {
		names[name] = nil
	}
	p := engine.Patch{IfVersion: a.IfVersion, Vector: m.Vector, Meta: m.Meta}
	for name := range names {
		switch name {
		case "text":
			p.Text = &m.Text
		case "speaker":
			p.Speaker = &m.Speaker
		case "kind":
			p.Kind = &m.Kind
		case "importance":
			p.Importance = &m.Importance
		case "time":
			p.EventTime = &m.EventTime
		case "valid_from":
			p.ValidFrom = &m.ValidFrom
		case "valid_to":
			p.ValidTo = &m.ValidTo
		case "expires":
			p.ExpiresAt = &m.ExpiresAt
		case "vector", "meta":
		default:
			return nil, fmt.Errorf("update: no member %q", name)
		}
	}
	for _, name := range a.Remove {
		if p.Meta == nil {
			p.Meta = map[string]any{}
		}
		p.Meta[name] = nil
	}
	updated, err := r.db.Update(context.Background(), a.ID, p)
	if err != nil {
		return nil, err
	}
	return results{{"memory", fromMemory(&updated)}}, nil
}

// one runs the other operations on one memory.
func (r *runner) one(s Step) (results, error) {
	var a struct {
		ID     engine.ID `json:"id"`
		Memory record    `json:"memory"`
		Value  float64   `json:"value"`
	}
	if err := s.arguments(&a); err != nil {
		return nil, err
	}
	switch s.op() {
	case "feedback":
		return results{}, r.db.Feedback(context.Background(), a.ID, a.Value)
	case "supersede":
		m, err := a.Memory.memory()
		if err != nil {
			return nil, err
		}
		id, err := r.db.Supersede(context.Background(), a.ID, m)
		return results{{"id", id}}, err
	}
	versions, err := r.db.History(context.Background(), a.ID)
	memories := []record{}
	for i := range versions {
		memories = append(memories, fromMemory(&versions[i]))
	}
	return results{{"memories", memories}}, err
}

// scope are the four names that many operations take.
type scope struct {
	Tenant  string `json:"tenant"`
	User    string `json:"user"`
	Agent   string `json:"agent"`
	Session string `json:"session"`
}

func (s scope) engine() engine.Scope {
	return engine.Scope{Tenant: s.Tenant, User: s.User, Agent: s.Agent, Session: s.Session}
}

// selection reads the members that list and delete_where take.
func (s Step) selection() (engine.Selection, error) {
	var a struct {
		scope
		Filter string `json:"filter"`
	}
	if err := s.arguments(&a); err != nil {
		return engine.Selection{}, err
	}
	f, err := engine.ParseFilter(a.Filter)
	return engine.Selection{Scope: a.engine(), Filter: f}, err
}

func (r *runner) removeWhere(s Step) (results, error) {
	selected, err := s.selection()
	if err != nil {
		return nil, err
	}
	count, err := r.db.DeleteWhere(context.Background(), selected)
	return results{{"count", count}}, err
}

func (r *runner) list(s Step) (results, error) {
	selected, err := s.selection()
	if err != nil {
		return nil, err
	}
	ids := []engine.ID{}
	for m, err := range r.db.List(context.Background(), selected) {
		if err != nil {
			return nil, err
		}
		ids = append(ids, m.ID)
	}
	return results{{"ids", ids}}, nil
}

func (r *runner) remove(s Step) (results, error) {
	var a struct {
		IDs []engine.ID `json:"ids"`
	}
	if err := s.arguments(&a); err != nil {
		return nil, err
	}
	count, err := r.db.Delete(context.Background(), a.IDs...)
	return results{{"count", count}}, err
}

// file runs the operations on files.
func (r *runner) file(s Step) (results, error) {
	var a struct {
		Path    string `json:"path"`
		Content string `json:"content"`
		Backup  string `json:"backup"`
	}
	if err := s.arguments(&a); err != nil {
		return nil, err
	}
	path := filepath.Join(r.dir, a.Path)
	switch s.op() {
	case "write":
		return results{}, os.WriteFile(path, []byte(a.Content), 0o600)
	case "export":
		count, err := r.db.ExportFile(context.Background(), path, nil)
		return results{{"count", count}}, err
	case "backup":
		count, err := r.db.Backup(context.Background(), path, nil)
		return results{{"count", count}}, err
	case "restore":
		count, err := engine.Restore(context.Background(), filepath.Join(r.dir, a.Backup), path, nil)
		return results{{"count", count}}, err
	}
	lines := []int{}
	bad := func(line int, _ error) { lines = append(lines, line) }
	report, err := r.db.ImportFile(context.Background(), path, engine.ImportOptions{Bad: bad}, nil)
	slices.Sort(lines)
	return results{{"memories", report.Added}, {"bad", report.Bad}, {"lines", lines}}, err
}
