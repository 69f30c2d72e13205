//go:build unix

package kernels

import (
	"sync"
	"syscall"
	"testing"
	"unsafe"
)

// guardArena is readable memory between two pages that fault on any access.
var guardArena = sync.OnceValue(func() []byte {
	const size = 1 << 20
	page := syscall.Getpagesize()
	m, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic(err)
	}
	for _, edge := range [][]byte{m[:page], m[page+size:]} {
		if err := syscall.Mprotect(edge, syscall.PROT_NONE); err != nil {
			panic(err)
		}
	}
	return m[page : page+size : page+size]
})

// guarded calls use with a copy of values that ends where the next byte faults, and again
// with one that starts where the byte before faults. The test crashes if use reads past
// either. use must not keep the copy.
func guarded[T any](t testing.TB, values []T, use func([]T)) {
	t.Helper()
	arena := guardArena()
	var element T
	size := len(values) * int(unsafe.Sizeof(element))
	if size == 0 {
		use(nil)
		return
	}
	if size > len(arena) {
		t.Fatalf("%d bytes do not fit in the arena of %d", size, len(arena))
	}
	for _, place := range [][]byte{arena[len(arena)-size:], arena[:size]} {
		// SAFETY: place has size bytes, T holds no pointers, and the mapping is never
		// unmapped. Both page sizes are multiples of every element size.
		copied := unsafe.Slice((*T)(unsafe.Pointer(&place[0])), len(values))
		copy(copied, values)
		use(copied)
	}
}
