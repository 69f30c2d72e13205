//go:build race

package kernels

import (
	"runtime"
	"unsafe"
)

// The race detector does not see what assembly reads and writes, so the exported
// functions tell it. In other builds both functions are empty.

const raceEnabled = true

func raceRead[T any](s []T) {
	if len(s) > 0 {
		// SAFETY: the range is exactly the elements of s.
		runtime.RaceReadRange(unsafe.Pointer(&s[0]), len(s)*int(unsafe.Sizeof(s[0])))
	}
}

func raceWrite[T any](s []T) {
	if len(s) > 0 {
		// SAFETY: the range is exactly the elements of s.
		runtime.RaceWriteRange(unsafe.Pointer(&s[0]), len(s)*int(unsafe.Sizeof(s[0])))
	}
}
