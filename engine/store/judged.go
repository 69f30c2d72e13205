package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
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

// judgedID returns the memory of a judgement of judgedHead bytes and more, sound or not.
func judgedID(b []byte) model.ID { return model.ID(binary.LittleEndian.Uint64(b[12:])) }

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
	j.ID = judgedID(b)
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

// Judgements returns all that a user has said, with the questions, oldest first. What is
// damaged is left out.
func (s *Store) Judgements(ctx context.Context, tenant, user string) (list []model.Judgement, err error) {
	var damaged []string
	read := func(tx *bolt.Tx) error {
		list, damaged = nil, nil
		walkJudgements(tx, judgePrefix(tenant, user), func(e *judgedEntry) {
			if e.err == nil {
				list = append(list, e.Judgement)
			} else {
				damaged = append(damaged, string(e.key))
			}
		})
		return nil
	}
	switch {
	case !s.judges.some.Load():
		return nil, nil
	case s.readOnly:
		err = s.readAside(read)
	default:
		err = s.between(ctx, func() error { return s.readTruth(read) })
	}
	s.judges.lock.Lock()
	defer s.judges.lock.Unlock()
	s.judges.noteDamaged(damaged)
	return list, classify(err)
}

// saveJudgements does what a request wants of the judgements of a user.
func (t *transaction) saveJudgements(j *judging) error {
	prefix := judgePrefix(j.tenant, j.user)
	if err := t.lookOver(); err != nil {
		return err
	}
	there, damaged, err := t.judgementsThere(prefix)
	if err != nil {
		return err
	}
	known := func(i int) bool { _, v := currentEntry(t.tx, j.add[i].ID); return v != nil }
	if !j.forget && !known(0) {
		return refusal{fmt.Errorf("memory %d: %w", j.add[0].ID, model.ErrNotFound)}
	}
	j.kept = 0
	for i := range j.add {
		if known(i) {
			j.kept++
		}
	}
	oldest := min(max(0, len(there)+j.kept-model.JudgementsMax), len(there))
	if j.forget {
		oldest = len(there)
	}
	j.gone = oldest
	for _, e := range there[:oldest] {
		if err := t.eraseJudgement(e.key, e.ID); err != nil {
			return err
		}
	}
	if j.forget && len(damaged) > 0 {
		if err := t.eraseDamaged(prefix, damaged); err != nil {
			return err
		}
		j.gone, damaged = j.gone+len(damaged), nil
	}
	is := &Judge{tenant: j.tenant, user: j.user}
	for _, e := range there[oldest:] {
		is.Judged = append(is.Judged, brief(&e.Judgement))
	}
	var number uint64
	if len(there) > 0 {
		number = uint64(idOf(there[len(there)-1].key[len(prefix):]))
	}
	for i := range j.add {
		if !known(i) {
			continue
		}
		if number, err = t.putJudgement(prefix, number, &j.add[i]); err != nil {
			return err
		}
		is.Judged = append(is.Judged, brief(&j.add[i]))
	}
	is.warn(prefix, damaged)
	t.judged[string(prefix)] = is
	return nil
}

// putJudgement stores a judgement under the next free number behind one, and returns that.
func (t *transaction) putJudgement(prefix []byte, behind uint64, j *model.Judgement) (number uint64, err error) {
	key := append(bytes.Clone(prefix), idBytes(0)...)
	for number = behind + 1; ; number++ {
		binary.BigEndian.PutUint64(key[len(prefix):], number)
		if get(t.tx, bucketJudged, key) == nil { // a damaged one may have it
			break
		}
	}
	if err := t.put(bucketJudged, key, sealJudgement(key, j)); err != nil {
		return 0, err
	}
	return number, t.put(bucketJudges, append(idBytes(j.ID), key...), []byte{1})
}

func (t *transaction) eraseJudgement(key []byte, id model.ID) error {
	t.erased = append(t.erased, string(key))
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
	keys := t.judgementsOf(id)
	if len(keys) == 0 {
		return nil
	}
	if err := t.lookOver(); err != nil {
		return err
	}
	for _, key := range keys {
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

// touch notes that what is known of the judge with a prefix is outdated when the group is durable.
func (t *transaction) touch(prefix []byte) { t.touched[string(prefix)] = true }
