package main

import (
	"fmt"
	"syscall"
)

// mountSmall makes dir a file system of so many bytes.
func mountSmall(dir string, bytes int) error {
	return syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", bytes))
}

func unmount(dir string) { syscall.Unmount(dir, 0) }
