package vector

import (
	"math"
	"slices"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/quant"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/kernels"
)

const (
	// chunkRows are estimated by one call: 96 KiB of 1-bit codes of 384 numbers, and the
	// estimates stay in the L1 cache.
	chunkRows = 2048
	// int8Rows are estimated by one call where codes are INT8: as many bytes.
	int8Rows = 512
	// sparseFactor is how many rows are estimated in the time of one that is computed in
	// float32. Where no more than one in so many may be returned, none is estimated: of
	// 59,000 turns with 1-bit codes, one row in 16 takes 69 us either way.
	sparseFactor = 16
	// sparseFlat is the same for distances, which are computed in float64, and for rows that
	// lie in ranges, as then few codes are estimated; in lists these lie anywhere too.
	sparseFlat = 32

	// candidatesBase and candidatesEach say how many of the best estimates are kept for
	// rescoring, more of them below candidatesDim, where estimates are worse: a limit for what
	// the bound would let through, so that nothing is done for all. On real questions of 384
	// dimensions the exact 10 are among the best 204 in .996 of cases, the exact 64 among the
	// best 960 in .996. In lists, where a row may be among them twice, no more are needed, as
	// estimates are better.
	candidatesBase = 64
	candidatesEach = 14
	candidatesDim  = 384
	// candidatesRows is the number of rows from which on twice as many are kept: as many more
	// lie close together (a million turns, flat: .978 of the best 10 are found, and so .990).
	candidatesRows = 1 << 18

	// boundDeviations is how many deviations above its 1-bit estimate a row is thought to
	// be at most: at 1.9, as in RaBitQ's paper, recall@10 of real questions is .997.
	boundDeviations = 1.9
	// looseDeviations and looseEach are the same for a Loose search: of the 64 best turns .942
	// are found, for which 176 rows are computed in full in place of 443; of definitions .937
	// for 170 in place of 452; in lists .944 to .954, as estimates are better there.
	looseDeviations = .6
	looseEach       = 4
	// int8Deviations is the same for INT8, where a sixth is beyond any rounding.
	int8Deviations = 6
	// int8Deviation is that of a number rounded to a whole one: sqrt(1/12).
	int8Deviation = .2886751345948129
)

// Searcher holds the scratch of one search. One goroutine at a time.
type Searcher struct {
	parts    []Part
	places   []place // of parts
	rowCount int     // of all parts
	metric   model.Metric
	query    []float32 // as given
	norm     float64   // |query|
	invNorm  float64

	deviations float64 // looseDeviations or boundDeviations, by Effort

	codes     []int8  // the query in INT8
	codeScale float64 // code x codeScale is the number of the query, of length 1 but for L2

	rotation  *quant.Rotation
	rotated   []float32 // the query, of length 1 but for L2, once coded is true; rotated once turned is
	coded     bool
	turned    bool
	residual  []float32 // twice its difference from a part's centroid, for L2
	tables    []uint8
	delta     float32   // step of the tables
	visible   rows.Set  // rows of the part at hand that may be returned; nil = all
	words     []uint64  // memory of all parts' visible rows
	estimates []float32 // of a chunk at least, of a whole part where all of its rows are visible
	addends   [chunkRows]float32
	dots      [int8Rows]int32

	lister lister
	seen   rows.Set // rows of lists that were rescored, as these have two places; empty between searches
	seeing bool     // it may not be, as a search was left by a panic

	top    kernels.TopK
	ids    []uint32
	values []float32
	best   rows.Best // rescored

	few sparse // of a part of which few rows are visible

	waiting  []rows.Ref // to be rescored
	sorter   rows.Sorter
	together [togetherRows]uint32
	scores   [togetherRows]float64

	// Loose searches want candidates, of which the last may be others that are nearly as near.
	Loose bool
	// Effort is how much is looked at, as a multiple of what is usual; 0 means 1. So many times as
	// many places of lists have to bring nothing before the others are given up, and how many
	// deviations above its estimate a row is thought to be grows as its fourth root: as gaining
	// the same recall by the one costs about as much as by the other.
	Effort float64
	// AlwaysLists are read even where a scan of all codes is less work: for tests of few rows.
	AlwaysLists bool

	// Rescored counts the rows of the last Top that were computed in full, Estimated the
	// codes that were read for it.
	Rescored, Estimated int
}

// effort is Effort, 1 where it is not set.
func (s *Searcher) effort() float64 {
	if s.Effort == 0 {
		return 1
	}
	return s.Effort
}

// place is what a search knows of a part.
type place struct {
	visible rows.Set // rows that may be returned; nil = all
	inLists bool     // its rows are in the lists
	left    bool     // to them, by this search
	base    uint32   // number of its first row, all parts counted through
	length  float64  // of the vector that its estimates are inner products with
}

// Prepare sets the question and the snapshot, whose parts were sealed for the metric.
// len(query) must be the parts' dimension; query is borrowed until the search ends.
func (s *Searcher) Prepare(query []float32, metric model.Metric, parts []Part) {
	s.parts, s.query, s.metric = parts, query, metric
	s.Rescored, s.Estimated = 0, 0
	s.invNorm = invNorm(query)
	s.places, s.rowCount = s.places[:0], 0
	next := uint32(0)
	for i := range parts {
		s.places = append(s.places, place{base: next, length: 1})
		next += uint32(quant.PaddedRows(parts[i].RowCount()))
		s.rowCount += parts[i].RowCount()
	}
	s.lister.Lists, s.lister.parts, s.lister.base = nil, nil, next
	if s.invNorm == 0 {
		return
	}
	s.norm = 1 / s.invNorm
	s.makeRoom(chunkRows)
	s.coded, s.turned = false, false
}

// code makes the codes of the query, once for all parts: a search that sees few rows needs
// none of it.
func (s *Searcher) code() {
	if s.coded {
		return
	}
	s.coded = true
	s.rotated = append(s.rotated[:0], s.query...)
	if s.metric != model.L2 {
		for j, x := range s.query {
			s.rotated[j] = float32(float64(x) * s.invNorm)
		}
	}
	s.codes = slices.Grow(s.codes[:0], Stride(len(s.query)))[:Stride(len(s.query))]
	clear(s.codes)
	s.codeScale = quantize(s.rotated, s.codes[:len(s.query)])
}

// makeRoom gives estimates the length of so many rows at least.
func (s *Searcher) makeRoom(rowCount int) {
	if len(s.estimates) < rowCount {
		s.estimates = make([]float32, rowCount)
	}
}

// rotate turns the query as 1-bit codes are turned, once for all parts: a search that sees
// few rows needs none of it.
func (s *Searcher) rotate() {
	if s.turned {
		return
	}
	s.turned = true
	if s.rotation == nil || s.rotation.Dim() != len(s.query) {
		s.rotation = quant.NewRotation(len(s.query))
	}
	s.rotation.Apply(s.rotated)
	size := 32 * kernels.BitColumns(len(s.query))
	s.tables = slices.Grow(s.tables[:0], size)[:size]
	s.residual = slices.Grow(s.residual[:0], len(s.query))[:len(s.query)]
}

// Top appends the best k visible rows to dst: score descending, ties by (Part, Row); 1 <=
// k. stop is asked once a chunk and ends the search early. O(rows x dimension / 8) bytes
// read, of what is in lists a part of that, and some k to 7k rows rescored, by the most Effort 40k;
// no allocation once warm.
//
// Scores are exact: the cosine, the inner product, or 1/(1+d²) of the distance d. A row
// that belongs to the best is missed with the probability that its estimate is more than
// boundDeviations off: one in a hundred on real questions (see Loose, Effort). Where no more than one row in
// sparseFlat is visible, and over parts with INT8 codes, none is.
func (s *Searcher) Top(dst []rows.Hit, k int, stop func() bool) []rows.Hit {
	at := len(dst)
	dst = s.Find(dst, k, stop)
	slices.SortFunc(dst[at:], rows.Hit.Compare)
	return dst
}

// Find is Top in no order.
func (s *Searcher) Find(dst []rows.Hit, k int, stop func() bool) []rows.Hit {
	if s.invNorm == 0 {
		return dst
	}
	each, effort := candidatesEach, s.effort()
	s.deviations = boundDeviations
	if s.Loose {
		each, s.deviations = looseEach, looseDeviations
	}
	s.deviations *= math.Sqrt(math.Sqrt(effort))
	kept := (candidatesBase + each*k) * max(1, candidatesDim/len(s.query))
	if effort > 1 {
		kept = int(float64(kept) * math.Sqrt(effort))
	}
	if s.rowCount >= candidatesRows {
		kept *= 2
	}
	kept = min(kept, kernels.TopKMax)
	size := kernels.TopKBuffer(kept)
	s.ids = slices.Grow(s.ids[:0], size)[:size]
	s.values = slices.Grow(s.values[:0], size)[:size]
	s.top.Reset(kept, s.ids, s.values)
	s.best.Reset(k)
	if s.seeing {
		clear(s.seen)
	}
	s.seeing = true
	s.words, s.waiting = s.words[:0], s.waiting[:0]
	for i := range s.places {
		s.places[i].left = false
	}
	for i := range s.parts {
		if !s.scanPart(int32(i), stop) {
			break
		}
	}
	s.scanLists(k, stop)
	s.rescore()
	s.seeing = false
	hits := s.best.Hits()
	for i := range hits {
		hits[i].Score = s.outward(hits[i].Score)
	}
	return append(dst, hits...)
}

// scanPart estimates the rows of one part, or leaves them to the lists; false when
// told to stop.
func (s *Searcher) scanPart(part int32, stop func() bool) bool {
	p := &s.parts[part]
	s.see(p)
	at := &s.places[part]
	if s.seesFew(p, at.inLists) {
		return s.scanSparse(part, stop)
	}
	if at.inLists {
		at.left, at.visible = true, s.visible
		return true
	}
	return s.scanCodes(part, stop)
}

// scanCodes estimates the visible rows of a part by its own codes; false when told to stop.
func (s *Searcher) scanCodes(part int32, stop func() bool) bool {
	p := &s.parts[part]
	rowCount := p.RowCount()
	s.code()
	step := int8Rows
	var constant float32
	if p.Coded() {
		step, constant = chunkRows, s.prepareBits(part)
		if s.visible == nil {
			return s.scanAll(part, constant, stop)
		}
	}
	for first, n := s.nextRun(0, rowCount, step); n > 0; first, n = s.nextRun(first+n, rowCount, step) {
		if stop() {
			return false
		}
		var estimates []float32
		if p.Coded() {
			estimates = s.estimateBits(s.estimates, &p.Bits, first, n, constant)[:n]
		} else {
			estimates = s.estimateInt8(p, first, n)
		}
		if s.visible == nil {
			s.top.Update(estimates, s.places[part].base+uint32(first))
		} else {
			s.top.UpdateIn(estimates, s.places[part].base+uint32(first), s.visible[first>>6:])
		}
	}
	return true
}

// scanAll estimates all rows of a part with 1-bit codes, and only then chooses: who sees
// all estimates at once keeps few in vain. False when told to stop.
func (s *Searcher) scanAll(part int32, constant float32, stop func() bool) bool {
	p := &s.parts[part]
	rowCount, first := p.RowCount(), 0
	s.makeRoom(quant.PaddedRows(rowCount))
	for first < rowCount && !stop() {
		n := min(chunkRows, rowCount-first)
		s.estimateBits(s.estimates[first:], &p.Bits, first, n, constant)
		first += n
	}
	s.top.Update(s.estimates[:first], s.places[part].base)
	return first == rowCount
}

// see sets s.visible to the rows of a part that may be returned, nil for all. Bits behind
// the last row mean nothing.
func (s *Searcher) see(p *Part) {
	words := (p.RowCount() + 63) / 64
	if len(p.Dead) == 0 && (p.Allow == nil || len(p.Allow) == words) {
		s.visible = p.Allow
		return
	}
	at := len(s.words)
	s.words = slices.Grow(s.words, words)[:at+words]
	s.visible = s.words[at : at+words : at+words]
	if p.Allow == nil {
		for w := range s.visible {
			s.visible[w] = ^uint64(0)
		}
	} else {
		clear(s.visible[copy(s.visible, p.Allow):])
	}
	s.visible.AndNot(p.Dead)
}

// seesFew reports whether the visible rows are so few that none is to be estimated; if so
// it has listed them.
func (s *Searcher) seesFew(p *Part, inLists bool) bool {
	rowCount := p.RowCount()
	if s.visible == nil || !s.few.take(s.visible, rowCount, rowCount/sparseFactor) {
		return false
	}
	around := len(s.few.groups) * takeGroup * 64
	return inLists || len(s.few.rows)*sparseFlat <= rowCount ||
		s.metric != model.L2 && len(s.few.rows)*sparseFactor <= around
}

// nextRun returns the next run of at most step rows from first on, itself a multiple of
// 64, that leaves out blocks of 64 without visible row; no rows at the end.
func (s *Searcher) nextRun(first, rowCount, step int) (start, n int) {
	if s.visible == nil {
		return first, min(step, rowCount-first)
	}
	w := (first + 63) >> 6
	for w < len(s.visible) && s.visible[w] == 0 {
		w++
	}
	end := w
	for end < len(s.visible) && s.visible[end] != 0 && end-w < step>>6 {
		end++
	}
	return w << 6, max(0, min(end<<6, rowCount)-w<<6)
}

// prepareBits makes the tables for one part's 1-bit codes and returns what all estimates
// have in common. With c the centroid and o a row
//
//	<o, q>   =  <c, q> + <o-c, q>
//	-|o-q|²  =  -|q-c|² - |o-c|² + <o-c, 2(q-c)>
func (s *Searcher) prepareBits(part int32) (constant float32) {
	s.rotate()
	p, query := &s.parts[part], s.rotated
	if s.metric == model.L2 {
		var square float64
		for j, x := range s.rotated {
			d := float64(x) - float64(p.Bits.Centroid[j])
			square += float64(d * d)
			s.residual[j] = float32(2 * d)
		}
		query, constant = s.residual, float32(-square)
		s.places[part].length = 2 * math.Sqrt(square)
	} else {
		constant = float32(dot(s.rotated, p.Bits.Centroid))
		for i := range s.addends {
			s.addends[i] = constant
		}
	}
	s.delta = kernels.BuildBitTables(query, s.tables)
	return constant
}
