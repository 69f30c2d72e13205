package segment

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
)

// TestTurnsThatPointOutsideAreCorrupt: sound checksums over rows of sessions and annotations
// that name what is not there must not become reads beyond a column.
func TestTurnsThatPointOutsideAreCorrupt(t *testing.T) {
	sound := build(t, CallerSpace(3), 1, samples(5))
	if len(sound.threadRows) == 0 || sound.Annotation(0).IsZero() {
		t.Fatal("the sample has no sessions or no annotations")
	}
	for name, spoil := range map[string]func(s *Segment){
		"a row of a session":         func(s *Segment) { s.threadRows[1] = 5 },
		"an annotation's end":        func(s *Segment) { s.annotationStarts[5] += 9 },
		"an annotation's start":      func(s *Segment) { s.annotationStarts[0] = 1 },
		"starts that run backwards":  func(s *Segment) { s.annotationStarts[1] = s.annotationStarts[2] + 1 },
		"more ranges than there are": func(s *Segment) { s.annotations[s.annotationStarts[2]+8]++ },
		"more names than there are":  func(s *Segment) { s.annotations[s.annotationStarts[3]+9]++ },
	} {
		image := alignedBytes(len(sound.Image()))
		copy(image, sound.Image())
		s, err := decodeWhole(image, nil)
		if err != nil {
			t.Fatal(err)
		}
		spoil(s) // its columns are the image's
		reseal(image)
		if _, err := decodeWhole(image, nil); !errors.Is(err, model.ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNeighboursAreTheLiveTurnsAround: whatever sessions lie between each other's turns,
// over segments, with turns deleted and changed, merged or not.
func TestNeighboursAreTheLiveTurnsAround(t *testing.T) {
	space := hashingSpace()
	rapid.Check(t, func(t *rapid.T) {
		view, next := &View{Space: space}, model.ID(1)
		var positions [4]uint32 // of the next turn, by session; session 0 is none
		type turn struct {
			session  int
			position uint32
		}
		of := map[model.ID]turn{} // by sequence
		for range rapid.IntRange(1, 5).Draw(t, "segments") {
			b := NewBuilder(space)
			first := next
			var replaced []model.ID
			for range rapid.IntRange(1, 12).Draw(t, "rows") {
				at := turn{session: rapid.IntRange(0, 3).Draw(t, "session")}
				m := model.Memory{Text: fmt.Sprint("turn ", next)}
				if at.session > 0 {
					m.Session = fmt.Sprint(at.session)
				}
				at.position = positions[at.session]
				old := model.ID(rapid.Uint64Range(0, uint64(next-1)).Draw(t, "changed"))
				if before, ok := of[old]; ok && rapid.IntRange(0, 3).Draw(t, "is changed") == 0 {
					at, m.ID, m.Version, m.Session = before, old, 2, ""
					if at.session > 0 {
						m.Session = fmt.Sprint(at.session)
					}
					delete(of, old)
					replaced = append(replaced, old)
				} else {
					positions[at.session]++
				}
				if err := m.Normalize(); err != nil {
					t.Fatal(err)
				}
				list, err := NewPreparer().Prepare(context.Background(), space, []model.Memory{m})
				if err != nil {
					t.Fatal(err)
				}
				list[0].ID, list[0].Sequence = max(m.ID, 0), next
				if m.ID == 0 {
					list[0].ID = next
				}
				list[0].Stamp(time.UnixMicro(1e15), at.position)
				b.Add(list[0])
				of[next] = at
				next++
			}
			s, err := b.Finish(first, next-1)
			if err != nil {
				t.Fatal(err)
			}
			view = view.With(s)
			at := make([]int64, len(replaced))
			view = view.WithRetired(replaced, at)
		}
		for sequence := range next {
			if _, ok := of[sequence]; ok && rapid.IntRange(0, 5).Draw(t, "deleted") == 0 {
				view = view.WithDeleted([]model.ID{sequence})
				delete(of, sequence)
			}
		}
		for sequence, at := range of {
			ref, _ := view.Place(sequence)
			got := view.Neighbours(ref)
			for i, step := range [...]int{-2, -1, 1, 2} {
				want := rows.Ref{Part: -1}
				for other, its := range of {
					if at.session > 0 && its.session == at.session && int(its.position) == int(at.position)+step {
						want, _ = view.Place(other)
					}
				}
				if i == 3 && got[2].Part < 0 {
					want = rows.Ref{Part: -1} // behind the last turn nothing is looked for
				}
				if got[i] != want {
					t.Fatalf("sequence %d of session %d at %d, step %d: %v, want %v", sequence, at.session, at.position, step, got[i], want)
				}
			}
		}
	})
}
