package segment

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/vfs"
)

// texts are memories of n words each from a vocabulary, a mean turn of a conversation at 20.
func texts(count, words int) []model.Memory {
	r, list := rand.New(rand.NewPCG(3, 3)), make([]model.Memory, count)
	vocabulary := strings.Fields("we met the harbour boat again yesterday because Ann wanted to see how far north it would go before winter and nobody had told her about ice")
	for i := range list {
		var b strings.Builder
		for range words {
			fmt.Fprintf(&b, "%s ", vocabulary[r.IntN(len(vocabulary))])
		}
		list[i] = model.Memory{Key: fmt.Sprintf("turn-%06d", i), Text: b.String(), Speaker: "Ann", Scope: model.Scope{User: "u7", Session: fmt.Sprint("s", i/50)}}
		if err := list[i].Normalize(); err != nil {
			panic(err)
		}
	}
	return list
}

// packAll returns the segment with its records packed.
func packAll(t testing.TB, s *Segment) *Segment {
	t.Helper()
	draft, err := Merge(CallerSpace(3), []*Segment{s}, make([]rows.Set, 1))
	if err != nil {
		t.Fatal(err)
	}
	if err := draft.Pack(func() bool { return false }); err != nil {
		t.Fatal(err)
	}
	packed, err := draft.Segment()
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

// TestPackedRecordsAreTheSameBytes packs segments of all sizes and kinds of text: in a file
// and read in any order the records are what they were, merging gives the plain segment
// back, and packing twice gives the same bytes.
func TestPackedRecordsAreTheSameBytes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	noise := texts(60, 1)
	for i := range noise {
		raw := make([]rune, 100+r.IntN(5000))
		for j := range raw {
			raw[j] = rune(0x4e00 + r.IntN(20000))
		}
		noise[i].Text = string(raw)
	}
	same := texts(700, 1)
	for i := range same {
		same[i] = model.Memory{Text: "x"}
		if err := same[i].Normalize(); err != nil {
			t.Fatal(err)
		}
	}
	for name, memories := range map[string][]model.Memory{
		"one": texts(1, 5), "few": texts(7, 20), "turns": texts(3000, 20), "long": texts(12, 3000), "noise": noise, "equal": same,
	} {
		plain := build(t, CallerSpace(3), 1, memories)
		packed, again := packAll(t, plain), packAll(t, plain)
		if !bytes.Equal(packed.Image(), again.Image()) {
			t.Fatalf("%s: packing twice gives other bytes", name)
		}
		raw, stored := packed.RecordBytes()
		if want, _ := plain.RecordBytes(); raw != want || stored > raw || packed.Packed() != (stored < raw) {
			t.Fatalf("%s: %d bytes in %d, packed %v, of %d", name, raw, stored, packed.Packed(), want)
		}
		t.Logf("%s: %d records of %d bytes: %.2f to 1, dictionary %d", name, len(memories), raw/len(memories), float64(raw)/float64(stored), len(packed.packedDict))
		path := filepath.Join(t.TempDir(), "a.nxs")
		if err := os.WriteFile(path, packed.Image(), 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := OpenFile(vfs.OS, path, nil, false)
		if err != nil {
			t.Fatal(err)
		}
		var forward, jumping RecordReader
		for row := range plain.RowCount() {
			if !bytes.Equal(forward.Record(file, row), plain.Record(row)) {
				t.Fatalf("%s: row %d differs", name, row)
			}
			if jump := r.IntN(plain.RowCount()); !bytes.Equal(jumping.Record(packed, jump), plain.Record(jump)) {
				t.Fatalf("%s: row %d differs", name, jump)
			}
		}
		merged, err := Merge(CallerSpace(3), []*Segment{file}, make([]rows.Set, 1))
		if err != nil {
			t.Fatal(err)
		}
		if back, err := merged.Segment(); err != nil || !bytes.Equal(back.Image(), plain.Image()) {
			t.Fatalf("%s: unpacked by merging it is another segment: %v", name, err)
		}
	}
}

// TestThePackedSampleStaysReadable opens a file with packed records that an earlier build
// wrote: every record of it.
func TestThePackedSampleStaysReadable(t *testing.T) {
	path := filepath.Join("testdata", "segment-v3-packed.nxs")
	plain := build(t, CallerSpace(3), 1, texts(420, 20))
	s, err := OpenFile(vfs.OS, path, nil, false)
	if err != nil || !s.Packed() || len(s.packedDict) == 0 || s.Verify() != nil {
		t.Fatalf("%v, or it is not packed with a dictionary, or not sound", err)
	}
	for row := range plain.RowCount() {
		if !bytes.Equal(s.Record(row), plain.Record(row)) {
			t.Fatalf("row %d differs", row)
		}
	}
}

func TestAnyFlippedByteOfAPackedSegmentIsFound(t *testing.T) {
	s := packAll(t, build(t, CallerSpace(3), 1, texts(600, 20)))
	if !s.Packed() {
		t.Fatal("not packed")
	}
	for at := 0; at < len(s.Image()); at += 997 {
		image := alignedBytes(len(s.Image()))
		copy(image, s.Image())
		image[at] ^= 0x10
		if _, err := decodeWhole(image, nil); err == nil && !isPadding(s, at) {
			t.Fatalf("a flipped byte at %d was not found", at)
		} else if err != nil && !errors.Is(err, model.ErrCorrupt) && !errors.Is(err, model.ErrUnsupported) {
			t.Fatal(err)
		}
	}
}

// FuzzPackedRecords reads segments whose blocks and frames say anything, sealed with sums
// that fit: an error, never a panic that is not one, and never more than a block's memory.
func FuzzPackedRecords(f *testing.F) {
	s := packAll(f, build(f, CallerSpace(3), 1, texts(600, 20)))
	for _, at := range []int{distance(s.Image(), s.records) + 5, distance(s.Image(), bytesOf(s.packedBlocks)) + 9, distance(s.Image(), s.packedDict) + 30} {
		f.Add(at, byte(1))
		f.Add(at+40, byte(0xff))
	}
	f.Fuzz(func(t *testing.T, at int, x byte) {
		image := alignedBytes(len(s.Image()))
		copy(image, s.Image())
		image[uint(at)%uint(len(image))] ^= x
		resealAll(image)
		if _, err := decodeWhole(image, nil); err != nil && !errors.Is(err, model.ErrCorrupt) && !errors.Is(err, model.ErrUnsupported) {
			t.Fatal(err)
		}
	})
}

// resealAll is reseal, for the sums of pages too.
func resealAll(image []byte) {
	reseal(image)
	c, count, err := readHead(image, segmentKind)
	if err != nil {
		return
	}
	if _, err := c.bind(image, count); err != nil {
		return
	}
	sums := c.pageSums
	if fresh := appendPageSums(appendPageSums(appendPageSums(nil, c.records), c.signatures), bytesOf(c.vectors.Vectors)); len(fresh) == len(sums) {
		copy(sums, fresh)
	}
	reseal(image)
}

// BenchmarkReadRecord compares reading a record here and there, plain and packed, at turns
// of a conversation and at longer texts.
func BenchmarkReadRecord(b *testing.B) {
	for _, words := range []int{20, 400} {
		plain := build(b, CallerSpace(3), 1, texts(4000, words))
		packed := packAll(b, plain)
		for name, s := range map[string]*Segment{"plain": plain, "packed": packed} {
			b.Run(fmt.Sprintf("%d words/%s", words, name), func(b *testing.B) {
				var r RecordReader
				var cost ReadCost
				for i := 0; b.Loop(); i++ {
					began := time.Now()
					if _, err := DecodeRecord(r.Record(s, i*977%4000)); err != nil {
						b.Fatal(err)
					}
					cost.note(time.Since(began))
				}
				raw, stored := s.RecordBytes()
				b.ReportMetric(float64(raw)/float64(stored), "ratio")
				b.ReportMetric(float64(cost.Nanos()), "noted-ns")
			})
		}
	}
}
