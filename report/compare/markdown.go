package compare

import (
	"fmt"
	"io"
	"strings"

	"github.com/tokentime/tokentime/report/internal/layout"
)

// Markdown writes the comparison in GitHub's Markdown, for a pull request:
// conditions and warnings first, then a table of the rows that show a change,
// and everything else folded.
func Markdown(w io.Writer, c *Comparison) error {
	m := &markdown{c: c}
	m.printf("### tokentime compare\n\nBase: %s. Convention %s, exact quantiles (%v); %s.\n", layout.MarkdownCode(c.Base.Source),
		layout.MarkdownText(c.Convention.Name), c.Convention.Quantile, c.Method())
	for i := range c.Pairs {
		m.pair(&c.Pairs[i])
	}
	_, err := io.WriteString(w, m.out.String())
	return err
}

type markdown struct {
	out strings.Builder
	c   *Comparison
}

func (m *markdown) printf(format string, args ...any) { fmt.Fprintf(&m.out, format, args...) }

func (m *markdown) pair(p *Pair) {
	m.printf("\n#### %s: %s\n\n", layout.MarkdownText(p.New.Name), layout.MarkdownCode(p.New.Source))
	for _, x := range p.Conditions {
		m.printf("- **%s** %s: %s\n", x.Word(), layout.MarkdownCode(x.Condition.String()), layout.MarkdownText(x.Reason))
	}
	for _, w := range p.Warnings {
		m.printf("- ⚠ %s: %s\n", layout.MarkdownText(w.Code), layout.MarkdownText(w.Message))
	}
	for _, s := range []*Summary{&m.c.Base, &p.New} {
		for _, w := range s.Warnings {
			m.printf("- ⚠ %s: %s: %s\n", layout.MarkdownText(s.Name), layout.MarkdownText(w.Code), layout.MarkdownText(w.Message))
		}
	}
	if !p.Comparable {
		m.printf("- ⚠ %s\n", NotComparableText)
	}
	m.printf("\n%s. %s\n", sentence(p.Counts()), m.c.Chance(p))
	m.table("Changes", p, func(r *Row) bool { return r.Verdict == Better || r.Verdict == Worse })
	m.printf("\n<details><summary>All rows, populations, whole distributions</summary>\n")
	m.population(p)
	m.table("Rows", p, func(*Row) bool { return true })
	m.shapes(p)
	m.printf("\n</details>\n")
}

func (m *markdown) population(p *Pair) {
	m.printf("\n| requests | base | %s | difference (99 %% for all) |\n|:--|--:|--:|--:|\n", layout.MarkdownText(p.New.Name))
	m.printf("| offered | %s | %s | |\n", layout.Count(m.c.Base.Requests.Offered), layout.Count(p.New.Requests.Offered))
	for _, x := range p.Populations {
		row := newRow("share", x.BaseShare, x.NewShare)
		row.DifferenceInterval = x.Interval
		m.printf("| %s | %s | %s | %s |\n", kindWords(x.Name), layout.MarkdownText(countAndShare(x.BaseCount, x.BaseShare)),
			layout.MarkdownText(countAndShare(x.NewCount, x.NewShare)), layout.MarkdownText(row.differenceText(Share)))
	}
}

// table writes the rows that are wanted, or nothing if there are none.
func (m *markdown) table(title string, p *Pair, want func(*Row) bool) {
	empty := true
	for i := range p.Metrics {
		x := &p.Metrics[i]
		for k := range x.Rows {
			if !x.shown() || !want(&x.Rows[k]) {
				continue
			}
			if empty {
				m.printf("\n| %s | base | %s | difference | ratio | verdict |\n|:--|--:|--:|--:|--:|:--|\n", title, layout.MarkdownText(p.New.Name))
				empty = false
			}
			label := shortLabel(x.Label)
			if len(x.Rows) > 1 {
				label += " " + statLabel(x.Rows[k].Stat)
			}
			cells := x.Cells(label, &x.Rows[k])
			for i := range cells {
				cells[i] = layout.MarkdownText(cells[i])
			}
			m.printf("| %s |\n", strings.Join(cells, " | "))
		}
	}
}

func (m *markdown) shapes(p *Pair) {
	if !p.Comparable {
		return
	}
	m.printf("\n")
	for i := range p.Metrics {
		if x := &p.Metrics[i]; x.Shape != nil {
			m.printf("- %s: %s\n", layout.MarkdownText(shortLabel(x.Label)), layout.MarkdownText(x.Sentence(p.New.Name)))
		}
	}
}
