package html

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/report/figure"
)

// figureOf returns a figure of two requests: one waits 100 ms, prefills in 200
// ms and stalls for 20 s; one waits for nothing and prefills in 50 ms.
func figureOf(t *testing.T, name string) *figure.Figure {
	t.Helper()
	c := &figure.Collector{Options: figure.Options{Name: "run", CommonClock: true,
		Deadlines: fluidity.Deadlines{Prefill: time.Second, Decode: 100 * time.Millisecond}}}
	ms := time.Millisecond
	for _, r := range []metrics.Request{
		{ID: "slow", Sent: metrics.Known(time.Duration(0)), Scheduled: metrics.Known(100 * ms), Deliveries: []metrics.Delivery{
			{At: 300 * ms, Tokens: 1}, {At: 350 * ms, Tokens: 1}, {At: 20350 * ms, Tokens: 1}}, End: metrics.Known(20350 * ms)},
		{ID: "fast", Sent: metrics.Known(time.Second), Scheduled: metrics.Known(time.Second), Deliveries: []metrics.Delivery{
			{At: 1050 * ms, Tokens: 1}, {At: 1150 * ms, Tokens: 1}}, End: metrics.Known(1150 * ms)},
	} {
		if err := c.Add(&r); err != nil {
			t.Fatal(err)
		}
	}
	all, _ := figure.Figures([]*figure.Collector{c})
	i := slices.IndexFunc(all, func(f *figure.Figure) bool { return f.Name == name })
	if i < 0 {
		t.Fatalf("no figure %s", name)
	}
	return all[i]
}

// TestPointWords: marks with an extent say how long they are, others where.
func TestPointWords(t *testing.T) {
	for _, test := range []struct {
		figure string
		want   []string // some of what the points say
		reason string
	}{
		{"ttft-split", []string{"run, scheduling delay, fast: 0 s", "run, scheduling delay, slow: 100 ms", "run, prefill, fast: 50 ms", "run, prefill, slow: 200 ms"},
			"the height of a bar, wherever it begins"},
		{"requests", []string{"run, waiting for the first token, slow: 300 ms from 0 s", "run, tokens, slow: 20.1 s from 300 ms",
			"run, stalled for 1 s or more, slow: 20 s from 350 ms", "run, tokens, fast: 100 ms from 1.05 s"}, "the length of a row, which has no value of its own"},
		{"timeline", []string{"run, stall: 20 s from 350 ms", "run, tokens visible: 20.4 s, 3 tokens", "run, deadline: 1 s, 1 token"},
			"shaded bands, and curves"},
		{"tbt-cdf", []string{"run, Time between tokens: 20 s, 100 %"}, "a curve"},
	} {
		var got []string
		for _, p := range points(figureOf(t, test.figure)) {
			got = append(got, p[2].(string))
		}
		for _, want := range test.want {
			if !slices.Contains(got, want) {
				t.Errorf("%s: no point says %q (%s) in %q", test.figure, want, test.reason, got)
			}
		}
	}
}

// TestPointPlaces: points lie in the plane of the axes, and along a mark there
// is one within reach of each of its places.
func TestPointPlaces(t *testing.T) {
	for _, name := range []string{"ttft-split", "requests", "timeline", "tbt-cdf", "load", "normalized-vs-raw"} {
		f := figureOf(t, name)
		area := f.Area()
		for _, p := range points(f) {
			x, y := p[0].(float64), p[1].(float64)
			if x < area.Left-0.1 || x > area.Right+0.1 || y < area.Top-0.1 || y > area.Bottom+0.1 {
				t.Errorf("%s: %v is outside of %v", name, p, area)
			}
		}
	}
	f := figureOf(t, "requests")
	area := f.Area()
	var xs []float64
	for _, p := range points(f) {
		if p[2] == "run, stalled for 1 s or more, slow: 20 s from 350 ms" {
			xs = append(xs, p[0].(float64))
		}
	}
	at := func(d time.Duration) float64 {
		return area.Left + f.X.Position(float64(d))*(area.Right-area.Left)
	}
	for x := at(350 * time.Millisecond); x <= at(20350*time.Millisecond); x++ {
		if !slices.ContainsFunc(xs, func(p float64) bool { return math.Abs(p-x) <= reach+0.1 }) {
			t.Errorf("no point within reach of %v: %v", x, xs)
		}
	}
}

func TestValue(t *testing.T) {
	got := []string{value(figure.Nanoseconds, 1.5e9), value(figure.Share, 0.123), value(figure.Tokens, 1234), value(figure.Requests, 2.6),
		value(figure.TokensPerSecond, 1234.5), value(figure.RequestsPerSecond, 0.5)}
	want := []string{"1.50 s", "12.3 %", "1,234 tokens", "3 requests", "1,235 tokens/s", "0.50 requests/s"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("as the tables print them (-want +got)\n%s", diff)
	}
}
