package contest

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/nexus-memory/nexus/engine/segment"
	"github.com/nexus-memory/nexus/engine/vector"
	"github.com/nexus-memory/nexus/engine/vfs"
)

// OpenSegments opens the segment files of a closed store, with their memory files, in the order
// of their memories.
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
	slices.SortFunc(list, func(a, b *segment.Segment) int {
		first, _ := a.Range()
		other, _ := b.Range()
		return cmp.Compare(first, other)
	})
	return list, nil
}

// OpenLists opens the lists of a closed store's vectors and says which of its segments they are
// of; nil where it has none.
func OpenLists(dir string, of []*segment.Segment) (*vector.Lists, []int32, error) {
	lists, err := segment.OpenLists(vfs.OS, filepath.Join(dir, "segments", "vectors.nxl"), false)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	view := &segment.View{}
	for _, one := range of {
		view = view.With(one)
	}
	found, parts := view.WithLists(lists).Listing()
	return found, parts, nil
}
