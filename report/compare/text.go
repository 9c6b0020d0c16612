package compare

import (
	"fmt"
	"io"
	"strings"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/report/internal/layout"
	"github.com/tokentime/tokentime/results"
)

// textWidth is that of prose.
const textWidth = 100

// Text writes the comparison as aligned text, one pair after the other, the
// conditions of a pair last, where a terminal stops.
func Text(w io.Writer, c *Comparison) error {
	t := &text{c: c}
	t.heading()
	for i := range c.Pairs {
		p := &c.Pairs[i]
		t.title(p)
		t.warnings(p)
		t.pair(p)
		if len(p.Conditions) > 0 {
			t.Part("CONDITIONS")
		}
		t.conditions(p)
	}
	t.doubts()
	_, err := io.WriteString(w, t.Render(textWidth))
	return err
}

// Page returns what [Text] writes as a page, with conditions and warnings
// first, and with those of several pairs above all of them.
func Page(c *Comparison) *layout.Page {
	t := &text{c: c}
	t.heading()
	t.outcomes()
	for i := range c.Pairs {
		p := &c.Pairs[i]
		t.title(p)
		t.conditions(p)
		t.warnings(p)
		t.pair(p)
	}
	t.doubts()
	return &t.Page
}

// text fills a page.
type text struct {
	layout.Page
	c *Comparison
}

func (t *text) heading() {
	t.Title("tokentime compare: convention %s, exact quantiles (%v)", t.c.Convention.Name, t.c.Convention.Quantile)
	t.Note(t.c.Method())
	tab := layout.Table{Left: map[int]bool{1: true, 2: true, 3: true}}
	for _, s := range t.c.summaries() {
		model, _ := s.Run.Info.Stated(results.FactModel)
		tab.Rows = append(tab.Rows, []string{s.Name, s.Source, s.Format, model.Value})
	}
	t.Table(&tab)
}

// outcomes says what became of each of several pairs.
func (t *text) outcomes() {
	if len(t.c.Pairs) < 2 {
		return
	}
	for i := range t.c.Pairs {
		p := &t.c.Pairs[i]
		failed := 0
		for _, x := range p.Conditions {
			if x.Holds {
				failed++
			}
		}
		switch n := len(p.Conditions); {
		case failed > 0:
			t.Alert(failWord, fmt.Sprintf("%s: %d of %d conditions fail", p.New.Name, failed, n))
		case n > 0:
			t.Pass(passWord, fmt.Sprintf("%s: %d of %d conditions pass", p.New.Name, n, n))
		}
		if !p.Comparable {
			t.Alert(warningMark, p.New.Name+": the requests ended differently than in base, so no latency is judged")
		}
		t.Prose("%s: %s.", p.New.Name, p.Counts())
	}
}

// Method says where the intervals come from.
func (c *Comparison) Method() string {
	return fmt.Sprintf("%s confidence intervals in brackets, from %s resamples of requests (seed %d)",
		percent(c.Confidence), layout.Count(int64(c.Resamples)), c.Seed)
}

// Names returns what the runs are called in every form, base first.
func (c *Comparison) Names() []string {
	var names []string
	for _, s := range c.summaries() {
		names = append(names, s.Name)
	}
	return names
}

// summaries returns base and all others.
func (c *Comparison) summaries() []*Summary {
	list := []*Summary{&c.Base}
	for i := range c.Pairs {
		list = append(list, &c.Pairs[i].New)
	}
	return list
}

func (t *text) title(p *Pair) { t.Section(strings.ToUpper(p.New.Name) + " AGAINST BASE") }

func (t *text) pair(p *Pair) {
	t.population(p)
	t.Prose("%s.", sentence(p.Counts()))
	if words := t.c.Chance(p); words != "" {
		t.Prose("%s", words)
	}
	t.rows(p)
	t.shapes(p)
}

// sentence returns the text with a prefix that says what is counted.
func sentence(counts string) string { return "Rows: " + counts }

// warningMark stands before a warning about what was compared.
const warningMark = "!"

// warnings stand above all verdicts.
func (t *text) warnings(p *Pair) {
	for _, w := range p.Warnings {
		t.Alert(warningMark, w.Code+": "+w.Message)
	}
	if !p.Comparable {
		t.Alert(warningMark, NotComparableText)
	}
}

// doubts about single runs come last, as in the report.
func (t *text) doubts() {
	titled := false
	for _, s := range t.c.summaries() {
		for _, w := range s.Warnings {
			if !titled {
				t.Section("WARNINGS ABOUT SINGLE RUNS")
				titled = true
			}
			t.Prose("%s: %s: %s", s.Name, w.Code, w.Message)
		}
	}
}

func (t *text) population(p *Pair) {
	tab := layout.Table{Head: true}
	tab.Row("", "base", p.New.Name, "difference (99 % for all)")
	tab.Row("requests offered", layout.Count(t.c.Base.Requests.Offered), layout.Count(p.New.Requests.Offered), "")
	for _, x := range p.Populations {
		row := newRow("share", x.BaseShare, x.NewShare)
		row.DifferenceInterval = x.Interval
		tab.Row("  "+kindWords(x.Name), countAndShare(x.BaseCount, x.BaseShare), countAndShare(x.NewCount, x.NewShare), row.differenceText(Share))
	}
	tab.Row("prompt tokens", layout.Count(t.c.Base.Tokens.Prompt), layout.Count(p.New.Tokens.Prompt), "")
	tab.Row("output tokens", layout.Count(t.c.Base.Tokens.Output), layout.Count(p.New.Tokens.Output), "")
	tab.Row("duration", layout.Optional(t.c.Base.Duration, layout.Duration), layout.Optional(p.New.Duration, layout.Duration), "")
	t.Gap()
	t.Table(&tab)
	t.Gap()
}

func countAndShare(n int64, s metrics.Optional[float64]) string {
	return layout.Count(n) + " (" + layout.Optional(s, layout.Share) + ")"
}

func (t *text) rows(p *Pair) {
	tab := layout.Table{Head: true, Left: map[int]bool{5: true}}
	tab.Row("", "base", p.New.Name, "difference", "ratio", "verdict")
	for i := range p.Metrics {
		m := &p.Metrics[i]
		if !m.shown() {
			continue
		}
		if missing := m.missing(p.New.Name); missing != "" {
			tab.Row(m.Label + ": " + missing)
			continue
		}
		if len(m.Rows) == 1 {
			tab.Rows = append(tab.Rows, m.Cells(m.Label, &m.Rows[0]))
			continue
		}
		tab.Row(m.Label + countWords(m))
		for k := range m.Rows {
			tab.Rows = append(tab.Rows, m.Cells("  "+statLabel(m.Rows[k].Stat), &m.Rows[k]))
		}
	}
	t.Gap()
	t.Table(&tab)
}

// missing says in which run the metric has no value at all, or nothing.
func (m *Metric) missing(new string) string {
	base, other := false, false
	for _, r := range m.Rows {
		base, other = base || r.Base.Known(), other || r.New.Known()
	}
	switch {
	case !base:
		return "no value in base"
	case !other:
		return "no value in " + new
	}
	return ""
}

// countWords says how many values there are, and of how many requests none.
func countWords(m *Metric) string {
	if m.BaseN == m.NewN && m.BaseUndefined == 0 && m.NewUndefined == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s and %s values; undefined for %s and %s requests)", layout.Count(m.BaseN), layout.Count(m.NewN),
		layout.Count(m.BaseUndefined), layout.Count(m.NewUndefined))
}

// Cells returns the label and one of the rows of m as text: base, new,
// difference, ratio, verdict.
func (m *Metric) Cells(label string, r *Row) []string {
	format := func(v float64) string { return formatValue(m.Unit, v) }
	verdict := r.Verdict.String()
	if r.Verdict == NotJudged {
		verdict = ""
	}
	return []string{label, layout.Optional(r.Base, format), layout.Optional(r.New, format), r.differenceText(m.Unit), r.ratioText(), verdict}
}

func (t *text) shapes(p *Pair) {
	t.Part("WHOLE DISTRIBUTIONS")
	if !p.Comparable {
		t.Prose("not judged: the requests of the two runs ended differently.")
		return
	}
	compared := false
	for i := range p.Metrics {
		if m := &p.Metrics[i]; m.Shape != nil {
			t.Prose("%s: %s", shortLabel(m.Label), m.Sentence(p.New.Name))
			compared = true
		}
	}
	if !compared {
		t.Prose("no metric has values in both runs.")
	}
}

// shortLabel returns a label without its explanation.
func shortLabel(label string) string {
	short, _, _ := strings.Cut(label, ":")
	return short
}

func (t *text) conditions(p *Pair) {
	for _, x := range p.Conditions {
		say := t.Pass
		if x.Holds {
			say = t.Alert
		}
		say(x.Word(), x.Condition.String()+": "+x.Reason)
	}
}

// Words that a person looks for at the end of a log.
const (
	failWord = "FAIL"
	passWord = "PASS"
)

// Word returns "FAIL" or "PASS".
func (x Check) Word() string {
	if x.Holds {
		return failWord
	}
	return passWord
}
