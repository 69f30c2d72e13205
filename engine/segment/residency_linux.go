package segment

import "golang.org/x/sys/unix"

// populate reads pages of a mapping and maps them. Where the system does not know how
// (before Linux 5.14), or cannot read them, touching them does, or faults.
func populate(pages []byte) {
	_ = unix.Madvise(pages, unix.MADV_WILLNEED) // all of it at once, also where jumps were advised
	_ = unix.Madvise(pages, unix.MADV_POPULATE_READ)
}
