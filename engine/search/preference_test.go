package search

import (
	"fmt"
	"math"
	"reflect"
	"testing"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/search/learning"
	"github.com/nexus-memory/nexus/engine/segment"
)

// tasted returns a view of notes, and the profile of somebody who likes every other one.
func tasted(t *testing.T) (*segment.View, *learning.Profile, []rows.Ref) {
	t.Helper()
	var texts []string
	for i := range 120 {
		texts = append(texts, fmt.Sprintf("Note %d is about %s.", i, []string{"candles and silence", "sprints and rackets"}[i%2]))
	}
	_, view := orchestra(t, texts, newEngines)
	var said []model.Said
	var refs []rows.Ref
	for i := range 60 {
		said = append(said, model.Said{ID: model.ID(i + 1), Value: float64(1 - 2*(i%2)), Micros: math.MinInt64})
	}
	view.Each(func(r rows.Ref) bool { refs = append(refs, r); return true })
	p, err := Learn(view, append(said, model.Said{ID: 999, Value: 1}))
	if err != nil || p == nil || p.Samples != 60 || p.Trust == 0 {
		t.Fatal(p, err)
	}
	return view, p, refs
}

func TestABonusGoesToWhatIsLiked(t *testing.T) {
	view, p, refs := tasted(t)
	var scratch taste
	scratch.fill(view, p, refs, math.MinInt64)
	for i, b := range scratch.bonus {
		if math.Abs(b) > learning.BonusMax || (b > 0) != (i%2 == 0) {
			t.Errorf("note %d: %v", i, b)
		}
	}
	first := append([]float64(nil), scratch.bonus...)
	if scratch.fill(view, p, refs[100:], math.MinInt64); !reflect.DeepEqual(scratch.bonus, first[100:]) {
		t.Error("a bonus depends on the other candidates")
	}
}

func TestABonusDoesNotAllocateOnceWarm(t *testing.T) {
	view, p, refs := tasted(t)
	var scratch taste
	scratch.fill(view, p, refs, 0)
	if n := testing.AllocsPerRun(20, func() { scratch.fill(view, p, refs, 0) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestNothingIsLearntOfNothing(t *testing.T) {
	view, _, _ := tasted(t)
	if p, err := Learn(view, []model.Said{{ID: 999, Value: 1}}); p != nil || err != nil {
		t.Error(p, err)
	}
}
