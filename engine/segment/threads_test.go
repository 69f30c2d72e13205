package segment

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
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

// TestTheEndOfASessionIsThatOfTheSegmentNotOfAView: what a question over a newer snapshot
// learns of a segment, where a turn is deleted, holds for one over an older snapshot too, and for later turns.
func TestTheEndOfASessionIsThatOfTheSegmentNotOfAView(t *testing.T) {
	space := hashingSpace()
	turns := samples(5)
	for i := range turns {
		turns[i].Scope = model.Scope{Session: "s"}
	}
	older := (&View{Space: space}).With(build(t, space, 1, turns[:3]))
	newer := older.WithDeleted([]model.ID{2, 3})
	first, none := rows.Ref{}, rows.Ref{Part: -1}
	for range 2 { // the second time by what the first one learnt
		if n := newer.Neighbours(first); n[Reach] != none {
			t.Fatalf("deleted turn %v is a neighbour", n[Reach])
		}
		if n := older.Neighbours(first); n[Reach].Row != 1 || n[Reach+1].Row != 2 {
			t.Fatalf("the turns behind are %v, want rows 1 and 2", n[Reach:])
		}
		if n := older.Neighbours(rows.Ref{Row: 2}); n[Reach] != none {
			t.Fatalf("%v is behind the last turn", n[Reach])
		}
	}
	if !older.Parts[0].ends.has(2) || older.Parts[0].ends.has(0) {
		t.Fatal("row 2 is not known to be the last of its session, or row 0 is")
	}
	b := NewBuilder(space)
	more, err := NewPreparer().Prepare(context.Background(), space, turns[3:])
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range more {
		r.ID = model.ID(4 + i)
		r.Stamp(time.UnixMicro(1e15), uint32(3+i))
		b.Add(r)
	}
	s, err := b.Finish(4, 5)
	if err != nil {
		t.Fatal(err)
	}
	if other := older.With(build(t, space, 9, samples(2))); other.Neighbours(rows.Ref{Row: 2})[Reach] != none || other.Parts[1].threadBits.Load() == nil {
		t.Fatal("a later segment of other sessions has the next turn, or its filter was not asked")
	}
	if n := older.With(s).Neighbours(rows.Ref{Row: 2}); n[Reach] != (rows.Ref{Part: 1}) || n[Reach+1] != (rows.Ref{Part: 1, Row: 1}) {
		t.Fatalf("the turns of the next segment are %v", n[Reach:])
	}
}

// threadsOf returns a segment of sessions, row by row.
func threadsOf(threads []uint64, positions []uint32) *Segment {
	b := NewBuilder(CallerSpace(3))
	b.threads, b.positions = threads, positions
	b.sealThreads()
	s := &Segment{}
	s.threads, s.positions, s.threadRows = b.threads, b.positions, b.threadRows
	return s
}

// TestPlacesOfSessionsAreFoundHoweverTheHashesLie: evenly, all in a corner, at both ends, few or one.
func TestPlacesOfSessionsAreFoundHoweverTheHashesLie(t *testing.T) {
	const most = ^uint64(0)
	rapid.Check(t, func(t *rapid.T) {
		hash := rapid.OneOf(rapid.Uint64Range(1, most), rapid.Uint64Range(1, 40), rapid.Uint64Range(most-40, most),
			rapid.SampledFrom([]uint64{1, 1 << 63, most}))
		var threads []uint64
		var positions []uint32
		for _, thread := range rapid.SliceOfN(hash, 0, 60).Draw(t, "sessions") {
			for range rapid.IntRange(1, 9).Draw(t, "turns") {
				threads = append(threads, thread)
				positions = append(positions, uint32(rapid.SampledFrom([]int{0, 1, 2, 3, 5, 1 << 31, 1<<32 - 1}).Draw(t, "position")))
			}
		}
		s := threadsOf(threads, positions)
		for range 20 {
			thread, position := hash.Draw(t, "asked"), uint32(rapid.IntRange(0, 6).Draw(t, "asked position"))
			if len(threads) > 0 && rapid.Bool().Draw(t, "present") {
				at := rapid.IntRange(0, len(threads)-1).Draw(t, "row")
				thread, position = threads[at], positions[at]
			}
			want := 0
			for at, its := range threads {
				if its < thread || its == thread && positions[at] < position {
					want++
				}
			}
			if got := s.turnsFrom(thread, position); got != want {
				t.Fatalf("place %d of session %d: %d of %d, want %d", position, thread, got, len(threads), want)
			}
			if slices.Contains(threads, thread) && !s.mayHave(thread) {
				t.Fatalf("session %d is there, and passed over", thread)
			}
		}
	})
}

func TestASegmentPassesOverNearlyAllSessionsThatItLacks(t *testing.T) {
	draw := rand.New(rand.NewPCG(3, 4))
	for _, count := range []int{0, 1, 40, 5000} {
		var threads []uint64
		for range count {
			threads = append(threads, draw.Uint64())
		}
		s := threadsOf(threads, make([]uint32, count))
		let := 0
		for range 10_000 {
			if s.mayHave(draw.Uint64()) {
				let++
			}
		}
		if let > 10_000/bitsEach+100 {
			t.Errorf("of %d sessions: %d of 10,000 others are sought", count, let)
		}
	}
}

// BenchmarkPlaceOfSession looks for the turn behind the last one of sessions of 20 turns.
func BenchmarkPlaceOfSession(b *testing.B) {
	for _, count := range []int{5_000, 50_000} {
		draw := rand.New(rand.NewPCG(1, 2))
		var threads []uint64
		var positions []uint32
		for range count {
			thread := draw.Uint64()
			for position := range uint32(20) {
				threads, positions = append(threads, thread), append(positions, position)
			}
		}
		s := threadsOf(threads, positions)
		for name, find := range map[string]func(thread uint64) int{
			"bisected": func(thread uint64) int {
				at, _ := slices.BinarySearchFunc(s.threadRows, thread, func(row uint32, thread uint64) int {
					return cmp.Or(cmp.Compare(s.threads[row], thread), cmp.Compare(s.positions[row], 20))
				})
				return at
			},
			"interpolated": func(thread uint64) int { return s.turnsFrom(thread, 20) },
			"passed over": func(thread uint64) int {
				if s.mayHave(thread + 1<<60) {
					return 2
				}
				return 1
			},
		} {
			b.Run(fmt.Sprintf("%s/%d", name, count), func(b *testing.B) {
				sum := 0
				for b.Loop() {
					sum += find(threads[draw.IntN(count)*20])
				}
				if sum == 0 {
					b.Fatal("nothing found")
				}
			})
		}
	}
}
