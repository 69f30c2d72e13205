package kernels

import "testing"

func init() {
	allocationCalls[opSignatureScan] = func() func() {
		return func() {
			var query [SignatureSlots]uint8
			var equal [2]uint8
			var rows [2 * SignatureSlots]uint8
			SignatureScan(&query, rows[:], equal[:])
		}
	}
}

func TestSignatureScanIsExact(t *testing.T) {
	eachTier(t, opSignatureScan, func(t *testing.T) {
		counts := append([]int{10, 63, 64, 65, 2048, 2049, 5000}, rowCounts...)
		for _, count := range counts {
			r := random(uint64(count))
			var query [SignatureSlots]uint8
			rows := make([]uint8, count*SignatureSlots)
			want := make([]uint8, count)
			for j := range query {
				query[j] = uint8(r.Uint32())
			}
			for i := range rows {
				rows[i] = query[i%SignatureSlots]
				if i/SignatureSlots%5 != 0 && r.Uint32()%3 == 0 { // rows 0, 5, 10 ... are equal
					rows[i] += uint8(r.Uint32()) << (r.Uint32() % 8)
				}
				if rows[i] == query[i%SignatureSlots] {
					want[i/SignatureSlots]++
				}
			}
			check := func(query *[SignatureSlots]uint8, rows, out []uint8) {
				SignatureScan(query, rows, out)
				for i := range want {
					if out[i] != want[i] {
						t.Fatalf("%d rows: row %d has %d equal bytes, want %d", count, i, out[i], want[i])
					}
				}
			}
			out := make([]uint8, count)
			guarded(t, rows, func(rows []uint8) { check(&query, rows, out) })
			guarded(t, out, func(out []uint8) { check(&query, rows, out) })
			guarded(t, query[:], func(q []uint8) { check((*[SignatureSlots]uint8)(q), rows, out) })
			for offset := range 64 {
				if count <= 9 {
					check(&query, shifted(rows, offset), shifted(out, 63-offset))
				}
			}
		}
	})
}

func TestSignatureScanExtremes(t *testing.T) {
	eachTier(t, opSignatureScan, func(t *testing.T) {
		for _, v := range []uint8{0, 1, 0x7F, 0x80, 0xFF} {
			query := [SignatureSlots]uint8(filled(SignatureSlots, v))
			rows := append(filled(SignatureSlots, v), filled(SignatureSlots, v^0x80)...)
			out := make([]uint8, 2)
			SignatureScan(&query, rows, out)
			if out[0] != SignatureSlots || out[1] != 0 {
				t.Errorf("value %#x: got %d, want 128 and 0", v, out)
			}
		}
	})
}
