package store

import (
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/nexus-memory/nexus/engine/model"
)

// lockDirectory takes the store's lock: alone for writing, shared for reading.
// The lock is the kernel's and goes with the process, however it ends. A store
// on a medium that nobody can write to needs no lock and may have no file for
// it: then the result is nil.
func lockDirectory(path string, shared bool) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	how := syscall.LOCK_EX
	if shared {
		how = syscall.LOCK_SH
		if err != nil {
			f, err = os.Open(path)
		}
		if errors.Is(err, os.ErrNotExist) {
			return nil, nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("store: lock: %w", classify(err))
	}
	if err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("store: it is open already, by another process or this one: %w", model.ErrLocked)
		}
		return nil, fmt.Errorf("store: lock: %w", classify(err))
	}
	return f, nil
}

// unlockDirectory gives the lock up, whoever else has the file open.
func unlockDirectory(f *os.File) error {
	return errors.Join(syscall.Flock(int(f.Fd()), syscall.LOCK_UN), f.Close())
}

// abandon closes a file that a failed opening has locked and mapped. Closing
// alone does not unlock: the lock lives as long as the map does.
func abandon(f *os.File) {
	syscall.Flock(int(f.Fd()), syscall.LOCK_UN) // closed already where this fails
	f.Close()
}
