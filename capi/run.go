package main

// #include <nexus.h>
import "C"

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/model"
)

type timeValue = time.Time

// uint32OfC lets files without cgo, as tests are, name the type.
type uint32OfC = C.uint32_t

func sortedNames(meta map[string]any) []string { return slices.Sorted(maps.Keys(meta)) }

// database is an open store behind a handle.
type database struct {
	*engine.DB
	files    listed          // for forked processes
	embedder *embedder       // nil: none of the caller's
	ctx      context.Context // ends when the store is closed; cursors live by it
	end      context.CancelFunc
}

// progress is how far an operation is.
type progress struct{ done, total atomic.Uint64 }

func (p *progress) set(done, total uint64) { p.done.Store(done); p.total.Store(total) }

// request is one operation, decoded.
type request struct {
	op       C.uint32_t
	db       *database
	path     string
	backup   string
	options  engine.Options
	embedder *embedder
	memories []engine.Memory
	ids      []engine.ID
	query    engine.Query
	patch    engine.Patch
	value    float64
	tenant   string
	selected engine.Selection
	mining   mining
	training engine.TrainOptions
	user     string
	feedback engine.Feedback
	key      string
	cursor   *cursor
	page     int
	close    handle // the store's, for CLOSE

	preference engine.Preference
	progress   progress
}

// result is what came of it.
type result struct {
	answer   *engine.Answer
	memories []engine.Memory // nil: none are part of the result
	mined    *mined
	stats    *engine.Stats
	trained  *engine.TrainReport
	outcome  *outcome
	ids      []engine.ID
	count    int
	db       handle
	cursor   handle

	preference *engine.Preference
}

// decode reads a request. The store is looked up, but for OPEN.
func decode(db handle, in *C.nexus_request) (r *request, err error) {
	if in == nil {
		return nil, fmt.Errorf("request is NULL: %w", engine.ErrInvalid)
	}
	in, sizeErr := known("request", in, C.NEXUS_REQUEST_SIZE_1)
	if in == nil {
		return nil, sizeErr
	}
	d := decoder{borrow: in.flags&C.NEXUS_SUBMIT_BORROW != 0, err: sizeErr}
	if in.flags&^C.NEXUS_SUBMIT_BORROW != 0 {
		d.fail("request.flags are %#x", in.flags)
	}
	if d.err != nil && in.op != C.NEXUS_OP_OPEN { // which goes on, to release its embedder
		return nil, d.err
	}
	r = &request{op: in.op, close: db}
	switch in.op {
	case C.NEXUS_OP_OPEN:
		r.path = d.text("path", in.path)
		r.options, r.embedder = d.options(in.options)
		return r, d.err
	case C.NEXUS_OP_RESTORE:
		r.backup, r.path = d.text("backup", in.backup), d.text("path", in.path)
		return r, d.err
	case C.NEXUS_OP_NEXT:
		r.page = int(in.page)
		r.cursor, err = lookUp[*cursor](handle(in.cursor.v), kindCursor)
		return r, err
	}
	if r.db, err = lookUp[*database](db, kindDB); err != nil {
		if _, closing := closings.Load(db); !closing || in.op != C.NEXUS_OP_CLOSE {
			return nil, err
		}
	}
	switch in.op {
	case C.NEXUS_OP_ADD:
		r.memories = d.memories(in.memories, in.memory_count)
	case C.NEXUS_OP_QUERY:
		r.query = d.query(in.query)
	case C.NEXUS_OP_DELETE:
		r.ids = d.ids(in.ids, in.id_count)
	case C.NEXUS_OP_GET, C.NEXUS_OP_HISTORY, C.NEXUS_OP_UPDATE, C.NEXUS_OP_SUPERSEDE, C.NEXUS_OP_FEEDBACK:
		r.decodeOne(&d, in)
	case C.NEXUS_OP_GET_BY_KEY:
		r.tenant, r.key = d.text("tenant", in.tenant), d.text("key", in.key)
	case C.NEXUS_OP_LIST, C.NEXUS_OP_DELETE_WHERE:
		r.selected = d.selection(in)
	case C.NEXUS_OP_PATTERNS, C.NEXUS_OP_ANOMALIES:
		r.selected, r.mining = d.selection(in), d.mining(in.mining)
	case C.NEXUS_OP_LEARN, C.NEXUS_OP_PREFERENCE, C.NEXUS_OP_SET_PREFERENCE, C.NEXUS_OP_FORGET:
		r.decodeLearning(&d, in)
	case C.NEXUS_OP_EXPORT, C.NEXUS_OP_IMPORT, C.NEXUS_OP_BACKUP, C.NEXUS_OP_TRAIN:
		r.training = d.training(in.training)
		r.path, r.page = d.text("path", in.path), int(in.page)
		if r.path == "" && !r.training.FromJudgements {
			d.fail("path is empty")
		}
	case C.NEXUS_OP_CLOSE, C.NEXUS_OP_STATS, C.NEXUS_OP_VERIFY, C.NEXUS_OP_COMPACT, C.NEXUS_OP_RANKER_ROLLBACK:
	default:
		if testOps == nil {
			d.fail("request.op is %d", in.op)
		}
	}
	return r, d.err
}

// decodeOne reads the operations on one memory.
func (r *request) decodeOne(d *decoder, in *C.nexus_request) {
	if r.ids = d.ids(in.ids, in.id_count); len(r.ids) != 1 {
		d.fail("this takes one id, not %d", len(r.ids))
	}
	switch in.op {
	case C.NEXUS_OP_UPDATE:
		r.patch = d.patch(in.patch)
	case C.NEXUS_OP_SUPERSEDE:
		if r.memories = d.memories(in.memories, in.memory_count); len(r.memories) != 1 {
			d.fail("supersede takes one memory, not %d", len(r.memories))
		}
	case C.NEXUS_OP_FEEDBACK:
		r.value = float64(in.value)
	}
}

// testOps is what test builds add to the operations; nil in others.
var testOps func(op uint32OfC)

// run does what a request asks for.
func (r *request) run(ctx context.Context) (out *result, err error) {
	defer model.Rescue("nexus", &err)
	out = &result{}
	if testOps != nil {
		testOps(r.op)
	}
	switch r.op {
	case C.NEXUS_OP_OPEN:
		out.db, err = r.open(ctx)
	case C.NEXUS_OP_CLOSE:
		err = closeStore(r.close)
	case C.NEXUS_OP_ADD:
		r.progress.set(0, uint64(len(r.memories)))
		if out.ids, err = r.db.Add(ctx, r.memories...); err == nil {
			r.progress.set(uint64(len(out.ids)), uint64(len(out.ids)))
		}
		out.count = len(out.ids)
	case C.NEXUS_OP_QUERY:
		out.answer, err = r.db.Query(ctx, r.query)
	case C.NEXUS_OP_GET:
		out.memories, err = one(r.db.Get(ctx, r.ids[0]))
	case C.NEXUS_OP_GET_BY_KEY:
		out.memories, err = one(r.db.GetByKey(ctx, r.tenant, r.key))
	case C.NEXUS_OP_DELETE:
		out.count, err = r.db.Delete(ctx, r.ids...)
	case C.NEXUS_OP_DELETE_WHERE:
		out.count, err = r.db.DeleteWhere(ctx, r.selected)
	case C.NEXUS_OP_UPDATE:
		out.memories, err = one(r.db.Update(ctx, r.ids[0], r.patch))
	case C.NEXUS_OP_SUPERSEDE:
		out.ids = make([]engine.ID, 1)
		out.ids[0], err = r.db.Supersede(ctx, r.ids[0], r.memories[0])
		out.count = 1
	case C.NEXUS_OP_HISTORY:
		out.memories, err = r.db.History(ctx, r.ids[0])
	case C.NEXUS_OP_FEEDBACK:
		err = r.db.Feedback(ctx, r.ids[0], r.value)
	case C.NEXUS_OP_LIST:
		out.cursor, err = newCursor(r.db, r.selected)
	case C.NEXUS_OP_NEXT:
		out.memories, err = r.cursor.next(ctx, r.page)
	case C.NEXUS_OP_PATTERNS, C.NEXUS_OP_ANOMALIES:
		out.mined, err = r.mine(ctx)
	case C.NEXUS_OP_TRAIN:
		out.trained, err = r.train(ctx)
	case C.NEXUS_OP_RANKER_ROLLBACK:
		err = r.db.RollbackRanker(ctx)
	case C.NEXUS_OP_LEARN, C.NEXUS_OP_PREFERENCE, C.NEXUS_OP_SET_PREFERENCE, C.NEXUS_OP_FORGET:
		err = r.learn(ctx, out)
	case C.NEXUS_OP_STATS:
		var stats engine.Stats
		stats, err = r.db.Stats()
		out.stats = &stats
	case C.NEXUS_OP_VERIFY:
		out.outcome, err = r.verify(ctx)
	case C.NEXUS_OP_COMPACT:
		err = r.db.Compact(ctx)
		r.db.files.renew()
	case C.NEXUS_OP_EXPORT:
		out.count, err = r.db.ExportFile(ctx, r.path, r.progress.set)
	case C.NEXUS_OP_IMPORT:
		out.outcome, err = r.importFile(ctx)
	case C.NEXUS_OP_BACKUP:
		out.count, err = r.db.Backup(ctx, r.path, r.progress.set)
	case C.NEXUS_OP_RESTORE:
		out.count, err = engine.Restore(ctx, r.backup, r.path, r.progress.set)
	}
	return out, err
}

func one(m engine.Memory, err error) ([]engine.Memory, error) { return []engine.Memory{m}, err }

func (r *request) open(ctx context.Context) (h handle, err error) {
	r.options.Embedder = nil
	if r.embedder != nil {
		r.options.Embedder = r.embedder
		defer func() {
			if err != nil {
				r.embedder.release()
			}
		}()
	}
	rests.start.Do(func() { go rests.keep(nil) })
	opened, err := engine.OpenContext(ctx, r.path, r.options)
	if err != nil {
		return 0, err
	}
	dir, err := filepath.Abs(r.path) // the process may change its directory later
	if err != nil {
		return 0, errors.Join(err, opened.Close())
	}
	db := &database{DB: opened, files: listed{dir: dir}, embedder: r.embedder}
	db.ctx, db.end = context.WithCancel(context.Background())
	if h, err = handles.add(kindDB, db); err != nil {
		return 0, errors.Join(err, opened.Close())
	}
	db.files.renew()
	return h, nil
}

// closings are the handles of stores that are being closed, each with a channel that ends
// when that is done.
var closings sync.Map

// closeStore closes a store; for whoever takes its handle first. Who comes second waits, so
// that the directory is free whenever a close has returned.
func closeStore(h handle) error {
	done := make(chan struct{})
	if first, closing := closings.LoadOrStore(h, done); closing {
		<-first.(chan struct{})
	} else {
		defer func() {
			closings.Delete(h)
			close(done)
		}()
	}
	db, err := take[*database](h, kindDB)
	if err != nil {
		return err
	}
	db.end()
	db.files.remove()
	err = db.Close()
	if db.embedder != nil {
		db.embedder.release()
	}
	return err
}

func (r *request) verify(ctx context.Context) (*outcome, error) {
	report, err := r.db.Verify(ctx)
	if err != nil {
		return nil, err
	}
	o := &outcome{memories: report.Memories, bad: uint64(len(report.Faults))}
	for _, fault := range report.Faults {
		o.problems = append(o.problems, problem{0, fmt.Errorf("%s: %w", fault, engine.ErrCorrupt)})
	}
	o.problems = o.problems[:min(len(o.problems), problemsMax)]
	return o, nil
}

func (r *request) importFile(ctx context.Context) (*outcome, error) {
	o := &outcome{}
	options := engine.ImportOptions{Batch: r.page, Bad: func(line int, err error) {
		if len(o.problems) < problemsMax {
			o.problems = append(o.problems, problem{line, err})
		}
	}}
	report, err := r.db.ImportFile(ctx, r.path, options, r.progress.set)
	o.memories, o.bad = uint64(report.Added), uint64(report.Bad)
	if err != nil {
		err = fmt.Errorf("%w (%d memories are in, %d lines were bad)", err, report.Added, report.Bad)
	}
	return o, err
}

// fill packs a result into an arena and the caller's reply, whose size the shim checked
// against that of ABI 1. On an error the caller gets nothing, and what the result opened
// is closed.
func (out *result) fill(op C.uint32_t, reply *C.nexus_reply) (err error) {
	filled := C.nexus_reply{struct_size: reply.struct_size, op: op, count: C.uint64_t(out.count)}
	filled.db.v, filled.cursor.v = C.uint64_t(out.db), C.uint64_t(out.cursor)
	var p unsafe.Pointer
	switch {
	case out.answer != nil:
		p, err = pack(func(a *arena) { a.answer(out.answer) })
		filled.answer = (*C.nexus_answer)(p)
	case out.memories != nil:
		p, err = pack(func(a *arena) { a.memories(out.memories) })
		filled.memories = (*C.nexus_memories)(p)
	case out.mined != nil && op == C.NEXUS_OP_PATTERNS:
		p, err = pack(func(a *arena) { a.patterns(out.mined.patterns) })
		filled.patterns = (*C.nexus_patterns)(p)
	case out.mined != nil:
		p, err = pack(func(a *arena) { a.anomalies(out.mined.anomalies) })
		filled.anomalies = (*C.nexus_anomalies)(p)
	case out.trained != nil:
		p, err = pack(func(a *arena) { a.trained(out.trained) })
		filled.train_report = (*C.nexus_train_report)(p)
	case out.preference != nil:
		p, err = pack(func(a *arena) { a.preference(out.preference) })
		filled.preference = (*C.nexus_preference)(p)
	case out.stats != nil:
		p, err = pack(func(a *arena) { a.stats(out.stats) })
		filled.stats = (*C.nexus_stats)(p)
	case out.outcome != nil:
		p, err = pack(func(a *arena) { a.report(out.outcome) })
		filled.report = (*C.nexus_report)(p)
	case len(out.ids) > 0:
		p, err = pack(func(a *arena) { copied(a, out.ids) })
		filled.ids = (*C.uint64_t)(p)
	}
	filled.arena = p
	if err != nil {
		out.undo()
		return err
	}
	// An older program's reply is smaller, and lacks what its ABI did not have.
	copyBytes(unsafe.Pointer(reply), unsafe.Pointer(&filled), min(uintptr(reply.struct_size), unsafe.Sizeof(filled)))
	return nil
}

// undo gives up what a result opened and nobody will take.
func (out *result) undo() {
	if out == nil {
		return
	}
	if out.db != 0 {
		_ = closeStore(out.db) // nobody is there to hear of it
	}
	if out.cursor != 0 {
		_ = closeCursor(out.cursor)
	}
}
