package vector

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/nexus-memory/nexus/engine/model"
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
					var s Searcher
					s.Prepare(query, metric, parts)
					got, want := s.Top(nil, k, never), inFull(query, metric, parts)
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

// TestFewRowsOfAboutOneLengthAreRankedAsIfAllWereComputedInFull does so for rows whose
// lengths are not looked at, as they differ by nothing or by up to a thousandth, and for
// others, with scores of either sign that differ by less than float32 tells.
func TestFewRowsOfAboutOneLengthAreRankedAsIfAllWereComputedInFull(t *testing.T) {
	const dim, rowCount = 160, 6000
	r := rand.New(rand.NewPCG(15, 16))
	base := uniform(r, dim)
	for _, apart := range []float64{0, 1e-7, 9e-4, .5} {
		for name, closeness := range map[string]float32{"usual": 1, "near": 1e-6} {
			for _, metric := range metrics[:2] {
				p := &Parts{Dim: dim}
				for range rowCount {
					v := uniform(r, dim)
					for j := range v {
						v[j] = float32(v[j]*closeness) + float32(base[j]*(1-closeness))
					}
					p.Append(scaled(v, float32((1-apart*r.Float64())*3*invNorm(v))))
				}
				p.Seal(metric)
				if least, _ := p.Lengths.inverses(); least > 0 != (apart < 1e-3) {
					t.Fatalf("lengths of 3, apart by %g: %g and more", apart, 1/least)
				}
				parts := sparseParts(r, []Part{{Parts: p}}, 40)
				for _, query := range [][]float32{base, scaled(base, -2), uniform(r, dim)} {
					for _, k := range []int{1, 10, 64} {
						var s Searcher
						s.Prepare(query, metric, parts)
						got, want := s.Top(nil, k, never), inFull(query, metric, parts)
						if !slices.Equal(got, want[:k]) {
							t.Fatalf("%s, %g apart, %v, k %d:\n%v, want\n%v", name, apart, metric, k, got, want[:k])
						}
						if name == "usual" && apart < 1e-6 && s.Rescored > 2*k+10 {
							t.Fatalf("%g apart, %v, k %d: %d rows of %d were computed in full", apart, metric, k, s.Rescored, len(want))
						}
					}
				}
			}
		}
	}
}

// inFull ranks all visible rows by the exact scores.
func inFull(query []float32, metric model.Metric, parts []Part) (hits []rows.Hit) {
	var s Searcher
	s.Prepare(query, metric, parts)
	for part := range parts {
		for row := range parts[part].RowCount() {
			if ref := (rows.Ref{Part: int32(part), Row: uint32(row)}); parts[part].Visible(row) && parts[part].Has(row) {
				hits = append(hits, rows.Hit{Ref: ref, Score: scoreOf(&s, ref)})
			}
		}
	}
	slices.SortFunc(hits, rows.Hit.Compare)
	return hits
}

func scaled(v []float32, factor float32) []float32 {
	w := slices.Clone(v)
	for i := range w {
		w[i] *= factor
	}
	return w
}

func TestLengthsThatDifferOrAreMissingAreNotTakenForOne(t *testing.T) {
	for name, inverses := range map[string][]float64{
		"none": nil, "a row without vector": {1, 0, 1}, "two lengths": {1, 1.002}, "no number": {1, math.NaN()},
		"tiny rows": {1e39, 1e39}, "huge rows": {1e-39, 1e-39},
	} {
		l := new(Lengths)
		l.learn(inverses)
		if least, most := l.inverses(); least != 0 || most != 0 {
			t.Errorf("%s: %g to %g", name, least, most)
		}
	}
	l := new(Lengths)
	l.learn([]float64{1.0005, 1, 1.0001})
	if least, most := l.inverses(); least > 1 || least < 1-1e-6 || most < 1.0005 || most > 1.0005+1e-6 {
		t.Errorf("1 to 1.0005: %.9f to %.9f", least, most)
	}
}

// TestATakenListIsTheSet takes sets of all densities, with bits behind the last row too.
func TestATakenListIsTheSet(t *testing.T) {
	r := rand.New(rand.NewPCG(17, 18))
	var f sparse
	for range 3000 {
		rowCount, most := r.IntN(3000), r.IntN(300)
		set, want := rows.NewSet(rowCount), []uint32{}
		for at, share := r.IntN(rowCount+1), r.IntN(60); at < 64*len(set); at += 1 + r.IntN(1+share) {
			set.Add(at)
			if at < rowCount {
				want = append(want, uint32(at))
			}
		}
		took := f.take(set, rowCount, most)
		if few := len(want) <= most; took != few && (took || set.Count() <= most) || took && !slices.Equal(f.rows, want) {
			t.Fatalf("%d rows of %d, at most %d: took %v, %v, want %v", len(want), rowCount, most, took, f.rows, want)
		}
	}
}

// Few rows are computed in full wherever they lie, but for a range, of which codes tell more.
func TestOneRowIn16IsNotEstimatedUnlessItLiesInARange(t *testing.T) {
	r := rand.New(rand.NewPCG(19, 20))
	const rowCount = 20000
	parts := partsOf(model.Cosine, clustered(r, 130, rowCount), rowCount)
	for name, filter := range map[string]struct {
		has       func(row int) bool
		estimated bool
	}{
		"one in 17":         {func(row int) bool { return row%17 == 3 }, false},
		"one in 15":         {func(row int) bool { return row%15 == 3 }, true},
		"a range of a 20th": {func(row int) bool { return row >= 9000 && row < 10000 }, true},
		"a range of a 40th": {func(row int) bool { return row >= 9000 && row < 9500 }, false},
	} {
		parts[0].Allow = rows.NewSet(rowCount)
		for row := range rowCount {
			if filter.has(row) {
				parts[0].Allow.Add(row)
			}
		}
		var s Searcher
		q := uniform(r, 130)
		s.Prepare(q, model.Cosine, parts)
		got := s.Top(nil, 10, never)
		if s.Estimated > 0 != filter.estimated {
			t.Errorf("%s: %d rows were estimated", name, s.Estimated)
		}
		if want := inFull(q, model.Cosine, parts)[:10]; !filter.estimated && !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

func TestMoreFewRowsThanAreSelectedAtOnceAreAllLookedAt(t *testing.T) {
	r := rand.New(rand.NewPCG(25, 26))
	const rowCount = 17 * (chunkRows + 300)
	p := &Parts{Dim: bitDim}
	for range rowCount {
		p.Append(uniform(r, bitDim))
	}
	p.Seal(model.Cosine)
	parts := []Part{{Parts: p, Filter: rows.Filter{Allow: rows.NewSet(rowCount)}}}
	for row := 5; row < rowCount; row += 17 {
		parts[0].Allow.Add(row)
	}
	var s Searcher
	for range 5 {
		q := uniform(r, bitDim)
		s.Prepare(q, model.Cosine, parts)
		got := s.Top(nil, 64, never)
		if want := inFull(q, model.Cosine, parts)[:64]; !slices.Equal(got, want) || s.Estimated > 0 {
			t.Fatalf("%d rows were estimated; got %v, want %v", s.Estimated, got, want)
		}
	}
}

func TestARowIsAskedForAtTheGateOnceWhereThatIsMarked(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 22))
	parts := sparseParts(r, partsOf(model.Cosine, clustered(r, 130, 6000), 6000), 40)
	passed := map[int]int{}
	parts[0].Gate = &Gate{Passed: make([]atomic.Uint64, 6000/64/2), Pass: func(row int) { passed[row]++ }}
	marked := 64 * len(parts[0].Gate.Passed)
	var s Searcher
	for range 3 {
		s.Prepare(uniform(r, 130), model.Cosine, parts)
		s.Top(nil, 10, never)
	}
	parts[0].Allow.Each(func(row int) {
		if n := passed[row]; n == 0 || row < marked && n != 1 || row >= marked && n < 3 {
			t.Errorf("row %d was asked for %d times", row, n)
		}
	})
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
