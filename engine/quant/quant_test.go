package quant

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/nexus-memory/nexus/kernels"
)

func randomVector(r *rand.Rand, dim int) []float32 {
	v := make([]float32, dim)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

func dot(a, b []float32) float64 {
	var sum [1]float64
	kernels.DotScanF64(a, b, sum[:])
	return sum[0]
}

func TestRotationKeepsInnerProducts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, dim := range []int{1, 2, 3, 7, 8, 63, 64, 65, 100, 384, 768, 1536, 4096} {
		rotation := NewRotation(dim)
		a, b := randomVector(r, dim), randomVector(r, dim)
		want, size := dot(a, b), math.Sqrt(dot(a, a)*dot(b, b))
		rotation.Apply(a)
		rotation.Apply(b)
		if got := dot(a, b); math.Abs(got-want) > 1e-5*size {
			t.Errorf("dimension %d: inner product %g, was %g", dim, got, want)
		}
	}
}

// A vector of one number is the worst case for signs; rotated it must look like any other.
func TestRotationSpreadsASingleNumber(t *testing.T) {
	for _, dim := range []int{64, 100, 384, 1000} {
		rotation := NewRotation(dim)
		for at := 0; at < dim; at += 7 {
			v := make([]float32, dim)
			v[at] = 1
			rotation.Apply(v)
			var sum float64
			for _, x := range v {
				sum += math.Abs(float64(x))
			}
			// sqrt(2/pi) = .798 for a normal distribution, 1/sqrt(dim) before.
			if spread := sum / math.Sqrt(float64(dim)); spread < .6 {
				t.Fatalf("dimension %d, number %d: spread %.2f", dim, at, spread)
			}
		}
	}
}

// set is rows around a centre that is not zero; every ninth has none.
func set(dim, rowCount int, seed uint64) ([][]float32, Rows) {
	r := rand.New(rand.NewPCG(seed, 2))
	centre := randomVector(r, dim)
	all := make([][]float32, rowCount)
	for i := range all {
		all[i] = randomVector(r, dim)
		for j := range all[i] {
			all[i][j] += centre[j] / 2
		}
	}
	return all, func(i int) ([]float32, float64) {
		if i%9 == 4 {
			return all[i], 0
		}
		return all[i], 1 / math.Sqrt(dot(all[i], all[i]))
	}
}

// estimate returns what a search computes of the codes for a query.
func estimate(b *Bits, query []float32) []float32 {
	rotated := append([]float32(nil), query...)
	NewRotation(b.Dim).Apply(rotated)
	tables := make([]uint8, 32*kernels.BitColumns(b.Dim))
	delta := kernels.BuildBitTables(rotated, tables)
	out := make([]float32, len(b.Scales))
	kernels.RaBitQScan(tables, b.Blocks, delta, b.Scales, nil, out)
	constant := dot(rotated, b.Centroid)
	for i := range out {
		out[i] += float32(constant)
	}
	return out
}

func TestErrorsOfEstimatesAreAsBoundsSay(t *testing.T) {
	for _, dim := range []int{64, 100, 384} {
		all, rows := set(dim, 1000, 3)
		b := Build(dim, len(all), false, rows)
		if err := b.Check(len(all), 1); err != nil {
			t.Fatal(err)
		}
		r := rand.New(rand.NewPCG(4, 4))
		var sum, square, beyond, count float64
		for range 20 {
			q := randomVector(r, dim)
			size := math.Sqrt(dot(q, q))
			for i, got := range estimate(b, q) {
				if i >= len(all) || i%9 == 4 {
					if got == got {
						t.Fatalf("row %d has no vector and estimate %g", i, got)
					}
					continue
				}
				_, factor := rows(i)
				deviation := (float64(got) - dot(all[i], q)*factor) / (float64(b.Bound(i)) * size)
				sum, square, count = sum+deviation, square+deviation*deviation, count+1
				if math.Abs(deviation) > 1.9 {
					beyond++
				}
			}
		}
		// The deviation of a unit normal: mean 0, square 1, beyond 1.9 in .057.
		if mean := sum / count; math.Abs(mean) > .05 {
			t.Errorf("dimension %d: estimates are off by %.3f deviations in the mean", dim, mean)
		}
		if rms := math.Sqrt(square / count); rms < .9 || rms > 1.1 {
			t.Errorf("dimension %d: the error is %.3f of what the bounds say", dim, rms)
		}
		if share := beyond / count; share < .03 || share > .08 {
			t.Errorf("dimension %d: %.3f of the errors are beyond 1.9 deviations", dim, share)
		}
	}
}

func TestEstimateOfTheCentroidIsExact(t *testing.T) {
	v := []float32{3, 0, 4, 0, 0, 0, 0, 0, 0, 12}
	b := Build(len(v), 5, true, func(int) ([]float32, float64) { return v, 1. / 13 })
	for row := range 5 {
		if b.Bound(row) > 1e-6 || b.Squares[row] > 1e-12 {
			t.Fatalf("row %d: bound %g, square %g", row, b.Bound(row), b.Squares[row])
		}
	}
	if got := estimate(b, v)[2]; math.Abs(float64(got)-13) > 1e-4 {
		t.Fatalf("estimate %g, want 13", got)
	}
}

// TestCodesAreTheSameOnEveryCPU holds all bits of a build: codes are a file format.
func TestCodesAreTheSameOnEveryCPU(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	all := make([]float32, 130*100)
	for i := range all {
		all[i] = r.Float32() - .25 // NormFloat64 is not the same everywhere
	}
	b := Build(100, 130, true, func(i int) ([]float32, float64) { return all[i*100 : (i+1)*100], .125 })
	h := fnv.New64a()
	h.Write(b.Blocks)
	h.Write(b.Errors)
	for _, column := range [][]float32{b.Scales, b.Centroid, b.Squares} {
		for _, x := range column {
			if x != x {
				x = 0 // which NaN it is does not matter
			}
			bits := math.Float32bits(x)
			h.Write([]byte{byte(bits), byte(bits >> 8), byte(bits >> 16), byte(bits >> 24)})
		}
	}
	const want = 0xce6f47a7ec61a97c
	if got := h.Sum64(); got != want {
		t.Fatalf("codes are %#x, want %#x", got, uint64(want))
	}
}

func TestCheckRefusesColumnsThatDoNotFit(t *testing.T) {
	_, rows := set(10, 70, 6)
	for name, damage := range map[string]func(*Bits){
		"blocks": func(b *Bits) { b.Blocks = b.Blocks[1:] }, "scales": func(b *Bits) { b.Scales = b.Scales[1:] },
		"errors": func(b *Bits) { b.Errors = nil }, "centroid": func(b *Bits) { b.Centroid = append(b.Centroid, 0) },
		"squares": func(b *Bits) { b.Squares = b.Squares[:70] }, "padding": func(b *Bits) { b.Scales[70] = 1 },
		"dimension": func(b *Bits) { b.Dim = 17 },
	} {
		b := Build(10, 70, true, rows)
		if err := b.Check(70, 1); err != nil {
			t.Fatal(err)
		}
		if damage(b); b.Check(70, 1) == nil {
			t.Errorf("%s: not noticed", name)
		}
	}
}
