//go:build !race && !asan && !msan

package kernels

import "testing"

// The race detector is told about buffers by address, which lets them escape, and the
// builds for asan and msan are instrumented as well; all others must not allocate.
func TestKernelsDoNotAllocate(t *testing.T) {
	for op := range operationCount {
		call := allocationCalls[op]
		if call == nil {
			t.Errorf("%s is not tried", operationNames[op])
			continue
		}
		t.Run(operationNames[op], func(t *testing.T) {
			eachTier(t, op, func(t *testing.T) {
				if n := testing.AllocsPerRun(100, call()); n != 0 {
					t.Errorf("%g allocations a call", n)
				}
			})
		})
	}
}
