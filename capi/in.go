package main

// #include <nexus.h>
import "C"

import (
	"fmt"
	"time"
	"unsafe"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/model"
)

// decoder turns C inputs into Go values. Texts are always copied: an engine that is late
// may look at a question after the call has returned. Vectors are copied unless borrow,
// which says that the caller keeps them until the operation is done.
type decoder struct {
	borrow bool
	err    error // the first
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf(format+": %w", append(args, engine.ErrInvalid)...)
	}
}

// keep notes an error, if it is the first.
func (d *decoder) keep(err error) {
	if d.err == nil {
		d.err = err
	}
}

// textMax bounds a text that is copied at all; the engine's own limits are lower.
const textMax = 64 << 20

func (d *decoder) text(name string, t C.nexus_text) string {
	switch {
	case t.size == 0:
		return ""
	case t.data == nil:
		d.fail("%s has a size but no data", name)
		return ""
	case t.size > textMax:
		d.fail("%s has %d bytes, more than %d", name, t.size, textMax)
		return ""
	}
	return C.GoStringN(t.data, C.int(t.size))
}

// slice is a view of a C array of n elements, at most max.
func slice[T any](d *decoder, name string, first *T, n C.size_t, max int) []T {
	switch {
	case n == 0:
		return nil
	case first == nil:
		d.fail("%s: %d elements but no array", name, n)
		return nil
	case n > C.size_t(max):
		d.fail("%s: %d elements, more than %d", name, n, max)
		return nil
	}
	return unsafe.Slice(first, n) // SAFETY: the caller says that n elements are there
}

func (d *decoder) vector(name string, first *C.float, n C.size_t) []float32 {
	if first == nil && n == 0 {
		return nil
	}
	if first != nil && n == 0 {
		return []float32{} // refused by the engine, as every language's empty vector is
	}
	if n > model.DimensionMax && first != nil {
		if d.err == nil {
			d.err = fmt.Errorf("%s has %d numbers, want 1..%d: %w", name, n, model.DimensionMax, engine.ErrDimension)
		}
		return nil
	}
	view := slice(d, name, (*float32)(unsafe.Pointer(first)), n, model.DimensionMax)
	if d.borrow {
		return view
	}
	return append([]float32{}, view...)
}

// scope takes pointers: the data of an empty text may be any value (Rust's is 1), which
// must not stand in a frame while Go may move the stack: it would end the process.
func (d *decoder) scope(tenant, user, agent, session *C.nexus_text) engine.Scope {
	return engine.Scope{
		Tenant: d.text("tenant", *tenant), User: d.text("user", *user),
		Agent: d.text("agent", *agent), Session: d.text("session", *session),
	}
}

// memories reads an array whose elements have the size that the first one states.
func (d *decoder) memories(first *C.nexus_memory, n C.size_t) []engine.Memory {
	if n > model.AddCountMax {
		d.fail("%d memories in one call, more than %d", n, model.AddCountMax)
	}
	if n > 0 && first == nil {
		d.fail("%d memories but no array", n)
	}
	if d.err != nil {
		return nil
	}
	list := make([]engine.Memory, n)
	for i := range list {
		// SAFETY: the caller says that n elements of this size are there.
		m := (*C.nexus_memory)(unsafe.Add(unsafe.Pointer(first), uintptr(i)*uintptr(first.struct_size)))
		err := fmt.Errorf("its struct_size is %d, that of the first is %d: %w", m.struct_size, first.struct_size, engine.ErrInvalid)
		if m.struct_size == first.struct_size { // else it may reach behind the array
			m, err = known("memory", m, C.NEXUS_MEMORY_SIZE_1)
		}
		if err == nil {
			list[i] = d.memory(m)
			err = d.err
		}
		if err != nil {
			d.err = fmt.Errorf("memory %d: %w", i, err)
			return nil
		}
	}
	return list
}

func (d *decoder) memory(m *C.nexus_memory) engine.Memory {
	out := engine.Memory{
		Key: d.text("key", m.key), Scope: d.scope(&m.tenant, &m.user, &m.agent, &m.session),
		Speaker: d.text("speaker", m.speaker), Text: d.text("text", m.text), Source: d.text("source", m.source),
		Start: uint64(m.source_start), End: uint64(m.source_end),
		Vector: d.vector("vector", m.vector, m.vector_count), Importance: float32(m.importance),
	}
	if m.kind > C.NEXUS_KIND_PROCEDURAL {
		d.fail("kind is %d", m.kind)
	}
	const flags = C.NEXUS_MEMORY_HAS_TIME | C.NEXUS_MEMORY_HAS_VALID_FROM | C.NEXUS_MEMORY_HAS_VALID_TO | C.NEXUS_MEMORY_HAS_EXPIRY
	if m.flags&^flags != 0 || m.reserved != 0 || m.reserved2 != 0 {
		d.fail("flags are %#x, reserved are %d and %d", m.flags, m.reserved, m.reserved2)
	}
	out.Kind = engine.Kind(m.kind)
	out.EventTime = d.time("time", m.flags&C.NEXUS_MEMORY_HAS_TIME, m.event_time_us)
	out.ValidFrom = d.time("valid from", m.flags&C.NEXUS_MEMORY_HAS_VALID_FROM, m.valid_from_us)
	out.ValidTo = d.time("valid to", m.flags&C.NEXUS_MEMORY_HAS_VALID_TO, m.valid_to_us)
	out.ExpiresAt = d.time("expiry", m.flags&C.NEXUS_MEMORY_HAS_EXPIRY, m.expires_us)
	if meta := slice(d, "meta", m.meta, m.meta_count, model.MetaCountMax); len(meta) > 0 {
		out.Meta = make(map[string]any, len(meta))
		for i := range meta {
			name := d.text("meta name", meta[i].name)
			if _, twice := out.Meta[name]; twice {
				d.fail("meta %q is given twice", name)
			}
			out.Meta[name] = d.metaValue(&meta[i])
		}
	}
	return out
}

// time reads a time that is given where its flag is set.
func (d *decoder) time(name string, flag C.uint32_t, micros C.int64_t) (t time.Time) {
	if flag == 0 {
		return t
	}
	if t = time.UnixMicro(int64(micros)).UTC(); t.IsZero() {
		d.fail("%s is the first moment of year 1, which stands for none", name)
	}
	return t
}

func (d *decoder) patch(p *C.nexus_patch) (out engine.Patch) {
	if p == nil {
		d.fail("patch is NULL")
		return out
	}
	p, err := known("patch", p, C.NEXUS_PATCH_SIZE_1)
	if d.keep(err); d.err != nil {
		return out
	}
	const flags = C.NEXUS_PATCH_TEXT | C.NEXUS_PATCH_SPEAKER | C.NEXUS_PATCH_KIND | C.NEXUS_PATCH_IMPORTANCE |
		C.NEXUS_PATCH_TIME | C.NEXUS_PATCH_VALID_FROM | C.NEXUS_PATCH_VALID_TO | C.NEXUS_PATCH_EXPIRY
	if p.flags&^flags != 0 || p.reserved != 0 || p.memory == nil {
		d.fail("patch.flags are %#x, its memory is given: %v", p.flags, p.memory != nil)
	}
	list := d.memories(p.memory, 1)
	removed := slice(d, "remove_meta", p.remove_meta, p.remove_count, model.MetaCountMax)
	if d.err != nil {
		return out
	}
	m := &list[0]
	out = engine.Patch{IfVersion: uint32(p.if_version), Vector: m.Vector, Meta: m.Meta}
	for i := range removed {
		if out.Meta == nil {
			out.Meta = map[string]any{}
		}
		name := d.text("meta name", removed[i])
		if out.Meta[name] != nil {
			d.fail("meta %q is set and removed", name)
		}
		out.Meta[name] = nil
	}
	named(p.flags&C.NEXUS_PATCH_TEXT, &out.Text, &m.Text)
	named(p.flags&C.NEXUS_PATCH_SPEAKER, &out.Speaker, &m.Speaker)
	named(p.flags&C.NEXUS_PATCH_KIND, &out.Kind, &m.Kind)
	named(p.flags&C.NEXUS_PATCH_IMPORTANCE, &out.Importance, &m.Importance)
	named(p.flags&C.NEXUS_PATCH_TIME, &out.EventTime, &m.EventTime)
	named(p.flags&C.NEXUS_PATCH_VALID_FROM, &out.ValidFrom, &m.ValidFrom)
	named(p.flags&C.NEXUS_PATCH_VALID_TO, &out.ValidTo, &m.ValidTo)
	named(p.flags&C.NEXUS_PATCH_EXPIRY, &out.ExpiresAt, &m.ExpiresAt)
	return out
}

// named has a patch change a field where its flag is set.
func named[T any](flag C.uint32_t, field **T, value *T) {
	if flag != 0 {
		*field = value
	}
}

func (d *decoder) metaValue(m *C.nexus_meta) any {
	switch m._type {
	case C.NEXUS_META_TYPE_STRING:
		return d.text("meta value", m.text)
	case C.NEXUS_META_TYPE_NUMBER:
		return float64(m.number)
	case C.NEXUS_META_TYPE_BOOL:
		return m.number != 0
	case C.NEXUS_META_TYPE_TIME:
		return time.UnixMicro(int64(m.time_us)).UTC()
	case C.NEXUS_META_TYPE_LIST:
		texts := slice(d, "meta list", m.list, C.size_t(m.list_count), model.MetaBytesMax)
		list := make([]string, 0, len(texts)) // not list_count, which nobody has checked before slice
		for i := range texts {
			list = append(list, d.text("meta value", texts[i]))
		}
		return list
	}
	d.fail("meta type is %d", m._type)
	return nil
}

func (d *decoder) query(q *C.nexus_query) (out engine.Query) {
	if q == nil {
		d.fail("query is NULL")
		return out
	}
	q, err := known("query", q, C.NEXUS_QUERY_SIZE_1)
	if err != nil {
		d.err = err
		return out
	}
	const flags = C.NEXUS_QUERY_HAS_NOW | C.NEXUS_QUERY_HAS_WEIGHTS | C.NEXUS_QUERY_SINGLE_ENGINE | C.NEXUS_QUERY_HAS_AS_OF | C.NEXUS_QUERY_HAS_VALID_AT | C.NEXUS_QUERY_NEAR | C.NEXUS_QUERY_HAS_BOOSTS | C.NEXUS_QUERY_EXPLAIN | C.NEXUS_QUERY_IMPERSONAL
	if q.flags&^flags != 0 {
		d.fail("flags are %#x", q.flags)
	}
	if q.fusion > C.NEXUS_FUSION_DBSF {
		d.fail("fusion is %d", q.fusion)
	}
	if q.route > C.NEXUS_ROUTE_MAXIMUM {
		d.fail("route is %d", q.route)
	}
	if q.intent > C.NEXUS_INTENT_TRUSTED {
		d.fail("intent is %d", q.intent)
	}
	if q.k > model.HitCountMax {
		d.fail("k is %d, want 1..%d", q.k, model.HitCountMax)
	}
	own := decoder{err: d.err} // its vector may be looked at by a late engine: copied
	out = engine.Query{
		Text: own.text("query text", q.text), Vector: own.vector("query vector", q.vector, q.vector_count),
		K: int(q.k), Scope: own.scope(&q.tenant, &q.user, &q.agent, &q.session), Intent: engine.Intent(q.intent),
		SingleEngine: q.flags&C.NEXUS_QUERY_SINGLE_ENGINE != 0, Budget: time.Duration(q.budget_ns), Filter: own.filter(&q.filter),
		Near: q.flags&C.NEXUS_QUERY_NEAR != 0, Match: own.match(&q.match),
		Fusion: engine.Fusion(q.fusion), Route: engine.Route(q.route), Explain: q.flags&C.NEXUS_QUERY_EXPLAIN != 0,
		Asker: own.text("asker", q.asker), Impersonal: q.flags&C.NEXUS_QUERY_IMPERSONAL != 0,
		Explore: float32(q.explore), ExploreSeed: uint32(q.explore_seed), VectorEffort: float32(q.vector_effort),
	}
	if q.flags&C.NEXUS_QUERY_HAS_BOOSTS != 0 {
		b := q.boosts
		out.Boosts = &engine.Boosts{Text: float32(b[C.NEXUS_BOOST_TEXT]), Speaker: float32(b[C.NEXUS_BOOST_SPEAKER]), Title: float32(b[C.NEXUS_BOOST_TITLE])}
	}
	if q.flags&C.NEXUS_QUERY_HAS_NOW != 0 {
		out.Now = time.UnixMicro(int64(q.now_us)).UTC()
	}
	out.AsOf = own.time("as of", q.flags&C.NEXUS_QUERY_HAS_AS_OF, q.as_of_us)
	out.ValidAt = own.time("valid at", q.flags&C.NEXUS_QUERY_HAS_VALID_AT, q.valid_at_us)
	if q.flags&C.NEXUS_QUERY_HAS_WEIGHTS != 0 {
		out.Weights = (*engine.Weights)(unsafe.Pointer(&q.weights))
		weights := *out.Weights
		out.Weights = &weights
	}
	const enginesMax = 16
	engines := slice(&own, "engines", q.engines, q.engine_count, enginesMax)
	for i := range engines {
		out.Engines = append(out.Engines, own.text("engine", engines[i]))
	}
	d.err = own.err
	return out
}

// filter takes a pointer, as scope does.
func (d *decoder) filter(t *C.nexus_text) engine.Filter {
	text := d.text("filter", *t)
	if d.err != nil {
		return engine.Filter{}
	}
	f, err := engine.ParseFilter(text)
	d.keep(err)
	return f
}

// match takes a pointer, as scope does.
func (d *decoder) match(t *C.nexus_text) engine.Match {
	text := d.text("match", *t)
	if d.err != nil {
		return engine.Match{}
	}
	m, err := engine.ParseMatch(text)
	d.keep(err)
	return m
}

// selection reads that of a request, whose own members of a scope are not for it.
func (d *decoder) selection(in *C.nexus_request) (out engine.Selection) {
	if in.tenant.size|in.user.size|in.agent.size|in.session.size != 0 {
		d.fail("the scope of an operation on many stands in request.selection")
	}
	if in.selection == nil || d.err != nil {
		return out
	}
	s, err := known("selection", in.selection, C.NEXUS_SELECTION_SIZE_1)
	if err != nil {
		d.err = err
		return out
	}
	if s.reserved != 0 {
		d.fail("selection.reserved is %d", s.reserved)
	}
	out = engine.Selection{Scope: d.scope(&s.tenant, &s.user, &s.agent, &s.session), Filter: d.filter(&s.filter)}
	if d.err == nil {
		d.err = out.Check()
	}
	return out
}

// idsMax bounds the ids of one call: one bit of memory each would still fit.
const idsMax = 1 << 26

func (d *decoder) ids(first *C.uint64_t, n C.size_t) []engine.ID {
	return append([]engine.ID{}, slice(d, "ids", (*engine.ID)(unsafe.Pointer(first)), n, idsMax)...)
}
