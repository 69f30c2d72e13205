package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/maphash"
	"math"
	"math/bits"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/nexus-memory/nexus/engine/model"
)

// What users said of memories is truth: a judgement is durable when it is acknowledged, goes
// when its memory goes, and is all that a preference is made of. Bucket judged has the
// judgements of each user, numbered as they came; bucket judges leads from a memory to the
// judgements of it. In memory stands what questions need of them, which is not the text of
// the question:
//
//	judged  uvarint(len tenant) tenant uvarint(len user) user, number u64 -> judgement
//	judges  ID u64, key of the judgement -> 1
//
// A judgement, little-endian, with the checksum of a record behind it:
//
//	0 version u8  1 flags u8 (1: implicit)  2 zero u16  4 value f64  12 ID u64  20 micros i64  28 question
const (
	judgedVersion  = 1
	judgedImplicit = 1
	judgedHead     = 28
)

// Judge is somebody who has judged memories. It never changes but for Derived.
type Judge struct {
	tenant, user string
	Epoch        uint64       // another one with every change of what is to be learnt of the judge
	Judged       []model.Said // oldest first
	// Derived is what its reader has made of it. Any goroutine stores and loads.
	Derived atomic.Value
}

// judges finds a judge by name: a hash table with open addressing, at most half full. The
// writer goroutine alone stores, a larger table in place of the old one; any goroutine loads.
type judges struct {
	seed  maphash.Seed
	table atomic.Pointer[[]atomic.Pointer[Judge]] // a power of two
	used  int
	epoch uint64 // the last that was given out
}

func newJudges() *judges {
	j := &judges{seed: maphash.MakeSeed()}
	slots := make([]atomic.Pointer[Judge], 16)
	j.table.Store(&slots)
	return j
}

// slot returns the slot of a name: its own, or the free one where it belongs.
func (j *judges) slot(slots []atomic.Pointer[Judge], tenant, user string) *atomic.Pointer[Judge] {
	mask := uint64(len(slots) - 1)
	for i := maphash.String(j.seed, user) ^ bits.RotateLeft64(maphash.String(j.seed, tenant), 1); ; i++ {
		s := &slots[i&mask]
		if is := s.Load(); is == nil || is.user == user && is.tenant == tenant {
			return s
		}
	}
}

// put stores a judge in place of the earlier one. Those without judgements keep their slot,
// which others may lie behind, until the table grows.
func (j *judges) put(is *Judge) {
	j.epoch++
	is.Epoch = j.epoch
	slots := *j.table.Load()
	s := j.slot(slots, is.tenant, is.user)
	if s.Load() != nil {
		s.Store(is)
		return
	}
	if len(is.Judged) == 0 {
		return
	}
	if 2*(j.used+1) > len(slots) {
		larger := make([]atomic.Pointer[Judge], 2*len(slots))
		j.used = 0
		for i := range slots {
			if old := slots[i].Load(); old != nil && len(old.Judged) > 0 {
				j.slot(larger, old.tenant, old.user).Store(old)
				j.used++
			}
		}
		j.table.Store(&larger)
		s = j.slot(larger, is.tenant, is.user)
	}
	j.used++
	s.Store(is)
}

// Judge returns what a user of a tenant has said; nil where that is nothing. It neither
// locks nor allocates.
func (s *Store) Judge(tenant, user string) *Judge {
	j := s.judges
	if is := j.slot(*j.table.Load(), tenant, user).Load(); is != nil && len(is.Judged) > 0 {
		return is
	}
	return nil
}

// Judges lists all who have said something, in no order.
func (s *Store) Judges() (list []*Judge) {
	slots := *s.judges.table.Load()
	for i := range slots {
		if is := slots[i].Load(); is != nil && len(is.Judged) > 0 {
			list = append(list, is)
		}
	}
	return list
}

// Name returns whose judge it is.
func (j *Judge) Name() (tenant, user string) { return j.tenant, j.user }

// loadJudges reads what the truth has.
func loadJudges(tx *bolt.Tx) (*judges, error) {
	all := newJudges()
	var is *Judge
	var prefix []byte
	err := forEach(tx, bucketJudged, func(k, v []byte) error {
		if is == nil || !bytes.Equal(k[:max(0, len(k)-8)], prefix) {
			if is != nil {
				all.put(is)
			}
			tenant, user, err := judgeOf(k)
			if err != nil {
				return err
			}
			is, prefix = &Judge{tenant: tenant, user: user}, bytes.Clone(k[:len(k)-8])
		}
		j, err := openJudgement(k, v)
		is.Judged = append(is.Judged, brief(&j))
		return err
	})
	if is != nil {
		all.put(is)
	}
	return all, err
}

// brief returns what questions need of a judgement.
func brief(j *model.Judgement) model.Said {
	return model.Said{ID: j.ID, Value: j.Value, Micros: j.Micros()}
}

// judgePrefix is what the keys of a user's judgements begin with.
func judgePrefix(tenant, user string) []byte {
	b := keyBytes(tenant, "")
	return append(binary.AppendUvarint(b, uint64(len(user))), user...)
}

// judgeOf returns whose judgement has a key.
func judgeOf(key []byte) (tenant, user string, err error) {
	rest := key[:max(0, len(key)-8)]
	name := func() (s string, ok bool) {
		n, used := binary.Uvarint(rest)
		if used <= 0 || n > uint64(len(rest)-used) {
			return "", false
		}
		s, rest = string(rest[used:used+int(n)]), rest[used+int(n):]
		return s, true
	}
	tenant, first := name()
	user, second := name()
	if !first || !second || len(rest) != 0 {
		return "", "", fmt.Errorf("store: key of a judgement of %d bytes: %w", len(key), model.ErrCorrupt)
	}
	return tenant, user, nil
}

// sealJudgement returns the value of a judgement under a key.
func sealJudgement(key []byte, j *model.Judgement) []byte {
	le := binary.LittleEndian
	b := make([]byte, judgedHead, judgedHead+len(j.Question)+recordSumBytes)
	b[0] = judgedVersion
	if j.Implicit {
		b[1] = judgedImplicit
	}
	le.PutUint64(b[4:], math.Float64bits(j.Value))
	le.PutUint64(b[12:], uint64(j.ID))
	le.PutUint64(b[20:], uint64(j.Micros()))
	return sealRecord(key, append(b, j.Question...))
}

// openJudgement reads what sealJudgement wrote. Any bytes are safe.
func openJudgement(key, value []byte) (j model.Judgement, err error) {
	b, err := openRecord(key, value)
	if err != nil {
		return j, fmt.Errorf("store: judgement: %w", err)
	}
	if len(b) < judgedHead || len(b) > judgedHead+model.JudgedQuestionMax {
		return j, fmt.Errorf("store: judgement of %d bytes: %w", len(b), model.ErrCorrupt)
	}
	if b[0] != judgedVersion {
		return j, fmt.Errorf("store: judgement of version %d, this build reads %d: %w", b[0], judgedVersion, model.ErrUnsupported)
	}
	le := binary.LittleEndian
	j.Implicit = b[1]&judgedImplicit != 0
	j.Value = math.Float64frombits(le.Uint64(b[4:]))
	j.ID = model.ID(le.Uint64(b[12:]))
	if at := int64(le.Uint64(b[20:])); at != math.MinInt64 {
		j.Time = time.UnixMicro(at).UTC()
	}
	j.Question = string(b[judgedHead:])
	if !(j.Value >= -1 && j.Value <= 1) {
		return j, fmt.Errorf("store: judgement of value %v: %w", j.Value, model.ErrCorrupt)
	}
	return j, nil
}

// judging is what a request wants of the judgements of a user.
type judging struct {
	tenant, user string
	add          []model.Judgement // the first of which needs its memory to be there
	forget       bool              // all that are there go first
	kept, gone   int               // outcome: how many of add are kept, how many went
}

// Learn adds judgements of a user, durably, and returns when questions know of them. The
// first one needs its memory to be there, else ErrNotFound; the others are passed over
// where theirs is not. What is beyond JudgementsMax goes, the oldest first.
func (s *Store) Learn(ctx context.Context, tenant, user string, list []model.Judgement) error {
	now := time.Now().UTC().Truncate(time.Microsecond)
	for i := range list {
		list[i].Time = now
	}
	return s.judge(ctx, &judging{tenant: tenant, user: user, add: list})
}

// SetJudgements puts others in place of all judgements of a user, and returns how many of
// them are of memories that are there; those alone are kept.
func (s *Store) SetJudgements(ctx context.Context, tenant, user string, list []model.Judgement) (kept int, err error) {
	j := &judging{tenant: tenant, user: user, add: list, forget: true}
	err = s.judge(ctx, j)
	return j.kept, err
}

// ForgetJudgements removes all judgements of a user and returns how many there were. Compact
// erases their bytes.
func (s *Store) ForgetJudgements(ctx context.Context, tenant, user string) (count int, err error) {
	j := &judging{tenant: tenant, user: user, forget: true}
	err = s.judge(ctx, j)
	return j.gone, err
}

func (s *Store) judge(ctx context.Context, j *judging) error {
	r := newRequest(ctx)
	r.judging = j
	return s.submit(r)
}

// Judgements returns all that a user has said, with the questions, oldest first.
func (s *Store) Judgements(ctx context.Context, tenant, user string) (list []model.Judgement, err error) {
	read := func() error {
		return s.readTruth(func(tx *bolt.Tx) error {
			return eachJudgement(tx, judgePrefix(tenant, user), func(_ []byte, j model.Judgement) { list = append(list, j) })
		})
	}
	switch {
	case s.Judge(tenant, user) == nil:
	case s.readOnly:
		err = read()
	default:
		err = s.between(ctx, read)
	}
	return list, classify(err)
}

// eachJudgement calls f for the judgements of a user, oldest first, with their keys.
func eachJudgement(tx *bolt.Tx, prefix []byte, f func(key []byte, j model.Judgement)) error {
	b := tx.Bucket(bucketJudged)
	if b == nil {
		return nil
	}
	c := b.Cursor()
	for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, v = c.Next() {
		j, err := openJudgement(k, v)
		if err != nil {
			return err
		}
		f(k, j)
	}
	return nil
}

// saveJudgements does what a request wants of the judgements of a user.
func (t *transaction) saveJudgements(j *judging) error {
	prefix, number := judgePrefix(j.tenant, j.user), uint64(0)
	type kept struct {
		key []byte
		id  model.ID
	}
	var there []kept
	err := eachJudgement(t.tx, prefix, func(k []byte, is model.Judgement) {
		there = append(there, kept{bytes.Clone(k), is.ID})
	})
	if err != nil {
		return err
	}
	for _, e := range there {
		number = uint64(idOf(e.key[len(prefix):]))
	}
	known := func(i int) bool { _, v := currentEntry(t.tx, j.add[i].ID); return v != nil }
	if !j.forget && !known(0) {
		return refusal{fmt.Errorf("memory %d: %w", j.add[0].ID, model.ErrNotFound)}
	}
	j.kept = 0
	for i := range j.add {
		if !known(i) {
			continue
		}
		number++
		key := append(bytes.Clone(prefix), idBytes(model.ID(number))...)
		if err := t.putJudgement(key, &j.add[i]); err != nil {
			return err
		}
		j.kept++
	}
	j.gone = min(max(0, len(there)+j.kept-model.JudgementsMax), len(there))
	if j.forget {
		j.gone = len(there)
	}
	for _, e := range there[:j.gone] {
		if err := t.eraseJudgement(e.key, e.id); err != nil {
			return err
		}
	}
	t.touch(prefix)
	return nil
}

func (t *transaction) putJudgement(key []byte, j *model.Judgement) error {
	if err := t.put(bucketJudged, key, sealJudgement(key, j)); err != nil {
		return err
	}
	return t.put(bucketJudges, append(idBytes(j.ID), key...), []byte{1})
}

func (t *transaction) eraseJudgement(key []byte, id model.ID) error {
	if err := t.edit.delete(bucketJudged, key); err != nil {
		return err
	}
	return t.edit.delete(bucketJudges, append(idBytes(id), key...))
}

// judgementsOf returns the keys of the judgements of a memory.
func (t *transaction) judgementsOf(id model.ID) (keys [][]byte) {
	prefix, c := idBytes(id), t.tx.Bucket(bucketJudges).Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		keys = append(keys, bytes.Clone(k[len(prefix):]))
	}
	return keys
}

// eraseJudgements removes what was said of a memory.
func (t *transaction) eraseJudgements(id model.ID) error {
	for _, key := range t.judgementsOf(id) {
		if err := t.eraseJudgement(key, id); err != nil {
			return err
		}
		t.touch(key[:max(0, len(key)-8)])
	}
	return nil
}

// touchJudges has those who judged a memory learn of it anew.
func (t *transaction) touchJudges(id model.ID) {
	for _, key := range t.judgementsOf(id) {
		t.touch(key[:max(0, len(key)-8)])
	}
}

// touch notes that the judge with a prefix is to be read again when the group is durable.
func (t *transaction) touch(prefix []byte) {
	if t.judges == nil {
		t.judges = map[string]bool{}
	}
	t.judges[string(prefix)] = true
}

// refreshJudges, the writer's, reads those again of whom a group has changed something.
// After the view is published: what is learnt of a memory is to be of its newest version.
func (s *Store) refreshJudges(touched map[string]bool) error {
	if len(touched) == 0 {
		return nil
	}
	return s.readTruth(func(tx *bolt.Tx) error {
		for prefix := range touched {
			tenant, user, err := judgeOf(append([]byte(prefix), idBytes(0)...))
			is := &Judge{tenant: tenant, user: user}
			if err == nil {
				err = eachJudgement(tx, []byte(prefix), func(_ []byte, j model.Judgement) { is.Judged = append(is.Judged, brief(&j)) })
			}
			if err != nil {
				return err
			}
			s.judges.put(is)
		}
		return nil
	})
}

// verifyJudgements checks that every judgement is of a memory that is there and is found by it.
func verifyJudgements(tx *bolt.Tx, report *Report) {
	count := 0
	_ = forEach(tx, bucketJudged, func(k, v []byte) error {
		count++
		j, err := openJudgement(k, v)
		_, _, nameErr := judgeOf(k)
		_, memory := currentEntry(tx, j.ID)
		switch {
		case err != nil || nameErr != nil:
			report.fault("judgement %d: damaged", count)
		case memory == nil:
			report.fault("judgement %d: of memory %d, which is not there", count, j.ID)
		case get(tx, bucketJudges, append(idBytes(j.ID), k...)) == nil:
			report.fault("judgement %d: memory %d does not lead to it", count, j.ID)
		}
		return nil
	})
	_ = forEach(tx, bucketJudges, func(k, _ []byte) error {
		if count--; len(k) < 8 || get(tx, bucketJudged, k[8:]) == nil {
			report.fault("judges: an entry leads to no judgement")
		}
		return nil
	})
	if count > 0 {
		report.fault("judges: %d judgements are not found by their memory", count)
	}
}
