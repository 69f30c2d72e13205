package contest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/nexus-memory/nexus/engine/segment"
	"github.com/nexus-memory/nexus/engine/vfs"
)

// OpenSegments opens the segment files of a closed store, with their memory files.
func OpenSegments(dir string) (list []*segment.Segment, err error) {
	paths, err := filepath.Glob(filepath.Join(dir, "segments", "*.nxs"))
	if err != nil || len(paths) == 0 {
		return nil, fmt.Errorf("no segment files in %s: %w", dir, err)
	}
	for _, path := range paths {
		memories := filepath.Join(dir, "memories", strings.TrimSuffix(filepath.Base(path), ".nxs")+".nxm")
		var held *segment.Held
		if _, err := os.Stat(memories); err == nil {
			if held, err = segment.OpenHeld(vfs.OS, memories, false); err != nil {
				return nil, err
			}
		}
		one, err := segment.OpenFile(vfs.OS, path, held, false)
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}
