package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/segment"
)

// version is one version of a memory as the truth has it.
type version struct {
	memory   model.Memory // with ID
	sequence model.ID
}

// get returns an entry of a bucket that a file of version 1 may lack.
func get(tx *bolt.Tx, bucket, key []byte) []byte {
	if b := tx.Bucket(bucket); b != nil {
		return b.Get(key)
	}
	return nil
}

func readClock(tx *bolt.Tx) int64 {
	if v := tx.Bucket(bucketMeta).Get(metaClock); len(v) == 8 {
		return int64(binary.BigEndian.Uint64(v))
	}
	return 0
}

// readRetired lists the versions that were replaced, and when.
func readRetired(tx *bolt.Tx) (sequences []model.ID, at []int64, err error) {
	err = forEach(tx, bucketRetired, func(k, v []byte) error {
		if len(k) != 16 || len(v) != 8 {
			return fmt.Errorf("store: entry of a replaced version of %d bytes: %w", len(k)+len(v), model.ErrCorrupt)
		}
		sequences = append(sequences, idOf(k[8:]))
		at = append(at, int64(binary.BigEndian.Uint64(v)))
		return nil
	})
	return sequences, at, err
}

// currentEntry returns the current version of a memory: its key and value in
// bucketMemories, nil where there is none.
func currentEntry(tx *bolt.Tx, id model.ID) (k, v []byte) {
	k = idBytes(id)
	if sequence := get(tx, bucketCurrent, k); sequence != nil {
		k = bytes.Clone(sequence)
	}
	return k, tx.Bucket(bucketMemories).Get(k)
}

// current decodes the current version of a memory; ErrNotFound where there is none.
func (f heldFiles) current(tx *bolt.Tx, id model.ID) (version, error) {
	k, v := currentEntry(tx, id)
	if v == nil {
		return version{}, fmt.Errorf("memory %d: %w", id, model.ErrNotFound)
	}
	is, err := f.version(new(segment.RecordReader), k, v)
	switch {
	case err != nil:
		return is, fmt.Errorf("store: memory %d: %w", id, err)
	case is.memory.ID != id: // a sequence that is no memory's ID
		return is, fmt.Errorf("memory %d: %w", id, model.ErrNotFound)
	}
	return is, nil
}

// expiredAt reports whether a memory is to be in no answer at a time.
func (v *version) expiredAt(now time.Time) bool {
	return !v.memory.ExpiresAt.IsZero() && !v.memory.ExpiresAt.After(now)
}

// change is a later version of a memory, made from the one of sequence base.
type change struct {
	row  *segment.Row
	base model.ID
}

// errStale refuses a version that was made from one that is not current any more.
var errStale = errors.New("the memory was changed meanwhile")

// checkBases refuses changes of memories that have changed since.
func (t *transaction) checkBases(changes []change) error {
	for _, c := range changes {
		is, err := t.held.current(t.tx, c.row.ID)
		switch {
		case err != nil:
			return refusal{err}
		case is.expiredAt(t.now):
			return refusal{fmt.Errorf("memory %d: %w", c.row.ID, model.ErrNotFound)}
		case is.sequence != c.base:
			return refusal{errStale}
		}
	}
	return nil
}

// addLater stores a later version and retires the one it was made from.
func (t *transaction) addLater(r *request, c *change) error {
	memories := t.tx.Bucket(bucketMemories)
	memories.FillPercent = .95 // as in addFirst
	sequence, err := memories.NextSequence()
	if err != nil {
		return err
	}
	row := c.row
	row.Sequence = model.ID(sequence)
	row.Stamp(t.now, row.Position())
	if row.Key != "" {
		if err := t.noteContent(row); err != nil {
			return err
		}
	}
	k := idBytes(row.Sequence)
	if err := errors.Join(t.put(bucketMemories, k, sealRecord(k, row.Record)), t.put(bucketCurrent, idBytes(row.ID), k)); err != nil {
		return err
	}
	r.added = append(r.added, row)
	t.touchJudges(row.ID)
	if !t.keepsHistory {
		return t.eraseVersion(r, c.base)
	}
	r.retired, r.retiredAt = append(r.retired, c.base), append(r.retiredAt, t.now.UnixMicro())
	return t.put(bucketRetired, append(idBytes(row.ID), idBytes(c.base)...), binary.BigEndian.AppendUint64(nil, uint64(t.now.UnixMicro())))
}

// noteContent has the key know the new content beside the one first added, so
// that adding either again is no conflict and changes nothing.
func (t *transaction) noteContent(row *segment.Row) error {
	k := keyBytes(row.Tenant, row.Key)
	v := t.tx.Bucket(bucketKeys).Get(k)
	if len(v) < 8+digestBytes {
		return fmt.Errorf("store: key entry of %d bytes: %w", len(v), model.ErrCorrupt)
	}
	return t.put(bucketKeys, k, append(bytes.Clone(v[:8+digestBytes]), row.Digest[:]...))
}

// eraseVersion removes one version from the truth and notes that segment files
// may still hold it.
func (t *transaction) eraseVersion(r *request, sequence model.ID) error {
	k := idBytes(sequence)
	r.gone = append(r.gone, sequence)
	return errors.Join(t.edit.delete(bucketMemories, k), t.put(bucketDeleted, k, []byte{1}))
}

// hasExpired reports whether a memory is there and has expired.
func (t *transaction) hasExpired(id model.ID) (bool, error) {
	k, v := currentEntry(t.tx, id)
	if v == nil {
		return false, nil
	}
	at, err := t.held.expiry(k, v)
	return at <= t.now.UnixMicro(), err
}

// delete removes memories from the truth, with all their versions.
func (t *transaction) delete(r *request) error {
	var found []model.ID
	seen := map[model.ID]bool{}
	for _, id := range r.deletes {
		is, err := t.held.current(t.tx, id)
		switch {
		case errors.Is(err, model.ErrNotFound) || seen[id]:
			continue
		case err != nil:
			return refusal{err}
		}
		seen[id] = true
		found = append(found, id)
		if !is.expiredAt(t.now) {
			r.deleted = append(r.deleted, id)
		}
	}
	for _, id := range r.expired {
		if is, err := t.held.current(t.tx, id); err == nil && !seen[id] && is.expiredAt(t.now) {
			seen[id] = true
			found = append(found, id)
		}
	}
	return t.eraseAll(r, found)
}

// eraseAll removes memories that are there, each with its versions, its key and
// its usage.
func (t *transaction) eraseAll(r *request, ids []model.ID) error {
	for _, id := range ids {
		is, err := t.held.current(t.tx, id)
		if err != nil {
			return err
		}
		if m := &is.memory; m.Key != "" {
			err = t.edit.delete(bucketKeys, keyBytes(m.Tenant, m.Key))
		}
		old := t.retiredOf(id)
		for _, sequence := range old {
			err = errors.Join(err, t.eraseRetired(r, id, sequence))
		}
		err = errors.Join(err, t.eraseVersion(r, is.sequence),
			t.edit.delete(bucketCurrent, idBytes(id)), t.edit.delete(bucketUsage, idBytes(id)), t.eraseJudgements(id))
		if err != nil {
			return err
		}
	}
	return nil
}

// retiredOf lists the versions of a memory that were replaced.
func (t *transaction) retiredOf(id model.ID) (sequences []model.ID) {
	prefix, c := idBytes(id), t.tx.Bucket(bucketRetired).Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		sequences = append(sequences, idOf(k[8:]))
	}
	return sequences
}

func (t *transaction) eraseRetired(r *request, id, sequence model.ID) error {
	return errors.Join(t.eraseVersion(r, sequence), t.edit.delete(bucketRetired, append(idBytes(id), idBytes(sequence)...)))
}

// pruneHistory deletes versions that were replaced before r.prune, as many as
// one transaction takes.
func (t *transaction) pruneHistory(r *request) error {
	type entry struct{ id, sequence model.ID }
	var old []entry
	c := t.tx.Bucket(bucketRetired).Cursor()
	for k, v := c.First(); k != nil && len(old) < commitRows; k, v = c.Next() {
		if int64(binary.BigEndian.Uint64(v)) < r.prune {
			old = append(old, entry{idOf(k), idOf(k[8:])})
		}
	}
	for _, e := range old {
		if err := t.eraseRetired(r, e.id, e.sequence); err != nil {
			return err
		}
	}
	return nil
}

// prune deletes the history that the options do not keep.
func (s *Store) prune(ctx context.Context) error {
	before := int64(math.MaxInt64)
	switch {
	case s.options.HistoryFor == 0:
		return nil
	case s.options.HistoryFor > 0:
		before = time.Now().Add(-s.options.HistoryFor).UnixMicro()
	}
	for {
		r := newRequest(ctx)
		r.prune = before
		if err := s.submit(r); err != nil || len(r.gone) == 0 {
			return err
		}
	}
}

// sweepEvery is how often what has expired is deleted. It is in no answer from
// its moment on; this is about its bytes.
const sweepEvery = time.Minute

// sweep deletes what has expired, by requests handed to the writer.
func (s *Store) sweep(ctx context.Context, submit func(*request) error) error {
	view := s.view.Load()
	if view == nil {
		return errClosed
	}
	expired := view.Expired(time.Now().UnixMicro())
	for first := 0; first < len(expired); first += commitRows {
		r := newRequest(ctx)
		r.expired = expired[first:min(len(expired), first+commitRows)]
		if err := submit(r); err != nil {
			return err
		}
	}
	return nil
}

// sweepQuietly is the merger's sweep. A failure shows where it matters, in the
// next write; what has expired stays in no answer.
func (s *Store) sweepQuietly() {
	_ = s.sweep(context.Background(), func(r *request) error {
		select {
		case s.internal <- r:
			return <-r.reply
		case <-s.writerDone:
			return errClosed
		}
	})
}
