package html

import (
	"io"
	"slices"

	"github.com/tokentime/tokentime/report/compare"
	"github.com/tokentime/tokentime/report/figure"
)

// Comparison is a page about a base run and others. Of its fields only
// Comparison must be set.
type Comparison struct {
	Comparison *compare.Comparison
	Figures    []*figure.Figure // those of several runs are shown first
	LeftOut    []figure.LeftOut // figures that could not be drawn, and why
}

// Write writes the page. The error is that of w.
func (c *Comparison) Write(w io.Writer) error {
	page := compare.Page(c.Comparison)
	all := sections(page, doubts)
	v := view{Before: all, LeftOut: c.LeftOut}
	if n := len(all) - 1; all[n].Folded {
		v.Before, v.After = all[:n], all[n:]
	}
	v.title(page)
	for _, s := range v.Before {
		for _, b := range s.Blocks {
			if b.Table != nil {
				b.Table.judge()
			}
		}
	}
	if err := v.draw(overlaysFirst(c.Figures)); err != nil {
		return err
	}
	return v.write(w)
}

// doubts is how the section about single runs begins.
const doubts = "WARNINGS"

// overlaysFirst returns the figures with those that show several runs first.
func overlaysFirst(all []*figure.Figure) []*figure.Figure {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(f, g *figure.Figure) int {
		return min(runsOf(g), 2) - min(runsOf(f), 2)
	})
	return sorted
}

// runsOf returns the number of runs that the figure shows.
func runsOf(f *figure.Figure) int {
	seen := map[string]bool{}
	for _, s := range f.Series() {
		if s.Run != "" {
			seen[s.Run] = true
		}
	}
	return len(seen)
}

// judge marks the rows of a table of verdicts, and puts the verdict before the
// numbers: it is the last column on a terminal, where the window of a phone
// would not show it.
func (t *table) judge() {
	if n := len(t.Head); n == 0 || t.Head[n-1].Text != "verdict" {
		return
	}
	t.Verdicts = true
	t.Head = lastSecond(t.Head)
	for i := range t.Rows {
		r := &t.Rows[i]
		if n := len(r.Cells); n > 0 {
			r.Verdict = verdictClass(r.Cells[n-1].Text)
			r.Cells = lastSecond(r.Cells)
		}
	}
}

func lastSecond(cells []cell) []cell {
	n := len(cells) - 1
	return slices.Insert(slices.Clone(cells[:n]), 1, cells[n])
}

// verdictClass returns the class of the verdict in words. A class is never
// more than the words say.
func verdictClass(words string) string {
	switch words {
	case compare.Better.String():
		return "better"
	case compare.Worse.String():
		return "worse"
	case compare.NoChange.String():
		return "same"
	case compare.TooFew.String():
		return "few"
	case compare.NotComparable.String():
		return "apart"
	}
	return ""
}
