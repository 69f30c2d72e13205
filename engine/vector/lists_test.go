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

// divided makes lists of all rows of parts.
func divided(t testing.TB, metric model.Metric, parts ...Part) *Lists {
	lists := Divide(metric, columnsOf(parts), nil, nil, never)
	if err := lists.Check(rowCounts(parts)); err != nil {
		t.Fatal(err)
	}
	return lists
}

func columnsOf(parts []Part) (list []*Parts) {
	for _, p := range parts {
		list = append(list, p.Parts)
	}
	return list
}

func rowCounts(parts []Part) (list []int) {
	for _, p := range parts {
		list = append(list, p.RowCount())
	}
	return list
}

// allOf says of lists of parts that these are those of the search, in order.
func allOf(parts []Part) (list []int32) {
	for i := range parts {
		list = append(list, int32(i))
	}
	return list
}

// byLists has a search use lists, however few rows these are of.
func byLists(s *Searcher, lists *Lists, parts []int32) {
	s.UseLists(lists, parts)
	s.AlwaysLists = true
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

// moved returns a question near a row.
func moved(r *rand.Rand, row []float32, by float32) []float32 {
	q := slices.Clone(row)
	for j, x := range uniform(r, len(row)) {
		q[j] += x * by
	}
	return q
}

func TestListsAndOtherPartsAreSearchedTogether(t *testing.T) {
	for _, metric := range metrics {
		t.Run(metric.String(), func(t *testing.T) {
			r := rand.New(rand.NewPCG(21, 21))
			all := clustered(r, 96, 7000)
			parts := partsOf(metric, all, 3000, 2200, 300, 1500)
			lists := divided(t, metric, parts[3], parts[0])
			for i := range parts {
				parts[i].Dead = randomSet(r, parts[i].RowCount(), .1)
			}
			parts[0].Allow = randomSet(r, 3000, .4)
			var s Searcher
			var sum float64
			const count = 30
			for i := range count {
				q := moved(r, all[i*200], 1)
				s.Prepare(q, metric, parts)
				byLists(&s, lists, []int32{3, 0})
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

// A part that is gone leaves rows in the lists, and another in its place has its own codes.
func TestRowsOfAPartThatIsGoneAreNotFound(t *testing.T) {
	r := rand.New(rand.NewPCG(28, 28))
	all := clustered(r, 64, 6000)
	parts := partsOf(model.Cosine, all, 2000, 2000, 2000)
	lists := divided(t, model.Cosine, parts...)
	now := []Part{parts[0], partsOf(model.Cosine, clustered(r, 64, 2500), 2500)[0], parts[2]}
	var s Searcher
	var sum float64
	const count = 30
	for i := range count {
		q := moved(r, all[i*200], .5)
		s.Prepare(q, model.Cosine, now)
		byLists(&s, lists, []int32{0, -1, 2})
		got := s.Top(nil, 10, never)
		distinct(t, got)
		sum += recall(t, model.Cosine, q, now, got, exactBy(model.Cosine, q, now, 10))
	}
	if sum/count < .98 {
		t.Errorf("recall %.3f", sum/count)
	}
}

func TestFilteredListsFindTheNearestOfWhatIsAllowed(t *testing.T) {
	r := rand.New(rand.NewPCG(22, 22))
	all := clustered(r, 64, 12_000)
	parts := partsOf(model.Cosine, all, 7000, 5000)
	lists := divided(t, model.Cosine, parts...)
	var s Searcher
	for _, share := range []float64{.5, .1, .03, .001} {
		var sum float64
		const count = 20
		for range count {
			for i := range parts {
				parts[i].Allow = randomSet(r, parts[i].RowCount(), share)
			}
			parts[0].Allow.Add(7) // one at least
			q := moved(r, all[r.IntN(len(all))], 1)
			s.Prepare(q, model.Cosine, parts)
			byLists(&s, lists, allOf(parts))
			got := s.Top(nil, 10, never)
			distinct(t, got)
			sum += recall(t, model.Cosine, q, parts, got, exactBy(model.Cosine, q, parts, 10))
		}
		if sum/count < .98 {
			t.Errorf("share %g: recall %.3f", share, sum/count)
		}
	}
}

// A scan of all codes takes no longer where the places that have to bring nothing are many
// beside all rows: of few rows, of those that a filter lets through, and where many are wanted.
func TestListsAreNotReadWhereAScanOfAllCodesIsLessWork(t *testing.T) {
	r := rand.New(rand.NewPCG(31, 31))
	all := scattered(r, 128, 135_000)
	parts := partsOf(model.Cosine, all, 65_536, 65_536, 3928)
	small := divided(t, model.Cosine, parts[2])
	large := divided(t, model.Cosine, parts[:2]...)
	var s Searcher
	ask := func(lists *Lists, at []int32, k int) (estimated int) {
		q := all[70]
		s.Prepare(q, model.Cosine, parts)
		s.UseLists(lists, at)
		got := s.Top(nil, k, never)
		distinct(t, got)
		if len(got) != k || !parts[0].Visible(70) || got[0].Row != 70 {
			t.Fatalf("%v", got)
		}
		return s.Estimated
	}
	every := 2*65_536 + 3968
	if n := ask(small, []int32{2}, 10); n != every {
		t.Errorf("lists of 3,928 rows: %d codes, want %d", n, every)
	}
	if n := ask(large, []int32{0, 1}, 10); n == every {
		t.Error("lists of 131,072 rows were not read")
	}
	if n := ask(large, []int32{0, 1}, 200); n != every {
		t.Errorf("200 rows: %d codes, want %d", n, every)
	}
	for i := range parts[:2] {
		parts[i].Allow = randomSet(r, 65_536, .15)
		parts[i].Allow.Add(70)
	}
	if n := ask(large, []int32{0, 1}, 10); n != every {
		t.Errorf("three rows in twenty: %d codes, want %d", n, every)
	}
}

// Of a part of which few rows are allowed these are computed in full; the lists leave them out.
func TestRowsThatWereComputedInFullAreNotFoundTwice(t *testing.T) {
	r := rand.New(rand.NewPCG(32, 32))
	all := clustered(r, 64, 6000)
	parts := partsOf(model.Cosine, all, 3000, 3000)
	lists := divided(t, model.Cosine, parts...)
	parts[0].Allow = rows.NewSet(3000)
	for row := range 20 {
		parts[0].Allow.Add(row)
	}
	var s Searcher
	for row := range 20 {
		q := moved(r, all[row], .1)
		s.Prepare(q, model.Cosine, parts)
		byLists(&s, lists, allOf(parts))
		got := s.Top(nil, 30, never)
		distinct(t, got)
		recall(t, model.Cosine, q, parts, got, exactBy(model.Cosine, q, parts, 30))
	}
}

// scattered returns rows of ten times as many clusters.
func scattered(r *rand.Rand, dim, count int) (all [][]float32) {
	for range 10 {
		all = append(all, clustered(r, dim, count/10)...)
	}
	return all
}

// The lists that are left are given up, and that costs little.
func TestSomeOfTheListsHoldTheNearest(t *testing.T) {
	if testing.Short() {
		t.Skip("80,000 rows are divided into lists")
	}
	r := rand.New(rand.NewPCG(23, 23))
	all := scattered(r, 128, 80_000)
	parts := partsOf(model.Cosine, all, 30_000, 50_000)
	lists := divided(t, model.Cosine, parts...)
	var s Searcher
	var sum float64
	read := 0
	const count = 40
	for i := range count {
		q := moved(r, all[i*1997], .3)
		s.Prepare(q, model.Cosine, parts)
		byLists(&s, lists, allOf(parts))
		got := s.Top(nil, 10, never)
		read += s.Estimated
		sum += recall(t, model.Cosine, q, parts, got, exactBy(model.Cosine, q, parts, 10))
	}
	if sum/count < .98 || read/count > len(lists.Rows)/2 {
		t.Errorf("recall %.3f after %d of %d places", sum/count, read/count, len(lists.Rows))
	}
}

// members returns the rows of every list, as part and row.
func members(l *Lists) (lists [][]rows.Ref) {
	for i := range l.count() {
		var list []rows.Ref
		for _, number := range l.Rows[l.Starts[i]:l.Starts[i+1]] {
			if number != quant.NoRow {
				part := l.partOf(number)
				list = append(list, rows.Ref{Part: int32(part), Row: number - l.Firsts[part]})
			}
		}
		lists = append(lists, list)
	}
	return lists
}

func TestRowsStayInTheirListsWhenOthersCome(t *testing.T) {
	for _, metric := range metrics {
		r := rand.New(rand.NewPCG(29, 29))
		all := clustered(r, 64, 9000)
		parts := partsOf(metric, all, 3000, 1000, 3000, 2000)
		before := divided(t, metric, parts[:3]...)
		// The second is gone, the last is new, and they stand in another order.
		now, was := []Part{parts[2], parts[3], parts[0]}, []int{2, -1, 0}
		after := Divide(metric, columnsOf(now), before, was, never)
		if err := after.Check(rowCounts(now)); err != nil {
			t.Fatal(err)
		}
		if !after.Outlived || after.LearntFrom != 7000 || !slices.Equal(after.Codes, before.Codes) || !slices.Equal(after.Halves, before.Halves) {
			t.Fatalf("%v: other centroids, learnt from %d rows", metric, after.LearntFrom)
		}
		becomes := map[int32]int32{2: 0, 0: 2}
		times := map[rows.Ref]int{}
		for i, list := range members(after) {
			var stayed, want []rows.Ref
			for _, ref := range list {
				times[ref]++
				if ref.Part != 1 {
					stayed = append(stayed, ref)
				}
			}
			for _, ref := range members(before)[i] {
				if part, ok := becomes[ref.Part]; ok {
					want = append(want, rows.Ref{Part: part, Row: ref.Row})
				}
			}
			slices.SortFunc(want, rows.Ref.Compare)
			if !slices.Equal(stayed, want) {
				t.Fatalf("%v: list %d has %d rows of before, want %d", metric, i, len(stayed), len(want))
			}
		}
		for part := range now {
			for row := range now[part].RowCount() {
				want := map[bool]int{true: 2}[now[part].Has(row)]
				if n := times[rows.Ref{Part: int32(part), Row: uint32(row)}]; n != want {
					t.Fatalf("%v: row %d of part %d is in %d lists, want %d", metric, row, part, n, want)
				}
			}
		}
		var s Searcher
		var sum float64
		const count = 20
		for i := range count {
			q := moved(r, all[i*400], 1)
			s.Prepare(q, metric, now)
			byLists(&s, after, allOf(now))
			got := s.Top(nil, 10, never)
			distinct(t, got)
			sum += recall(t, metric, q, now, got, exactBy(metric, q, now, 10))
		}
		if sum/count < .98 {
			t.Errorf("%v: recall %.3f", metric, sum/count)
		}
	}
}

func TestRowsAreDividedAnewWhenTwiceAsManyOrHalfAreLeft(t *testing.T) {
	r := rand.New(rand.NewPCG(30, 30))
	parts := partsOf(model.Cosine, clustered(r, 64, 8000), 2000, 1900, 100, 4000)
	before := divided(t, model.Cosine, parts[0], parts[1], parts[2])
	for _, c := range []struct {
		parts []Part
		was   []int
		want  uint64
	}{{parts[:3], []int{0, 1, 2}, 4000}, {parts, []int{0, 1, 2, -1}, 8000}, {parts[1:3], []int{1, 2}, 2000}, {parts[1:], []int{1, 2, -1}, 6000}} {
		after := Divide(model.Cosine, columnsOf(c.parts), before, c.was, never)
		if after.LearntFrom != c.want {
			t.Errorf("%d parts: learnt from %d rows, want %d", len(c.parts), after.LearntFrom, c.want)
		}
		if err := after.Check(rowCounts(c.parts)); err != nil {
			t.Error(err)
		}
	}
}

func TestListsGiveTheSameHitsOnEveryCPU(t *testing.T) {
	r := rand.New(rand.NewPCG(24, 24))
	h := fnv.New64a()
	for _, metric := range metrics {
		all := clustered(r, 72, 2500)
		parts := partsOf(metric, all, 2500)
		lists := divided(t, metric, parts...)
		parts[0].Dead = rows.NewSet(2500)
		parts[0].Dead.Add(5)
		var s Searcher
		for i := range 10 {
			s.Prepare(all[i*77], metric, parts)
			byLists(&s, lists, allOf(parts))
			for _, hit := range s.Top(nil, 20, never) {
				fmt.Fprintf(h, "%d %x,", hit.Row, math.Float64bits(hit.Score))
			}
			fmt.Fprintf(h, "%d %d\n", s.Rescored, s.Estimated)
		}
	}
	const want = 0xaae12cdf0a7fd80d
	if got := h.Sum64(); got != want {
		t.Fatalf("hits are %#x, want %#x", got, uint64(want))
	}
}

func TestStopEndsTheSearchOfListsAndTheirMaking(t *testing.T) {
	r := rand.New(rand.NewPCG(26, 26))
	parts := partsOf(model.Cosine, clustered(r, 64, 4000), 4000)
	lists := divided(t, model.Cosine, parts...)
	var s Searcher
	s.Prepare(parts[0].Vector(0), model.Cosine, parts)
	byLists(&s, lists, allOf(parts))
	asked := 0
	s.Top(nil, 1, func() bool { asked++; return asked > 2 })
	if asked != 3 {
		t.Fatalf("asked %d times, want 3", asked)
	}
	for _, before := range []*Lists{nil, lists} {
		most := 0
		Divide(model.Cosine, columnsOf(parts), before, []int{0}, func() bool { most++; return false })
		for stopAt := 1; stopAt <= most; stopAt += max(1, most/20) {
			asked := 0
			if Divide(model.Cosine, columnsOf(parts), before, []int{0}, func() bool { asked++; return asked >= stopAt }) != nil || asked != stopAt {
				t.Fatalf("lists were made although it was told to stop at the %d-th of %d questions; %d were asked", stopAt, most, asked)
			}
		}
	}
}

func TestDamagedListsAreRefused(t *testing.T) {
	r := rand.New(rand.NewPCG(27, 27))
	parts := partsOf(model.L2, clustered(r, 64, 1500), 1000, 500)
	for name, damage := range map[string]func(*Lists){
		"row beyond the last":   func(l *Lists) { l.Rows[0] = 1536 },
		"row between two parts": func(l *Lists) { l.Rows[0] = 1000 },
		"code of no row":        func(l *Lists) { l.Rows[0] = quant.NoRow },
		"parts that overlap":    func(l *Lists) { l.Firsts[1] -= 64 },
		"parts that begin late": func(l *Lists) { l.Firsts[0] = 64 },
		"a part too many":       func(l *Lists) { l.Firsts = append(l.Firsts, l.Firsts[2]+64) },
		"starts that descend":   func(l *Lists) { l.Starts[1] = l.Starts[2] + 64 },
		"start within a block":  func(l *Lists) { l.Starts[1]++ },
		"places cut off":        func(l *Lists) { l.Rows = l.Rows[:len(l.Rows)-64] },
		"codes cut off":         func(l *Lists) { l.Codes = l.Codes[1:] },
		"no scales":             func(l *Lists) { l.Scales = nil },
		"no lists":              func(l *Lists) { l.Starts, l.Codes, l.Scales, l.Halves = nil, nil, nil, nil },
		"no squares of lists":   func(l *Lists) { l.Halves = nil },
		"bits cut off":          func(l *Lists) { l.Bits.Blocks = l.Bits.Blocks[64:] },
		"a centroid":            func(l *Lists) { l.Bits.Centroid = make([]float32, 64) },
		"another dimension":     func(l *Lists) { l.Dim = 128 },
		"lists that are no 16": func(l *Lists) {
			l.Starts, l.Codes, l.Scales, l.Halves = l.Starts[1:], l.Codes[64:], l.Scales[1:], l.Halves[1:]
		},
		"no dimension":              func(l *Lists) { l.Dim = 0 },
		"bits of another dimension": func(l *Lists) { l.Bits.Dim = 56 },
	} {
		l := divided(t, model.L2, parts...)
		damage(l)
		if l.Check([]int{1000, 500}) == nil {
			t.Errorf("%s: not noticed", name)
		}
	}
	if l := divided(t, model.L2, parts...); l.Check([]int{1000}) == nil || l.Check([]int{1000, 564}) == nil {
		t.Error("lists of other parts are taken")
	}
}

// TestListsAreReadNearestFirstHoweverManyThereAre: they are put in order orderedLists at first, then more.
func TestListsAreReadNearestFirstHoweverManyThereAre(t *testing.T) {
	parts := partsOf(model.Cosine, clustered(rand.New(rand.NewPCG(21, 21)), 128, 60_000), 60_000)
	lists := divided(t, model.Cosine, parts...)
	if n := lists.count(); n <= 3*orderedLists {
		t.Fatalf("%d lists", n)
	}
	var s Searcher
	s.Prepare(parts[0].Vector(5), model.Cosine, parts)
	byLists(&s, lists, allOf(parts))
	s.prepareLists()
	last, read := float32(math.Inf(1)), 0
	for order := s.nearLists(); len(order) > 0; order = s.lister.next() {
		for _, list := range order {
			near := s.lister.near[list]
			if !(near <= last) {
				t.Fatalf("list %d, the %d-th that is read, is as near as %v after one of %v", list, read, near, last)
			}
			last, s.lister.near[list] = near, float32(math.NaN())
			read++
		}
	}
	if read != lists.count() {
		t.Errorf("%d of %d lists were read", read, lists.count())
	}
}

// TestMoreEffortFindsMoreOfTheNearestAndReadsMore, flat by rescoring more, in lists by reading them longer too.
func TestMoreEffortFindsMoreOfTheNearestAndReadsMore(t *testing.T) {
	r := rand.New(rand.NewPCG(41, 41))
	all := scattered(r, 128, 60_000)
	parts := partsOf(model.Cosine, all, 60_000)
	lists := divided(t, model.Cosine, parts...)
	var queries [][]float32
	var least []float64 // of the exact ten
	for q := range 40 {
		queries = append(queries, moved(r, all[q*1499], .6))
		least = append(least, exact(queries[q], parts, 10)[9].Score)
	}
	for _, in := range []*Lists{nil, lists} {
		var found, work, codes []int
		for _, effort := range []float64{1. / 16, 0, 16} {
			s := Searcher{Effort: effort, AlwaysLists: true}
			hit, read, estimated := 0, 0, 0
			for q, query := range queries {
				s.Prepare(query, model.Cosine, parts)
				if in != nil {
					s.UseLists(in, allOf(parts))
				}
				got := s.Top(nil, 10, never)
				distinct(t, got)
				for _, h := range got {
					if h.Score >= least[q]-1e-9 {
						hit++
					}
				}
				read += s.Estimated + s.Rescored
				estimated += s.Estimated
			}
			found, work, codes = append(found, hit), append(work, read), append(codes, estimated)
		}
		if in != nil && !(codes[0] < codes[1] && codes[1] < codes[2]) {
			t.Errorf("codes of lists read: %v", codes)
		}
		if !(found[0] < found[1] && found[1] <= found[2] && found[2] >= 398) || !(work[0] < work[1] && work[1] < work[2]) {
			t.Errorf("lists %v: %v of 400 are found, %v codes and rows read", in != nil, found, work)
		}
	}
}

// TestEffortOneIsTheUsual: 0 and 1 find the same, by the same work; loosely half as many places have to bring nothing.
func TestEffortOneIsTheUsual(t *testing.T) {
	all := clustered(rand.New(rand.NewPCG(43, 43)), 96, 4000)
	parts := partsOf(model.Cosine, all, 4000)
	lists := divided(t, model.Cosine, parts...)
	usual, one := Searcher{}, Searcher{Effort: 1}
	loose := Searcher{Loose: true}
	for i := range 20 {
		var hits [2][]rows.Hit
		loose.Prepare(all[i*31], model.Cosine, parts)
		byLists(&loose, lists, allOf(parts))
		loose.Top(nil, 10, never)
		for n, s := range []*Searcher{&usual, &one} {
			s.Prepare(all[i*31], model.Cosine, parts)
			byLists(s, lists, allOf(parts))
			hits[n] = s.Top(nil, 10, never)
		}
		if !slices.Equal(hits[0], hits[1]) || usual.Estimated != one.Estimated || usual.Rescored != one.Rescored {
			t.Fatalf("question %d: %v by %d codes, %v by %d", i, hits[0], usual.Estimated, hits[1], one.Estimated)
		}
		if usual.lister.enough/2 != loose.lister.enough {
			t.Fatalf("%d places have to bring nothing, loosely %d", usual.lister.enough, loose.lister.enough)
		}
	}
}

func TestInsertKeepsTheLargestInOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(44, 44))
	for _, n := range []int{1, 2, 16, 17, 40, 100} {
		kept, all := make([]float32, n), []float32(nil)
		fill(kept, float32(math.Inf(-1)))
		for range 5 * n {
			x := float32(r.IntN(3 * n))
			all = append(all, x)
			if x > kept[0] {
				insert(kept, x)
			}
		}
		slices.Sort(all)
		if !slices.Equal(kept, all[len(all)-n:]) {
			t.Errorf("of %d: %v, want %v", n, kept, all[len(all)-n:])
		}
	}
}

// TestAFilterThatLiesFarFromTheQuestionIsMet: where all that may be returned is in lists that are read
// last, it is found by whatever effort, and no lists are given up for what may not be returned.
func TestAFilterThatLiesFarFromTheQuestionIsMet(t *testing.T) {
	r := rand.New(rand.NewPCG(46, 46))
	near, far := uniform(r, 128), make([]float32, 128)
	for j, x := range near {
		far[j] = -x
	}
	const count = 40_000
	all := make([][]float32, count)
	for i := range all {
		if all[i] = moved(r, near, .8); i%5 == 0 {
			all[i] = moved(r, far, .8)
		}
	}
	for _, metric := range metrics {
		parts := partsOf(metric, all, count)
		lists := divided(t, metric, parts...)
		parts[0].Allow = rows.NewSet(count)
		for i := 0; i < count; i += 5 {
			parts[0].Allow.Add(i)
		}
		for _, s := range []*Searcher{{}, {Effort: 1. / 16}, {Loose: true}} {
			s.AlwaysLists = true
			hit := 0
			for range 10 {
				query := moved(r, near, .8)
				s.Prepare(query, metric, parts)
				s.UseLists(lists, allOf(parts))
				got := s.Top(nil, 10, never)
				distinct(t, got)
				want := exactBy(metric, query, parts, 10)
				if len(got) != 10 {
					t.Fatalf("%v, effort %v: %d hits", metric, s.Effort, len(got))
				}
				for _, h := range got {
					if h.Score >= want[9].Score-1e-9 {
						hit++
					}
				}
			}
			if least := map[bool]int{true: 20, false: 80}[s.Effort > 0 || s.Loose]; hit < least {
				t.Errorf("%v, effort %v, loosely %v: %d of 100 are found", metric, s.Effort, s.Loose, hit)
			}
		}
	}
}

// TestOneSearcherServesQuestionsOfAnyLimit: what the last one watched is not in the way.
func TestOneSearcherServesQuestionsOfAnyLimit(t *testing.T) {
	r := rand.New(rand.NewPCG(47, 47))
	all := scattered(r, 96, 20_000)
	parts := partsOf(model.Cosine, all, 20_000)
	lists := divided(t, model.Cosine, parts...)
	used := Searcher{AlwaysLists: true}
	for i := range 40 {
		fresh := Searcher{AlwaysLists: true}
		k, loose, query := []int{100, 1, 10}[i%3], i%2 == 0, moved(r, all[i*400], .5)
		var hits [2][]rows.Hit
		var read [2]int
		for n, s := range []*Searcher{&used, &fresh} {
			s.Loose = loose
			s.Prepare(query, model.Cosine, parts)
			s.UseLists(lists, allOf(parts))
			hits[n], read[n] = s.Top(nil, k, never), s.Estimated
		}
		if !slices.Equal(hits[0], hits[1]) || read[0] != read[1] {
			t.Fatalf("question %d for %d: %d codes by a used searcher, %d by a fresh one", i, k, read[0], read[1])
		}
	}
}
