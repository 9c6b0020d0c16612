package compare

import (
	"fmt"
	"strings"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/report/internal/layout"
)

// formatValue prints a value of a metric.
func formatValue(u Unit, v float64) string {
	switch u {
	case Share:
		return layout.Share(v)
	case PerSecond:
		return layout.Rate(v)
	}
	return layout.Nanoseconds(v)
}

// formatDifference prints a difference with its sign. Those of shares are in
// points, hundredths.
func formatDifference(u Unit, d float64) string {
	text := ""
	switch u {
	case Share:
		text = layout.ThreeDigits(100*d) + " pp"
	case PerSecond:
		text = layout.Rate(d)
	default:
		text = layout.Nanoseconds(d)
	}
	if d > 0 {
		text = "+" + text
	}
	return text
}

// formatRatio prints new/base, with as many digits as a small change needs.
func formatRatio(x float64) string {
	if x > 0.1 && x < 9.995 {
		return fmt.Sprintf("%.3f", x)
	}
	return layout.Rate(x)
}

// interval prints the ends of an interval, or nothing.
func interval(i metrics.Optional[metrics.Interval], format func(float64) string) string {
	v, ok := i.Get()
	if !ok {
		return ""
	}
	return fmt.Sprintf(" [%s, %s]", format(v.Lo), format(v.Hi))
}

func (r *Row) differenceText(u Unit) string {
	f := func(d float64) string { return formatDifference(u, d) }
	return layout.Optional(r.Difference, f) + interval(r.DifferenceInterval, f)
}

func (r *Row) ratioText() string {
	if !r.Ratio.Known() {
		return metrics.Undefined
	}
	return layout.Optional(r.Ratio, formatRatio) + "x" + interval(r.RatioInterval, formatRatio)
}

// formatChange prints both forms of a change, each with its interval.
func formatChange(u Unit, r Row) string {
	text := r.differenceText(u)
	if r.Ratio.Known() {
		text += ", " + r.ratioText()
	}
	return text
}

// statLabel returns the name of a row for people, as in P99.9.
func statLabel(stat string) string {
	if len(stat) > 1 && stat[0] == 'p' && strings.ContainsAny(stat[1:2], "0123456789") {
		return "P" + stat[1:]
	}
	return stat
}

// formatPercentile prints a level of a distribution, as in P93. Only a true
// end prints as one.
func formatPercentile(p float64) string {
	switch {
	case p <= 0 || p >= 1:
		return fmt.Sprintf("P%.0f", 100*p)
	case p < 0.01 || p > 0.99:
		return fmt.Sprintf("P%.1f", min(max(100*p, 0.1), 99.9))
	}
	return fmt.Sprintf("P%.0f", 100*p)
}

// Sentence says how the two distributions compare; new is what the run that
// is compared with base is called. It is empty if there is no Shape.
func (m *Metric) Sentence(new string) string {
	if m.Shape == nil {
		return ""
	}
	s := m.Shape
	at := fmt.Sprintf("largest distance %.2f at %s (%s of base), by chance up to %.2f", s.Distance, formatValue(m.Unit, s.At),
		formatPercentile(s.Percentile), s.Band)
	switch {
	case s.Distance == 0:
		return "the same distribution."
	case len(s.Regions) == 0:
		return "no difference shown; " + at + "."
	case len(s.Crossings) > 0:
		return crossingWords(m, new) + m.worstWords(new) + "; " + at + "."
	case s.Dominates == s.ShownBetter:
		return fmt.Sprintf("%s is %s at every percentile, or as good; %s.", new, betterWord(s.ShownBetter), at)
	}
	return fmt.Sprintf("%s is %s, and nowhere %s beyond chance%s; %s.", new, betterWord(s.ShownBetter), betterWord(other(s.ShownBetter)), m.worstWords(new), at)
}

// worstWords says so if the run that is better at the worst end, as far as
// there are enough values to tell, has the worst value of all: one stall is
// never beyond chance, and never to be hidden by what a sentence says of the
// tail. It is empty otherwise.
func (m *Metric) worstWords(new string) string {
	stat, end := "max", len(m.Shape.Regions)-1
	if m.HigherBetter {
		stat, end = "min", 0
	}
	row, _ := m.Row(stat)
	base, okA := row.Base.Get()
	after, okB := row.New.Get()
	newWorse := after > base
	if m.HigherBetter {
		newWorse = after < base
	}
	if !okA || !okB || base == after || newWorse != (m.Shape.Regions[end].Better == New) {
		return ""
	}
	return fmt.Sprintf(", yet the worst value is %s in %s and %s in base", formatValue(m.Unit, after), new, formatValue(m.Unit, base))
}

func crossingWords(m *Metric, new string) string {
	var parts []string
	for i, c := range m.Shape.Crossings {
		at := fmt.Sprintf("%s (%s)", formatPercentile(c.Percentile), formatValue(m.Unit, c.At))
		if i == 0 {
			parts = append(parts, fmt.Sprintf("%s is %s below %s", new, betterWord(c.Lower), at))
		}
		if i+1 < len(m.Shape.Crossings) {
			next := m.Shape.Crossings[i+1]
			parts = append(parts, fmt.Sprintf("%s up to %s (%s)", betterWord(c.Upper), formatPercentile(next.Percentile), formatValue(m.Unit, next.At)))
		} else {
			parts = append(parts, betterWord(c.Upper)+" above")
		}
	}
	return strings.Join(parts[:len(parts)-1], ", ") + " and " + parts[len(parts)-1]
}

// betterWord says what new is if that side is the better one.
func betterWord(s Side) string {
	if s == New {
		return "better"
	}
	return "worse"
}

func other(s Side) Side {
	if s == New {
		return Base
	}
	return New
}

// shown reports whether a metric has a value in either run.
func (m *Metric) shown() bool {
	for _, r := range m.Rows {
		if r.Base.Known() || r.New.Known() {
			return true
		}
	}
	return false
}

// Counts says how many rows have which verdict, such as "3 worse, 9 no change
// shown".
func (p *Pair) Counts() string {
	var n [len(verdictNames)]int
	for i := range p.Metrics {
		if !p.Metrics[i].shown() {
			continue
		}
		for _, r := range p.Metrics[i].Rows {
			n[r.Verdict]++
		}
	}
	var parts []string
	for _, v := range []Verdict{Worse, Better, NoChange, TooFew, NotComparable} {
		if n[v] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[v], v))
		}
	}
	if len(parts) == 0 {
		return "none could be judged"
	}
	return strings.Join(parts, ", ")
}

// percent prints a confidence.
func percent(x float64) string { return layout.ThreeDigits(100*x) + " %" }

// Chance says how many of the verdicts are to be expected by chance. It is
// empty if there are none.
func (c *Comparison) Chance(p *Pair) string {
	if p.Judged == 0 {
		return ""
	}
	return fmt.Sprintf("%d rows were judged, each at %s confidence: had nothing changed, about %s of them would show a change by chance. "+
		"Rows of one metric are of the same requests, so that chance hits several at once.",
		p.Judged, percent(c.Confidence), layout.ThreeDigits(float64(p.Judged)*(1-c.Confidence)))
}

// NotComparableText stands above a pair that is not comparable.
const NotComparableText = "The requests of the two runs ended differently, so no latency is judged: " +
	"the requests that are missing may be the slow ones. Allow it with -allow-population-difference if you know why they differ."
