package vector

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/quant"
	"github.com/nexus-memory/nexus/engine/rows"
)

// listedPart makes a part in lists, however small; every 50th row has no vector.
func listedPart(t testing.TB, metric model.Metric, all [][]float32) Part {
	p := &Parts{Dim: len(all[0])}
	for i, v := range all {
		if i%50 == 49 {
			v = nil
		}
		p.Append(v)
	}
	if !p.sealBits(metric, true, never) || !p.listed() {
		t.Fatal("not in lists")
	}
	if err := p.Check(len(all)); err != nil {
		t.Fatal(err)
	}
	return Part{Parts: p}
}

// distinct fails where a row is among the hits twice.
func distinct(t *testing.T, hits []rows.Hit) {
	t.Helper()
	seen := map[rows.Ref]bool{}
	for _, h := range hits {
		if seen[h.Ref] {
			t.Fatalf("%+v is there twice", h.Ref)
		}
		seen[h.Ref] = true
	}
}

func TestListsAndOtherPartsAreSearchedTogether(t *testing.T) {
	for _, metric := range metrics {
		t.Run(metric.String(), func(t *testing.T) {
			r := rand.New(rand.NewPCG(21, 21))
			all := clustered(r, 96, 7000)
			parts := partsOf(metric, all[3000:], 2200, 300)
			parts = append(parts, listedPart(t, metric, all[:3000]), listedPart(t, metric, all[5500:]))
			for i := range parts {
				parts[i].Dead = randomSet(r, parts[i].RowCount(), .1)
			}
			parts[2].Allow = randomSet(r, 3000, .4)
			var s Searcher
			var sum float64
			const count = 30
			for i := range count {
				q := slices.Clone(all[i*200])
				for j, x := range uniform(r, 96) {
					q[j] += x
				}
				s.Prepare(q, metric, parts)
				got := s.Top(nil, 10, never)
				distinct(t, got)
				sum += recall(t, metric, q, parts, got, exactBy(metric, q, parts, 10))
			}
			if sum/count < .98 {
				t.Errorf("recall %.3f", sum/count)
			}
		})
	}
}

func TestFilteredListsFindTheNearestOfWhatIsAllowed(t *testing.T) {
	r := rand.New(rand.NewPCG(22, 22))
	all := clustered(r, 64, 12_000)
	parts := []Part{listedPart(t, model.Cosine, all[:7000]), listedPart(t, model.Cosine, all[7000:])}
	var s Searcher
	for _, share := range []float64{.5, .1, .03, .001} {
		var sum float64
		const count = 20
		for range count {
			for i := range parts {
				parts[i].Allow = randomSet(r, parts[i].RowCount(), share)
			}
			parts[0].Allow.Add(7) // one at least
			q := slices.Clone(all[r.IntN(len(all))])
			for j, x := range uniform(r, 64) {
				q[j] += x
			}
			s.Prepare(q, model.Cosine, parts)
			got := s.Top(nil, 10, never)
			distinct(t, got)
			sum += recall(t, model.Cosine, q, parts, got, exactBy(model.Cosine, q, parts, 10))
		}
		if sum/count < .98 {
			t.Errorf("share %g: recall %.3f", share, sum/count)
		}
	}
}

// The lists that are left are given up, and that costs little.
func TestAPartOfTheListsHoldsTheNearest(t *testing.T) {
	if testing.Short() {
		t.Skip("40,000 rows are divided into lists")
	}
	r := rand.New(rand.NewPCG(23, 23))
	var all [][]float32
	for range 10 {
		all = append(all, clustered(r, 128, 4000)...) // centres of their own
	}
	p := &Parts{Dim: 128}
	for _, v := range all {
		p.Append(v)
	}
	p.Seal(model.Cosine, listedFrom, never)
	if !p.listed() {
		t.Fatalf("%d rows are not in lists", len(all))
	}
	parts := []Part{{Parts: p}}
	var s Searcher
	var sum float64
	read := 0
	const count = 40
	for i := range count {
		q := slices.Clone(all[i*997])
		for j, x := range uniform(r, 128) {
			q[j] += x * .3
		}
		s.Prepare(q, model.Cosine, parts)
		got := s.Top(nil, 10, never)
		read += s.Estimated
		sum += recall(t, model.Cosine, q, parts, got, exactBy(model.Cosine, q, parts, 10))
	}
	if sum/count < .98 || read/count > len(p.Lists.Rows)/2 {
		t.Errorf("recall %.3f after %d of %d places", sum/count, read/count, len(p.Lists.Rows))
	}
}

func TestListsGiveTheSameHitsOnEveryCPU(t *testing.T) {
	r := rand.New(rand.NewPCG(24, 24))
	h := fnv.New64a()
	for _, metric := range metrics {
		all := clustered(r, 72, 2500)
		parts := []Part{listedPart(t, metric, all)}
		parts[0].Dead = rows.NewSet(2500)
		parts[0].Dead.Add(5)
		var s Searcher
		for i := range 10 {
			s.Prepare(all[i*77], metric, parts)
			for _, hit := range s.Top(nil, 20, never) {
				fmt.Fprintf(h, "%d %x,", hit.Row, math.Float64bits(hit.Score))
			}
			fmt.Fprintf(h, "%d %d\n", s.Rescored, s.Estimated)
		}
	}
	const want = 0x8a9a5a5c00cd55e2
	if got := h.Sum64(); got != want {
		t.Fatalf("hits are %#x, want %#x", got, uint64(want))
	}
}

func TestStopEndsTheSearchOfListsAndTheirMaking(t *testing.T) {
	r := rand.New(rand.NewPCG(26, 26))
	all := clustered(r, 64, 4000)
	parts := []Part{listedPart(t, model.Cosine, all)}
	var s Searcher
	s.Prepare(all[0], model.Cosine, parts)
	asked := 0
	s.Top(nil, 1, func() bool { asked++; return asked > 2 })
	if asked != 3 {
		t.Fatalf("asked %d times, want 3", asked)
	}
	p := &Parts{Dim: 64}
	for _, v := range all {
		p.Append(v)
	}
	if p.sealBits(model.Cosine, true, func() bool { return true }) {
		t.Fatal("lists were made although it was told to stop")
	}
}

func TestDamagedListsAreRefused(t *testing.T) {
	r := rand.New(rand.NewPCG(27, 27))
	fresh := func() *Parts { return listedPart(t, model.L2, clustered(r, 64, 1000)).Parts }
	for name, damage := range map[string]func(*Parts){
		"row beyond the last":  func(p *Parts) { p.Lists.Rows[0] = 1000 },
		"code of no row":       func(p *Parts) { p.Lists.Rows[0] = quant.NoRow },
		"starts that descend":  func(p *Parts) { p.Lists.Starts[1] = p.Lists.Starts[2] + 64 },
		"start within a block": func(p *Parts) { p.Lists.Starts[1]++ },
		"places cut off":       func(p *Parts) { p.Lists.Rows = p.Lists.Rows[:len(p.Lists.Rows)-64] },
		"codes cut off":        func(p *Parts) { p.Lists.Codes = p.Lists.Codes[1:] },
		"no scales":            func(p *Parts) { p.Lists.Scales = nil },
		"no squares of lists":  func(p *Parts) { p.Lists.Halves = nil },
		"a centroid":           func(p *Parts) { p.Bits.Centroid = make([]float32, 64) },
	} {
		p := fresh()
		damage(p)
		if p.Check(1000) == nil {
			t.Errorf("%s: not noticed", name)
		}
	}
}

// TestListsAreReadNearestFirstHoweverManyThereAre: they are put in order orderedLists at a time.
func TestListsAreReadNearestFirstHoweverManyThereAre(t *testing.T) {
	all := clustered(rand.New(rand.NewPCG(21, 21)), 128, 60_000)
	p := &Parts{Dim: 128}
	for _, v := range all {
		p.Append(v)
	}
	p.Seal(model.Cosine, listedFrom, never)
	if n := p.Lists.count(); n <= orderedLists {
		t.Fatalf("%d lists", n)
	}
	var s Searcher
	s.Prepare(all[5], model.Cosine, []Part{{Parts: p}})
	s.code()
	s.lister.add(0, p.Lists.count())
	s.prepareLists()
	last, read := float32(math.Inf(1)), 0
	for lists := s.nearLists(); len(lists) > 0; lists = s.lister.next() {
		for _, list := range lists {
			near := s.lister.near[list]
			if !(near <= last) {
				t.Fatalf("list %d, the %d-th that is read, is as near as %v after one of %v", list, read, near, last)
			}
			last, s.lister.near[list] = near, float32(math.NaN())
			read++
		}
	}
	if read != p.Lists.count() {
		t.Errorf("%d of %d lists were read", read, p.Lists.count())
	}
}
