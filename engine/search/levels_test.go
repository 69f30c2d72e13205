package search

import (
	"testing"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
)

// In a full batch what is current takes the place of what it replaced, and what stood
// behind that one stands behind the current one.
func TestWhoGaveItsPlaceAwayIsStoodForByWhoTookIt(t *testing.T) {
	row := func(n uint32) rows.Ref { return rows.Ref{Row: n} }
	s := newState(twoEngines(), 0)
	s.refs = []rows.Ref{row(1), row(3)} // 2 gave its place to 3
	s.replaced = []succession{{1, row(1), row(2)}, {2, row(2), row(3)}}
	s.batch.Reset(0)
	for range s.refs {
		s.batch.Add(make([]uint8, 128))
	}
	relevance := s.batch.Column(model.Relevance)
	relevance[0], relevance[1] = .75, .5
	s.succeed()
	if b := s.batch.Behind; len(b) != 1 || b[0].Candidate != 0 || b[0].Front != 1 || relevance[1] != .75 {
		t.Errorf("%+v, relevance %v", b, relevance)
	}
}
