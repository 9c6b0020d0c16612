package report

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

// recorded reads a run of ../shared/data/vllm, or skips.
func recorded(t testing.TB, name string, o Options) *Run {
	t.Helper()
	path := filepath.Join("..", "..", "shared", "data", "vllm", name+".json.gz")
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the recordings are not on this machine: %v", err)
	}
	rd, err := results.Open(path, results.Options{})
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
	if err := rd.Err(); err != nil {
		t.Fatal(err)
	}
	return run
}

func pairOptions(m metrics.Method) Options {
	return Options{Method: m, Deadlines: fluidity.Deadlines{Prefill: 2 * time.Second, Decode: 200 * time.Millisecond}}
}

// TestPair405B holds the table of a 405B model on two servers, one of which
// freezes, as computed apart from this code.
func TestPair405B(t *testing.T) {
	for _, method := range []metrics.Method{metrics.ExactMethod, metrics.HDRMethod} {
		for _, tt := range []struct {
			file                                       string
			nonEmpty                                   int64
			tbt50, tbt99, stall50, tpot50, tpot99, l50 float64 // s
			index                                      float64
		}{
			{"405b-h100-16qps", 621, 0.11379986699921574, 0.29083847719986805, 0.3046859854998729, 0.11193303720365583,
				0.12772869584641727, 0.760949082, 0.934732210764887},
			{"405b-mi300x-16qps", 622, 0.22106735248235054, 0.4690355217200704, 36.4163929480128, 0.4168723599930204,
				17.10319023958536, 41.870580297000004, 0.18791939192875298},
		} {
			run := recorded(t, tt.file, pairOptions(method))
			s, f, g := run.Metrics.Stats(), run.Fluidity.Stats(), run.Goodput.Stats(run.Metrics.Duration())
			if s.Requests.Completed != tt.nonEmpty || s.Requests.Offered != 1000 {
				t.Errorf("%s: %+v, want %d answers of 1000", tt.file, s.Requests, tt.nonEmpty)
			}
			for _, c := range []struct {
				name  string
				got   metrics.Optional[float64]
				wantS float64
			}{
				{"TBT P50", s.Raw.TBT.P50, tt.tbt50}, {"TBT P99", s.Raw.TBT.P99, tt.tbt99},
				{"stall P50", s.Raw.Stall.P50, tt.stall50},
				{"TPOT P50", s.Normalized.TPOT.P50, tt.tpot50}, {"TPOT P99", s.Normalized.TPOT.P99, tt.tpot99},
				{"idle latency P50", g.IdleLatency.P50, tt.l50},
			} {
				got, ok := c.got.Get()
				tolerance := 2.0 // ns; the twin is in float64 seconds
				if method == metrics.HDRMethod {
					// Order statistics instead of interpolated ones: two
					// neighbours of the sparse tail may lie between.
					tolerance = 0.02 * c.wantS * 1e9
				}
				if !ok || math.Abs(got-c.wantS*1e9) > tolerance {
					t.Errorf("%s %v: %s %v ns, want %v s", tt.file, method, c.name, got, c.wantS)
				}
			}
			if got, _ := f.Index.Mean.Get(); math.Abs(got-tt.index) > 1e-8 {
				t.Errorf("%s %v: mean fluidity index %v, want %v", tt.file, method, got, tt.index)
			}
		}
	}
}

func TestHiddenStallIsNamed(t *testing.T) {
	run := recorded(t, "405b-mi300x-16qps", pairOptions(metrics.ExactMethod))
	words := stallWords(run.Metrics.Largest, run.Metrics.Stats())
	for _, want := range []string{"68.9 s", "request 0", "36.4 s", "P99 of 469 ms"} {
		if !strings.Contains(words, want) {
			t.Errorf("%q does not say %q", words, want)
		}
	}
	run = recorded(t, "405b-h100-16qps", pairOptions(metrics.ExactMethod))
	if words := stallWords(run.Metrics.Largest, run.Metrics.Stats()); strings.Contains(words, "Not visible") {
		t.Errorf("%q: the largest stall of 411 ms does not hide behind a P99 of 291 ms", words)
	}
}

// TestFailuresHaveNoLatency reads the file with 983 failures: none of them
// became a latency of 0.
func TestFailuresHaveNoLatency(t *testing.T) {
	run := recorded(t, "405b-mi300x-983-failed", pairOptions(metrics.ExactMethod))
	s := run.Metrics.Stats()
	if s.Requests.Failed != 983 || s.Requests.Empty != 17 || s.Requests.Completed != 0 {
		t.Errorf("%+v, want 983 failed and 17 empty", s.Requests)
	}
	for name, d := range map[string]*metrics.Stats{
		"TTFT": s.Raw.TTFT, "TTLT": s.Raw.TTLT, "TBT": s.Raw.TBT, "stall": s.Raw.Stall, "end-to-end": s.Raw.EndToEnd,
		"TPOT": s.Normalized.TPOT, "normalized latency": s.Normalized.Latency,
		"idle": run.Goodput.Stats(s.Duration).IdleLatency,
	} {
		if d == nil {
			continue
		}
		if least, ok := d.Min.Get(); !ok || least <= 0 {
			t.Errorf("%s has a least value of %v", name, d.Min)
		}
		if d.N+d.Undefined != 1000 {
			t.Errorf("%s: %d values and %d undefined of 1000", name, d.N, d.Undefined)
		}
	}
}

// TestStatedAggregates compares, under the convention of the tool, what each
// recording states with what follows from its records.
func TestStatedAggregates(t *testing.T) {
	o := pairOptions(metrics.ExactMethod)
	o.Convention = metrics.VLLM
	for _, tt := range []struct {
		file string
		tpot bool // follows from the records
	}{
		{"405b-h100-16qps", false}, {"405b-mi300x-16qps", false}, {"405b-mi300x-983-failed", true},
		{"deepseek-a100-qps01", true}, {"deepseek-a100-qps16", true},
		{"llama70b-a100-qps04", true}, {"llama70b-a100-qps16", true},
		{"qwen05b-5070ti-c1", true}, {"qwen05b-5070ti-c16", true}, {"qwen05b-5070ti-long-c4", true},
	} {
		n := 0
		for _, p := range recorded(t, tt.file, o).reproductions() {
			n++
			want := results.Reproduced
			if !tt.tpot && strings.HasSuffix(p.Name, "_tpot_ms") || strings.HasSuffix(p.Name, "_e2el_ms") {
				want = results.NotReproducible
			}
			if tt.file == "405b-mi300x-983-failed" && (p.Metric == results.MetricPromptTokens || p.Metric == results.MetricTotalRate) {
				want = results.NotCompared // the tool leaves out the prompts of requests that failed
			}
			if p.Verdict != want {
				t.Errorf("%s: %v, want %v", tt.file, p, want)
			}
		}
		if n < 12 {
			t.Errorf("%s: only %d aggregates compared", tt.file, n)
		}
	}
}
