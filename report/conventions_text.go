package report

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/report/internal/layout"
)

// ConventionsText writes for each run one table, a row a convention, then why
// the numbers of a column differ, and in which rules each convention differs
// from the paper's.
func ConventionsText(w io.Writer, runs []*ConventionRun) error {
	var t conventionsText
	for i, run := range runs {
		if i > 0 {
			t.printf("\n\n")
		}
		t.run(run)
	}
	if slices.ContainsFunc(runs, func(run *ConventionRun) bool { return !run.Info.AggregatesOnly }) {
		t.rules()
	}
	_, err := io.WriteString(w, t.out.String())
	return err
}

type conventionsText struct{ out strings.Builder }

func (t *conventionsText) printf(format string, args ...any) { fmt.Fprintf(&t.out, format, args...) }

func (t *conventionsText) prose(format string, args ...any) {
	t.printf("  %s\n", layout.Wrap(fmt.Sprintf(format, args...), textWidth, "  "))
}

// hanging writes a paragraph that hangs from its first words.
func (t *conventionsText) hanging(first, text string) {
	n := utf8.RuneCountInString(first)
	text = layout.Wrap(text, textWidth+2-n, "")
	t.printf("%s%s\n", first, strings.ReplaceAll(text, "\n", "\n"+strings.Repeat(" ", n)))
}

func (t *conventionsText) run(run *ConventionRun) {
	method := "exact quantiles, of each convention's kind"
	if run.Summaries[0].Options.Method == metrics.HDRMethod {
		method = "HDR quantiles (within 0.1 %), of one kind for all"
	}
	t.printf("tokentime conventions: one run as %d conventions see it, %s\n\n", len(run.Summaries), method)
	t.printf("%s  %s", run.Info.Source, run.Info.Format)
	if name := run.Info.Convention; name != "" {
		t.printf("  (its tool's convention: %s)", name)
	}
	t.printf("\n\n")
	if run.Info.AggregatesOnly {
		t.prose("The file has no records of requests, so nothing can be computed under another convention than its own.")
		t.warnings(run)
		return
	}
	t.table(run)
	t.why(run)
	t.warnings(run)
}

// column is a number of the table.
type column struct {
	heading string
	figure  figure
	mean    bool
	of      func(*figures) metrics.Optional[float64]
}

func conventionColumns() []column {
	return []column{
		{"TTFT P50", figureTTFT, false, func(f *figures) metrics.Optional[float64] { return f.ttft.P50 }},
		{"TPOT mean", figureTPOT, true, func(f *figures) metrics.Optional[float64] { return f.tpot.Mean }},
		{"TPOT P50", figureTPOT, false, func(f *figures) metrics.Optional[float64] { return f.tpot.P50 }},
		{"ITL P50", figureITL, false, func(f *figures) metrics.Optional[float64] { return f.itl.P50 }},
		{"ITL P99", figureITL, false, func(f *figures) metrics.Optional[float64] { return f.itl.P99 }},
		{"e2e P50", figureEndToEnd, false, func(f *figures) metrics.Optional[float64] { return f.endToEnd.P50 }},
	}
}

func (t *conventionsText) table(run *ConventionRun) {
	columns := conventionColumns()
	heading := []string{"", "requests"}
	for _, c := range columns {
		heading = append(heading, c.heading)
	}
	var tab layout.Table
	tab.Row(heading...)
	for _, s := range run.Summaries {
		f := figuresOf(s)
		row := []string{s.Options.Convention.Name, layout.Count(s.Raw.TTFT.N())}
		for _, c := range columns {
			row = append(row, layout.Optional(c.of(&f), layout.Nanoseconds))
		}
		tab.Row(row...)
	}
	tab.Write(&t.out)
	t.printf("\n")
	t.prose("Requests are those with a TTFT, of %s offered. ITL is what the tool means by inter-token latency, and TPOT what it means by time per output token, under whatever name. %s stands for a number that the convention does not have.",
		layout.Count(run.Summaries[0].Requests.Offered), metrics.Undefined)
}

// group is the conventions that agree on a number, and why they do not agree
// with the paper.
type group struct {
	value   string
	sortKey float64
	reasons string
	names   []string
}

func (t *conventionsText) why(run *ConventionRun) {
	t.printf("\nWHY THE NUMBERS DIFFER\n")
	t.prose("Each value with the conventions that have it, and what it does otherwise than the paper to requests of this run. %s", factsWords(&run.Facts, run.Summaries[0].Requests.Offered))
	for _, c := range conventionColumns() {
		groups := c.groups(run)
		if len(groups) == 1 {
			t.printf("  %s: %s under every convention\n", c.heading, groups[0].value)
			continue
		}
		t.printf("  %s\n", c.heading)
		width := 0
		for _, g := range groups {
			width = max(width, utf8.RuneCountInString(g.value))
		}
		for _, g := range groups {
			line := strings.Join(g.names, ", ")
			if g.reasons != "" {
				line += ": " + g.reasons
			}
			pad := strings.Repeat(" ", width-utf8.RuneCountInString(g.value))
			t.hanging("    "+pad+g.value+"  ", line)
		}
	}
}

// groups returns the groups of a column, the smallest value first, what is
// undefined last. A printed difference is one; reasons are those of rules that
// matter in this run.
func (c *column) groups(run *ConventionRun) []*group {
	var groups []*group
	paper := figuresOf(run.Summaries[0])
	same := layout.Optional(c.of(&paper), layout.Nanoseconds)
	for _, s := range run.Summaries {
		f := figuresOf(s)
		x := c.of(&f)
		g := group{value: layout.Optional(x, layout.Nanoseconds), sortKey: math.Inf(1)}
		if v, ok := x.Get(); ok {
			g.sortKey = v
		}
		if g.value != same {
			g.reasons = c.reasons(s.Options, &run.Facts, x.Known())
		}
		i := slices.IndexFunc(groups, func(o *group) bool { return o.value == g.value && o.reasons == g.reasons })
		if i < 0 {
			i = len(groups)
			groups = append(groups, &g)
		}
		groups[i].names = append(groups[i].names, s.Options.Convention.Name)
	}
	slices.SortStableFunc(groups, func(a, b *group) int { return cmp.Compare(a.sortKey, b.sortKey) })
	return groups
}

// reasons says why the convention has another value than the paper.
func (c *column) reasons(o metrics.SummaryOptions, f *ConventionFacts, defined bool) string {
	var parts []string
	for _, r := range rulesOf(o.Convention, f) {
		switch {
		case r.changes&c.figure == 0:
		case r.quantile && (c.mean || !defined || o.Method == metrics.HDRMethod):
		case r.forbids && !defined:
			return r.text
		default:
			parts = append(parts, r.text)
		}
	}
	return strings.Join(parts, "; ")
}

// factsWords says of how many requests a rule can make a difference.
func factsWords(f *ConventionFacts, offered int64) string {
	var parts []string
	for _, p := range []struct {
		n    int64
		text string
	}{
		{f.DueUnknown, "do not say when they were due"},
		{f.SentUnknown, "do not say when they were sent"},
		{f.SentLate, "were sent after they were due"},
		{f.Control, "have an event without a token"},
		{f.Chunked, "have a chunk of several tokens"},
		{f.Sparse, "have only the instants of the first and the last token"},
		{f.Trailing, "end after their last token or without one"},
		{f.EndUnknown, "do not say when they ended"},
		{f.OneToken, "have one token"},
		{f.Short, "decode in less than 1 ms"},
		{f.Mismatched, "have another usage than tokens delivered"},
		{f.Empty, "are empty"},
		{f.Unfinished, "did not complete"},
	} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", layout.Count(p.n), p.text))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return fmt.Sprintf("Of %s requests, %s.", layout.Count(offered), strings.Join(parts, ", "))
}

func (t *conventionsText) rules() {
	t.printf("\nRULES APART FROM THE PAPER'S\n")
	width := 0
	for _, c := range metrics.Conventions() {
		width = max(width, len(c.Name))
	}
	for _, c := range metrics.Conventions()[1:] {
		t.hanging(fmt.Sprintf("  %-*s  ", width, c.Name), strings.Join(rulesApart(c), "; "))
	}
	t.prose("The paper (arXiv:2507.09019): counts from due, else from sent; the first token is the first delivery with one; decode ends with the last token; TPOT is decode/(N - 1); a chunk of k tokens is a gap and k - 1 zeros; every request offered counts; quantiles are linear.")
}

func (t *conventionsText) warnings(run *ConventionRun) {
	warnings := slices.DeleteFunc(run.warnings(), func(w metrics.Warning) bool {
		about, _, _ := strings.Cut(w.Message, ":")
		return w.Code == metrics.WarnTooFewSamples && (about == "stall" || about == "TTLT") // not in the table
	})
	for _, n := range run.Info.NotDerivable {
		warnings = append(warnings, metrics.Warning{Code: "not-derivable", Message: fmt.Sprintf("%s: %s", n.Metric, n.Why)})
	}
	if len(warnings) == 0 {
		return
	}
	t.printf("\nWARNINGS\n")
	for _, w := range warnings {
		t.printf("  %s\n", layout.Wrap(w.Code+": "+w.Message, textWidth, "    "))
	}
}
