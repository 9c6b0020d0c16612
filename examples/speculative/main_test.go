package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/metrics"
)

// TestSmoothed works some answers by hand.
func TestSmoothed(t *testing.T) {
	one := func(at ...time.Duration) []metrics.Delivery {
		var d []metrics.Delivery
		for _, t := range at {
			d = append(d, metrics.Delivery{At: t, Tokens: 1})
		}
		return d
	}
	for _, tt := range []struct {
		name     string
		in, want []metrics.Delivery
		reason   string
	}{
		{"bursts", []metrics.Delivery{{At: 10, Tokens: 3}, {At: 50, Tokens: 2}}, one(10, 20, 30, 40, 50), "40/4 each"},
		{"a remainder", []metrics.Delivery{{At: 0, Tokens: 3}, {At: 11, Tokens: 1}}, one(0, 3, 7, 11), "11/3 and 22/3, rounded down"},
		{"one burst", []metrics.Delivery{{At: 7, Tokens: 3}}, one(7, 7, 7), "nothing to spread over"},
		{"role chunk", []metrics.Delivery{{At: 1}, {At: 10, Tokens: 2}, {At: 20, Tokens: 1}}, one(10, 15, 20), "the first token is at 10"},
		{"done event", []metrics.Delivery{{At: 10, Tokens: 2}, {At: 20, Tokens: 1}, {At: 90}}, one(10, 15, 20), "and the last at 20"},
		{"one token", one(5), one(5), "first and last are the same"},
		{"no token", []metrics.Delivery{{At: 5}}, []metrics.Delivery{{At: 5}}, "stays as it is"},
	} {
		before := slices.Clone(tt.in)
		got := smoothed(metrics.Request{Deliveries: tt.in})
		if diff := cmp.Diff(tt.want, got.Deliveries); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", tt.name, tt.reason, diff)
		}
		if diff := cmp.Diff(before, tt.in); diff != "" {
			t.Errorf("%s: the argument was changed (-before +after):\n%s", tt.name, diff)
		}
	}
}

// TestSmoothedKeeps checks on random answers what may not change, exactly, and
// that gaps then differ by rounding only.
func TestSmoothedKeeps(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 500 {
		in := metrics.Request{Sent: metrics.Known(time.Duration(0))}
		at := time.Duration(0)
		for range 1 + rng.IntN(20) {
			at += time.Duration(rng.Int64N(1e9))
			in.Deliveries = append(in.Deliveries, metrics.Delivery{At: at, Tokens: rng.IntN(9)})
		}
		in.End = metrics.Known(at)
		out := smoothed(in)
		if err := out.Validate(); err != nil {
			t.Fatal(err)
		}
		a, b := in.Normalized(), out.Normalized()
		a.Raw.Stall, a.TPOT.Stall = b.Raw.Stall, b.TPOT.Stall
		if diff := cmp.Diff(a, b); diff != "" {
			t.Fatalf("more than the gaps has changed (-in +out):\n%s", diff)
		}
		if gaps := slices.Sorted(metrics.Paper.TBT(&out)); len(gaps) > 0 && gaps[len(gaps)-1]-gaps[0] > 1 {
			t.Fatalf("gaps from %v to %v", gaps[0], gaps[len(gaps)-1])
		}
	}
}

// TestDisagree holds what the example is there to show, from the numbers
// themselves.
func TestDisagree(t *testing.T) {
	var tbt, tpot [2]metrics.Distribution
	tight := [2]fluidity.Summary{}
	loose := [2]fluidity.Summary{}
	for _, r := range synthetic() {
		for i, r := range []metrics.Request{r, smoothed(r)} {
			for gap := range metrics.Paper.TBT(&r) {
				tbt[i].Add(float64(gap))
			}
			ns, _ := r.Normalized().TPOT.Nanoseconds()
			tpot[i].Add(ns)
			for f, pace := range map[*fluidity.Summary]time.Duration{&tight[i]: 10 * time.Millisecond, &loose[i]: 20 * time.Millisecond} {
				f.Options.Deadlines = fluidity.Deadlines{Decode: pace, First: fluidity.Skipped}
				if err := f.Add(&r); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	at := func(d *metrics.Distribution, p float64) float64 {
		q, _ := d.Quantile(p)
		return q
	}
	mean := func(f *fluidity.Summary) float64 {
		m, _ := f.Stats().Index.Mean.Get()
		return m
	}
	for _, tt := range []struct {
		name           string
		bursts, smooth float64
		want           int // sign of bursts - smooth
	}{
		{"median TBT", at(&tbt[0], 0.5), at(&tbt[1], 0.5), -1},
		{"P99 TBT", at(&tbt[0], 0.99), at(&tbt[1], 0.99), 1},
		{"median TPOT", at(&tpot[0], 0.5), at(&tpot[1], 0.5), 0},
		{"P99 TPOT", at(&tpot[0], 0.99), at(&tpot[1], 0.99), 0},
		{"fluidity index, deadline below the median TPOT", mean(&tight[0]), mean(&tight[1]), 1},
		{"fluidity index, deadline of twice the median TPOT", mean(&loose[0]), mean(&loose[1]), -1},
	} {
		got := 0
		if tt.bursts > tt.smooth {
			got = 1
		} else if tt.bursts < tt.smooth {
			got = -1
		}
		if got != tt.want {
			t.Errorf("%s: bursts %v, smoothed %v, want sign %d", tt.name, tt.bursts, tt.smooth, tt.want)
		}
	}
}

// TestSynthetic: the built-in stream keeps to what its comment says.
func TestSynthetic(t *testing.T) {
	count, tokens := 0, 0
	for _, r := range synthetic() {
		if err := r.Validate(); err != nil {
			t.Error(err)
		}
		at := prefill
		for _, d := range r.Deliveries {
			if took := d.At - at; took < shortest || took >= shortest+spread || d.Tokens < 1 || d.Tokens > proposed+1 {
				t.Errorf("answer %s has a round of %v with %d tokens", r.ID, took, d.Tokens)
			}
			at = d.At
			count++
			tokens += d.Tokens
		}
	}
	if mean := float64(tokens) / float64(count); mean < 3.5 || mean > 4.5 {
		t.Errorf("%v tokens in the mean round", mean)
	}
}

const wantSynthetic = `96 answers of a synthetic stream that is built in, as the recordings are not here

                                    as it came    smoothed
TTFT, median                          143.86ms    143.86ms
TTLT, median                          2.30157s    2.30157s
TBT pooled, median                          0s     10.13ms
TBT pooled, P99                        45.84ms     14.77ms
largest gap of an answer, median       45.95ms     10.51ms
TPOT, median                           10.51ms     10.51ms
TPOT, P99                               14.8ms      14.8ms
minimum TBT deadline, median           10.63ms     10.48ms
fluid token rate, tokens/s                66.4        65.1
fluidity index at 5ms, mean              0.382       0.000
fluidity index at 8ms, mean              0.680       0.010
fluidity index at 10ms, mean             0.842       0.396
fluidity index at 12ms, mean             0.944       0.802
fluidity index at 15ms, mean             0.991       0.990
fluidity index at 20ms, mean             0.996       1.000
fluidity index at 30ms, mean             0.999       1.000
fluidity index at 45ms, mean             1.000       1.000
`

const wantRecorded = `96 answers of the recording s1_dflash_fresh.rounds.jsonl.gz

                                    as it came    smoothed
TTFT, median                           43.88ms     43.88ms
TTLT, median                          2.19566s    2.19566s
TBT pooled, median                          0s      8.61ms
TBT pooled, P99                        46.88ms     21.09ms
largest gap of an answer, median       46.88ms      8.78ms
TPOT, median                            8.78ms      8.78ms
TPOT, P99                               21.2ms      21.2ms
minimum TBT deadline, median            9.25ms      8.64ms
fluid token rate, tokens/s                39.4        43.0
fluidity index at 5ms, mean              0.451       0.000
fluidity index at 8ms, mean              0.733       0.365
fluidity index at 10ms, mean             0.829       0.625
fluidity index at 12ms, mean             0.892       0.771
fluidity index at 15ms, mean             0.941       0.875
fluidity index at 20ms, mean             0.982       0.948
fluidity index at 30ms, mean             0.998       1.000
fluidity index at 45ms, mean             1.000       1.000
`

func TestOutput(t *testing.T) {
	var got strings.Builder
	dir := t.TempDir()
	if err := run(&got, t.TempDir(), dir); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wantSynthetic, got.String()[:min(len(wantSynthetic), got.Len())]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	checkFigures(t, dir, "tbt-cdf", "fluidity-curve", "timeline-1", "timeline-2")
}

func TestRecordings(t *testing.T) {
	data := filepath.Join("..", "..", "..", "shared", "data", "specdecode-rounds")
	if _, err := os.Stat(filepath.Join(data, file)); err != nil {
		t.Skipf("the recordings are not on this machine: %v", err)
	}
	var got strings.Builder
	if err := run(&got, data, ""); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(wantRecorded, got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// checkFigures checks that the figures of the doc comment are there, and are SVG.
func checkFigures(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join(dir, name+".svg"))
		if err != nil {
			t.Error(err)
		} else if !bytes.HasPrefix(b, []byte("<svg ")) || !bytes.Contains(b, []byte("<path")) {
			t.Errorf("%s.svg holds no picture", name)
		}
	}
}
