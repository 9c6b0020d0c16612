package main

import (
	"flag"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// BenchmarkEngine is what a project that owns the engine would write.
func BenchmarkEngine(b *testing.B) {
	var m *measurement
	for range b.N {
		var err error
		if m, err = simulate(newEngine(seed)); err != nil {
			b.Fatal(err)
		}
	}
	for _, f := range m.figures() {
		b.ReportMetric(f.value, f.unit)
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(m.latency.OutputTokens), "ns/token")
}

// TestBenchmark runs the benchmark as go test does, and compares what it
// reports with figures computed the slow way.
func TestBenchmark(t *testing.T) {
	benchtime := flag.Lookup("test.benchtime").Value
	before := benchtime.String()
	if err := benchtime.Set("2x"); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := benchtime.Set(before); err != nil {
			t.Error(err)
		}
	}()
	got := testing.Benchmark(BenchmarkEngine).Extra
	if !(got["ns/token"] > 0) {
		t.Errorf("ns/token is %v", got["ns/token"])
	}
	delete(got, "ns/token") // a time of this machine

	want := naive()
	if len(want) != len(got) {
		t.Errorf("reported %v, want %v", got, want)
	}
	for unit, w := range want {
		if g, ok := got[unit]; !ok || math.Abs(g-w) > 1e-6*w { // quantiles are interpolated in float64
			t.Errorf("%s is %v, want %v", unit, g, w)
		}
	}
}

// naive computes the figures from a list of the instants of all tokens.
func naive() map[string]float64 {
	var ttft, gaps, stalls, idle []float64
	var hits, misses int64
	e := newEngine(seed)
	for _, p := range plan() {
		var at []time.Duration // of each token
		e.serve(p.arrival, p.prompt, p.output, func(time.Duration) {}, func(now time.Duration, k int) {
			at = append(at, slices.Repeat([]time.Duration{now}, k)...)
		})
		ttft = append(ttft, float64(at[0]-p.arrival))
		due := p.arrival + deadlines.Prefill
		wait := time.Duration(0)
		for i, now := range at {
			if now <= due {
				hits++
			} else {
				misses += int64((now-due)/deadlines.Decode) + 1
			}
			due = max(due, now) + deadlines.Decode
			wait = max(wait, now-p.arrival-time.Duration(i+1)*pace)
		}
		idle = append(idle, float64(wait))
		var own []float64
		for i := 1; i < len(at); i++ {
			own = append(own, float64(at[i]-at[i-1]))
		}
		gaps = append(gaps, own...)
		if len(own) > 0 {
			stalls = append(stalls, slices.Max(own))
		}
	}
	return map[string]float64{
		"ttft-p50-ns": linear(ttft, 0.5), "ttft-p99-ns": linear(ttft, 0.99),
		"tbt-p99-ns": linear(gaps, 0.99), "stall-max-ns": slices.Max(stalls),
		"idle-p50-ns": linear(idle, 0.5), "idle-p99-ns": linear(idle, 0.99),
		"fluidity-index": float64(hits) / float64(hits+misses),
	}
}

func linear(values []float64, p float64) float64 {
	slices.Sort(values)
	h := p * float64(len(values)-1)
	i := int(h)
	if i+1 == len(values) {
		return values[i]
	}
	return values[i] + (h-float64(i))*(values[i+1]-values[i])
}

const wantOutput = `ttft-p50          98.1ms
ttft-p99        335.61ms
tbt-p99          23.94ms
stall-max       423.94ms
fluidity-index    0.9595
idle-p50        101.45ms
idle-p99        658.12ms
`

func TestOutput(t *testing.T) {
	var got strings.Builder
	if err := run(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wantOutput, got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestUnits: benchstat splits a line at spaces, and knows ns as the last part
// of a unit.
func TestUnits(t *testing.T) {
	m, err := simulate(newEngine(seed))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range m.figures() {
		if strings.ContainsAny(f.unit, " \t") || !strings.HasSuffix(f.unit, "-ns") && f.unit != "fluidity-index" {
			t.Errorf("benchstat cannot read the unit %q", f.unit)
		}
	}
}
