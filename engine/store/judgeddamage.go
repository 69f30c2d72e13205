package store

import (
	"bytes"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"

	"github.com/nexus-memory/nexus/engine/model"
)

// A judgement that is damaged is worth no more than one judgement: it is left out of what is
// learnt, named by Verify, counted by Stats, and goes when its user is forgotten. bbolt has
// no checksums, so a key may be damaged as well as a value. A search for a user's judgements
// compares with a few keys on its way and goes astray at a damaged one; so whoever looks for
// them goes back and forth from where the search has led, to sound keys on either side.

// judgedEntry is an entry of bucketJudged.
type judgedEntry struct {
	model.Judgement
	key []byte // of the transaction
	err error  // why it cannot be read; nil for a sound one
}

func openEntry(k, v []byte) (e judgedEntry) {
	e.key = k
	e.Judgement, e.err = openJudgement(k, v)
	return e
}

// walkJudgements calls f for the judgements of a user, oldest first, and for entries that are
// damaged among them or beside them, whosever they were. O(judgements of the user) and two
// others; where a search was led astray, O(judgements of the store).
func walkJudgements(tx *bolt.Tx, prefix []byte, f func(e *judgedEntry)) {
	b := tx.Bucket(bucketJudged)
	if b == nil {
		return
	}
	c := b.Cursor()
	_, _ = c.Seek(prefix)
	k, v := previous(c)
	for k != nil && (bytes.Compare(k, prefix) >= 0 || openEntry(k, v).err != nil) {
		k, v = previous(c)
	}
	if k == nil {
		k, v = c.First()
	}
	for ; k != nil; k, v = c.Next() {
		e := openEntry(k, v)
		switch own := bytes.HasPrefix(k, prefix); {
		case own || e.err != nil:
			f(&e)
		case bytes.Compare(k, prefix) > 0:
			return
		}
	}
}

// emptyPagesMax is over how many pages without entries previous looks.
const emptyPagesMax = 64

// previous returns the entry before that of a cursor, nil where there is none. bbolt's own
// ends at a page that has become empty in a transaction that is not committed yet, and its
// Last does not end at all where all have. With more such pages in a row than it looks over it
// returns nil too, and the walk from the first entry on takes longer.
func previous(c *bolt.Cursor) (k, v []byte) {
	for range emptyPagesMax {
		if k, v = c.Prev(); k != nil {
			break
		}
	}
	return k, v
}

// judgementsThere returns the sound judgements of a user and the keys of the damaged ones. Where
// damage is met, in these or beside them, all is mended, once after opening.
func (t *transaction) judgementsThere(prefix []byte) (sound []judgedEntry, damaged []string, err error) {
	for {
		met := 0
		sound, damaged = nil, nil
		walkJudgements(t.tx, prefix, func(e *judgedEntry) {
			if e.err == nil {
				e.key = bytes.Clone(e.key)
				sound = append(sound, *e)
				return
			}
			if met++; bytes.HasPrefix(e.key, prefix) {
				damaged = append(damaged, string(e.key))
			}
		})
		if met == 0 || t.mended {
			return sound, damaged, nil
		}
		if err := t.mendJudgements(); err != nil {
			return nil, nil, err
		}
	}
}

// lookOver mends the judgements if any is damaged, once after opening and before the first write
// to them: bbolt must not write to a page whose first key is damaged. O(judgements of the store).
func (t *transaction) lookOver() error {
	if t.mended || t.looked {
		return nil
	}
	damaged := false
	if err := forEach(t.tx, bucketJudged, func(k, v []byte) error {
		damaged = damaged || openEntry(k, v).err != nil
		return nil
	}); err != nil {
		return err
	}
	if damaged {
		return t.mendJudgements()
	}
	t.looked = true
	return nil
}

// mendJudgements writes bucketJudged anew, sorted: a key that is put among others out of order
// is not found again, and bbolt must not write to a page that begins with another key than the
// page above it says. What stands under a damaged key comes under the one by which its memory
// leads to it, and is sound again; what nothing leads to and nobody can read goes. The journal
// could not say that, as it says what changes alone: truth.db is committed with this group.
// O(judgements of the store).
func (t *transaction) mendJudgements() error {
	var all, damaged []judgedBytes
	_ = forEach(t.tx, bucketJudged, func(k, v []byte) error {
		e := judgedBytes{bytes.Clone(k), bytes.Clone(v)}
		if openEntry(k, v).err == nil {
			all = append(all, e)
		} else {
			damaged = append(damaged, e)
		}
		return nil
	})
	slices.SortFunc(all, byKey)
	lost := map[model.ID][][]byte{} // keys by which memories lead to judgements that are not there, or damaged
	_ = forEach(t.tx, bucketJudges, func(k, _ []byte) error {
		if len(k) < 8 {
			return nil
		}
		if _, there := slices.BinarySearchFunc(all, judgedBytes{key: k[8:]}, byKey); !there {
			lost[idOf(k)] = append(lost[idOf(k)], bytes.Clone(k[8:]))
		}
		return nil
	})
	kept := map[string]bool{}
	for _, keys := range lost {
		for _, key := range keys {
			kept[string(key)] = true
		}
	}
	for _, e := range damaged {
		key := e.trueKey(lost)
		switch {
		case key != nil:
			t.touch(key[:max(0, len(key)-8)])
			t.erased = append(t.erased, string(e.key))
			all = append(all, judgedBytes{key, e.value})
		case kept[string(e.key)]:
			all = append(all, e)
		default:
			t.erased = append(t.erased, string(e.key))
		}
	}
	slices.SortFunc(all, byKey)
	if err := t.tx.DeleteBucket(bucketJudged); err != nil {
		return err
	}
	b, err := t.tx.CreateBucket(bucketJudged)
	if err != nil {
		return err
	}
	for _, e := range all {
		if err := b.Put(e.key, e.value); err != nil {
			return err
		}
	}
	t.redo, t.mended = nil, true
	t.made++
	return nil
}

// judgedBytes is an entry of bucketJudged as it stands there.
type judgedBytes struct{ key, value []byte }

func byKey(a, b judgedBytes) int { return bytes.Compare(a.key, b.key) }

// trueKey returns the key under which a damaged entry is sound, nil where there is none.
func (e *judgedBytes) trueKey(lost map[model.ID][][]byte) []byte {
	if len(e.value) < judgedHead {
		return nil
	}
	for _, key := range lost[judgedID(e.value)] {
		if openEntry(key, e.value).err == nil {
			return key
		}
	}
	return nil
}

// eraseDamaged removes judgements of the user with a prefix that cannot be read, and all that
// leads to judgements of that user: which memories do is known by bucketJudges alone, which is
// read whole.
func (t *transaction) eraseDamaged(prefix []byte, damaged []string) error {
	var rows [][]byte
	_ = forEach(t.tx, bucketJudges, func(k, _ []byte) error {
		if bytes.HasPrefix(k[min(8, len(k)):], prefix) {
			rows = append(rows, bytes.Clone(k))
		}
		return nil
	})
	for _, row := range rows {
		if err := t.edit.delete(bucketJudges, row); err != nil {
			return err
		}
	}
	for _, key := range damaged {
		if err := t.edit.delete(bucketJudged, []byte(key)); err != nil {
			return err
		}
		t.erased = append(t.erased, key)
	}
	return nil
}

// mendBeforeCompact mends what is damaged before truth.db is copied: a copy is sorted, and what
// stands under a damaged key would not be found beside the judgements of its user any more.
// O(judgements of the store).
func (s *Store) mendBeforeCompact() error {
	met := false
	err := s.readTruth(func(tx *bolt.Tx) error {
		return forEach(tx, bucketJudged, func(k, v []byte) error {
			met = met || openEntry(k, v).err != nil
			return nil
		})
	})
	if err != nil || !met {
		return err
	}
	t := newTransaction(s)
	if err := s.change(&t.edit, true, t.mendJudgements); err != nil {
		return err
	}
	if err := s.persist(&t.edit); err != nil {
		return err
	}
	s.mended = true
	s.judges.publish(t, true)
	return nil
}

// verifyJudgements checks that every judgement can be read, is of a memory that is there, and
// is found by it.
func verifyJudgements(tx *bolt.Tx, report *Report) {
	count := 0
	_ = forEach(tx, bucketJudged, func(k, v []byte) error {
		count++
		e := openEntry(k, v)
		_, memory := currentEntry(tx, e.ID)
		switch {
		case e.err != nil:
			report.damaged = append(report.damaged, string(k))
			report.fault("judgement %d%s: damaged, and left out of what is learnt: %v", count, ofJudge(k), e.err)
		case memory == nil:
			report.fault("judgement %d%s: of memory %d, which is not there", count, ofJudge(k), e.ID)
		case get(tx, bucketJudges, append(idBytes(e.ID), k...)) == nil:
			report.fault("judgement %d%s: memory %d does not lead to it", count, ofJudge(k), e.ID)
		}
		return nil
	})
	_ = forEach(tx, bucketJudges, func(k, _ []byte) error {
		if count--; len(k) < 8 || get(tx, bucketJudged, k[8:]) == nil {
			report.fault("judges: an entry%s leads to no judgement", ofJudge(k[min(8, len(k)):]))
		}
		return nil
	})
	if count > 0 {
		report.fault("judges: %d judgements are not found by their memory", count)
	}
}

// ofJudge says whose judgement has a key, as far as the key tells.
func ofJudge(key []byte) string {
	tenant, user, err := judgeOf(key)
	switch {
	case err != nil:
		return ", of nobody as its key is damaged"
	case tenant != "":
		return fmt.Sprintf(", of user %q of tenant %q", user, tenant)
	}
	return fmt.Sprintf(", of user %q", user)
}
