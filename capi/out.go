package main

// #include <nexus.h>
// #include <stdlib.h>
import "C"

import (
	"fmt"
	"time"
	"unsafe"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/model"
)

// arena lays values out in one block of C memory. What does not fit is only counted: the
// same code runs again in a block that is large enough.
type arena struct {
	base       unsafe.Pointer
	size, used uintptr
}

// packGuess is the size of the first block: an answer of eight hits with short texts fits
// at once, which saves it a run of 1 us.
const packGuess = 8 << 10

// pack runs fill, a second time where the first block was too small, and returns the
// block, which C frees.
func pack(fill func(*arena)) (unsafe.Pointer, error) {
	for size := uintptr(packGuess); ; {
		a := arena{base: C.malloc(C.size_t(size)), size: size}
		if a.base == nil {
			return nil, fmt.Errorf("out of memory: %d bytes: %w", size, engine.ErrUnavailable)
		}
		if fill(&a); a.used <= size {
			return a.base, nil
		}
		C.free(a.base)
		size = a.used
	}
}

// alignMax is what every value in an arena starts at a multiple of.
const alignMax = 8

// take reserves bytes; nil where the block has no room for them.
func (a *arena) take(size uintptr) unsafe.Pointer {
	at := (a.used + alignMax - 1) &^ (alignMax - 1)
	a.used = at + size
	if a.used > a.size {
		return nil
	}
	return unsafe.Add(a.base, at) // SAFETY: size bytes from there are the block's
}

// reserve takes n zeroed values of a type; nil where there is no room.
func reserve[T any](a *arena, n int) []T {
	var zero T
	p := a.take(uintptr(n) * unsafe.Sizeof(zero))
	if p == nil {
		return nil
	}
	list := unsafe.Slice((*T)(p), n)
	clear(list)
	return list
}

// text copies s behind what is there, with a NUL at its end.
func (a *arena) text(s string) C.nexus_text {
	at := a.used // texts need no alignment
	a.used += uintptr(len(s)) + 1
	if a.used > a.size {
		return C.nexus_text{}
	}
	to := unsafe.Slice((*byte)(unsafe.Add(a.base, at)), len(s)+1)
	to[copy(to, s)] = 0
	return C.nexus_text{data: (*C.char)(unsafe.Pointer(&to[0])), size: C.size_t(len(s))}
}

// copied puts a Go slice of plain values into the arena.
func copied[T any](a *arena, list []T) *T {
	to := reserve[T](a, len(list))
	copy(to, list)
	return unsafe.SliceData(to)
}

// elements runs write for each index, on the element where there is room for it.
func elements[T any](a *arena, n int, write func(i int, to *T)) *T {
	list := reserve[T](a, n)
	var nowhere T
	for i := range n {
		if list == nil {
			write(i, &nowhere)
		} else {
			write(i, &list[i])
		}
	}
	return unsafe.SliceData(list)
}

func (a *arena) memory(to *C.nexus_memory, m *engine.Memory) {
	*to = C.nexus_memory{
		struct_size: C.uint32_t(unsafe.Sizeof(*to)), id: C.uint64_t(m.ID),
		key: a.text(m.Key), tenant: a.text(m.Tenant), user: a.text(m.User), agent: a.text(m.Agent), session: a.text(m.Session),
		speaker: a.text(m.Speaker), text: a.text(m.Text), source: a.text(m.Source),
		source_start: C.uint64_t(m.Start), source_end: C.uint64_t(m.End),
		vector_count: C.size_t(len(m.Vector)), meta_count: C.size_t(len(m.Meta)),
		kind: C.uint32_t(m.Kind), position: C.uint32_t(m.Position), importance: C.float(m.Importance),
	}
	lifeOf(to, m)
	if len(m.Vector) > 0 {
		to.vector = (*C.float)(unsafe.Pointer(copied(a, m.Vector)))
	}
	if len(m.Meta) > 0 {
		names := sortedNames(m.Meta)
		to.meta = elements(a, len(names), func(i int, to *C.nexus_meta) { a.meta(to, names[i], m.Meta[names[i]]) })
	}
}

// lifeOf fills in a memory's times, versions, links and usage.
func lifeOf(to *C.nexus_memory, m *engine.Memory) {
	stamp := func(t time.Time, flag C.uint32_t, to *C.int64_t, flags *C.uint32_t) {
		if !t.IsZero() {
			*to = C.int64_t(t.UnixMicro())
			*flags |= flag
		}
	}
	stamp(m.EventTime, C.NEXUS_MEMORY_HAS_TIME, &to.event_time_us, &to.flags)
	stamp(m.ValidFrom, C.NEXUS_MEMORY_HAS_VALID_FROM, &to.valid_from_us, &to.flags)
	stamp(m.ValidTo, C.NEXUS_MEMORY_HAS_VALID_TO, &to.valid_to_us, &to.flags)
	stamp(m.ExpiresAt, C.NEXUS_MEMORY_HAS_EXPIRY, &to.expires_us, &to.flags)
	stamp(m.IngestTime, 0, &to.ingest_time_us, &to.flags)
	stamp(m.UpdateTime, 0, &to.update_time_us, &to.flags)
	stamp(m.ReplacedTime, 0, &to.replaced_time_us, &to.flags)
	stamp(m.Usage.LastHit, 0, &to.last_hit_us, &to.flags)
	to.version, to.supersedes, to.superseded_by = C.uint32_t(m.Version), C.uint64_t(m.Supersedes), C.uint64_t(m.SupersededBy)
	to.hits, to.gets = C.uint64_t(m.Usage.Hits), C.uint64_t(m.Usage.Gets)
	to.positive, to.negative = C.double(m.Usage.Positive), C.double(m.Usage.Negative)
}

func (a *arena) meta(to *C.nexus_meta, name string, value any) {
	to.name = a.text(name)
	switch v := value.(type) {
	case string:
		to._type, to.text = C.NEXUS_META_TYPE_STRING, a.text(v)
	case float64:
		to._type, to.number = C.NEXUS_META_TYPE_NUMBER, C.double(v)
	case bool:
		to._type = C.NEXUS_META_TYPE_BOOL
		if v {
			to.number = 1
		}
	case timeValue:
		to._type, to.time_us = C.NEXUS_META_TYPE_TIME, C.int64_t(v.UnixMicro())
	case []string:
		to._type, to.list_count = C.NEXUS_META_TYPE_LIST, C.uint32_t(len(v))
		to.list = elements(a, len(v), func(i int, to *C.nexus_text) { *to = a.text(v[i]) })
	default:
		panic(fmt.Sprintf("meta value of type %T", value)) // Normalize lets no other through
	}
}

func (a *arena) memories(list []engine.Memory) {
	head := reserve[C.nexus_memories](a, 1)
	items := elements(a, len(list), func(i int, to *C.nexus_memory) { a.memory(to, &list[i]) })
	if head != nil {
		head[0] = C.nexus_memories{
			struct_size: C.uint32_t(unsafe.Sizeof(head[0])), memory_size: C.uint32_t(unsafe.Sizeof(C.nexus_memory{})),
			count: C.size_t(len(list)), items: items,
		}
	}
}

func (a *arena) answer(from *engine.Answer) {
	head := reserve[C.nexus_answer](a, 1)
	memories := elements(a, len(from.Hits), func(i int, to *C.nexus_memory) { a.memory(to, &from.Hits[i].Memory) })
	hits := elements(a, len(from.Hits), func(i int, to *C.nexus_hit) {
		h := &from.Hits[i]
		*to = C.nexus_hit{struct_size: C.uint32_t(unsafe.Sizeof(*to)), score: C.float(h.Score), duplicate_count: C.uint32_t(len(h.Duplicates))}
		if memories != nil {
			to.memory = &unsafe.Slice(memories, len(from.Hits))[i]
		}
		to.duplicates = (*C.uint64_t)(unsafe.Pointer(copied(a, h.Duplicates)))
		for f := range h.Factors {
			to.factors[f] = C.float(h.Factors[f])
		}
		if h.Explanation != nil {
			to.explanation = a.explanation(h.Explanation)
		}
	})
	engines := elements(a, len(from.Trace.Engines), func(i int, to *C.nexus_engine_trace) {
		t := &from.Trace.Engines[i]
		*to = C.nexus_engine_trace{
			struct_size: C.uint32_t(unsafe.Sizeof(*to)), state: C.uint32_t(t.State), name: a.text(t.Name), note: a.text(t.Note),
			candidates: C.uint64_t(t.Candidates), took_ns: C.int64_t(t.Took), start_ns: C.int64_t(t.Start),
		}
	})
	warning := a.text(from.Trace.Warning)
	if head == nil {
		return
	}
	t := &from.Trace
	head[0] = C.nexus_answer{
		struct_size: C.uint32_t(unsafe.Sizeof(head[0])), hit_count: C.uint32_t(len(from.Hits)), hit_size: C.uint32_t(unsafe.Sizeof(C.nexus_hit{})),
		engine_count: C.uint32_t(len(t.Engines)), engine_size: C.uint32_t(unsafe.Sizeof(C.nexus_engine_trace{})), segments: C.uint32_t(t.Segments),
		hits: hits, engines: engines, candidates: C.uint64_t(t.Candidates), collapsed: C.uint64_t(t.Collapsed),
		confidence: C.float(from.Confidence), route: C.uint32_t(from.Route), started: C.uint32_t(t.Started),
		took_ns: C.int64_t(from.Took), prepare_ns: C.int64_t(t.Prepare), search_ns: C.int64_t(t.Search), fuse_ns: C.int64_t(t.Fuse), fetch_ns: C.int64_t(t.Fetch), cache: C.uint32_t(t.Cache), warning: warning,
	}
	if t.Hurried {
		head[0].hurried = 1
	}
}

func (a *arena) explanation(x *engine.Explanation) *C.nexus_explanation {
	return elements(a, 1, func(_ int, to *C.nexus_explanation) {
		*to = C.nexus_explanation{
			struct_size: C.uint32_t(unsafe.Sizeof(*to)), engine_count: C.uint32_t(len(x.Engines)),
			signal_count: C.uint32_t(len(x.Signals)), ranker: C.float(x.Ranker),
		}
		to.engines = elements(a, len(x.Engines), func(i int, to *C.nexus_engine_rank) {
			e := &x.Engines[i]
			*to = C.nexus_engine_rank{name: a.text(e.Name), score: C.double(e.Score), rank: C.uint32_t(e.Rank)}
		})
		to.signals = elements(a, len(x.Signals), func(i int, to *C.nexus_signal) {
			*to = C.nexus_signal{name: a.text(x.Signals[i].Name), value: C.float(x.Signals[i].Value)}
		})
	})
}

func (a *arena) stats(s *engine.Stats) {
	head := reserve[C.nexus_stats](a, 1)
	vectors, language, mergeError := a.text(s.Vectors), a.text(s.Language), C.nexus_text{}
	if s.MergeError != nil {
		mergeError = a.text(s.MergeError.Error())
	}
	metrics, warning := a.text(s.Ranker.Metrics), a.text(s.Ranker.Warning)
	if head == nil {
		return
	}
	head[0] = C.nexus_stats{
		struct_size: C.uint32_t(unsafe.Sizeof(head[0])), dimension: C.uint32_t(s.Dimension), memories: C.uint64_t(s.Memories),
		deleted: C.uint64_t(s.Deleted), segments: C.uint64_t(s.Segments), segment_files: C.uint64_t(s.SegmentFiles),
		segment_bytes: C.uint64_t(s.SegmentBytes), truth_bytes: C.uint64_t(s.TruthBytes), terms: C.uint64_t(s.Terms), epoch: C.uint64_t(s.Epoch),
		added: C.uint64_t(s.Added), commits: C.uint64_t(s.Commits), merges: C.uint64_t(s.Merges),
		replayed: C.uint64_t(s.Replayed), discarded: C.uint64_t(s.Discarded), vectors: vectors, merge_error: mergeError,
		metric: C.uint32_t(s.Metric), retired: C.uint64_t(s.Retired),
		cache_hot_hits: C.uint64_t(s.Cache.Hot.Hits), cache_hot_misses: C.uint64_t(s.Cache.Hot.Misses), cache_hot_bytes: C.uint64_t(s.Cache.Hot.Bytes), cache_hot_ns: C.uint64_t(s.Cache.Hot.LookUp),
		cache_warm_hits: C.uint64_t(s.Cache.Warm.Hits), cache_warm_misses: C.uint64_t(s.Cache.Warm.Misses), cache_warm_bytes: C.uint64_t(s.Cache.Warm.Bytes), cache_warm_ns: C.uint64_t(s.Cache.Warm.LookUp),
		cache_near_hits: C.uint64_t(s.Cache.Near.Hits), cache_near_misses: C.uint64_t(s.Cache.Near.Misses), cache_near_bytes: C.uint64_t(s.Cache.Near.Bytes), cache_near_ns: C.uint64_t(s.Cache.Near.LookUp),
		language: language, record_bytes: C.uint64_t(s.RecordBytes), record_stored: C.uint64_t(s.RecordStored), record_ns: C.uint64_t(s.RecordNanos), outdated: C.uint64_t(s.Outdated), damaged_judgements: C.uint64_t(s.DamagedJudgements),
		ranker_own: oneIf(s.Ranker.Own), ranker_trees: C.uint32_t(s.Ranker.Trees), ranker_can_roll_back: oneIf(s.Ranker.CanRollBack),
		ranker_fitted_us: C.int64_t(s.Ranker.Fitted.UnixMicro()), ranker_metrics: metrics, ranker_warning: warning,
	}
}

// problem is something that a check or an import found.
type problem struct {
	line int
	err  error
}

// outcome is what Verify and Import report.
type outcome struct {
	memories, bad uint64
	problems      []problem // at most problemsMax
}

const problemsMax = 100

func (a *arena) report(o *outcome) {
	head := reserve[C.nexus_report](a, 1)
	problems := elements(a, len(o.problems), func(i int, to *C.nexus_problem) {
		p := &o.problems[i]
		*to = C.nexus_problem{line: C.uint64_t(p.line), code: C.int32_t(model.CodeOf(p.err)), text: a.text(p.err.Error())}
	})
	if head != nil {
		head[0] = C.nexus_report{
			struct_size: C.uint32_t(unsafe.Sizeof(head[0])), problem_count: C.uint32_t(len(o.problems)),
			memories: C.uint64_t(o.memories), bad: C.uint64_t(o.bad), problems: problems,
		}
	}
}
