package lexical

import "math"

// BM25's constants as most engines set them: how soon repetition stops counting,
// and how much a row's length counts.
const (
	saturation = 1.2  // k1
	lengthPart = 0.75 // b
)

// Statistics describe the whole snapshot that a search runs over: its live
// documents, whatever a filter lets through. They must count at least the live
// rows of the parts searched.
type Statistics struct {
	Documents   uint64
	TotalLength uint64 // sum of the documents' lengths in terms
}

// scale is what the formula takes from the snapshot alone. A row of length n is
// normed by normBase + normSlope*n, which is k1*(1 - b + b*n/average).
type scale struct {
	documents           float64
	average             float64 // length
	normBase, normSlope float64
}

func newScale(st Statistics) scale {
	average := 1.0
	if st.Documents > 0 && st.TotalLength > 0 {
		average = float64(st.TotalLength) / float64(st.Documents)
	}
	return scale{
		documents: float64(st.Documents),
		average:   average,
		normBase:  saturation * (1 - lengthPart),
		normSlope: float64(saturation*lengthPart) / average,
	}
}

// idf returns ln(1 + (N - df + 0.5)/(df + 0.5)), which is above 0.
// df is taken to be at most N.
func (s *scale) idf(df uint64) float64 {
	d := min(float64(df), s.documents)
	return Ln(1 + float64(s.documents-d+0.5)/float64(d+0.5))
}

// norm returns the part of the denominator that a row's length decides.
// Conversions keep the compiler from fusing: a fused product has other bits.
func (s *scale) norm(length uint32) float64 {
	return s.normBase + float64(s.normSlope*float64(length))
}

// share returns freq/(freq + norm), below 1; a term adds its weight idf*(k1+1)
// times this.
func share(freq, norm float64) float64 { return freq / float64(freq+norm) }

const (
	tableFreqs   = 5   // 0..4: nearly all postings of short texts
	tableLengths = 256 // longer rows are divided for
	lengthCap    = tableLengths - 1
)

// shareTable holds share for the common frequencies and lengths, the same bits
// as share gives, for peaks of blocks and single lists. It is filled once a snapshot.
type shareTable [tableFreqs * tableLengths]float64

func (t *shareTable) fill(sc *scale) {
	for freq := range tableFreqs {
		for length := range tableLengths {
			t[freq*tableLengths+length] = share(float64(freq), sc.norm(uint32(length)))
		}
	}
}

// ln2 in two parts, the first of which is exact when multiplied by an exponent.
const (
	ln2High = 6.93147180369123816490e-01
	ln2Low  = 1.90821492927058770002e-10
)

// Ln returns the natural logarithm of x, a positive normal number, within 2 ulp.
//
// The standard library's is assembly on some CPUs and may be fused on others;
// this one is the same bits everywhere. With x = m * 2^e and m between sqrt(1/2)
// and sqrt(2), ln m = 2 atanh(f), f = (m-1)/(m+1), a series in f squared <= .0295
// whose 11th term is below half an ulp of the first.
func Ln(x float64) float64 {
	m, e := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m, e = m*2, e-1
	}
	f := (m - 1) / (m + 1)
	square := float64(f * f)
	series := 0.0
	for n := 21; n >= 3; n -= 2 {
		series = float64(square * float64(series+1/float64(n)))
	}
	exponent := float64(e)
	low := float64(float64(2*f)*series) + float64(exponent*ln2Low)
	return float64(exponent*ln2High) + float64(float64(2*f)+low)
}
