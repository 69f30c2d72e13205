package store

import (
	"errors"
	"os"
	"syscall"
)

// datasync makes a file's bytes durable, and of its metadata what reading them needs.
func datasync(f *os.File) error {
	for {
		err := syscall.Fdatasync(int(f.Fd()))
		if err == nil || !errors.Is(err, syscall.EINTR) {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
