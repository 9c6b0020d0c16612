package policy

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// maxLines is the longest a file may be, tests apart: about one concept.
const maxLines = 450

// checkLength reports files that are too long.
func checkLength(t *tree) []string {
	var found []string
	for _, f := range t.files {
		if n := bytes.Count(f.src, []byte("\n")); n > maxLines && !f.test {
			found = append(found, fmt.Sprintf("%s: %d lines, at most %d; one concept a file", f.path, n, maxLines))
		}
	}
	return found
}

// unfinished matches the marks of work that is left; the brackets keep it
// from matching itself.
var unfinished = regexp.MustCompile(`\b(TO[D]O|FIX[M]E|X[X]X)\b`)

// checkUnfinished reports marks of work that is left, anywhere in a file.
func checkUnfinished(t *tree) []string {
	var found []string
	for _, f := range t.files {
		line := 0
		for text := range strings.Lines(string(f.src)) {
			line++
			if mark := unfinished.FindString(text); mark != "" {
				found = append(found, fmt.Sprintf("%s:%d: %s; finish it, or open an issue", f.path, line, mark))
			}
		}
	}
	return found
}

func TestLength(t *testing.T) {
	src := func(lines int) string { return "package slo" + strings.Repeat("\n", lines) }
	testCheck(t, checkLength, []synthetic{
		{"at the limit and above", "the limit itself is allowed; tests have none", map[string]string{
			"slo/a.go":      src(450),
			"slo/b.go":      src(451),
			"slo/b_test.go": src(451),
		}, []string{"slo/b.go: 451 lines, at most 450; one concept a file"}},
	})
}

func TestUnfinished(t *testing.T) {
	todo, fixme, xxx := "TO"+"DO", "FIX"+"ME", "X"+"XX"
	testCheck(t, checkUnfinished, []synthetic{
		{"marks", "in comments and in code, tests included", map[string]string{
			"slo/a.go":      "package slo\n\n// " + todo + "(me): more.\nvar s = \"" + xxx + "\"\n",
			"slo/a_test.go": "package slo // " + fixme + "\n",
		}, []string{
			"slo/a.go:3: " + todo + "; finish it, or open an issue",
			"slo/a.go:4: " + xxx + "; finish it, or open an issue",
			"slo/a_test.go:1: " + fixme + "; finish it, or open an issue",
		}},
		{"other words", "a mark is a word of its own", map[string]string{
			"slo/a.go": "package slo // " + xxx + "L, todos\n",
		}, nil},
	})
}
