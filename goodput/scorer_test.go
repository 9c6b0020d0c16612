package goodput

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/metrics"
)

func TestScorer(t *testing.T) {
	const s = time.Second
	type score struct {
		Hits, Misses int64
		OK           bool
	}
	tests := []struct {
		name            string
		scorer          Scorer
		r               *metrics.Request
		prefill, decode time.Duration
		want            score
		reason          string
	}{
		{"published", Scorer{}, stream(t, .8, .85, .9, 1.35, 1.45), s, s / 10, score{4, 1, true}, "DEFINITIONS §5: 0.8"},
		{"other deadlines", Scorer{}, stream(t, .8, .85, .9, 1.35, 1.45), s, s, score{5, 0, true}, "from the objective, not from the Scorer"},
		{"own choices", Scorer{Deadlines: fluidity.Deadlines{First: fluidity.Skipped, Prefill: 9 * s, Decode: 9 * s}}, stream(t, 9, 9.1), s, s, score{1, 0, true}, "the other fields hold"},
		{"no token", Scorer{}, stream(t), s, s, score{}, "no deadline is undefined"},
		{"one token skipped", Scorer{Deadlines: fluidity.Deadlines{First: fluidity.Skipped}}, stream(t, 1), s, s, score{}, "no deadline is undefined"},
		{"no deadline at all", Scorer{}, stream(t, 1), s, 0, score{}, "D_d = 0 is none"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got score
			got.Hits, got.Misses, got.OK = tt.scorer.Fluidity(tt.r, tt.prefill, tt.decode)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.reason, diff)
			}
		})
	}
	gaveUp := until(stream(t, .1), metrics.Cancelled, 2.4)
	got := []metrics.Span{Scorer{}.IdleLatency(gaveUp), Scorer{Options: Options{Abandoned: AsDelivered}}.IdleLatency(gaveUp)}
	if diff := cmp.Diff([]metrics.Span{ms(2000), ms(0)}, got); diff != "" {
		t.Errorf("idle latency is that of the options (-want +got):\n%s", diff)
	}
}
