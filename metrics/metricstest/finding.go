package metricstest

import (
	"fmt"
	"strings"
)

// A Finding says what the wrong values of a metric have in common.
type Finding struct {
	Metric    string   // key, such as "tpot_ns"
	Variant   string   // the definition that was claimed, such as "paper"; empty if there is only one
	Wrong     int      // vectors with a wrong value
	Vectors   int      // vectors compared
	Examined  int      // wrong values that were looked into: very long streams are not
	Explained int      // of these, the ones that Causes explain
	Causes    []string // what was computed instead; alternatives, unless Several
	Several   bool     // Causes are several mistakes that happen in different vectors
	Missing   int      // vectors without an answer, which count as wrong
	Changed   int      // vectors whose record was changed by the function
}

// String returns the finding in a few lines.
func (f Finding) String() string {
	var lines []string
	if f.Changed > 0 {
		lines = append(lines, fmt.Sprintf("%s: the record that the function was given is changed, in %d of %d vectors", f.Metric, f.Changed, f.Vectors))
	}
	if f.Wrong > 0 {
		lines = append(lines, f.diagnosis()...)
	}
	for i, l := range lines {
		lines[i] = wrapped(l, 0, 4)
		if strings.HasPrefix(l, "- ") {
			lines[i] = "  " + wrapped(l, 2, 4)
		}
	}
	return strings.Join(lines, "\n")
}

func (f Finding) diagnosis() []string {
	head := fmt.Sprintf("%s is wrong in %d of %d vectors", f.Metric, f.Wrong, f.Vectors)
	if f.Missing > 0 {
		head += fmt.Sprintf(", of which %d have no answer", f.Missing)
	}
	explained := ""
	if f.Explained < f.Examined {
		explained = fmt.Sprintf(" (explains %d of %d)", f.Explained, f.Examined)
	}
	switch n := len(f.Causes); {
	case f.Examined == 0:
		return []string{head}
	case n == 0:
		return []string{head + "; no convention and no known mistake gives these values"}
	case n == 1:
		return []string{head + ": this is " + f.Causes[0] + explained}
	}
	lines := []string{head + "; each of these gives the same values" + explained + ":"}
	if f.Several {
		lines[0] = head + "; several mistakes" + explained + ":"
	}
	for _, c := range f.Causes[:min(len(f.Causes), maxCauses)] {
		lines = append(lines, "- this is "+c)
	}
	if n := len(f.Causes) - maxCauses; n > 0 {
		lines = append(lines, fmt.Sprintf("- and %d more", n))
	}
	return lines
}
