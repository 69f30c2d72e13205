package kernels

import (
	"testing"
	"unsafe"
)

func init() {
	allocationCalls[opDotScanI8] = func() func() {
		query, rows, out := randomI8(100, 1), randomI8(900, 2), make([]int32, 9)
		return func() { DotScanI8(query, rows, out) }
	}
}

// checkDotI8 compares every result with a plain 64-bit sum.
func checkDotI8(t *testing.T, query, rows []int8, out []int32) {
	t.Helper()
	for i, got := range out {
		var want int64
		for j, q := range query {
			want += int64(q) * int64(rows[i*len(query)+j])
		}
		if int64(got) != want {
			t.Fatalf("dim %d, %d rows: row %d is %d, want %d", len(query), len(out), i, got, want)
		}
	}
}

func TestDotScanI8IsExact(t *testing.T) {
	eachTier(t, opDotScanI8, func(t *testing.T) {
		for dim := range 4*128 + 2 {
			for _, count := range rowCounts {
				query := shifted(randomI8(dim, 1), (dim+count)%64)
				rows := shifted(randomI8(dim*count, 2), (dim*3+count)%64)
				out := filled(count, int32(-1))
				DotScanI8(query, rows, out)
				checkDotI8(t, query, rows, out)
			}
		}
	})
}

func TestDotScanI8AnyAlignment(t *testing.T) {
	eachTier(t, opDotScanI8, func(t *testing.T) {
		for offset := range 64 {
			for _, dim := range []int{1, 7, 33, 100, 384} {
				query := shifted(randomI8(dim, 3), offset)
				rows := shifted(randomI8(dim*5, 4), 63-offset)
				out := shifted(make([]int32, 5), offset)
				DotScanI8(query, rows, out)
				checkDotI8(t, query, rows, out)
			}
		}
	})
}

func TestDotScanI8StaysInsideItsBuffers(t *testing.T) {
	eachTier(t, opDotScanI8, func(t *testing.T) {
		for dim := range 4*128 + 2 {
			for _, count := range []int{1, 3, 4, 5, 9} {
				query, rows := randomI8(dim, 5), randomI8(dim*count, 6)
				out := make([]int32, count)
				guarded(t, query, func(query []int8) { DotScanI8(query, rows, out) })
				guarded(t, rows, func(rows []int8) { DotScanI8(query, rows, out) })
				guarded(t, out, func(out []int32) {
					DotScanI8(query, rows, out)
					checkDotI8(t, query, rows, out)
				})
			}
		}
	})
}

func TestDotScanI8ExtremeValues(t *testing.T) {
	eachTier(t, opDotScanI8, func(t *testing.T) {
		for _, dim := range []int{1, 15, 16, 31, 64, 127, 768, 4097, DotI8DimensionMax} {
			for _, pair := range [][2]int8{{-128, -128}, {-128, 127}, {127, -128}, {127, 127}, {-1, -128}, {0, -128}} {
				query, rows := filled(dim, pair[0]), filled(dim*5, pair[1])
				out := make([]int32, 5)
				DotScanI8(query, rows, out)
				checkDotI8(t, query, rows, out)
			}
		}
	})
}

func TestDotScanI8SplitsLongScans(t *testing.T) {
	eachTier(t, opDotScanI8, func(t *testing.T) {
		for _, shape := range [][2]int{{768, 1000}, {1, 300_000}, {100_003, 7}} {
			query, rows := randomI8(shape[0], 7), randomI8(shape[0]*shape[1], 8)
			out := make([]int32, shape[1])
			DotScanI8(query, rows, out)
			checkDotI8(t, query, rows, out)
		}
	})
}

func FuzzDotScanI8(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte, dim uint16) {
		n := int(dim) % (len(data) + 1)
		if n == 0 {
			return
		}
		values := unsafe.Slice((*int8)(unsafe.Pointer(&data[0])), len(data)) // SAFETY: same size, same lifetime
		query := values[:n]
		rows := values[n : n+(len(values)-n)/n*n]
		out := make([]int32, len(rows)/n)
		eachTier(t, opDotScanI8, func(t *testing.T) {
			DotScanI8(query, rows, out)
			checkDotI8(t, query, rows, out)
		})
	})
}
