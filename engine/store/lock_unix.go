package store

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/nexus-memory/nexus/engine/model"
)

// lockDirectory takes the store's lock: alone for writing, shared for reading.
// The lock is the kernel's and goes with the process, however it ends.
func lockDirectory(path string, shared bool) (*os.File, error) {
	flags, how := os.O_RDWR|os.O_CREATE, syscall.LOCK_EX
	if shared {
		flags, how = os.O_RDONLY, syscall.LOCK_SH
	}
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, fmt.Errorf("store: lock: %w", classify(err))
	}
	if err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("store: another process has it open: %w", model.ErrLocked)
		}
		return nil, fmt.Errorf("store: lock: %w", classify(err))
	}
	return f, nil
}
