package vector

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nexus-memory/nexus/engine/rows"
)

// sparseParts are two parts, with 1-bit codes and without, of which few rows are visible.
func sparseParts(r *rand.Rand, parts []Part, one int) []Part {
	parts = slices.Clone(parts)
	for i := range parts {
		parts[i].Allow = rows.NewSet(parts[i].RowCount())
		for row := range parts[i].RowCount() {
			if r.IntN(one) == 0 {
				parts[i].Allow.Add(row)
			}
		}
	}
	return parts
}

// TestFewVisibleRowsAreRankedAsIfAllWereComputedInFull has rows that differ by less than
// float32 tells, equal ones, and ones whose products in float32 are zero or beyond all
// numbers: the answer is that of the definition, to the bit of every score, and few rows were computed.
func TestFewVisibleRowsAreRankedAsIfAllWereComputedInFull(t *testing.T) {
	const dim = 160
	r := rand.New(rand.NewPCG(5, 6))
	scaled := func(v []float32, factor float32) []float32 {
		w := slices.Clone(v)
		for i := range w {
			w[i] *= factor
		}
		return w
	}
	base := uniform(r, dim)
	kinds := map[string]func(i int) []float32{
		"usual": func(int) []float32 { return uniform(r, dim) },
		"near": func(i int) []float32 {
			v := slices.Clone(base)
			v[i%dim] += float32(i%7) * 1e-7
			return v
		},
		"equal":  func(int) []float32 { return base },
		"tiny":   func(int) []float32 { return scaled(uniform(r, dim), 1e-25) },
		"huge":   func(int) []float32 { return scaled(uniform(r, dim), 1e37) },
		"of all": func(i int) []float32 { return scaled(uniform(r, dim), float32(math.Pow(10, float64(i%60-30)))) },
	}
	for name, vector := range kinds {
		all := [][]float32{}
		for i := range 9000 {
			all = append(all, vector(i))
		}
		for _, metric := range metrics[:2] { // of distances all are computed in full
			parts := sparseParts(r, partsOf(metric, all, 6000, 3000), 40)
			queries := [][]float32{base, uniform(r, dim), scaled(uniform(r, dim), 1e-20)}
			if name == "huge" || name == "of all" {
				queries = append(queries, scaled(uniform(r, dim), 1e18))
			}
			for q, query := range queries {
				for _, k := range []int{1, 10, 64} {
					var s, full Searcher
					s.Prepare(query, metric, parts)
					got := s.Top(nil, k, never)
					full.Prepare(query, metric, parts)
					var want []rows.Hit
					for part := range parts {
						for row := range parts[part].RowCount() {
							if ref := (rows.Ref{Part: int32(part), Row: uint32(row)}); parts[part].Allow.Has(row) && parts[part].Has(row) {
								want = append(want, rows.Hit{Ref: ref, Score: scoreOf(&full, ref)})
							}
						}
					}
					slices.SortFunc(want, rows.Hit.Compare)
					visible := len(want)
					if want = want[:k]; !slices.Equal(got, want) {
						t.Fatalf("%s, %v, question %d, k %d:\n%v, want\n%v", name, metric, q, k, got, want)
					}
					if name == "usual" && q < 2 && s.Rescored > 3*k+10 {
						t.Fatalf("%v, k %d: %d rows of %d were computed in full", metric, k, s.Rescored, visible)
					}
				}
			}
		}
	}
}

// TestNoVectorIsReadThatTheGateHasNotLetThrough asks for all rows that an answer has, of
// parts of every kind, by every metric: each had been asked for at the gate.
func TestNoVectorIsReadThatTheGateHasNotLetThrough(t *testing.T) {
	const dim = 160
	r := rand.New(rand.NewPCG(7, 8))
	all := clustered(r, dim, 9000)
	for _, metric := range metrics {
		parts := partsOf(metric, all, 6000, 3000)
		passed := make([]map[int]bool, len(parts))
		for i := range parts {
			passed[i] = map[int]bool{}
			parts[i].Gate = &Gate{Pass: func(row int) { passed[i][row] = true }}
		}
		for name, asked := range map[string][]Part{"all": parts, "few": sparseParts(r, parts, 40)} {
			var s Searcher
			clear(passed[0])
			clear(passed[1])
			s.Prepare(uniform(r, dim), metric, asked)
			hits := s.Top(nil, 64, never)
			refs := []rows.Ref{}
			for _, h := range hits {
				refs = append(refs, h.Ref)
			}
			for _, ref := range refs {
				if !passed[ref.Part][int(ref.Row)] {
					t.Fatalf("%v, %s: row %v was read and not asked for", metric, name, ref)
				}
			}
			least := s.Rescored
			if name == "few" { // all are read, if in float32
				least = 0
				for i := range asked {
					for row := range asked[i].RowCount() {
						if asked[i].Visible(row) && asked[i].Has(row) {
							least++
						}
					}
				}
			}
			if count := len(passed[0]) + len(passed[1]); count < least || len(refs) != 64 {
				t.Fatalf("%v, %s: %d rows passed, %d were read, %d hits", metric, name, count, least, len(refs))
			}
			clear(passed[0])
			clear(passed[1])
			slices.SortFunc(refs, rows.Ref.Compare)
			s.Scores(nil, refs)
			if count := len(passed[0]) + len(passed[1]); count != 64 {
				t.Fatalf("%v, %s: %d rows passed, 64 were scored", metric, name, count)
			}
		}
	}
}
