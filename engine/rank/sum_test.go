package rank

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nexus-memory/nexus/engine/model"
)

func TestWithScoresTheSumOfBoth(t *testing.T) {
	names := []string{"words", "meaning", "age", "mood"}
	more := []string{"mood", "age"} // one that the first model has, and one that it has not
	r := rand.New(rand.NewPCG(5, 5))
	for _, depth := range []int{1, 2, 5} { // shallower, as deep, and deeper than small's 2
		other := spec{columns: more, forest: Forest{Depth: depth, Bias: .25}}
		for range 3 * depth {
			other.forest.Column = append(other.forest.Column, uint16(r.IntN(2)))
			other.forest.Thresholds = append(other.forest.Thresholds, float32(r.IntN(12)))
		}
		for range 3 << depth {
			other.forest.Leaves = append(other.forest.Leaves, float32(r.IntN(1000))/8) // sums are exact
		}
		first := small().model(t)
		sum, err := first.With(other.columns, other.forest, Provenance{Metrics: "of both"})
		if err != nil {
			t.Fatal(err)
		}
		if want := []string{"words", "meaning", "age", "mood"}; !slices.Equal(sum.Columns(), want) || sum.Trees() != 5 || sum.Provenance().Metrics != "of both" {
			t.Fatalf("columns %v, %d trees, %+v", sum.Columns(), sum.Trees(), sum.Provenance())
		}
		const n = 200
		columns := make([]float32, len(names)*n)
		for i := range columns {
			if columns[i] = float32(r.IntN(14)); columns[i] == 13 {
				columns[i] = nan
			}
		}
		a, b, got := scores(t, first, names, columns, n), scores(t, other.model(t), names, columns, n), scores(t, sum, names, columns, n)
		for i := range got {
			if got[i] != a[i]+b[i] {
				t.Fatalf("depth %d, candidate %d: %v, want %v + %v", depth, i, got[i], a[i], b[i])
			}
		}
		if again, err := Decode(sum.Encode()); err != nil || again.Trees() != 5 {
			t.Fatal(err)
		}
	}
}

func TestWithRefusesWhatIsNoModel(t *testing.T) {
	m := small().model(t)
	good := random(2, 3, 1)
	for name, spoil := range map[string]func(*spec){
		"column twice":     func(s *spec) { s.columns[2] = s.columns[0] },
		"column not there": func(s *spec) { s.forest.Column[0] = 3 },
		"a leaf too few":   func(s *spec) { s.forest.Leaves = s.forest.Leaves[1:] },
		"no depth":         func(s *spec) { s.forest.Depth = 0 },
		"too many trees":   func(s *spec) { *s = random(TreesMax-1, 1, 1) },
	} {
		s := good
		s.columns, s.forest.Column = slices.Clone(s.columns), slices.Clone(s.forest.Column)
		spoil(&s)
		if _, err := m.With(s.columns, s.forest, s.from); !errors.Is(err, model.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
