package vfs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// OS is the operating system's files.
var OS FS = system{}

type system struct{}

const (
	fileMode      = 0o600
	directoryMode = 0o700
)

func (system) Create(name string) (File, error) {
	return wrap(os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fileMode))
}

// Open does not wait for the other end of a pipe, which may be in a file's place.
func (system) Open(name string) (File, error) {
	return wrap(os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0))
}

func wrap(f *os.File, err error) (File, error) {
	if err != nil {
		return nil, err
	}
	return file{f}, nil
}

func (system) Rename(from, to string) error { return os.Rename(from, to) }
func (system) Link(from, to string) error   { return os.Link(from, to) }
func (system) Remove(name string) error     { return os.Remove(name) }

func (system) List(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, err
}

// MkdirAll syncs the parent of every directory that it creates: a store three
// new directories deep is as durable as one in a directory that was there.
func (s system) MkdirAll(dir string) error {
	err := os.Mkdir(dir, directoryMode)
	switch {
	case errors.Is(err, fs.ErrNotExist) && filepath.Dir(dir) != dir:
		if err := s.MkdirAll(filepath.Dir(dir)); err != nil {
			return err
		}
		if err = os.Mkdir(dir, directoryMode); errors.Is(err, fs.ErrExist) {
			return nil // another process was quicker
		}
	case errors.Is(err, fs.ErrExist):
		info, statErr := os.Stat(dir)
		if statErr == nil && !info.IsDir() {
			statErr = &os.PathError{Op: "mkdir", Path: dir, Err: syscall.ENOTDIR}
		}
		return statErr
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		if info, statErr := os.Stat(dir); statErr == nil && info.IsDir() {
			return nil // some systems look at the right to create first
		}
	}
	if err != nil {
		return err
	}
	return s.SyncDir(filepath.Dir(dir))
}

func (system) SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

type file struct{ *os.File }

func (f file) Size() (int64, error) {
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		return 0, fmt.Errorf("%s: no regular file: %w", filepath.Base(f.Name()), fs.ErrInvalid)
	}
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (f file) Map() ([]byte, func(), error) {
	size, err := f.Size()
	if err == nil && (size < 1 || size != int64(int(size))) {
		err = fmt.Errorf("%s: cannot map %d bytes: %w", filepath.Base(f.Name()), size, fs.ErrInvalid)
	}
	if err != nil {
		return nil, nil, err
	}
	data, err := syscall.Mmap(int(f.Fd()), 0, int(size), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, nil, os.NewSyscallError("mmap", err)
	}
	return data, func() { syscall.Munmap(data) }, nil
}
