package policy

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// DO NOT EDIT THIS TABLE TO MAKE A BUILD PASS. An import that it forbids is a
// question of design, and the answer is usually that the code belongs in
// another package. A new package or a new dependency gets its row in a commit
// that says why, here and in CONTRIBUTING.md, which a test compares.
//
// "a < b" means that b may import a. No other edge exists: the relation is
// not transitive. Everybody may import the standard library, but see
// standardLibrary. "x/..." is x and what is below it, "all" is every package
// of this module, and "tests" is every _test.go file, which may also import
// what its package may.
const importRules = `
github.com/HdrHistogram/hdrhistogram-go          < metrics
gonum.org/v1/gonum/stat/...                      < metrics
gonum.org/v1/plot/...                            < report/figure
github.com/go-json-experiment/json/...           < results, sse
metrics                                          < fluidity, slo, goodput, results
metrics                                          < metrics/metricstest, metrics/metricstest/internal/generate
metrics/metricstest                              < metrics/metricstest/internal/generate, cmd/tokentime
metrics                                          < sse, tap
sse                                              < tap, results
sse, tap                                         < examples/...
fluidity, slo                                    < goodput
metrics, fluidity, results                       < results/audit
metrics, results                                 < results/resultstest
metrics, fluidity, slo, goodput, results         < report/...
results/audit                                    < report
report/internal/layout                           < report/...
report                                           < report/compare, report/html
report/figure, report/compare                    < report/html
report/figure                                    < examples/...
metrics, fluidity, slo, goodput, results, report < cmd/tokentime, examples/...
results/audit, report/figure, report/compare     < cmd/tokentime
report/html                                      < cmd/tokentime
github.com/google/go-cmp/...                     < tests
all                                              < tests
`

// standardLibrary lists what library packages leave alone, outside tests.
// Programs and examples may use all of it. The same warning applies.
var standardLibrary = []struct {
	pkg    string
	except []string
	why    string
}{
	{"C", nil, "pure Go builds everywhere"},
	{"crypto/rand", nil, "the same records give the same numbers"},
	{"expvar", nil, "a registry is global state"},
	{"flag", nil, "options are struct fields"},
	{"log/...", nil, "doubt is a metrics.Warning in the result, failure is an error"},
	{"math/rand/...", []string{"report/compare", "results/resultstest"}, "the same records give the same numbers; only resampling and tests draw, from a stated seed"},
	{"net/...", []string{"tap"}, "records come from an io.Reader; only tap stands between a client and a server"},
	{"os", []string{"results"}, "only results opens files; others take an io.Reader or io.Writer"},
	{"os/exec", nil, "a library starts no programs"},
	{"os/signal", nil, "signals belong to the program"},
	{"os/user", nil, "a number does not depend on who computes it"},
	{"plugin", nil, "a library loads no code"},
	{"syscall", nil, "pure Go builds everywhere"},
	{"testing/...", []string{"metrics/metricstest", "results/resultstest"}, "a program that embeds the library does not want test flags"},
	{"unsafe", nil, "a wrong number is worse than a slow one"},
}

const whereToRead = `see CONTRIBUTING.md, "Where things are"`

type importRule struct{ left, right []string }

func parseRules(text string) []importRule {
	var rules []importRule
	for line := range strings.Lines(strings.TrimSpace(text)) {
		left, right, _ := strings.Cut(strings.TrimSpace(line), "<")
		rules = append(rules, importRule{names(left), names(right)})
	}
	return rules
}

func names(list string) []string {
	var out []string
	for name := range strings.SplitSeq(list, ",") {
		out = append(out, strings.TrimSpace(name))
	}
	return out
}

// matches reports whether the name is pattern, or below x for "x/...".
func matches(pattern, name string) bool {
	parent, below := strings.CutSuffix(pattern, "/...")
	return name == parent || below && strings.HasPrefix(name, parent+"/")
}

func anyMatches(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, name) })
}

// importersOf returns who may import the package: a directory of this module
// when own, else an import path.
func importersOf(rules []importRule, name string, own bool) []string {
	var who []string
	for _, r := range rules {
		if anyMatches(r.left, name) || own && slices.Contains(r.left, "all") {
			who = append(who, r.right...)
		}
	}
	return who
}

func standard(importPath string) bool {
	first, _, _ := strings.Cut(importPath, "/")
	return !strings.Contains(first, ".")
}

// checkImports reports imports that importRules does not allow, dot imports,
// and packages that the rules do not know.
func checkImports(t *tree) []string {
	rules := parseRules(importRules)
	var found []string
	for _, f := range t.files {
		for _, spec := range f.ast.Imports {
			if spec.Name != nil && spec.Name.Name == "." {
				found = append(found, t.at(spec.Pos(), "a dot import hides where names come from; name the package"))
			}
			importPath, _ := strconv.Unquote(spec.Path.Value)
			if standard(importPath) {
				continue
			}
			name, own := importPath, false
			if dir, ok := dirOf(importPath); ok {
				name, own = dir, true
			}
			who := importersOf(rules, name, own)
			if anyMatches(who, f.dir) || f.test && slices.Contains(who, "tests") {
				continue
			}
			may := "no package may"
			if len(who) > 0 {
				may = "only " + strings.Join(who, ", ") + " may"
			}
			found = append(found, t.at(spec.Pos(), "%s imports %s; %s: %s", f.dir, name, may, whereToRead))
		}
	}
	return append(found, unknownPackages(t, rules)...)
}

// unknownPackages reports directories that no rule speaks of. A directory of
// tests alone needs no rule.
func unknownPackages(t *tree, rules []importRule) []string {
	known := []string{".", "internal/policy"} // import nothing, imported by nothing
	for _, r := range rules {
		known = append(append(known, r.left...), r.right...)
	}
	var found []string
	for _, dir := range t.dirs {
		inDir := func(f *file) bool { return f.dir == dir && !f.test }
		if slices.ContainsFunc(t.files, inDir) && !anyMatches(known, dir) {
			found = append(found, fmt.Sprintf("%s: no import rule knows this package: %s", dir, whereToRead))
		}
	}
	return found
}

// checkStandardLibrary reports imports that standardLibrary forbids.
func checkStandardLibrary(t *tree) []string {
	var found []string
	for _, f := range t.libraryFiles() {
		for _, spec := range f.ast.Imports {
			importPath, _ := strconv.Unquote(spec.Path.Value)
			for _, rule := range standardLibrary {
				if matches(rule.pkg, importPath) && !slices.Contains(rule.except, f.dir) {
					found = append(found, t.at(spec.Pos(), "library package %s imports %s; %s: %s", f.dir, importPath, rule.why, whereToRead))
				}
			}
		}
	}
	return found
}

func TestImports(t *testing.T) {
	const own = modulePath + "/"
	const see = `: see CONTRIBUTING.md, "Where things are"`
	file := func(pkg string, imports ...string) string {
		src := "package " + path.Base(pkg) + "\n"
		for _, p := range imports {
			src += fmt.Sprintf("import _ %q\n", p)
		}
		return src
	}
	testCheck(t, checkImports, []synthetic{
		{"every allowed edge", "what DESIGN draws must pass", map[string]string{
			"metrics/a.go": file("metrics", "fmt", "github.com/HdrHistogram/hdrhistogram-go",
				"gonum.org/v1/gonum/stat", "gonum.org/v1/gonum/stat/distuv"),
			"fluidity/a.go": file("fluidity", own+"metrics"),
			"slo/a.go":      file("slo", own+"metrics"),
			"goodput/a.go":  file("goodput", own+"metrics", own+"fluidity", own+"slo"),
			"results/a.go":  file("results", own+"metrics", "github.com/go-json-experiment/json/jsontext"),
			"report/a.go":   file("report", own+"metrics", own+"fluidity", own+"slo", own+"goodput", own+"results"),
			"cmd/tokentime/a.go": file("main", own+"metrics", own+"fluidity", own+"slo", own+"goodput",
				own+"results", own+"report", "net/http"),
			"metrics/metricstest/a.go":                   file("metricstest", own+"metrics"),
			"metrics/metricstest/internal/generate/a.go": file("generate", own+"metrics", own+"metrics/metricstest"),
			"cmd/tokentime/b.go":                         file("main", own+"metrics/metricstest"),
			"examples/stall/a.go":                        file("main", own+"fluidity", own+"report"),
			"slo/a_test.go":                              file("slo_test", own+"fluidity", "github.com/google/go-cmp/cmp/cmpopts"),
			"internal/policy/doc.go":                     file("policy"),
			"doc.go":                                     file("tokentime"),
			"readme_test.go":                             file("tokentime_test", own+"metrics"),
			"metrics/metrics_test.go":                    file("metrics", "gonum.org/v1/gonum/stat"),
			"examples/stall/a_test.go":                   file("main", own+"metrics"),
		}, nil},
		{"siblings", "slo and fluidity do not know each other", map[string]string{
			"slo/a.go":      file("slo", own+"fluidity"),
			"fluidity/a.go": file("fluidity", own+"slo"),
		}, []string{
			"fluidity/a.go:2: fluidity imports slo; only goodput, report/..., cmd/tokentime, examples/..., tests may" + see,
			"slo/a.go:2: slo imports fluidity; only goodput, results/audit, report/..., cmd/tokentime, examples/..., tests may" + see,
		}},
		{"against the stream", "the model knows nothing of files and output", map[string]string{
			"metrics/a.go": file("metrics", own+"results", own+"report"),
		}, []string{
			"metrics/a.go:2: metrics imports results; only results/audit, results/resultstest, report/..., cmd/tokentime, examples/..., tests may" + see,
			"metrics/a.go:3: metrics imports report; only report/compare, report/html, cmd/tokentime, examples/..., tests may" + see,
		}},
		{"judging reader", "results makes records, never judgements", map[string]string{
			"results/a.go": file("results", own+"goodput"),
		}, []string{"results/a.go:2: results imports goodput; only report/..., cmd/tokentime, examples/..., tests may" + see}},
		{"vectors made by what they test", "the tests import the packages, the vectors must not know them", map[string]string{
			"metrics/metricstest/a.go":                   file("metricstest", own+"fluidity"),
			"metrics/metricstest/a_test.go":              file("metricstest_test", own+"fluidity"),
			"metrics/metricstest/internal/generate/a.go": file("generate", own+"goodput"),
			"results/a.go":                               file("results", own+"metrics/metricstest"),
		}, []string{
			"metrics/metricstest/a.go:2: metrics/metricstest imports fluidity; only goodput, results/audit, report/..., cmd/tokentime, examples/..., tests may" + see,
			"metrics/metricstest/internal/generate/a.go:2: metrics/metricstest/internal/generate imports goodput; " +
				"only report/..., cmd/tokentime, examples/..., tests may" + see,
			"results/a.go:2: results imports metrics/metricstest; only metrics/metricstest/internal/generate, cmd/tokentime, tests may" + see,
		}},
		{"a dependency of metrics elsewhere", "also in a test", map[string]string{
			"fluidity/a.go":      file("fluidity", "gonum.org/v1/gonum/stat"),
			"fluidity/a_test.go": file("fluidity", "github.com/HdrHistogram/hdrhistogram-go"),
		}, []string{
			"fluidity/a.go:2: fluidity imports gonum.org/v1/gonum/stat; only metrics may" + see,
			"fluidity/a_test.go:2: fluidity imports github.com/HdrHistogram/hdrhistogram-go; only metrics may" + see,
		}},
		{"another part of gonum", "stat is the part that is allowed", map[string]string{
			"metrics/a.go": file("metrics", "gonum.org/v1/gonum/statistics", "gonum.org/v1/gonum/floats"),
		}, []string{
			"metrics/a.go:2: metrics imports gonum.org/v1/gonum/statistics; no package may" + see,
			"metrics/a.go:3: metrics imports gonum.org/v1/gonum/floats; no package may" + see,
		}},
		{"go-cmp in code", "it panics by design and is for tests", map[string]string{
			"report/a.go": file("report", "github.com/google/go-cmp/cmp"),
		}, []string{"report/a.go:2: report imports github.com/google/go-cmp/cmp; only tests may" + see}},
		{"json decoder in the program", "results reads files, the program does not", map[string]string{
			"cmd/tokentime/a.go": file("main", "github.com/go-json-experiment/json"),
		}, []string{"cmd/tokentime/a.go:2: cmd/tokentime imports github.com/go-json-experiment/json; only results, sse may" + see}},
		{"new dependency", "it needs a row, or a nested module", map[string]string{
			"metrics/a_test.go": file("metrics", "github.com/stretchr/testify/assert"),
		}, []string{"metrics/a_test.go:2: metrics imports github.com/stretchr/testify/assert; no package may" + see}},
		{"new package", "it gets a place in the rules before it gets code", map[string]string{
			"metrics/fast/a.go": file("fast"),
		}, []string{"metrics/fast: no import rule knows this package" + see}},
		{"root", "it holds no code, so it needs nothing and nobody needs it", map[string]string{
			"doc.go":      file("tokentime", own+"metrics"),
			"report/a.go": file("report", modulePath),
		}, []string{
			"doc.go:2: . imports metrics; only fluidity, slo, goodput, results, metrics/metricstest, " +
				"metrics/metricstest/internal/generate, sse, tap, results/audit, results/resultstest, report/..., cmd/tokentime, examples/..., tests may" + see,
			"report/a.go:2: report imports .; only tests may" + see,
		}},
		{"dot import", "names without a package cannot be traced", map[string]string{
			"metrics/a_test.go": "package metrics\nimport . \"math\"\n",
		}, []string{"metrics/a_test.go:2: a dot import hides where names come from; name the package"}},
	})
}

func TestStandardLibrary(t *testing.T) {
	const see = `: see CONTRIBUTING.md, "Where things are"`
	for _, rule := range standardLibrary {
		pkg := strings.TrimSuffix(rule.pkg, "/...")
		src := fmt.Sprintf("package metrics\nimport _ %q\n", pkg)
		testCheck(t, checkStandardLibrary, []synthetic{
			{pkg, rule.why, map[string]string{
				"metrics/a.go":         src,
				"metrics/a_test.go":    src,
				"cmd/tokentime/a.go":   src,
				"examples/stall/a.go":  src,
				"internal/policy/a.go": src,
			}, []string{"metrics/a.go:2: library package metrics imports " + pkg + "; " + rule.why + see}},
		})
	}
	testCheck(t, checkStandardLibrary, []synthetic{
		{"below", "net/http is part of net/...", map[string]string{
			"slo/a.go": "package slo\nimport _ \"net/http\"\n",
		}, []string{"slo/a.go:2: library package slo imports net/http; records come from an io.Reader; only tap stands between a client and a server" + see}},
		{"exceptions", "results opens files, metricstest is for tests", map[string]string{
			"results/a.go":             "package results\nimport _ \"os\"\n",
			"metrics/metricstest/a.go": "package metricstest\nimport _ \"testing\"\n",
		}, nil},
	})
}

func TestContributingStatesTheImportRules(t *testing.T) {
	text, err := os.ReadFile(root + "/CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), importRules) {
		t.Errorf("CONTRIBUTING.md does not hold the import rules as they are tested:\n%s", importRules)
	}
}
