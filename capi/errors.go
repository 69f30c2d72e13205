package main

// #include <nexus.h>
import "C"

import (
	"fmt"
	"runtime/debug"
	"unicode/utf8"
	"unsafe"

	"github.com/nexus-memory/nexus/engine"
	"github.com/nexus-memory/nexus/engine/model"
)

// errorHead is the size of nexus_error in front of its message.
const errorHead = unsafe.Offsetof(C.nexus_error{}.message)

// report writes err into the caller's struct, as far as it reaches, and returns its status.
func report(err error, out *C.nexus_error) C.nexus_status {
	if err == nil {
		return C.NEXUS_OK
	}
	code := model.CodeOf(err)
	if out == nil || uintptr(out.struct_size) < errorHead {
		return C.nexus_status(code)
	}
	out.code = C.int32_t(code)
	out.retryable = 0
	switch code {
	case model.CodeBusy, model.CodeDeadline, model.CodeLocked, model.CodeRateLimited, model.CodeUnavailable:
		out.retryable = 1
	}
	room := int(uintptr(out.struct_size) - errorHead)
	if room == 0 {
		return C.nexus_status(code)
	}
	text := err.Error()
	if len(text) >= room {
		end := room - 1
		for end > 0 && !utf8.RuneStart(text[end]) {
			end--
		}
		text = text[:end]
	}
	// SAFETY: struct_size says that room bytes behind the head are the caller's.
	message := unsafe.Slice((*byte)(unsafe.Pointer(&out.message)), room)
	message[copy(message, text)] = 0
	out.message_size = C.uint32_t(len(text))
	return C.nexus_status(code)
}

// enter runs the body of an exported function and reports its error. (With model.Rescue,
// whose pointer makes the error escape, a call costs an allocation more: 20 of 130 ns.)
func enter(out *C.nexus_error, body func() error) (status C.nexus_status) {
	defer func() {
		if p := recover(); p != nil {
			status = report(fmt.Errorf("panic: %v\n%s: %w", p, debug.Stack(), engine.ErrInternal), out)
		}
	}()
	return report(body(), out)
}

// sizeMax bounds a struct_size: more is no struct's size but memory that nobody set.
const sizeMax = 64 << 10

// checkSize verifies the struct_size of an input struct: at least that of ABI 1, and what
// a newer program appended must be zero, as this library does not know what it asks for.
func checkSize(name string, pointer unsafe.Pointer, have C.uint32_t, known uintptr) error {
	if uintptr(have) < known {
		return fmt.Errorf("%s.struct_size is %d, want at least %d: %w", name, have, known, engine.ErrInvalid)
	}
	if have > sizeMax {
		return fmt.Errorf("%s.struct_size is %d, more than any: %w", name, have, engine.ErrInvalid)
	}
	// SAFETY: struct_size says that these bytes are the caller's.
	for _, b := range unsafe.Slice((*byte)(unsafe.Add(pointer, known)), uintptr(have)-known) {
		if b != 0 {
			return fmt.Errorf("%s has members set that this version does not know: %w", name, engine.ErrUnsupported)
		}
	}
	return nil
}
