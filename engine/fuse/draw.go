package fuse

import (
	"cmp"
	"slices"

	"github.com/nexus-memory/nexus/engine/model"
)

// lot is one candidate's lot.
type lot struct {
	index int32
	key   float64 // the least keys are drawn
}

// draw takes open candidates until there are k picks, without replacement: at each step one
// comes up with the chance of its relevance over the sum of all open ones'. What has no
// relevance never does.
//
// That is weighted reservoir sampling (A-Res: Efraimidis and Spirakis 2006, section 3) of a
// stream that is all there at once: a candidate of relevance w and a random number u in
// (0, 1] has the key u^(1/w), and the largest keys are the sample. Keys are compared by
// log2(1/u)/w, of which the least are. What repeats a pick is passed over.
// O(candidates log candidates), some 30 us of 160, no allocation once warm.
func (f *Fuser) draw(b *Batch, k int) {
	if len(f.picks) >= k {
		return
	}
	f.lots = f.lots[:0]
	for i, w := range b.Column(model.Relevance) {
		if w > 0 {
			f.lots = append(f.lots, lot{int32(i), exponential(b.Lot(i)) / float64(w)})
		}
	}
	slices.SortFunc(f.lots, func(x, y lot) int { return cmp.Or(cmp.Compare(x.key, y.key), cmp.Compare(x.index, y.index)) })
	for _, l := range f.lots {
		i := int(l.index)
		if len(f.picks) == k {
			return
		}
		if f.struck[i] != 0 {
			continue
		}
		if b.Stride > 0 && int(f.compared[i]) < len(f.picks) {
			f.compare(b, i)
		}
		f.take(b, i, f.score(b, i))
	}
}

// exponential makes of uniform bits a number of the exponential distribution, in units of
// ln 2: log2(1/u) of u = (53 bits + 1) / 2^53.
func exponential(bits uint64) float64 {
	const all = 1 << 53
	return log2(all / float64(bits>>11+1))
}

// log2 returns the logarithm of x >= 1 bit by bit, the same on every CPU: squaring x doubles
// its logarithm. 32 bits behind the point tell 512 candidates apart.
func log2(x float64) (log float64) {
	for ; x >= 2; x /= 2 {
		log++
	}
	for bit := .5; bit > 1.0/(1<<33); bit /= 2 {
		if x = float64(x * x); x >= 2 {
			x /= 2
			log += bit
		}
	}
	return log
}
