package main

// #include <nexus.h>
import "C"

import (
	"context"
	"slices"
	"unsafe"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/jsonl"
	"github.com/nexus-memory/nexus/engine/model"
)

// judged reads what a user made of a hit.
func (d *decoder) judged(j *C.nexus_judged) (out engine.Feedback) {
	if j == nil {
		d.fail("judged is NULL")
		return out
	}
	j, err := known("judged", j, C.NEXUS_JUDGED_SIZE_1)
	if err != nil {
		d.keep(err)
		return out
	}
	if j.reserved != 0 {
		d.fail("judged.reserved is %d", j.reserved)
	}
	scope := d.scope(&j.tenant, &j.user, &C.nexus_text{}, &C.nexus_text{})
	shown := slice(d, "judged.shown", (*engine.ID)(unsafe.Pointer(j.shown)), j.shown_count, model.HitCountMax)
	return engine.Feedback{
		Tenant: scope.Tenant, User: scope.User, Question: d.text("question", j.question),
		ID: engine.ID(j.id), Value: float64(j.value), Shown: slices.Clone(shown),
	}
}

// decodeLearning reads the operations on what is learnt of a user.
func (r *request) decodeLearning(d *decoder, in *C.nexus_request) {
	switch in.op {
	case C.NEXUS_OP_LEARN:
		r.feedback = d.judged(in.judged)
	case C.NEXUS_OP_SET_PREFERENCE:
		if text := d.text("json", in.json); d.err == nil {
			p, err := jsonl.ParsePreference([]byte(text))
			r.preference = p
			d.keep(err)
		}
	default:
		r.tenant, r.user = d.text("tenant", in.tenant), d.text("user", in.user)
	}
}

// learn does what the request asks.
func (r *request) learn(ctx context.Context, out *result) (err error) {
	switch r.op {
	case C.NEXUS_OP_LEARN:
		return r.db.Learn(ctx, r.feedback)
	case C.NEXUS_OP_SET_PREFERENCE:
		out.count, err = r.db.SetPreference(ctx, r.preference)
	case C.NEXUS_OP_FORGET:
		out.count, err = r.db.Forget(ctx, r.tenant, r.user)
	default:
		var p engine.Preference
		p, err = r.db.Preference(ctx, r.tenant, r.user)
		out.preference = &p
	}
	return err
}

func (a *arena) preference(p *engine.Preference) {
	head := reserve[C.nexus_preference](a, 1)
	json := a.text(string(jsonl.AppendPreference(nil, p)))
	if head != nil {
		head[0] = C.nexus_preference{struct_size: C.uint32_t(unsafe.Sizeof(head[0])), json: json}
	}
}
