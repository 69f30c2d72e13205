package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/nexus-memory/nexus/engine/model"
)

// Usage is counted beside the read path: a reader puts IDs into a ring, one
// goroutine adds them up in a table that readers look into, and every few seconds
// the writer stores what has changed. What is lost when the process dies is what
// was counted since; closing loses nothing.
const (
	ringSize   = 8192                  // events between two gatherings; what is beyond overwrites older ones
	gatherRest = 50 * time.Millisecond // from the first event to adding up what has come
	usageRest  = 5 * time.Second       // from the first count to writing what has come
	usageBytes = 40                    // hits, gets, last hit in micros, positive and negative float64; big-endian
)

// counter keeps the usage of memories. Any goroutine may note and read; its
// keeper goroutine alone adds up.
type counter struct {
	ring   [ringSize]atomic.Uint64 // ID << 1 | 1 for a get; 0 = free. Anybody stores, the keeper takes.
	next   atomic.Uint64           // the slot to fill next
	awake  atomic.Bool             // the keeper knows that there is something; set by who wakes it, cleared by it
	wake   chan struct{}           // capacity 1
	spoken chan feedback
	stop   chan struct{}
	done   chan struct{}

	// table is what was counted. The keeper alone writes it and stores a larger
	// one in its place; readers load it and see each number whole.
	table atomic.Pointer[usageTable]
}

type feedback struct {
	id    model.ID
	value float64
	reply chan struct{}
}

// usageTable is a hash table with open addressing, at most half full. One
// goroutine writes: a slot's numbers first, its ID last.
type usageTable struct {
	slots []usageSlot // a power of two
	used  int
}

type usageSlot struct {
	id                 atomic.Uint64 // 0 = free
	hits, gets         atomic.Uint64
	lastHit            atomic.Int64  // microseconds; 0 = never
	positive, negative atomic.Uint64 // bits of float64
	dirty              bool          // the keeper's: to be written
}

func newUsageTable(size int) *usageTable { return &usageTable{slots: make([]usageSlot, size)} }

// find returns the slot of an ID, or the free one where it belongs.
func (t *usageTable) find(id uint64) *usageSlot {
	mask := uint64(len(t.slots) - 1)
	for i := (id * 0x9E3779B97F4A7C15) >> 32; ; i++ {
		s := &t.slots[i&mask]
		if at := s.id.Load(); at == id || at == 0 {
			return s
		}
	}
}

// read returns the usage of a memory.
func (t *usageTable) read(id model.ID) (u model.Usage) {
	s := t.find(uint64(id))
	if s.id.Load() == 0 {
		return u
	}
	u.Hits, u.Gets = s.hits.Load(), s.gets.Load()
	u.Positive, u.Negative = math.Float64frombits(s.positive.Load()), math.Float64frombits(s.negative.Load())
	if at := s.lastHit.Load(); at != 0 {
		u.LastHit = time.UnixMicro(at).UTC()
	}
	return u
}

// usageEntry is one memory's usage as the truth holds it.
type usageEntry struct {
	id    model.ID
	value [usageBytes]byte
}

func (s *usageSlot) entry() (e usageEntry) {
	e.id = model.ID(s.id.Load())
	for i, v := range [...]uint64{s.hits.Load(), s.gets.Load(), uint64(s.lastHit.Load()), s.positive.Load(), s.negative.Load()} {
		binary.BigEndian.PutUint64(e.value[8*i:], v)
	}
	return e
}

func (s *usageSlot) set(value []byte) {
	number := func(i int) uint64 { return binary.BigEndian.Uint64(value[8*i:]) }
	s.hits.Store(number(0))
	s.gets.Store(number(1))
	s.lastHit.Store(int64(number(2)))
	s.positive.Store(number(3))
	s.negative.Store(number(4))
}

// newCounter reads what the truth has.
func newCounter(tx *bolt.Tx) (*counter, error) {
	c := &counter{
		wake: make(chan struct{}, 1), spoken: make(chan feedback), stop: make(chan struct{}), done: make(chan struct{}),
	}
	c.table.Store(newUsageTable(64))
	return c, forEach(tx, bucketUsage, func(k, v []byte) error {
		if len(k) != 8 || len(v) != usageBytes {
			return fmt.Errorf("store: usage entry of %d bytes: %w", len(k)+len(v), model.ErrCorrupt)
		}
		slot := c.slot(uint64(idOf(k)), nil)
		slot.set(v)
		slot.id.Store(uint64(idOf(k)))
		return nil
	})
}

// slot returns the slot of an ID to be written: where its ID is not set yet, the
// caller sets it last. The table doubles when it is half full, without the
// memories that are gone, where there tells.
func (c *counter) slot(id uint64, there func(model.ID) bool) *usageSlot {
	t := c.table.Load()
	s := t.find(id)
	if s.id.Load() != 0 {
		return s
	}
	if 2*(t.used+1) > len(t.slots) {
		t = t.grown(there)
		c.table.Store(t)
		s = t.find(id)
	}
	t.used++
	return s
}

func (t *usageTable) grown(there func(model.ID) bool) *usageTable {
	larger := newUsageTable(2 * len(t.slots))
	for i := range t.slots {
		from := &t.slots[i]
		id := from.id.Load()
		if id == 0 || there != nil && !there(model.ID(id)) {
			continue
		}
		to, e := larger.find(id), from.entry()
		to.set(e.value[:])
		to.dirty = from.dirty
		to.id.Store(id)
		larger.used++
	}
	return larger
}

// NoteHits counts the hits of an answer. It neither locks nor allocates.
func (s *Store) NoteHits(hits []model.Hit) {
	if s.readOnly || len(hits) == 0 {
		return
	}
	c := s.counter
	at := c.next.Add(uint64(len(hits))) - uint64(len(hits))
	for i := range hits {
		c.ring[(at+uint64(i))%ringSize].Store(uint64(hits[i].ID) << 1)
	}
	c.rouse()
}

// Used returns a memory's usage and counts that it was read.
func (s *Store) Used(id model.ID) model.Usage {
	c := s.counter
	if !s.readOnly {
		c.ring[(c.next.Add(1)-1)%ringSize].Store(uint64(id)<<1 | 1)
		c.rouse()
	}
	return c.table.Load().read(id)
}

// rouse has the keeper look into the ring before long.
func (c *counter) rouse() {
	if c.awake.Load() || !c.awake.CompareAndSwap(false, true) {
		return
	}
	select {
	case c.wake <- struct{}{}:
	default: // it has not taken the last one yet
	}
}

// Feedback notes how useful a memory was, -1 to 1, and returns when Get shows it.
func (s *Store) Feedback(ctx context.Context, id model.ID, value float64) error {
	if !(value >= -1 && value <= 1) {
		return fmt.Errorf("feedback %v is not in -1..1: %w", value, model.ErrInvalid)
	}
	if s.readOnly {
		return fmt.Errorf("store: opened for reading: %w", model.ErrReadOnly)
	}
	view, err := s.View()
	if err != nil {
		return err
	}
	defer view.Release()
	if _, ok := view.Find(id); !ok {
		return fmt.Errorf("memory %d: %w", id, model.ErrNotFound)
	}
	f := feedback{id, value, make(chan struct{})}
	select {
	case s.counter.spoken <- f:
		<-f.reply
		return nil
	case <-ctx.Done():
		return model.FromContext(ctx, "store: feedback")
	case <-s.counter.done:
		return errClosed
	}
}

// keepUsage is the keeper goroutine.
func (s *Store) keepUsage() {
	c := s.counter
	defer close(c.done)
	var gather, write <-chan time.Time
	dirty := func(any bool) {
		if any && write == nil {
			write = time.After(usageRest)
		}
	}
	for {
		select {
		case <-c.wake:
			if gather == nil {
				gather = time.After(gatherRest)
			}
		case <-gather:
			gather = nil
			dirty(s.gatherUsage())
		case f := <-c.spoken:
			s.addFeedback(f)
			dirty(true)
		case <-write:
			write = nil
			dirty(!s.writeUsage())
		case <-c.stop:
			s.gatherUsage()
			s.writeUsage()
			return
		}
	}
}

// there tells the keeper which memories are worth their place in the table.
func (s *Store) there(id model.ID) bool {
	_, ok := s.view.Load().Find(id)
	return ok
}

// gatherUsage adds up what is in the ring and reports whether there was anything.
func (s *Store) gatherUsage() (any bool) {
	c := s.counter
	c.awake.Store(false) // before the look: what comes later wakes again
	now := time.Now().UnixMicro()
	for i := range c.ring {
		if c.ring[i].Load() == 0 {
			continue
		}
		any = true
		event := c.ring[i].Swap(0)
		slot := c.slot(event>>1, s.there)
		if event&1 != 0 {
			slot.gets.Add(1)
		} else {
			slot.hits.Add(1)
			slot.lastHit.Store(now)
		}
		slot.dirty = true
		slot.id.Store(event >> 1)
	}
	return any
}

func (s *Store) addFeedback(f feedback) {
	slot := s.counter.slot(uint64(f.id), s.there)
	sum, value := &slot.positive, f.value
	if value < 0 {
		sum, value = &slot.negative, -value
	}
	sum.Store(math.Float64bits(math.Float64frombits(sum.Load()) + value))
	slot.dirty = true
	slot.id.Store(uint64(f.id))
	close(f.reply)
}

// writeUsage has the writer store what has changed; false where it could not.
func (s *Store) writeUsage() bool {
	table := s.counter.table.Load()
	var slots []*usageSlot
	for i := range table.slots {
		if table.slots[i].dirty {
			slots = append(slots, &table.slots[i])
		}
	}
	for first := 0; first < len(slots); first += commitRows {
		part := slots[first:min(len(slots), first+commitRows)]
		r := newRequest(context.Background())
		for _, slot := range part {
			r.usage = append(r.usage, slot.entry())
		}
		if !s.submitUsage(r) {
			return false
		}
		for _, slot := range part {
			slot.dirty = false
		}
	}
	return true
}

// usageTries bounds how often the keeper asks a writer that is busy.
const usageTries = 20

func (s *Store) submitUsage(r *request) bool {
	for range usageTries {
		err := s.submit(r)
		if !errors.Is(err, model.ErrBusy) {
			return err == nil
		}
		time.Sleep(gatherRest)
	}
	return false
}

// stopUsage writes what was counted and ends the keeper; before the writer ends.
func (s *Store) stopUsage() {
	if !s.readOnly {
		close(s.counter.stop)
		<-s.counter.done
	}
}

// saveUsage writes the usage of the memories that are still there.
func (t *transaction) saveUsage(r *request) error {
	for i := range r.usage {
		e := &r.usage[i]
		if _, v := currentEntry(t.tx, e.id); v == nil {
			continue
		}
		if err := t.put(bucketUsage, idBytes(e.id), e.value[:]); err != nil {
			return err
		}
	}
	return nil
}
