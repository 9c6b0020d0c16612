package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/report/internal/layout"
	"github.com/tokentime/tokentime/results"
)

const (
	textWidth  = 100 // of prose
	sideBySide = 3   // more runs than this and normalized goes below raw
)

// Text writes the runs as aligned text, one column a run.
func Text(w io.Writer, runs []*Run) error {
	_, err := io.WriteString(w, Page(runs).Render(textWidth))
	return err
}

// Markdown writes the runs in GitHub's Markdown, for a pull request. It holds
// what [Text] does, warnings folded.
func Markdown(w io.Writer, runs []*Run) error {
	_, err := io.WriteString(w, Page(runs).Markdown("WARNINGS"))
	return err
}

// Page returns the report of the runs, as the packages below this one render
// it.
func Page(runs []*Run) *layout.Page {
	t := newText(runs)
	t.heading()
	t.stated()
	if slices.ContainsFunc(runs, func(r *Run) bool { return !r.Info.AggregatesOnly }) {
		t.recorded()
	}
	t.notDerivable()
	t.warnings()
	return &t.Page
}

// recorded shows what was computed from records.
func (t *text) recorded() {
	t.counts()
	t.views()
	t.rest()
	t.stalls()
	t.deadlines()
	t.objectives()
	t.goodput()
	t.reproduced()
}

// text fills a page.
type text struct {
	layout.Page
	runs   []*Run
	stats  []metrics.SummaryStats
	goods  []goodput.Stats
	names  []string
	doubts bool // a value with few samples behind it was printed
}

func newText(runs []*Run) *text {
	t := &text{runs: runs, names: columnNames(runs)}
	for _, r := range runs {
		t.stats = append(t.stats, r.Metrics.Stats())
		t.goods = append(t.goods, r.Goodput.Stats(r.Metrics.Duration()))
	}
	return t
}

// each returns label and one cell a run.
func (t *text) each(label string, cell func(i int) string) []string {
	row := []string{label}
	for i := range t.runs {
		row = append(row, cell(i))
	}
	return row
}

func (t *text) heading() {
	c := t.runs[0].Metrics.Options.Convention
	method := fmt.Sprintf("exact quantiles (%v)", c.Quantile)
	if t.runs[0].Metrics.Options.Method == metrics.HDRMethod {
		method = "HDR quantiles (within 0.1 %)"
	}
	t.Title("tokentime report: convention %s, %s", c.Name, method)
	var tab layout.Table
	for i, r := range t.runs {
		tab.Rows = append(tab.Rows, []string{t.names[i], r.Info.Source, r.Info.Format, modelOf(r)})
	}
	tab.Left = map[int]bool{1: true, 2: true, 3: true}
	t.Table(&tab)
}

// modelOf returns the model that a run was of, as far as its file says.
func modelOf(r *Run) string {
	model, _ := r.Info.Stated(results.FactModel)
	return model.Value
}

func (t *text) counts() {
	tab := layout.Table{Head: true}
	tab.Row(t.each("", func(i int) string { return t.names[i] })...)
	for _, f := range []struct {
		label  string
		always bool
		count  func(metrics.RequestCounts) int64
	}{
		{"requests offered", true, func(c metrics.RequestCounts) int64 { return c.Offered }},
		{"  completed", true, func(c metrics.RequestCounts) int64 { return c.Completed }},
		{"  empty", false, func(c metrics.RequestCounts) int64 { return c.Empty }},
		{"  failed", false, func(c metrics.RequestCounts) int64 { return c.Failed }},
		{"  cancelled", false, func(c metrics.RequestCounts) int64 { return c.Cancelled }},
		{"  timed out", false, func(c metrics.RequestCounts) int64 { return c.TimedOut }},
		{"  rejected", false, func(c metrics.RequestCounts) int64 { return c.Rejected }},
	} {
		show := f.always
		for _, s := range t.stats {
			show = show || f.count(s.Requests) > 0
		}
		if show {
			tab.Row(t.each(f.label, func(i int) string { return t.recordedCount(i, f.count(t.stats[i].Requests)) })...)
		}
	}
	tab.Row(t.each("output tokens", func(i int) string { return t.recordedCount(i, t.stats[i].Tokens.Output) })...)
	tab.Row(t.each("prompt tokens", func(i int) string { return t.recordedCount(i, t.stats[i].Tokens.Prompt) })...)
	tab.Row(t.each("duration", func(i int) string { return optional(t.stats[i].Duration, formatDuration) })...)
	tab.Row(t.each("output tokens/s", func(i int) string { return optional(t.stats[i].Throughput.OutputTokens, formatRate) })...)
	tab.Row(t.each("requests/s", func(i int) string { return optional(t.stats[i].Throughput.Requests, formatRate) })...)
	t.Table(&tab)
}

// recordedCount prints a count of run i, which is unknown without records.
func (t *text) recordedCount(i int, n int64) string {
	if t.runs[i].Info.AggregatesOnly {
		return metrics.Undefined
	}
	return formatCount(n)
}

// metric is one distribution that every run has, and how its values print.
type metric struct {
	label  string
	of     func(metrics.SummaryStats) *metrics.Stats
	format func(float64) string
}

// pair puts a normalized figure beside the raw one that it dilutes.
type pair struct{ raw, normalized metric }

func pairs() []pair {
	ns := formatNanoseconds
	return []pair{
		{
			metric{"stall: largest gap of each answer", func(s metrics.SummaryStats) *metrics.Stats { return s.Raw.Stall }, ns},
			metric{"TPOT", func(s metrics.SummaryStats) *metrics.Stats { return s.Normalized.TPOT }, ns},
		}, {
			metric{"TTLT: arrival to last token", func(s metrics.SummaryStats) *metrics.Stats { return s.Raw.TTLT }, ns},
			metric{"normalized latency: TTLT/N", func(s metrics.SummaryStats) *metrics.Stats { return s.Normalized.Latency }, ns},
		}, {
			metric{"TTFT: arrival to first token", func(s metrics.SummaryStats) *metrics.Stats { return s.Raw.TTFT }, ns},
			metric{"fixed share: TTFT/TTLT", func(s metrics.SummaryStats) *metrics.Stats { return s.Normalized.FixedShare }, formatShare},
		},
	}
}

// statistics in the order of the report: tails first.
var statistics = [...]struct {
	label string
	p     float64 // 0: no quantile
	of    func(*metrics.Stats) metrics.Optional[float64]
}{
	{"max", 0, func(s *metrics.Stats) metrics.Optional[float64] { return s.Max }},
	{"P99.9", 0.999, func(s *metrics.Stats) metrics.Optional[float64] { return s.P999 }},
	{"P99", 0.99, func(s *metrics.Stats) metrics.Optional[float64] { return s.P99 }},
	{"P95", 0.95, func(s *metrics.Stats) metrics.Optional[float64] { return s.P95 }},
	{"P90", 0.9, func(s *metrics.Stats) metrics.Optional[float64] { return s.P90 }},
	{"P50", 0, func(s *metrics.Stats) metrics.Optional[float64] { return s.P50 }},
	{"mean", 0, func(s *metrics.Stats) metrics.Optional[float64] { return s.Mean }},
}

// Indexes into statistics.
var (
	allStatistics = []int{0, 1, 2, 3, 4, 5, 6}
	fewStatistics = []int{0, 2, 5} // max, P99, P50
)

// cell prints one statistic of one run, marked when few samples lie behind.
func (t *text) cell(m metric, i, stat int) string {
	s, st := m.of(t.stats[i]), statistics[stat]
	if s == nil {
		return metrics.Undefined + " "
	}
	v := optional(st.of(s), m.format)
	if st.p > 0 && metrics.TooFewSamples(s.N, st.p) {
		t.doubts = true
		return v + "?"
	}
	return v + " "
}

func (t *text) views() {
	t.doubts = false
	if len(t.runs) <= sideBySide {
		t.viewsSideBySide()
	} else {
		t.viewsStacked()
	}
}

func (t *text) viewsSideBySide() {
	n := len(t.runs)
	tab := layout.Table{Head: true, Left: map[int]bool{n + 1: true, n + 2: true}}
	head := t.each("RAW", func(i int) string { return t.names[i] + " " })
	head = append(head, "|", "NORMALIZED")
	head = append(head, t.each("", func(i int) string { return t.names[i] + " " })[1:]...)
	tab.Row(head...)
	for _, p := range pairs() {
		tab.Row(padded(2*n+3, 0, p.raw.label, n+1, "|", n+2, p.normalized.label)...)
		for stat := range statistics {
			row := t.each("  "+statistics[stat].label, func(i int) string { return t.cell(p.raw, i, stat) })
			row = append(row, "|", "  "+statistics[stat].label)
			row = append(row, t.each("", func(i int) string { return t.cell(p.normalized, i, stat) })[1:]...)
			tab.Row(row...)
		}
	}
	t.Table(&tab)
}

// padded returns n cells, empty except those given as pairs of index and
// text.
func padded(n int, cells ...any) []string {
	row := make([]string, n)
	for i := 0; i < len(cells); i += 2 {
		row[cells[i].(int)] = cells[i+1].(string)
	}
	return row
}

func (t *text) viewsStacked() {
	var tab layout.Table
	for _, p := range pairs() {
		for _, side := range []struct {
			kind string
			metric
		}{{"RAW", p.raw}, {"NORMALIZED", p.normalized}} {
			tab.Row(t.each(side.kind, func(i int) string { return t.names[i] + " " })...)
			t.metricRows(&tab, side.metric, allStatistics)
		}
	}
	t.Table(&tab)
}

func (t *text) metricRows(tab *layout.Table, m metric, stats []int) {
	tab.Row(m.label)
	for _, stat := range stats {
		tab.Row(t.each("  "+statistics[stat].label, func(i int) string { return t.cell(m, i, stat) })...)
	}
}

// rest shows the raw distributions that no normalized figure stands beside.
func (t *text) rest() {
	tab := layout.Table{Head: true}
	tab.Row(t.each("RAW, more", func(i int) string { return t.names[i] + " " })...)
	t.metricRows(&tab, metric{"TBT: gaps between tokens, pooled",
		func(s metrics.SummaryStats) *metrics.Stats { return s.Raw.TBT }, formatNanoseconds}, allStatistics)
	for _, m := range []metric{
		{"client delay: due to sent", func(s metrics.SummaryStats) *metrics.Stats { return s.Raw.ClientDelay }, formatNanoseconds},
		{"scheduling delay: arrival to prefill", func(s metrics.SummaryStats) *metrics.Stats { return s.Raw.SchedulingDelay }, formatNanoseconds},
		{"prefill: to first token", func(s metrics.SummaryStats) *metrics.Stats { return s.Raw.Prefill }, formatNanoseconds},
		{"decode: first to last token", func(s metrics.SummaryStats) *metrics.Stats { return s.Raw.Decode }, formatNanoseconds},
		{"end-to-end: arrival to end of stream", func(s metrics.SummaryStats) *metrics.Stats { return s.Raw.EndToEnd }, formatNanoseconds},
	} {
		known := false
		for _, s := range t.stats {
			known = known || m.of(s) != nil
		}
		if known {
			t.metricRows(&tab, m, fewStatistics)
		}
	}
	t.Table(&tab)
	if t.doubts {
		t.Note("? fewer than 10 samples lie beyond this quantile")
	}
}

// stalls says in words where the longest stall was, and what hides it.
func (t *text) stalls() {
	t.Section("STALLS")
	for i, r := range t.runs {
		if !r.Info.AggregatesOnly {
			t.Prose("%s: %s", t.names[i], stallWords(r.Metrics.Largest, t.stats[i]))
		}
	}
}

// hides says how many times a figure must be exceeded by a stall for the
// report to say that the figure does not show it.
const hides = 3

func stallWords(l metrics.LargestStall, s metrics.SummaryStats) string {
	switch {
	case s.Raw.Stall == nil && s.Sparse > 0:
		return "the file does not hold the gaps between tokens, so no stall can be seen; that does not mean that there was none."
	case s.Raw.Stall == nil:
		return "no answer has two tokens, so there is no gap to look at."
	}
	words := fmt.Sprintf("the longest stall was %s, in request %s: it began %s after arrival with %s on the screen.",
		formatDuration(l.Gap), l.ID, formatDuration(l.At), plural(l.Tokens, "token"))
	half := valueOf(s.Raw.Stall.P50)
	if l.Requests > 1 {
		words += fmt.Sprintf(" Half of the %s with a gap stood still for %s or longer.", plural(l.Requests, "answer"), formatNanoseconds(half))
	}
	if s.Raw.TBT == nil {
		return words
	}
	var hidden []string
	p99 := valueOf(s.Raw.TBT.P99)
	if float64(l.Gap) >= hides*p99 {
		hidden = append(hidden, fmt.Sprintf("the pooled TBT P99 of %s", formatNanoseconds(p99)))
	}
	if s.Normalized.TPOT != nil {
		if tpot := valueOf(s.Normalized.TPOT.P50); half >= hides*tpot && half >= hides*valueOf(s.Raw.TBT.P50) {
			hidden = append(hidden, fmt.Sprintf("the median TPOT of %s", formatNanoseconds(tpot)))
		}
	}
	if len(hidden) > 0 {
		words += fmt.Sprintf(" Not visible in %s.", strings.Join(hidden, " or "))
	}
	return words
}

func valueOf(o metrics.Optional[float64]) float64 {
	if v, ok := o.Get(); ok {
		return v
	}
	return math.NaN()
}

func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return formatCount(n) + " " + noun + "s"
}
