package audit

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Guards reads the generated dispatch of an architecture: for each kernel by name, the
// features that its entry in the table of variants asks for.
//
// It fails when the table and the branches disagree: each entry {tierT, ...} of opX must
// have a branch "case tierT: asm.XT(...)" in asmX, and each branch an entry.
func Guards(path string) (map[string][]string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		return nil, err
	}
	guards, branches := map[string][]string{}, map[string]bool{}
	for _, declaration := range file.Decls {
		switch d := declaration.(type) {
		case *ast.GenDecl:
			readVariants(d, guards)
		case *ast.FuncDecl:
			if err := readBranches(d, branches); err != nil {
				return nil, err
			}
		}
	}
	for name := range guards {
		if !branches[name] {
			return nil, fmt.Errorf("%s: %s is in the table and never called", path, name)
		}
	}
	for name := range branches {
		if guards[name] == nil {
			return nil, fmt.Errorf("%s: %s is called and not in the table", path, name)
		}
	}
	return guards, nil
}

// readVariants adds the entries of "var variants = ...".
func readVariants(d *ast.GenDecl, guards map[string][]string) {
	for _, spec := range d.Specs {
		value, ok := spec.(*ast.ValueSpec)
		if !ok || value.Names[0].Name != "variants" || len(value.Values) != 1 {
			continue
		}
		for _, element := range value.Values[0].(*ast.CompositeLit).Elts {
			row := element.(*ast.KeyValueExpr)
			operation := strings.TrimPrefix(row.Key.(*ast.Ident).Name, "op")
			for _, entry := range row.Value.(*ast.CompositeLit).Elts {
				fields := entry.(*ast.CompositeLit).Elts
				tier := strings.TrimPrefix(fields[0].(*ast.Ident).Name, "tier")
				guards[operation+tier] = identifiers(fields[1])
			}
		}
	}
}

// readBranches adds the kernels that a function asmX calls, each in the case of its tier.
func readBranches(d *ast.FuncDecl, branches map[string]bool) error {
	operation := strings.TrimPrefix(d.Name.Name, "asm")
	var wrong error
	ast.Inspect(d, func(n ast.Node) bool {
		clause, ok := n.(*ast.CaseClause)
		if !ok || len(clause.List) == 0 {
			return true
		}
		want := operation + strings.TrimPrefix(clause.List[0].(*ast.Ident).Name, "tier")
		for _, statement := range clause.Body {
			for _, name := range calledOf(statement, "asm") {
				if name != want {
					wrong = fmt.Errorf("%s calls %s in the case of %s", d.Name.Name, name, want)
				}
				branches[name] = true
			}
		}
		return true
	})
	return wrong
}

// calledOf returns the functions of a package that a node calls.
func calledOf(node ast.Node, pkg string) (names []string) {
	ast.Inspect(node, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == pkg {
				names = append(names, s.Sel.Name)
			}
		}
		return true
	})
	return names
}

// identifiers returns the names in an expression, "a | b".
func identifiers(e ast.Expr) (names []string) {
	ast.Inspect(e, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			names = append(names, id.Name)
		}
		return true
	})
	return names
}

// text is where a kernel starts in Go assembly.
var text = regexp.MustCompile(`(?m)^TEXT\s+·(\w+)\(SB\)`)

// Declared returns the kernels that the assembly of an architecture in a folder holds.
// Each must have a Go declaration and each declaration a kernel.
func Declared(folder, arch string) ([]string, error) {
	stubs := map[string]bool{}
	files, err := filepath.Glob(filepath.Join(folder, "*_"+arch+".go"))
	if err != nil {
		return nil, err
	}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return nil, err
		}
		for _, declaration := range file.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok && f.Body == nil {
				stubs[f.Name.Name] = true
			}
		}
	}
	sources, err := filepath.Glob(filepath.Join(folder, "*_"+arch+".s"))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, path := range sources {
		source, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		for _, match := range text.FindAllSubmatch(source, -1) {
			name := string(match[1])
			if !stubs[name] {
				return nil, fmt.Errorf("%s: %s has no Go declaration", path, name)
			}
			delete(stubs, name)
			names = append(names, name)
		}
	}
	for name := range stubs {
		return nil, fmt.Errorf("%s: %s is declared without assembly", folder, name)
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s holds no kernel for %s", folder, arch)
	}
	return names, nil
}
