package godoc

import (
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/nexus-memory/nexus/engine/chunk"
)

// pageBytesMax leaves out what no one wrote by hand.
const pageBytesMax = 1 << 20

// Pages yields the Markdown files below dir, cut into pieces, in the order of
// their paths. Hidden folders, testdata and files beyond 1 MiB are left out. The
// key of a piece is PATH#BYTE. An error ends it.
func Pages(dir string) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && path != dir && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata"):
				return fs.SkipDir
			case !entry.Type().IsRegular() || !strings.EqualFold(filepath.Ext(path), ".md"):
				return nil
			}
			records, err := pageRecords(dir, path)
			if err != nil {
				return err
			}
			for _, r := range records {
				if !yield(r, nil) {
					return fs.SkipAll
				}
			}
			return nil
		})
		if err != nil {
			yield(Record{}, fmt.Errorf("godoc: pages: %w", err))
		}
	}
}

func pageRecords(dir, path string) ([]Record, error) {
	info, err := os.Stat(path)
	if err != nil || info.Size() > pageBytesMax {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	name, err := filepath.Rel(dir, path)
	if err != nil {
		return nil, err
	}
	name = filepath.ToSlash(name)
	text := strings.ToValidUTF8(string(data), "")
	ranges, err := chunk.Split(nil, text, chunk.Options{})
	if err != nil {
		return nil, err
	}
	var records []Record
	for _, r := range ranges {
		records = append(records, Record{
			Key: fmt.Sprintf("%s#%d", name, r.Start), Text: text[r.Start:r.End], User: "go",
			Session: name, Source: name, Meta: Meta{Kind: "page"},
		})
	}
	return records, nil
}
