package segment

import (
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/zeebo/xxh3"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/vfs"
)

func filterOf(t testing.TB, text string) model.Filter {
	t.Helper()
	f, err := model.ParseFilter(text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// selected returns the rows of a segment that a filter selects, whatever their scope.
func selected(t testing.TB, s *Segment, text string) rows.Set {
	t.Helper()
	f := filterOf(t, text)
	return s.selectRows(f, xxh3.HashString(f.String()))
}

func TestARepeatedFilterCostsNoMoreThanItsScope(t *testing.T) {
	view := (&View{Space: hashingSpace()}).With(build(t, hashingSpace(), 1, samples(150))).With(build(t, hashingSpace(), 151, samples(90)))
	f := filterOf(t, `id < 100 or exists speaker`)
	scope := model.Scope{Tenant: "t0"}
	want := testing.AllocsPerRun(50, func() { view.Allow(scope) })
	got := testing.AllocsPerRun(50, func() {
		if _, err := view.Select(t.Context(), scope, f); err != nil {
			t.Fatal(err)
		}
	})
	if got > want {
		t.Fatalf("%v allocations, those of the scope alone are %v", got, want)
	}
}

func TestASegmentIsAskedByManyForManyFilters(t *testing.T) {
	segment := build(t, hashingSpace(), 1, samples(150))
	var group sync.WaitGroup
	for g := range 8 {
		group.Go(func() {
			for i := range 200 {
				n := (i*7 + g) % 40 // more filters than there are slots
				if got := selected(t, segment, fmt.Sprintf("id <= %d", n)); got.Count() != n {
					t.Errorf("%d rows up to %d", got.Count(), n)
				}
			}
		})
	}
	group.Wait()
}

func TestAFilterForEveryRowIsNone(t *testing.T) {
	segment := build(t, hashingSpace(), 1, samples(70))
	if got := selected(t, segment, "id > 0"); got != nil {
		t.Fatalf("%v: a set of all rows is one that every row is asked of", got)
	}
	if got := selected(t, segment, "id > 1000"); got == nil || got.Count() != 0 {
		t.Fatalf("%v: want an empty set, which is not nil", got)
	}
}

func TestFiltersReadSegmentsOfVersion1(t *testing.T) {
	s, err := OpenFile(vfs.OS, filepath.Join("testdata", "segment-v1.nxs"), nil, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{`exists key`, `kind = episodic`, `id >= 12`, `exists speaker and ingested > 2000-01-01`, `not exists user`} {
		f, want := filterOf(t, text), 0
		for row := range s.RowCount() {
			m, err := DecodeRecord(s.Record(row))
			if err != nil {
				t.Fatal(err)
			}
			if m.ID = s.ID(row); f.Match(&m) {
				want++
			}
		}
		got := s.RowCount()
		if set := selected(t, s, text); set != nil {
			got = set.Count()
		}
		if got != want {
			t.Errorf("%s: %d rows, want %d", text, got, want)
		}
	}
}

func TestNamesAreNearByOneSlip(t *testing.T) {
	for pair, want := range map[[2]string]bool{
		{"speeker", "speaker"}: true, {"speakr", "speaker"}: true, {"speakers", "speaker"}: true, {"spekaer", "speaker"}: true, {"Speaker", "speaker"}: true,
		{"spoker", "speaker"}: false, {"speaker", "speaker"}: false, {"tag", "tags"}: false, {"kin", "kind"}: false, {"colour", "color"}: true, {"größe", "grösse"}: false,
		{"topic", "tropic"}: true, {"abcd", "badc"}: false,
	} {
		if nearName(pair[0], pair[1]) != want || nearName(pair[1], pair[0]) != want {
			t.Errorf("%v: %v, want %v", pair, !want, want)
		}
	}
}
