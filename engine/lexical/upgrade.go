package lexical

import (
	"fmt"
	"math"
)

// Version1 are the columns of an index as segment files of version 1 hold them:
// the postings of ordinal o are [Starts[o], Starts[o+1]) of Rows and Freqs.
type Version1 struct {
	Dictionary []byte
	Starts     []uint32
	Rows       []uint32
	Freqs      []uint16
	Lengths    []uint32
}

// Upgrade packs columns of version 1 as Parts; Dictionary and Lengths are
// aliased. The same rows added to a Builder give the same Parts. An error wraps
// ErrFormat. O(postings).
func Upgrade(v Version1) (Parts, error) {
	if err := v.check(); err != nil {
		return Parts{}, err
	}
	out := newColumns(len(v.Starts)-1, len(v.Rows))
	out.parts.Dictionary, out.parts.Lengths = v.Dictionary, v.Lengths
	for o := 1; o < len(v.Starts); o++ {
		start, end := v.Starts[o-1], v.Starts[o]
		out.appendPostings(v.Rows[start:end], v.Freqs[start:end])
	}
	return out.close()
}

func (v *Version1) check() error {
	switch {
	case len(v.Starts) == 0 || v.Starts[0] != 0:
		return fmt.Errorf("%w: starts do not begin at 0", ErrFormat)
	case uint64(v.Starts[len(v.Starts)-1]) != uint64(len(v.Rows)):
		return fmt.Errorf("%w: starts end at %d of %d postings", ErrFormat, v.Starts[len(v.Starts)-1], len(v.Rows))
	case len(v.Freqs) != len(v.Rows):
		return fmt.Errorf("%w: %d frequencies for %d postings", ErrFormat, len(v.Freqs), len(v.Rows))
	case uint64(len(v.Lengths)) > math.MaxUint32:
		return fmt.Errorf("%w: %d rows", ErrFormat, len(v.Lengths))
	}
	for o := 1; o < len(v.Starts); o++ {
		start, end := v.Starts[o-1], v.Starts[o]
		if start > end || uint64(end) > uint64(len(v.Rows)) {
			return fmt.Errorf("%w: starts descend at term %d", ErrFormat, o)
		}
		for i := start; i < end; i++ {
			if i > start && v.Rows[i] <= v.Rows[i-1] || uint64(v.Rows[i]) >= uint64(len(v.Lengths)) || v.Freqs[i] == 0 {
				return fmt.Errorf("%w: posting %d", ErrFormat, i)
			}
		}
	}
	return nil
}
