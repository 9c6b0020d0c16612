package report

import (
	"fmt"
	"path"
	"strings"
)

// nameWidth bounds the heading of a column.
const nameWidth = 16

// Names returns the names of the runs' columns in a report: short ones that
// tell the runs apart.
func Names(runs []*Run) []string { return columnNames(runs) }

// columnNames returns short names that tell the runs apart: the base names of
// their files without endings and without the words that all begin or end
// with, so that a-h100-16qps and a-mi300x-16qps become h100 and mi300x. Long
// names lose their end, or where that makes two of them equal, their middle.
// Runs of one file are numbered.
func columnNames(runs []*Run) []string {
	names := make([]string, len(runs))
	for i, r := range runs {
		names[i] = baseName(r.Info.Source)
	}
	names = withoutCommonWords(names)
	long := map[string]string{} // a name by what is left of it without its end
	equal := map[string]bool{}
	for _, n := range names {
		c := cut(n, nameWidth-1)
		if other, ok := long[c]; ok && other != n {
			equal[c] = true
		}
		long[c] = n
	}
	seen := map[string]int{}
	for i, n := range names {
		if c := cut(n, nameWidth-1); equal[c] {
			n = cut(n, (nameWidth-1)/2)
		} else {
			n = c
		}
		if seen[n]++; seen[n] > 1 {
			names[i] = fmt.Sprintf("%s (%d)", n, seen[n])
		} else {
			names[i] = n
		}
	}
	return names
}

// cut shortens a long name to nameWidth runes, the first of which stay.
func cut(name string, first int) string {
	c := []rune(name)
	if len(c) <= nameWidth {
		return name
	}
	return string(c[:first]) + "…" + string(c[len(c)-(nameWidth-1-first):])
}

func baseName(source string) string {
	if source == "-" {
		return "stdin"
	}
	n := path.Base(strings.ReplaceAll(source, `\`, "/"))
	for _, end := range []string{".gz", ".json", ".jsonl"} {
		n = strings.TrimSuffix(n, end)
	}
	return n
}

// withoutCommonWords cuts the words that all names begin with and those that
// all end with, unless nothing were left of one.
func withoutCommonWords(names []string) []string {
	words := make([][]string, len(names))
	for i, n := range names {
		words[i] = strings.FieldsFunc(n, func(c rune) bool { return c == '-' || c == '_' })
	}
	shared := func(at func(w []string) string) bool {
		for _, w := range words {
			if len(w) < 2 || at(w) != at(words[0]) {
				return false
			}
		}
		return len(words) > 1
	}
	for shared(func(w []string) string { return w[0] }) {
		for i := range words {
			words[i] = words[i][1:]
		}
	}
	for shared(func(w []string) string { return w[len(w)-1] }) {
		for i := range words {
			words[i] = words[i][:len(words[i])-1]
		}
	}
	short := make([]string, len(names))
	for i, w := range words {
		short[i] = strings.Join(w, "-")
		if len(w) == 0 {
			return names
		}
	}
	return short
}
