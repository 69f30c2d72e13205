package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/segment"
)

// Update commits a new version of a memory and retires the one that it was made
// from, and returns it. What changes nothing commits nothing. An update that
// another one overtakes is made again from what that one left.
func (s *Store) Update(ctx context.Context, id model.ID, p *model.Patch) (model.Memory, error) {
	for {
		base, space, err := s.readCurrent(ctx, id)
		if err != nil {
			return model.Memory{}, err
		}
		if seen := p.IfVersion; seen != 0 && seen != base.memory.Version {
			return model.Memory{}, fmt.Errorf("memory %d is of version %d, not %d: %w", id, base.memory.Version, seen, model.ErrConflict)
		}
		next, err := patched(space, &base.memory, p)
		if err != nil {
			return model.Memory{}, err
		}
		if equal(&base.memory, &next) {
			return shown(space, base.memory), nil
		}
		r := newRequest(ctx)
		err = s.submitVersions(r, space, nil, &base, next)
		if again(err) {
			continue
		}
		if err != nil {
			return model.Memory{}, err
		}
		next.Version++
		next.UpdateTime = time.UnixMicro(r.changes[0].row.Committed()).UTC()
		return shown(space, next), nil
	}
}

// again reports whether a request is to be prepared anew.
func again(err error) bool { return errors.Is(err, errStale) || errors.Is(err, errOtherSpace) }

// readCurrent reads the current version of a memory, with its vector to the bit, and
// the space that vectors are of.
func (s *Store) readCurrent(ctx context.Context, id model.ID) (is version, space segment.Space, err error) {
	switch {
	case s.readOnly:
		return is, space, fmt.Errorf("store: opened for reading: %w", model.ErrReadOnly)
	case s.closing.Load():
		return is, space, errClosed
	}
	if err := model.FromContext(ctx, "store"); err != nil {
		return is, space, err
	}
	view, err := s.View()
	if err != nil {
		return is, space, err
	}
	defer view.Release()
	is, err = viewed(view, id)
	if err != nil && !errors.Is(err, model.ErrNotFound) {
		err = s.between(ctx, func() error {
			return s.readTruth(func(tx *bolt.Tx) (err error) {
				is, err = s.held.current(tx, id)
				return err
			})
		})
	}
	if err == nil && is.expiredAt(time.Now()) {
		err = fmt.Errorf("memory %d: %w", id, model.ErrNotFound)
	}
	return is, view.Space, classify(err)
}

// viewed reads a version from its segment.
func viewed(view *segment.View, id model.ID) (is version, err error) {
	defer view.Guard(debug.SetPanicOnFault(true), &err)
	ref, ok := view.Find(id)
	if !ok {
		return is, fmt.Errorf("memory %d: %w", id, model.ErrNotFound)
	}
	if is.memory, err = view.Stored(ref); err != nil {
		return is, err
	}
	is.sequence = view.Parts[ref.Part].Sequence(int(ref.Row))
	return is, nil
}

// patched returns the memory that a patch makes of base, normalized. Its vector
// is nil where the words that the store's embedder sees have changed.
func patched(space segment.Space, base *model.Memory, p *model.Patch) (model.Memory, error) {
	next := *base
	p.Apply(&next)
	words := next.Text != base.Text
	switch {
	case p.Vector != nil:
		if err := checkSpace(space, p.Vector); err != nil {
			return next, err
		}
	case space.IsCaller() && words && base.Vector != nil:
		return next, fmt.Errorf("a new text needs its vector, as this store keeps the caller's: %w", model.ErrInvalid)
	case !space.IsCaller() && (words || next.Speaker != base.Speaker):
		next.Vector = nil
		if err := checkSpace(space, nil); err != nil {
			return next, err
		}
	}
	return next, next.Normalize()
}

// equal reports whether two versions of a memory say the same.
func equal(a, b *model.Memory) bool {
	return bytes.Equal(segment.AppendRecord(nil, a, true), segment.AppendRecord(nil, b, true))
}

// shown is a memory as the store's readers see it: with a vector of the caller's,
// without a derived one.
func shown(space segment.Space, m model.Memory) model.Memory {
	if space.Embedder != nil {
		m.Vector = nil
	}
	return m
}

// submitVersions prepares a later version of base, and a new memory with it where
// one is given, and hands them to the writer.
func (s *Store) submitVersions(r *request, space segment.Space, fresh *model.Memory, base *version, next model.Memory) error {
	next.Version++
	memories := []model.Memory{next}
	if fresh != nil {
		memories = append(memories, *fresh)
	}
	rows, err := s.preparer.Prepare(r.ctx, space, memories)
	if err != nil {
		return err
	}
	rows[0].ID = next.ID
	if !space.IsCaller() {
		next.Vector = nil // derived: no part of what a caller would give
		rows[0].Digest = segment.DigestOf(&next)
	}
	r.rows, r.changes, r.space = rows[1:], []change{{rows[0], base.sequence}}, space
	return s.submit(r)
}

// Supersede adds a memory that replaces another in the world, and has that one
// end where the new one begins: its ValidFrom, else its EventTime, else now, which
// becomes its ValidFrom. The old one stays and can be found. Both are committed at
// once. What is superseded already gives ErrConflict; but where the very same
// memory, by its key, superseded it, that one's ID.
func (s *Store) Supersede(ctx context.Context, old model.ID, m model.Memory) (model.ID, error) {
	m.Version, m.Supersedes, m.SupersededBy = 0, old, 0
	given := m
	begin(&m)
	for {
		base, space, err := s.readCurrent(ctx, old)
		switch {
		case err != nil:
			return 0, err
		case base.memory.SupersededBy != 0:
			id, err := s.supersededAlready(ctx, &base.memory, &given)
			if !errors.Is(err, model.ErrNotFound) {
				return id, err
			}
		}
		if base.memory.Tenant != m.Tenant {
			return 0, fmt.Errorf("memory %d is another tenant's: %w", old, model.ErrInvalid)
		}
		if err := checkSpace(space, m.Vector); err != nil {
			return 0, err
		}
		next := base.memory
		next.ValidTo = endOf(&next, &m)
		next.SupersededBy = old // any: it is stamped at commit
		r := newRequest(ctx)
		r.link, r.given = true, segment.DigestOf(&given)
		if err = s.submitVersions(r, space, &m, &base, next); again(err) {
			continue
		}
		if err != nil {
			return 0, err
		}
		return r.rows[0].ID, nil
	}
}

// begin sets when a memory that supersedes another one is true from.
func begin(m *model.Memory) {
	if m.ValidFrom.IsZero() {
		if m.ValidFrom = m.EventTime; m.ValidFrom.IsZero() {
			m.ValidFrom = time.Now().UTC().Truncate(time.Microsecond)
		}
		if !m.ValidTo.IsZero() && m.ValidTo.Before(m.ValidFrom) {
			m.ValidFrom = m.ValidTo
		}
	}
}

// endOf is when a memory ends that another one supersedes: never later than it
// was to end anyway, nor before it began.
func endOf(old, by *model.Memory) time.Time {
	end := by.ValidFrom
	if !old.ValidTo.IsZero() && old.ValidTo.Before(end) {
		end = old.ValidTo
	}
	if end.Before(old.ValidFrom) {
		end = old.ValidFrom
	}
	return end
}

// supersededAlready answers a Supersede that may have been done before;
// ErrNotFound where what superseded the old memory is there no more.
func (s *Store) supersededAlready(ctx context.Context, old, m *model.Memory) (model.ID, error) {
	by, _, err := s.readCurrent(ctx, old.SupersededBy)
	if err != nil {
		return 0, err
	}
	if m.Key != "" && by.memory.Key == m.Key && by.memory.Tenant == m.Tenant {
		given := by.memory
		given.Vector = m.Vector
		if m.ValidFrom.IsZero() {
			given.ValidFrom = m.ValidFrom // it was set by begin
		}
		if segment.DigestOf(&given) == segment.DigestOf(m) {
			return by.memory.ID, nil
		}
	}
	return 0, fmt.Errorf("memory %d is superseded by memory %d already: %w", old.ID, old.SupersededBy, model.ErrConflict)
}
