package segment

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/nexus-memory/nexus/engine/model"
)

// Rescue ends the guard of a goroutine that reads mapped files, and turns a fault
// of memory, which a failing medium or a file that was cut short makes of a read
// (SIGBUS), into ErrCorrupt instead of the end of the process. So it does with what is
// found damaged when it is first used (see unchecked). Its first argument
// begins the guard, so it is deferred in one line, at the top of the goroutine:
//
//	defer segment.Rescue(debug.SetPanicOnFault(true), &err)
//
// Every other panic goes on. It does not allocate where nothing happens.
func Rescue(before bool, err *error) {
	debug.SetPanicOnFault(before)
	if p := recover(); p != nil {
		*err = faultError(p)
	}
}

// faultError returns the error that a fault of mapped memory is, or of what was found
// damaged when it was first read; it panics again
// for anything else. A nil pointer of ours has no address to tell.
func faultError(p any) error {
	if found, ok := p.(*damage); ok {
		return found.err
	}
	if _, ok := p.(interface {
		runtime.Error
		Addr() uintptr
	}); !ok {
		panic(p)
	}
	return fmt.Errorf("segment: a mapped file cannot be read: %w", model.ErrCorrupt)
}

// Guard is Rescue for reads of a view: the store hears of the fault and rebuilds
// what cannot be read from the truth.
//
//	defer view.Guard(debug.SetPanicOnFault(true), &err)
func (v *View) Guard(before bool, err *error) {
	debug.SetPanicOnFault(before)
	if p := recover(); p != nil {
		*err = faultError(p)
		if v.Faulted != nil {
			v.Faulted()
		}
	}
}

func decodeGuarded(image []byte, from *Held, fetch func(part []byte)) (s *Segment, err error) {
	defer Rescue(debug.SetPanicOnFault(true), &err)
	return decode(image, from, fetch)
}

// decodeWhole checks all of an image and of its memory file, which decode does not. Nothing
// of from is to have been checked before.
func decodeWhole(image []byte, from *Held) (s *Segment, err error) {
	defer Rescue(debug.SetPanicOnFault(true), &err)
	if s, err = decode(image, from, func([]byte) {}); err != nil {
		return nil, err
	}
	if err = s.CheckRest(func() bool { return false }); err != nil {
		return nil, err
	}
	s.readRecords()
	return s, nil
}
