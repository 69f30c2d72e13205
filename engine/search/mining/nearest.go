package mining

import (
	"context"

	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/vector"
	"github.com/nexus-memory/nexus/kernels"
)

// sampleMax is how many memories stand for all of them where distances are measured: a
// sample tells outliers as well as all neighbours do, at a cost that is linear (Sugiyama
// and Borgwardt 2013). Theirs is of 20; more is for subjects that few memories are about.
const sampleMax = 1024

// nearestCount is how many of the nearest in the sample a distance is the mean of.
const nearestCount = 3

// sample is the INT8 codes of some memories' unit vectors, evenly spread over the order
// of IDs.
type sample struct {
	codes  []int8
	scales []float32
	of     []int // memories, ascending
	stride int
	lone   float64 // the distance of a memory without vector
}

// knownShare is from which share of memories with vectors on those without are as far from all
// as can be, where the table of words makes them: nothing that they say is known.
const knownShare = .99

func (c *corpus) vectors(i int) (*vector.Parts, int) {
	ref := c.refs[i]
	return c.view.Parts[ref.Part].Vectors(), int(ref.Row)
}

// newSample draws from the memories with vectors; nil where there are too few of them for
// a distance to say anything.
func newSample(ctx context.Context, c *corpus) (*sample, error) {
	dim := c.view.Space.Dim
	var have []int
	for i := range c.count() {
		if err := rest(ctx, i); err != nil {
			return nil, err
		}
		if parts, row := c.vectors(i); dim > 0 && parts.Has(row) {
			have = append(have, i)
		}
	}
	if len(have) < fewest {
		return nil, nil
	}
	s := &sample{stride: vector.Stride(dim), lone: missing}
	if space := &c.view.Space; space.IsBuiltIn() && space.SeesMeaning() && float64(len(have)) >= float64(knownShare*float64(c.count())) {
		s.lone = 1
	}
	n := min(sampleMax, len(have))
	for k := range n {
		i := have[k*len(have)/n]
		parts, row := c.vectors(i)
		var scale float32
		s.codes, scale = parts.AppendUnit(s.codes, row)
		s.scales, s.of = append(s.scales, scale), append(s.of, i)
	}
	return s, nil
}

// distances returns the mean cosine distance of every memory to its nearest others in the
// sample; of those without vector it is lone. O(memories * sample * dimension).
func (s *sample) distances(ctx context.Context, c *corpus) ([]float64, error) {
	list := make([]float64, c.count())
	products := make([]int32, len(s.of))
	var codes []int8
	var near rows.Best
	next := 0 // of the sample: the first that is not below i
	for i := range list {
		if err := rest(ctx, i); err != nil {
			return nil, err
		}
		parts, row := c.vectors(i)
		var scale float32
		if codes, scale = parts.AppendUnit(codes[:0], row); scale == 0 {
			list[i] = s.lone
			continue
		}
		kernels.DotScanI8(codes, s.codes, products)
		for next < len(s.of) && s.of[next] < i {
			next++
		}
		near.Reset(nearestCount)
		for k, product := range products {
			if k == next && s.of[k] == i {
				continue // itself
			}
			cosine := float64(product) * float64(scale) * float64(s.scales[k])
			if worst, full := near.Worst(); !full || cosine > worst {
				near.Offer(rows.Hit{Ref: rows.Ref{Row: uint32(k)}, Score: cosine})
			}
		}
		list[i] = meanDistance(near.Hits())
	}
	return list, nil
}

// meanDistance adds in the order of rows, so that it does not depend on the heap's.
func meanDistance(hits []rows.Hit) float64 {
	for i := range hits {
		for j := i; j > 0 && hits[j].Row < hits[j-1].Row; j-- {
			hits[j], hits[j-1] = hits[j-1], hits[j]
		}
	}
	sum := 0.0
	for _, h := range hits {
		sum += h.Score
	}
	return max(0, 1-sum/float64(len(hits)))
}
