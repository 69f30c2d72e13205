package segment

import "unsafe"

// number is what a column holds: fixed-size, no padding, any bit pattern legal.
type number interface {
	~uint8 | ~int8 | ~uint16 | ~uint32 | ~uint64 | ~int64 | ~float32 | ~float64
}

// bytesOf returns the memory of a column as bytes, without a copy.
func bytesOf[T number](column []T) []byte {
	// SAFETY: T has no padding, and the result does not outlive the column's
	// array, which it keeps alive.
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(column))), len(column)*int(unsafe.Sizeof(*new(T))))
}

// viewOf returns bytes as a column in place; false where size or alignment do not fit.
func viewOf[T number](data []byte) ([]T, bool) {
	size := int(unsafe.Sizeof(*new(T)))
	p := unsafe.Pointer(unsafe.SliceData(data))
	if len(data)%size != 0 || uintptr(p)%uintptr(size) != 0 {
		return nil, false
	}
	// SAFETY: length and alignment were checked, every bit pattern is a T, and
	// sections are never written once built.
	return unsafe.Slice((*T)(p), len(data)/size), true
}

// alignedBytes returns n zero bytes that start at a 64-byte boundary.
func alignedBytes(n int) []byte {
	raw := make([]byte, n+sectionAlign-1)
	// SAFETY: only the address is looked at; the heap does not move objects.
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(raw))) & (sectionAlign - 1))
	return raw[skip : skip+n : skip+n]
}

// distance returns how far behind the start of memory a part of it starts.
func distance(memory, part []byte) int {
	// SAFETY: only the addresses are looked at; callers keep both alive.
	return int(uintptr(unsafe.Pointer(unsafe.SliceData(part))) - uintptr(unsafe.Pointer(unsafe.SliceData(memory))))
}
