package sets

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/nexus-memory/nexus/engine/rank/fit"
)

// Kept returns what a file of a folder has, or what measure returns, which is then written
// there; of the folder "" always what measure returns. A file of other columns than those
// of this build is an error: it is to be removed.
func Kept(folder, file string, columns []string, measure func() (*fit.Dataset, error)) (*fit.Dataset, error) {
	if folder == "" {
		return measure()
	}
	path := filepath.Join(folder, file)
	if f, err := os.Open(path); err == nil {
		defer f.Close()
		data := &fit.Dataset{}
		_, err := data.ReadFrom(f)
		if err == nil && !slices.Equal(data.Columns, columns) {
			err = fmt.Errorf("%s: other columns than this build's; remove it", path)
		}
		return data, err
	}
	data, err := measure()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	_, err = data.WriteTo(f)
	return data, errors.Join(err, f.Close())
}
