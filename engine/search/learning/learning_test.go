package learning

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
)

// told are samples of somebody who likes what has the word good and the first axis, and what
// the user says.
func told(n int, seed uint64) (list []Sample) {
	r := rand.New(rand.NewPCG(seed, 1))
	for range n {
		s := Sample{Words: []string{"every", []string{"good", "bad"}[r.IntN(2)]}, Vector: make([]float32, 16)}
		for i := range s.Vector {
			s.Vector[i] = float32(r.NormFloat64())
		}
		s.Traits[Long], s.Traits[FromUser] = r.Float64(), float64(r.IntN(2))
		s.Value = clamp(float64(s.Vector[0])/4 + s.Traits[FromUser]/4 - .2)
		if s.Words[1] == "good" {
			s.Value = clamp(s.Value + .5)
		}
		list = append(list, s)
	}
	return list
}

func learn(list []Sample) *Profile {
	var l Learner
	for i := range list {
		l.Observe(&list[i])
	}
	return l.Profile()
}

func TestAProfileFindsWhatWasLiked(t *testing.T) {
	p := learn(told(200, 1))
	if p.Words[0].Text != "good" && p.Words[0].Text != "bad" || p.Words[0].Worth == 0 {
		t.Errorf("words %v", p.Words)
	}
	for _, w := range p.Words {
		if w.Text == "every" && math.Abs(w.Worth) > .05 {
			t.Errorf("a word that all have is worth %v", w.Worth)
		}
	}
	if p.Direction[0] < .7 || p.Worth[FromUser] < .1 || math.Abs(p.Worth[Long]) > .15 || p.Trust < .5 {
		t.Errorf("direction %v, worth %v, trust %v", p.Direction[0], p.Worth, p.Trust)
	}
	liked, disliked := Features{Words: .5, Meaning: .3, FromUser: 1}, Features{Words: -.5, Meaning: -.3}
	if p.Bonus(&liked) < .1 || p.Bonus(&disliked) > -.1 {
		t.Errorf("bonus %v and %v", p.Bonus(&liked), p.Bonus(&disliked))
	}
}

func TestABonusIsBounded(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for seed := range uint64(20) {
		p := learn(told(1+int(seed*seed), seed))
		for range 200 {
			var x Features
			for f := range x {
				x[f] = 2e3 * r.NormFloat64()
			}
			if b := p.Bonus(&x); !(math.Abs(b) <= BonusMax) {
				t.Fatalf("bonus %v of %v", b, x)
			}
		}
	}
}

func TestWhoJudgesAtRandomIsNotTrusted(t *testing.T) {
	sum := 0.0
	for seed := range uint64(50) {
		list, r := told(200, seed), rand.New(rand.NewPCG(seed, 9))
		for i := range list {
			list[i].Value = 2*r.Float64() - 1
		}
		sum += learn(list).Trust
	}
	if mean := sum / 50; mean > .03 {
		t.Errorf("mean trust %v", mean)
	}
}

func TestFewJudgementsAndNoneMoveNothing(t *testing.T) {
	if p := learn(nil); p != nil {
		t.Error("a profile of nothing")
	}
	for n := range 4 {
		if p := learn(told(n, 1)); p != nil && p.Trust != 0 {
			t.Errorf("%d judgements are trusted %v", n, p.Trust)
		}
	}
}

func TestLaterJudgementsOutweighEarlierOnes(t *testing.T) {
	list := told(400, 1)
	for i := range list[:200] {
		list[i].Value = -list[i].Value
	}
	if p := learn(list); p.Direction[0] < 0 {
		t.Errorf("after a change of mind: direction %v", p.Direction[0])
	}
}

// TestStrangeSamplesAreSafe has no words, no vector, vectors of zeros, all of one value.
func TestStrangeSamplesAreSafe(t *testing.T) {
	list := []Sample{{}, {Value: 1}, {Value: -1, Vector: make([]float32, 16)}, {Words: make([]string, 1000), Value: 1}, {Vector: make([]float32, 16), Value: 1}}
	list = append(list, told(3, 2)...)
	for i := range list {
		p := learn(list[:i+1])
		for _, w := range append(p.Worth[:], p.Trust) {
			if math.IsNaN(w) || math.IsInf(w, 0) {
				t.Fatalf("after %d samples: %+v", i+1, p)
			}
		}
		if len(p.Words) > WordsMax {
			t.Fatalf("%d words", len(p.Words))
		}
	}
}

func TestAProfileDependsOnItsSamplesAlone(t *testing.T) {
	want := learn(told(300, 5))
	for range 3 { // maps of words are walked in another order each time
		if got := learn(told(300, 5)); !reflect.DeepEqual(got, want) {
			t.Fatal("two profiles of the same samples")
		}
	}
	// To the bit, on every CPU: this one was made on amd64.
	const worth, trust = 0x3fe213ba3f1b22f5, 0x3fedcd6d3f1373c9
	if got := math.Float64bits(want.Worth[Words]); got != worth {
		t.Errorf("worth %#x, want %#x", got, uint64(worth))
	}
	if got := math.Float64bits(want.Trust); got != trust {
		t.Errorf("trust %#x, want %#x", got, uint64(trust))
	}
}

func TestBonusDoesNotAllocate(t *testing.T) {
	p, x := learn(told(20, 1)), Features{Words: .3}
	if n := testing.AllocsPerRun(100, func() { p.Bonus(&x) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestMatrixSolvesAndInverts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var m matrix
	m.addDiagonal(ridge)
	for range 60 {
		var x Features
		for f := range x {
			x[f] = r.NormFloat64()
		}
		m.addOuter(.7, &x)
	}
	var want Features
	for f := range want {
		want[f] = r.NormFloat64()
	}
	var b Features
	for i := range m {
		for j := range m {
			b[i] += m[i][j] * want[j]
		}
	}
	inverse, got := m.inverse(), m.solve(&b)
	for i := range m {
		if math.Abs(got[i]-want[i]) > 1e-12 {
			t.Errorf("x[%d] is %v, want %v", i, got[i], want[i])
		}
		for j := range m {
			sum := 0.0
			for k := range m {
				sum += m[i][k] * inverse[k][j]
			}
			if unit := map[bool]float64{true: 1}[i == j]; math.Abs(sum-unit) > 1e-12 {
				t.Errorf("m times its inverse at %d, %d is %v", i, j, sum)
			}
		}
	}
}

func BenchmarkBonus(b *testing.B) {
	p, x := learn(told(200, 1)), Features{Words: .3, Meaning: .2, Long: .4}
	for b.Loop() {
		p.Bonus(&x)
	}
}

func BenchmarkObserve(b *testing.B) {
	list := told(200, 1)
	for b.Loop() {
		learn(list)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/200, "ns/judgement")
}
