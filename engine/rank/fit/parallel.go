package fit

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// parallel calls do(0) to do(count-1) on all processors, in any order: each call writes
// what is its own, so that the result does not depend on the order.
func parallel(count int, do func(i int)) {
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(count, runtime.GOMAXPROCS(0)) {
		group.Go(func() {
			for i := next.Add(1); i <= int64(count); i = next.Add(1) {
				do(int(i - 1))
			}
		})
	}
	group.Wait()
}

// blockGroups is how many questions one call of a parallel loop handles.
const blockGroups = 32

// parallelGroups calls do for blocks of questions.
func parallelGroups(groups int, do func(first, end int)) {
	parallel((groups+blockGroups-1)/blockGroups, func(b int) {
		do(b*blockGroups, min(groups, (b+1)*blockGroups))
	})
}
