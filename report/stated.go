package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/report/internal/layout"
	"github.com/tokentime/tokentime/results"
)

// This file shows what a file states, as it states it: never mixed with what
// was computed from records.

// stated shows the aggregates of runs that have no records.
func (t *text) stated() {
	for i, r := range t.runs {
		if !r.Info.AggregatesOnly {
			continue
		}
		t.Section(fmt.Sprintf("STATED IN THE FILE, NOT COMPUTED: %s", t.names[i]))
		t.Prose("The file has no records of requests. These are its own numbers under its own names; nothing here was checked or recomputed. \"tokentime audit\" looks for contradictions among them.")
		tab, others := statedTable(r.Info.Reported)
		t.Table(tab)
		hidden := 0
		for _, a := range others {
			if a.Stat == "" && (a.Metric != "" || len(others) <= maxStatedLines) {
				t.Line(statedLine(a))
			} else {
				hidden++
			}
		}
		if hidden > 0 {
			t.Line(fmt.Sprintf("and %s more, which -format json lists", formatCount(int64(hidden))))
		}
	}
}

// maxStatedLines is how many numbers without a common name are listed.
const maxStatedLines = 20

// shownStats are the statistics that a table of stated numbers has columns
// for.
var shownStats = [...]string{"max", "p99.9", "p99", "p95", "p90", "p50", "mean", "min"}

// statedTable returns the distributions that have a common name, a row each,
// and what is not in it.
func statedTable(all []results.Reported) (*layout.Table, []results.Reported) {
	type key struct{ metric, unit string }
	var rows []key
	var others []results.Reported
	cells := map[key]map[string]string{}
	stated := map[string]bool{}
	for _, a := range all {
		if a.Stat == "" || a.Metric == "" || !slices.Contains(shownStats[:], a.Stat) {
			others = append(others, a)
			continue
		}
		k := key{a.Metric, a.Unit}
		if cells[k] == nil {
			cells[k] = map[string]string{}
			rows = append(rows, k)
		}
		if _, ok := cells[k][a.Stat]; !ok {
			cells[k][a.Stat] = statedValue(a)
		}
		stated[a.Stat] = true
	}
	tab := &layout.Table{Head: true}
	if len(rows) == 0 {
		return tab, others
	}
	stats := slices.DeleteFunc(slices.Clone(shownStats[:]), func(stat string) bool { return !stated[stat] })
	head := []string{""}
	for _, stat := range stats {
		head = append(head, columnOf(stat))
	}
	tab.Row(head...)
	for _, k := range rows {
		row := []string{"  " + statedLabel(k.metric)}
		for _, stat := range stats {
			v, ok := cells[k][stat]
			if !ok {
				v = metrics.Undefined
			}
			row = append(row, v)
		}
		tab.Row(row...)
	}
	return tab, others
}

// columnOf names the column of a statistic.
func columnOf(stat string) string {
	if digits, ok := strings.CutPrefix(stat, "p"); ok {
		return "P" + digits
	}
	return stat
}

// statedLabel writes a common name as people do.
func statedLabel(metric string) string {
	switch metric {
	case results.MetricTTFT, results.MetricTPOT, results.MetricITL, results.MetricTTLT:
		return strings.ToUpper(metric)
	case results.MetricEndToEnd:
		return "end-to-end"
	}
	return strings.ReplaceAll(metric, "_", " ")
}

// statedValue prints a time readably, anything else as it is.
func statedValue(a results.Reported) string {
	if ns, ok := a.Nanoseconds(); ok {
		return formatNanoseconds(ns)
	}
	return strconv.FormatFloat(a.Value, 'g', 6, 64)
}

func statedLine(a results.Reported) string {
	line := a.Name + ": " + statedValue(a)
	if _, time := a.Nanoseconds(); !time && a.Unit != "" {
		line += " " + a.Unit
	}
	return line
}

// notDerivable says what the records of a run do not hold enough for.
func (t *text) notDerivable() {
	first := true
	for i, r := range t.runs {
		for _, reason := range reasons(r.Info.NotDerivable) {
			if first {
				t.Section("NOT DERIVABLE FROM THE FILE")
				first = false
			}
			t.Prose("%s: %s: %s.", t.names[i], strings.Join(reason.metrics, ", "), reason.why)
		}
	}
}

type reason struct {
	why     string
	metrics []string
}

// reasons groups by reason, in order of appearance.
func reasons(all []results.NotDerivable) []reason {
	var out []reason
	for _, n := range all {
		i := slices.IndexFunc(out, func(r reason) bool { return r.why == n.Why })
		if i < 0 {
			i = len(out)
			out = append(out, reason{why: n.Why})
		}
		out[i].metrics = append(out[i].metrics, n.Metric)
	}
	return out
}
