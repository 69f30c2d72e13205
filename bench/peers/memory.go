package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/unix"
)

// hugePage is where data starts, here and in the Python side, so that no party has the
// better page or alignment.
const hugePage = 2 << 20

// element is what a set may hold.
type element interface {
	~float32 | ~int8 | ~uint8 | ~int32 | ~uint16 | ~uint32
}

// mapped returns n elements at the start of a huge page, zero, outside of Go's heap. They
// are never given back: the program makes a few of them and ends.
func mapped[T element](n int) []T {
	var one T
	size := n * int(unsafe.Sizeof(one))
	block, err := unix.Mmap(-1, 0, size+2*hugePage, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANON)
	if err != nil {
		panic(fmt.Sprintf("peers: mapping %d bytes: %v", size, err))
	}
	// Without huge pages, as where the kernel lacks them, everybody has small ones.
	_ = unix.Madvise(block, unix.MADV_HUGEPAGE)
	// SAFETY: block is one live mapping of size+2*hugePage bytes; the offset is below
	// hugePage and a multiple of the alignment of T.
	start := -uintptr(unsafe.Pointer(&block[0])) % hugePage
	return unsafe.Slice((*T)(unsafe.Pointer(&block[start])), n)
}

// asBytes returns the memory of values.
func asBytes[T element](values []T) []byte {
	if len(values) == 0 {
		return nil
	}
	// SAFETY: the same memory with a smaller alignment; values outlives the result's uses.
	return unsafe.Slice((*byte)(unsafe.Pointer(&values[0])), len(values)*int(unsafe.Sizeof(values[0])))
}

// pool is data that measurements of one type take prefixes of: rows, and a query of the
// same kind. The Python side reads both from files, once.
type pool[T element] struct {
	rows, query         []T
	rowsPath, queryPath string
}

// queryMax is the longest query, in elements, times the queries of a batch.
const queryMax = 64 << 10

// newPool fills n elements with values from next and writes them where Python finds them.
func newPool[T element](folder, name string, n int, next func(*rand.Rand) T) (*pool[T], error) {
	p := &pool[T]{
		rows: mapped[T](n), query: mapped[T](queryMax),
		rowsPath: filepath.Join(folder, name+".rows"), queryPath: filepath.Join(folder, name+".query"),
	}
	random := rand.New(rand.NewPCG(uint64(n), 7))
	for i := range p.query {
		p.query[i] = next(random)
	}
	for i := range p.rows {
		p.rows[i] = next(random)
	}
	return p, p.write()
}

// write stores the data for the Python side, again after it changed.
func (p *pool[T]) write() error {
	if err := os.WriteFile(p.queryPath, asBytes(p.query), 0o600); err != nil {
		return err
	}
	return os.WriteFile(p.rowsPath, asBytes(p.rows), 0o600)
}

func nextI8(r *rand.Rand) int8  { return int8(r.Uint32()) }
func nextBit(r *rand.Rand) byte { return byte(r.Uint32()) }

// nextF32 is uniform between -1 and 1.
func nextF32(r *rand.Rand) float32 { return float32(int32(r.Uint32())) / (1 << 31) }

// readFloats reads the answer that the Python side wrote.
func readFloats(path string) ([]float64, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(path); err != nil {
		return nil, err
	}
	out := make([]float64, len(data)/8)
	for i := range out {
		var bits uint64
		for j := range 8 {
			bits |= uint64(data[8*i+j]) << (8 * j)
		}
		out[i] = math.Float64frombits(bits)
	}
	return out, nil
}
