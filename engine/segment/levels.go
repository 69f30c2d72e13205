package segment

import (
	"slices"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
)

// kinds are the levels of memory of a segment's rows.
type kinds struct {
	all  model.Kind   // of every row; unset where they differ
	rows []model.Kind // then of each
}

// Kind returns the level of memory of a row. The first call reads the column of kinds,
// O(rows), and keeps a byte a row where there are several.
func (s *Segment) Kind(row int) model.Kind {
	k := s.kinds.Load()
	if k == nil {
		k = s.readKinds()
		s.kinds.Store(k) // of two at once, either
	}
	if k.all != model.KindUnset {
		return k.all
	}
	return k.rows[row]
}

func (s *Segment) readKinds() *kinds {
	var k kinds
	several := false
	s.fieldReader().Strings("kind", func(name []byte, each func(func(row int))) {
		kind, err := model.ParseKind(string(name))
		if err != nil {
			return // of a later version: it is of none that is known here
		}
		if several = k.rows != nil; !several {
			k.all, k.rows = kind, make([]model.Kind, s.RowCount())
		}
		each(func(row int) { k.rows[row] = kind })
	})
	if several || slices.Contains(k.rows, model.KindUnset) {
		k.all = model.KindUnset
	} else {
		k.rows = nil
	}
	if k.all == model.KindUnset && k.rows == nil {
		k.rows = make([]model.Kind, s.RowCount())
	}
	return &k
}

// supersededBy returns the ID of what replaces a row's memory in the world; 0 for nothing.
// Such a memory has an end, which a column tells: the record of others is not read.
func (s *Segment) supersededBy(row int) model.ID {
	i, ok := slices.BinarySearch(s.validRows, uint32(row))
	if !ok || s.validTo[i] == openTo {
		return 0
	}
	r := readers.Get()
	defer readers.Put(r)
	defer r.Forget()
	record := r.Record(s, row)
	if len(record) < recordHead+lifeBytes {
		return 0
	}
	return model.ID(readLife(record).supersededBy)
}

// Successor returns the row of what replaced a row's memory in the world, by Supersede; ok
// is false where nothing did that is still there. Who follows successors comes to an end.
func (v *View) Successor(r rows.Ref) (next rows.Ref, ok bool) {
	id := v.Parts[r.Part].supersededBy(int(r.Row))
	if id <= v.ID(r) { // none: IDs rise from what is replaced to what replaces it
		return rows.Ref{}, false
	}
	return v.Find(id)
}
