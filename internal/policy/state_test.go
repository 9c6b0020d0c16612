package policy

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"testing"
)

// checkState reports package-level state and its initialization: func init,
// and package-level variables that hold a thing made to change or that
// anything in the module, tests included, changes or takes the address of.
//
// What is left are constants that Go cannot call so: errors, tables, regexps,
// embedded files, assertions that a type implements an interface.
func checkState(t *tree) []string {
	changes := t.changes()
	var found []string
	for _, f := range t.files {
		for _, decl := range f.ast.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == "init" {
					found = append(found, t.at(d.Pos(), "func init runs behind the importer's back; call a function"))
				}
			case *ast.GenDecl:
				if d.Tok == token.VAR && !f.test {
					found = append(found, t.checkVars(f, d, changes)...)
				}
			}
		}
	}
	return found
}

// checkVars checks one package-level declaration; changes is what
// [tree.changes] returned.
func (t *tree) checkVars(f *file, d *ast.GenDecl, changes map[string][]change) []string {
	var found []string
	for _, s := range d.Specs {
		spec := s.(*ast.ValueSpec) // by d.Tok
		why := t.heldState(spec)
		if embedded(d.Doc) || embedded(spec.Doc) {
			why = ""
		}
		for _, name := range spec.Names {
			if name.Name == "_" {
				if spec.Type == nil {
					found = append(found, t.at(name.Pos(), "package-level var _ without a type asserts nothing"))
				}
				continue
			}
			if why != "" {
				found = append(found, t.at(name.Pos(), "package-level var %s %s; pass it as an argument", name.Name, why))
			}
			for _, c := range changes[importPath(f.dir)+"."+name.Name] {
				found = append(found, t.at(c.pos, "package-level var %s is %s; only constants are global", name.Name, c.how))
			}
		}
	}
	return found
}

func embedded(doc *ast.CommentGroup) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool {
		return strings.HasPrefix(c.Text, "//go:embed ")
	})
}

// heldState says why the declared variables are made to change, or "".
func (t *tree) heldState(spec *ast.ValueSpec) string {
	if len(spec.Values) == 0 {
		return "has no value, so something is to write to it"
	}
	why := ""
	look := func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false // what a call makes is the call's own
		case *ast.ChanType:
			why = "holds a channel"
		case *ast.SelectorExpr:
			if pkg, _ := t.member(n); pkg == "sync" || pkg == "sync/atomic" {
				why = "holds a lock or an atomic"
			}
		}
		return true
	}
	if spec.Type != nil {
		ast.Inspect(spec.Type, look)
	}
	for _, v := range spec.Values {
		ast.Inspect(v, look)
		if pointerToNew(v) {
			why = "points to a new variable"
		}
	}
	return why
}

// pointerToNew reports whether the expression is &T{...} or new(T).
func pointerToNew(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.UnaryExpr:
		return e.Op == token.AND
	case *ast.CallExpr:
		id, ok := e.Fun.(*ast.Ident)
		return ok && id.Name == "new"
	}
	return false
}

type change struct {
	pos token.Pos
	how string
}

// changes returns where package-level variables of the module, named by
// import path, dot, name, are assigned to or have their address taken.
func (t *tree) changes() map[string][]change {
	found := map[string][]change{}
	for _, f := range t.files {
		var stack []ast.Node
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if n == nil {
				stack = stack[:len(stack)-1]
				return true
			}
			stack = append(stack, n)
			if id, ok := n.(*ast.Ident); ok {
				if v := t.packageVar(id); v != "" {
					if how := t.changed(stack); how != "" {
						found[v] = append(found[v], change{id.Pos(), how})
					}
				}
			}
			return true
		})
	}
	return found
}

// packageVar returns the import path, dot, name of the package-level variable
// that id uses, or "".
func (t *tree) packageVar(id *ast.Ident) string {
	v, ok := t.info.Uses[id].(*types.Var)
	if !ok || v.Pkg() == nil || v.Parent() != v.Pkg().Scope() {
		return ""
	}
	return v.Pkg().Path() + "." + v.Name()
}

// changed says what the innermost nodes of the stack do to the variable that
// the last of them names, or "".
func (t *tree) changed(stack []ast.Node) string {
	i := len(stack) - 1
climb: // from the variable to the largest part of it that the expression names
	for ; i > 0; i-- {
		switch p := stack[i-1].(type) {
		case *ast.ParenExpr, *ast.StarExpr:
		case *ast.SelectorExpr:
			if s := t.info.Selections[p]; s != nil && s.Kind() != types.FieldVal {
				if pointerMethod(s) {
					return "handed to a method with a pointer receiver"
				}
				return ""
			}
		case *ast.IndexExpr:
			if p.X != stack[i] {
				return ""
			}
		case *ast.SliceExpr:
			if p.X != stack[i] {
				return ""
			}
		default:
			break climb
		}
	}
	if i == 0 {
		return ""
	}
	part, _ := stack[i].(ast.Expr)
	switch p := stack[i-1].(type) {
	case *ast.AssignStmt:
		if slices.Contains(p.Lhs, part) {
			return "assigned to"
		}
	case *ast.IncDecStmt:
		return "assigned to"
	case *ast.RangeStmt:
		if p.Key == part || p.Value == part {
			return "assigned to"
		}
	case *ast.UnaryExpr:
		if p.Op == token.AND {
			return "handed out by address"
		}
	case *ast.CallExpr:
		if t.builtin(p, "clear", "copy", "delete") && p.Args[0] == part {
			return "changed by a builtin"
		}
	}
	return ""
}

func pointerMethod(s *types.Selection) bool {
	f, ok := s.Obj().(*types.Func)
	if !ok || s.Kind() != types.MethodVal {
		return false
	}
	_, pointer := f.Signature().Recv().Type().(*types.Pointer)
	return pointer
}

// builtin reports whether the call is of one of the named builtins.
func (t *tree) builtin(call *ast.CallExpr, names ...string) bool {
	id, ok := ast.Unparen(call.Fun).(*ast.Ident)
	if !ok || len(call.Args) == 0 {
		return false
	}
	_, ok = t.info.Uses[id].(*types.Builtin)
	return ok && slices.Contains(names, id.Name)
}

func TestState(t *testing.T) {
	const advice = "; pass it as an argument"
	const constant = "; only constants are global"
	testCheck(t, checkState, []synthetic{
		{"constants", "what Go cannot declare const is read only", map[string]string{
			"slo/a.go": `package slo
import ("embed"; "errors"; "fmt"; "regexp")
var ErrOne, ErrTwo = errors.New("one"), fmt.Errorf("two")
var _ error = T{}
//go:embed a.txt
var text string
var (
	//go:embed b.txt
	files embed.FS
	suffix = regexp.MustCompile("ms|s")
)
var Paper = T{Name: "paper"}
var table = [...]string{"a", "b"}
var limits = map[string]int{"p99": 99}
var add = func() *T { c := make(chan int, -unit); return <-c }
var unit = -1
type T struct{ Name string }
func (t T) Error() string { return t.Name + Paper.Error() + table[len(table)-1] + table[:][0] }
func local() int { table := 0; table++; p := Paper; p.Name = "other"; return limits["p99"] + table }
`,
			"slo/a_test.go": `package slo
import "flag"
var update = flag.Bool("update", false, "")
var calls int
func count() { calls++ }
`}, nil},
		{"holders", "things made to change", map[string]string{
			"slo/a.go": `package slo
import ("sync"; a "sync/atomic")
var count int
var mu sync.Mutex
var total = a.Int64{}
var cache = map[string]*sync.Once{}
var events = make(chan int)
var current = &T{}
var other = (new(T))
type T struct{}
`}, []string{
			"slo/a.go:3: package-level var count has no value, so something is to write to it" + advice,
			"slo/a.go:4: package-level var mu has no value, so something is to write to it" + advice,
			"slo/a.go:5: package-level var total holds a lock or an atomic" + advice,
			"slo/a.go:6: package-level var cache holds a lock or an atomic" + advice,
			"slo/a.go:7: package-level var events holds a channel" + advice,
			"slo/a.go:8: package-level var current points to a new variable" + advice,
			"slo/a.go:9: package-level var other points to a new variable" + advice,
		}},
		{"changes", "each way to write to a variable", map[string]string{
			"slo/a.go": `package slo
var n, table, m, v = 0, []int{1}, map[int]int{}, T{}
type T struct{ F []int }
func (t *T) Set() {}
func (t T) Get() {}
func f() *int {
	n = 1
	n++
	n += 2
	table[0] = 1
	table[:][n]--
	(m[0]) = 1
	delete(m, 1)
	clear(m)
	copy(table[1:], v.F)
	v.F[0] = 1
	for n = range 2 {
	}
	for _, table[0] = range table {
	}
	v.Set()
	v.Get()
	*ptr = 1
	return &n
}
var ptr = f()
`}, []string{
			"slo/a.go:7: package-level var n is assigned to" + constant,
			"slo/a.go:8: package-level var n is assigned to" + constant,
			"slo/a.go:9: package-level var n is assigned to" + constant,
			"slo/a.go:17: package-level var n is assigned to" + constant,
			"slo/a.go:24: package-level var n is handed out by address" + constant,
			"slo/a.go:10: package-level var table is assigned to" + constant,
			"slo/a.go:11: package-level var table is assigned to" + constant,
			"slo/a.go:15: package-level var table is changed by a builtin" + constant,
			"slo/a.go:19: package-level var table is assigned to" + constant,
			"slo/a.go:12: package-level var m is assigned to" + constant,
			"slo/a.go:13: package-level var m is changed by a builtin" + constant,
			"slo/a.go:14: package-level var m is changed by a builtin" + constant,
			"slo/a.go:16: package-level var v is assigned to" + constant,
			"slo/a.go:21: package-level var v is handed to a method with a pointer receiver" + constant,
			"slo/a.go:23: package-level var ptr is assigned to" + constant,
		}},
		{"from afar", "another package, a test, an external test", map[string]string{
			"metrics/a.go":        "package metrics\nvar Paper = T{}\ntype T struct{ F int }\n",
			"metrics/a_test.go":   "package metrics\nfunc f() { Paper.F = 1 }\n",
			"metrics/b_test.go":   "package metrics_test\nimport \"" + modulePath + "/metrics\"\nvar p = &metrics.Paper\n",
			"examples/stall/a.go": "package main\nimport m \"" + modulePath + "/metrics\"\nfunc main() { m.Paper = m.T{} }\n",
		}, []string{
			"examples/stall/a.go:3: package-level var Paper is assigned to" + constant,
			"metrics/a_test.go:2: package-level var Paper is assigned to" + constant,
			"metrics/b_test.go:3: package-level var Paper is handed out by address" + constant,
		}},
		{"init", "a method of that name is none", map[string]string{
			"slo/a.go":      "package slo\nfunc init() {}\ntype T int\nfunc (T) init() {}\n",
			"slo/a_test.go": "package slo\nfunc init() {}\n",
		}, []string{
			"slo/a.go:2: func init runs behind the importer's back; call a function",
			"slo/a_test.go:2: func init runs behind the importer's back; call a function",
		}},
		{"call for its effect", "an assertion names the type", map[string]string{
			"slo/a.go": "package slo\nvar _ = register()\nfunc register() int { return 0 }\n",
		}, []string{"slo/a.go:2: package-level var _ without a type asserts nothing"}},
	})
}
