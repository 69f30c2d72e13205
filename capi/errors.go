package main

// #include <nexus.h>
import "C"

import (
	"fmt"
	"runtime/debug"
	"strings"
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
	if short, ok := strings.CutSuffix(text, ": "+code.String()); ok && strings.Contains(short, code.String()) {
		text = short // it says so already
	}
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
	rests.note()
	return report(body(), out)
}

// sizeMax bounds a struct_size: more is no struct's size but memory that nobody set.
const sizeMax = 64 << 10

// known returns an input struct as this version knows it: the caller's own, or where an
// older program's is smaller a copy whose later members are zero. first is its size in
// ABI 1. What a newer program appended must be zero, as nobody here knows what it asks
// for: the struct is returned with the error then.
func known[T any](name string, in *T, first uintptr) (*T, error) {
	have := uintptr(*(*C.uint32_t)(unsafe.Pointer(in))) // SAFETY: struct_size leads every sized struct
	size := unsafe.Sizeof(*in)
	switch {
	case have < first:
		return nil, fmt.Errorf("%s.struct_size is %d, want at least %d: %w", name, have, first, engine.ErrInvalid)
	case have > sizeMax:
		return nil, fmt.Errorf("%s.struct_size is %d, more than any: %w", name, have, engine.ErrInvalid)
	case have < size:
		older := new(T)
		copyBytes(unsafe.Pointer(older), unsafe.Pointer(in), have)
		return older, nil
	}
	// SAFETY: struct_size says that these bytes are the caller's.
	for _, b := range unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(in), size)), have-size) {
		if b != 0 {
			return in, fmt.Errorf("%s has members set that this version does not know: %w", name, engine.ErrUnsupported)
		}
	}
	return in, nil
}

// copyBytes copies n bytes that are both sides' own.
func copyBytes(to, from unsafe.Pointer, n uintptr) {
	copy(unsafe.Slice((*byte)(to), n), unsafe.Slice((*byte)(from), n))
}
