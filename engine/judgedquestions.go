package engine

import (
	"cmp"
	"context"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/segment"
)

// questionsOfJudgements makes judged questions of what users said of hits, the latest where
// there are more than count; in the order of the truth, which the same judgements have again.
func questionsOfJudgements(ctx context.Context, db *DB, count int) (list []Judged, err error) {
	var said []*saidOf
	names, err := db.store.Judges(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		judgements, err := db.store.Judgements(ctx, name[0], name[1])
		if err != nil {
			return nil, err
		}
		if said = append(said, byQuestion(name[0], name[1], judgements)...); len(said) > 2*count {
			said = latestOf(said, count) // there may be any number of users
		}
	}
	said = latestOf(said, count)
	view, err := db.store.View()
	if err != nil {
		return nil, err
	}
	defer view.Release()
	defer view.Guard(debug.SetPanicOnFault(true), &err)
	for _, q := range said {
		list = append(list, q.judged(view))
	}
	return list, nil
}

// latestOf returns the latest count of what was said, in the order that it is in.
func latestOf(said []*saidOf, count int) []*saidOf {
	if len(said) <= count {
		return said
	}
	latest := slices.Clone(said)
	slices.SortStableFunc(latest, func(a, b *saidOf) int { return cmp.Compare(b.at, a.at) })
	kept := map[*saidOf]bool{}
	for _, q := range latest[:count] {
		kept[q] = true
	}
	return slices.DeleteFunc(said, func(q *saidOf) bool { return !kept[q] })
}

// saidOf is what a user said of the hits of one question.
type saidOf struct {
	tenant, user, question string
	ids                    []ID // in the order they were first judged in
	values                 map[ID]float64
	at                     int64 // when something was last said of it, in microseconds
}

// byQuestion groups the judgements of a user, oldest first, by the question, in the order of
// the first of each. The last explicit word on a memory counts: what was passed over was not
// judged. Questions whose text is not known, or
// may have been cut, and those that nothing is relevant to are left out.
func byQuestion(tenant, user string, judgements []Judgement) (list []*saidOf) {
	of := map[string]*saidOf{}
	for _, j := range judgements {
		if j.Implicit || strings.TrimSpace(j.Question) == "" || model.MayBeCut(j.Question) {
			continue
		}
		q := of[j.Question]
		if q == nil {
			q = &saidOf{tenant: tenant, user: user, question: j.Question, values: map[ID]float64{}}
			of[j.Question], list = q, append(list, q)
		}
		if _, again := q.values[j.ID]; !again {
			q.ids = append(q.ids, j.ID)
		}
		q.values[j.ID], q.at = j.Value, max(q.at, j.Micros())
	}
	return slices.DeleteFunc(list, func(q *saidOf) bool {
		return !slices.ContainsFunc(q.ids, func(id ID) bool { return q.values[id] > 0 })
	})
}

// judged returns the question as Train takes it. Which scope it was asked in is not kept: it
// is taken to be the user's own memories where all that was judged is of these, else all of
// the tenant's.
func (q *saidOf) judged(view *segment.View) Judged {
	j := Judged{Text: q.question, Scope: Scope{Tenant: q.tenant, User: q.user}}
	if q.at > 0 {
		j.Now = time.UnixMicro(q.at).UTC()
	}
	for _, id := range q.ids {
		if q.values[id] > 0 {
			j.Relevant = append(j.Relevant, Relevant{ID: id})
		}
		if ref, ok := view.Find(id); ok {
			if m, err := view.Memory(ref, false); err == nil && m.User != q.user {
				j.User = ""
			}
		}
	}
	return j
}
