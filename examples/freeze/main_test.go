package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
)

// recordings returns their directory, or skips.
func recordings(t *testing.T) string {
	t.Helper()
	data := filepath.Join("..", "..", "..", "shared", "data", "vllm")
	if _, err := os.Stat(data); err != nil {
		t.Skipf("the recordings are not on this machine: %v", err)
	}
	return data
}

// The table is that of DEFINITIONS.md, section 8, whose numbers were computed
// apart from this code. After 10 s the user has 1 token, which came at 0.44 s, and
// has waited for the second since 0.4 s: 9.6 s.
const want = `                                405b-h100-16qps.json.gz  405b-mi300x-16qps.json.gz
answers with a token                       621 of 1000               622 of 1000
pooled TBT, P50 / P99                    114ms / 291ms             221ms / 469ms
TPOT, P50 / P99                          112ms / 128ms           417ms / 17.103s
largest gap of an answer, P50                    305ms                   36.416s
fluidity index, mean                              0.93                      0.19
idle latency, P50                                761ms                   41.871s

request 0: 120 tokens in 1m38.48s, none of them for 1m8.858s

   after  on the screen   5/s would be  reader waited
     10s              1             50           9.6s
     20s              1            100          19.6s
     30s              1            120          29.6s
     40s              1            120          39.6s
     50s              1            120          49.6s
    1m0s              1            120          59.6s
   1m10s              4            120       1m9.162s
   1m20s             41            120        1m11.6s
   1m30s             83            120      1m13.397s
1m38.48s            120            120      1m14.616s

Had all come evenly, the largest gaps of 606 answers would have ended between 1m7.551s and 1m10.119s of the run.
`

func TestOutput(t *testing.T) {
	var got strings.Builder
	dir := t.TempDir()
	if err := run(&got, recordings(t), dir); err != nil {
		t.Fatal(err)
	}
	text, captions := got.String()[:min(len(want), got.Len())], got.String()[min(len(want), got.Len()):]
	if diff := cmp.Diff(want, text); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !strings.Contains(captions, "timeline-2.svg: ") {
		t.Errorf("figures: %q", captions)
	}
	checkFigures(t, dir, "timeline-2", "tbt-percentiles", "stall-percentiles", "requests-2")
}

func TestWithoutRecordings(t *testing.T) {
	var got strings.Builder
	if err := run(&got, t.TempDir(), ""); err != nil {
		t.Fatal(err)
	}
	if s := got.String(); !strings.HasPrefix(s, "nothing to show, as the recordings are not here: ") || !strings.Contains(s, files()[0]) {
		t.Errorf("output %q", s)
	}
}

// TestUntil: what a user has waited by an instant, V = 200 ms, with tokens at
// 100, 200 and 2000 ms.
func TestUntil(t *testing.T) {
	const ms = time.Millisecond
	r := metrics.Request{
		Sent:       metrics.Known(0 * ms),
		Deliveries: []metrics.Delivery{{At: 100 * ms, Tokens: 1}, {At: 200 * ms, Tokens: 1}, {At: 2000 * ms, Tokens: 1}},
		End:        metrics.Known(2000 * ms),
	}
	for _, tt := range []struct {
		now    time.Duration
		tokens int64
		waited metrics.Span
		reason string
	}{
		{99 * ms, 0, metrics.Span{}, "no token, no idle latency"},
		{100 * ms, 1, metrics.Known(0 * ms), "the first is wanted at 200"},
		{600 * ms, 2, metrics.Known(0 * ms), "the third is wanted at 600"},
		{1999 * ms, 2, metrics.Known(1399 * ms), "since 600"},
		{2000 * ms, 3, metrics.Known(1400 * ms), "it came; the next one is wanted at 2200"},
	} {
		seen := until(&r, tt.now)
		if err := seen.Validate(); err != nil {
			t.Errorf("%v: %v", tt.now, err)
		}
		if got := seen.Tokens(); got != tt.tokens {
			t.Errorf("%v: %d tokens, want %d", tt.now, got, tt.tokens)
		}
		if diff := cmp.Diff(tt.waited, goodput.Options{}.IdleLatency(&seen)); diff != "" {
			t.Errorf("%v: %s (-want +got):\n%s", tt.now, tt.reason, diff)
		}
	}
	if len(r.Deliveries) != 3 || r.Outcome != metrics.Completed {
		t.Error("the request was changed")
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

// TestResumed: a gap of g in front of the first token is no gap; of two equal
// ones the first counts; a burst has gaps of 0.
func TestResumed(t *testing.T) {
	for _, tt := range []struct {
		name       string
		deliveries []metrics.Delivery
		want       metrics.Span
	}{
		{"no token", []metrics.Delivery{{At: 5}}, metrics.Span{}},
		{"one token", []metrics.Delivery{{At: 50, Tokens: 1}}, metrics.Span{}},
		{"freeze after the first", []metrics.Delivery{{At: 50, Tokens: 1}, {At: 90, Tokens: 1}, {At: 95, Tokens: 1}}, metrics.Known[time.Duration](80)},
		{"freeze at the end", []metrics.Delivery{{At: 50, Tokens: 1}, {At: 60, Tokens: 1}, {At: 95, Tokens: 1}}, metrics.Known[time.Duration](85)},
		{"two equal gaps", []metrics.Delivery{{At: 50, Tokens: 1}, {At: 60, Tokens: 1}, {At: 70, Tokens: 1}}, metrics.Known[time.Duration](50)},
		{"a control event within", []metrics.Delivery{{At: 50, Tokens: 1}, {At: 60}, {At: 70, Tokens: 1}, {At: 85, Tokens: 1}}, metrics.Known[time.Duration](60)},
		{"at one instant", []metrics.Delivery{{At: 50, Tokens: 1}, {At: 50, Tokens: 1}}, metrics.Known[time.Duration](40)},
	} {
		var got metrics.Span
		if after, ok := resumed(&metrics.Request{Sent: metrics.Known[time.Duration](10), Deliveries: tt.deliveries}); ok {
			got = metrics.Known(after)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}
