package scratch

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestAValueHasOneOwnerAtATime(t *testing.T) {
	type value struct{ owners atomic.Int32 }
	p := Pool[value]{New: func() *value { return &value{} }}
	var group sync.WaitGroup
	for range 100 {
		group.Go(func() {
			for range 2000 {
				v := p.Get()
				if v.owners.Add(1) != 1 {
					t.Error("two owners")
				}
				v.owners.Add(-1)
				p.Put(v)
			}
		})
	}
	group.Wait()
}

func TestValuesAreReusedAndTheSurplusIsDropped(t *testing.T) {
	made := 0
	p := Pool[int]{New: func() *int { made++; return new(int) }}
	var taken []*int
	for range slotCount + 5 {
		taken = append(taken, p.Get())
	}
	for _, v := range taken {
		p.Put(v)
	}
	for range slotCount {
		p.Get()
	}
	if made != slotCount+5 {
		t.Fatalf("made %d values, want %d", made, slotCount+5)
	}
	p.Get()
	if made != slotCount+6 {
		t.Fatal("the surplus was kept")
	}
	if n := testing.AllocsPerRun(100, func() { p.Put(p.Get()) }); n > 1 {
		t.Fatalf("%v allocations", n)
	}
}

func BenchmarkGetPut(b *testing.B) {
	p := Pool[int]{New: func() *int { return new(int) }}
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			p.Put(p.Get())
		}
	})
}
