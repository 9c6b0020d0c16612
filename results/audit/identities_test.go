package audit

import (
	"math"
	"testing"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

// TestTPOTFraction has figures that tools published, in seconds. The ratio is
// (e2e - TTFT)/(N - 1)/TPOT, by hand.
func TestTPOTFraction(t *testing.T) {
	for _, tt := range []struct {
		name, convention, stat string
		e2e, ttft, n, tpot     float64
		ratio                  float64 // 0: no finding
	}{
		{"inference-perf, stage 0 of its own sample", "inference-perf", "p50", 0.767225, 0.036609, 64, 0.00577976, 2.0065},
		{"inference-perf, KubeCon 2025 baseline", "inference-perf", "p50", 0.543592, 0.029308, 64, 0.00397930, 2.0514},
		{"inference-perf, summary", "inference-perf", "p50", 3.189650, 1.225919, 65, 0.01598197, 1.9199},
		{"means where there are no medians", "inference-perf", "mean", 0.713454, 0.037352, 62.466667, 0.00579142, 1.8993},
		{"sound", "vllm", "p50", 0.134, 0.008, 64, 0.002, 0},
		{"a TPOT with the TTFT in it, as this convention has it: 2 s / 10", "guidellm", "p50", 2, 1.5, 10, 0.2, 0},
		{"the same figures where the convention has not", "vllm", "p50", 2, 1.5, 10, 0.2, 0.5 / 9 / 0.2},
		{"at the limit: 1.5", "vllm", "p50", 1.3, 0.1, 5, 0.2, 0},
		{"a TPOT of 0 is none", "vllm", "p50", 2, 1, 10, 0, 0},
		{"a length of 0 is not stated", "vllm", "p50", 2, 1, 0, 0.1, 0},
		{"one token: nothing is implied", "vllm", "p50", 2, 1, 1, 0.1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, ok := metrics.LookupConvention(tt.convention); !ok {
				t.Fatalf("no convention %q", tt.convention)
			}
			run := results.Run{Convention: tt.convention, AggregatesOnly: true}
			for _, r := range []struct {
				metric string
				value  float64
				unit   string
			}{{results.MetricEndToEnd, tt.e2e, "s"}, {results.MetricTTFT, tt.ttft, "s"}, {results.MetricTPOT, tt.tpot, "s"}, {results.MetricOutputLength, tt.n, "tokens"}} {
				run.Reported = append(run.Reported, results.Reported{Name: r.metric, Value: r.value, Unit: r.unit, Metric: r.metric, Stat: tt.stat})
			}
			ratio := 0.0
			for _, f := range New(&run, Options{Ignore: []string{CodeOnlyAverages}}).Findings() {
				if f.Code != CodeReportedTPOTFraction {
					t.Errorf("%s: %s", f.Code, f.Message)
					continue
				}
				ratio = f.Numbers[len(f.Numbers)-1].Value
			}
			if math.Abs(ratio-tt.ratio) > 5e-4 {
				t.Errorf("ratio %v, want %v", ratio, tt.ratio)
			}
		})
	}
}
