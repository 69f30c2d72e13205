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
	rows := Rows{Dim: dim, Factors: make([]float32, count)}
	for i := range count {
		c := r.IntN(centres) * dim
		for j := range dim {
			rows.Vectors = append(rows.Vectors, middle[c+j]+float32(r.NormFloat64()*.3))
		}
		if i%13 != 5 {
			rows.Factors[i] = .5
		}
	}
	return rows
}

func TestEveryRowWithAFactorIsInTwoLists(t *testing.T) {
	for _, c := range []struct{ rows, dim, lists int }{{0, 8, 16}, {1, 8, 16}, {15, 3, 16}, {900, 5, 32}, {3000, 48, 64}} {
		rows := clustered(c.rows, c.dim, 20, 7)
		lists, ok := Divide(rows, c.lists, never)
		if !ok || len(lists.Starts) != c.lists+1 || len(lists.Centroids) != c.lists*c.dim {
			t.Fatalf("%+v: %v, %d starts", c, ok, len(lists.Starts))
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
func distance(rows Rows, lists Lists, row, list int) (sum float64) {
	for j, x := range rows.Vectors[row*rows.Dim:][:rows.Dim] {
		d := float64(x*rows.Factors[row]) - float64(lists.Centroids[list*rows.Dim+j])
		sum += d * d
	}
	return sum
}

func TestARowIsInTheListOfItsNearestCentroid(t *testing.T) {
	rows := clustered(4000, 32, 60, 3)
	lists, _ := Divide(rows, 64, never)
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
			if distance(rows, lists, row, l) < distance(rows, lists, row, nearest) {
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
	lists, _ := Divide(rows, 32, never)
	var within, whole float64
	mean := Lists{Centroids: make([]float32, rows.Dim)}
	for i, x := range rows.Vectors {
		mean.Centroids[i%rows.Dim] += x * .5 / 6000
	}
	for row, f := range rows.Factors {
		if f == 0 {
			continue
		}
		nearest := distance(rows, lists, row, 0)
		for l := range 32 {
			nearest = min(nearest, distance(rows, lists, row, l))
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
	lists, _ := Divide(rows, 48, never)
	sum := crc32.NewIEEE()
	binary.Write(sum, binary.LittleEndian, lists.Centroids)
	binary.Write(sum, binary.LittleEndian, lists.Starts)
	binary.Write(sum, binary.LittleEndian, lists.Rows)
	if got, want := sum.Sum32(), uint32(0xb5d570fa); got != want {
		t.Errorf("lists have checksum %#x, want %#x as on the other CPUs", got, want)
	}
}

func TestIdenticalRowsDoNotStopIt(t *testing.T) {
	rows := Rows{Dim: 4, Vectors: make([]float32, 4*200), Factors: make([]float32, 200)}
	for i := range rows.Vectors {
		rows.Vectors[i], rows.Factors[i/4] = 1, 1
	}
	if lists, ok := Divide(rows, 16, never); !ok || len(lists.Rows) != 400 {
		t.Fatalf("%v, %d", ok, len(lists.Rows))
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
	asked := 0
	if _, ok := Divide(clustered(1000, 8, 9, 1), 16, func() bool { asked++; return asked > 3 }); ok || asked != 4 {
		t.Fatalf("ok %v after %d questions", ok, asked)
	}
}

func BenchmarkDivide(b *testing.B) {
	rows := clustered(20_000, 384, 300, 2)
	for b.Loop() {
		if lists, ok := Divide(rows, Count(20_000), never); !ok || len(lists.Rows) == 0 {
			b.Fatal("not divided")
		}
	}
}
