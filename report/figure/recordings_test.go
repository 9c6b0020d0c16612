package figure_test

import (
	"errors"
	"io/fs"
	"testing"
	"time"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/report/figure"
	"github.com/tokentime/tokentime/results"
)

// The pair of recordings of DEFINITIONS.md, section 8: one model on two
// servers, of which one froze.
func TestFreezeOfTheRecording(t *testing.T) {
	const dir = "../../../shared/data/vllm/"
	var runs []*figure.Collector
	for _, name := range []string{"405b-h100-16qps.json.gz", "405b-mi300x-16qps.json.gz"} {
		rd, err := results.Open(dir+name, results.Options{})
		if errors.Is(err, fs.ErrNotExist) {
			t.Skip("no recordings: ", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		defer rd.Close()
		for rd.NextRun() {
			c := &figure.Collector{Options: figure.Options{Name: name, CommonClock: rd.Run().CommonClock,
				Deadlines: fluidity.Deadlines{Prefill: 2 * time.Second, Decode: 200 * time.Millisecond}}}
			for rd.Next() {
				if err := c.Add(rd.Request()); err != nil {
					t.Fatal(err)
				}
			}
			runs = append(runs, c)
		}
		if rd.Err() != nil {
			t.Fatal(rd.Err())
		}
	}
	figures, left := figure.Figures(runs)
	for _, l := range left {
		t.Log("left out: ", l)
	}
	drawn := map[string]*figure.Figure{}
	for _, f := range figures {
		drawn[f.Name] = f
	}
	stallMedians := map[string]float64{}
	for _, s := range drawn["stall-percentiles"].Series() {
		for i, p := range s.X {
			if p == 0.5 {
				stallMedians[s.Run] = s.Y[i]
			}
		}
	}
	if a, b := stallMedians["405b-h100-16qps.json.gz"], stallMedians["405b-mi300x-16qps.json.gz"]; a < 0.295e9 || a > 0.305e9 || b < 36.35e9 || b > 36.45e9 {
		t.Errorf("median largest gaps %v and %v ns, want 0.30 s and 36.4 s", a, b)
	}
	for name, want := range map[string]bool{"requests-1": false, "requests-2": true} {
		stalled := 0
		for _, s := range drawn[name].Series() {
			for i := range s.X2 {
				if s.Name == "stalled for 2 s or more" && s.X2[i]-s.X[i] > 20e9 {
					stalled++
				}
			}
		}
		if (stalled > 100) != want || !want && stalled > 0 {
			t.Errorf("%s: %d rows with a stall of over 20 s", name, stalled)
		}
	}
}
