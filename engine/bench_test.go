package engine_test

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/nexus-memory/nexus/engine"
)

// BenchmarkQuery asks stores of growing size; the hits are checked.
func BenchmarkQuery(b *testing.B) {
	for _, n := range []int{1000, 15000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			db := open(b, b.TempDir(), engine.Options{CacheBytes: -1})
			memories := generated(n, 11)
			for at := 0; at < n; at += 1000 {
				add(b, db, memories[at:min(n, at+1000)]...)
			}
			if err := db.Compact(ctx); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				a := ask(b, db, engine.Query{Text: generatedQuestions[i%len(generatedQuestions)]})
				if len(a.Hits) == 0 && generatedQuestions[i%len(generatedQuestions)] != "the the the" {
					b.Fatal("no hits")
				}
			}
		})
	}
}

// BenchmarkAdd64Writers adds durable records one at a time from 64 goroutines.
func BenchmarkAdd64Writers(b *testing.B) {
	db := open(b, b.TempDir(), engine.Options{})
	b.SetParallelism(64 / runtime.GOMAXPROCS(0))
	var n atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			add(b, db, engine.Memory{Text: fmt.Sprintf("note %d says that subject %d met object %d", i, i%97, i%89)})
		}
	})
	st, err := db.Stats()
	if err != nil || st.Memories != uint64(n.Load()) {
		b.Fatalf("%+v %v", st, err)
	}
	b.ReportMetric(float64(st.Added)/float64(st.Commits), "records/commit")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
}
