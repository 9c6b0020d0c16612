package fluidity

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tokentime/tokentime/metrics"
)

// TestStatsJSON holds the keys of the report, and null for what is undefined.
func TestStatsJSON(t *testing.T) {
	s := &Summary{Options: Options{Deadlines: Deadlines{Prefill: time.Second, Decode: 100 * time.Millisecond}}}
	type object struct {
		Prefill int64    `json:"prefill_deadline_ns"`
		Decode  int64    `json:"decode_deadline_ns"`
		Pooled  *float64 `json:"pooled_index"`
		Hits    int64    `json:"hits"`
		Misses  int64    `json:"misses"`
		Share   *float64 `json:"share_at_least_0_9"`
		Rate    *float64 `json:"token_rate_per_s"`
	}
	read := func() (v object) {
		t.Helper()
		b, err := json.Marshal(s.Stats())
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(b, &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	if diff := cmp.Diff(object{Prefill: 1e9, Decode: 1e8}, read()); diff != "" || s.Stats().Index != nil {
		t.Errorf("without a request (-want +got)\n%s", diff)
	}
	// The first worked example: TTFT 0.8 s, gaps .05 .05 .45 .1 s give 4 hits
	// of 5 deadlines, below 0.9.
	r := &metrics.Request{Sent: metrics.Known(time.Duration(0))}
	at := 800 * time.Millisecond
	for _, gap := range []time.Duration{0, 50, 50, 450, 100} {
		at += gap * time.Millisecond
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: 1})
	}
	if err := s.Add(r); err != nil {
		t.Fatal(err)
	}
	// Decode only, the last two tokens come 550 and 650 ms after the first:
	// with 4 deadlines 0.9 allows no miss, so D* = 550/3 ms, rounded up.
	pooled, share, rate := 0.8, 0.0, 1e9/183333334
	want := object{Prefill: 1e9, Decode: 1e8, Pooled: &pooled, Hits: 4, Misses: 1, Share: &share, Rate: &rate}
	if diff := cmp.Diff(want, read()); diff != "" || s.Stats().Index.N != 1 {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
