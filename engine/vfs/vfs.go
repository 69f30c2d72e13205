// Package vfs is how the store reaches files: through one small interface, so
// that tests put in its place a disk that fails, or one that loses power.
//
// OS is the operating system's. Memory keeps everything in the process and knows
// what of it would survive a loss of power at any moment: its Disk gives the
// images that a crash may leave behind. truth.db is bbolt's, which wants a file
// of the operating system; the crash tests record its system calls instead and
// play them to a Disk.
package vfs

import "io"

// FS is a file system. Names are slash-separated paths as the system takes them.
// Methods are safe from any goroutine. Errors are those of package os, so that
// errors.Is tells fs.ErrNotExist, fs.ErrPermission and the system's own numbers.
type FS interface {
	// Create opens a new or emptied file for writing. Its name is durable after
	// SyncDir of its directory, its bytes after Sync.
	Create(name string) (File, error)
	// Open opens a file for reading.
	Open(name string) (File, error)
	// Rename gives a file another name, in place of what had it.
	Rename(from, to string) error
	// Link gives a file a second name.
	Link(from, to string) error
	// Remove removes a name. Open files and mappings of it stay usable.
	Remove(name string) error
	// List returns the names in a directory, sorted.
	List(dir string) ([]string, error)
	// MkdirAll creates a directory with its parents where they are missing, each
	// name as durable as SyncDir makes it when it returns.
	MkdirAll(dir string) error
	// SyncDir makes the names in a directory durable.
	SyncDir(dir string) error
}

// File is an open file. One goroutine at a time, but for ReadAt.
type File interface {
	io.Writer
	io.ReaderAt
	io.Closer
	// Sync makes the bytes written durable. After it has failed once nothing is
	// known of them: it is not to be tried again.
	Sync() error
	// Size returns the length in bytes; an error where it is no regular file.
	Size() (int64, error)
	// Map returns the file's bytes, at least 64-byte aligned, without reading
	// them; release ends that, and is nil where they are ordinary
	// memory, not a mapping. They are not to be written. Where the medium fails
	// or the file was cut short since, reading them faults (SIGBUS).
	Map() (data []byte, release func(), err error)
}
