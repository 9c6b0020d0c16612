package report

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/report/internal/layout"
	"github.com/tokentime/tokentime/results/audit"
)

// AuditSchema names the form of the document of [AuditJSON]. Keys may be
// added under it; none is renamed.
const AuditSchema = "tokentime.audit/1"

type auditDocument struct {
	Schema  string         `json:"schema"`
	Runs    []auditRunJSON `json:"runs"`
	Summary auditSummary   `json:"summary"`
}

type auditRunJSON struct {
	Source    string                `json:"source"`
	Format    string                `json:"format"`
	Requests  metrics.RequestCounts `json:"requests"`
	Findings  []audit.Finding       `json:"findings"`
	Warnings  []metrics.Warning     `json:"warnings"` // of the reader
	Checklist []audit.Item          `json:"checklist"`
}

type auditSummary struct {
	Runs     int `json:"runs"`
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"`
	Infos    int `json:"infos"`
}

func (s *auditSummary) add(findings []audit.Finding) {
	s.Runs++
	for _, f := range findings {
		switch f.Severity {
		case audit.Error:
			s.Errors++
		case audit.Warning:
			s.Warnings++
		case audit.Info:
			s.Infos++
		}
	}
}

// AuditJSON writes the findings as one document. Each number has its unit
// beside it; durations are nanoseconds.
func AuditJSON(w io.Writer, audits []*audit.Audit) error {
	doc := auditDocument{Schema: AuditSchema, Runs: []auditRunJSON{}}
	for _, a := range audits {
		run := auditRunJSON{a.Run().Source, a.Run().Format, a.Requests(), a.Findings(),
			append([]metrics.Warning{}, a.Run().Warnings...), a.Checklist()}
		doc.Runs = append(doc.Runs, run)
		doc.Summary.add(run.Findings)
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(doc)
}

// AuditText writes the findings of each run, the worst first, with the
// numbers that prove them, and what the run says about its setup.
func AuditText(w io.Writer, audits []*audit.Audit) error {
	var t auditText
	var sum auditSummary
	for i, a := range audits {
		if i > 0 {
			t.out.WriteByte('\n')
		}
		findings := a.Findings()
		sum.add(findings)
		t.heading(a)
		for _, f := range findings {
			t.finding(f)
		}
		if len(findings) == 0 {
			t.printf("\n  nothing found\n")
		}
		t.decisions(a.Run().Warnings)
		t.checklist(a.Checklist())
	}
	t.printf("\n%s: %s, %s, %d info\n", plural(int64(sum.Runs), "run"),
		plural(int64(sum.Errors), "error"), plural(int64(sum.Warnings), "warning"), sum.Infos)
	_, err := io.WriteString(w, t.out.String())
	return err
}

type auditText struct{ out strings.Builder }

func (t *auditText) printf(format string, args ...any) { fmt.Fprintf(&t.out, format, args...) }

func (t *auditText) heading(a *audit.Audit) {
	run := a.Run()
	t.printf("%s", run.Source)
	if run.Format != "" {
		t.printf("  (%s)", run.Format)
	}
	t.out.WriteByte('\n')
	c := a.Requests()
	if run.AggregatesOnly {
		t.printf("  no records of requests, only what the tool computed from them\n")
		return
	}
	t.printf("  %s: %s completed", plural(c.Offered, "request"), formatCount(c.Completed))
	for _, o := range []struct {
		n    int64
		name string
	}{{c.Empty, "empty"}, {c.Failed, "failed"}, {c.Cancelled, "cancelled"}, {c.TimedOut, "timed out"}, {c.Rejected, "rejected"}} {
		if o.n > 0 {
			t.printf(", %s %s", formatCount(o.n), o.name)
		}
	}
	t.out.WriteByte('\n')
}

func (t *auditText) finding(f audit.Finding) {
	t.printf("\n  %s  %s\n", strings.ToUpper(f.Severity.String()), f.Code)
	t.paragraph(f.Message)
	var tab layout.Table
	for _, n := range f.Numbers {
		value, unit := formatNumber(n)
		tab.Row("      "+n.Name, value, unit)
	}
	tab.Left = map[int]bool{2: true}
	tab.Write(&t.out)
	if len(f.Requests.IDs) > 0 {
		who := "requests "
		if f.Requests.Count == 1 {
			who = "request "
		}
		who += strings.Join(f.Requests.IDs, ", ")
		if more := f.Requests.Count - int64(len(f.Requests.IDs)); more > 0 {
			who += fmt.Sprintf(" and %s more", formatCount(more))
		}
		t.paragraph(who)
	}
	t.paragraph("Do: " + f.Advice + ".")
	t.paragraph("Source: " + f.Source)
}

func (t *auditText) paragraph(s string) {
	t.printf("    %s\n", wrap(s, textWidth-4, "    "))
}

// formatNumber prints a number of a proof; the unit is apart, so that values
// align.
func formatNumber(n audit.Number) (value, unit string) {
	switch n.Unit {
	case audit.Nanoseconds:
		value, unit, _ = strings.Cut(formatNanoseconds(n.Value), " ")
	case audit.Share:
		value, unit, _ = strings.Cut(formatShare(n.Value), " ")
	case audit.Ratio, audit.Count:
		value = formatRate(n.Value)
	default:
		value, unit = formatRate(n.Value), n.Unit
	}
	return value, unit
}

// decisions shows what the reader had to decide.
func (t *auditText) decisions(warnings []metrics.Warning) {
	if len(warnings) == 0 {
		return
	}
	t.printf("\n  HOW THE FILE WAS READ\n")
	for _, w := range warnings {
		t.paragraph(fmt.Sprintf("[%s] %s", w.Code, w.Message))
	}
}

// checklist shows the answers, and names what the file does not say.
func (t *auditText) checklist(items []audit.Item) {
	t.printf("\n  SETUP, as the file states it\n")
	var tab layout.Table
	var missing []string
	for _, i := range items {
		if i.Stated {
			tab.Row("    "+i.Topic, i.Fact+": "+i.Answer)
		} else {
			missing = append(missing, i.Topic)
		}
	}
	tab.Left = map[int]bool{1: true}
	tab.Write(&t.out)
	if len(missing) > 0 {
		t.paragraph(audit.NotStated + ": " + strings.Join(missing, ", "))
	}
}
