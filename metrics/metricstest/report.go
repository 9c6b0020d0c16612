package metricstest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tokentime/tokentime/metrics"
)

// Report is the outcome of a check.
type Report struct {
	Vectors  int       // vectors that there are
	Checked  []string  // keys of the metrics that were compared
	Skipped  []string  // keys of those that the implementation does not have
	Follows  []string  // other conventions under which all metrics that depend on one would be right
	Findings []Finding // one for each metric with a wrong value
	Failures []Failure // every wrong value, by metric, in order of the vectors
}

// Failure is one wrong value.
type Failure struct {
	Metric   string   // key, such as "tpot_ns"
	Variant  string   // the definition that was claimed, such as "paper"; empty if there is only one
	Vector   string   // name
	Why      string   // which mistake or boundary the vector exists for
	Want     string   // in words, with the unit
	Got      string   // likewise
	Timeline string   // a drawing of the stream; empty if there was no answer
	Causes   []string // what gives the value that was got, in this vector
}

// OK reports whether nothing was wrong.
func (r *Report) OK() bool { return len(r.Failures) == 0 }

// Err returns nil if nothing was wrong, and else an error that holds all of
// [Report.String].
func (r *Report) Err() error {
	if r.OK() {
		return nil
	}
	return fmt.Errorf("metricstest: %s", r)
}

// How much of a failing metric is shown.
const (
	maxShown  = 3  // wrong values in full
	maxNamed  = 12 // names of further vectors
	maxCauses = 3  // alternative explanations
)

// String returns the findings, and some wrong values of each metric.
func (r *Report) String() string {
	if r.OK() {
		return fmt.Sprintf("%d metrics right in %d vectors", len(r.Checked), r.Vectors)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d wrong values in %d of %d metrics", len(r.Failures), len(r.Findings), len(r.Checked))
	if s := r.followed(); s != "" {
		b.WriteString("\n" + s)
	}
	for _, f := range r.Findings {
		b.WriteString("\n\n" + strings.TrimRight(r.about(f), "\n"))
	}
	return b.String()
}

// followed names the convention that the implementation really follows, or
// nothing.
func (r *Report) followed() string {
	if len(r.Follows) == 0 {
		return ""
	}
	return wrapped(fmt.Sprintf("every metric whose formula depends on the convention is right under %s: claim that one, or change the code",
		strings.Join(r.Follows, " and under ")), 0, 0)
}

// about returns a finding and some wrong values behind it, of different
// groups of vectors if there are.
func (r *Report) about(f Finding) string {
	var failures, shown []Failure
	for _, failure := range r.Failures {
		if failure.Metric == f.Metric && failure.Variant == f.Variant {
			failures = append(failures, failure)
		}
	}
	slices.SortStableFunc(failures, func(a, b Failure) int { // those without an answer come last
		return cmp.Compare(min(1, len(b.Timeline)), min(1, len(a.Timeline)))
	})
	var rest []string
	groups := map[string]bool{}
	for _, failure := range failures {
		group, _, _ := strings.Cut(failure.Vector, "/")
		if len(shown) < maxShown && !groups[group] {
			shown = append(shown, failure)
			groups[group] = true
		} else {
			rest = append(rest, failure.Vector)
		}
	}
	var b strings.Builder
	b.WriteString(f.String() + "\n")
	for _, failure := range shown {
		b.WriteString("\n" + failure.String())
	}
	if n := len(rest) - maxNamed; n > 0 {
		rest = append(rest[:maxNamed], fmt.Sprintf("and %d more", n))
	}
	if len(rest) > 0 {
		b.WriteString("\n" + wrapped("also wrong: "+strings.Join(rest, ", "), 0, 2) + "\n")
	}
	return b.String()
}

// String returns the failure as a few lines: the vector and why it exists,
// the drawing, and what was expected and got.
func (f Failure) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s", wrapped(f.Vector+": "+f.Why, 0, 2), f.Timeline)
	name := f.Metric
	if f.Variant != "" {
		name += " (" + f.Variant + ")"
	}
	fmt.Fprintf(&b, "  %s\n    want %s\n    got  %s\n", name, f.Want, f.Got)
	for i, c := range f.Causes {
		if i == 0 {
			fmt.Fprintf(&b, "    this is %s\n", wrapped(c, 12, 12))
		} else {
			fmt.Fprintf(&b, "    or      %s\n", wrapped(c, 12, 12))
		}
	}
	return b.String()
}

// newReport compares the sheets with the vectors.
func newReport(vectors []Vector, sheets []sheet) *Report {
	r := &Report{Vectors: len(vectors), Follows: follows(vectors, sheets)}
	drawings := map[int]string{}
	have := map[string]bool{}
	for i := range sheets {
		s := &sheets[i]
		if key := s.metric.key; !have[key] {
			have[key] = true
			r.Checked = append(r.Checked, key)
		}
		if d := newDiagnosis(s, vectors); d != nil {
			r.Findings = append(r.Findings, d.finding())
			for _, i := range d.wrong {
				f := d.failure(i)
				if drawings[i] == "" && s.got[i].kind != absent {
					drawings[i] = Timeline(vectors[i].Request())
				}
				f.Timeline = drawings[i]
				r.Failures = append(r.Failures, f)
			}
		}
		for _, name := range s.changed {
			r.change(s, name)
		}
	}
	for _, m := range metricsTable() {
		if !have[m.key] {
			r.Skipped = append(r.Skipped, m.key)
		}
	}
	return r
}

func (d *diagnosis) failure(i int) Failure {
	v, m := &d.vectors[i], &d.sheet.metric
	want, got := d.sheet.right(v), d.sheet.got[i]
	f := Failure{
		Metric: m.key, Variant: d.sheet.variant, Vector: v.Name, Why: v.Why,
		Want: want.text(m.unit), Got: got.text(m.unit), Causes: d.here(i),
	}
	if diff := want.firstDifference(got); diff != "" {
		f.Got += "\n         " + diff
	}
	return f
}

// change reports a function that changed the record it was given.
func (r *Report) change(s *sheet, vector string) {
	if len(r.Findings) == 0 || r.Findings[len(r.Findings)-1].Metric != s.metric.key {
		r.Findings = append(r.Findings, Finding{Metric: s.metric.key, Variant: s.variant, Vectors: r.Vectors})
	}
	f := &r.Findings[len(r.Findings)-1]
	f.Changed++
	r.Failures = append(r.Failures, Failure{
		Metric: s.metric.key, Variant: s.variant, Vector: vector, Why: "a function must not change the record that it is given",
		Want: "the record as it was", Got: "another one",
	})
}

// follows returns the conventions, other than the one that is claimed, under
// which every value is right that depends on a convention; none if all are
// right as claimed.
func follows(vectors []Vector, sheets []sheet) []string {
	var names []string
	for _, c := range metrics.Conventions() {
		compared, wrongAsClaimed, right := false, false, true
		for _, s := range sheets {
			if !s.metric.has(c.Name) {
				continue
			}
			claimed := s
			s.variant = c.Name
			compared = true
			for i := range vectors {
				right = right && s.correct(i, &vectors[i])
				wrongAsClaimed = wrongAsClaimed || !claimed.correct(i, &vectors[i])
			}
		}
		if compared && right && wrongAsClaimed {
			names = append(names, c.Name)
		}
	}
	return names
}
