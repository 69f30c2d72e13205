// Package cache remembers answers, so that a question asked again costs a look-up.
//
// Two tiers hold finished answers. The hot one is a small table of atomic
// pointers that is read without a lock or an allocation; the warm one is larger,
// bounded by bytes, and evicts by W-TinyLFU (Einziger, Friedman and Manes 2017;
// package otter). A third table, of questions that ask for it, finds the answer to
// one that differs in case, punctuation and stop words alone.
//
// An entry holds the epoch that it was computed in, which every change of the memories
// raises, every change of what is known of who asks, and no merge. It answers while the
// epoch is that and never after, so no answer outlives an Add, a Delete or a Learn that has
// returned.
package cache

import (
	"runtime"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/scratch"
)

// DefaultBytes bounds a cache where the options do not: some thousand answers.
const DefaultBytes = 16 << 20

// Cache holds answers. Any goroutine may call its methods; those of a nil Cache
// find and keep nothing.
type Cache struct {
	size      int    // as New was given, and
	language  string // so
	hot, near table
	warm      *otter.Cache[Key, *entry]
	entryMax  int // bytes of an entry that the warm tier takes: an eighth of it
	words     scratch.Pool[words]

	// pending are entries on the way into the warm tier, whose writes lock: whoever
	// asks leaves them here, and a goroutine that runs while there are any takes
	// them on. One that is not taken in time gives way to a newer one.
	pending [pendingMax]atomic.Pointer[entry]
	next    atomic.Uint32
	awake   atomic.Bool // that goroutine runs

	hotCount, warmCount, nearCount counter
}

// Epoch names all that an answer depends on beside its question.
type Epoch struct {
	Content    uint64 // of the view
	Preference uint64 // of the judge who asks; 0 = nobody
}

// entry is one answer. It never changes.
type entry struct {
	key, nearKey Key
	epoch        Epoch
	question     model.Query
	terms        []byte // of a question that asks for near ones, see words
	exact, close *model.Answer
	bytes        int
}

// New returns a cache of at most about that many bytes: half of them the warm
// tier's, a quarter each table's. nil where bytes is negative. Near questions are
// told by the words of a language that text.Known knows, "" being English.
func New(bytes int, language string) *Cache {
	if bytes < 0 {
		return nil
	}
	if bytes == 0 {
		bytes = DefaultBytes
	}
	c := &Cache{size: bytes, language: language, hot: newTable(bytes / 4), near: newTable(bytes / 4), entryMax: bytes / 2 / 8}
	c.words.New = func() *words { return newWords(language) }
	c.warm = otter.Must(&otter.Options[Key, *entry]{
		MaximumWeight: uint64(max(1, bytes/2)),
		Weigher:       func(_ Key, e *entry) uint32 { return uint32(e.bytes) },
	})
	return c
}

// Empty returns a new cache of the same size and language, for answers of another kind.
func (c *Cache) Empty() *Cache {
	if c == nil {
		return nil
	}
	return New(c.size, c.language)
}

// Get returns the answer to q of an epoch, or nil. The answer is shared:
// it must not be changed. No lock in the hot tier, no allocation in either.
func (c *Cache) Get(q *model.Query, epoch Epoch) *model.Answer {
	if c == nil {
		return nil
	}
	key, ok := keyOf(q)
	if !ok {
		return nil
	}
	timed := c.hotCount.begin()
	e := c.hot.get(key, epoch)
	if e != nil && !same(&e.question, q) {
		e = nil
	}
	c.hotCount.end(timed, e != nil)
	if e != nil {
		return e.exact
	}
	return c.getWarm(key, q, epoch)
}

func (c *Cache) getWarm(key Key, q *model.Query, epoch Epoch) *model.Answer {
	timed := c.warmCount.begin()
	e, found := c.warm.GetIfPresent(key)
	found = found && e.epoch == epoch && same(&e.question, q)
	c.warmCount.end(timed, found)
	if !found {
		return nil
	}
	c.hot.put(e, e.key)
	return e.exact
}

// Near returns the answer to a question that has the words of q but for stop
// words, in their order, however they are written, is the same in all else, and
// whose vector has a cosine of nearCosine with q's if they bring any; or nil. Only
// questions that have Near set are found. One analysis of the text.
func (c *Cache) Near(q *model.Query, epoch Epoch) *model.Answer {
	if c == nil {
		return nil
	}
	w := c.words.Get()
	defer c.words.Put(w)
	timed := c.nearCount.begin()
	key, ok := w.keyOf(q)
	var e *entry
	if ok {
		e = c.near.find(key, epoch, func(e *entry) bool { return near(e, w.terms, q) })
	}
	c.nearCount.end(timed, e != nil)
	if e == nil {
		return nil
	}
	return e.close
}

// Put keeps the answer to q, which is complete (no engine late or failed) and is
// not changed by anyone from now on.
func (c *Cache) Put(q *model.Query, epoch Epoch, answer *model.Answer) {
	if c == nil {
		return
	}
	key, ok := keyOf(q)
	if !ok {
		return
	}
	e := &entry{key: key, epoch: epoch, question: own(q), exact: cached(answer, model.CacheExact), close: cached(answer, model.CacheNear)}
	if q.Near {
		w := c.words.Get()
		e.nearKey, _ = w.keyOf(q)
		e.terms = append([]byte{}, w.terms...)
		c.words.Put(w)
	}
	e.bytes = sizeOf(e)
	if e.bytes <= c.entryMax { // one long answer is not worth a hundred short ones
		c.pending[c.next.Add(1)%pendingMax].Store(e)
		if c.awake.CompareAndSwap(false, true) {
			go c.settle()
		}
	}
	c.hot.put(e, e.key)
	if e.nearKey != (Key{}) {
		c.near.put(e, e.nearKey)
	}
}

// pendingMax is how many answers may be computed while the warm tier is written to.
const pendingMax = 64

// settle takes what is pending to the warm tier until there is no more.
func (c *Cache) settle() {
	for more := true; more; {
		for i := range c.pending {
			if e := c.pending[i].Swap(nil); e != nil {
				c.warm.Set(e.key, e)
				runtime.Gosched()
			}
		}
		c.awake.Store(false)
		more = c.waiting() && c.awake.CompareAndSwap(false, true)
	}
}

func (c *Cache) waiting() bool {
	for i := range c.pending {
		if c.pending[i].Load() != nil {
			return true
		}
	}
	return false
}

// cached is the answer as the cache gives it: its times are of the first asking,
// but that nothing was waited for.
func cached(a *model.Answer, how model.CacheUse) *model.Answer {
	b := *a
	b.Took, b.Trace.Cache = 0, how
	return &b
}

// Level are the figures of one tier since the store was opened.
type Level struct {
	Hits   uint64 `json:"hits"`
	Misses uint64 `json:"misses"`
	Bytes  uint64 `json:"bytes"`      // held, about; an answer may be held by several tiers
	LookUp uint64 `json:"look_up_ns"` // of a look-up, the mean of those that were timed
}

// Stats are the figures of a cache. What the hot tier misses is looked up in the
// warm one; Near counts the questions that asked for it and that both missed.
type Stats struct {
	Hot  Level `json:"hot"`
	Warm Level `json:"warm"`
	Near Level `json:"near"`
}

// Stats returns the figures; the tables are walked.
func (c *Cache) Stats() Stats {
	if c == nil {
		return Stats{}
	}
	return Stats{
		Hot: c.hotCount.level(c.hot.bytes()), Warm: c.warmCount.level(c.warm.WeightedSize()), Near: c.nearCount.level(c.near.bytes()),
	}
}

// timedEach is how many look-ups share one that is timed: a clock costs as much
// as a look-up.
const timedEach = 64

// counter counts the look-ups of a tier.
type counter struct {
	hits, misses, timed, nanos atomic.Uint64
	_                          [32]byte // keeps the tiers' counters off each other's cache line
}

func (c *counter) begin() (started time.Time) {
	if (c.hits.Load()+c.misses.Load())%timedEach == 0 {
		started = time.Now()
	}
	return started
}

func (c *counter) end(started time.Time, hit bool) {
	if !started.IsZero() {
		c.nanos.Add(uint64(time.Since(started)))
		c.timed.Add(1)
	}
	if hit {
		c.hits.Add(1)
	} else {
		c.misses.Add(1)
	}
}

func (c *counter) level(bytes uint64) Level {
	return Level{c.hits.Load(), c.misses.Load(), bytes, c.nanos.Load() / max(1, c.timed.Load())}
}
