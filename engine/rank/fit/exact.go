package fit

import "math"

// Functions with the same bits on every CPU: those of math have assembly of their own on
// some, and compilers fuse products with sums on others.

const (
	ln2High = 6.93147180369123816490e-01 // ln 2 in two parts; the first has 21 zero bits at its end
	ln2Low  = 1.90821492927058770002e-10
	expMax  = 700
)

// exp returns e^x, for |x| beyond 700 that of 700. Relative error below 1e-15.
func exp(x float64) float64 {
	x = max(-expMax, min(expMax, x))
	k := math.Floor(float64(x/math.Ln2) + .5)
	r := float64(x-float64(k*ln2High)) - float64(k*ln2Low) // |r| <= ln2/2
	sum := 0.0
	for _, c := range expSeries {
		sum = float64(sum*r) + c
	}
	return math.Ldexp(sum, int(k))
}

// expSeries is 1/n! from n = 14 down to 0: r^15/15! is below 1e-19.
var expSeries = func() (c [15]float64) {
	c[14] = 1
	for n, factorial := 1, 1.0; n < len(c); n++ {
		factorial *= float64(n)
		c[14-n] = 1 / factorial
	}
	return c
}()

// log2 returns the logarithm of x >= 1 bit by bit: squaring x doubles its logarithm. For
// tables; some 50 steps.
func log2(x float64) (log float64) {
	for ; x >= 2; x /= 2 {
		log++
	}
	for bit := .5; bit > 1e-16; bit /= 2 {
		if x = float64(x * x); x >= 2 {
			x /= 2
			log += bit
		}
	}
	return log
}

// gain is what a grade is worth, 2^grade - 1.
func gain(grade uint8) float64 { return float64(uint64(1)<<grade - 1) }

// discounts is 1/log2(rank+2) for the ranks that a list may be cut at.
var discounts = func() (d [CutMax]float64) {
	for rank := range d {
		d[rank] = 1 / log2(float64(rank+2))
	}
	return d
}()

// CutMax bounds the ranks that count, Options.Truncation and the k of metrics.
const CutMax = 128
