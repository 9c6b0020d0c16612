package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

// TestRanks holds what the example is there to show, from the numbers themselves:
// all that is divided by a number of tokens calls lanes better, all that is not
// calls fifo better.
func TestRanks(t *testing.T) {
	var sums [2]metrics.Summary
	for i, s := range schedulers() {
		for _, r := range s.serve() {
			if err := sums[i].Add(&r); err != nil {
				t.Fatal(err)
			}
		}
	}
	mean := func(of func(*metrics.Summary) *metrics.Distribution) (fifo, lanes float64) {
		a, _ := of(&sums[0]).Stats().Mean.Get()
		b, _ := of(&sums[1]).Stats().Mean.Get()
		return a, b
	}
	for _, tt := range []struct {
		name      string
		of        func(*metrics.Summary) *metrics.Distribution
		lanesWins bool
	}{
		{"normalized latency", func(s *metrics.Summary) *metrics.Distribution { return &s.Normalized.Latency }, true},
		{"its scheduling part", func(s *metrics.Summary) *metrics.Distribution { return &s.Normalized.LatencyScheduling }, true},
		{"scheduling delay", func(s *metrics.Summary) *metrics.Distribution { return &s.Raw.SchedulingDelay }, false},
		{"TTFT", func(s *metrics.Summary) *metrics.Distribution { return &s.Raw.TTFT }, false},
		{"TTLT", func(s *metrics.Summary) *metrics.Distribution { return &s.Raw.TTLT }, false},
	} {
		if fifo, lanes := mean(tt.of); (lanes < fifo) != tt.lanesWins {
			t.Errorf("mean %s is %v under fifo and %v under lanes", tt.name, fifo, lanes)
		}
	}
	if diff := cmp.Diff(sums[0].OutputTokens, sums[1].OutputTokens); diff != "" {
		t.Errorf("the schedulers had different work (-fifo +lanes):\n%s", diff)
	}
}

// TestServe checks that the records are possible: valid, one prompt at a time,
// and none left over when the next wave comes.
func TestServe(t *testing.T) {
	for _, s := range schedulers() {
		records := s.serve()
		slices.SortFunc(records, func(a, b metrics.Request) int { return int(scheduled(t, &a) - scheduled(t, &b)) })
		for i := range records {
			r := &records[i]
			if err := r.Validate(); err != nil {
				t.Errorf("%s: %v", s.Name, err)
			}
			if i > 0 && scheduled(t, r) < scheduled(t, &records[i-1])+prefill {
				t.Errorf("%s: %v is prefilled at %v, before the one of %v is done", s.Name, r.Class, r.Scheduled, records[i-1].Scheduled)
			}
			arrival, _ := r.Arrival().Get()
			if end, _ := r.End.Get(); end > arrival+between {
				t.Errorf("%s: %v of %v ends at %v, after the next wave came", s.Name, r.Class, arrival, end)
			}
		}
	}
}

func scheduled(t *testing.T, r *metrics.Request) time.Duration {
	t.Helper()
	at, ok := r.Scheduled.Get()
	if !ok {
		t.Fatalf("%s was never scheduled", r.Class)
	}
	return at
}

// The upper tables and the means are those of the doc comment, worked by hand. A
// P50 over 100 requests lies in the middle between the 50th and 51st, (21.98 +
// 318)/2 ms = 169.99 ms, and P90 is the last one's.
const want = `fifo      tokens    waited    TTFT  normalized latency  scheduling part
long 1      1000        0s      1s             20.98ms               0s
long 2      1000        1s      2s             21.98ms              1ms
short 1       10        2s      3s               318ms            200ms
short 2       10        3s      4s               418ms            300ms

lanes     tokens    waited    TTFT  normalized latency  scheduling part
short 1       10        0s      1s               118ms               0s
short 2       10        1s      2s               218ms            100ms
long 1      1000       10s     11s             30.98ms             10ms
long 2      1000       11s     12s             31.98ms             11ms

over 100 requests                     fifo      lanes  better
normalized latency          mean  194.74ms    99.74ms  lanes
normalized latency          P50   169.99ms    74.99ms  lanes
normalized latency          P90      418ms      218ms  lanes
normalized, scheduling part mean  125.25ms    30.25ms  lanes
normalized, scheduling part P50    100.5ms     10.5ms  lanes
normalized, scheduling part P90      300ms      100ms  lanes
scheduling delay            mean      1.5s       5.5s  fifo
scheduling delay            P50       1.5s       5.5s  fifo
scheduling delay            P90         3s        11s  fifo
TTFT                        mean      2.5s       6.5s  fifo
TTFT                        P50       2.5s       6.5s  fifo
TTFT                        P90         4s        12s  fifo
`

func TestOutput(t *testing.T) {
	var got strings.Builder
	if err := run(&got, ""); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPlot(t *testing.T) {
	dir := t.TempDir()
	if err := run(io.Discard, dir); err != nil {
		t.Fatal(err)
	}
	checkFigures(t, dir, "normalized-vs-raw", "ttft-split-1", "ttft-split-2")
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
