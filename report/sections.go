package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/report/internal/layout"
	"github.com/tokentime/tokentime/results"
	"github.com/tokentime/tokentime/slo"
)

// deadlines shows the fluidity index. Its tail is the low end.
func (t *text) deadlines() {
	d := t.runs[0].Fluidity.Options.Deadlines
	t.Section(fmt.Sprintf("DEADLINES: fluidity index, first token within %s, then one every %s",
		formatDuration(d.Prefill), formatDuration(d.Decode)))
	tab := layout.Table{Head: true}
	tab.Row(t.each("", func(i int) string { return t.names[i] })...)
	index := func(label string, of func(*metrics.Stats) metrics.Optional[float64]) {
		tab.Row(t.each(label, func(i int) string {
			s := t.runs[i].Fluidity.Stats().Index
			if s == nil {
				return metrics.Undefined
			}
			return optional(of(s), formatIndex)
		})...)
	}
	index("worst answer", func(s *metrics.Stats) metrics.Optional[float64] { return s.Min })
	index("median", func(s *metrics.Stats) metrics.Optional[float64] { return s.P50 })
	index("mean", func(s *metrics.Stats) metrics.Optional[float64] { return s.Mean })
	tab.Row(t.each("answers of 0.9 or more", func(i int) string {
		return optional(t.runs[i].Fluidity.Stats().ShareReached, formatShare)
	})...)
	tab.Row(t.each("all deadlines pooled", func(i int) string {
		return optional(t.runs[i].Fluidity.Stats().Pooled, formatIndex)
	})...)
	tab.Row(t.each("fluid token rate, tokens/s", func(i int) string {
		return optional(t.runs[i].Fluidity.Stats().TokenRate, formatRate)
	})...)
	t.Table(&tab)
}

// objectives shows attainment, if there is an objective.
func (t *text) objectives() {
	if !t.runs[0].judged {
		return
	}
	reports := make([]slo.Report, len(t.runs))
	for i, r := range t.runs {
		reports[i] = r.SLO.Report()
	}
	t.Section(fmt.Sprintf("OBJECTIVE %v", reports[0].Objective))
	tab := layout.Table{Head: true}
	tab.Row(t.each("", func(i int) string { return t.names[i] })...)
	for part, p := range reports[0].Population {
		tab.Row(t.each(p.Part, func(i int) string {
			q := reports[i].Population[part]
			value := optional(q.ValueNS, formatNanoseconds)
			if q.ValueShare.Known() {
				value = optional(q.ValueShare, formatShare)
			}
			return fmt.Sprintf("%s, %v", value, q.Verdict)
		})...)
	}
	if t.runs[0].perRequest {
		tab.Row(t.each(fmt.Sprintf("attainment, of requests %v", reports[0].Denominator), func(i int) string {
			return optional(reports[i].Attainment, formatShare)
		})...)
		tab.Row(t.each("  met / missed / undefined", func(i int) string {
			return fmt.Sprintf("%s / %s / %s", formatCount(reports[i].Met), formatCount(reports[i].Missed), formatCount(reports[i].Undefined))
		})...)
		for part, p := range reports[0].PerRequest {
			tab.Row(t.each("  "+p.Part, func(i int) string {
				q := reports[i].PerRequest[part]
				return fmt.Sprintf("%s / %s / %s", formatCount(q.Met), formatCount(q.Missed), formatCount(q.Undefined))
			})...)
		}
	}
	t.Table(&tab)
}

// goodput shows the wait of a reader and what the answers were worth.
func (t *text) goodput() {
	o := t.runs[0].Goodput.Options
	alpha := goodput.DefaultAlpha
	if a, ok := o.Alpha.Get(); ok {
		alpha = a
	}
	t.Section(fmt.Sprintf("GOODPUT: a reader of one token every %s, penalty %v, alpha %s, abandoned requests: %v",
		formatDuration(o.Reader.PerToken), o.Penalty, threeDigits(alpha), o.Abandoned))
	tab := layout.Table{Head: true}
	tab.Row(t.each("", func(i int) string { return t.names[i] })...)
	idle := func(label string, of func(*metrics.Stats) metrics.Optional[float64]) {
		tab.Row(t.each(label, func(i int) string {
			if s := t.goods[i].IdleLatency; s != nil {
				return optional(of(s), formatNanoseconds)
			}
			return metrics.Undefined
		})...)
	}
	idle("idle latency, max", func(s *metrics.Stats) metrics.Optional[float64] { return s.Max })
	idle("  P99", func(s *metrics.Stats) metrics.Optional[float64] { return s.P99 })
	idle("  P50", func(s *metrics.Stats) metrics.Optional[float64] { return s.P50 })
	tab.Row(t.each("abandoned requests", func(i int) string { return t.recordedCount(i, t.stats[i].Requests.Abandoned()) })...)
	rate := func(label string, of func(i int) metrics.Optional[float64]) {
		tab.Row(t.each(label, func(i int) string { return optional(of(i), formatRate) })...)
	}
	rate("smooth goodput, tokens/s", func(i int) metrics.Optional[float64] { return t.goods[i].Smooth })
	if t.runs[0].perRequest {
		rate("token goodput, tokens/s", func(i int) metrics.Optional[float64] { return t.goods[i].Tokens })
		rate("request goodput, requests/s", func(i int) metrics.Optional[float64] { return t.goods[i].Requests })
	}
	tab.Row(t.each("QoE, mean", func(i int) string {
		if s := t.goods[i].QoE; s != nil {
			return optional(s.Mean, formatIndex)
		}
		return metrics.Undefined
	})...)
	t.Table(&tab)
}

// reproduced says whether the numbers that the file states follow from its
// own records.
func (t *text) reproduced() {
	first := true
	for i, r := range t.runs {
		all := slices.DeleteFunc(r.reproductions(), func(p results.Reproduction) bool { return p.Verdict == results.NotCompared })
		if len(all) == 0 {
			continue
		}
		if first {
			t.Section("STATED IN THE FILE")
			first = false
		}
		var wrong []string
		for _, p := range all {
			if p.Verdict != results.Reproduced {
				wrong = append(wrong, fmt.Sprintf("%s, stated %s, recomputed %s", p.Name, stated(p.Value), optional(p.Recomputed, stated)))
			}
		}
		t.Prose("%s: %d of %d aggregates reproduced.", t.names[i], len(all)-len(wrong), len(all))
		if len(wrong) > 0 {
			t.Prose("Not reproducible: %s. A TPOT or e2el that does not follow was timed to an end of the stream that the file does not hold.",
				strings.Join(wrong, "; "))
		}
	}
}

// stated prints a number of a file closely enough to be compared.
func stated(x float64) string { return strconv.FormatFloat(x, 'f', 3, 64) }

// warnings come last. Those that differ in nothing but the distribution or
// the run that they are about become one.
func (t *text) warnings() {
	var order []*doubt
	seen := map[doubtKey]*doubt{}
	ranks := map[string]int{}
	for i, r := range t.runs {
		for _, w := range r.Warnings() {
			about, message := "", w.Message
			if w.Code == metrics.WarnTooFewSamples {
				about, message, _ = strings.Cut(w.Message, ": ")
			}
			k := doubtKey{w.Code, message}
			d := seen[k]
			if d == nil {
				if _, ok := ranks[w.Code]; !ok {
					ranks[w.Code] = len(ranks)
				}
				d = &doubt{doubtKey: k, rank: ranks[w.Code]}
				seen[k] = d
				order = append(order, d)
			}
			d.runs = appendNew(d.runs, t.names[i])
			d.about = appendNew(d.about, about)
		}
	}
	if len(order) == 0 {
		return
	}
	t.Section("WARNINGS")
	slices.SortStableFunc(order, func(a, b *doubt) int { return a.rank - b.rank })
	for i, d := range order {
		if i == 0 || d.code != order[i-1].code {
			t.Group(d.code)
		}
		t.Item(t.about(d) + d.message)
	}
}

// about names the runs, unless it is all, and the distributions of a doubt.
func (t *text) about(d *doubt) string {
	who := ""
	if len(d.runs) < len(t.runs) {
		who = strings.Join(d.runs, ", ") + ": "
	}
	if about := strings.Join(d.about, ", "); about != "" {
		who += about + ": "
	}
	return who
}

type doubtKey struct{ code, message string }

// doubt is a warning with the runs and the distributions that share it.
type doubt struct {
	doubtKey
	rank        int // of the code, by first appearance
	runs, about []string
}

func appendNew(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}
