package segment

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/nexus-memory/nexus/engine/embed"
	"github.com/nexus-memory/nexus/engine/lexical"
	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/text"
	"github.com/nexus-memory/nexus/engine/vfs"
)

var update = flag.Bool("update", false, "write the sample of the current format anew")

func hashingSpace() Space {
	h := embed.NewHashing(text.English)
	return Space{Name: h.Name(), Dim: h.Dim(), Embedder: h, Language: text.English}
}

// drawMemory draws any legal memory.
func drawMemory(t *rapid.T) model.Memory {
	name := rapid.StringN(0, 8, 100)
	m := model.Memory{
		Key: name.Draw(t, "key"), Speaker: name.Draw(t, "speaker"), Text: "x" + rapid.StringN(0, 60, 400).Draw(t, "text"),
		Scope: model.Scope{Tenant: name.Draw(t, "tenant"), User: name.Draw(t, "user"), Agent: name.Draw(t, "agent"), Session: name.Draw(t, "session")},
		Kind:  model.Kind(rapid.IntRange(0, 4).Draw(t, "kind")), Importance: rapid.Float32Range(0, 1).Draw(t, "importance"),
		Source: name.Draw(t, "source"), Start: rapid.Uint64Range(0, 9).Draw(t, "start"),
	}
	m.End = m.Start + rapid.Uint64().Draw(t, "length")%1e9
	if rapid.Bool().Draw(t, "dated") {
		m.EventTime = time.UnixMicro(rapid.Int64Range(-1e15, 4e15).Draw(t, "time"))
	}
	if rapid.Bool().Draw(t, "has meta") {
		m.Meta = map[string]any{
			"s" + name.Draw(t, "name"): name.Draw(t, "value"), "n": rapid.Float64Range(-1e9, 1e9).Draw(t, "number"), "b": rapid.Bool().Draw(t, "bool"),
			"t": time.UnixMicro(rapid.Int64Range(0, 1e15).Draw(t, "meta time")), "l": rapid.SliceOf(name).Draw(t, "list"),
		}
	}
	if rapid.Bool().Draw(t, "lived") {
		instant := rapid.Int64Range(-1e15, 4e15)
		m.Version, m.ID = uint32(rapid.IntRange(1, 3).Draw(t, "version")), model.ID(rapid.Uint64Range(1, 9).Draw(t, "id"))
		m.IngestTime, m.ExpiresAt = time.UnixMicro(instant.Draw(t, "ingest")).UTC(), time.UnixMicro(instant.Draw(t, "expiry"))
		m.ValidFrom = time.UnixMicro(instant.Draw(t, "valid from"))
		m.ValidTo = m.ValidFrom.Add(time.Duration(rapid.Int64Range(0, 1e15).Draw(t, "valid for")))
		m.Supersedes, m.SupersededBy = model.ID(rapid.Uint64Range(0, 3).Draw(t, "supersedes")), model.ID(rapid.Uint64Range(0, 3).Draw(t, "by"))
	}
	if err := m.Normalize(); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestRecordsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := drawMemory(t)
		m.Vector = rapid.SliceOfN(rapid.Float32(), 0, 5).Draw(t, "vector")
		if len(m.Vector) == 0 {
			m.Vector = nil
		}
		for _, with := range []bool{true, false} {
			record := AppendRecord(nil, &m, with)
			r := Row{Record: record}
			r.Stamp(time.UnixMicro(77), 5)
			got, err := DecodeRecord(record)
			if err != nil {
				t.Fatal(err)
			}
			want := m
			want.UpdateTime, want.Position = time.UnixMicro(77).UTC(), 5
			if want.Version < 2 {
				want.ID, want.IngestTime, want.Version = 0, want.UpdateTime, 1
			}
			if !with {
				want.Vector = nil
			}
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("got  %+v\nwant %+v", got, want)
			}
			body, err := DecodeRecord(Body(record))
			want.Vector = nil
			if err != nil || !reflect.DeepEqual(body, want) {
				t.Fatalf("body %+v %v", body, err)
			}
		}
	})
}

func FuzzDecodeRecord(f *testing.F) {
	m := model.Memory{Key: "k", Text: "text", Meta: map[string]any{"l": []string{"a"}, "b": true}, Vector: []float32{1, 2}}
	if err := m.Normalize(); err != nil {
		f.Fatal(err)
	}
	f.Add(AppendRecord(nil, &m, true))
	f.Add(AppendRecord(nil, &m, false))
	m.Version, m.ID, m.ExpiresAt, m.Supersedes = 3, 7, time.Unix(9, 0), 2
	f.Add(AppendRecord(nil, &m, true))
	f.Add([]byte{recordVersion})
	f.Add(append([]byte{recordLived}, make([]byte, recordHead)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := DecodeRecord(data); err != nil && !errors.Is(err, model.ErrCorrupt) {
			t.Fatal(err)
		}
	})
}

// failer is a test of the standard library or of rapid.
type failer interface {
	Helper()
	Fatal(...any)
}

// build makes a segment of memories with the IDs first, first+1 ...
func build(t failer, space Space, first model.ID, memories []model.Memory) *Segment {
	t.Helper()
	rows, err := NewPreparer().Prepare(context.Background(), space, memories)
	if err != nil {
		t.Fatal(err)
	}
	b := NewBuilder(space)
	for i, r := range rows {
		r.ID = first + model.ID(i)
		r.Stamp(time.UnixMicro(1e15), uint32(i))
		b.Add(r)
	}
	s, err := b.Finish(first, first+model.ID(len(rows)-1))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func samples(n int) []model.Memory {
	list := make([]model.Memory, n)
	for i := range list {
		list[i] = model.Memory{
			Key: fmt.Sprintf("k%d", i), Text: fmt.Sprintf("Sample number %d of the harbour.", i), Speaker: "Ann",
			Scope: model.Scope{Tenant: fmt.Sprint("t", i%2), Session: "s"}, EventTime: time.Unix(int64(i)*1000, 0),
		}
		if err := list[i].Normalize(); err != nil {
			panic(err)
		}
	}
	return list
}

func TestMergeEqualsBuildingFromTheLiveMemories(t *testing.T) {
	space := hashingSpace()
	rapid.Check(t, func(t *rapid.T) {
		var sources []*Segment
		var dead []rows.Set
		var live []model.Memory
		var ids []model.ID
		next := model.ID(1)
		for range rapid.IntRange(1, 4).Draw(t, "sources") {
			memories := samples(rapid.IntRange(1, 70).Draw(t, "rows"))
			s := build(t, space, next, memories)
			set := rows.NewSet(s.RowCount())
			for row := range memories {
				if rapid.IntRange(0, 3).Draw(t, "dead") == 0 {
					set.Add(row)
				} else {
					m := memories[row]
					m.Position = uint32(row)
					live, ids = append(live, m), append(ids, next+model.ID(row))
				}
			}
			sources, dead = append(sources, s), append(dead, set)
			next += model.ID(len(memories))
		}
		merged := merge(t, space, sources, dead)
		if len(live) == 0 {
			if merged != nil {
				t.Fatal("a segment of nothing")
			}
			return
		}
		rows, err := NewPreparer().Prepare(context.Background(), space, live)
		if err != nil {
			t.Fatal(err)
		}
		b := NewBuilder(space)
		for i, r := range rows {
			r.ID = ids[i]
			r.Stamp(time.UnixMicro(1e15), live[i].Position)
			b.Add(r)
		}
		want, err := b.Finish(1, next-1)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(merged.Image(), want.Image()) {
			t.Fatal("images differ")
		}
	})
}

func TestViewFollowsAModel(t *testing.T) {
	space := hashingSpace()
	rapid.Check(t, func(t *rapid.T) {
		view, alive, next := &View{Space: space}, map[model.ID]string{}, model.ID(1)
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			switch rapid.IntRange(0, 2).Draw(t, "step") {
			case 0:
				memories := samples(rapid.IntRange(1, 9).Draw(t, "rows"))
				view = view.With(build(t, space, next, memories))
				for i := range memories {
					alive[next+model.ID(i)] = memories[i].Key
				}
				next += model.ID(len(memories))
			case 1:
				id := model.ID(rapid.Uint64Range(1, uint64(next)).Draw(t, "id"))
				view = view.WithDeleted([]model.ID{id, id})
				delete(alive, id)
			case 2:
				if n := len(view.Parts); n > 0 {
					first := rapid.IntRange(0, n-1).Draw(t, "first")
					last := rapid.IntRange(first, n-1).Draw(t, "last")
					view = mergeParts(t, view, alive, first, last)
				}
			}
		}
		compareView(t, view, alive, next)
	})
}

// merge merges twice, into memory and into a file's bytes, which must be equal.
func merge(t *rapid.T, space Space, sources []*Segment, dead []rows.Set) *Segment {
	draft, err := Merge(space, sources, dead)
	if err != nil {
		t.Fatal(err)
	}
	if draft == nil {
		return nil
	}
	file := divided(t, draft)
	draft, err = Merge(space, sources, dead)
	if err != nil {
		t.Fatal(err)
	}
	merged, err := draft.Segment()
	if err != nil {
		t.Fatal(err)
	}
	if file.Verify() != nil || !bytes.Equal(again(t, space, file).Image(), merged.Image()) {
		t.Fatal("of its files it is another segment than in memory")
	}
	if !reflect.DeepEqual(file.Words().Parts(), sealedWords(t, merged)) {
		t.Fatal("the file's words are not those that are in memory, sealed")
	}
	return merged
}

// sealedWords are the words of a segment as a file has them.
func sealedWords(t failer, s *Segment) lexical.Parts {
	parts, err := s.Words().Parts().Seal()
	if err != nil {
		t.Fatal(err)
	}
	return parts
}

// divided writes a draft to a memory file and a segment file and opens them.
func divided(t failer, draft *Draft) *Segment {
	files := vfs.NewMemory()
	write := func(name string) func(func(io.Writer) error) error {
		return func(write func(io.Writer) error) error {
			f, err := files.Create(name)
			if err != nil {
				return err
			}
			return errors.Join(write(f), f.Close())
		}
	}
	if err := draft.WriteFiles(write("m.nxm"), write("s.nxs")); err != nil {
		t.Fatal(err)
	}
	from, err := OpenHeld(files, "m.nxm", false)
	if err != nil {
		t.Fatal(err)
	}
	s, err := OpenFile(files, "s.nxs", from, false)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// mergedDraft merges a segment alone.
func mergedDraft(t failer, space Space, s *Segment) *Draft {
	draft, err := Merge(space, []*Segment{s}, make([]rows.Set, 1))
	if err != nil {
		t.Fatal(err)
	}
	return draft
}

// again merges a segment alone, in memory.
func again(t failer, space Space, s *Segment) *Segment {
	merged, err := mergedDraft(t, space, s).Segment()
	if err != nil {
		t.Fatal(err)
	}
	return merged
}

// TestSegmentsDoNotShareABuildersMemory builds over and over with what earlier
// builders left behind; a segment that aliased it would change.
func TestSegmentsDoNotShareABuildersMemory(t *testing.T) {
	space := hashingSpace()
	type kept struct {
		segment *Segment
		image   []byte
	}
	var all []kept
	for n := range 40 {
		s := build(t, space, model.ID(1+100*n), samples(1+(n*37)%90))
		all = append(all, kept{s, bytes.Clone(s.Image())})
	}
	for n, k := range all {
		if !bytes.Equal(k.segment.Image(), k.image) || k.segment.Verify() != nil {
			t.Fatalf("segment %d has changed", n)
		}
		again := build(t, space, model.ID(1+100*n), samples(1+(n*37)%90))
		if !bytes.Equal(again.Image(), k.image) {
			t.Fatalf("segment %d is built otherwise with used memory", n)
		}
	}
}

// mergeParts merges a run of parts, deleting one of its rows meanwhile.
func mergeParts(t *rapid.T, view *View, alive map[model.ID]string, first, last int) *View {
	var sources []*Segment
	var dead []rows.Set
	for _, p := range view.Parts[first : last+1] {
		sources, dead = append(sources, p.Segment), append(dead, slices.Clone(p.Dead))
	}
	merged := merge(t, view.Space, sources, dead)
	if merged != nil {
		view = view.WithDeleted([]model.ID{merged.ID(0)})
		delete(alive, merged.ID(0))
	}
	return view.Replace(first, last, merged)
}

func compareView(t *rapid.T, view *View, alive map[model.ID]string, next model.ID) {
	var documents, length uint64
	seen := map[model.ID]bool{}
	view.Each(func(r rows.Ref) bool {
		id := view.ID(r)
		key, ok := alive[id]
		m, err := view.Memory(r, true)
		if !ok || seen[id] || err != nil || m.Key != key || m.ID != id {
			t.Fatalf("memory %d: %+v %v, want key %q", id, m, err, key)
		}
		seen[id] = true
		documents++
		length += uint64(view.Parts[r.Part].content.words.Lengths[r.Row])
		return true
	})
	if len(seen) != len(alive) {
		t.Fatalf("%d memories in the view, want %d", len(seen), len(alive))
	}
	if view.Documents != documents || view.TotalLength != length {
		t.Fatalf("view counts %d rows of %d terms, there are %d of %d", view.Documents, view.TotalLength, documents, length)
	}
	for id := model.ID(0); id <= next; id++ {
		if _, ok := view.Find(id); ok != seen[id] {
			t.Fatalf("Find(%d) gave %v", id, ok)
		}
	}
}

func TestFilesOpenInPlaceAndAnyFlippedByteIsFound(t *testing.T) {
	s := build(t, hashingSpace(), 1, samples(20))
	path := filepath.Join(t.TempDir(), "s.nxs")
	if err := os.WriteFile(path, s.Image(), 0o600); err != nil {
		t.Fatal(err)
	}
	opened, err := OpenFile(vfs.OS, path, nil, false)
	if err != nil || !opened.InFile() || !bytes.Equal(opened.Image(), s.Image()) {
		t.Fatalf("%v", err)
	}
	used := 0
	for at := 0; at < len(s.Image()); at += 7 {
		image := alignedBytes(len(s.Image()))
		copy(image, s.Image())
		image[at] ^= 0x10
		if _, err := decodeWhole(image, nil); err == nil {
			if !isPadding(s, at) {
				t.Fatalf("a flipped byte at %d was not found", at)
			}
			continue
		} else if !errors.Is(err, model.ErrCorrupt) && !errors.Is(err, model.ErrUnsupported) {
			t.Fatal(err)
		}
		used++
	}
	if used == 0 {
		t.Fatal("nothing was checked")
	}
}

// isPadding reports whether no section holds the byte.
func isPadding(s *Segment, at int) bool {
	if at < headerBytes+len(s.written(whole))*entryBytes {
		return false
	}
	for _, sec := range s.written(whole) {
		b := sec.get()
		if len(b) == 0 {
			continue
		}
		off := len(s.image) - cap(s.image[:0]) // zero: sections alias the image
		for start := off; start < len(s.image); start += sectionAlign {
			if &s.image[start] == &b[0] && at >= start && at < start+len(b) {
				return false
			}
		}
	}
	return true
}

// reseal sets the checksums that fit what the image says now, so that fuzzing
// reaches what lies behind them.
func reseal(image []byte) {
	le := binary.LittleEndian
	count := int(le.Uint32(image[offSections:]))
	if count > sectionsMax || headerBytes+count*entryBytes > len(image) {
		return
	}
	for i := range count {
		entry := image[headerBytes+i*entryBytes:]
		offset, size := le.Uint64(entry[8:]), le.Uint64(entry[16:])
		if offset <= uint64(len(image)) && size <= uint64(len(image))-offset {
			le.PutUint32(entry[4:], crc32.Checksum(image[offset:offset+size], castagnoli))
		}
	}
	le.PutUint32(image[offCRC:], headerSum(image, count))
}

func FuzzDecode(f *testing.F) {
	s := build(f, CallerSpace(3), 1, samples(3))
	f.Add(s.Image(), 100, byte(1), true)
	f.Add(s.Image(), 2000, byte(255), true)
	f.Add(s.Image()[:64], 8, byte(2), false)
	lived := samples(4)
	for i := range lived[1:] {
		m := &lived[i+1]
		m.ID, m.Version, m.IngestTime = 1, uint32(i+2), time.Unix(1, 0)
		m.ExpiresAt, m.ValidFrom = time.Unix(int64(90-i), 0), time.Unix(int64(i), 0)
	}
	f.Add(build(f, CallerSpace(3), 1, lived).Image(), 1000, byte(16), true)
	f.Fuzz(func(t *testing.T, data []byte, at int, x byte, sealed bool) {
		image := alignedBytes(len(data))
		copy(image, data)
		if len(image) > headerBytes && at >= 0 {
			image[at%len(image)] ^= x
			if sealed {
				reseal(image)
			}
		}
		s, err := decodeWhole(image, nil)
		if err != nil && !errors.Is(err, model.ErrCorrupt) && !errors.Is(err, model.ErrUnsupported) {
			t.Fatal(err)
		}
		if err == nil { // whatever a segment says of versions and times can be asked
			view := (&View{Space: CallerSpace(s.vectors.Dim)}).With(s).WithRetired([]model.ID{s.Sequence(0)}, []int64{5})
			for _, v := range []*View{view.Live(80e6), view.AsOf(3), view.Live(80e6).AsOf(9e15)} {
				v.Each(func(r rows.Ref) bool {
					v.Find(v.ID(r))
					v.Neighbours(r)
					a := v.Parts[r.Part].Annotation(int(r.Row))
					for i := range a.Ranges() {
						a.Range(i)
					}
					a.HasName(1)
					return true
				})
				v.Versions(1)
				v.Expired(90e6)
				v.KeepValid(v.Allow(model.Scope{}), 1e6)
			}
		}
	})
}

// TestSamplesOfEveryFormatStayReadable opens one file of each format version.
func TestSamplesOfEveryFormatStayReadable(t *testing.T) {
	if *update {
		s := divided(t, mergedDraft(t, CallerSpace(3), build(t, CallerSpace(3), 10, samples(4))))
		err := os.WriteFile(filepath.Join("testdata", fmt.Sprintf("segment-v%d.nxs", FormatVersion)), s.Image(), 0o644)
		if err = errors.Join(err, os.WriteFile(filepath.Join("testdata", fmt.Sprintf("memories-v%d.nxm", heldVersion)), s.from.rows.image, 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	from, err := OpenHeld(vfs.OS, filepath.Join("testdata", "memories-v1.nxm"), false)
	if err != nil {
		t.Fatal(err)
	}
	for version := 1; version <= FormatVersion; version++ {
		s, err := OpenFile(vfs.OS, filepath.Join("testdata", fmt.Sprintf("segment-v%d.nxs", version)), from, false)
		if err != nil {
			t.Fatal(err)
		}
		if (s.Held() != nil) != (version >= 4) {
			t.Fatalf("version %d: memory file %v", version, s.Held())
		}
		if got, want := s.Words().Parts(), sealedWords(t, build(t, CallerSpace(3), 10, samples(4))); !reflect.DeepEqual(got, want) {
			t.Fatalf("version %d: words %+v, want %+v", version, got, want)
		}
		view := (&View{Space: CallerSpace(3)}).With(s)
		for i, want := range samples(4) {
			ref, ok := view.FindKey(want.Tenant, want.Key)
			if !ok {
				t.Fatalf("version %d: key %s is gone", version, want.Key)
			}
			got, err := view.Memory(ref, true)
			if err != nil || got.Text != want.Text || got.ID != model.ID(10+i) || !got.EventTime.Equal(want.EventTime) {
				t.Fatalf("version %d: %+v %v", version, got, err)
			}
		}
	}
}

func TestAllowLetsThroughExactlyTheScope(t *testing.T) {
	view := (&View{Space: hashingSpace()}).With(build(t, hashingSpace(), 1, samples(150)))
	for _, scope := range []model.Scope{{Tenant: "t0"}, {Tenant: "t1", Session: "s"}, {Tenant: "t1", Session: "no"}, {}, {Tenant: "t0", User: "x"}} {
		allow := view.Allow(scope)
		view.Each(func(r rows.Ref) bool {
			m, err := view.Memory(r, false)
			if err != nil {
				t.Fatal(err)
			}
			if got := allow[0] == nil || allow[0].Has(int(r.Row)); got != scope.Covers(m.Scope) {
				t.Fatalf("%+v: row %d of %+v: %v", scope, r.Row, m.Scope, got)
			}
			return true
		})
	}
}
