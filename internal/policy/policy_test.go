package policy

import (
	"os"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// root is the module's source, seen from this package's directory.
const root = "../.."

// checks are the rules; each has a table of trees that break it in its file.
var checks = []struct {
	name  string
	check func(*tree) []string
}{
	{"imports", checkImports},
	{"standard library", checkStandardLibrary},
	{"package docs", checkPackageDocs},
	{"directory names", checkDirectoryNames},
	{"state", checkState},
	{"calls", checkCalls},
	{"panics", checkPanics},
	{"skips", checkSkips},
	{"length", checkLength},
	{"unfinished", checkUnfinished},
}

func TestModuleKeepsTheRules(t *testing.T) {
	tree, err := load(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.files) == 0 {
		t.Fatalf("no Go files under %s", root)
	}
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			for _, violation := range c.check(tree) {
				t.Error(violation)
			}
		})
	}
}

// A synthetic is a small tree and what a check must find in it.
type synthetic struct {
	name   string
	reason string
	files  map[string]string
	want   []string
}

func testCheck(t *testing.T, check func(*tree) []string, trees []synthetic) {
	t.Helper()
	for _, s := range trees {
		t.Run(s.name, func(t *testing.T) {
			tree, err := load(mapFS(s.files))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(s.want, check(tree)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", s.reason, diff)
			}
		})
	}
}

func mapFS(files map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, src := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(src)}
	}
	return fsys
}

func TestLoad(t *testing.T) {
	tree, err := load(mapFS(map[string]string{
		"go.mod":                  "module " + modulePath,
		"metrics/a.go":            "package metrics",
		"metrics/a_test.go":       "package metrics_test",
		"metrics/testdata/bad.go": "not Go",
		".ci/bad.go":              "not Go",
		"_old/bad.go":             "not Go",
		"contrib/otel/go.mod":     "module other",
		"contrib/otel/bad.go":     "not Go",
	}))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range tree.files {
		got = append(got, f.path)
	}
	if diff := cmp.Diff([]string{"metrics/a.go", "metrics/a_test.go"}, got); diff != "" {
		t.Errorf("files of the module (-want +got):\n%s", diff)
	}
	if _, err := load(mapFS(map[string]string{"metrics/a.go": "not Go"})); err == nil {
		t.Error("a file that does not parse: no error")
	}
}
