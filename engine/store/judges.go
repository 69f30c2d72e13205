package store

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"math"
	"math/bits"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	bolt "go.etcd.io/bbolt"

	"github.com/nexus-memory/nexus/engine/model"
)

// Questions need the judgements of who asks, without their texts. Those of a user are read
// from the truth at the first question of that user, on its goroutine, and kept until others
// have asked since. Three things make what is found so the newest that was acknowledged:
//
//   - The writer puts the judgements of who has just judged, which it knows, in the place of
//     what is there, and keeps them aside until truth.db is committed with them: what is
//     read from truth.db in the meantime is older.
//   - Whoever reads keeps what was read only where truth.db was not committed meanwhile, and
//     gives way to what is aside.
//   - Of who judged a memory that is changed or deleted the writer drops what is there. What
//     is read instead may still have judgements of a deleted memory; nothing is learnt of them,
//     as no view shows it.
//
// Every Judge has a number that no other has, so an answer that was cached for one is never
// given for another.
const (
	judgeSets = 128 // a power of two
	judgeWays = 8
	// unsettledMax bounds those who judged since truth.db was last committed: it is committed
	// then. Some 12 KiB each, where they have as many judgements as are kept.
	unsettledMax = judgeSets * judgeWays
	// damagedMax bounds how many damaged judgements are told apart, to be counted once each.
	damagedMax = 10_000
)

// Judge is what is known of a user at a time, who may have judged nothing. It never changes
// but for used and Derived.
type Judge struct {
	tenant, user string
	hash         uint64
	used         atomic.Uint64 // the tick of its last use; any goroutine stores

	Epoch  uint64       // no other Judge has it
	Judged []model.Said // oldest first
	// Warning says what of the user's judgements cannot be read; "" where nothing is wrong.
	Warning string
	// Derived is what its reader has made of it. Any goroutine stores and loads.
	Derived atomic.Value
}

// again returns what is known of the same user under another number, nothing derived of it.
func (j *Judge) again() *Judge {
	return &Judge{tenant: j.tenant, user: j.user, Judged: j.Judged, Warning: j.Warning}
}

// judges keeps who has asked or judged last: a table of sets, in each of which the one that
// was not used for longest gives way.
type judges struct {
	seed maphash.Seed
	some atomic.Bool // somebody has judged something, or had once; stored when that becomes true
	// writersTurn: truth.db lacks judgements that were acknowledged, and they are not aside:
	// the disk was full when the store was opened. The writer has them. Cleared with lock held.
	writersTurn atomic.Bool
	tick        atomic.Uint64 // counts what was put; stored with lock held
	// sets are loaded by any goroutine, and stored with lock held.
	sets [judgeSets][judgeWays]atomic.Pointer[Judge]

	lock      sync.Mutex
	unsettled map[string]*Judge // by prefix: who has judged since truth.db was last committed
	round     uint64            // counts commits of truth.db
	damaged   map[string]bool   // keys of judgements that cannot be read, as far as they were met
}

func newJudges() *judges {
	return &judges{seed: maphash.MakeSeed(), unsettled: map[string]*Judge{}}
}

// open looks whether somebody has judged something, and reads no more. A page that cannot be
// read is for those to find whose judgements are there.
func (j *judges) open(tx *bolt.Tx, writersTurn bool) {
	err := guarded(func() error {
		if b := tx.Bucket(bucketJudged); b != nil {
			k, _ := b.Cursor().First()
			j.some.Store(k != nil)
		}
		return nil
	})
	j.some.Store(j.some.Load() || err != nil)
	j.writersTurn.Store(writersTurn)
}

func (j *judges) hash(tenant, user string) uint64 {
	return maphash.String(j.seed, user) ^ bits.RotateLeft64(maphash.String(j.seed, tenant), 1)
}

// find returns what is there of a user, and where; nil where that is nothing. It neither
// locks nor allocates.
func (j *judges) find(tenant, user string, hash uint64) (is *Judge, at *atomic.Pointer[Judge]) {
	set := &j.sets[hash%judgeSets]
	for i := range set {
		if is := set[i].Load(); is != nil && is.hash == hash && is.user == user && is.tenant == tenant {
			return is, &set[i]
		}
	}
	return nil, nil
}

// put gives a judge a number and keeps it, in place of what is there of the same user, else
// of nobody, else of who was not used for longest. With the lock held.
func (j *judges) put(is *Judge) {
	is.hash = j.hash(is.tenant, is.user)
	is.Epoch = j.tick.Add(1)
	is.used.Store(is.Epoch)
	_, at := j.find(is.tenant, is.user, is.hash)
	if at == nil {
		at = j.oldest(is.hash)
	}
	at.Store(is)
}

// oldest returns the place of a set that is free, or was not used for longest.
func (j *judges) oldest(hash uint64) (at *atomic.Pointer[Judge]) {
	set, oldest := &j.sets[hash%judgeSets], uint64(math.MaxUint64)
	for i := range set {
		is := set[i].Load()
		if is == nil {
			return &set[i]
		}
		if used := is.used.Load(); used < oldest {
			at, oldest = &set[i], used
		}
	}
	return at
}

// drop has a user read again by who asks next. With the lock held.
func (j *judges) drop(tenant, user string) {
	if _, at := j.find(tenant, user, j.hash(tenant, user)); at != nil {
		at.Store(nil)
	}
}

// keep keeps what was read of a user in a round, or returns what is newer; nil where that is
// not known, and has to be read again.
func (j *judges) keep(is *Judge, round uint64, damaged []string) *Judge {
	j.lock.Lock()
	defer j.lock.Unlock()
	if j.round != round {
		return nil
	}
	j.noteDamaged(damaged)
	if newer, _ := j.find(is.tenant, is.user, j.hash(is.tenant, is.user)); newer != nil {
		return newer
	}
	if newer := j.unsettled[string(judgePrefix(is.tenant, is.user))]; newer != nil {
		is = newer.again()
	}
	j.put(is)
	return is
}

// publish, the writer's, makes known what a group has changed, after the view of it is
// published: what is learnt of a memory is to be of its newest version.
func (j *judges) publish(t *transaction, settled bool) {
	if len(t.touched)+len(t.judged)+len(t.erased) == 0 {
		return
	}
	j.lock.Lock()
	defer j.lock.Unlock()
	for _, key := range t.erased {
		delete(j.damaged, key)
	}
	for prefix := range t.touched {
		if tenant, user, err := judgeOf(append([]byte(prefix), idBytes(0)...)); err == nil { // else a damaged entry led here
			j.drop(tenant, user)
		}
	}
	for prefix, is := range t.judged {
		if j.some.Store(true); !settled {
			j.unsettled[prefix] = is
		}
		j.put(is.again())
	}
}

// settle is the writer's when it has committed truth.db.
func (j *judges) settle() {
	j.lock.Lock()
	defer j.lock.Unlock()
	j.round++
	clear(j.unsettled)
	j.writersTurn.Store(false)
}

// isFull reports whether as many are aside as may be.
func (j *judges) isFull() bool {
	j.lock.Lock()
	defer j.lock.Unlock()
	return len(j.unsettled) >= unsettledMax
}

// noteDamaged counts judgements that were met and cannot be read. With the lock held.
func (j *judges) noteDamaged(keys []string) {
	for _, key := range keys {
		if j.damaged == nil {
			j.damaged = map[string]bool{}
		}
		if len(j.damaged) < damagedMax {
			j.damaged[key] = true
		}
	}
}

func (j *judges) damagedCount() int {
	j.lock.Lock()
	defer j.lock.Unlock()
	return len(j.damaged)
}

// Judge returns what a user of a tenant has said; nil where that is nothing. It neither locks
// nor allocates where somebody asked for the same user not long ago; else the judgements are
// read from the truth. ErrClosed; where the truth cannot be read nothing is known, and the
// Judge's Warning says so.
func (s *Store) Judge(tenant, user string) (*Judge, error) {
	j := s.judges
	if !j.some.Load() || len(user) > model.NameBytesMax || len(tenant) > model.NameBytesMax {
		return nil, nil
	}
	is, _ := j.find(tenant, user, j.hash(tenant, user))
	if is == nil {
		var err error
		if is, err = s.readJudge(tenant, user); err != nil {
			return nil, err
		}
	} else if now := j.tick.Load(); is.used.Load() != now {
		is.used.Store(now)
	}
	if len(is.Judged) == 0 && is.Warning == "" {
		return nil, nil
	}
	return is, nil
}

// readJudge reads what a user has said and keeps it. It is done again where truth.db was
// committed meanwhile, which takes longer than reading.
func (s *Store) readJudge(tenant, user string) (*Judge, error) {
	for {
		s.judges.lock.Lock()
		round := s.judges.round
		s.judges.lock.Unlock()
		is, damaged, err := s.judgeInTruth(tenant, user)
		switch {
		case errors.Is(err, model.ErrClosed):
			return nil, err
		case err != nil: // what cannot be read now is no reason to answer nothing, and is tried again
			return &Judge{tenant: tenant, user: user, Warning: fmt.Sprintf("what is known of the asker cannot be read: %v", err)}, nil
		}
		if is = s.judges.keep(is, round, damaged); is != nil {
			return is, nil
		}
	}
}

// judgeInTruth reads what truth.db has of a user.
func (s *Store) judgeInTruth(tenant, user string) (is *Judge, damaged []string, err error) {
	prefix := judgePrefix(tenant, user)
	read := func(tx *bolt.Tx) error {
		is, damaged = &Judge{tenant: tenant, user: user}, nil
		walkJudgements(tx, prefix, func(e *judgedEntry) {
			if e.err != nil {
				damaged = append(damaged, string(e.key))
			} else {
				is.Judged = append(is.Judged, brief(&e.Judgement))
			}
		})
		return nil
	}
	if s.judges.writersTurn.Load() {
		err = s.between(context.Background(), func() error { return s.readTruth(read) })
	} else {
		err = s.readAside(read)
	}
	if err != nil {
		return nil, nil, err
	}
	is.Judged = slices.Clip(is.Judged)
	is.warn(prefix, damaged)
	return is, damaged, nil
}

// warn has the Warning speak of damaged judgements. Those whose key is damaged too may be
// anybody's: Stats counts them.
func (j *Judge) warn(prefix []byte, damaged []string) {
	count := 0
	for _, key := range damaged {
		if strings.HasPrefix(key, string(prefix)) {
			count++
		}
	}
	if count > 0 {
		j.Warning = fmt.Sprintf("of the asker's judgements %d cannot be read, and left out of what is learnt", count)
	}
}

// readAside runs f in a transaction of truth.db as it was last committed, against damage
// too, beside the writer; in a store opened for reading, of all that was acknowledged. No
// question may hold it while it waits for the writer, who may wait for it.
func (s *Store) readAside(f func(tx *bolt.Tx) error) error {
	s.exchange.RLock()
	defer s.exchange.RUnlock()
	switch {
	case s.released:
		return errClosed
	case s.readOnly:
		return classify(s.readTruth(f))
	}
	return classify(guarded(func() error { return s.db.View(f) }))
}

// Judges lists who has judged something, tenant and user, in the order of the truth.
func (s *Store) Judges(ctx context.Context) (names [][2]string, err error) {
	read := func(tx *bolt.Tx) error {
		seen := map[[2]string]bool{}
		return forEach(tx, bucketJudged, func(k, _ []byte) error {
			if err := model.FromContext(ctx, "store: judges"); err != nil {
				return err
			}
			tenant, user, err := judgeOf(k)
			if name := [2]string{tenant, user}; err == nil && !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
			return nil
		})
	}
	if !s.judges.some.Load() {
		return nil, nil
	}
	if s.readOnly {
		return names, s.readAside(read)
	}
	at, err := s.takeSnapshot(func(f func() error) error { return s.between(ctx, f) })
	if err != nil {
		return nil, err
	}
	defer at.release()
	err = guarded(func() error { return read(at.tx) })
	return names, classify(err)
}

// brief returns what questions need of a judgement.
func brief(j *model.Judgement) model.Said {
	return model.Said{ID: j.ID, Value: j.Value, Micros: j.Micros()}
}
