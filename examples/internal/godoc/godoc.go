// Package godoc turns the documentation of Go's standard library into records
// that Nexus can add: about ten thousand passages that every Go installation
// has, for demonstrations on real text.
package godoc

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/build"
	"go/doc"
	"go/parser"
	"go/printer"
	"go/token"
	"io/fs"
	"iter"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"github.com/nexus-memory/nexus/engine/chunk"
)

// Record is one passage, in the form of a JSON line that Nexus reads.
type Record struct {
	Key     string `json:"key"`  // "net/http.Client.Do", unique
	Text    string `json:"text"` // signature and documentation
	User    string `json:"user"` // "go"
	Session string `json:"session"`
	Source  string `json:"source"` // file, relative to GOROOT
	Meta    Meta   `json:"meta"`
}

// Meta says what a record documents.
type Meta struct {
	Kind    string `json:"kind"` // package, type, func, method, const, var, example, page
	Package string `json:"package,omitempty"`
}

// FindRoot returns the root of the Go installation: $GOROOT, or what the go
// command says.
func FindRoot() (string, error) {
	if root := os.Getenv("GOROOT"); root != "" {
		return root, nil
	}
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return "", fmt.Errorf("godoc: go env GOROOT: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// Records yields the exported documentation of the standard library below root,
// as it is for linux on amd64 whatever machine this is, packages by path and
// within a package in the order of go doc. An error ends it.
func Records(root string) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		source := filepath.Join(root, "src")
		err := filepath.WalkDir(source, func(dir string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case !entry.IsDir():
				return nil
			case dir != source && skipped(entry.Name()):
				return fs.SkipDir
			}
			records, err := packageRecords(root, dir)
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
			yield(Record{}, fmt.Errorf("godoc: %w", err))
		}
	}
}

// skipped names the folders that hold nothing a user of the library sees.
func skipped(name string) bool {
	switch name {
	case "internal", "vendor", "testdata", "cmd":
		return true
	}
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
}

// packageRecords returns the records of the package in a folder, if there is one.
func packageRecords(root, dir string) ([]Record, error) {
	at, err := filepath.Rel(filepath.Join(root, "src"), dir)
	if err != nil {
		return nil, err
	}
	p := reader{root: root, path: filepath.ToSlash(at), files: token.NewFileSet()}
	files, err := p.parse(dir)
	if err != nil || len(files) == 0 {
		return nil, err
	}
	d, err := doc.NewFromFiles(p.files, files, p.path)
	if err != nil {
		return nil, fmt.Errorf("package %s: %w", p.path, err)
	}
	p.name = d.Name
	p.read(d, files[0])
	return p.records, nil
}

// reader collects the records of one package.
type reader struct {
	root, path, name string
	files            *token.FileSet
	records          []Record
}

// parse reads the files of the package and those tests that hold examples.
func (p *reader) parse(dir string) ([]*ast.File, error) {
	platform := build.Default
	platform.GOOS, platform.GOARCH, platform.CgoEnabled = "linux", "amd64", true
	platform.GOROOT = p.root
	names, err := platform.ImportDir(dir, 0)
	if _, none := err.(*build.NoGoError); none || names.Name == "main" {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	var files []*ast.File
	for i, group := range [][]string{names.GoFiles, names.CgoFiles, names.TestGoFiles, names.XTestGoFiles} {
		for _, name := range group {
			path := filepath.Join(dir, name)
			text, err := os.ReadFile(path)
			if err != nil {
				return nil, err
			}
			if isTest := i >= 2; isTest && !bytes.Contains(text, []byte("\nfunc Example")) {
				continue
			}
			file, err := parser.ParseFile(p.files, path, text, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			files = append(files, file)
		}
	}
	return files, nil
}

func (p *reader) read(d *doc.Package, first ast.Node) {
	p.add("package", p.path, fmt.Sprintf("package %s // import %q", d.Name, p.path), d.Doc, first.Pos())
	p.examples(d.Examples)
	p.values("const", d.Consts)
	p.values("var", d.Vars)
	p.funcs("func", p.path, d.Funcs)
	for _, t := range d.Types {
		p.add("type", p.path+"."+t.Name, p.print(t.Decl), t.Doc, t.Decl.Pos())
		p.examples(t.Examples)
		p.values("const", t.Consts)
		p.values("var", t.Vars)
		p.funcs("func", p.path, t.Funcs)
		p.funcs("method", p.path+"."+t.Name, t.Methods)
	}
}

func (p *reader) values(kind string, groups []*doc.Value) {
	for _, g := range groups {
		for _, name := range g.Names {
			if ast.IsExported(name) {
				p.add(kind, p.path+"."+name, p.print(g.Decl), g.Doc, g.Decl.Pos())
				break
			}
		}
	}
}

func (p *reader) funcs(kind, owner string, funcs []*doc.Func) {
	for _, f := range funcs {
		p.add(kind, owner+"."+f.Name, p.print(f.Decl), f.Doc, f.Decl.Pos())
		p.examples(f.Examples)
	}
}

func (p *reader) examples(examples []*doc.Example) {
	for _, e := range examples {
		text := p.print(&printer.CommentedNode{Node: e.Code, Comments: e.Comments})
		if e.Output != "" {
			text += "\n// Output:\n// " + strings.ReplaceAll(strings.TrimSpace(e.Output), "\n", "\n// ")
		}
		p.add("example", p.path+".Example"+e.Name, e.Doc, text, e.Code.Pos())
	}
}

// add appends the records of one thing: its key, declaration and documentation
// as one text, cut into pieces where it is long. The pieces after the first have
// the keys KEY#2, KEY#3 ...
func (p *reader) add(kind, key, head, body string, at token.Pos) {
	file, err := filepath.Rel(p.root, p.files.Position(at).Filename)
	if err != nil {
		file = ""
	}
	// The key goes first: "func (c *Client) Do" alone does not say "http".
	text := strings.TrimSpace(key + "\n\n" + strings.TrimSpace(head) + "\n\n" + strings.TrimSpace(body))
	text = strings.ToValidUTF8(text, "")
	ranges, err := chunk.Split(nil, text, chunk.Options{})
	if err != nil {
		panic(err) // the options are the defaults
	}
	for i, r := range ranges {
		piece := Record{
			Key: key, Text: text[r.Start:r.End], User: "go", Session: p.path,
			Source: path.Clean(filepath.ToSlash(file)), Meta: Meta{kind, p.path},
		}
		if i > 0 {
			piece.Key = fmt.Sprintf("%s#%d", key, i+1)
			piece.Text = key + "\n\n" + piece.Text
		}
		p.records = append(p.records, piece)
	}
}

// print returns a declaration as source text.
func (p *reader) print(node any) string {
	var b strings.Builder
	settings := printer.Config{Mode: printer.UseSpaces | printer.TabIndent, Tabwidth: 4}
	if err := settings.Fprint(&b, p.files, node); err != nil {
		return "" // the printer fails on malformed trees alone, and these were parsed
	}
	return b.String()
}
