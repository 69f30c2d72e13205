package segment

import (
	"errors"
	"testing"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
)

// packedDraft is what a merge with Options.CompressTexts writes.
func packedDraft(t failer, space Space, s *Segment) *Draft {
	draft := mergedDraft(t, space, s)
	if err := draft.Pack(func() bool { return false }); err != nil {
		t.Fatal(err)
	}
	return draft
}

// heldSegments are segments in two files: with vectors that the application brings, with
// records packed, and of a space whose vectors are made of the texts.
func heldSegments(t testing.TB) map[string]*Segment {
	own, built := CallerSpace(3), hashingSpace()
	return map[string]*Segment{
		"plain":   divided(t, mergedDraft(t, own, build(t, own, 1, texts(60, 8)))),
		"packed":  divided(t, packedDraft(t, own, build(t, own, 1, texts(600, 20)))),
		"hashing": divided(t, mergedDraft(t, built, build(t, built, 1, texts(60, 8)))),
	}
}

func TestAMemoryFileTellsWhatTheSegmentInMemoryTells(t *testing.T) {
	for name, s := range heldSegments(t) {
		view := (&View{Space: CallerSpace(3)}).With(s)
		var r RecordReader
		for row := range s.RowCount() {
			got, err := s.from.Memory(&r, row)
			want, wantErr := view.Stored(rows.Ref{Row: uint32(row)})
			if err != nil || wantErr != nil || got.Text != want.Text || len(want.Vector) > 0 && name != "hashing" && got.Vector[0] != want.Vector[0] {
				t.Fatalf("%s: row %d: %+v %v, want %+v %v", name, row, got, err, want, wantErr)
			}
			if at, ok := s.from.Find(s.Sequence(row)); !ok || at != row {
				t.Fatalf("%s: row %d stands at %d", name, row, at)
			}
		}
		if _, ok := s.from.Find(1 << 40); ok {
			t.Fatalf("%s: a version that is not there was found", name)
		}
		if name == "packed" != s.Packed() {
			t.Fatalf("%s: packed %v", name, s.Packed())
		}
		if holds := len(s.from.rows.vectors.Vectors) > 0; holds != (name != "hashing") {
			t.Fatalf("%s: vectors in the memory file: %v", name, holds)
		}
	}
}

func TestAnyFlippedByteOfAMemoryFileIsFound(t *testing.T) {
	for name, s := range heldSegments(t) {
		image := alignedBytes(len(s.from.rows.image))
		for at := 0; at < len(image); at += 61 {
			copy(image, s.from.rows.image)
			image[at] ^= 0x20
			h, err := decodeHeld(image, func([]byte) {})
			if err == nil {
				err = h.CheckRest(func() bool { return false })
			}
			switch {
			case err == nil && !isHeldPadding(s.from, at):
				t.Fatalf("%s: a flipped byte at %d was not found", name, at)
			case err != nil && !errors.Is(err, model.ErrCorrupt) && !errors.Is(err, model.ErrUnsupported):
				t.Fatal(err)
			}
		}
	}
}

// isHeldPadding reports whether no section holds the byte.
func isHeldPadding(h *Held, at int) bool {
	if at < headerBytes+len(h.rows.written(held))*entryBytes {
		return false
	}
	for _, sec := range h.rows.written(held) {
		if b := sec.get(); len(b) > 0 && at >= distance(h.rows.image, b) && at < distance(h.rows.image, b)+len(b) {
			return false
		}
	}
	return true
}

func TestASegmentFileOpensWithItsOwnMemoryFileAlone(t *testing.T) {
	own := CallerSpace(3)
	one := divided(t, mergedDraft(t, own, build(t, own, 1, texts(60, 8))))
	other := divided(t, mergedDraft(t, own, build(t, own, 1, texts(60, 9))))
	for _, from := range []*Held{nil, other.from} {
		if _, err := decodeWhole(one.image, from); !errors.Is(err, model.ErrCorrupt) {
			t.Fatalf("%v", err)
		}
	}
	if _, err := decodeHeld(one.image, func([]byte) {}); !errors.Is(err, model.ErrCorrupt) {
		t.Fatalf("a segment file was taken for a memory file: %v", err)
	}
	if _, err := decodeWhole(one.from.rows.image, nil); !errors.Is(err, model.ErrCorrupt) {
		t.Fatalf("a memory file was taken for a segment file: %v", err)
	}
}

// FuzzDecodeHeld reads memory files that say anything, sealed with sums that fit: an error,
// never a panic that is not one.
func FuzzDecodeHeld(f *testing.F) {
	var images [][]byte
	segments := heldSegments(f)
	for _, name := range []string{"plain", "packed", "hashing"} {
		images = append(images, segments[name].from.rows.image)
	}
	for i := range images {
		f.Add(i, 100, byte(1))
		f.Add(i, 2000, byte(0xff))
	}
	f.Fuzz(func(t *testing.T, which, at int, x byte) {
		from := images[uint(which)%uint(len(images))]
		image := alignedBytes(len(from))
		copy(image, from)
		image[uint(at)%uint(len(image))] ^= x
		reseal(image)
		h, err := decodeHeld(image, func([]byte) {})
		if err == nil {
			sections := h.rows.heldPaged()
			if fresh := appendPageSums(appendPageSums(nil, sections[0]), sections[1]); len(fresh) == len(h.rows.heldSums) {
				copy(h.rows.heldSums, fresh)
			}
			err = h.CheckRest(func() bool { return false })
		}
		if err != nil && !errors.Is(err, model.ErrCorrupt) && !errors.Is(err, model.ErrUnsupported) {
			t.Fatal(err)
		}
	})
}
