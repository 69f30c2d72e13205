package lexical

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/nexus-memory/nexus/engine/rows"
)

// encodeColumns writes columns as lengths and little-endian values, so that a
// fuzzer can mutate them.
func encodeColumns(p Parts) []byte {
	var b []byte
	for _, n := range []int{len(p.Dictionary), len(p.Starts), len(p.Postings)} {
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
	}
	b = append(b, p.Dictionary...)
	b = append(b, p.Postings...)
	for _, v := range p.Starts {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	for _, v := range p.Lengths {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

// decodeColumns is lenient: columns of what bytes there are.
func decodeColumns(b []byte) (p Parts) {
	var counts [3]int
	for i := range counts {
		if len(b) >= 2 {
			counts[i], b = int(binary.LittleEndian.Uint16(b)), b[2:]
		}
	}
	take := func(count int) (out []byte) {
		n := min(count, len(b))
		out, b = b[:n], b[n:]
		return out
	}
	p.Dictionary = take(counts[0])
	take32 := func(count int) (out []uint32) {
		for ; count > 0 && len(b) >= 4; count-- {
			out, b = append(out, binary.LittleEndian.Uint32(b)), b[4:]
		}
		return out
	}
	p.Postings = take(counts[2])
	p.Starts = take32(counts[1])
	p.Lengths = take32(len(b))
	return p
}

func FuzzOpenedColumnsAreSafeToSearch(f *testing.F) {
	words := []string{"apple", "applet", "bee", "been", "cedar"}
	f.Add(encodeColumns(mustBuild(f, nil).Parts()))
	f.Add(encodeColumns(mustBuild(f, [][]string{words[:1]}).Parts()))
	f.Add(encodeColumns(mustBuild(f, [][]string{words, words[1:3], nil, words[2:], {"bee", "bee"}}).Parts()))
	f.Add(encodeColumns(mustBuild(f, syntheticRows(40, 9, 200)).Parts()))
	f.Add(encodeColumns(mustSeal(f, mustBuild(f, [][]string{words, words[1:3], nil, words[2:], {"bee", "bee"}})).Parts()))
	f.Add(encodeColumns(mustBuild(f, slices.Repeat([][]string{words, words[2:4]}, 150)).Parts())) // blocks
	question := tokensOf(append(words, ""))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Open(decodeColumns(data))
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Fatalf("error outside of the set: %v", err)
			}
			return
		}
		var s Searcher
		parts := []Part{{Reader: r, Filter: rows.Filter{Dead: rows.Set{2}}}, {Reader: r, Filter: rows.Filter{Allow: rows.Set{^uint64(4)}}}}
		s.Prepare(question, parts, Statistics{uint64(2 * r.RowCount()), 2 * r.TotalLength()})
		for _, h := range s.Top(nil, 10, nil) {
			if int(h.Row) >= r.RowCount() || !parts[h.Part].Visible(int(h.Row)) || h.Score <= 0 {
				t.Fatalf("hit %+v of %d rows", h, r.RowCount())
			}
			s.Scores(nil, []rows.Ref{h.Ref})
		}
	})
}
