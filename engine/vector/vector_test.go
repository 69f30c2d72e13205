package vector

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
)

func never() bool { return false }

func randomVector(r *rand.Rand, dim int) []float32 {
	v := make([]float32, dim)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

func cosine(a, b []float32) float64 {
	var dot, aa, bb float64
	for i := range a {
		dot += float64(a[i]) * float64(b[i])
		aa += float64(a[i]) * float64(a[i])
		bb += float64(b[i]) * float64(b[i])
	}
	if aa == 0 || bb == 0 {
		return 0
	}
	return dot / math.Sqrt(aa*bb)
}

// exact is the definition: all visible rows by cosine, ties by place.
func exact(query []float32, parts []Part, k int) (hits []rows.Hit) {
	for p := range parts {
		for row := range parts[p].RowCount() {
			v := parts[p].Vector(row)
			if parts[p].Visible(row) && cosine(v, v) != 0 {
				hits = append(hits, rows.Hit{Ref: rows.Ref{Part: int32(p), Row: uint32(row)}, Score: cosine(query, v)})
			}
		}
	}
	slices.SortFunc(hits, rows.Hit.Compare)
	return hits[:min(k, len(hits))]
}

func randomSet(r *rand.Rand, rowCount int, share float64) rows.Set {
	set := rows.NewSet(rowCount)
	for i := range rowCount {
		if r.Float64() < share {
			set.Add(i)
		}
	}
	return set
}

func TestTopFindsTheExactNearestRows(t *testing.T) {
	for _, c := range []struct{ dim, rows, parts int }{{1, 9, 1}, {7, 100, 3}, {64, 700, 1}, {100, 1500, 4}, {384, 1025, 2}} {
		t.Run(fmt.Sprintf("%d-d %d rows %d parts", c.dim, c.rows, c.parts), func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, uint64(c.dim)))
			parts := make([]Part, c.parts)
			for p := range parts {
				columns := &Parts{Dim: c.dim}
				for i := range c.rows / c.parts {
					if i%17 == 3 {
						columns.Append(nil)
					} else {
						columns.Append(randomVector(r, c.dim))
					}
				}
				columns.Seal(model.Cosine)
				parts[p] = Part{Parts: columns, Filter: rows.Filter{Dead: randomSet(r, columns.RowCount(), .1)}}
				if p%2 == 1 {
					parts[p].Allow = randomSet(r, columns.RowCount(), .3)
				}
			}
			var s Searcher
			for range 20 {
				q := randomVector(r, c.dim)
				s.Prepare(q, model.Cosine, parts)
				got, want := s.Top(nil, 10, never), exact(q, parts, 10)
				if len(got) != len(want) {
					t.Fatalf("%d hits, want %d", len(got), len(want))
				}
				for i := range want {
					if math.Abs(got[i].Score-want[i].Score) > 1e-9 {
						t.Fatalf("hit %d: %+v, want %+v", i, got[i], want[i])
					}
				}
			}
		})
	}
}

func TestEqualRowsRankByPlace(t *testing.T) {
	v := []float32{1, 2, 3}
	columns := &Parts{Dim: 3}
	for range 300 {
		columns.Append(v)
	}
	columns.Seal(model.Cosine)
	var s Searcher
	s.Prepare(v, model.Cosine, []Part{{Parts: columns}, {Parts: columns}})
	for i, h := range s.Top(nil, 10, never) {
		if h.Part != 0 || h.Row != uint32(i) || math.Abs(h.Score-1) > 1e-12 {
			t.Fatalf("hit %d is %+v", i, h)
		}
	}
}

func TestStopEndsTheScan(t *testing.T) {
	columns := &Parts{Dim: 4}
	for range 3 * chunkRows {
		columns.Append([]float32{1, 0, 0, 0})
	}
	columns.Seal(model.Cosine)
	var s Searcher
	s.Prepare([]float32{1, 0, 0, 0}, model.Cosine, []Part{{Parts: columns}})
	asked := 0
	s.Top(nil, 1, func() bool { asked++; return asked > 2 })
	if asked != 3 {
		t.Fatalf("asked %d times, want 3", asked)
	}
}

func TestAppendFromCopiesARowExactly(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	a, b := &Parts{Dim: 33}, &Parts{Dim: 33}
	for range 5 {
		a.Append(randomVector(r, 33))
	}
	for row := range 5 {
		b.AppendFrom(a, row)
	}
	a.Seal(model.Cosine)
	b.Seal(model.Cosine)
	if !slices.Equal(a.Codes, b.Codes) || !slices.Equal(a.Vectors, b.Vectors) || !slices.Equal(a.Scales, b.Scales) || !slices.Equal(a.InvNorms, b.InvNorms) {
		t.Fatal("rows differ")
	}
}
