package html_test

import (
	"bytes"
	"flag"
	"fmt"
	stdhtml "html"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
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

// maxBytes is how large a page may be.
const maxBytes = 2_000_000

var update = flag.Bool("update", false, "write the golden files anew")

// reportOf returns a report on n runs of 40 requests, the later ones with more
// stalls. Names and ids are hostile.
func reportOf(t testing.TB, n int) *html.Report {
	t.Helper()
	o := report.Options{Deadlines: fluidity.Deadlines{Prefill: time.Second, Decode: 100 * time.Millisecond}}
	o.Goodput.Reader.PerToken = 200 * time.Millisecond
	page := &html.Report{}
	var drawn []*figure.Collector
	for i := range n {
		info := &results.Run{Source: fmt.Sprintf("<b>run&amp;%d.json", i), Format: "tokentime", CommonClock: true,
			Facts:    []results.Fact{{Name: "model_id", Value: `</script><script>alert("m")</script>`}},
			Warnings: []metrics.Warning{{Code: "c", Message: "<i>message</i>"}}}
		run, err := report.NewRun(info, o)
		if err != nil {
			t.Fatal(err)
		}
		worst := &html.Worst{}
		c := &figure.Collector{Options: figure.Options{CommonClock: true, Deadlines: o.Deadlines, Reader: o.Goodput.Reader}}
		for _, r := range requests(40, i) {
			if err := run.Add(&r); err != nil {
				t.Fatal(err)
			}
			if err := c.Add(&r); err != nil {
				t.Fatal(err)
			}
			worst.Add(&r)
		}
		page.Runs, page.Worst, drawn = append(page.Runs, run), append(page.Worst, worst), append(drawn, c)
	}
	for i, name := range report.Names(page.Runs) {
		drawn[i].Options.Name = name
	}
	page.Figures, page.LeftOut = figure.Figures(drawn)
	return page
}

// longIDs returns a report that lists a request with an id of 3,000 letters.
func longIDs(t *testing.T) *html.Report {
	t.Helper()
	page := reportOf(t, 1)
	r := requests(1, 0)[0]
	r.ID = strings.Repeat("a", 3000)
	r.Deliveries[len(r.Deliveries)-1].At += time.Minute
	r.End = metrics.Known(r.Deliveries[len(r.Deliveries)-1].At)
	page.Worst[0].Add(&r)
	return page
}

func requests(n, stalls int) []metrics.Request {
	rng := rand.New(rand.NewPCG(9, uint64(stalls)))
	var all []metrics.Request
	for i := range n {
		at := time.Duration(i) * 300 * time.Millisecond
		r := metrics.Request{ID: fmt.Sprintf(`"<%d>'`, i), Sent: metrics.Known(at), PromptTokens: metrics.Known(int64(100))}
		r.Scheduled = metrics.Known(at + time.Duration(rng.IntN(100))*time.Millisecond)
		at += time.Duration(150+rng.IntN(900)) * time.Millisecond
		for j := range 30 + rng.IntN(40) {
			r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: 1})
			at += time.Duration(15+rng.IntN(40)) * time.Millisecond
			if rng.IntN(40) < stalls && j > 3 {
				at += 2 * time.Second
			}
		}
		r.End = metrics.Known(at)
		all = append(all, r)
	}
	return all
}

// writer is a page.
type writer interface{ Write(io.Writer) error }

func written(t testing.TB, page writer) string {
	t.Helper()
	var b bytes.Buffer
	if err := page.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	runs := reportOf(t, 2)
	runs.Figures = runs.Figures[:1] // package figure has golden files of its own
	comparison := comparisonOf(t, 3, 20)
	comparison.Figures = nil
	for name, page := range map[string]writer{"report.html": runs, "comparison.html": comparison} {
		got := written(t, page)
		name = filepath.Join("testdata", name)
		if *update {
			if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
			t.Errorf("%s: -update writes it anew (-golden +got)\n%.4000s", name, diff)
		}
	}
}

// pages returns a report and a comparison with hostile names.
func pages(t testing.TB) map[string]string {
	t.Helper()
	return map[string]string{"report": written(t, reportOf(t, 2)), "comparison": written(t, comparisonOf(t, 3, 20))}
}

// TestSelfContained looks for anything that a page would load.
func TestSelfContained(t *testing.T) {
	loads := regexp.MustCompile(`(?i)(\bsrc=|@import|url\(|<link|<iframe|<img|fetch\(|XMLHttpRequest|import\()[^>\n]{0,60}`)
	for name, got := range pages(t) {
		if m := loads.FindString(strings.ReplaceAll(got, "img-src data:; ", "")); m != "" {
			t.Errorf("%s loads something: %s", name, m)
		}
		for _, m := range regexp.MustCompile(`href="([^"]*)"`).FindAllStringSubmatch(got, -1) {
			if id, ok := strings.CutPrefix(m[1], "#"); !ok || !strings.Contains(got, `id="`+id+`"`) {
				t.Errorf("%s: a link to %s, which is not in the page", name, m[1])
			}
		}
		if !strings.Contains(got, `http-equiv="Content-Security-Policy" content="default-src 'none';`) {
			t.Errorf("%s: no policy that forbids loading", name)
		}
		seen := map[string]bool{}
		for _, m := range regexp.MustCompile(`\bid="([^"]*)"`).FindAllStringSubmatch(got, -1) {
			if seen[m[1]] {
				t.Errorf("%s: id %q stands twice", name, m[1])
			}
			seen[m[1]] = true
		}
	}
}

// TestEscaped: what a file says must not become part of the page.
func TestEscaped(t *testing.T) {
	for name, got := range pages(t) {
		for _, bad := range []string{"<b>", "<i>", "<script>alert", `"<0>`} {
			if strings.Contains(got, bad) {
				t.Errorf("%s: %s of a name stands in the page as it is", name, bad)
			}
		}
		if n := strings.Count(got, "</script>"); n != strings.Count(got, "<script") {
			t.Errorf("%s: %d script elements end, %d begin", name, n, strings.Count(got, "<script"))
		}
	}
}

// TestSameNumbers compares with the text: every number of it stands in the
// page.
func TestSameNumbers(t *testing.T) {
	runs, comparison := reportOf(t, 2), comparisonOf(t, 3, 0)
	for _, test := range []struct {
		name string
		text func(io.Writer) error
		page writer
	}{
		{"report", func(w io.Writer) error { return report.Text(w, runs.Runs) }, runs},
		{"comparison", func(w io.Writer) error { return compare.Text(w, comparison.Comparison) }, comparison},
	} {
		var text bytes.Buffer
		if err := test.text(&text); err != nil {
			t.Fatal(err)
		}
		got := stdhtml.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(written(t, test.page), " "))
		numbers := regexp.MustCompile(`[-+]?\d[\d.,]*( (ms|s|µs|%|pp)|x)`).FindAllString(text.String(), -1)
		if len(numbers) < 100 {
			t.Fatalf("%s: only %d numbers in the text", test.name, len(numbers))
		}
		for _, n := range numbers {
			if !strings.Contains(got, n) {
				t.Errorf("%s: %s of the text is not in the page", test.name, n)
			}
		}
	}
}

func TestWithoutRecords(t *testing.T) {
	run, err := report.NewRun(&results.Run{Source: "x", AggregatesOnly: true,
		Reported: []results.Reported{{Name: "mean_ttft_ms", Value: 3, Unit: "ms", Metric: "ttft", Stat: "mean"}}},
		report.Options{Deadlines: fluidity.Deadlines{Decode: time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	got := written(t, &html.Report{Runs: []*report.Run{run}})
	if !strings.Contains(got, "STATED IN THE FILE") || !strings.Contains(got, "3 ms") || strings.Contains(got, "PICTURES") {
		t.Errorf("a run without records:\n%s", got)
	}
}

// TestEmptyComparison has runs without a request: there is nothing to draw, and
// the page says so.
func TestEmptyComparison(t *testing.T) {
	o := compare.Options{Resamples: 200, Report: report.Options{Deadlines: fluidity.Deadlines{Decode: time.Second}}}
	var runs []*compare.Run
	for range 2 {
		run, err := compare.NewRun(&results.Run{Source: "x", CommonClock: true}, o)
		if err != nil {
			t.Fatal(err)
		}
		runs = append(runs, run)
	}
	c, err := compare.Compare(runs[0], runs[1:], o)
	if err != nil {
		t.Fatal(err)
	}
	got := written(t, &html.Comparison{Comparison: c})
	for _, want := range []string{"<strong>WARNING</strong> no-requests", "requests offered", "no metric has values in both runs"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	for _, bad := range []string{"NaN", "Inf", "PICTURES", "verdict"} {
		if strings.Contains(plain(got), bad) {
			t.Errorf("%s in the page", bad)
		}
	}
}

func TestSize(t *testing.T) {
	for name, page := range map[string]writer{"report of six runs": reportOf(t, 6), "comparison of six runs": comparisonOf(t, 6, 0)} {
		if n := len(written(t, page)); n > maxBytes {
			t.Errorf("the %s has %d bytes, want at most %d", name, n, maxBytes)
		}
	}
}
