package slo

import (
	"testing"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// A request whose gaps were not recorded has 9 tokens: 100 ms to the first,
// 900 ms to the last, 1 s to the end.
func TestSparseVerdicts(t *testing.T) {
	r := &metrics.Request{
		Sent:       metrics.Known(0 * ms),
		Deliveries: []metrics.Delivery{{At: 100 * ms, Tokens: 1}, {At: 900 * ms, Tokens: 8}},
		End:        metrics.Known(time.Second),
		Sparse:     true,
	}
	for _, tt := range []struct {
		part   string
		conv   metrics.Convention
		want   Verdict
		reason string
	}{
		{"ttft<=100ms", metrics.Paper, Met, "t_1 is known"},
		{"ttft<=99ms", metrics.Paper, Missed, "t_1 is known"},
		{"tpot<=100ms", metrics.Paper, Met, "800 ms / 8"},
		{"tpot<=99ms", metrics.Paper, Missed, "800 ms / 8"},
		{"ttlt<=899ms", metrics.Paper, Missed, "t_N is known"},
		{"e2e<=1s", metrics.Paper, Met, "so is the end"},
		{"norm<=100ms", metrics.Paper, Met, "900 ms / 9"},
		{"stall<=1h", metrics.Paper, Undefined, "no gap is known, however generous the limit"},
		{"tbt.p50<=1h", metrics.Paper, Undefined, "likewise"},
		{"tbt.p50<=100ms", metrics.GuideLLM, Met, "its only gap is the mean, 800 ms / 8"},
		{"tpot<=1h", metrics.FirstChunk, Undefined, "k_1 is not known"},
		{"p99(tbt)<=1h", metrics.Paper, Undefined, "pooled over no gap"},
		{"p99(stall)<=1h", metrics.Paper, Undefined, "over no request"},
	} {
		s := &Summary{Checker: Checker{Objective: mustParse(t, tt.part), Convention: tt.conv}}
		add(t, s, r)
		got := s.Report().PerRequest
		verdict := Undefined
		switch {
		case len(got) > 0 && got[0].Met > 0:
			verdict = Met
		case len(got) > 0 && got[0].Missed > 0:
			verdict = Missed
		case len(got) == 0:
			verdict = s.Report().Population[0].Verdict
		}
		if verdict != tt.want {
			t.Errorf("%s under %s: %v, want %v: %s", tt.part, tt.conv.Name, verdict, tt.want, tt.reason)
		}
	}
}
