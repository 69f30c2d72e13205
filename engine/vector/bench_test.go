package vector

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/quant"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/kernels"
)

// realVectors is where the real sets lie that are measured on; they are not part of the
// project.
const realVectors = "../../../shared/data/vectors"

const realDim = 384

// realSet is a set of real vectors and of real questions to it.
type realSet struct {
	name            string
	rows, questions [][]float32
}

// readHalf reads half-precision rows, or skips the test where they are not at hand.
func readHalf(t testing.TB, name string) (all [][]float32) {
	data, err := os.ReadFile(filepath.Join(realVectors, name))
	if err != nil {
		t.Skipf("the real vectors are not here: %v", err)
	}
	numbers := make([]float32, len(data)/2)
	for i := range numbers {
		numbers[i] = kernels.DecodeF16(binary.LittleEndian.Uint16(data[2*i:]))
	}
	return slices.Collect(slices.Chunk(numbers, realDim))
}

func realSets(t testing.TB) []realSet {
	turns := realSet{name: "turns"}
	for _, set := range []string{"locomo", "beam-100k", "beam-1m", "friendsqa", "qmsum"} {
		turns.rows = append(turns.rows, readHalf(t, set+"-corpus.f16")...)
		turns.questions = append(turns.questions, readHalf(t, set+"-questions.f16")...)
	}
	return []realSet{turns, {"gloss", readHalf(t, "gloss-base.f16"), readHalf(t, "gloss-queries.f16")}}
}

// some returns about so many questions, evenly spread.
func (s *realSet) some(count int) (list [][]float32) {
	for i := 0; i < len(s.questions); i += max(1, len(s.questions)/count) {
		list = append(list, s.questions[i])
	}
	return list
}

// build returns the set as parts of at most size rows.
func (s *realSet) build(metric model.Metric, size int) (parts []Part) {
	for piece := range slices.Chunk(s.rows, size) {
		p := &Parts{Dim: realDim}
		p.Reserve(len(piece))
		for _, v := range piece {
			p.Append(v)
		}
		p.Seal(metric)
		parts = append(parts, Part{Parts: p})
	}
	return parts
}

var recallOnce sync.Map

// nthBest returns the exact k-th best score of each question.
func (s *realSet) nthBest(questions [][]float32, k int) []float64 {
	key := fmt.Sprint(s.name, len(questions), k)
	if known, ok := recallOnce.Load(key); ok {
		return known.([]float64)
	}
	inverse := make([]float64, len(s.rows))
	for i, v := range s.rows {
		inverse[i] = invNorm(v)
	}
	nth := make([]float64, len(questions))
	for n, q := range questions {
		var best rows.Best
		best.Reset(k)
		for i, v := range s.rows {
			best.Offer(rows.Hit{Ref: rows.Ref{Row: uint32(i)}, Score: dot(q, v) * inverse[i] * invNorm(q)})
		}
		nth[n], _ = best.Worst()
	}
	recallOnce.Store(key, nth)
	return nth
}

// perturbed returns the set with so many rows: its own, and these over and over, each moved
// by Gaussian noise of .35 of its length.
func (s *realSet) perturbed(count int) realSet {
	r, all := rand.New(rand.NewPCG(7, 7)), slices.Clip(s.rows)
	for i := len(all); i < count; i++ {
		v := s.rows[i%len(s.rows)]
		moved := make([]float32, len(v))
		step := .35 / (invNorm(v) * math.Sqrt(float64(len(v))))
		for j, x := range v {
			moved[j] = x + float32(step*r.NormFloat64())
		}
		all = append(all, moved)
	}
	return realSet{fmt.Sprintf("%s-%d", s.name, len(all)), all, s.questions}
}

// ask returns recall@k with ties counted as hits, and what the last search counted in the mean.
func (s *realSet) ask(search *Searcher, questions [][]float32, parts []Part, lists *Lists, k int) (recall float64, rescored, estimated int) {
	nth, found := s.nthBest(questions, k), 0
	var hits []rows.Hit
	for i, q := range questions {
		search.Prepare(q, model.Cosine, parts)
		if lists != nil {
			search.UseLists(lists, allOf(parts))
		}
		hits = search.Top(hits[:0], k, never)
		rescored += search.Rescored
		estimated += search.Estimated
		for _, h := range hits {
			if h.Score >= nth[i]-1e-5 {
				found++
			}
		}
	}
	n := len(questions)
	return float64(found) / float64(n*k), rescored / n, estimated / n
}

// BenchmarkRealSets reports us a question, recall@k with ties counted as hits, rows rescored and
// codes read, flat and in lists where these are less work. NEXUS_ROWS perturbs the sets to have so
// many rows.
func BenchmarkRealSets(b *testing.B) {
	more, _ := strconv.Atoi(os.Getenv("NEXUS_ROWS"))
	for _, set := range realSets(b) {
		set = set.perturbed(more)
		questions := set.some(400)
		parts := set.build(model.Cosine, 1<<16)
		for kind, lists := range map[string]*Lists{"flat": nil, "lists": divided(b, model.Cosine, parts...)} {
			for _, c := range []struct {
				k      int
				loose  bool
				effort float64
			}{{10, false, .125}, {10, false, .25}, {10, false, .5}, {10, false, 1}, {64, false, 1}, {64, true, 1}, {192, true, 1}} {
				b.Run(fmt.Sprintf("%s/%s/k=%d/loose=%v/effort=%g", set.name, kind, c.k, c.loose, c.effort), func(b *testing.B) {
					set.nthBest(questions, c.k)
					s := Searcher{Loose: c.loose, Effort: c.effort}
					var recall float64
					var rescored, estimated int
					for b.Loop() {
						recall, rescored, estimated = set.ask(&s, questions, parts, lists, c.k)
					}
					b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*len(questions)), "us/question")
					b.ReportMetric(recall, "recall")
					b.ReportMetric(float64(rescored), "rescored")
					b.ReportMetric(float64(estimated), "codes")
					b.ReportMetric(0, "ns/op")
				})
			}
		}
	}
}

// BenchmarkRealFilters reports us a question where a share of the rows is allowed, that of
// the exact scan of these rows, and recall@10.
func BenchmarkRealFilters(b *testing.B) {
	for _, set := range realSets(b) {
		questions := set.some(100)
		for _, share := range []float64{.5, .1, .05, .01, .001} {
			b.Run(fmt.Sprintf("%s/%g%%", set.name, 100*share), func(b *testing.B) {
				r := rand.New(rand.NewPCG(1, 1))
				parts := set.build(model.Cosine, 1<<16)
				for i := range parts {
					parts[i].Allow = randomSet(r, parts[i].RowCount(), share)
				}
				var s, exact Searcher
				var hits, want []rows.Hit
				var took, exactTook time.Duration
				found, wanted := 0, 0
				for b.Loop() {
					found, wanted, took, exactTook = 0, 0, 0, 0
					for _, q := range questions {
						started := time.Now()
						s.Prepare(q, model.Cosine, parts)
						hits = s.Top(hits[:0], 10, never)
						took += time.Since(started)
						started = time.Now()
						exact.Prepare(q, model.Cosine, parts)
						want = exact.scanAllowed(want[:0], 10)
						exactTook += time.Since(started)
						for _, h := range hits {
							if h.Score >= want[len(want)-1].Score-1e-5 {
								found++
							}
						}
						wanted += len(want)
					}
				}
				count := float64(len(questions))
				b.ReportMetric(float64(took.Microseconds())/count, "us/question")
				b.ReportMetric(float64(exactTook.Microseconds())/count, "us-exact")
				b.ReportMetric(float64(found)/float64(wanted), "recall")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}

// scanAllowed is the exact scan of the visible rows.
func (s *Searcher) scanAllowed(dst []rows.Hit, k int) []rows.Hit {
	s.best.Reset(k)
	for i := range s.parts {
		s.see(&s.parts[i])
		s.few.take(s.visible, s.parts[i].RowCount(), s.parts[i].RowCount())
		s.scanSparse(int32(i), never)
	}
	s.settle()
	dst = append(dst, s.best.Hits()...)
	slices.SortFunc(dst, rows.Hit.Compare)
	return dst
}

// BenchmarkScanFromRAM reports how long a search of a million rows takes, against the time
// that reading their codes takes at the bandwidth of float32 scans.
func BenchmarkScanFromRAM(b *testing.B) {
	const rowCount = 1 << 20
	r := rand.New(rand.NewPCG(2, 2))
	p := &Parts{Dim: realDim, Vectors: make([]float32, rowCount*realDim)} // zeros: only read by rescoring
	p.Bits = quant.Bits{
		Dim: realDim, Blocks: make([]uint8, rowCount*realDim/8), Scales: make([]float32, rowCount),
		Errors: make([]uint8, rowCount), Centroid: make([]float32, realDim),
	}
	for i := 0; i < len(p.Bits.Blocks); i += 8 {
		binary.LittleEndian.PutUint64(p.Bits.Blocks[i:], r.Uint64())
	}
	for i := range p.Bits.Scales {
		p.Bits.Scales[i] = .05
	}
	parts, q := []Part{{Parts: p}}, uniform(r, realDim)
	probe, sums := uniform(r, 16<<20), make([]float32, (16<<20)/realDim)
	var s Searcher
	var hits []rows.Hit
	fastest, quickest := time.Hour, time.Hour
	for b.Loop() { // turn about, and the least of each: the machine has other work
		started := time.Now()
		kernels.DotScanF32(q, probe[:len(sums)*realDim], sums)
		fastest = min(fastest, time.Since(started))
		started = time.Now()
		s.Prepare(q, model.Cosine, parts)
		hits = s.Top(hits[:0], 10, never)
		quickest = min(quickest, time.Since(started))
	}
	bandwidth := float64(4*len(sums)*realDim) / fastest.Seconds()
	bytes := float64(len(p.Bits.Blocks) + 4*rowCount)
	b.ReportMetric(bandwidth/1e9, "GB/s-probe")
	b.ReportMetric(bytes/quickest.Seconds()/1e9, "GB/s")
	b.ReportMetric(quickest.Seconds()*bandwidth/bytes, "x-bandwidth-bound")
}
