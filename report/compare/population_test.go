package compare

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

// TestShareDifference holds the published examples of Newcombe 1998, table
// II, method 10, with the sign of our difference.
func TestShareDifference(t *testing.T) {
	for _, tt := range []struct {
		name       string
		b, m, a, n int64 // b/m - a/n
		lo, hi     float64
	}{
		{"(a)", 56, 70, 48, 80, 0.0524, 0.3339},
		{"(b)", 9, 10, 3, 10, 0.1705, 0.8090},
		{"(d)", 5, 56, 0, 29, -0.0381, 0.1926},
		{"(e)", 0, 10, 0, 20, -0.1611, 0.2775},
		{"(f)", 0, 10, 0, 10, -0.2775, 0.2775},
		{"(g)", 10, 10, 0, 20, 0.6791, 1},
		{"(h)", 10, 10, 0, 10, 0.6075, 1},
	} {
		got, ok := shareDifference(tt.a, tt.n, tt.b, tt.m, 0.95)
		if !ok || math.Abs(got.Lo-tt.lo) > 0.00006 || math.Abs(got.Hi-tt.hi) > 0.00006 {
			t.Errorf("%s: got [%.4f, %.4f], want [%.4f, %.4f]", tt.name, got.Lo, got.Hi, tt.lo, tt.hi)
		}
	}
	if _, ok := shareDifference(0, 0, 1, 2, 0.95); ok {
		t.Error("a share of no requests has an interval")
	}
}

// ended returns a request that ended in a way, with n tokens.
func ended(outcome metrics.Outcome, n int) *metrics.Request {
	r := &metrics.Request{Sent: metrics.Known(time.Duration(0)), Outcome: outcome}
	for i := range n {
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: time.Duration(i+1) * time.Millisecond, Tokens: 1})
	}
	return r
}

func TestPopulations(t *testing.T) {
	o := testOptions()
	base := newTestRun(t, o, 1000, func(i int) *metrics.Request {
		switch {
		case i < 5:
			return ended(metrics.Completed, 0)
		case i < 15:
			return ended(metrics.Completed, 1)
		}
		return ended(metrics.Completed, 3)
	})
	new := newTestRun(t, o, 1000, func(i int) *metrics.Request {
		switch {
		case i < 6:
			return ended(metrics.Completed, 0)
		case i < 46:
			return ended(metrics.Failed, 2)
		}
		return ended(metrics.Completed, 3)
	})
	type row struct {
		Name      string
		Base, New int64
		Differs   bool
	}
	want := []row{
		{"answered", 985, 954, true},
		{"one_token", 10, 0, false}, // 1 % against none of 1000: chance, at 99.75 %
		{"empty", 5, 6, false},
		{"failed", 0, 40, true},
	}
	var got []row
	for _, p := range populations(base, new) {
		got = append(got, row{p.Name, p.BaseCount, p.NewCount, p.Differs})
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestPopulationsFalseAlarms counts pairs of equal populations that differ.
func TestPopulationsFalseAlarms(t *testing.T) {
	alarms, all := 0.0, 0.0
	// All pairs of counts of 200 requests with a failure rate of 5 %, weighted
	// by their probability: the exact chance of an alarm.
	const n = 200
	chance := func(k int) float64 {
		a, _ := math.Lgamma(n + 1)
		b, _ := math.Lgamma(float64(k) + 1)
		c, _ := math.Lgamma(float64(n-k) + 1)
		return math.Exp(a - b - c + float64(k)*math.Log(0.05) + float64(n-k)*math.Log(0.95))
	}
	for a := range 40 {
		for b := range 40 {
			p := chance(a) * chance(b)
			all += p
			if i, _ := shareDifference(int64(a), n, int64(b), n, 1-populationError/2); i.Lo > 0 || i.Hi < 0 {
				alarms += p
			}
		}
	}
	if all < 0.999 || alarms > populationError/2 {
		t.Errorf("the chance of a false alarm is %.4f of %.4f, want at most %v", alarms, all, populationError/2)
	}
}

func TestSetupWarnings(t *testing.T) {
	o := testOptions()
	request := func(prompt int64, every time.Duration) func(int) *metrics.Request {
		return func(i int) *metrics.Request {
			r := ended(metrics.Completed, 3)
			r.PromptTokens = metrics.Known(prompt + int64(i%10))
			at := time.Duration(i) * every
			r.Sent = metrics.Known(at)
			for k := range r.Deliveries {
				r.Deliveries[k].At += at
			}
			return r
		}
	}
	with := func(run *Run, convention string, facts ...results.Fact) *Run {
		run.Info.Convention, run.Info.Facts = convention, facts
		return run
	}
	base := with(newTestRun(t, o, 500, request(100, time.Second)), "vllm", results.Fact{Name: "model_id", Value: "a"},
		results.Fact{Name: "request_rate", Value: "16"}, results.Fact{Name: "max_concurrency", Value: "8"})
	for _, tt := range []struct {
		name   string
		new    *Run
		want   []string
		reason string
	}{
		{"same", with(newTestRun(t, o, 500, request(100, time.Second)), "vllm", results.Fact{Name: "model", Value: "a"}, results.Fact{Name: "request_rate", Value: "16.0"}),
			nil, "16.0 is 16, and the model has another tool's name"},
		{"nothing stated", newTestRun(t, o, 500, request(100, time.Second)), nil, "what is unknown does not differ"},
		{"model", with(newTestRun(t, o, 500, request(100, time.Second)), "vllm", results.Fact{Name: "model_id", Value: "b"}),
			[]string{"model-differs: the model differs: a in base, b in new"}, ""},
		{"rate asked for", with(newTestRun(t, o, 500, request(100, time.Second)), "", results.Fact{Name: "request_rate", Value: "inf"}),
			[]string{"request-rate-differs: the requested rate differs: 16 in base, inf in new"}, ""},
		{"convention", with(newTestRun(t, o, 500, request(100, time.Second)), "sglang"),
			[]string{"convention-differs: "}, "of the stated aggregates"},
		{"prompts", newTestRun(t, o, 500, request(105, time.Second)),
			[]string{"workload-differs: the lengths of prompts differ beyond chance: P50 104 and P90 108 tokens in base, 110 and 113 in new"}, ""},
		{"arrivals", newTestRun(t, o, 500, request(100, 800*time.Millisecond)),
			[]string{"request-rate-differs: requests arrived at 1/s in base and 1.25/s in new"}, "three and a half standard errors"},
		{"arrivals, by chance", newTestRun(t, o, 500, request(100, 900*time.Millisecond)), nil, "1.7 standard errors"},
	} {
		var got []string
		for _, w := range setupWarnings(base, tt.new) {
			got = append(got, w.Code+": "+w.Message)
		}
		ok := len(got) == len(tt.want)
		for i := range min(len(got), len(tt.want)) {
			ok = ok && strings.HasPrefix(got[i], tt.want[i])
		}
		if !ok {
			t.Errorf("%s: got %q, want %q: %s", tt.name, got, tt.want, tt.reason)
		}
	}
}
