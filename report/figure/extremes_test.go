package figure

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// One stall of 60 s among ten million gaps of some milliseconds is in every
// figure that could show it, and the pictures stay small.
func TestOneStallAmongTenMillionGaps(t *testing.T) {
	const perRequest = 1000
	requests := 10_000
	if testing.Short() {
		requests = 300
		t.Log("-short: 300,000 gaps instead of 10,000,000")
	}
	c := &Collector{Options: standard("planted")}
	r := &metrics.Request{Deliveries: make([]metrics.Delivery, perRequest+1)}
	victim := requests * 2 / 3
	for i := range requests {
		r.ID = "ordinary"
		r.Sent = metrics.Known(time.Duration(i) * 50 * ms)
		now := time.Duration(i)*50*ms + 200*ms
		for k := range r.Deliveries {
			if i == victim && k == 777 {
				r.ID = "victim"
				now += 60 * sec
			}
			r.Deliveries[k] = metrics.Delivery{At: now, Tokens: 1}
			now += 10*ms + time.Duration((i*7919+k*104729)%10_000_000)
		}
		r.Scheduled = metrics.Known(r.Deliveries[0].At - 100*ms)
		if err := c.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := c.tbt.n(), int64(requests*perRequest); got != want {
		t.Fatalf("%d gaps, want %d", got, want)
	}
	figures, left := Figures([]*Collector{c})
	if len(left) > 0 {
		t.Errorf("left out: %v", left)
	}
	stall := float64(c.shown.stall)
	if stall < 60e9 {
		t.Fatalf("the worst request has a stall of %v, want the planted one", c.shown.stall)
	}
	has := map[string]func(f *Figure) bool{
		"tbt-cdf":           func(f *Figure) bool { return slices.Max(f.Series()[0].X) == stall },
		"tbt-percentiles":   func(f *Figure) bool { s := f.Series(); return slices.Max(s[len(s)-1].Y) == stall },
		"stall-percentiles": func(f *Figure) bool { s := f.Series(); return slices.Max(s[len(s)-1].Y) == stall },
		"timeline":          func(f *Figure) bool { return longestExtent(f, "stall") == stall },
		"requests":          func(f *Figure) bool { return longestExtent(f, "stalled for 1 s or more") == stall },
		"load": func(f *Figure) bool {
			s := seriesOf(t, f, "", "stalled for 1 s or more")
			return len(s.X) == 2 && s.X[1]-s.X[0] == stall && s.Y[0] == 1
		},
	}
	for _, f := range figures {
		if there, ok := has[f.Name]; ok && !there(f) {
			t.Errorf("%s does not hold the stall of %v", f.Name, c.shown.stall)
		}
		delete(has, f.Name)
		if n := len(svg(t, f)); n > 100_000 {
			t.Errorf("the SVG of %s has %d bytes, want at most 100,000", f.Name, n)
		}
		for _, s := range f.Series() {
			if len(s.X) > 2100 {
				t.Errorf("%s: series %q has %d points", f.Name, s.Name, len(s.X))
			}
		}
	}
	for name := range has {
		t.Errorf("no figure %s", name)
	}
	if f := find(t, "timeline", c); !strings.Contains(f.Title, "victim") {
		t.Errorf("the timeline is that of %q, want the victim", f.Title)
	}
}

// longestExtent returns the largest X2 - X of the series.
func longestExtent(f *Figure, name string) float64 {
	most := 0.0
	for _, s := range f.Series() {
		for i := range s.X2 {
			if s.Name == name {
				most = max(most, s.X2[i]-s.X[i])
			}
		}
	}
	return most
}
