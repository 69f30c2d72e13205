// Package nexus has no code of its own: this file holds the order of its rooms.
package nexus

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/nexus-memory/nexus"

// levels is the house from the ground up: a room may import rooms of lower
// levels alone. Do not change this data to make a build pass; it is the design
// (ARCHITECTURE.md), and a room that does not fit it is in the wrong place.
var levels = [][]string{
	{"asm"},
	{"engine/model", "engine/rows", "engine/scratch", "engine/vfs", "kernels"},
	{"engine/text", "engine/jsonl", "engine/pattern", "engine/timex"},
	{"engine/chunk", "engine/minhash", "engine/embed", "engine/quant", "engine/partition", "engine/cache", "engine/entity", "engine/forms", "engine/route", "engine/rank"},
	{"engine/vector", "engine/lexical", "engine/fields", "engine/annotate", "engine/rank/fit"},
	{"engine/segment", "engine/rank/trial"},
	{"engine/store"},
	{"engine/fuse", "engine/search/signals", "engine/search/mining", "engine/search/accuracy", "engine/search/learning"},
	{"engine/search/confidence"},
	{"engine/search"},
	{"engine"},
	{"eval", "capi", "bindings/conformance"},
	{"examples/internal"},
	{"cmd", "examples", "emulate"},
}

// only lists who alone may import a package; "C" stands for cgo.
var only = map[string][]string{
	module + "/asm": {"kernels"},
	module + "/gen": {},
	"C":             {"capi", "engine/block/native"},
	"unsafe":        {"kernels", "asm", "engine/segment/mmap_views.go", "capi"},
	"net/http":      {"server"},
	"net":           {"server"},
	"encoding/json": {"engine/jsonl", "eval", "bindings/conformance", "cmd", "examples"},
	"text/template": {},
	"os/exec":       {"examples"},
}

// source is one Go file of the module that is not a test.
type source struct {
	path    string // slash-separated, from the repository's root
	imports []string
	file    *ast.File
}

func sources(t *testing.T) (all []source) {
	t.Helper()
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && (name == "gen" || name == "bench" || name == "testdata" || (p != "." && strings.HasPrefix(name, "."))) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, 0)
		if err != nil {
			return err
		}
		s := source{path: filepath.ToSlash(p), file: f}
		for _, spec := range f.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			s.imports = append(s.imports, imported)
		}
		all = append(all, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 40 {
		t.Fatalf("found %d files: the walk is broken", len(all))
	}
	return all
}

// within reports whether a file or folder lies in the room.
func within(p, room string) bool { return p == room || strings.HasPrefix(p, room+"/") }

// level returns the level of a file's room, the longest name that fits.
func level(p string) (found int, room string) {
	found = -1
	for l, rooms := range levels {
		for _, r := range rooms {
			if within(p, r) && len(r) > len(room) {
				found, room = l, r
			}
		}
	}
	return found, room
}

func TestImportsPointDown(t *testing.T) {
	for _, s := range sources(t) {
		from, room := level(s.path)
		if from < 0 {
			t.Errorf("%s lies in no room of the house", s.path)
			continue
		}
		for _, imported := range s.imports {
			if !strings.HasPrefix(imported, module+"/") {
				continue
			}
			target := strings.TrimPrefix(imported, module+"/")
			to, targetRoom := level(target)
			if targetRoom != room && to >= from {
				t.Errorf("%s (level %d) imports %s (level %d)", s.path, from, target, to)
			}
		}
	}
}

func TestPackagesStayInTheirRooms(t *testing.T) {
	for _, s := range sources(t) {
		for _, imported := range s.imports {
			rooms, guarded := only[imported]
			if guarded && !slices.ContainsFunc(rooms, func(r string) bool { return within(s.path, r) }) {
				t.Errorf("%s imports %q, which belongs to %v", s.path, imported, rooms)
			}
		}
	}
}

func TestKernelsStartNoGoroutines(t *testing.T) {
	for _, s := range sources(t) {
		if path.Dir(s.path) != "kernels" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if g, ok := n.(*ast.GoStmt); ok {
				t.Errorf("%s starts a goroutine at offset %d", s.path, g.Pos())
			}
			return true
		})
	}
}
