package kernels

import (
	"math"
	"strings"
	"testing"
)

func init() {
	allocationCalls[opSignatureScan32] = func() func() {
		return func() {
			var query [SignatureSlots]uint32
			var equal [6]uint8
			var rows [6 * SignatureSlots]uint32
			SignatureScan32(&query, rows[:], equal[:])
		}
	}
}

func TestSignatureScan32IsExact(t *testing.T) {
	eachTier(t, opSignatureScan32, func(t *testing.T) {
		counts := append([]int{10, 63, 511, 512, 513, 1100}, rowCounts...)
		for _, count := range counts {
			r := random(uint64(count))
			query := [SignatureSlots]uint32(randomU32(SignatureSlots, uint64(count)))
			rows := make([]uint32, count*SignatureSlots)
			want := make([]uint8, count)
			for i := range rows {
				rows[i] = query[i%SignatureSlots]
				if i/SignatureSlots%5 != 0 && r.Uint32()%3 == 0 { // rows 0, 5, 10 ... are equal
					rows[i] ^= 1 << (r.Uint32() % 32)
				} else {
					want[i/SignatureSlots]++
				}
			}
			check := func(query *[SignatureSlots]uint32, rows []uint32, out []uint8) {
				SignatureScan32(query, rows, out)
				for i := range want {
					if out[i] != want[i] {
						t.Fatalf("%d rows: row %d has %d equal slots, want %d", count, i, out[i], want[i])
					}
				}
			}
			out := make([]uint8, count)
			guarded(t, rows, func(rows []uint32) { check(&query, rows, out) })
			guarded(t, out, func(out []uint8) { check(&query, rows, out) })
			guarded(t, query[:], func(q []uint32) { check((*[SignatureSlots]uint32)(q), rows, out) })
			for offset := range 64 {
				if count <= 9 {
					check(&query, shifted(rows, offset), shifted(out, 63-offset))
				}
			}
		}
	})
}

// TestSignatureScan32SeesEverySlot lets one slot after the other differ, or alone be equal,
// by any single bit: a lane that is not counted, or counted twice, would show.
func TestSignatureScan32SeesEverySlot(t *testing.T) {
	eachTier(t, opSignatureScan32, func(t *testing.T) {
		for _, v := range []uint32{0, 1, math.MaxInt32, 1 << 31, math.MaxUint32} {
			query := [SignatureSlots]uint32(filled(SignatureSlots, v))
			var rows []uint32
			for j := range SignatureSlots {
				differs, equals := filled(SignatureSlots, v), filled(SignatureSlots, ^v)
				differs[j] ^= 1 << (j % 32)
				equals[j] = v
				rows = append(append(rows, differs...), equals...)
			}
			out := make([]uint8, 2*SignatureSlots)
			SignatureScan32(&query, rows, out)
			for j := range SignatureSlots {
				if out[2*j] != SignatureSlots-1 || out[2*j+1] != 1 {
					t.Fatalf("value %#x, slot %d: got %d and %d, want 127 and 1", v, j, out[2*j], out[2*j+1])
				}
			}
		}
	})
}

func TestSignatureScan32PanicsOnWrongLengths(t *testing.T) {
	for _, rows := range []int{0, 1, 127, 129, 256} {
		func() {
			defer func() {
				if text, _ := recover().(string); !strings.Contains(text, "SignatureScan32") {
					t.Errorf("%d numbers for one row: %q", rows, text)
				}
			}()
			SignatureScan32(&[SignatureSlots]uint32{}, make([]uint32, rows), make([]uint8, 1))
		}()
	}
}

func BenchmarkSignatureScan32(b *testing.B) {
	for _, set := range benchSets {
		count := set.bytes / (4 * SignatureSlots)
		var query [SignatureSlots]uint32
		rows, out, want := make([]uint32, count*SignatureSlots), make([]uint8, count), make([]uint8, count)
		r := random(1)
		for i := range rows {
			rows[i] = r.Uint32() % 3
		}
		signatureScan32Generic(&query, rows, want)
		b.Run("set="+set.name, func(b *testing.B) {
			eachBenchTier(b, opSignatureScan32, func(b *testing.B) {
				b.SetBytes(int64(4 * len(rows)))
				for b.Loop() {
					SignatureScan32(&query, rows, out)
				}
				report(b, count)
				checkBench(b, out, want)
			})
		})
	}
}
