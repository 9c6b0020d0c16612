package policy

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

const modulePath = "github.com/tokentime/tokentime"

// A tree is the source of a module, without the modules nested in it.
type tree struct {
	fset  *token.FileSet
	files []*file // in order of path
	dirs  []string
	info  *types.Info
	pkgs  map[string]*types.Package // by import path; see Import
}

type file struct {
	path string // slash-separated, from the root of the module
	dir  string
	test bool
	src  []byte
	ast  *ast.File
}

// load reads, parses and type-checks the module at the root of fsys. It fails
// when a file does not parse; that a name cannot be resolved is no failure,
// since packages from outside are empty.
func load(fsys fs.FS) (*tree, error) {
	t := &tree{
		fset: token.NewFileSet(),
		info: &types.Info{
			Types:      map[ast.Expr]types.TypeAndValue{},
			Uses:       map[*ast.Ident]types.Object{},
			Selections: map[*ast.SelectorExpr]*types.Selection{},
		},
		pkgs: map[string]*types.Package{},
	}
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (hidden(name) || nestedModule(fsys, name)):
			return fs.SkipDir
		case d.IsDir():
			t.dirs = append(t.dirs, name)
			return nil
		case path.Ext(name) != ".go":
			return nil
		}
		return t.parse(fsys, name)
	})
	if err != nil {
		return nil, err
	}
	for _, dir := range t.dirs {
		if _, err := t.Import(importPath(dir)); err != nil {
			return nil, err
		}
		t.check(importPath(dir)+"_test", t.filesOf(dir, true))
	}
	return t, nil
}

// hidden reports whether the go command passes the directory over.
func hidden(dir string) bool {
	base := path.Base(dir)
	return dir != "." && (base[0] == '.' || base[0] == '_' || base == "testdata")
}

func nestedModule(fsys fs.FS, dir string) bool {
	_, err := fs.Stat(fsys, path.Join(dir, "go.mod"))
	return dir != "." && err == nil
}

func (t *tree) parse(fsys fs.FS, name string) error {
	src, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	parsed, err := parser.ParseFile(t.fset, name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	t.files = append(t.files, &file{
		path: name, dir: path.Dir(name), test: strings.HasSuffix(name, "_test.go"), src: src, ast: parsed,
	})
	return nil
}

// filesOf returns the files of the directory's package, its tests among
// them, or those of the external test package x_test.
func (t *tree) filesOf(dir string, external bool) []*ast.File {
	var files []*ast.File
	for _, f := range t.files {
		if f.dir == dir && external == (f.test && strings.HasSuffix(f.ast.Name.Name, "_test")) {
			files = append(files, f.ast)
		}
	}
	return files
}

// Import implements [types.Importer]: a package of the module is checked, any
// other is empty. Tests are part of the package that they test, so an
// external test sees what another test file exports to it.
func (t *tree) Import(importPath string) (*types.Package, error) {
	if pkg := t.pkgs[importPath]; pkg != nil {
		return pkg, nil
	}
	empty := types.NewPackage(importPath, packageName(importPath))
	empty.MarkComplete()
	t.pkgs[importPath] = empty // what a cycle gets
	if dir, own := dirOf(importPath); own {
		t.pkgs[importPath] = t.check(importPath, t.filesOf(dir, false))
	}
	return t.pkgs[importPath], nil
}

func (t *tree) check(importPath string, files []*ast.File) *types.Package {
	config := types.Config{Importer: t, Error: func(error) {}} // members of empty packages are missing
	pkg, _ := config.Check(importPath, t.fset, files, t.info)
	return pkg
}

var majorVersion = regexp.MustCompile(`/v[0-9]+$`)

// packageName guesses what a package from outside calls itself.
func packageName(importPath string) string {
	base := path.Base(majorVersion.ReplaceAllString(importPath, ""))
	return strings.TrimSuffix(strings.TrimPrefix(base, "go-"), "-go")
}

func importPath(dir string) string { return path.Join(modulePath, dir) }

// dirOf is the inverse of importPath; ok is false for a package from outside.
func dirOf(importPath string) (dir string, ok bool) {
	if importPath == modulePath {
		return ".", true
	}
	return strings.CutPrefix(importPath, modulePath+"/")
}

// library reports whether the directory's package is made to be imported by
// others, and so must keep every rule.
func library(dir string) bool {
	return !slices.Contains([]string{"cmd", "examples", "internal"}, strings.Split(dir, "/")[0])
}

// libraryFiles returns the files of library packages, without tests.
func (t *tree) libraryFiles() []*file {
	var files []*file
	for _, f := range t.files {
		if library(f.dir) && !f.test {
			files = append(files, f)
		}
	}
	return files
}

// at formats a violation.
func (t *tree) at(pos token.Pos, format string, args ...any) string {
	p := t.fset.Position(pos)
	return fmt.Sprintf("%s:%d: %s", p.Filename, p.Line, fmt.Sprintf(format, args...))
}

// member returns the package and the name when sel is a name qualified by a
// package, such as time.Now.
func (t *tree) member(sel *ast.SelectorExpr) (pkg, name string) {
	if id, ok := sel.X.(*ast.Ident); ok {
		if p, ok := t.info.Uses[id].(*types.PkgName); ok {
			return p.Imported().Path(), sel.Sel.Name
		}
	}
	return "", ""
}
