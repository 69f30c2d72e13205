package scratch

import (
	"testing"

	"pgregory.net/rapid"
)

func TestIndexIsAsAMap(t *testing.T) {
	var x Index
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(0, 40).Draw(t, "most")
		x.Reset(most)
		is := map[uint64]int32{}
		for range rapid.IntRange(0, 100).Draw(t, "steps") {
			key, value := rapid.Uint64Range(0, 50).Draw(t, "key")<<rapid.IntRange(0, 58).Draw(t, "shift"), rapid.Int32Min(0).Draw(t, "value")
			want, has := is[key]
			switch {
			case !has && len(is) >= most:
				if got := x.Get(key); got != -1 {
					t.Fatalf("%d has %d", key, got)
				}
			case rapid.Bool().Draw(t, "put"):
				x.Put(key, value)
				is[key] = value
			default:
				got, added := x.Add(key, value)
				if added == has || has && got != want || added && got != value {
					t.Fatalf("add %d: %d %v, has %v %d", key, got, added, has, want)
				}
				is[key] = got
			}
		}
		for key, want := range is {
			if got := x.Get(key); got != want {
				t.Fatalf("%d: %d, want %d", key, got, want)
			}
		}
	})
}

func TestIndexOutlivesItsGenerations(t *testing.T) {
	var x Index
	x.Reset(4)
	x.Put(7, 1)
	x.generation = ^uint32(0)
	x.Reset(4)
	if got := x.Get(7); got != -1 {
		t.Errorf("a key of an earlier generation has %d", got)
	}
	if n := testing.AllocsPerRun(10, func() { x.Reset(4); x.Put(1, 2) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
