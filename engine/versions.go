package engine

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/nexus-memory/nexus/engine/model"
)

// Update changes a memory: what the patch does not name stays. It gets a new
// version, which keeps ID, key, scope and place in the session, and returns it;
// when it returns, the new version is durable and the old one in no later answer
// but those with Query.AsOf. A patch that changes nothing returns the memory as it
// is. Concurrent updates of one memory happen one after the other, none is lost.
//
// A new text is analysed and embedded anew; where the vectors are the caller's, it
// needs its own. Errors: ErrNotFound; ErrConflict where Patch.IfVersion is not the
// current version; those of Add.
func (db *DB) Update(ctx context.Context, id ID, p Patch) (Memory, error) {
	m, err := db.store.Update(ctx, id, &p)
	if err != nil {
		return Memory{}, fmt.Errorf("update: %w", err)
	}
	return m, nil
}

// Supersede adds a memory that replaces another one in the world (she moved, the
// price rose) and returns its ID. The old memory stays and can be found, with
// SupersededBy and with ValidTo set to where the new one begins: its ValidFrom,
// else its EventTime, else now, which becomes its ValidFrom. So a question with
// ValidAt finds the one or the other, never both; one without has the new one before
// the old one among its hits. Both are committed at once. Errors: ErrNotFound; ErrConflict where it is
// superseded already, unless by the same memory under the same key, whose ID then
// returns; ErrInvalid for another tenant's; those of Add.
func (db *DB) Supersede(ctx context.Context, old ID, m Memory) (ID, error) {
	if err := m.Normalize(); err != nil {
		return 0, fmt.Errorf("supersede: %w", err)
	}
	id, err := db.store.Supersede(ctx, old, m)
	if err != nil {
		return 0, fmt.Errorf("supersede: %w", err)
	}
	return id, nil
}

// History returns the versions of a memory that are kept, oldest first, the
// current one last: UpdateTime says when each was committed, ReplacedTime when the
// next one took its place. ErrNotFound for what was deleted or has expired.
func (db *DB) History(ctx context.Context, id ID) (list []Memory, err error) {
	if err := model.FromContext(ctx, "history"); err != nil {
		return nil, err
	}
	view, err := db.store.View()
	if err != nil {
		return nil, fmt.Errorf("history: %w", err)
	}
	defer view.Release()
	defer view.Guard(debug.SetPanicOnFault(true), &err)
	places := view.Versions(id)
	if len(places) == 0 {
		return nil, fmt.Errorf("history: memory %d: %w", id, ErrNotFound)
	}
	list = make([]Memory, len(places))
	for i, ref := range places {
		if list[i], err = view.Memory(ref, true); err != nil {
			return nil, fmt.Errorf("history: memory %d: %w", id, err)
		}
	}
	return list, nil
}
