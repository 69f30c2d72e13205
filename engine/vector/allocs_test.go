//go:build !race && !asan && !msan

package vector

// The race detector is told about the kernels' buffers by address, which lets them escape.

import (
	"math/rand/v2"
	"testing"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
)

func TestWarmSearchDoesNotAllocate(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	columns := &Parts{Dim: 96}
	for range 2000 {
		columns.Append(randomVector(r, 96))
	}
	columns.Seal(model.Cosine)
	var s Searcher
	q, parts := randomVector(r, 96), []Part{{Parts: columns}}
	var dst []rows.Hit
	search := func() { s.Prepare(q, model.Cosine, parts); dst = s.Top(dst[:0], 64, never) }
	search()
	if n := testing.AllocsPerRun(20, search); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

func TestWarmSearchOfBitsDoesNotAllocate(t *testing.T) {
	r := rand.New(rand.NewPCG(14, 14))
	parts := partsOf(model.L2, clustered(r, 128, 2600), 2100, 500)
	parts[0].Dead = randomSet(r, 2100, .1)
	var s Searcher
	q := uniform(r, 128)
	var dst []rows.Hit
	search := func() { s.Prepare(q, model.L2, parts); dst = s.Top(dst[:0], 64, never) }
	search()
	if n := testing.AllocsPerRun(20, search); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

func TestWarmSearchOfFewRowsDoesNotAllocate(t *testing.T) {
	r := rand.New(rand.NewPCG(23, 24))
	for _, metric := range metrics {
		parts := sparseParts(r, partsOf(metric, clustered(r, 128, 9000), 6000, 3000), 40)
		parts[0].Dead = randomSet(r, 6000, .1)
		var s Searcher
		q := uniform(r, 128)
		var dst []rows.Hit
		search := func() { s.Prepare(q, metric, parts); dst = s.Top(dst[:0], 10, never) }
		search()
		if n := testing.AllocsPerRun(20, search); n != 0 {
			t.Fatalf("%v: %v allocations", metric, n)
		}
	}
}

func TestWarmSearchOfListsDoesNotAllocate(t *testing.T) {
	r := rand.New(rand.NewPCG(25, 25))
	parts := partsOf(model.L2, clustered(r, 64, 6000), 3000, 3000)
	lists := divided(t, model.L2, parts...)
	parts[0].Dead = randomSet(r, 3000, .1)
	var s Searcher
	q := uniform(r, 64)
	var dst []rows.Hit
	all := allOf(parts)
	search := func() { s.Prepare(q, model.L2, parts); byLists(&s, lists, all); dst = s.Top(dst[:0], 64, never) }
	search()
	if n := testing.AllocsPerRun(20, search); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}
