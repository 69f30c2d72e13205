//go:build nexustest

package main

// #include <nexus.h>
import "C"

// nexus_test_panic panics on the caller's thread. It is in test builds alone, which show
// that no panic leaves the library.
//
//export nexus_test_panic
func nexus_test_panic(out *C.nexus_error) C.nexus_status {
	return enter(out, func() error { panic("as the test wants it") })
}

// opPanic is an operation of test builds that panics within a job.
const opPanic = 999

func init() {
	testOps = func(op C.uint32_t) {
		if op == opPanic {
			panic("as the test wants it")
		}
	}
}
