// Package engine is memory for an application, inside its process: add text
// (and vectors, if there are any), ask a question, get the best eight passages.
//
//	db, err := engine.Open("./nexus-data", engine.Options{})
//	ids, err := db.Add(ctx, engine.Memory{Text: "Ann moved to Oslo in May."})
//	answer, err := db.Query(ctx, engine.Query{Text: "where does Ann live?"})
//	fmt.Println(answer.Hits[0].Text)
//
// What Add returned is durable and visible. Questions run on immutable
// snapshots: they never wait for writers or for each other. There is no server,
// no model to load and no network; a directory belongs to one writing process.
package engine

import (
	"context"
	"fmt"
	"iter"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nexus-memory/nexus/engine/cache"
	"github.com/nexus-memory/nexus/engine/embed"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/search"
	"github.com/nexus-memory/nexus/engine/segment"
	"github.com/nexus-memory/nexus/engine/store"
	"github.com/nexus-memory/nexus/engine/text"
	"github.com/nexus-memory/nexus/kernels"
)

// The values of the API; see package model.
type (
	ID       = model.ID
	Memory   = model.Memory
	Patch    = model.Patch
	Usage    = model.Usage
	Scope    = model.Scope
	Kind     = model.Kind
	Query    = model.Query
	Filter   = model.Filter
	Match    = model.Match
	Boosts   = model.Boosts
	FieldRef = model.FieldRef
	Day      = model.Day
	// Selection says which memories List and DeleteWhere are about.
	Selection = model.Selection
	Answer    = model.Answer
	Hit       = model.Hit
	Factors   = model.Factors

	Explanation = model.Explanation
	EngineRank  = model.EngineRank
	Signal      = model.Signal

	Weights  = model.Weights
	Intent   = model.Intent
	Fusion   = model.Fusion
	Route    = model.Route
	CacheUse = model.CacheUse
	Metric   = model.Metric
	Report   = store.Report
	Embedder = embed.Embedder
)

// The levels of memory; see model.Kind.
const (
	KindWorking    = model.KindWorking
	KindEpisodic   = model.KindEpisodic
	KindSemantic   = model.KindSemantic
	KindProcedural = model.KindProcedural
)

// The intents, each a row of weights; see model.Intent.
const (
	IntentGeneral = model.IntentGeneral
	IntentFact    = model.IntentFact
	IntentRecent  = model.IntentRecent
	IntentExplore = model.IntentExplore
	IntentTrusted = model.IntentTrusted
)

// The ways of fusion; see model.Fusion.
const (
	FusionLearnt = model.FusionLearnt
	FusionConvex = model.FusionConvex
	FusionRRF    = model.FusionRRF
	FusionDBSF   = model.FusionDBSF
)

// The routes; see model.Route.
const (
	RouteAdaptive  = model.RouteAdaptive
	RouteCacheOnly = model.RouteCacheOnly
	RouteSmart     = model.RouteSmart
	RouteFull      = model.RouteFull
	RouteMaximum   = model.RouteMaximum
)

// The metrics of vectors; see model.Metric.
const (
	MetricUnset = model.MetricUnset
	Cosine      = model.Cosine
	Dot         = model.Dot
	L2          = model.L2
)

// The indexes of Factors and Weights; see model.Factor.
const (
	Relevance  = model.Relevance
	Freshness  = model.Freshness
	Diversity  = model.Diversity
	Authority  = model.Authority
	Coherence  = model.Coherence
	Confidence = model.Confidence
)

// The kinds of errors; test with errors.Is.
var (
	ErrInvalid     = model.ErrInvalid
	ErrNotFound    = model.ErrNotFound
	ErrExists      = model.ErrExists
	ErrConflict    = model.ErrConflict
	ErrBusy        = model.ErrBusy
	ErrDeadline    = model.ErrDeadline
	ErrCancelled   = model.ErrCancelled
	ErrClosed      = model.ErrClosed
	ErrLocked      = model.ErrLocked
	ErrCorrupt     = model.ErrCorrupt
	ErrReadOnly    = model.ErrReadOnly
	ErrNoSpace     = model.ErrNoSpace
	ErrDimension   = model.ErrDimension
	ErrUnsupported = model.ErrUnsupported
	ErrForbidden   = model.ErrForbidden
	ErrUnavailable = model.ErrUnavailable
	ErrInternal    = model.ErrInternal
)

// The sources of an answer; see model.CacheUse.
const (
	CacheNone  = model.CacheNone
	CacheExact = model.CacheExact
	CacheNear  = model.CacheNear
)

// Stats are the figures of a store, and of its cache of answers.
type Stats struct {
	store.Stats
	Cache  cache.Stats // since opening, or since another ranker serves
	Ranker RankerInfo
}

// Options say how to open a store. The zero value is good: it creates or opens
// one that embeds texts itself (embed.Words in English, embed.Hashing in other languages), or
// keeps the caller's vectors if the first memory brings one.
type Options struct {
	// ReadOnly opens for questions alone. Any number of processes may do so at
	// once, while none has the store open for writing.
	ReadOnly bool
	// Embedder turns texts into vectors, instead of the built-in one. It is
	// fixed with the first memory: an Embedder of another name or dimension is
	// refused. Without it such a store still opens: its memories can be read and
	// asked for by words or by Query.Vector, and added with a Vector.
	Embedder Embedder
	// Dim declares the dimension of the vectors that the caller brings; 0 takes
	// it from the first one. Not to be set together with Embedder.
	Dim int
	// HistoryFor is how long the versions that updates replace are kept, for
	// History and Query.AsOf: 0 for ever; negative not at all; else Compact drops
	// those that were replaced longer ago.
	HistoryFor time.Duration
	// Metric says what "near" means for vectors: Cosine, Dot or L2. It is fixed with
	// the first memory, and another one is refused; MetricUnset takes the store's own,
	// Cosine for a new one. A vector's score is the cosine, the inner product, or
	// 1/(1+d²) of the distance d.
	Metric Metric
	// Language is the one that the texts are mostly in, one of Languages: it chooses
	// stemmer and stop words. "none" takes words as they are. It is fixed with the first
	// memory, and another one is refused; "" takes the store's own, English ("en") for a
	// new one. Texts of other languages are found by their words in any case, Chinese,
	// Japanese and Korean ones by any two characters.
	Language string
	// CacheBytes bounds the memory that finished answers are kept in for questions
	// that are asked again: 0 means 16 MiB, a negative number keeps none. An answer
	// is used only as long as no memory was added, changed or deleted since.
	CacheBytes int
	// SegmentsInMemory reads segment files into memory at opening, instead of
	// mapping them: for media that may fail, and for hosts that take SIGBUS for
	// themselves. It costs their size in memory that the system cannot take back.
	SegmentsInMemory bool
	// CompressTexts packs texts, and what else is kept of a memory beside its indexes and
	// its vector, in segment files of 2,048 memories and more: to about a third. Reading one
	// then costs some 6 us more. It holds for the files that are written while the store is
	// open, and Compact writes all of them so; what is packed stays packed. Stats says what is won.
	CompressTexts bool
	// EngineTimeout is how long one engine may take in one question, its embedding of the
	// question included, before it is left out as late: 0 means 30 s, which no healthy
	// engine takes; a negative number no limit. An engine that is late or fails five times
	// in a row is not asked for a second, then tried by one question, and left out for
	// twice as long as before where that fails, a minute at most; the trace names it "open".
	EngineTimeout time.Duration
	// MaxQuestions bounds the questions that are answered at once, those from the cache not
	// counted: one more returns ErrBusy at once. 0 means 1,024, a negative number no bound.
	MaxQuestions int
}

// Languages returns what Options.Language may be, sorted: codes of ISO 639-1, and "none".
func Languages() []string { return text.Languages() }

// DB is an open store. Its methods are safe from any goroutine.
type DB struct {
	store *store.Store
	asks  *search.Orchestrator

	// serving is what answers with. Open stores the first, Train and RollbackRanker, one at
	// a time under training, others; a question loads it once, and keeps to it.
	serving  atomic.Pointer[serving]
	training sync.Mutex
}

// Open opens the store in a directory, creating it where there is none (unless
// ReadOnly). Errors: ErrLocked while it is open already, ErrNotFound,
// ErrForbidden (no right to read it), ErrInvalid (another program's directory, another language), ErrReadOnly (none to write), ErrNoSpace, ErrUnsupported (a newer format), ErrDimension
// (other vectors than it was made with), ErrCorrupt (the truth itself is
// damaged; damaged segments are rebuilt and counted in Stats.Discarded).
func Open(dir string, o Options) (*DB, error) { return OpenContext(context.Background(), dir, o) }

// OpenContext is Open with a context that can end a long rebuild.
func OpenContext(ctx context.Context, dir string, o Options) (*DB, error) {
	if err := kernels.CheckForced(); err != nil {
		return nil, fmt.Errorf("open: %w: %w", err, ErrUnsupported)
	}
	if err := checkDirectory("open", dir); err != nil {
		return nil, err
	}
	if o.Dim < 0 || o.Dim > model.DimensionMax {
		return nil, fmt.Errorf("open: dimension %d, want 0..%d: %w", o.Dim, model.DimensionMax, ErrInvalid)
	}
	if o.Dim > 0 && o.Embedder != nil {
		return nil, fmt.Errorf("open: Dim is for vectors of the caller's, Embedder for its own: set one of them: %w", ErrInvalid)
	}
	if !o.Metric.Valid() {
		return nil, fmt.Errorf("open: %v: %w", o.Metric, ErrInvalid)
	}
	if o.Language != "" && !text.Known(o.Language) {
		return nil, fmt.Errorf("open: language %q is none of %s: %w", o.Language, strings.Join(text.Languages(), " "), ErrInvalid)
	}
	s, err := store.Open(ctx, dir, store.Options{ReadOnly: o.ReadOnly, Embedder: o.Embedder, Dim: o.Dim, Metric: o.Metric, Language: o.Language, HistoryFor: o.HistoryFor, InMemory: o.SegmentsInMemory, CompressTexts: o.CompressTexts})
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	db := &DB{store: s, asks: search.NewOrchestrator(search.Limits{EngineTimeout: o.EngineTimeout, Questions: o.MaxQuestions})}
	db.serving.Store(serve(s, cache.New(o.CacheBytes, s.Language())))
	return db, nil
}

// Add commits memories, all or none, and returns their IDs in order. When it
// returns they are durable and every later question sees them. Concurrent calls
// share commits. A memory whose Key is there already with the same content, be it
// as it was first added or as an update left it, gets the old ID and changes
// nothing: adding something again never undoes an update. With other content the
// call fails with ErrExists. The caller's values are not changed. Errors name the
// memory by its index.
func (db *DB) Add(ctx context.Context, memories ...Memory) ([]ID, error) {
	if len(memories) > model.AddCountMax {
		return nil, fmt.Errorf("add: %d memories in one call, more than %d: %w", len(memories), model.AddCountMax, ErrInvalid)
	}
	own := slices.Clone(memories)
	for i := range own {
		if err := own[i].Normalize(); err != nil {
			return nil, fmt.Errorf("add: memory %d: %w", i, err)
		}
	}
	ids, err := db.store.Add(ctx, own)
	if err != nil {
		return nil, fmt.Errorf("add: %w", err)
	}
	return ids, nil
}

// Query answers a question with the best K memories in its scope, best first.
// It never waits for writers. With a Budget or a deadline, an engine that is
// late, or whose embedding of the question is, is left out and named in the
// trace, as is one that fails; ErrDeadline where none was done, ErrUnavailable where all
// that might have are not asked any more, see Options.EngineTimeout. ErrBusy says that
// Options.MaxQuestions are being answered. ErrNotFound of
// RouteCacheOnly says that the cache has no answer.
//
// The answer is shared with later callers who ask the same and must not be changed
// (see Options.CacheBytes). One that comes from the cache says so in Trace.Cache, and
// Took is 0: nobody waited for engines. It costs no allocation.
func (db *DB) Query(ctx context.Context, q Query) (*Answer, error) {
	if err := model.FromContext(ctx, "query"); err != nil {
		return nil, err
	}
	view, err := db.store.View()
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	now := db.serving.Load()
	judge, err := db.askedBy(&q)
	if err != nil {
		view.Release()
		return nil, fmt.Errorf("query: %w", err)
	}
	if answer := now.cache.Get(&q, epochOf(view, judge)); answer != nil {
		db.store.NoteHits(answer.Hits)
		return answer, nil
	}
	return db.answer(ctx, view, now, q, judge, nil)
}

// answer computes an answer and keeps it where it is whole. It is not part of Query
// because there the question must not escape to the heap.
func (db *DB) answer(ctx context.Context, view *segment.View, now *serving, q Query, judge *store.Judge, observe func(*search.Candidates)) (*Answer, error) {
	started := time.Now()
	defer view.Release()
	if err := q.Normalize(); err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	for _, name := range q.Engines {
		if !slices.Contains(search.EngineNames(), name) {
			return nil, fmt.Errorf("query: engine %q, want one of %v: %w", name, search.EngineNames(), ErrInvalid)
		}
	}
	if err := store.CheckQuestion(view, q.Vector); err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	epoch := epochOf(view, judge)
	if q.Near {
		if answer := now.cache.Near(&q, epoch); answer != nil {
			db.store.NoteHits(answer.Hits)
			return answer, nil
		}
	}
	if q.Route == model.RouteCacheOnly {
		return nil, fmt.Errorf("query: not answered before, as the cache knows: %w", ErrNotFound)
	}
	if q.Budget > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, q.Budget)
		defer cancel()
	}
	seen := view
	if !q.AsOf.IsZero() {
		seen = view.AsOf(q.AsOf.UnixMicro())
	}
	question := &search.Question{View: seen, Text: q.Text, Vector: q.Vector, Ranker: now.ranker, Observe: observe}
	if judge != nil {
		profile, err := db.profile(judge)
		if err != nil {
			return nil, fmt.Errorf("query: %w", err)
		}
		question.Profile = profile
	}
	prepared := time.Since(started)
	answer, err := db.asks.Answer(ctx, question, &q)
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	answer.Trace.Warning = warning(now, judge)
	db.store.NoteHits(answer.Hits)
	answer.Trace.Prepare = prepared
	answer.Took = time.Since(started)
	if q.Budget == 0 && ctx.Err() == nil && complete(&answer.Trace) && !answer.Trace.Hurried {
		now.cache.Put(&q, epoch, answer)
	}
	return answer, nil
}

// warning says what is wrong with what an answer was made with; "" where nothing is.
func warning(now *serving, judge *store.Judge) string {
	switch {
	case judge == nil || judge.Warning == "":
		return now.info.Warning
	case now.info.Warning == "":
		return judge.Warning
	}
	return now.info.Warning + "; " + judge.Warning
}

// epochOf names all that answers depend on beside the question.
func epochOf(view *segment.View, judge *store.Judge) cache.Epoch {
	epoch := cache.Epoch{Content: view.Content()}
	if judge != nil {
		epoch.Preference = judge.Epoch
	}
	return epoch
}

// complete reports whether every engine that was asked had its say.
func complete(t *model.Trace) bool {
	return !slices.ContainsFunc(t.Engines, func(e model.EngineTrace) bool { return e.State != model.EngineUsed && e.State != model.EngineSkipped })
}

// Get returns a memory by ID, or ErrNotFound.
func (db *DB) Get(ctx context.Context, id ID) (Memory, error) {
	return db.get(ctx, func(v *segment.View) (rows.Ref, bool) { return v.Find(id) }, "memory %d", id)
}

// GetByKey returns a tenant's memory by its key, or ErrNotFound.
func (db *DB) GetByKey(ctx context.Context, tenant, key string) (Memory, error) {
	if key == "" {
		return Memory{}, fmt.Errorf("get: empty key: %w", ErrInvalid)
	}
	if len(key) > model.NameBytesMax {
		return Memory{}, fmt.Errorf("get: key of %d bytes, no memory has more than %d: %w", len(key), model.NameBytesMax, ErrInvalid)
	}
	return db.get(ctx, func(v *segment.View) (rows.Ref, bool) { return v.FindKey(tenant, key) }, "key %q", key)
}

func (db *DB) get(ctx context.Context, find func(*segment.View) (rows.Ref, bool), what string, name any) (m Memory, err error) {
	if err := model.FromContext(ctx, "get"); err != nil {
		return Memory{}, err
	}
	view, err := db.store.View()
	if err != nil {
		return Memory{}, fmt.Errorf("get: %w", err)
	}
	defer view.Release()
	defer view.Guard(debug.SetPanicOnFault(true), &err)
	ref, ok := find(view)
	if !ok {
		return Memory{}, fmt.Errorf("get: "+what+": %w", name, ErrNotFound)
	}
	if m, err = view.Memory(ref, true); err == nil {
		m.Usage = db.store.Used(m.ID)
	}
	return m, err
}

// List yields the memories of a selection in ID order, from the snapshot that is
// current when the loop starts. An error ends it. Only what is selected is read;
// before the first, 8 bytes are kept for the place of each.
func (db *DB) List(ctx context.Context, s Selection) iter.Seq2[Memory, error] {
	return db.list(ctx, "list", &s)
}

// list yields the memories of a selection; of every tenant where it is nil.
func (db *DB) list(ctx context.Context, place string, s *Selection) iter.Seq2[Memory, error] {
	return func(yield func(Memory, error) bool) {
		view, err := db.store.View()
		var places []rows.Ref
		if err == nil && s != nil {
			err = s.Check()
		}
		if err == nil {
			places, err = guardedPlaces(ctx, view, s)
		}
		if err != nil {
			yield(Memory{}, fmt.Errorf("%s: %w", place, err))
			return
		}
		defer view.Release()
		for _, r := range places {
			err := model.FromContext(ctx, place)
			var m Memory
			if err == nil {
				m, err = guardedMemory(view, r)
			}
			if err == nil && s != nil && !s.Scope.Covers(m.Scope) {
				continue // its scope's names have the hashes of others
			}
			if !yield(m, err) || err != nil {
				return
			}
		}
	}
}

// guardedPlaces returns the places of what is selected, in ID order. They are found
// before the first is yielded, as the guard must not be around what the caller does.
func guardedPlaces(ctx context.Context, v *segment.View, s *Selection) (places []rows.Ref, err error) {
	defer v.Guard(debug.SetPanicOnFault(true), &err)
	allow := make([]rows.Set, len(v.Parts))
	if s != nil {
		if allow, err = v.Select(ctx, s.Scope, s.Filter); err != nil {
			return nil, err
		}
	}
	v.Each(func(r rows.Ref) bool {
		if set := allow[r.Part]; set == nil || set.Has(int(r.Row)) {
			places = append(places, r)
		}
		return true
	})
	return places, nil
}

func guardedMemory(v *segment.View, r rows.Ref) (m Memory, err error) {
	defer v.Guard(debug.SetPanicOnFault(true), &err)
	return v.Memory(r, true)
}

// Delete removes memories by ID and returns how many of them were there. They
// are in no later answer when it returns; Compact erases their bytes. Very many
// go in several commits, AddCountMax each; on an error the count is of those done.
func (db *DB) Delete(ctx context.Context, ids ...ID) (count int, err error) {
	for part := range slices.Chunk(ids, model.AddCountMax) {
		deleted, err := db.store.Delete(ctx, part)
		if err != nil {
			return count, fmt.Errorf("delete: %w", err)
		}
		count += len(deleted)
	}
	return count, nil
}

// Feedback notes how useful a memory was to whoever asked, from -1 (it misled) to
// 1. The sums are in Memory.Usage when it returns, and on the disk within 5 seconds
// or when the store is closed. Errors: ErrNotFound, ErrInvalid, ErrReadOnly.
func (db *DB) Feedback(ctx context.Context, id ID, value float64) (err error) {
	view, err := db.store.View()
	if err != nil {
		return fmt.Errorf("feedback: %w", err)
	}
	defer view.Release()
	defer view.Guard(debug.SetPanicOnFault(true), &err) // the memory is looked up
	if err := db.store.Feedback(ctx, id, value); err != nil {
		return fmt.Errorf("feedback: %w", err)
	}
	return nil
}

// DeleteWhere removes the memories of a selection, as they are in the snapshot that
// is current when it starts, and returns how many it removed. An empty selection is
// ErrInvalid: who means to delete everything says so. Very many go in several
// commits, AddCountMax each, and ctx may end it between them; on an error the count
// is of those done.
func (db *DB) DeleteWhere(ctx context.Context, s Selection) (count int, err error) {
	if s.IsEmpty() {
		return 0, fmt.Errorf("delete: neither a scope nor a filter is given: %w", ErrInvalid)
	}
	var ids []ID
	for m, err := range db.list(ctx, "delete", &s) {
		if err != nil {
			return 0, err
		}
		ids = append(ids, m.ID)
	}
	for part := range slices.Chunk(ids, model.AddCountMax) {
		if err := model.FromContext(ctx, "delete"); err != nil {
			return count, err
		}
		deleted, err := db.Delete(ctx, part...)
		if count += deleted; err != nil {
			return count, err
		}
	}
	return count, nil
}

// Stats returns figures of the store; nothing is scanned.
func (db *DB) Stats() (Stats, error) {
	figures, err := db.store.Stats()
	now := db.serving.Load()
	return Stats{figures, now.cache.Stats(), now.info}, err
}

// Verify reads the whole store and reports what is not sound.
func (db *DB) Verify(ctx context.Context) (Report, error) {
	report, err := db.store.Verify(ctx)
	if _, damage := readRankers(db.store); err == nil && damage != nil {
		report.Faults = append(report.Faults, damage.Error())
	}
	return report, err
}

// Compact merges all segments, drops deleted memories from them and from the
// truth, and gives the space back. Reads go on; writes wait at its end.
func (db *DB) Compact(ctx context.Context) error { return db.store.Compact(ctx) }

// Close makes what was added quick to open again and closes the store. Calls in
// flight end with their answer; later ones give ErrClosed.
func (db *DB) Close() error { return db.store.Close() }
