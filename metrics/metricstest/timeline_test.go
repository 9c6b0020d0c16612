package metricstest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/metrics/metricstest"
)

func TestTimeline(t *testing.T) {
	const ms = time.Millisecond
	long := metrics.Request{Sent: metrics.Known(0 * ms)}
	for i := range 100_000 {
		long.Deliveries = append(long.Deliveries, metrics.Delivery{At: time.Duration(i) * 20 * ms, Tokens: 1})
	}
	for _, tt := range []struct {
		name, reason string
		r            metrics.Request
		want         string
	}{
		{"typical", "every mark, a control event, a chunk", metrics.Request{
			Due: metrics.Known(0 * ms), Sent: metrics.Known(10 * ms), Scheduled: metrics.Known(100 * ms),
			Deliveries: []metrics.Delivery{{At: 110 * ms}, {At: 300 * ms, Tokens: 4}, {At: 700 * ms, Tokens: 12}, {At: 780 * ms, Tokens: 1}},
			End:        metrics.Known(790 * ms), Outcome: metrics.Cancelled, UsageTokens: metrics.Known(int64(17)),
		}, `
tokens             .                  4                                       +       1
marks   as        p                                                                    E
        0s                                                                         790ms
        due 0s, sent 10ms, prefill 100ms, end 790ms, cancelled, 17 tokens, usage says 17
        at 110ms: 0, +190ms: 4, +400ms: 12, +80ms: 1
`},
		{"one column", "marks at one instant stand side by side", metrics.Request{
			Sent: metrics.Known(5 * ms), Deliveries: []metrics.Delivery{{At: 5 * ms, Tokens: 1}}, End: metrics.Known(5 * ms),
		}, `
tokens  1
marks   aE
        5ms                                                                          5ms
        sent 5ms, end 5ms, completed, 1 token
        at 5ms: 1
`},
		{"nothing", "a record of which nothing is known", metrics.Request{}, `
        completed, 0 tokens
        no delivery
`},
		{"long", "equal steps are written once, and columns add up; the last instant has its own", long, `
tokens  +++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++++1
marks   a
        0s                                                                     33m19.98s
        sent 0s, completed, 100000 tokens
        at 0s: 1, 99999 times +20ms: 1
`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, "\n"+metricstest.Timeline(&tt.r)); diff != "" {
				t.Errorf("%s (-want +got)\n%s", tt.reason, diff)
			}
		})
	}
}

// TestTimelinesFit draws every vector: no line is longer than 88 columns.
func TestTimelinesFit(t *testing.T) {
	for _, v := range allVectors(t) {
		for line := range strings.Lines(metricstest.Timeline(v.Request())) {
			if len(line) > 89 || strings.TrimSpace(line) == "" {
				t.Errorf("%s: %d columns: %s", v.Name, len(line)-1, line)
			}
		}
	}
}
