package compare

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/report"
	"github.com/tokentime/tokentime/results"
	"github.com/tokentime/tokentime/slo"
)

// steadyRun returns a run of n requests of 20 tokens.
func steadyRun(t testing.TB, o Options, seed uint64, n int, pace time.Duration) *Run {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 0))
	return newTestRun(t, o, n, func(i int) *metrics.Request { return steadyRequest(random, i, 20, pace) })
}

func mustCompare(t testing.TB, o Options, base *Run, others ...*Run) *Comparison {
	t.Helper()
	c, err := Compare(base, others, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func withObjective(t testing.TB, o Options) Options {
	t.Helper()
	objective, err := slo.Parse("ttft<=200ms")
	if err != nil {
		t.Fatal(err)
	}
	o.Report.Objective = objective
	return o
}

// TestIdenticalRuns holds that a run against itself shows nothing: differences
// of 0, no verdict, no warning, no dominance.
func TestIdenticalRuns(t *testing.T) {
	o := withObjective(t, testOptions())
	c := mustCompare(t, o, steadyRun(t, o, 1, 500, 20*time.Millisecond), steadyRun(t, o, 1, 500, 20*time.Millisecond))
	p := &c.Pairs[0]
	if len(p.Warnings) > 0 || !p.Comparable {
		t.Errorf("warnings %v, comparable %v", p.Warnings, p.Comparable)
	}
	for i := range p.Metrics {
		m := &p.Metrics[i]
		for _, r := range m.Rows {
			if d, ok := r.Difference.Get(); !ok || d != 0 {
				t.Errorf("%s %s: difference %v", m.Key, r.Stat, r.Difference)
			}
			if r.Verdict != NoChange && r.Verdict != TooFew && r.Verdict != NotJudged {
				t.Errorf("%s %s: %v", m.Key, r.Stat, r.Verdict)
			}
		}
		if s := m.Shape; s != nil && (s.Distance != 0 || s.Dominates != Neither || len(s.Regions) > 0) {
			t.Errorf("%s: shape %+v", m.Key, s)
		}
	}
}

// TestFasterRun has a run with twice the pace: all verdicts about gaps are
// better, and TTFT, of the same distribution, is hardly judged to differ.
func TestFasterRun(t *testing.T) {
	o := testOptions()
	p := mustCompare(t, o, steadyRun(t, o, 1, 500, 40*time.Millisecond), steadyRun(t, o, 2, 500, 20*time.Millisecond)).Pairs[0]
	for _, key := range []string{"tbt", "tpot", "stall"} {
		m, _ := p.Metric(key)
		for _, stat := range []string{"p50", "p90", "mean"} {
			if r, ok := m.Row(stat); !ok || r.Verdict != Better {
				t.Errorf("%s %s: %+v", key, stat, r)
			}
		}
		if m.Shape.ShownBetter != New {
			t.Errorf("%s: shape %+v", key, m.Shape)
		}
	}
	m, _ := p.Metric("ttft")
	if m.Shape.ShownBetter != Neither || len(m.Shape.Crossings) > 0 {
		t.Errorf("ttft: shape %+v", m.Shape)
	}
}

// TestPopulationDifference has a run that fails its slow requests: what is
// left looks better, and no latency is judged, nor does a condition pass.
func TestPopulationDifference(t *testing.T) {
	o := withObjective(t, testOptions())
	o.Conditions = mustParse(t, "p90(ttft) > +5%, rate(requests) < -1%, share(failed) > +50pp")
	build := func(o Options, drop bool) *Run {
		random := rand.New(rand.NewPCG(1, 0))
		return newTestRun(t, o, 500, func(i int) *metrics.Request {
			r := steadyRequest(random, i, 20, 20*time.Millisecond)
			if ttft, _ := r.Raw().TTFT.Get(); drop && ttft > 400*time.Millisecond {
				r.Outcome, r.Deliveries = metrics.Failed, nil
			}
			return r
		})
	}
	p := mustCompare(t, o, build(o, false), build(o, true)).Pairs[0]
	if p.Comparable || len(p.Warnings) == 0 || p.Warnings[0].Code != WarnPopulation {
		t.Fatalf("comparable %v, warnings %v", p.Comparable, p.Warnings)
	}
	verdicts := func(p *Pair, key, stat string) Verdict {
		m, _ := p.Metric(key)
		r, _ := m.Row(stat)
		return r.Verdict
	}
	for _, m := range p.Metrics {
		for _, r := range m.Rows {
			judged := r.Stat == "rate" || r.Stat == "share"
			if (r.Verdict == NotComparable) == judged {
				t.Errorf("%s %s: %v", m.Key, r.Stat, r.Verdict)
			}
		}
	}
	want := []struct{ Holds, Evaluated bool }{{true, false}, {true, true}, {false, true}}
	for i, x := range p.Conditions {
		if x.Holds != want[i].Holds || x.Evaluated != want[i].Evaluated {
			t.Errorf("%s: %+v", x.Condition, x)
		}
	}
	o.AllowDifference = true
	p = mustCompare(t, o, build(o, false), build(o, true)).Pairs[0]
	if !p.Comparable || p.Warnings[0].Code != WarnPopulation || verdicts(&p, "ttft", "p90") != Better || p.Conditions[0].Holds {
		t.Errorf("allowed: comparable %v, warnings %v, %v", p.Comparable, p.Warnings, p.Conditions)
	}
}

// TestPairsDoNotDependOnEachOther compares one run alone and behind another.
func TestPairsDoNotDependOnEachOther(t *testing.T) {
	o := testOptions()
	base, a, b := steadyRun(t, o, 1, 200, 20*time.Millisecond), steadyRun(t, o, 2, 150, 20*time.Millisecond), steadyRun(t, o, 3, 250, 25*time.Millisecond)
	together := mustCompare(t, o, base, a, b)
	alone := mustCompare(t, o, base, b)
	if diff := cmp.Diff(alone.Pairs[0].Metrics, together.Pairs[1].Metrics, cmp.Comparer(func(x, y metrics.Optional[float64]) bool { return x.Equal(y) }),
		cmp.Comparer(func(x, y metrics.Optional[metrics.Interval]) bool { return x.Equal(y) })); diff != "" {
		t.Errorf("(-alone +together)\n%s", diff)
	}
	o.Seed = metrics.Known[uint64](2)
	if other := mustCompare(t, o, base, b); cmp.Equal(other.Pairs[0].Metrics[0].Rows[0].DifferenceInterval, alone.Pairs[0].Metrics[0].Rows[0].DifferenceInterval,
		cmp.Comparer(func(x, y metrics.Optional[metrics.Interval]) bool { return x.Equal(y) })) {
		t.Error("another seed gives the same interval")
	}
}

// TestCompareDoesNotChangeRuns renders one comparison twice.
func TestCompareDoesNotChangeRuns(t *testing.T) {
	o := withObjective(t, testOptions())
	base, new := steadyRun(t, o, 1, 100, 20*time.Millisecond), steadyRun(t, o, 2, 100, 20*time.Millisecond)
	gaps := slices.Clone(base.gaps)
	var first, second bytes.Buffer
	if err := errors.Join(JSON(&first, mustCompare(t, o, base, new)), JSON(&second, mustCompare(t, o, base, new))); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first.String(), second.String()); diff != "" {
		t.Errorf("(-first +second)\n%s", diff)
	}
	if !slices.Equal(gaps, base.gaps) {
		t.Error("the gaps are in another order")
	}
}

// TestValuesAreThoseOfTheReport computes the same numbers by package report,
// of random requests of all kinds and of recorded ones, under several
// conventions.
func TestValuesAreThoseOfTheReport(t *testing.T) {
	for _, c := range []metrics.Convention{metrics.Paper, metrics.VLLM, metrics.SGLang, metrics.GuideLLM} {
		o := testOptions()
		o.Report.Convention = c
		info := &results.Run{CommonClock: true}
		run, err := NewRun(info, o)
		if err != nil {
			t.Fatal(err)
		}
		want, err := report.NewRun(info, o.Report)
		if err != nil {
			t.Fatal(err)
		}
		random := rand.New(rand.NewPCG(4, 5))
		for i := range 400 {
			r := steadyRequest(random, i, random.IntN(30), 20*time.Millisecond)
			for k := range r.Deliveries {
				r.Deliveries[k].Tokens = 1 + random.IntN(3)*random.IntN(2)
			}
			r.Outcome = metrics.Outcome(max(0, random.IntN(8)-3))
			if err := errors.Join(run.Add(r), want.Add(r)); err != nil {
				t.Fatal(err)
			}
		}
		compareWithReport(t, c.Name, o, run, want)
	}
}

func compareWithReport(t *testing.T, name string, o Options, run *Run, want *report.Run) {
	t.Helper()
	p := mustCompare(t, o, run, run).Pairs[0]
	s, g, f := want.Metrics.Stats(), want.Goodput.Stats(want.Metrics.Duration()), want.Fluidity.Stats()
	for key, stats := range map[string]*metrics.Stats{
		"ttft": s.Raw.TTFT, "tbt": s.Raw.TBT, "stall": s.Raw.Stall, "tpot": s.Normalized.TPOT, "norm": s.Normalized.Latency,
		"ttlt": s.Raw.TTLT, "e2e": s.Raw.EndToEnd, "idle": g.IdleLatency, "fluidity": f.Index,
	} {
		m, _ := p.Metric(key)
		if stats == nil {
			stats = &metrics.Stats{Undefined: m.BaseUndefined}
		}
		if m.BaseN != stats.N || m.BaseUndefined != stats.Undefined {
			t.Errorf("%s, %s: %d values and %d undefined, the report has %d and %d", name, key, m.BaseN, m.BaseUndefined, stats.N, stats.Undefined)
		}
		for stat, v := range map[string]metrics.Optional[float64]{"p50": stats.P50, "p90": stats.P90, "p95": stats.P95, "p99": stats.P99,
			"p99.9": stats.P999, "mean": stats.Mean, "max": stats.Max, "min": stats.Min} {
			if r, ok := m.Row(stat); ok && !r.Base.Equal(v) {
				t.Errorf("%s, %s %s: %v, the report has %v", name, key, stat, r.Base, v)
			}
		}
	}
	for key, v := range map[string]metrics.Optional[float64]{"requests": s.Throughput.Requests, "output": s.Throughput.OutputTokens, "smooth": g.Smooth} {
		m, _ := p.Metric(key)
		if !m.Rows[0].Base.Equal(v) {
			t.Errorf("%s, %s: %v, the report has %v", name, key, m.Rows[0].Base, v)
		}
	}
}

// TestFewRequests has runs of no and of one request: nothing panics, nothing
// is judged, and a condition cannot pass.
func TestFewRequests(t *testing.T) {
	o := withObjective(t, testOptions())
	o.Conditions = mustParse(t, "p50(ttft) > +5%")
	for _, n := range [][2]int{{0, 0}, {0, 1}, {1, 0}, {1, 1}, {9, 9}} {
		c := mustCompare(t, o, steadyRun(t, o, 1, n[0], time.Millisecond), steadyRun(t, o, 2, n[1], time.Millisecond))
		if p := c.Pairs[0]; p.Judged > 0 || (n[0]*n[1] == 0) != (len(p.Warnings) > 0) {
			t.Errorf("%v: %d rows judged, warnings %v", n, p.Judged, p.Warnings)
		}
		if n[0]*n[1] == 0 && c.Failed() != 1 {
			t.Errorf("%v: the condition passes", n)
		}
		for _, render := range []func(*bytes.Buffer) error{
			func(b *bytes.Buffer) error { return Text(b, c) },
			func(b *bytes.Buffer) error { return JSON(b, c) },
			func(b *bytes.Buffer) error { return Markdown(b, c) },
			func(b *bytes.Buffer) error { b.WriteString(Page(c).Render(textWidth)); return nil },
		} {
			var out bytes.Buffer
			if err := render(&out); err != nil || strings.Contains(out.String(), "NaN") || strings.Contains(out.String(), "Inf") {
				t.Errorf("%v: %v\n%s", n, err, out.String())
			}
		}
	}
}

func TestOptions(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Options)
		err    error
	}{
		{"default", func(o *Options) { o.Resamples = 0 }, nil},
		{"confidence 0.99", func(o *Options) { o.Confidence, o.Resamples = 0.99, 1000 }, nil},
		{"confidence 1", func(o *Options) { o.Confidence = 1 }, ErrRange},
		{"confidence below 0", func(o *Options) { o.Confidence = -0.1 }, ErrRange},
		{"200 resamples", func(o *Options) { o.Resamples = 200 }, nil},
		{"199 resamples", func(o *Options) { o.Resamples = 199 }, ErrFewResamples},
		{"1000 resamples for 99.9 %", func(o *Options) { o.Confidence, o.Resamples = 0.999, 1000 }, ErrFewResamples},
		{"negative", func(o *Options) { o.Resamples = -1 }, ErrRange},
		{"too many", func(o *Options) { o.Resamples = maxResamples + 1 }, ErrRange},
	} {
		o := testOptions()
		tt.change(&o)
		err := o.Validate()
		var e *OptionError
		if !errors.Is(err, tt.err) || tt.err != nil && !errors.As(err, &e) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.err)
		}
	}
	if err := (&Options{}).Validate(); err == nil {
		t.Error("options without deadlines are accepted")
	}
	if _, err := NewRun(&results.Run{AggregatesOnly: true}, testOptions()); !errors.Is(err, ErrNoRecords) {
		t.Errorf("aggregates alone: %v", err)
	}
}

func TestJSONKeys(t *testing.T) {
	o := testOptions()
	o.Conditions = mustParse(t, "p50(ttft) > +5%")
	var out bytes.Buffer
	if err := JSON(&out, mustCompare(t, o, steadyRun(t, o, 1, 100, time.Millisecond), steadyRun(t, o, 2, 100, time.Millisecond))); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Schema string
		Base   struct{ Source string }
		Pairs  []struct {
			Comparable bool
			Metrics    []struct {
				Metric, Unit string
				Rows         []struct{ Stat, Verdict string }
				Distribution map[string]any
			}
			Conditions []struct {
				Condition string
				Evaluated bool
			}
		}
	}
	if err := json.Unmarshal(out.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	p := doc.Pairs[0]
	got := fmt.Sprint(doc.Schema, doc.Base.Source, p.Comparable, p.Metrics[0].Metric, p.Metrics[0].Unit, p.Metrics[0].Rows[0].Stat, p.Conditions[0])
	if want := fmt.Sprint(Schema, "test.jsonl", true, "ttft", "ns", "p50", struct {
		C string
		E bool
	}{"p50(ttft) > +5%", true}); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestMarkdownEscapes(t *testing.T) {
	o := testOptions()
	base, new := steadyRun(t, o, 1, 20, time.Millisecond), steadyRun(t, o, 2, 20, time.Millisecond)
	new.Info.Source = "a`b|<script>\n"
	base.Info.Facts = []results.Fact{{Name: "model", Value: "<b>|x*"}}
	new.Info.Facts = []results.Fact{{Name: "model", Value: "y"}}
	var out bytes.Buffer
	if err := Markdown(&out, mustCompare(t, o, base, new)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"`` a`b/<script>  ``", `&lt;b&gt;\|x\*`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

// TestPair405B compares the recorded pair of one model on two servers: TTFT
// is worse for most and better in the tail, which no single percentile shows.
func TestPair405B(t *testing.T) {
	const dir = "../../../shared/data/vllm/"
	o := testOptions()
	var runs []*Run
	for _, name := range []string{"405b-h100-16qps.json.gz", "405b-mi300x-16qps.json.gz"} {
		if _, err := os.Stat(dir + name); err != nil {
			t.Skipf("the recording is not here: %v", err)
		}
		rd, err := results.Open(dir+name, results.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer rd.Close()
		if !rd.NextRun() {
			t.Fatal(rd.Err())
		}
		run, err := NewRun(rd.Run(), o)
		if err != nil {
			t.Fatal(err)
		}
		for rd.Next() {
			if err := run.Add(rd.Request()); err != nil {
				t.Fatal(err)
			}
		}
		if rd.Err() != nil {
			t.Fatal(rd.Err())
		}
		runs = append(runs, run)
	}
	p := mustCompare(t, o, runs[0], runs[1]).Pairs[0]
	if !p.Comparable || len(p.Warnings) > 0 {
		t.Errorf("comparable %v, warnings %v", p.Comparable, p.Warnings)
	}
	m, _ := p.Metric("ttft")
	want := []Crossing{{Percentile: 0.80, Lower: Base, Upper: New}}
	if diff := cmp.Diff(want, m.Shape.Crossings, cmpopts.IgnoreFields(Crossing{}, "At"), cmpopts.EquateApprox(0, 0.01)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, key := range []string{"tbt", "stall", "tpot", "idle", "fluidity"} {
		if m, _ := p.Metric(key); m.Shape.ShownBetter != Base {
			t.Errorf("%s: %+v", key, m.Shape)
		}
	}
}
