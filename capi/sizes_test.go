//go:build cgo

package main

import (
	"errors"
	"testing"
	"unsafe"

	"github.com/nexus-memory/nexus/engine"
)

// grown is an input struct as a later ABI may have it: its first 8 bytes are ABI 1.
type grown struct {
	size, first uint32
	later       uint64
}

func TestStructsOfOlderAndNewerProgramsAreReadAsFarAsTheyGo(t *testing.T) {
	const first, whole = 8, uint32(unsafe.Sizeof(grown{}))
	newer := func(size uint32, tail byte) *grown {
		room := make([]uint64, 4)
		g := (*grown)(unsafe.Pointer(&room[0]))
		g.size, g.first, g.later = size, 7, 9
		*(*byte)(unsafe.Add(unsafe.Pointer(g), 30)) = tail
		return g
	}
	for _, c := range []struct {
		size  uint32
		tail  byte
		later uint64
		want  error
	}{
		{0, 0, 0, engine.ErrInvalid}, {first - 1, 0, 0, engine.ErrInvalid}, {sizeMax + 1, 0, 0, engine.ErrInvalid},
		{first, 0, 0, nil}, {whole, 0, 9, nil}, {32, 0, 9, nil}, {32, 1, 9, engine.ErrUnsupported},
	} {
		in := newer(c.size, c.tail)
		got, err := known("grown", in, first)
		if !errors.Is(err, c.want) {
			t.Errorf("size %d, tail %d: %v, want %v", c.size, c.tail, err, c.want)
		}
		if !errors.Is(c.want, engine.ErrInvalid) && (got == nil || got.first != 7 || got.later != c.later) {
			t.Errorf("size %d, tail %d: read %+v", c.size, c.tail, got)
		}
	}
}
