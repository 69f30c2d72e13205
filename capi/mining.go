package main

// #include <nexus.h>
import "C"

import (
	"context"
	"time"
	"unsafe"

	"github.com/nexus-memory/nexus/engine"
)

// mining is what a request for patterns or anomalies asks beside its selection.
type mining struct {
	kind         engine.PatternKind
	limit        int
	since, until time.Time
	minScore     float64
}

// mined is what came of it: the list that was asked for.
type mined struct {
	patterns  []engine.Pattern
	anomalies []engine.Anomaly
}

func (d *decoder) mining(m *C.nexus_mining) (out mining) {
	if m == nil || d.err != nil {
		return out
	}
	m, err := known("mining", m, C.NEXUS_MINING_SIZE_1)
	if err != nil {
		d.err = err
		return out
	}
	if m.flags&^(C.NEXUS_MINING_HAS_SINCE|C.NEXUS_MINING_HAS_UNTIL) != 0 {
		d.fail("mining.flags are %#x", m.flags)
	}
	if m.kind > C.NEXUS_PATTERN_KIND_BURST {
		d.fail("mining.kind is %d", m.kind)
	}
	if m.limit > C.NEXUS_MINED_MAX {
		d.fail("mining.limit is %d, more than %d", m.limit, C.NEXUS_MINED_MAX)
	}
	out = mining{kind: engine.PatternKind(m.kind), limit: int(m.limit), minScore: float64(m.min_score)}
	out.since = d.time("mining.since_us", m.flags&C.NEXUS_MINING_HAS_SINCE, m.since_us)
	out.until = d.time("mining.until_us", m.flags&C.NEXUS_MINING_HAS_UNTIL, m.until_us)
	return out
}

// mine finds what the request asks for.
func (r *request) mine(ctx context.Context) (out *mined, err error) {
	out, m := &mined{}, &r.mining
	if r.op == C.NEXUS_OP_PATTERNS {
		out.patterns, err = r.db.Patterns(ctx, engine.PatternQuery{Selection: r.selected, Kind: m.kind, Limit: m.limit, Since: m.since, Until: m.until})
	} else {
		out.anomalies, err = r.db.Anomalies(ctx, engine.AnomalyQuery{Selection: r.selected, Limit: m.limit, MinScore: m.minScore, Since: m.since, Until: m.until})
	}
	return out, err
}

func (a *arena) patterns(list []engine.Pattern) {
	head := reserve[C.nexus_patterns](a, 1)
	items := elements(a, len(list), func(i int, to *C.nexus_pattern) { a.pattern(to, &list[i]) })
	if head != nil {
		head[0] = C.nexus_patterns{
			struct_size: C.uint32_t(unsafe.Sizeof(head[0])), pattern_size: C.uint32_t(unsafe.Sizeof(*items)),
			count: C.size_t(len(list)), items: items,
		}
	}
}

func (a *arena) pattern(to *C.nexus_pattern, p *engine.Pattern) {
	*to = C.nexus_pattern{
		struct_size: C.uint32_t(unsafe.Sizeof(*to)), kind: C.uint32_t(p.Kind), speaker: a.text(p.Speaker),
		term_count: C.size_t(len(p.Terms)), example_count: C.size_t(len(p.Examples)), support: C.uint64_t(p.Support),
		g2: C.double(p.G2), npmi: C.double(p.NPMI), lift: C.double(p.Lift),
		from_us: C.int64_t(p.From.UnixMicro()), to_us: C.int64_t(p.To.UnixMicro()),
		period_us: C.int64_t(p.Period.Microseconds()), weekday: C.int32_t(p.Weekday),
	}
	if p.Window {
		to.window = 1
	}
	to.terms = elements(a, len(p.Terms), func(i int, to *C.nexus_text) { *to = a.text(p.Terms[i]) })
	to.examples = (*C.uint64_t)(unsafe.Pointer(copied(a, p.Examples)))
}

func (a *arena) anomalies(list []engine.Anomaly) {
	head := reserve[C.nexus_anomalies](a, 1)
	items := elements(a, len(list), func(i int, to *C.nexus_anomaly) { a.anomaly(to, &list[i]) })
	if head != nil {
		head[0] = C.nexus_anomalies{
			struct_size: C.uint32_t(unsafe.Sizeof(head[0])), anomaly_size: C.uint32_t(unsafe.Sizeof(*items)),
			count: C.size_t(len(list)), items: items,
		}
	}
}

func (a *arena) anomaly(to *C.nexus_anomaly, x *engine.Anomaly) {
	*to = C.nexus_anomaly{
		struct_size: C.uint32_t(unsafe.Sizeof(*to)), reason_count: C.uint32_t(len(x.Reasons)),
		id: C.uint64_t(x.ID), score: C.double(x.Score),
	}
	to.reasons = elements(a, len(x.Reasons), func(i int, to *C.nexus_anomaly_reason) {
		r := &x.Reasons[i]
		*to = C.nexus_anomaly_reason{column: C.uint32_t(r.Column), value: C.double(r.Value), usual: C.double(r.Usual), weight: C.double(r.Weight)}
	})
}
