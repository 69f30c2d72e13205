package segment

import (
	"runtime"
	"slices"

	"github.com/nexus-memory/nexus/engine/model"

	"github.com/nexus-memory/nexus/engine/rows"
)

// Part is one segment of a view with the rows that were deleted from it.
type Part struct {
	*Segment
	Dead rows.Set // nil = nothing deleted

	documents uint64 // live rows
	length    uint64 // terms in live rows
}

func newPart(s *Segment, dead rows.Set) Part {
	p := Part{Segment: s, Dead: dead, documents: uint64(s.RowCount()), length: s.lex.TotalLength()}
	dead.Each(func(row int) {
		p.documents--
		p.length -= uint64(s.content.words.Lengths[row])
	})
	return p
}

// DeadCount returns the number of deleted rows.
func (p *Part) DeadCount() int { return p.RowCount() - int(p.documents) }

// View is a snapshot of a store: segments in ID order and the rows deleted
// from each. It never changes; every change makes a new View.
type View struct {
	Space Space
	Epoch uint64 // rises with every published view
	Parts []Part

	Documents   uint64 // live rows
	TotalLength uint64 // terms in live rows

	// Faulted, if any, is told when a mapped file could not be read (see Guard). It
	// does not block, and is called from any goroutine.
	Faulted func()
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
	return v.next(append(slices.Clip(v.Parts), newPart(s, nil)))
}

// next returns the view that follows v with the given parts, which it takes over.
func (v *View) next(parts []Part) *View {
	n := &View{Space: v.Space, Epoch: v.Epoch + 1, Parts: parts, Faulted: v.Faulted}
	for i := range parts {
		n.Documents += parts[i].documents
		n.TotalLength += parts[i].length
	}
	return n
}

// Find returns the place of a live memory.
func (v *View) Find(id model.ID) (rows.Ref, bool) {
	at, _ := slices.BinarySearchFunc(v.Parts, id, func(p Part, id model.ID) int {
		if p.last < id {
			return -1
		}
		return 1
	})
	if at == len(v.Parts) {
		return rows.Ref{}, false
	}
	row, ok := v.Parts[at].Segment.Find(id)
	if !ok || v.Parts[at].Dead.Has(row) {
		return rows.Ref{}, false
	}
	return rows.Ref{Part: int32(at), Row: uint32(row)}, true
}

// FindKey returns the live memory of a tenant with that key.
func (v *View) FindKey(tenant, key string) (rows.Ref, bool) {
	for at := len(v.Parts) - 1; at >= 0; at-- {
		p, ref := &v.Parts[at], rows.Ref{Part: int32(at)}
		if p.findKey(tenant, key, func(row int) bool {
			ref.Row = uint32(row)
			m, err := DecodeRecord(p.Record(row))
			return err == nil && m.Tenant == tenant && m.Key == key && !p.Dead.Has(row)
		}) {
			return ref, true
		}
	}
	return rows.Ref{}, false
}

// Each calls f for every live row in ID order until f returns false.
func (v *View) Each(f func(rows.Ref) bool) {
	for at := range v.Parts {
		for row := range v.Parts[at].RowCount() {
			if !v.Parts[at].Dead.Has(row) && !f(rows.Ref{Part: int32(at), Row: uint32(row)}) {
				return
			}
		}
	}
}

// ID returns the memory's ID at a place.
func (v *View) ID(r rows.Ref) model.ID { return v.Parts[r.Part].ID(int(r.Row)) }

// Memory decodes the record at a place. The caller's vector is filled in where
// withVector is true and the space is the caller's.
func (v *View) Memory(r rows.Ref, withVector bool) (model.Memory, error) {
	s, row := v.Parts[r.Part].Segment, int(r.Row)
	m, err := DecodeRecord(s.Record(row))
	if err != nil {
		return m, err
	}
	m.ID = s.ID(row)
	if withVector && v.Space.Embedder == nil && s.vectors.Has(row) {
		m.Vector = slices.Clone(s.vectors.Vector(row))
	}
	return m, nil
}

// WithDeleted returns the view without the given memories; IDs that are not
// live are passed over.
func (v *View) WithDeleted(ids []model.ID) *View {
	parts, own := slices.Clone(v.Parts), make([]bool, len(v.Parts))
	for _, id := range ids {
		ref, ok := v.Find(id)
		if !ok {
			continue
		}
		p := &parts[ref.Part]
		if !own[ref.Part] {
			own[ref.Part] = true
			fresh := rows.NewSet(p.RowCount())
			copy(fresh, p.Dead)
			p.Dead = fresh
		}
		if !p.Dead.Has(int(ref.Row)) {
			p.Dead.Add(int(ref.Row))
			p.documents--
			p.length -= uint64(p.content.words.Lengths[ref.Row])
		}
	}
	return v.next(parts)
}

// PartOf returns the index of a segment's part, -1 where the view has it not.
func (v *View) PartOf(s *Segment) int {
	return slices.IndexFunc(v.Parts, func(p Part) bool { return p.Segment == s })
}

// Replace returns the view with the parts first..last replaced by merged, which
// was built from them some views ago (nil: nothing of them was left) and of which
// the given rows are deleted now (see CarryDead).
func (v *View) Replace(first, last int, merged *Segment, dead rows.Set) *View {
	parts := slices.Clone(v.Parts)
	if merged == nil {
		return v.next(slices.Delete(parts, first, last+1))
	}
	return v.next(slices.Replace(parts, first, last+1, newPart(merged, dead)))
}

// CarryDead returns the rows of merged that are deleted in its sources now.
func (v *View) CarryDead(first, last int, merged *Segment) (dead rows.Set) {
	if merged == nil {
		return nil
	}
	for at := first; at <= last; at++ {
		v.Parts[at].Dead.Each(func(row int) {
			to, ok := merged.Find(v.Parts[at].ID(row))
			if !ok {
				return
			}
			if dead == nil {
				dead = rows.NewSet(merged.RowCount())
			}
			dead.Add(to)
		})
	}
	return dead
}

// Allow returns, for every segment, the rows that a question of scope may see:
// nil where every row may. Rows are told apart by the hashes of their scopes'
// names, so a result is confirmed with Scope.Covers once its record is read.
// O(rows) for each name that is not the same all over a segment.
func (v *View) Allow(scope model.Scope) []rows.Set {
	want := [4]uint64{hashName(scope.Tenant), hashName(scope.User), hashName(scope.Agent), hashName(scope.Session)}
	allow := make([]rows.Set, len(v.Parts))
	for part := range v.Parts {
		s := v.Parts[part].Segment
		for i, col := range s.scopeColumns() {
			if (i > 0 && want[i] == 0) || (s.uniform[i] && col[0] == want[i]) {
				continue
			}
			if allow[part] == nil {
				allow[part] = rows.AllOf(s.RowCount())
			}
			keepEqual(allow[part], col, want[i])
		}
	}
	return allow
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
