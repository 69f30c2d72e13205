package segment

import (
	"cmp"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/scratch"
)

// Part is one segment of a view with the rows that are in no ordinary answer.
type Part struct {
	*Segment
	Dead    rows.Set     // deleted, replaced or expired; nil = none
	Retired []Retirement // of the dead rows, those that were replaced, by row

	documents uint64 // live rows
	length    uint64 // terms in live rows
}

// Retirement says when a row's version was replaced by a later one.
type Retirement struct {
	Row uint32
	At  int64 // microseconds
}

func newPart(s *Segment, dead rows.Set, retired []Retirement) Part {
	p := Part{Segment: s, Dead: dead, Retired: retired, documents: uint64(s.RowCount()), length: s.length}
	dead.Each(func(row int) {
		p.documents--
		p.length -= uint64(s.content.words.Lengths[row])
	})
	return p
}

// DeadCount returns the number of rows that are in no ordinary answer.
func (p *Part) DeadCount() int { return p.RowCount() - int(p.documents) }

// GoneCount returns the number of rows that are deleted, not only replaced.
func (p *Part) GoneCount() int { return p.DeadCount() - len(p.Retired) }

// Gone returns the rows that are deleted, not only replaced: what merging drops.
func (p *Part) Gone() rows.Set {
	if len(p.Retired) == 0 {
		return p.Dead
	}
	gone := slices.Clone(p.Dead)
	for _, r := range p.Retired {
		gone.Remove(int(r.Row))
	}
	return gone
}

// retirement returns the place of a row in Retired, and whether it is there.
func (p *Part) retirement(row int) (int, bool) {
	return slices.BinarySearchFunc(p.Retired, uint32(row), func(r Retirement, row uint32) int { return cmp.Compare(r.Row, row) })
}

// own gives the part a set of dead rows that it may write.
func (p *Part) own() {
	fresh := rows.NewSet(p.RowCount())
	copy(fresh, p.Dead)
	p.Dead = fresh
}

// hide marks a row as dead, in a set that the part owns.
func (p *Part) hide(row int) {
	if !p.Dead.Has(row) {
		p.Dead.Add(row)
		p.documents--
		p.length -= uint64(p.content.words.Lengths[row])
	}
}

// View is a snapshot of a store: segments in the order of their sequences and
// the dead rows of each. It never changes; every change makes a new View.
type View struct {
	Space   Space
	Epoch   uint64 // rises with every published view
	content uint64 // see Content
	expired uint32 // rows that Live has hidden
	Parts   []Part

	Documents   uint64 // live rows
	TotalLength uint64 // terms in live rows

	// Faulted, if any, is told when a mapped file could not be read (see Guard). It
	// does not block, and is called from any goroutine.
	Faulted func()
	// Reads, if any, is what reading records has cost, of all views of a store.
	Reads    *ReadCost
	expiring *expiring // nil where nothing expires

	lists    *Lists  // see Lists
	listedAt []int32 // the part of each of its segments
}

// Release marks the end of reading a view: segment files stay mapped at least
// until then. Every reader calls it (deferred) after its last use of slices.
func (v *View) Release() { runtime.KeepAlive(v) }

// In returns the view with a space of vectors, which is that of its segments.
func (v *View) In(space Space) *View {
	if v.Space.Name == space.Name {
		return v
	}
	n := *v
	n.Space = space
	return &n
}

// With returns the view with a segment added behind the others.
func (v *View) With(s *Segment) *View {
	return v.next(append(slices.Clip(v.Parts), newPart(s, nil, nil))).changed()
}

// RowCount returns how many rows the parts have, dead ones among them.
func (v *View) RowCount() (count int) {
	for i := range v.Parts {
		count += v.Parts[i].RowCount()
	}
	return count
}

// next returns the view that follows v with the given parts, which it takes over.
func (v *View) next(parts []Part) *View {
	n := &View{Space: v.Space, Epoch: v.Epoch + 1, content: v.content, expired: v.expired, Parts: parts, Faulted: v.Faulted, Reads: v.Reads}
	for i := range parts {
		n.Documents += parts[i].documents
		n.TotalLength += parts[i].length
		if len(parts[i].expiries) > 0 && n.expiring == nil {
			n.expiring = &expiring{}
		}
	}
	if v.lists != nil {
		n.lists, n.listedAt = v.lists, v.lists.locate(parts)
	}
	return n
}

// Content names what a view shows. It rises with every change of the memories and
// with every memory that expires, and with nothing else: views of one Content give
// every question the same answer. A merge does not raise it.
func (v *View) Content() uint64 { return v.content<<32 | uint64(v.expired) }

// changed marks a view that was just made as one of other memories.
func (v *View) changed() *View {
	v.content++
	return v
}

// Place returns the place of a version, dead or not.
func (v *View) Place(sequence model.ID) (rows.Ref, bool) {
	at, _ := slices.BinarySearchFunc(v.Parts, sequence, func(p Part, sequence model.ID) int {
		if p.last < sequence {
			return -1
		}
		return 1
	})
	if at == len(v.Parts) {
		return rows.Ref{}, false
	}
	row, ok := v.Parts[at].Segment.Find(sequence)
	return rows.Ref{Part: int32(at), Row: uint32(row)}, ok
}

// Find returns the place of a live memory: of its current version.
func (v *View) Find(id model.ID) (rows.Ref, bool) {
	for at := len(v.Parts) - 1; at >= 0; at-- {
		p := &v.Parts[at]
		versions := p.versions(id)
		for i := len(versions) - 1; i >= 0; i-- {
			if !p.Dead.Has(int(versions[i])) {
				return rows.Ref{Part: int32(at), Row: versions[i]}, true
			}
		}
	}
	ref, ok := v.Place(id)
	if !ok || v.Parts[ref.Part].Dead.Has(int(ref.Row)) || v.ID(ref) != id {
		return rows.Ref{}, false
	}
	return ref, true
}

// Versions returns the places of all versions of a live memory, oldest first.
func (v *View) Versions(id model.ID) (list []rows.Ref) {
	if _, live := v.Find(id); !live {
		return nil
	}
	if ref, ok := v.Place(id); ok && v.ID(ref) == id && v.kept(ref) {
		list = append(list, ref)
	}
	for at := range v.Parts {
		for _, row := range v.Parts[at].versions(id) {
			if ref := (rows.Ref{Part: int32(at), Row: row}); v.kept(ref) {
				list = append(list, ref)
			}
		}
	}
	return list
}

// kept reports whether a version is live or replaced, and not deleted.
func (v *View) kept(r rows.Ref) bool {
	p := &v.Parts[r.Part]
	_, retired := p.retirement(int(r.Row))
	return retired || !p.Dead.Has(int(r.Row))
}

// FindKey returns the live memory of a tenant with that key.
func (v *View) FindKey(tenant, key string) (rows.Ref, bool) {
	for at := len(v.Parts) - 1; at >= 0; at-- {
		p, ref := &v.Parts[at], rows.Ref{Part: int32(at)}
		if p.findKey(tenant, key, func(row int) bool {
			ref.Row = uint32(row)
			m, err := p.Segment.memory(row)
			return err == nil && m.Tenant == tenant && m.Key == key && !p.Dead.Has(row)
		}) {
			return ref, true
		}
	}
	return rows.Ref{}, false
}

// Each calls f for the current version of every live memory, in the order of
// their IDs, until f returns false.
func (v *View) Each(f func(rows.Ref) bool) {
	later := v.laterVersions()
	next := 0
	for at := range v.Parts {
		p := &v.Parts[at]
		for row := range p.RowCount() {
			ref := rows.Ref{Part: int32(at), Row: uint32(row)}
			if p.Dead.Has(row) || p.isLater(row) {
				continue
			}
			for ; next < len(later) && later[next].id < p.ids[row]; next++ {
				if !f(later[next].ref) {
					return
				}
			}
			if !f(ref) {
				return
			}
		}
	}
	for _, l := range later[next:] {
		if !f(l.ref) {
			return
		}
	}
}

type laterVersion struct {
	id  uint64
	ref rows.Ref
}

// laterVersions lists the live rows that are not first versions, by ID.
func (v *View) laterVersions() (list []laterVersion) {
	for at := range v.Parts {
		p := &v.Parts[at]
		for i, row := range p.versionRows {
			if !p.Dead.Has(int(row)) {
				list = append(list, laterVersion{p.versionIDs[i], rows.Ref{Part: int32(at), Row: row}})
			}
		}
	}
	slices.SortFunc(list, func(a, b laterVersion) int { return cmp.Compare(a.id, b.id) })
	return list
}

// ID returns the memory's ID at a place.
func (v *View) ID(r rows.Ref) model.ID { return v.Parts[r.Part].ID(int(r.Row)) }

// Memory decodes the record at a place. The caller's vector is filled in where
// withVector is true and the space is the caller's.
func (v *View) Memory(r rows.Ref, withVector bool) (model.Memory, error) {
	return v.memory(r, withVector && v.Space.Embedder == nil)
}

// Stored decodes a row as the truth has it: with its vector where the truth keeps those,
// whoever made it. A vector of zeros is none to a segment.
func (v *View) Stored(r rows.Ref) (model.Memory, error) { return v.memory(r, v.Space.KeepsVectors()) }

func (v *View) memory(r rows.Ref, withVector bool) (model.Memory, error) {
	s, row := v.Parts[r.Part].Segment, int(r.Row)
	began := time.Now()
	m, err := s.memory(row)
	if err != nil {
		return m, err
	}
	v.Reads.note(time.Since(began))
	m.ID = s.ID(row)
	if at, ok := v.Parts[r.Part].retirement(row); ok {
		m.ReplacedTime = time.UnixMicro(v.Parts[r.Part].Retired[at].At).UTC()
	}
	if withVector && s.Vectors().Has(row) {
		m.Vector = slices.Clone(s.Vectors().Vector(row))
	}
	return m, nil
}

// Bring has the beginnings of the records of rows come from memory all at once: whoever reads
// one after another waits for each. What it returns says nothing, and is to be kept
// somewhere: of loads that nobody uses a compiler may make none. O(rows).
func (v *View) Bring(list []rows.Ref) (touched byte) {
	began := time.Now()
	for _, r := range list {
		s := v.Parts[r.Part].Segment
		if s.packed() {
			continue
		}
		end := min(s.recordStarts[r.Row+1], uint64(len(s.records)))
		for at := s.recordStarts[r.Row]; at < end && at < s.recordStarts[r.Row]+broughtBytes; at += cacheLine {
			touched ^= s.records[at]
		}
	}
	v.Reads.add(time.Since(began))
	return touched
}

const (
	cacheLine    = 64
	broughtBytes = 4 * cacheLine // the processor fetches what follows by itself
)

// readers read a record here and there.
var readers = scratch.Pool[RecordReader]{New: func() *RecordReader { return &RecordReader{} }}

// memory decodes the record of a row.
func (s *Segment) memory(row int) (model.Memory, error) {
	r := readers.Get()
	m, err := DecodeRecord(r.Record(s, row))
	r.Forget()
	readers.Put(r)
	return m, err
}

// ReadCost is the mean time of reading a record, the latest counting most. Any goroutine
// may note one; of two at once, one may be lost.
type ReadCost struct {
	mean atomic.Int64 // nanoseconds, times readShare; 0 before the first
}

// readShare is how many records a mean is of, about.
const readShare = 64

func (c *ReadCost) note(took time.Duration) {
	if c == nil {
		return
	}
	mean := c.mean.Load()
	if mean == 0 {
		mean = int64(took) * readShare
	}
	c.mean.Store(max(1, mean+int64(took)-mean/readShare))
}

// add takes in what records cost beside what is noted of each.
func (c *ReadCost) add(took time.Duration) {
	if c == nil {
		return
	}
	if mean := c.mean.Load(); mean > 0 {
		c.mean.Store(mean + int64(took))
	}
}

// Nanos returns the mean in nanoseconds, 0 before the first record.
func (c *ReadCost) Nanos() uint64 { return uint64(c.mean.Load() / readShare) }

// WithDeleted returns the view without the given versions; those that are not
// there are passed over.
func (v *View) WithDeleted(sequences []model.ID) *View {
	parts, touched := v.without(sequences)
	for at, gone := range touched {
		if p := &parts[at]; gone != nil && len(p.Retired) > 0 {
			p.Retired = slices.DeleteFunc(slices.Clone(p.Retired), func(r Retirement) bool { return gone.Has(int(r.Row)) })
		}
	}
	return v.next(parts).changed()
}

// PartOf returns the index of a segment's part, -1 where the view has it not.
func (v *View) PartOf(s *Segment) int {
	return slices.IndexFunc(v.Parts, func(p Part) bool { return p.Segment == s })
}

// WithRetired returns the view in which the given versions were replaced at the
// given times, in microseconds.
func (v *View) WithRetired(sequences []model.ID, at []int64) *View {
	parts, touched := v.without(sequences)
	for part := range touched {
		if touched[part] != nil {
			parts[part].Retired = slices.Clone(parts[part].Retired)
		}
	}
	for i, sequence := range sequences {
		if ref, ok := v.Place(sequence); ok {
			parts[ref.Part].Retired = append(parts[ref.Part].Retired, Retirement{ref.Row, at[i]})
		}
	}
	for part := range touched {
		if touched[part] != nil {
			sortByRow(parts[part].Retired)
		}
	}
	return v.next(parts).changed()
}

func sortByRow(list []Retirement) {
	slices.SortFunc(list, func(a, b Retirement) int { return cmp.Compare(a.Row, b.Row) })
}

// without returns the parts in which the given versions are hidden, and by part
// their rows; nil where there are none.
func (v *View) without(sequences []model.ID) (parts []Part, touched []rows.Set) {
	parts, touched = slices.Clone(v.Parts), make([]rows.Set, len(v.Parts))
	for _, sequence := range sequences {
		ref, ok := v.Place(sequence)
		if !ok {
			continue
		}
		p := &parts[ref.Part]
		if touched[ref.Part] == nil {
			touched[ref.Part] = rows.NewSet(p.RowCount())
			p.own()
		}
		p.hide(int(ref.Row))
		touched[ref.Part].Add(int(ref.Row))
	}
	return parts, touched
}

// Exchange returns the view with another segment in a part's place, in which the
// given versions were replaced at the given times and others are deleted.
func (v *View) Exchange(part int, fresh *Segment, retired []model.ID, at []int64, deleted []model.ID) *View {
	parts := slices.Clone(v.Parts)
	parts[part] = newPart(fresh, nil, nil)
	return v.next(parts).WithRetired(retired, at).WithDeleted(deleted)
}

// Replace returns the view with the parts first..last replaced by merged, which
// was built from them some views ago (nil: nothing of them was left). Rows
// that died since stay dead.
func (v *View) Replace(first, last int, merged *Segment) *View {
	parts := slices.Clone(v.Parts)
	if merged == nil {
		return v.next(slices.Delete(parts, first, last+1))
	}
	dead, retired := v.carryDead(first, last, merged)
	return v.next(slices.Replace(parts, first, last+1, newPart(merged, dead, retired)))
}

// carryDead returns the rows of merged that are dead in its sources now.
func (v *View) carryDead(first, last int, merged *Segment) (dead rows.Set, retired []Retirement) {
	for at := first; at <= last; at++ {
		p := &v.Parts[at]
		p.Dead.Each(func(row int) {
			to, ok := merged.Find(p.Sequence(row))
			if !ok {
				return
			}
			if dead == nil {
				dead = rows.NewSet(merged.RowCount())
			}
			dead.Add(to)
			if place, ok := p.retirement(row); ok {
				retired = append(retired, Retirement{uint32(to), p.Retired[place].At})
			}
		})
	}
	return dead, retired
}

// Allow returns, for every segment, the rows that a question of scope may see:
// nil where every row may. Rows are told apart by the hashes of their scopes'
// names, so a result is confirmed with Scope.Covers once its record is read.
// O(rows) for each name that is not the same all over a segment, O(rows/64) for a scope
// that a segment remembers. The sets are the caller's.
func (v *View) Allow(scope model.Scope) []rows.Set {
	names := scopeNames{hashName(scope.Tenant), hashName(scope.User), hashName(scope.Agent), hashName(scope.Session)}
	allow := make([]rows.Set, len(v.Parts))
	for part := range v.Parts {
		allow[part] = slices.Clone(v.Parts[part].inScope(names))
	}
	return allow
}

// scopeNames are the hashes of a scope's names: tenant, user, agent, session; 0 = empty.
type scopeNames [4]uint64

// scoped is which rows of a segment a scope sees.
type scoped struct {
	names scopeNames
	set   rows.Set
}

// inScope returns the rows that a scope sees, nil for all. Not to be changed.
func (s *Segment) inScope(names scopeNames) rows.Set {
	slot := &s.scopes[(names[0]^names[1]^names[2]^names[3])%selectionSlots]
	if have := slot.Load(); have != nil && have.names == names {
		return have.set
	}
	var set rows.Set
	for i, col := range s.scopeColumns() {
		if (i > 0 && names[i] == 0) || (s.uniform[i] && col[0] == names[i]) {
			continue
		}
		if set == nil {
			set = rows.AllOf(s.RowCount())
		}
		keepEqual(set, col, names[i])
	}
	if set != nil {
		slot.Store(&scoped{names, set})
	}
	return set
}

// keepEqual clears the bits of rows whose value differs.
func keepEqual(set rows.Set, column []uint64, value uint64) {
	for w := range set {
		if set[w] == 0 {
			continue
		}
		var word uint64
		for i, x := range column[w<<6 : min(len(column), w<<6+64)] {
			if x == value {
				word |= 1 << i
			}
		}
		set[w] &= word
	}
}
