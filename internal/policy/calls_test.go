package policy

import (
	"go/ast"
	"go/constant"
	"slices"
	"strings"
	"testing"
)

// forbiddenNames are those members of the standard library that library
// packages leave alone, outside tests.
var forbiddenNames = []struct {
	pkg    string
	names  string
	except string // a package
	why    string
}{
	{"fmt", "Print Printf Println", "", "library code does not print; take an io.Writer"},
	{"os", "Exit", "", "library code does not exit; return an error"},
	{"os", "Stderr Stdin Stdout", "", "library code does not print; take an io.Writer or io.Reader"},
	{"time", "After AfterFunc NewTicker NewTimer Since Sleep Tick Until", "", "library code reads no clock; time is an argument"},
	{"time", "Now", "tap", "library code reads no clock; time is an argument, but in tap, which times what passes through it"},
}

// checkCalls reports uses of forbiddenNames, and of print and println.
func checkCalls(t *tree) []string {
	var found []string
	for _, f := range t.libraryFiles() {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectorExpr:
				pkg, name := t.member(n)
				for _, rule := range forbiddenNames {
					if pkg == rule.pkg && f.dir != rule.except && slices.Contains(strings.Fields(rule.names), name) {
						found = append(found, t.at(n.Pos(), "%s.%s: %s", pkg, name, rule.why))
					}
				}
			case *ast.CallExpr:
				if t.builtin(n, "print", "println") {
					found = append(found, t.at(n.Pos(), "builtin print: library code does not print; take an io.Writer"))
				}
			}
			return true
		})
	}
	return found
}

// checkPanics reports panics of library packages whose message does not begin
// with the name of the package and a colon, as far as it is constant.
func checkPanics(t *tree) []string {
	var found []string
	for _, f := range t.libraryFiles() {
		want := f.ast.Name.Name + ": "
		ast.Inspect(f.ast, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if ok && t.builtin(call, "panic") && !strings.HasPrefix(t.beginning(call.Args[0]), want) {
				found = append(found, t.at(call.Pos(), "the message of a panic begins with %q, visibly", want))
			}
			return true
		})
	}
	return found
}

// beginning returns the constant text that a message begins with: of a
// constant, of a sum of strings, or of the first argument of a call such as
// fmt.Sprintf or errors.New.
func (t *tree) beginning(e ast.Expr) string {
	if v := t.info.Types[e].Value; v != nil && v.Kind() == constant.String {
		return constant.StringVal(v)
	}
	switch e := ast.Unparen(e).(type) {
	case *ast.BinaryExpr:
		return t.beginning(e.X)
	case *ast.CallExpr:
		if len(e.Args) > 0 {
			return t.beginning(e.Args[0])
		}
	}
	return ""
}

// checkSkips reports tests that skip without saying why.
func checkSkips(t *tree) []string {
	var found []string
	for _, f := range t.files {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && f.test && len(call.Args) == 0 {
				if sel, ok := call.Fun.(*ast.SelectorExpr); ok && (sel.Sel.Name == "Skip" || sel.Sel.Name == "SkipNow") {
					found = append(found, t.at(sel.Sel.Pos(), "%s says nothing; tell why with Skip(reason)", sel.Sel.Name))
				}
			}
			return true
		})
	}
	return found
}

func TestCalls(t *testing.T) {
	for _, rule := range forbiddenNames {
		for name := range strings.FieldsSeq(rule.names) {
			src := "package p\nimport x \"" + rule.pkg + "\"\nvar f = x." + name + "\n"
			testCheck(t, checkCalls, []synthetic{
				{rule.pkg + "." + name, rule.why, map[string]string{
					"metrics/a.go":        src,
					"metrics/a_test.go":   src,
					"cmd/tokentime/a.go":  src,
					"examples/stall/a.go": src,
				}, []string{"metrics/a.go:3: " + rule.pkg + "." + name + ": " + rule.why}},
			})
		}
	}
	testCheck(t, checkCalls, []synthetic{
		{"other things", "same names, harmless", map[string]string{
			"metrics/a.go": `package metrics
import ("fmt"; "io"; "time")
func f(time clock, w io.Writer) { time.Now(); fmt.Fprintln(w); println := fmt.Sprint; println() }
func g() time.Duration { return time.Second }
type clock struct{}
func (clock) Now() {}
`}, nil},
		{"builtins", "they write to standard error", map[string]string{
			"metrics/a.go": "package metrics\nfunc f() { println(1); print(2) }\n",
		}, []string{
			"metrics/a.go:2: builtin print: library code does not print; take an io.Writer",
			"metrics/a.go:2: builtin print: library code does not print; take an io.Writer",
		}},
	})
}

func TestPanics(t *testing.T) {
	testCheck(t, checkPanics, []synthetic{
		{"prefixed", "a constant beginning in each form; programs and tests are free", map[string]string{
			"metrics/a.go": `package metrics
import ("errors"; "fmt")
const prefix = "metrics: "
func f(s string) {
	panic("metrics: a")
	panic("metrics: a " + s)
	panic((prefix + "a " + s))
	panic(fmt.Sprintf("metrics: %s", s))
	panic(errors.New(prefix + "a"))
}
func g(panic func(string)) { panic("a") }
`,
			"metrics/a_test.go":  "package metrics\nfunc h() { panic(1) }\n",
			"cmd/tokentime/a.go": "package main\nfunc main() { panic(1) }\n",
		}, nil},
		{"not prefixed", "nobody can tell whose panic it is", map[string]string{
			"metrics/a.go": `package metrics
func f(err error, s string) {
	panic("a")
	panic(err)
	panic(s + "metrics: ")
	panic("slo: a")
	panic(err.Error())
}
`}, []string{
			`metrics/a.go:3: the message of a panic begins with "metrics: ", visibly`,
			`metrics/a.go:4: the message of a panic begins with "metrics: ", visibly`,
			`metrics/a.go:5: the message of a panic begins with "metrics: ", visibly`,
			`metrics/a.go:6: the message of a panic begins with "metrics: ", visibly`,
			`metrics/a.go:7: the message of a panic begins with "metrics: ", visibly`,
		}},
	})
}

func TestSkips(t *testing.T) {
	testCheck(t, checkSkips, []synthetic{
		{"skips", "a skipped test without a reason looks like a passed one", map[string]string{
			"slo/a.go": "package slo\nfunc f(r interface{ Skip() }) { r.Skip() }\n",
			"slo/a_test.go": `package slo
import "testing"
func TestA(t *testing.T) {
	t.Skip()
	t.SkipNow()
	t.Skip("needs a file")
	t.Skipf("needs %s", "a file")
}
`}, []string{
			"slo/a_test.go:4: Skip says nothing; tell why with Skip(reason)",
			"slo/a_test.go:5: SkipNow says nothing; tell why with Skip(reason)",
		}},
	})
}
