package html

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/tokentime/tokentime/report"
	"github.com/tokentime/tokentime/report/figure"
	"github.com/tokentime/tokentime/report/internal/layout"
)

//go:embed page.tmpl
var pageTemplate string

//go:embed style.css
var style string

//go:embed script.js
var script string

// Report is a page about one or several runs. Of its fields only Runs must be
// set.
type Report struct {
	Runs    []*report.Run
	Figures []*figure.Figure
	LeftOut []figure.LeftOut // figures that could not be drawn, and why

	// Worst are the requests of each run that waited longest; one for each of
	// Runs, or none.
	Worst []*Worst
}

// Write writes the page. The error is that of w.
func (r *Report) Write(w io.Writer) error {
	page := report.Page(r.Runs)
	all := sections(page, "WARNINGS")
	v := view{Before: all[:1], After: all[1:], LeftOut: r.LeftOut}
	v.title(page)
	if err := v.draw(r.Figures); err != nil {
		return err
	}
	for i, worst := range r.Worst {
		if t := worst.table(report.Names(r.Runs)[i]); len(t.Rows) > 0 {
			v.Worst = append(v.Worst, t)
		}
	}
	return v.write(w)
}

// view is what the template shows, in this order.
type view struct {
	Title, Lead string
	Style       template.CSS
	Script      template.JS
	Before      []section
	Figures     []picture
	LeftOut     []figure.LeftOut
	Worst       []worstTable
	After       []section
}

// title takes the title apart at its colon.
func (v *view) title(p *layout.Page) {
	for _, b := range p.Blocks {
		if b.Kind == layout.Title {
			v.Title, v.Lead, _ = strings.Cut(b.Text, ": ")
		}
	}
}

func (v *view) draw(figures []*figure.Figure) error {
	for _, f := range figures {
		p, err := newPicture(f)
		if err != nil {
			return err
		}
		v.Figures = append(v.Figures, p)
	}
	return nil
}

// write renders into memory first: an error leaves half a page nowhere.
func (v *view) write(w io.Writer) error {
	v.Style, v.Script = template.CSS(style), template.JS(script)
	t, err := template.New("page").Parse(pageTemplate)
	if err != nil {
		return fmt.Errorf("html: %w", err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, v); err != nil {
		return fmt.Errorf("html: %w", err)
	}
	_, err = w.Write(out.Bytes())
	return err
}
