package eval

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/model"
)

// TestRoutedAnswersAreThoseOfExhaustiveSearch asks real questions over real chats twice: by
// the route that each calls for, over quantized vectors, and with every turn described and
// ranked, each vector compared exactly. Of the first eight hits of the second, 98.4 % are
// among the first eight of the first (SPEC T2). Chats are cut to as many turns as can be
// described at once, and what RouteMaximum did not describe completely is left out.
func TestRoutedAnswersAreThoseOfExhaustiveSearch(t *testing.T) {
	data := filepath.Join("..", "..", "shared", "data")
	const turns, wanted = 350, .984
	same, all, complete, asked := 0, 0, 0, 0
	for _, name := range []string{"locomo", "beam-100k"} {
		s, err := Load(filepath.Join(data, name))
		if err != nil {
			t.Logf("NO DEVELOPMENT DATA, %s is not measured: %v", name, err)
			continue
		}
		size := s.cutTo(turns)
		exhaustive := map[string][]string{}
		described := map[string]int{}
		run := func(route engine.Route, settings Settings) {
			settings.Route, settings.Depth, settings.Vectors = route, 8, filepath.Join(data, "vectors", name)
			if _, err := Run(t.Context(), s, settings); err != nil {
				t.Fatal(err)
			}
		}
		run(model.RouteMaximum, Settings{
			Observed: func(q *Question, turns []string, _ *engine.Signals) error {
				described[q.ID] = len(turns)
				return nil
			},
			Answered: func(a Answered) error {
				exhaustive[a.ID] = a.Hits
				return nil
			},
		})
		conversation := map[string]string{}
		for _, q := range s.Questions {
			conversation[q.ID] = q.Conversation
		}
		run(model.RouteAdaptive, Settings{Answered: func(a Answered) error {
			asked++
			if described[a.ID] < size[conversation[a.ID]] {
				return nil
			}
			complete++
			all += len(exhaustive[a.ID])
			for _, turn := range exhaustive[a.ID] {
				if slices.Contains(a.Hits, turn) {
					same++
				}
			}
			return nil
		}})
	}
	if asked == 0 {
		return
	}
	share := float64(same) / float64(all)
	t.Logf("%d questions, %d of them exhaustively: %.4f of %d hits", asked, complete, share, all)
	if complete < asked/2 || share < wanted {
		t.Errorf("%d of %d questions are answered exhaustively, and %.4f of their hits by routes, want half and %.3f", complete, asked, share, wanted)
	}
}

// cutTo leaves the first turns of every conversation, and returns how many each has.
func (s *Set) cutTo(turns int) map[string]int {
	size := map[string]int{}
	s.Turns = slices.DeleteFunc(s.Turns, func(t Turn) bool {
		size[t.Conversation]++
		return size[t.Conversation] > turns
	})
	for name := range size {
		size[name] = min(size[name], turns)
	}
	return size
}
