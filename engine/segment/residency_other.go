//go:build !linux

package segment

import "golang.org/x/sys/unix"

// populate has pages of a mapping read soon.
func populate(pages []byte) {
	_ = unix.Madvise(pages, unix.MADV_WILLNEED)
}
