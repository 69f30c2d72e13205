package segment

import (
	"fmt"
	"os"
	"runtime"
	"syscall"

	"github.com/nexus-memory/nexus/engine/model"
)

// OpenFile maps a segment file read-only, checks every checksum and returns
// the segment. The mapping is released when the last snapshot that holds the
// segment is gone; the file may be removed at any time. Cost: one pass over the
// file. A file that is not a whole, valid segment gives ErrCorrupt.
func OpenFile(path string) (*Segment, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("segment: no regular file: %w", model.ErrCorrupt)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("segment: %w", err)
	}
	if info.Size() < headerBytes || info.Size() != int64(int(info.Size())) {
		return nil, fmt.Errorf("segment: file of %d bytes: %w", info.Size(), model.ErrCorrupt)
	}
	data, err := syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("segment: map: %w", err)
	}
	s, err := decode(data)
	if err != nil {
		syscall.Munmap(data)
		return nil, err
	}
	s.mapped, s.mapping = true, data
	s.advise()
	// Slices into the map do not keep it mapped; whoever reads them keeps the
	// segment alive (View.Release).
	runtime.AddCleanup(s, func(data []byte) { syscall.Munmap(data) }, data)
	return s, nil
}
