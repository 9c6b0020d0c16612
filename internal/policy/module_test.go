package policy

import (
	"bytes"
	"errors"
	"fmt"
	"go/build"
	"go/version"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
)

// A directive is one line of a go.mod file: its verb, also when it stands in
// a block of the verb, and its arguments.
type directive struct {
	line int
	verb string
	args []string
}

// parseMod splits a go.mod file that the go command accepts.
func parseMod(text []byte) []directive {
	var out []directive
	block, line := "", 0
	for raw := range strings.Lines(string(text)) {
		line++
		code, _, _ := strings.Cut(raw, "//")
		words := strings.Fields(code)
		switch {
		case len(words) == 0:
		case words[0] == ")":
			block = ""
		case block != "":
			out = append(out, directive{line, block, words})
		case words[len(words)-1] == "(":
			block = words[0]
		default:
			out = append(out, directive{line, words[0], words[1:]})
		}
	}
	return out
}

// ownModule is this module's path.
const ownModule = "github.com/tokentime/tokentime"

// checkReplace reports replace directives in any go.mod of the tree. What a
// user gets must be what we tested, and a replace is not passed on to users.
//
// A nested module may name a module of this repository by its folder: the two
// are released together, and between releases there is no version that it
// could require. (A go.work would not do: go mod tidy ignores it.)
func checkReplace(fsys fs.FS) ([]string, error) {
	var found []string
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && hidden(name):
			return fs.SkipDir
		case d.IsDir() || path.Base(name) != "go.mod":
			return nil
		}
		text, err := fs.ReadFile(fsys, name)
		for _, d := range parseMod(text) {
			if d.verb == "replace" && !withinRepository(name, d.args) {
				found = append(found, fmt.Sprintf("%s:%d: replace %s: require a released version", name, d.line, d.args[0]))
			}
		}
		return err
	})
	return found, err
}

// withinRepository reports whether a replace of the go.mod of that name puts a
// module of this repository where its path says that it is.
func withinRepository(name string, args []string) bool {
	dir := path.Dir(name)
	if dir == "." || len(args) != 3 || args[1] != "=>" {
		return false
	}
	below, ok := strings.CutPrefix(args[0]+"/", ownModule+"/")
	return ok && strings.HasPrefix(args[2], "../") && path.Join(dir, args[2]) == path.Clean("./"+below)
}

// checkGoVersion reports a go directive that is not the highest of those of
// the required modules, and so shuts out users for no reason. The cache holds
// the go.mod files of the modules as GOMODCACHE/cache/download does.
func checkGoVersion(text []byte, cache fs.FS) ([]string, error) {
	var own, lowest, because string
	for _, d := range parseMod(text) {
		switch d.verb {
		case "go":
			own = d.args[0]
		case "require":
			name := path.Join(escapePath(d.args[0]), "@v", d.args[1]+".mod")
			required, err := fs.ReadFile(cache, name)
			if err != nil {
				return nil, err
			}
			for _, r := range parseMod(required) {
				if r.verb == "go" && version.Compare("go"+r.args[0], "go"+lowest) > 0 {
					lowest, because = r.args[0], d.args[0]
				}
			}
		}
	}
	if own == lowest {
		return nil, nil
	}
	return []string{fmt.Sprintf("go.mod: go %s; the lowest that the dependencies allow is go %s (%s)", own, lowest, because)}, nil
}

// escapePath writes a module path as the module cache does: upper case as "!"
// and lower case.
func escapePath(modulePath string) string {
	var b strings.Builder
	for _, r := range modulePath {
		if unicode.IsUpper(r) {
			b.WriteByte('!')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// moduleCache returns where the go command keeps downloads, as it does itself
// when GOMODCACHE is not set with go env -w.
func moduleCache() fs.FS {
	dir := os.Getenv("GOMODCACHE")
	if dir == "" {
		dir = filepath.Join(filepath.SplitList(build.Default.GOPATH)[0], "pkg", "mod")
	}
	return os.DirFS(filepath.Join(dir, "cache", "download"))
}

func TestNoReplace(t *testing.T) {
	found, err := checkReplace(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	for _, violation := range found {
		t.Error(violation)
	}
}

func TestGoVersion(t *testing.T) {
	text, err := os.ReadFile(root + "/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	found, err := checkGoVersion(text, moduleCache())
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("the go.mod file of a dependency is not in the module cache: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, violation := range found {
		t.Error(violation)
	}
}

// Every required module is named by an import rule, so that a dependency
// cannot arrive with go get alone. What dependencies need is their matter: the
// lines marked indirect, which "go mod tidy" keeps true.
func TestRequirementsAreInTheRules(t *testing.T) {
	text, err := os.ReadFile(root + "/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	text = slices.Concat(slices.DeleteFunc(bytes.SplitAfter(text, []byte("\n")), func(line []byte) bool {
		return bytes.HasSuffix(bytes.TrimSpace(line), []byte("// indirect"))
	})...)
	for _, d := range parseMod(text) {
		if d.verb == "require" {
			got = append(got, d.args[0])
		}
	}
	for _, rule := range parseRules(importRules) {
		for _, name := range rule.left {
			if strings.Contains(name, ".") {
				want = append(want, strings.TrimSuffix(strings.TrimSuffix(name, "/..."), "/stat"))
			}
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("modules in the import rules and in go.mod (-want +got):\n%s", diff)
	}
}

func TestParseMod(t *testing.T) {
	got := parseMod([]byte("module m // ours\n\ngo 1.24.0\nrequire a v1\nrequire (\n\tb v2 // indirect\n)\nreplace b => ../b\n"))
	want := []directive{
		{1, "module", []string{"m"}},
		{3, "go", []string{"1.24.0"}},
		{4, "require", []string{"a", "v1"}},
		{6, "require", []string{"b", "v2"}},
		{8, "replace", []string{"b", "=>", "../b"}},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(directive{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestCheckReplace(t *testing.T) {
	got, err := checkReplace(mapFS(map[string]string{
		"go.mod":                  "module m\nreplace a => ../a\n",
		"contrib/otel/go.mod":     "module o\nreplace (\n\tb => c v1\n)\n",
		"contrib/beam/go.mod":     "module b // replace\n",
		"contrib/a/go.mod":        "module a\nreplace github.com/tokentime/tokentime => ../..\n",
		"examples/b/go.mod":       "module b\nreplace github.com/tokentime/tokentime/contrib/a => ../../contrib/a\n",
		"contrib/c/go.mod":        "module c\nreplace github.com/tokentime/tokentime => ../../../fork\n",
		"contrib/d/go.mod":        "module d\nreplace github.com/tokentime/tokentime v1.0.0 => ../..\n",
		"contrib/e/go.mod":        "module e\nreplace github.com/tokentime/tokentimer => ../..\n",
		"slo/testdata/mod/go.mod": "module t\nreplace a => ../a\n",
	}))
	want := []string{
		"contrib/c/go.mod:2: replace github.com/tokentime/tokentime: require a released version",
		"contrib/d/go.mod:2: replace github.com/tokentime/tokentime: require a released version",
		"contrib/e/go.mod:2: replace github.com/tokentime/tokentimer: require a released version",
		"contrib/otel/go.mod:3: replace b: require a released version",
		"go.mod:2: replace a: require a released version",
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v, (-want +got):\n%s", err, diff)
	}
}

func TestCheckGoVersion(t *testing.T) {
	cache := mapFS(map[string]string{
		"github.com/!hdr/x/@v/v1.0.0.mod": "module github.com/Hdr/x\ngo 1.24\n",
		"gonum.org/g/@v/v0.1.0.mod":       "module gonum.org/g\ngo 1.24.0\n",
		"old.org/o/@v/v1.0.0.mod":         "module old.org/o\n",
	})
	const requires = "require github.com/Hdr/x v1.0.0\nrequire gonum.org/g v0.1.0\nrequire old.org/o v1.0.0\n"
	for _, c := range []struct {
		goVersion, reason string
		want              []string
	}{
		{"1.24.0", "the highest of 1.24, 1.24.0 and none", nil},
		{"1.23.0", "too low: the go command would raise it", []string{
			"go.mod: go 1.23.0; the lowest that the dependencies allow is go 1.24.0 (gonum.org/g)"}},
		{"1.24.1", "higher than it need be", []string{
			"go.mod: go 1.24.1; the lowest that the dependencies allow is go 1.24.0 (gonum.org/g)"}},
	} {
		got, err := checkGoVersion([]byte("go "+c.goVersion+"\n"+requires), cache)
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("go %s, %s: error %v, (-want +got):\n%s", c.goVersion, c.reason, err, diff)
		}
	}
	if _, err := checkGoVersion([]byte("go 1.24\nrequire lost.org/l v1.0.0\n"), cache); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a module that is not in the cache: error %v, want %v", err, fs.ErrNotExist)
	}
}
