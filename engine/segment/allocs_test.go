//go:build !race && !asan && !msan

// Under the race detector the pools of the standard library, which zstd uses, forget on purpose.

package segment

import "testing"

// TestReadingPackedRecordsDoesNotAllocate but for the memory's own strings.
func TestReadingPackedRecordsDoesNotAllocate(t *testing.T) {
	s := packAll(t, build(t, CallerSpace(3), 1, texts(3000, 20)))
	var r RecordReader
	row := 0
	for range 50 {
		r.Record(s, row*977%3000)
		row++
	}
	if allocs := testing.AllocsPerRun(500, func() { r.Record(s, row*977%3000); row++ }); allocs != 0 {
		t.Fatalf("%v allocations a record", allocs)
	}
}
