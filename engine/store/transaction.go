package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/segment"
)

// errRefused marks an error that is a request's own and found before it wrote.
var errRefused = errors.New("refused")

type refusal struct{ error }

func (r refusal) Is(target error) bool { return target == errRefused }
func (r refusal) Unwrap() error        { return r.error }

// transaction applies the requests of one group.
type transaction struct {
	edit
	now          time.Time
	keepsHistory bool
	held         heldFiles
	positions    map[string]uint32 // next position by session, as of this group
	space        segment.Space     // of the rows added
	fixed        segment.Space     // the store's, as far as this group has looked
	judged       map[string]*Judge // by prefix: what is known of who has judged
	touched      map[string]bool   // prefixes of who judged memories that have changed
	erased       []string          // keys of judgements
	mended       bool              // see mendJudgements: since opening
	looked       bool              // see lookOver: since opening
}

func newTransaction(s *Store) *transaction {
	return &transaction{
		now: s.tick(), keepsHistory: s.options.HistoryFor >= 0, held: s.held, positions: map[string]uint32{},
		judged: map[string]*Judge{}, touched: map[string]bool{}, mended: s.mended, looked: s.looked,
	}
}

// tick returns the time of the next commit: a microsecond after the last one
// where the clock has not moved since, or went back. So times of commits rise
// with their sequences, and one of them names one state of the store.
func (s *Store) tick() time.Time {
	return time.UnixMicro(max(time.Now().UnixMicro(), s.clock+1)).UTC()
}

func (t *transaction) saveClock() error {
	return t.put(bucketMeta, metaClock, binary.BigEndian.AppendUint64(nil, uint64(t.now.UnixMicro())))
}

func (t *transaction) apply(r *request) error {
	if err := model.FromContext(r.ctx, "store"); err != nil {
		return refusal{err}
	}
	switch {
	case len(r.rows)+len(r.changes) > 0:
		return t.add(r)
	case r.prune != 0:
		return t.pruneHistory(r)
	case r.usage != nil:
		return t.saveUsage(r)
	case r.judging != nil:
		return t.saveJudgements(r.judging)
	}
	return t.delete(r)
}

// errOtherSpace refuses rows that were prepared for another space than the
// store has by now.
var errOtherSpace = errors.New("the store's vector space or language was fixed meanwhile")

// fixSpace writes the space of the first memories, or checks that it is that.
func (t *transaction) fixSpace(space segment.Space) error {
	if t.fixed.Name == "" {
		var err error
		if t.fixed, err = readSpace(t.tx); err != nil {
			return err
		}
	}
	switch fixed := t.fixed; {
	case fixed.Name == "":
		return writeSpace(&t.edit, space)
	case fixed.Name != space.Name || fixed.Dim != space.Dim || fixed.Metric != space.Metric || fixed.Language != space.Language:
		return refusal{errOtherSpace}
	}
	return nil
}

// add gives rows their IDs and stores them, and later versions with them. A key
// that is there with the same content, as it was first added or as it is now,
// gives the old ID; with other content it refuses the whole request.
func (t *transaction) add(r *request) error {
	fresh, err := t.resolveKeys(r)
	if err == nil {
		err = t.checkBases(r.changes)
	}
	if err == nil && len(fresh)+len(r.changes) > 0 {
		err = t.fixSpace(r.space)
	}
	if err != nil || len(fresh)+len(r.changes) == 0 {
		return err
	}
	if err := t.eraseAll(r, r.expired); err != nil {
		return err
	}
	for _, row := range fresh {
		if err := t.addFirst(r, row); err != nil {
			return err
		}
	}
	if err := t.savePositions(fresh); err != nil {
		return err
	}
	r.added = fresh
	t.space = r.space
	for i := range r.changes {
		if r.link {
			r.changes[i].row.Link(r.rows[0].ID)
		}
		if err := t.addLater(r, &r.changes[i]); err != nil {
			return err
		}
	}
	return nil
}

// addFirst stores the first version of a memory.
func (t *transaction) addFirst(r *request, row *segment.Row) error {
	memories := t.tx.Bucket(bucketMemories)
	memories.FillPercent = .95 // sequences ascend: pages are filled from left to right
	id, err := memories.NextSequence()
	if err != nil {
		return err
	}
	row.ID = model.ID(id)
	if row.Key != "" {
		entry := append(idBytes(row.ID), row.Digest[:]...)
		if r.link {
			entry = append(append(idBytes(row.ID), r.given[:]...), row.Digest[:]...)
		}
		if err := t.put(bucketKeys, keyBytes(row.Tenant, row.Key), entry); err != nil {
			return err
		}
	}
	position, err := t.position(row.Thread)
	if err != nil {
		return err
	}
	row.Stamp(t.now, position)
	return t.put(bucketMemories, idBytes(row.ID), sealRecord(idBytes(row.ID), row.Record))
}

// resolveKeys returns the rows that are new; the others get their IDs. The key
// of a memory that has expired is free: r.expired lists those.
func (t *transaction) resolveKeys(r *request) (fresh []*segment.Row, err error) {
	keys, seen := t.tx.Bucket(bucketKeys), map[string]int{}
	for i, row := range r.rows {
		if row.Key == "" {
			fresh = append(fresh, row)
			continue
		}
		k := keyBytes(row.Tenant, row.Key)
		if j, twice := seen[string(k)]; twice {
			return nil, refusal{fmt.Errorf("memory %d: key %q is that of memory %d of the same call: %w", i, row.Key, j, model.ErrExists)}
		}
		seen[string(k)] = i
		v := keys.Get(k)
		if v != nil && len(v) != 8+digestBytes && len(v) != 8+2*digestBytes {
			return nil, fmt.Errorf("store: key entry of %d bytes: %w", len(v), model.ErrCorrupt)
		}
		expired := false
		if v != nil {
			if expired, err = t.hasExpired(idOf(v)); err != nil {
				return nil, fmt.Errorf("store: memory %d: %w", idOf(v), err)
			}
		}
		switch {
		case v == nil:
			fresh = append(fresh, row)
		case expired:
			fresh, r.expired = append(fresh, row), append(r.expired, idOf(v))
		case !r.link && (string(v[8:8+digestBytes]) == string(row.Digest[:]) || string(v[8+digestBytes:]) == string(row.Digest[:])):
			row.ID = idOf(v)
		default:
			return nil, refusal{fmt.Errorf("memory %d: key %q is taken by memory %d with other content: %w", i, row.Key, idOf(v), model.ErrExists)}
		}
	}
	return fresh, nil
}

// position returns the next place in a session.
func (t *transaction) position(thread string) (uint32, error) {
	if thread == "" {
		return 0, nil
	}
	next, ok := t.positions[thread]
	if v := t.tx.Bucket(bucketThreads).Get(threadKey(thread)); !ok && len(v) == 4 {
		next = binary.BigEndian.Uint32(v)
	}
	t.positions[thread] = next + 1
	return next, nil
}

func (t *transaction) savePositions(rows []*segment.Row) error {
	saved := ""
	for i := len(rows) - 1; i >= 0; i-- {
		thread := rows[i].Thread
		if thread == "" || thread == saved {
			continue
		}
		saved = thread
		if err := t.put(bucketThreads, threadKey(thread), binary.BigEndian.AppendUint32(nil, t.positions[thread])); err != nil {
			return err
		}
	}
	return nil
}
