package vector

import (
	"math/rand/v2"
	"testing"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
)

const filledRows = 1 << 15

// partlyFilled is a part in which one row in every has a vector, 0 for none.
func partlyFilled(r *rand.Rand, dim, every int) Part {
	p := &Parts{}
	p.SetDim(dim)
	for row := range filledRows {
		if every > 0 && row%every == every-1 {
			p.Append(randomVector(r, dim))
		} else {
			p.Append(nil)
		}
	}
	p.Seal(model.Cosine)
	return Part{Parts: p}
}

// The rows' numbers lie far beyond the places there are: two for each row with a vector.
func TestListsOfFewVectorsAmongManyRowsAreSearched(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	const dim, every = bitDim, 20
	parts := []Part{partlyFilled(r, dim, every), partlyFilled(r, dim, every), partlyFilled(r, dim, 0)}
	lists := divided(t, model.Cosine, parts...)
	var s Searcher
	for _, row := range []uint32{every - 1, filledRows/2/every*every + every - 1, filledRows/every*every - 1} {
		for part := range parts[:2] {
			s.Prepare(parts[part].Vector(int(row)), model.Cosine, parts)
			byLists(&s, lists, allOf(parts))
			hits := s.Top(nil, 10, never)
			if len(hits) != 10 || hits[0].Ref != (rows.Ref{Part: int32(part), Row: row}) {
				t.Fatalf("part %d row %d: %v", part, row, hits)
			}
			distinct(t, hits)
		}
	}
}

func TestPartsWithoutAnyVectorAreSound(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	parts := []Part{partlyFilled(r, bitDim, 0), partsOf(model.Cosine, clustered(r, bitDim, 100), 100)[0]}
	if err := parts[0].Check(filledRows); err != nil {
		t.Fatal(err)
	}
	if parts[0].Has(0) || parts[0].Has(filledRows-1) {
		t.Error("a row has a vector")
	}
	var s Searcher
	for _, lists := range []*Lists{nil, divided(t, model.Cosine, parts[0])} {
		s.Prepare(parts[1].Vector(42), model.Cosine, parts)
		if lists != nil {
			byLists(&s, lists, []int32{0})
		}
		if hits := s.Top(nil, 3, never); len(hits) != 3 || hits[0].Ref != (rows.Ref{Part: 1, Row: 42}) {
			t.Fatalf("%v", hits)
		}
	}
}
