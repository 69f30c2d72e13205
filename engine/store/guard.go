package store

import (
	"fmt"
	"runtime/debug"

	"github.com/nexus-memory/nexus/engine/model"
)

// guarded runs f, which reads truth.db, and turns what a damaged file makes of
// it into ErrCorrupt: bbolt asserts what it reads, and a file that ends before
// its pages do faults in the memory map.
func guarded(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("truth.db is damaged (%v): %w", p, model.ErrCorrupt)
		}
	}()
	return f()
}
