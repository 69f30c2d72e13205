package cache

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/text"
)

// Key is a 128-bit hash of all that an answer depends on but the memories. Two
// questions of one key are compared before one gets the other's answer.
type Key struct{ low, high uint64 }

// nearCosine is what the vectors of two questions have at least to count as near; their
// lengths differ by 2 % at most.
const nearCosine = .98

// keyOf hashes a question as Normalize makes it, whether it was normalized or not:
// 0 stands for DefaultK, and no weights for those of the intent. false where it
// is not valid. Budget and Near have no part: they do not change a whole answer.
// A filter is checked, as the text of one that is not sound may be that of another:
// that of Or(), which lets nothing through, is that of no filter at all.
//
// Each field goes in with its length, so that no two questions have the same bytes.
func keyOf(q *model.Query) (Key, bool) {
	var buffer [keyBytes]byte
	b := appendText(buffer[:0], q.Text)
	for _, h := range vectorHash(q.Vector) {
		b = binary.LittleEndian.AppendUint64(b, h)
	}
	return keyWith(b, q)
}

// keyBytes is what a key is hashed from at most: on the stack.
const (
	keyBytes  = 720
	shortText = 64 // what is longer goes in as its hash
)

// keyWith ends the key of a question, of which b has text and vector.
func keyWith(b []byte, q *model.Query) (Key, bool) {
	w, ok := weightsOf(q)
	if !ok || len(q.Engines) > enginesMax || q.Budget < 0 || q.Filter.Check() != nil {
		return Key{}, false
	}
	b = appendText(b, q.Tenant)
	b = appendText(b, q.User)
	b = appendText(b, q.Agent)
	b = appendText(b, q.Session)
	b = appendText(b, q.Asker)
	b = appendText(b, q.Filter.String())
	b = appendText(b, q.Match.String())
	for _, name := range q.Engines {
		h := xxh3.HashString(name)
		b = binary.LittleEndian.AppendUint64(b, h)
	}
	for _, x := range boostsOf(q) {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	for _, x := range w {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(countOf(q)))
	b = appendTime(appendTime(appendTime(b, q.Now), q.AsOf), q.ValidAt)
	b = binary.LittleEndian.AppendUint32(b, math.Float32bits(q.Effort()))
	b = binary.LittleEndian.AppendUint32(b, math.Float32bits(q.Explore))
	b = binary.LittleEndian.AppendUint32(b, q.ExploreSeed)
	b = append(b, byte(q.Intent), byte(q.Fusion), byte(routeOf(q)), flags(q), byte(len(q.Engines)))
	h := xxh3.Hash128(b)
	return Key{h.Lo, h.Hi}, true
}

// enginesMax bounds the names that a key is made of; there are no more engines.
const enginesMax = 8

func appendText(b []byte, s string) []byte {
	b = append(b, byte(min(len(s), shortText+1)))
	if len(s) <= shortText {
		return append(b, s...)
	}
	h := xxh3.HashString128(s)
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(b, h.Lo), h.Hi)
}

func appendTime(b []byte, t time.Time) []byte {
	return binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint64(b, uint64(t.Unix())), uint32(t.Nanosecond()))
}

func flags(q *model.Query) (f byte) {
	if q.SingleEngine {
		f |= 1
	}
	if q.Vector != nil {
		f |= 2
	}
	if q.Explain {
		f |= 4
	}
	if q.Impersonal {
		f |= 8
	}
	return f
}

func countOf(q *model.Query) int {
	if q.K == 0 {
		return model.DefaultK
	}
	return q.K
}

// routeOf returns the route by which an answer was found that the question may have: one
// that wants none but known answers has that of a question which leaves the route open.
func routeOf(q *model.Query) model.Route {
	if q.Route == model.RouteCacheOnly {
		return model.RouteAdaptive
	}
	return q.Route
}

// boostsOf returns the boosts that stand for those of the question.
func boostsOf(q *model.Query) [3]float32 {
	if b := q.Boosts; b != nil {
		return [3]float32{b.Text, b.Speaker, b.Title}
	}
	return [3]float32{1}
}

func weightsOf(q *model.Query) (model.Weights, bool) {
	switch {
	case q.Weights != nil:
		return *q.Weights, true
	case !q.Intent.Valid():
		return model.Weights{}, false
	}
	return q.Intent.Weights(), true
}

// vectorHash mixes the numbers of a vector in four lanes, which do not wait for each
// other: a tenth of the time that turning them into bytes and hashing those takes.
func vectorHash(v []float32) [4]uint64 {
	n := uint64(len(v))
	var h0, h1, h2, h3 uint64
	for ; len(v) >= 8; v = v[8:] {
		h0, h1 = mixed(h0, v[0], v[1]), mixed(h1, v[2], v[3])
		h2, h3 = mixed(h2, v[4], v[5]), mixed(h3, v[6], v[7])
	}
	for _, x := range v {
		h0 = mixed(h0, x, 0)
	}
	return [4]uint64{h0 + n, h1, h2, h3}
}

func mixed(h uint64, x, y float32) uint64 {
	const prime = 0x9E3779B97F4A7C15 // odd: 2^64 over the golden ratio
	return bits.RotateLeft64((h^(uint64(math.Float32bits(x))|uint64(math.Float32bits(y))<<32))*prime, 29)
}

// same reports whether two questions have the same answer on any memories.
func same(a, b *model.Query) bool {
	return a.Text == b.Text && slices.Equal(a.Vector, b.Vector) && sameBut(a, b)
}

// sameBut compares all but text and numbers of the vector.
func sameBut(a, b *model.Query) bool {
	v, _ := weightsOf(a)
	w, ok := weightsOf(b)
	return ok && v == w && a.Scope == b.Scope && a.Asker == b.Asker && a.Intent == b.Intent && a.Fusion == b.Fusion && routeOf(a) == routeOf(b) && countOf(a) == countOf(b) &&
		a.Now.Equal(b.Now) && a.AsOf.Equal(b.AsOf) && a.ValidAt.Equal(b.ValidAt) && a.Filter.String() == b.Filter.String() &&
		sameMatch(a.Match, b.Match) && boostsOf(a) == boostsOf(b) && a.Effort() == b.Effort() && a.Explore == b.Explore && a.ExploreSeed == b.ExploreSeed && flags(a) == flags(b) && slices.Equal(a.Engines, b.Engines)
}

// sameMatch compares node by node: the text of one that Check refuses, as of
// MatchPrefix("two words"), may be that of another.
func sameMatch(a, b model.Match) bool {
	if a.IsZero() || b.IsZero() {
		return a.IsZero() && b.IsZero()
	}
	return a.Kind() == b.Kind() && a.FieldName() == b.FieldName() && a.Text() == b.Text() && a.Distance() == b.Distance() &&
		slices.EqualFunc(a.Clauses(), b.Clauses(), func(x, y model.MatchClause) bool { return x.Occur == y.Occur && sameMatch(x.Match, y.Match) })
}

// own copies what of a question is its caller's.
func own(q *model.Query) model.Query {
	c := *q
	c.Vector, c.Engines = slices.Clone(q.Vector), slices.Clone(q.Engines)
	if q.Weights != nil {
		w := *q.Weights
		c.Weights = &w
	}
	if q.Boosts != nil {
		b := *q.Boosts
		c.Boosts = &b
	}
	return c
}

// words turns texts into their terms, as the lexical engine has them.
type words struct {
	analyzer *text.Analyzer
	tokens   text.Tokens
	terms    []byte // each behind its length
}

func newWords(language string) *words { return &words{analyzer: text.NewAnalyzer(language)} }

// keyOf is the key of a question among near ones; false where nothing but the very
// same words would do: there are no terms, and no vector either.
func (w *words) keyOf(q *model.Query) (Key, bool) {
	w.tokens.Reset()
	w.terms = w.terms[:0]
	w.analyzer.Terms(&w.tokens, q.Text)
	for i := range w.tokens.Len() {
		term := w.tokens.At(i)
		w.terms = append(binary.AppendUvarint(w.terms, uint64(len(term))), term...)
	}
	if len(w.terms) == 0 && (q.Text != "" || q.Vector == nil) {
		return Key{}, false
	}
	h := xxh3.Hash128(w.terms)
	var buffer [keyBytes]byte
	b := binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(buffer[:0], h.Lo), h.Hi)
	return keyWith(b, q)
}

// near reports whether the answer of an entry may stand for that of q.
func near(e *entry, terms []byte, q *model.Query) bool {
	return string(e.terms) == string(terms) && sameBut(&e.question, q) && len(e.question.Vector) == len(q.Vector) &&
		(q.Vector == nil || alike(e.question.Vector, q.Vector))
}

// alike reports whether two vectors point the same way and are of about one length,
// which counts where a store compares by distance.
func alike(a, b []float32) bool {
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab += float64(x * y)
		aa += float64(x * x)
		bb += float64(y * y)
	}
	const longer = 1.04 // square of 1.02
	return ab >= nearCosine*math.Sqrt(float64(aa*bb)) && aa <= float64(longer*bb) && bb <= float64(longer*aa)
}

// sizeOf is about what an entry holds in memory.
func sizeOf(e *entry) int {
	const fixed, perHit, perMeta, perSignal, perRank = 1500, 400, 64, 24, 32 // the structs and the allocator's rounding
	q := &e.question
	size := fixed + len(q.Text) + len(e.terms) + 4*len(q.Vector) + len(q.Tenant) + len(q.User) + len(q.Agent) + len(q.Session) + len(q.Asker)
	if !q.Filter.IsZero() {
		size += len(q.Filter.String()) + filterSize(q.Filter)
	}
	for i := range e.exact.Hits {
		h := &e.exact.Hits[i]
		size += perHit + len(h.Text) + len(h.Key) + len(h.Tenant) + len(h.User) + len(h.Agent) + len(h.Session) + len(h.Speaker) + len(h.Source)
		size += 8*len(h.Duplicates) + 4*len(h.Vector)
		if x := h.Explanation; x != nil {
			size += perMeta + perSignal*cap(x.Signals) + perRank*cap(x.Engines)
		}
		for name, value := range h.Meta {
			size += perMeta + len(name) + metaSize(value)
		}
	}
	return size
}

// filterSize is about what the nodes of a filter hold.
func filterSize(f model.Filter) int {
	const perNode, perValue = 160, 48
	size := perNode + len(f.FieldName())
	for _, v := range f.Values() {
		size += perValue + len(v.Text)
	}
	for _, arg := range f.Args() {
		size += filterSize(arg)
	}
	return size
}

func metaSize(value any) (size int) {
	switch v := value.(type) {
	case string:
		return len(v)
	case []string:
		for _, s := range v {
			size += 16 + len(s)
		}
	}
	return size
}
