package kernels

import (
	"math/rand/v2"
	"testing"
	"unsafe"
)

// rowCounts covers every remainder of four rows and a longer run.
var rowCounts = []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 33}

// tails is one more than the largest dimension to try where a kernel takes step elements
// a turn: every tail behind none, one and two turns, and four where time allows.
func tails(step int) int {
	if testing.Short() {
		return 2*step + 9
	}
	return 4*step + 9
}

// fewRows are numbers of rows for two turns of both loops of a kernel, over groups of four
// rows and over single ones, and for a group before a row; more where time allows.
func fewRows() []int {
	if testing.Short() {
		return []int{2, 5, 8}
	}
	return []int{0, 1, 3, 4, 5, 9}
}

// allocationCalls holds for each operation what makes its arguments and returns a call
// that may not allocate. The tests of each operation add theirs.
var allocationCalls = map[operation]func() func(){}

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

func randomI8(n int, seed uint64) []int8 {
	r, v := random(seed), make([]int8, n)
	for i := range v {
		v[i] = int8(r.Uint32())
	}
	return v
}

func randomF32(n int, seed uint64) []float32 {
	r, v := random(seed), make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

func randomU32(n int, seed uint64) []uint32 {
	r, v := random(seed), make([]uint32, n)
	for i := range v {
		v[i] = r.Uint32()
	}
	return v
}

// filled returns n times value.
func filled[T any](n int, value T) []T {
	v := make([]T, n)
	for i := range v {
		v[i] = value
	}
	return v
}

// shifted returns a copy of values that starts offset bytes behind a 64-byte boundary.
func shifted[T any](values []T, offset int) []T {
	var element T
	size := len(values) * int(unsafe.Sizeof(element))
	if size == 0 {
		return values
	}
	buffer := make([]byte, size+128)
	skip := -int(uintptr(unsafe.Pointer(&buffer[0]))) & 63
	// SAFETY: skip+offset+size <= 63+64+size stays inside of buffer, which the slice
	// keeps alive; T holds no pointers, so its alignment is free on the CPUs tested.
	copied := unsafe.Slice((*T)(unsafe.Pointer(&buffer[skip+offset])), len(values))
	copy(copied, values)
	return copied
}

// mustPanic calls what may not return.
func mustPanic(t *testing.T, name string, call func()) {
	t.Helper()
	defer func() {
		if recover() == nil {
			t.Errorf("%s: no panic", name)
		}
	}()
	call()
}
