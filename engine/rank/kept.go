package rank

import (
	"encoding/binary"
	"fmt"

	"github.com/nexus-memory/nexus/engine/model"
)

// Kept is what a store keeps of rankers of its own: the one that serves, and the one that
// served before it. nil is the built-in one.
type Kept struct{ Serving, Before *Model }

// File format (all little-endian; a bump adds a line here and a sample file under
// testdata that every later build must open):
//
//	1  2026-11  as follows
//
//	0 magic "NEXUSKPT"  8 version u32  12 CRC-32C of all bytes but these, u32  16 size in bytes u64
//	24 bytes of the ranker that serves u32, 0: the built-in  28 of the one before u32  32 both, as Encode writes them
//
// All versions have the first 24 bytes in common, as those of a ranker.
const (
	keptVersion = 1
	keptMagic   = "NEXUSKPT"
	keptHead    = 32
)

// Encode returns both rankers as one file, so that they change in one step.
func (k Kept) Encode() []byte {
	le := binary.LittleEndian
	b := append([]byte(keptMagic), make([]byte, keptHead-len(keptMagic))...)
	for i, m := range []*Model{k.Serving, k.Before} {
		if m != nil {
			file := m.Encode()
			le.PutUint32(b[headCommon+4*i:], uint32(len(file)))
			b = append(b, file...)
		}
	}
	le.PutUint32(b[offVersion:], keptVersion)
	le.PutUint64(b[offSize:], uint64(len(b)))
	le.PutUint32(b[offCRC:], checksum(b))
	return b
}

// DecodeKept reads what Encode wrote. ErrCorrupt if the bytes are no such file, cut short
// or damaged; ErrUnsupported if a newer version of Nexus wrote them, or one of the rankers.
func DecodeKept(file []byte) (k Kept, err error) {
	le := binary.LittleEndian
	switch {
	case len(file) < keptHead || string(file[:len(keptMagic)]) != keptMagic:
		return k, fmt.Errorf("rank: %d bytes that do not begin as kept rankers do: %w", len(file), model.ErrCorrupt)
	case le.Uint64(file[offSize:]) != uint64(len(file)):
		return k, fmt.Errorf("rank: kept rankers of %d bytes are %d long: %w", le.Uint64(file[offSize:]), len(file), model.ErrCorrupt)
	case checksum(file) != le.Uint32(file[offCRC:]):
		return k, fmt.Errorf("rank: checksum of kept rankers of %d bytes: %w", len(file), model.ErrCorrupt)
	case le.Uint32(file[offVersion:]) > keptVersion:
		return k, fmt.Errorf("rank: kept rankers of format %d, this build reads up to %d: %w", le.Uint32(file[offVersion:]), keptVersion, model.ErrUnsupported)
	case le.Uint32(file[offVersion:]) == 0:
		return k, fmt.Errorf("rank: kept rankers of format 0: %w", model.ErrCorrupt)
	}
	r := &reader{rest: file[keptHead:]}
	for i, to := range []**Model{&k.Serving, &k.Before} {
		size := le.Uint32(file[headCommon+4*i:])
		if size == 0 {
			continue
		}
		if *to, err = Decode(r.take(int(min(size, uint32(len(file)))))); err != nil {
			return Kept{}, err
		}
	}
	if len(r.rest) > 0 {
		return Kept{}, fmt.Errorf("rank: %d bytes behind the kept rankers: %w", len(r.rest), model.ErrCorrupt)
	}
	return k, nil
}
