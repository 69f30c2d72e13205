package partition

import (
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"slices"
	"testing"
)

func never() bool { return false }

// clustered returns rows around centres, some of them without factor.
func clustered(count, dim, centres int, seed uint64) Rows {
	r := rand.New(rand.NewPCG(seed, 1))
	middle := make([]float32, centres*dim)
	for i := range middle {
		middle[i] = float32(r.NormFloat64())
	}
	rows, vectors := Rows{Dim: dim, Factors: make([]float32, count)}, make([]float32, 0, count*dim)
	for i := range count {
		c := r.IntN(centres) * dim
		for j := range dim {
			vectors = append(vectors, middle[c+j]+float32(r.NormFloat64()*.3))
		}
		if i%13 != 5 {
			rows.Factors[i] = .5
		}
	}
	rows.Vector = in(vectors, dim)
	return rows
}

// in returns the rows of one matrix.
func in(vectors []float32, dim int) func(uint32) []float32 {
	return func(row uint32) []float32 { return vectors[int(row)*dim:][:dim] }
}

// divide makes count lists, and their centroids.
func divide(rows Rows, count int) (centroids []float32, lists Lists) {
	centroids = Train(rows, count, never)
	lists, _ = Divide(rows, centroids, never)
	return centroids, lists
}

func TestEveryRowWithAFactorIsInTwoLists(t *testing.T) {
	for _, c := range []struct{ rows, dim, lists int }{{0, 8, 16}, {1, 8, 16}, {15, 3, 16}, {900, 5, 32}, {3000, 48, 64}} {
		rows := clustered(c.rows, c.dim, 20, 7)
		centroids, lists := divide(rows, c.lists)
		if len(lists.Starts) != c.lists+1 || len(centroids) != c.lists*c.dim {
			t.Fatalf("%+v: %d starts", c, len(lists.Starts))
		}
		times := make([]int, c.rows)
		for l := range c.lists {
			list := lists.Rows[lists.Starts[l]:lists.Starts[l+1]]
			for i, row := range list {
				if i > 0 && list[i-1] >= row {
					t.Fatalf("%+v: list %d is not ascending: %v", c, l, list)
				}
				times[row]++
			}
		}
		for row, n := range times {
			if want := map[bool]int{true: 2}[rows.Factors[row] != 0]; n != want {
				t.Fatalf("%+v: row %d is in %d lists, want %d", c, row, n, want)
			}
		}
	}
}

// distance is the squared distance of a row from the centroid of a list.
func distance(rows Rows, centroids []float32, row, list int) (sum float64) {
	for j, x := range rows.Vector(uint32(row)) {
		d := float64(x*rows.Factors[row]) - float64(centroids[list*rows.Dim+j])
		sum += d * d
	}
	return sum
}

func TestARowIsInTheListOfItsNearestCentroid(t *testing.T) {
	rows := clustered(4000, 32, 60, 3)
	centroids, lists := divide(rows, 64)
	in := make([][]int, 4000)
	for l := range 64 {
		for _, row := range lists.Rows[lists.Starts[l]:lists.Starts[l+1]] {
			in[row] = append(in[row], l)
		}
	}
	missed := 0
	for row, own := range in {
		if own == nil {
			continue
		}
		nearest := 0
		for l := range 64 {
			if distance(rows, centroids, row, l) < distance(rows, centroids, row, nearest) {
				nearest = l
			}
		}
		if !slices.Contains(own, nearest) {
			missed++ // INT8 cannot tell two that are equally near
		}
	}
	if missed > 40 {
		t.Errorf("%d of 4,000 rows are not with their nearest centroid", missed)
	}
}

func TestCentresOfClustersBecomeCentroids(t *testing.T) {
	rows := clustered(6000, 24, 16, 11)
	centroids := Train(rows, 32, never)
	var within, whole float64
	mean := make([]float32, rows.Dim)
	for row := range rows.Factors {
		for j, x := range rows.Vector(uint32(row)) {
			mean[j] += x * .5 / 6000
		}
	}
	for row, f := range rows.Factors {
		if f == 0 {
			continue
		}
		nearest := distance(rows, centroids, row, 0)
		for l := range 32 {
			nearest = min(nearest, distance(rows, centroids, row, l))
		}
		within += nearest
		whole += distance(rows, mean, row, 0)
	}
	// The noise is .3 of the spread of the centres: .09/1.09 of the variance.
	if share := within / whole; share > .1 {
		t.Errorf("%.3f of the variance is left within lists, want .09", share)
	}
}

func TestEqualRowsDivideOnEveryCPUAlike(t *testing.T) {
	rows := clustered(2500, 37, 30, 5)
	centroids, lists := divide(rows, 48)
	sum := crc32.NewIEEE()
	binary.Write(sum, binary.LittleEndian, centroids)
	binary.Write(sum, binary.LittleEndian, lists.Starts)
	binary.Write(sum, binary.LittleEndian, lists.Rows)
	if got, want := sum.Sum32(), uint32(0xb5d570fa); got != want {
		t.Errorf("lists have checksum %#x, want %#x as on the other CPUs", got, want)
	}
}

func TestIdenticalRowsDoNotStopIt(t *testing.T) {
	ones := slices.Repeat([]float32{1}, 4*200)
	rows := Rows{Dim: 4, Factors: ones[:200], Vector: in(ones, 4)}
	if _, lists := divide(rows, 16); len(lists.Rows) != 400 {
		t.Fatalf("%d places", len(lists.Rows))
	}
}

func TestVectorsTooSmallToScaleCountAsZeros(t *testing.T) {
	for _, x := range []float32{0, 1e-45, 3.7e-37} {
		codes := []int8{1, 1, 1}
		if scale := quantize([]float32{0, x, -x}, codes); scale != 0 || codes[0] != 0 || codes[1] != 0 || codes[2] != 0 {
			t.Errorf("%g: scale %g, codes %v", x, scale, codes)
		}
	}
	codes := make([]int8, 3)
	if scale := quantize([]float32{0, 4e-37, -4e-37}, codes); scale == 0 || codes[0] != 0 || codes[1] != 127 || codes[2] != -127 {
		t.Errorf("4e-37: scale %g, codes %v", scale, codes)
	}
}

func TestStopEndsDividing(t *testing.T) {
	rows, asked := clustered(1000, 8, 9, 1), 0
	stop := func() bool { asked++; return asked > 3 }
	if centroids := Train(rows, 16, stop); centroids != nil || asked != 4 {
		t.Fatalf("%d numbers after %d questions", len(centroids), asked)
	}
	asked = 0
	if _, ok := Divide(rows, make([]float32, 16*8), stop); ok || asked != 4 {
		t.Fatalf("ok %v after %d questions", ok, asked)
	}
}

func TestCountGrowsWithTheRowsAndBeyondAMillionAsTheirRoot(t *testing.T) {
	for rows, want := range map[int]int{0: 16, 5_000: 16, 131_072: 640, 1_000_000: 4992, 4_000_000: 10_000} {
		if got := Count(rows); got != want {
			t.Errorf("%d rows: %d lists, want %d", rows, got, want)
		}
	}
}

func BenchmarkDivide(b *testing.B) {
	rows := clustered(20_000, 384, 300, 2)
	for b.Loop() {
		if _, lists := divide(rows, Count(20_000)); len(lists.Rows) == 0 {
			b.Fatal("not divided")
		}
	}
}
