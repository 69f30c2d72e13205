package segment

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/nexus-memory/nexus/engine/model"
	"github.com/nexus-memory/nexus/engine/rows"
	"github.com/nexus-memory/nexus/engine/vector"
)

const listedDim = 130

// listedView is a view of segments whose vectors may be in lists; some rows have none.
func listedView(t *testing.T, metric model.Metric) *View {
	r := rand.New(rand.NewPCG(1, 2))
	space := CallerSpace(listedDim)
	space.Metric = metric
	v := &View{Space: space}
	for part := range 3 {
		memories := samples(2100)
		for i := range memories {
			if memories[i].Vector = nil; i%17 == 3 {
				continue
			}
			for range listedDim {
				memories[i].Vector = append(memories[i].Vector, r.Float32()-.5)
			}
		}
		v = v.With(divided(t, mergedDraft(t, space, build(t, space, model.ID(1+part*2100), memories))))
	}
	return v
}

// listsImage returns the file of lists, with sums that are right whatever stands in it.
func (c *content) listsImage(t *testing.T) []byte {
	var file bytes.Buffer
	if err := c.write(&file, inLists); err != nil {
		t.Fatal(err)
	}
	image := alignedBytes(file.Len())
	copy(image, file.Bytes())
	return image
}

func madeLists(v *View) *content { return v.Divide(false, func() bool { return false }).c }

func TestListsAreReadAsTheyWereWritten(t *testing.T) {
	for _, metric := range []model.Metric{model.Cosine, model.Dot, model.L2} {
		v := listedView(t, metric)
		l, err := decodeLists(madeLists(v).listsImage(t), func([]byte) {})
		if err != nil || !l.Fits(v) || l.Outlived() {
			t.Fatalf("%v: %v, or they do not fit", metric, err)
		}
		_, parts := v.WithLists(l).Listing()
		if !slices.Equal(parts, []int32{0, 1, 2}) {
			t.Fatalf("%v: of parts %v", metric, parts)
		}
		without := v.WithLists(l).Replace(1, 1, nil)
		if _, parts := without.Listing(); !slices.Equal(parts, []int32{0, -1, 1}) {
			t.Fatalf("%v: of parts %v once one is gone", metric, parts)
		}
		kept := without.Divide(false, func() bool { return false }).c
		if kept.listsLearnt[0] != 6300 || kept.listsLearnt[1] != 1 {
			t.Fatalf("%v: learnt from %v", metric, kept.listsLearnt)
		}
		if clean := without.Divide(true, func() bool { return false }).c; clean.listsLearnt[0] != 4200 || clean.listsLearnt[1] != 0 {
			t.Fatalf("%v: cleanly learnt from %v", metric, clean.listsLearnt)
		}
		other := v.Space
		if other.Dim = 131; l.Fits(&View{Space: other, Parts: v.Parts}) {
			t.Fatalf("%v: they fit another space", metric)
		}
		if l.Fits((&View{Space: v.Space}).With(v.Parts[0].Segment)) {
			t.Fatalf("%v: they fit a view that has a third of them", metric)
		}
	}
}

// forge changes something of lists.
func forge(r *rand.Rand, c *content) {
	some := func(p []uint32) {
		if len(p) > 0 {
			i := r.IntN(len(p))
			p[i] = []uint32{r.Uint32(), math.MaxUint32, p[i] + 1, p[i] - 64, p[i] + 64, p[r.IntN(len(p))], 0, p[i] ^ 1<<r.IntN(32)}[r.IntN(8)]
		}
	}
	float := func(p []float32) {
		if len(p) > 0 {
			nan, inf := float32(math.NaN()), float32(math.Inf(1))
			p[r.IntN(len(p))] = []float32{0, nan, inf, -inf, math.MaxFloat32, -1, 1e-45}[r.IntN(7)]
		}
	}
	l := &c.lists
	switch r.IntN(12) {
	case 0:
		i := r.IntN(len(c.listsOf))
		x := c.listsOf[i]
		c.listsOf[i] = []uint64{0, 1, math.MaxUint64, c.listsOf[r.IntN(len(c.listsOf))], x + 1, x + 1<<32, x - 1<<32, 1 << 62}[r.IntN(8)]
	case 1:
		c.listsOf = append(c.listsOf, c.listsOf[:3]...)
	case 2:
		c.listsOf = c.listsOf[:len(c.listsOf)-1-r.IntN(3)]
	case 3:
		c.listsLearnt = c.listsLearnt[:r.IntN(3)]
	case 4:
		some(l.Starts)
	case 5:
		some(l.Rows)
	case 6:
		float(l.Scales)
	case 7:
		float(l.Bits.Scales)
	case 8:
		float(l.Bits.Squares)
	case 9:
		c.vectors.SetDim([]int{0, 1, 129, 131, 4096, 1 << 20, math.MaxInt32}[r.IntN(7)])
	case 10: // a list less
		last := len(l.Scales) - 1
		l.Starts = append(l.Starts[:last:last], l.Starts[last+1])
		l.Scales, l.Codes, l.Halves = l.Scales[:last], l.Codes[:last*vector.Stride(listedDim)], l.Halves[:min(last, len(l.Halves))]
	case 11:
		l.Bits.Squares, l.Halves = nil, nil
	}
}

// TestForgedListsAreRefusedOrSafe: their sums are right, and nothing they say makes a search or
// who extends them leave its columns, find a row twice or take memory beyond their size.
func TestForgedListsAreRefusedOrSafe(t *testing.T) {
	for _, metric := range []model.Metric{model.Cosine, model.L2} {
		v := listedView(t, metric)
		whole := madeLists(v).listsImage(t)
		parts := make([]vector.Part, len(v.Parts))
		for i := range parts {
			parts[i] = vector.Part{Parts: v.Parts[i].Vectors()}
		}
		parts[1].Allow = rows.NewSet(2100)
		for row := range 1000 {
			parts[1].Allow.Add(2 * row)
		}
		r, taken := rand.New(rand.NewPCG(uint64(metric), 7)), 0
		for range 1500 {
			image := alignedBytes(len(whole))
			copy(image, whole)
			c, _, err := open(image, listsKind, func([]byte) {})
			if err != nil {
				t.Fatal(err)
			}
			for range 1 + r.IntN(2) {
				if len(c.listsOf) > 0 {
					forge(r, c)
				}
			}
			l, err := decodeLists(c.listsImage(t), func([]byte) {})
			if err != nil || !l.Fits(v) {
				continue
			}
			taken++
			found, at := v.WithLists(l).Listing()
			s := vector.Searcher{AlwaysLists: true}
			s.Prepare(v.Parts[0].Vectors().Vector(r.IntN(3)), metric, parts)
			s.UseLists(found, at)
			seen := map[rows.Ref]bool{}
			for _, h := range s.Top(nil, 20, func() bool { return false }) {
				if seen[h.Ref] {
					t.Fatalf("%v: %v is found twice", metric, h)
				}
				seen[h.Ref] = true
			}
			if taken%40 == 0 && v.WithLists(l).Divide(false, func() bool { return false }) == nil {
				t.Fatal("they are not extended")
			}
		}
		if taken < 100 {
			t.Errorf("%v: only %d were taken: the test sees nothing", metric, taken)
		}
	}
}
