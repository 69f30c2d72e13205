package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/nexus-memory/nexus/engine/cache"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rank"
	"github.com/nexus-memory/nexus/engine/search"
	"github.com/nexus-memory/nexus/engine/store"
)

// RankerInfo says which ranker serves; see model.RankerInfo.
type RankerInfo = model.RankerInfo

// serving is what a question is answered with: a ranker, and the answers that came of it.
// It never changes, so that one atomic store exchanges both and no answer of one ranker is
// given for another.
type serving struct {
	ranker *rank.Scorer // nil: the built-in one
	cache  *cache.Cache // nil: off
	info   RankerInfo
}

// readRankers returns the store's own rankers, none where it has none. An error is of what
// cannot be read.
func readRankers(s *store.Store) (rank.Kept, error) {
	data, err := s.ReadRanker()
	if err != nil || data == nil {
		return rank.Kept{}, err
	}
	kept, err := rank.DecodeKept(data)
	if err == nil && kept.Serving != nil {
		_, err = search.Bind(kept.Serving)
	}
	if err != nil {
		return rank.Kept{}, fmt.Errorf("the store's own ranker: %w", err)
	}
	return kept, nil
}

// serve makes what serves of the rankers that a store keeps. Where they cannot be read the
// built-in one serves, and everybody is told: a store is not to stay shut for that.
func serve(s *store.Store, answers *cache.Cache) *serving {
	kept, err := readRankers(s)
	if err != nil {
		now := withRanker(rank.Kept{}, answers)
		now.info.Warning = fmt.Sprintf("%v; the built-in ranker serves", err)
		return now
	}
	return withRanker(kept, answers)
}

// withRanker makes what serves of rankers that are sound.
func withRanker(kept rank.Kept, answers *cache.Cache) *serving {
	now := &serving{cache: answers}
	m := rank.BuiltIn()
	if kept.Serving != nil {
		if scorer, err := search.Bind(kept.Serving); err == nil { // it was bound before
			m, now.ranker = kept.Serving, scorer
		}
	}
	now.info = RankerInfo{
		Own: now.ranker != nil, Fitted: m.Provenance().Fitted, Trees: m.Trees(), Metrics: m.Provenance().Metrics,
		CanRollBack: kept.Serving != nil || kept.Before != nil,
	}
	return now
}

// install makes rankers durable and then has them serve.
func (db *DB) install(kept rank.Kept) error {
	var data []byte
	if kept != (rank.Kept{}) {
		data = kept.Encode()
	}
	if err := db.store.WriteRanker(data); err != nil {
		return err
	}
	db.serving.Store(withRanker(kept, db.serving.Load().cache.Empty()))
	return nil
}

// RollbackRanker takes the last Train back: the ranker that served before serves again, be
// it the store's own or the built-in one. One step: before that one there is the built-in
// ranker. Own rankers that cannot be read are given up for the built-in one.
//
// Errors: ErrNotFound (the built-in ranker serves, and none is kept), ErrBusy (a ranker is
// being fitted), ErrReadOnly, ErrClosed, ErrNoSpace.
func (db *DB) RollbackRanker(ctx context.Context) error {
	if err := model.FromContext(ctx, "ranker"); err != nil {
		return err
	}
	if !db.training.TryLock() {
		return errTraining
	}
	defer db.training.Unlock()
	if err := db.store.CanWrite(); err != nil {
		return fmt.Errorf("ranker: %w", err)
	}
	kept, err := readRankers(db.store)
	if err == nil && kept == (rank.Kept{}) {
		return fmt.Errorf("ranker: the built-in one serves, and none is kept: %w", ErrNotFound)
	}
	if err != nil && !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrUnsupported) {
		return fmt.Errorf("ranker: %w", err)
	}
	if err := db.install(rank.Kept{Serving: kept.Before}); err != nil {
		return fmt.Errorf("ranker: %w", err)
	}
	return nil
}

var errTraining = fmt.Errorf("ranker: one is being fitted already: %w", ErrBusy)
