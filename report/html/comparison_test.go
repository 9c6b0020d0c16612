package html_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/report"
	"github.com/tokentime/tokentime/report/compare"
	"github.com/tokentime/tokentime/report/figure"
	"github.com/tokentime/tokentime/report/html"
	"github.com/tokentime/tokentime/results"
)

// comparisonOf returns a comparison of n runs of 40 requests. The later runs
// have more stalls, and in the last one so many requests fail. Names are
// hostile.
func comparisonOf(t testing.TB, n, failed int) *html.Comparison {
	t.Helper()
	o := compare.Options{Resamples: 200, Report: report.Options{
		Deadlines: fluidity.Deadlines{Prefill: time.Second, Decode: 100 * time.Millisecond}}}
	o.Report.Goodput.Reader.PerToken = 200 * time.Millisecond
	var err error
	if o.Conditions, err = compare.ParseConditions("p50(stall) > 20x, p50(ttft) > +50%"); err != nil {
		t.Fatal(err)
	}
	var runs []*compare.Run
	var drawn []*figure.Collector
	for i := range n {
		info := &results.Run{Source: fmt.Sprintf("<b>run&amp;%d.json", i), Format: "tokentime", CommonClock: true,
			Facts:    []results.Fact{{Name: "model_id", Value: fmt.Sprintf(`</script><script>alert("%d")</script>`, i/2)}},
			Warnings: []metrics.Warning{{Code: "c", Message: "<i>message</i>"}}}
		run, err := compare.NewRun(info, o)
		if err != nil {
			t.Fatal(err)
		}
		c := &figure.Collector{Options: figure.Options{CommonClock: true, Deadlines: o.Report.Deadlines, Reader: o.Report.Goodput.Reader}}
		for k, r := range requests(40, i) {
			if i == n-1 && k < failed {
				r.Outcome = metrics.Failed
			}
			if err := run.Add(&r); err != nil {
				t.Fatal(err)
			}
			if err := c.Add(&r); err != nil {
				t.Fatal(err)
			}
		}
		runs, drawn = append(runs, run), append(drawn, c)
	}
	page := &html.Comparison{}
	if page.Comparison, err = compare.Compare(runs[0], runs[1:], o); err != nil {
		t.Fatal(err)
	}
	for i, name := range page.Comparison.Names() {
		drawn[i].Options.Name = name
	}
	page.Figures, page.LeftOut = figure.Figures(drawn)
	return page
}

// plain returns the page as its words, elements apart.
func plain(page string) string {
	page = regexp.MustCompile(`(?s)<style>.*?</style>|<script.*?</script>`).ReplaceAllString(page, "")
	return strings.Join(strings.Fields(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page, " ")), " ")
}

// TestComparisonOrder: what decides stands first.
func TestComparisonOrder(t *testing.T) {
	for _, test := range []struct {
		name string
		page *html.Comparison
		want []string
	}{
		{"two runs", comparisonOf(t, 2, 0), []string{"base &lt;b&gt;run", "NEW AGAINST BASE", "FAIL p50(stall)", "PASS p50(ttft)",
			"requests offered 40 40", "Rows:", "verdict base new", "WHOLE DISTRIBUTIONS", "PICTURES", "WARNINGS ABOUT SINGLE RUNS", "base: c: &lt;i&gt;"}},
		{"three runs, populations that differ", comparisonOf(t, 3, 20), []string{"FAIL new 1: 1 of 2 conditions fail", "new 1: ", " worse",
			"FAIL new 2: 2 of 2 conditions fail", "WARNING new 2: the requests ended differently",
			"NEW 1 AGAINST BASE", "NEW 2 AGAINST BASE", "cannot be evaluated", "WARNING population-differs:", "WARNING model-differs:",
			"WARNING The requests of the two runs ended differently", "failed 0 (0 %) 20 (50.0 %)", "not comparable", "not judged", "PICTURES"}},
	} {
		rest := plain(written(t, test.page))
		rest = rest[strings.Index(rest, "single runs")+len("single runs"):] // behind the links
		for _, want := range test.want {
			i := strings.Index(rest, want)
			if i < 0 {
				t.Errorf("%s: no %q where it should be, in\n%.3000s", test.name, want, rest)
				break
			}
			rest = rest[i+len(want):]
		}
	}
}

// TestComparisonVerdicts: every row is marked as what its word says, and as
// the comparison has it.
func TestComparisonVerdicts(t *testing.T) {
	for _, failed := range []int{0, 20} {
		page := comparisonOf(t, 3, failed)
		classes := map[compare.Verdict]string{compare.Better: "better", compare.Worse: "worse", compare.NoChange: "same",
			compare.TooFew: "few", compare.NotComparable: "apart", compare.NotJudged: ""}
		want, got := map[string]int{}, map[string]int{}
		for _, p := range page.Comparison.Pairs {
			for _, m := range p.Metrics {
				for _, r := range m.Rows {
					if classes[r.Verdict] != "" && (r.Base.Known() || r.New.Known()) {
						want[classes[r.Verdict]+": "+r.Verdict.String()]++
					}
				}
			}
		}
		for _, m := range regexp.MustCompile(`<tr class="(\w+)">\s*<th[^>]*>[^<]*</th>\s*<td[^>]*>([^<]*)</td>`).FindAllStringSubmatch(written(t, page), -1) {
			if m[1] != "heading" {
				got[m[1]+": "+m[2]]++
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || len(want) < 3 {
			t.Errorf("%d failed (-want +got)\n%s", failed, diff)
		}
	}
}

// TestComparisonFigures: pictures of all runs come before those of one.
func TestComparisonFigures(t *testing.T) {
	page := comparisonOf(t, 3, 0)
	var names []string
	for _, m := range regexp.MustCompile(`<figure id="figure-([^"]*)"`).FindAllStringSubmatch(written(t, page), -1) {
		names = append(names, m[1])
	}
	want := []string{"stall-percentiles", "tbt-percentiles", "tbt-cdf", "ttft-percentiles", "ttft-cdf", "fluidity-curve", "normalized-vs-raw",
		"timeline-1", "timeline-2", "timeline-3", "requests-1", "requests-2", "requests-3", "load-1", "load-2", "load-3",
		"ttft-split-1", "ttft-split-2", "ttft-split-3"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if page.Figures[0].Name != "timeline-1" {
		t.Error("Write sorts the figures of its caller")
	}
}
