package engine

import (
	"context"
	"fmt"
	"iter"
	"runtime/debug"
	"slices"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/search"
	"github.com/nexus-memory/nexus/engine/search/learning"
	"github.com/nexus-memory/nexus/engine/store"
)

// The values of learning; see package model.
type (
	Feedback      = model.Feedback
	Preference    = model.Preference
	Judgement     = model.Judgement
	UserJudgement = model.UserJudgement
	Worth         = model.Worth
)

// Learn notes what a user made of a hit, and learns from it what the user prefers: later
// questions of the same user (see Query.Asker) rank the more by it, the better it has
// foretold what the user said. It moves a relevance by learning.BonusMax of it at most, and
// nobody else's. Value goes into Memory.Usage too, as by DB.Feedback.
//
// What is learnt from is durable when it returns, and every later question knows of it. Of
// each user the latest model.JudgementsMax judgements are kept, the hits that were passed over
// among them; what was said of a memory goes with the memory.
//
// Errors: ErrInvalid, ErrNotFound (no such memory of the tenant's), ErrReadOnly. One commit,
// and some 10 us a judgement of that user.
func (db *DB) Learn(ctx context.Context, f Feedback) (err error) {
	if err := f.Normalize(); err != nil {
		return fmt.Errorf("learn: %w", err)
	}
	if err := db.inTenant(f.Tenant, f.ID); err != nil {
		return fmt.Errorf("learn: %w", err)
	}
	list := []Judgement{{ID: f.ID, Value: f.Value, Question: f.Question}}
	for _, id := range f.Passed() {
		if db.inTenant(f.Tenant, id) == nil {
			list = append(list, Judgement{ID: id, Value: model.ImplicitValue, Implicit: true, Question: f.Question})
		}
	}
	if err := db.store.Learn(ctx, f.Tenant, f.User, list); err != nil {
		return fmt.Errorf("learn: %w", err)
	}
	if err := db.Feedback(context.WithoutCancel(ctx), f.ID, f.Value); err != nil {
		return err
	}
	if judge, err := db.store.Judge(f.Tenant, f.User); err == nil && judge != nil {
		_, _ = db.profile(judge) // so that the next question need not, which else says what is wrong
	}
	return nil
}

// inTenant returns ErrNotFound where a tenant has no such memory.
func (db *DB) inTenant(tenant string, id ID) error {
	m, err := db.read(id)
	if err == nil && m.Tenant != tenant {
		err = fmt.Errorf("memory %d: %w", id, ErrNotFound)
	}
	return err
}

// read returns a memory without counting that.
func (db *DB) read(id ID) (m Memory, err error) {
	view, err := db.store.View()
	if err != nil {
		return m, err
	}
	defer view.Release()
	defer view.Guard(debug.SetPanicOnFault(true), &err)
	ref, ok := view.Find(id)
	if !ok {
		return m, fmt.Errorf("memory %d: %w", id, ErrNotFound)
	}
	return view.Memory(ref, false)
}

// profile returns what was learnt of a judge; nil where nothing of it is left. It is made
// once for each change, of a view that is not older than that.
func (db *DB) profile(judge *store.Judge) (*learning.Profile, error) {
	if p, ok := judge.Derived.Load().(*learning.Profile); ok {
		return p, nil
	}
	view, err := db.store.View()
	if err != nil {
		return nil, err
	}
	defer view.Release()
	p, err := search.Learn(view, judge.Judged)
	if err == nil {
		judge.Derived.Store(p)
	}
	return p, err
}

// askedBy returns whose preference counts in the answer to a question; nil where nobody's.
// What that user said is read where nobody has asked for it lately.
func (db *DB) askedBy(q *Query) (*store.Judge, error) {
	user := q.Asker
	if user == "" {
		user = q.User
	}
	if user == "" || q.Impersonal {
		return nil, nil
	}
	return db.store.Judge(q.Tenant, user)
}

// Preference returns all that is known of what a user prefers: the judgements that the user
// made, which SetPreference takes, and what they come to. Those that are damaged are left
// out. ErrNotFound where there are none.
func (db *DB) Preference(ctx context.Context, tenant, user string) (p Preference, err error) {
	p.Tenant, p.User = tenant, user
	if err = p.Normalize(); err == nil {
		p.Judgements, err = db.store.Judgements(ctx, tenant, user)
	}
	var judge *store.Judge
	if err == nil {
		judge, err = db.store.Judge(tenant, user)
	}
	if err == nil && (judge == nil || len(p.Judgements) == 0) {
		err = fmt.Errorf("nothing is known of that user: %w", ErrNotFound)
	}
	if err != nil {
		return Preference{}, fmt.Errorf("preference: %w", err)
	}
	for i := range p.Judgements {
		if m, err := db.read(p.Judgements[i].ID); err == nil {
			p.Judgements[i].Key = m.Key
		}
	}
	profile, err := db.profile(judge)
	if err != nil {
		return Preference{}, fmt.Errorf("preference: %w", err)
	}
	if profile != nil {
		p.Trust = profile.Trust
		for _, w := range profile.Words {
			p.Words = append(p.Words, Worth{Name: w.Text, Value: w.Worth})
		}
		for f := learning.Bias + 1; f < learning.FeatureCount; f++ {
			p.Features = append(p.Features, Worth{Name: f.String(), Value: profile.Worth[f]})
		}
	}
	return p, nil
}

// SetPreference puts the judgements of p in place of all that was learnt of its user, and
// returns how many of them are kept: those of memories that the tenant has, which a
// judgement finds by its Key where it has one, else by its ID. The rest of p is not read.
// Usage of memories is not changed. Errors: ErrInvalid, ErrReadOnly.
func (db *DB) SetPreference(ctx context.Context, p Preference) (kept int, err error) {
	p.Judgements = slices.Clone(p.Judgements)
	if err := p.Normalize(); err != nil {
		return 0, fmt.Errorf("set preference: %w", err)
	}
	var list []Judgement
	for _, j := range p.Judgements {
		if id, ok := db.judgedIn(p.Tenant, &j); ok {
			j.ID = id
			list = append(list, j)
		}
	}
	if kept, err = db.store.SetJudgements(ctx, p.Tenant, p.User, list); err != nil {
		return 0, fmt.Errorf("set preference: %w", err)
	}
	return kept, nil
}

// judgedIn returns the memory of a tenant's that a judgement is about.
func (db *DB) judgedIn(tenant string, j *Judgement) (id ID, ok bool) {
	if j.Key == "" {
		return j.ID, db.inTenant(tenant, j.ID) == nil
	}
	view, err := db.store.View()
	if err != nil {
		return 0, false
	}
	defer view.Release()
	defer view.Guard(debug.SetPanicOnFault(true), &err)
	if ref, found := view.FindKey(tenant, j.Key); found {
		return view.ID(ref), true
	}
	return 0, false
}

// Forget removes all that was learnt of a user, and returns how many judgements that was; 0
// where nothing was known. No later answer has a trace of it; Compact erases the bytes, as it
// does of deleted memories. What DB.Feedback and Learn have added to Memory.Usage stays: it
// does not tell who said so. Errors: ErrInvalid, ErrReadOnly.
func (db *DB) Forget(ctx context.Context, tenant, user string) (count int, err error) {
	p := Preference{Tenant: tenant, User: user}
	if err = p.Normalize(); err == nil {
		count, err = db.store.ForgetJudgements(ctx, tenant, user)
	}
	if err != nil {
		return 0, fmt.Errorf("forget: %w", err)
	}
	return count, nil
}

// Judgements yields all judgements of all users, user after user, each oldest first, but
// those that are damaged. An error ends it.
func Judgements(ctx context.Context, db *DB) iter.Seq2[UserJudgement, error] {
	return func(yield func(UserJudgement, error) bool) {
		names, err := db.store.Judges(ctx)
		if err != nil {
			yield(UserJudgement{}, fmt.Errorf("judgements: %w", err))
			return
		}
		for _, name := range names {
			tenant, user := name[0], name[1]
			list, err := db.store.Judgements(ctx, tenant, user)
			if err != nil {
				yield(UserJudgement{}, fmt.Errorf("judgements: %w", err))
				return
			}
			for _, j := range list {
				if !yield(UserJudgement{Tenant: tenant, User: user, Judgement: j}, nil) {
					return
				}
			}
		}
	}
}
