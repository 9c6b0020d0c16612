package report

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

func conventionRun(t *testing.T, requests ...*metrics.Request) *ConventionRun {
	t.Helper()
	run := NewConventionRun(&results.Run{Source: "a.json", Format: "tokentime", CommonClock: true}, metrics.ExactMethod)
	for _, r := range requests {
		if err := run.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	return run
}

// guidellmSample is that of the file whose two requests of 8 tokens have a
// TPOT of 2.44 ms by GuideLLM and an ITL of 1.15 ms.
func guidellmSample() []*metrics.Request {
	var run []*metrics.Request
	for _, at := range [][2]time.Duration{{11_686_325, 19_008_160}, {11_276_007, 20_066_023}} {
		run = append(run, &metrics.Request{Due: metrics.Known(time.Duration(0)), Sent: metrics.Known(time.Duration(0)),
			Deliveries: []metrics.Delivery{{At: at[0], Tokens: 1}, {At: at[1], Tokens: 7}}, End: metrics.Known(at[1]), Sparse: true})
	}
	return run
}

func TestConventionsExplainTPOT(t *testing.T) {
	run := conventionRun(t, guidellmSample()...)
	var got []group
	for _, c := range conventionColumns() {
		if c.heading == "TPOT mean" {
			for _, g := range c.groups(run) {
				g.sortKey = 0
				got = append(got, *g)
			}
		}
	}
	want := []group{
		{value: "1.01 ms", reasons: "TPOT is decode/N", names: []string{"aiinfra"}},
		{value: "1.15 ms", names: []string{"paper", "vllm", "sglang", "aiperf", "inference-perf", "genai-bench", "evalscope", "etalon", "veeksha", "mlperf", "otel-server"}},
		{value: "2.44 ms", reasons: "TPOT is (t_N - sent)/N: the TTFT is in it; a TPOT counts once for each token", names: []string{"guidellm"}},
		{value: "–", reasons: "no TPOT", names: []string{"llmperf"}},
		{value: "–", reasons: "TPOT is decode/(N - k1), k1 tokens in the first chunk", names: []string{"first-chunk"}},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(group{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestConventionsText(t *testing.T) {
	var out strings.Builder
	if err := ConventionsText(&out, []*ConventionRun{conventionRun(t, guidellmSample()...)}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"guidellm               2   11.3 ms    2.44 ms   2.38 ms  1.05 ms  1.26 ms  19.0 ms\n",
		"paper                  2   11.5 ms    1.15 ms   1.15 ms        –        –  19.5 ms\n",
		"  TTFT P50\n    11.3 ms  guidellm: quantiles are inverse-cdf\n",
		"Of 2 requests, 2 have only the instants of the first and",
		"gaps-not-recorded",
		"\n  mlperf          counts from due and from nothing else;",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the text lacks %q", want)
		}
	}
	for _, line := range strings.Split(out.String(), "\n") {
		if n := len([]rune(line)); n > textWidth+2 || strings.TrimRight(line, " ") != line {
			t.Errorf("a line of %d characters, or with spaces at its end: %q", n, line)
		}
	}
	if t.Failed() {
		t.Log(out.String())
	}
}

func TestConventionsTextWithoutRecords(t *testing.T) {
	run := conventionRun(t)
	run.Info.AggregatesOnly = true
	run.Info.NotDerivable = []results.NotDerivable{{Metric: "tbt", Why: "no records"}}
	var out strings.Builder
	if err := ConventionsText(&out, []*ConventionRun{run}); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); !strings.Contains(text, "no records of requests") || !strings.Contains(text, "tbt: no records") || strings.Contains(text, "TTFT P50") || strings.Contains(text, "RULES") {
		t.Errorf("got\n%s", text)
	}
	out.Reset()
	if err := ConventionsText(&out, nil); err != nil || out.Len() > 0 {
		t.Errorf("of no run: %q, %v", out.String(), err)
	}
}

func TestConventionsJSON(t *testing.T) {
	run := conventionRun(t, guidellmSample()...)
	run.Info.Convention = "guidellm"
	var out strings.Builder
	if err := ConventionsJSON(&out, []*ConventionRun{run}); err != nil {
		t.Fatal(err)
	}
	type dist struct {
		N         int64
		Undefined int64
		Mean      float64
	}
	var doc struct {
		Schema string
		Runs   []struct {
			Source, Format string
			File           string `json:"convention_of_file"`
			Requests       struct{ Offered int64 }
			Concerned      struct {
				Sparse int64 `json:"gaps_not_recorded"`
			} `json:"requests_concerned"`
			Conventions []struct {
				Convention struct{ Name, TPOT string }
				Counted    int64    `json:"requests_with_ttft"`
				TTFT       *dist    `json:"ttft_ns"`
				TPOT       *dist    `json:"tpot_ns"`
				ITL        *dist    `json:"itl_ns"`
				EndToEnd   *dist    `json:"end_to_end_ns"`
				Differs    []string `json:"differs_from_paper"`
			}
			Warnings []metrics.Warning
		}
	}
	if err := json.Unmarshal([]byte(out.String()), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Schema != "tokentime.conventions/1" || len(doc.Runs) != 1 || len(doc.Runs[0].Conventions) != len(metrics.Conventions()) {
		t.Fatalf("schema %q with %d runs", doc.Schema, len(doc.Runs))
	}
	r := doc.Runs[0]
	if r.Source != "a.json" || r.File != "guidellm" || r.Requests.Offered != 2 || r.Concerned.Sparse != 2 || r.Warnings == nil {
		t.Errorf("got %+v", r)
	}
	for i, c := range metrics.Conventions() {
		got := r.Conventions[i]
		if got.Convention.Name != c.Name || got.Convention.TPOT != c.TPOT.String() || got.Counted != 2 || got.TTFT.N != 2 || got.EndToEnd.N != 2 {
			t.Errorf("%s: got %+v", c.Name, got)
		}
		if (got.TPOT == nil) != (c.Name == "llmperf" || c.Name == "first-chunk") {
			t.Errorf("%s: TPOT %+v; null where there is none, and only there", c.Name, got.TPOT)
		}
		if (got.ITL != nil) != (c.Name == "guidellm" || c.Name == "llmperf") {
			t.Errorf("%s: ITL %+v; only means are known", c.Name, got.ITL)
		}
		if got.Differs == nil || (len(got.Differs) == 0) != (c.Name == "paper") {
			t.Errorf("%s: differs by %q", c.Name, got.Differs)
		}
	}
	if g := r.Conventions[3]; g.TPOT.N != 16 || g.TPOT.Mean < 2.442e6 || g.TPOT.Mean > 2.443e6 {
		t.Errorf("guidellm: TPOT %+v, want 16 values of mean 2.442 ms", g.TPOT)
	}
}

// anyRequest has everything that a rule can be about.
func anyRequest(rng *rand.Rand) *metrics.Request {
	unit := []time.Duration{time.Microsecond, time.Millisecond}[rng.IntN(2)]
	r := &metrics.Request{Outcome: metrics.Outcome(max(0, rng.IntN(12)-7))}
	now := time.Duration(0)
	for _, at := range []*metrics.Instant{&r.Due, &r.Sent} {
		if rng.IntN(8) > 0 {
			*at = metrics.Known(now)
		}
		now += time.Duration(rng.IntN(3)) * unit
	}
	for range rng.IntN(6) {
		now += time.Duration(rng.IntN(50)) * unit
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: now, Tokens: []int{0, 1, 1, 1, 4}[rng.IntN(5)]})
	}
	if rng.IntN(4) > 0 {
		r.End = metrics.Known(now + time.Duration(rng.IntN(3))*unit)
	}
	if rng.IntN(5) == 0 {
		r.UsageTokens = metrics.Known(rng.Int64N(6))
	}
	r.Sparse = len(r.Deliveries) < 3 && rng.IntN(4) == 0
	return r
}

// No number differs from the paper's without a reason, whatever the requests.
func TestEveryDifferenceHasAReason(t *testing.T) {
	rng := rand.New(rand.NewPCG(41, 1))
	differences := 0
	for range 3000 {
		var requests []*metrics.Request
		for range 1 + rng.IntN(4) {
			requests = append(requests, anyRequest(rng))
		}
		run := conventionRun(t, requests...)
		for _, c := range conventionColumns() {
			groups := c.groups(run)
			i := slices.IndexFunc(groups, func(g *group) bool { return slices.Contains(g.names, "paper") })
			for _, g := range groups {
				if g.value == groups[i].value {
					continue
				}
				differences++
				if g.reasons == "" {
					t.Fatalf("%s: %v under %v, %v under the paper, and no reason\n%+v\n%+v", c.heading, g.value, g.names, groups[i].value, run.Facts, requests)
				}
			}
		}
	}
	if differences < 10_000 {
		t.Errorf("only %d differences: the test sees too little", differences)
	}
}

func TestConventionFacts(t *testing.T) {
	at := func(ms int) metrics.Instant { return metrics.Known(time.Duration(ms) * time.Millisecond) }
	one := func(ms, k int) metrics.Delivery {
		return metrics.Delivery{At: time.Duration(ms) * time.Millisecond, Tokens: k}
	}
	for _, tt := range []struct {
		name string
		r    metrics.Request
		want ConventionFacts
	}{
		{"nothing to differ about", metrics.Request{Due: at(0), Sent: at(0), Deliveries: []metrics.Delivery{one(1, 1), one(9, 1)}, End: at(9)}, ConventionFacts{}},
		{"late", metrics.Request{Due: at(0), Sent: at(1), Deliveries: []metrics.Delivery{one(1, 1), one(9, 1)}, End: at(9)}, ConventionFacts{SentLate: 1}},
		{"no instants around", metrics.Request{Deliveries: []metrics.Delivery{one(1, 1), one(9, 1)}}, ConventionFacts{DueUnknown: 1, SentUnknown: 1, EndUnknown: 1}},
		{"control event and chunk", metrics.Request{Due: at(0), Sent: at(0), Deliveries: []metrics.Delivery{one(0, 0), one(1, 1), one(9, 4)}, End: at(10)},
			ConventionFacts{Control: 1, Chunked: 1, Trailing: 1}},
		{"a control event last", metrics.Request{Due: at(0), Sent: at(0), Deliveries: []metrics.Delivery{one(1, 1), one(9, 1), one(10, 0)}},
			ConventionFacts{Control: 1, Trailing: 1, EndUnknown: 1}},
		{"one token, short", metrics.Request{Due: at(0), Sent: at(0), Deliveries: []metrics.Delivery{one(1, 1)}, End: at(1)}, ConventionFacts{OneToken: 1}},
		{"two tokens at once", metrics.Request{Due: at(0), Sent: at(0), Deliveries: []metrics.Delivery{one(1, 2)}, End: at(1)}, ConventionFacts{Chunked: 1, Short: 1}},
		{"usage", metrics.Request{Due: at(0), Sent: at(0), Deliveries: []metrics.Delivery{one(1, 1), one(9, 1)}, End: at(9), UsageTokens: metrics.Known(int64(3))},
			ConventionFacts{Mismatched: 1}},
		{"empty", metrics.Request{Due: at(0), Sent: at(0), End: at(9)}, ConventionFacts{Empty: 1, Trailing: 1}},
		{"failed", metrics.Request{Due: at(0), Sent: at(0), Outcome: metrics.Failed}, ConventionFacts{Unfinished: 1}},
		{"sparse", metrics.Request{Due: at(0), Sent: at(0), Deliveries: []metrics.Delivery{one(1, 1), one(9, 4)}, End: at(9), Sparse: true}, ConventionFacts{Sparse: 1}},
	} {
		run := conventionRun(t, &tt.r)
		if diff := cmp.Diff(tt.want, run.Facts); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, diff)
		}
	}
}

func TestConventionRunRefusesContradictions(t *testing.T) {
	run := conventionRun(t)
	bad := &metrics.Request{Deliveries: []metrics.Delivery{{At: 2, Tokens: 1}, {At: 1, Tokens: 1}}}
	if err := run.Add(bad); err == nil || run.Facts != (ConventionFacts{}) {
		t.Fatalf("got %v, facts %+v", err, run.Facts)
	}
	for _, s := range run.Summaries {
		if s.Requests.Offered != 0 {
			t.Errorf("%s: a refused request was counted", s.Options.Convention.Name)
		}
	}
}
