package lexical

import (
	"math"
	"slices"
	"strings"

	"github.com/nexus-memory/nexus/bench/peers/contest"
)

// Okapi BM25 (Robertson and Zaragoza 2009) as Lucene and tantivy have it.
const (
	k1 = 1.2
	b  = .75
)

// reference scores documents in plain float64 over inverted lists, one addition after
// another: what answers are compared with. It shares no code with the engine.
type reference struct {
	*corpus
	average float64
	starts  []uint32 // by term, into the two below
	rows    []uint32
	freqs   []uint16
	best    map[string][][]scored // by shape and question
}

type scored struct {
	row   int
	score float64
}

func newReference(c *corpus) *reference {
	r := &reference{corpus: c, average: float64(len(c.terms)) / float64(len(c.lengths)), best: map[string][][]scored{}}
	r.invert()
	sums := make([]float64, len(c.lengths))
	for shape, asked := range c.asked {
		for _, terms := range asked {
			r.best[shape] = append(r.best[shape], r.top(terms, sums))
		}
	}
	return r
}

// invert lists the documents of every term with how often it occurs.
func (r *reference) invert() {
	most := uint32(0)
	for _, t := range r.terms {
		most = max(most, t)
	}
	for _, asked := range r.asked {
		for _, terms := range asked {
			most = max(most, slices.Max(terms))
		}
	}
	r.starts = make([]uint32, most+2)
	r.each(func(term uint32, row int, freq uint16) { r.starts[term+1]++ })
	for t := range most + 1 {
		r.starts[t+1] += r.starts[t]
	}
	r.rows, r.freqs = make([]uint32, r.starts[most+1]), make([]uint16, r.starts[most+1])
	next := slices.Clone(r.starts)
	r.each(func(term uint32, row int, freq uint16) {
		r.rows[next[term]], r.freqs[next[term]] = uint32(row), freq
		next[term]++
	})
}

// each gives every document's different terms with their frequency.
func (r *reference) each(use func(term uint32, row int, freq uint16)) {
	var sorted []uint32
	rest := r.terms
	for row, n := range r.lengths {
		sorted = append(sorted[:0], rest[:n]...)
		rest = rest[n:]
		slices.Sort(sorted)
		for len(sorted) > 0 {
			same := 1
			for same < len(sorted) && sorted[same] == sorted[0] {
				same++
			}
			use(sorted[0], row, uint16(min(same, math.MaxUint16)))
			sorted = sorted[same:]
		}
	}
}

func (r *reference) idf(term uint32) float64 {
	df, n := float64(r.starts[term+1]-r.starts[term]), float64(len(r.lengths))
	return math.Log(1 + (n-df+.5)/(df+.5))
}

// gain is what a term that occurs freq times adds to a document.
func (r *reference) gain(idf float64, freq uint16, row int) float64 {
	f := float64(freq)
	return idf * (k1 + 1) * f / (f + k1*(1-b+b*float64(r.lengths[row])/r.average))
}

// top returns the ten best, ties in order of the documents. sums is zero before and after.
func (r *reference) top(terms []uint32, sums []float64) []scored {
	var touched []int
	for _, t := range terms {
		idf := r.idf(t)
		for i := r.starts[t]; i < r.starts[t+1]; i++ {
			row := int(r.rows[i])
			if sums[row] == 0 {
				touched = append(touched, row)
			}
			sums[row] += r.gain(idf, r.freqs[i], row)
		}
	}
	var best []scored
	worse := func(a, b scored) int {
		switch {
		case a.score > b.score || a.score == b.score && a.row < b.row:
			return -1
		case a == b:
			return 0
		}
		return 1
	}
	for _, row := range touched {
		hit := scored{row, sums[row]}
		sums[row] = 0
		if len(best) == width && worse(hit, best[width-1]) > 0 {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, hit, worse)
		best = slices.Insert(best, at, hit)
		best = best[:min(len(best), width)]
	}
	return best
}

// score is that of one document, by look-ups in the lists.
func (r *reference) score(terms []uint32, row int) (sum float64) {
	for _, t := range terms {
		from, to := r.starts[t], r.starts[t+1]
		if i, found := slices.BinarySearch(r.rows[from:to], uint32(row)); found {
			sum += r.gain(r.idf(t), r.freqs[int(from)+i], row)
		}
	}
	return sum
}

// identity is how much scores of equal rank may differ, relatively: the order of additions
// is another, and a store tells its scores as float32.
const identity = 1e-6

// identical is the share of the questions whose ranks hold the reference's scores, and
// whose own scores are those of their documents. Which of two documents of equal score
// stands first means nothing.
func (r *reference) identical(shape string, answers []int64, scores []float64, width int) float64 {
	same := func(a, b float64) bool { return math.Abs(a-b) <= identity*max(math.Abs(a), math.Abs(b)) }
	right := 0
	for q, best := range r.best[shape] {
		agrees := true
		for i := range width {
			row := answers[q*width+i]
			if i >= len(best) {
				agrees = agrees && row < 0
				continue
			}
			agrees = agrees && row >= 0 && same(scores[q*width+i], best[i].score) && same(r.score(r.asked[shape][q], int(row)), best[i].score)
		}
		if agrees {
			right++
		}
	}
	return float64(right) / float64(len(r.best[shape]))
}

// check works out a line's times, what its answers are worth beside the reference, and
// whether an own party's are the very ones.
func (r *reference) check(l *contest.Line) error {
	if l.Answers == "" || l.Failed != "" {
		return nil
	}
	if err := l.Timed(); err != nil {
		return err
	}
	answers, err := contest.ReadNumbers[int64](l.Answers)
	if err != nil {
		return err
	}
	shape, _, _ := strings.Cut(l.Param, ",")
	best := r.best[shape]
	least, wanted := make([]float32, len(best)), make([]int, len(best))
	for q, hits := range best {
		if wanted[q] = len(hits); len(hits) > 0 {
			least[q] = float32(hits[len(hits)-1].score)
		}
	}
	recall, err := contest.Recall(answers, l.Width, wanted, least, len(r.lengths), func(q, row int) float64 { return r.score(r.asked[shape][q], row) })
	if err != nil {
		return err
	}
	l.Put("agreement", recall, "share")
	if l.Scores == "" {
		return nil
	}
	scores, err := contest.ReadNumbers[float64](l.Scores)
	if err != nil {
		return err
	}
	l.Put("identical", r.identical(shape, answers, scores, l.Width), "share")
	return nil
}
