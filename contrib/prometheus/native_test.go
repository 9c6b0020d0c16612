package prometheus

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/common/expfmt"
)

// With a factor the protobuf exposition carries sparse buckets, with the
// classic ones or instead of them.
func TestNativeHistograms(t *testing.T) {
	type shape struct {
		Count   uint64
		Sum     float64
		Classic int // buckets
		Schema  int32
		Zero    uint64
		Native  int64 // observations in buckets above zero
	}
	for _, c := range []struct {
		name   string
		native Native
		format expfmt.FormatType
		want   shape
	}{
		{"none", Native{}, expfmt.TypeProtoDelim, shape{Count: 4, Sum: 0.04, Classic: 30}},
		{"both", Native{Factor: 1.1}, expfmt.TypeProtoDelim, shape{Count: 4, Sum: 0.04, Classic: 30, Schema: 3, Zero: 3, Native: 1}},
		{"only", Native{Factor: 1.1, Only: true}, expfmt.TypeProtoDelim, shape{Count: 4, Sum: 0.04, Schema: 3, Zero: 3, Native: 1}},
		{"only, as text", Native{Factor: 1.1, Only: true}, expfmt.TypeTextPlain, shape{Count: 4, Sum: 0.04, Classic: 1}}, // +Inf
	} {
		t.Run(c.name, func(t *testing.T) {
			o := newObserver(t, Options{Native: c.native})
			r := answer(100*ms, 140*ms)
			r.Deliveries[1].Tokens = 4 // gaps 40 ms, 0, 0, 0
			observe(t, bind(t, o), r)
			h := scrape(t, o, c.format)["tokentime_inter_token_latency_seconds"].GetMetric()[0].GetHistogram()
			got := shape{h.GetSampleCount(), h.GetSampleSum(), len(h.GetBucket()), h.GetSchema(), h.GetZeroCount(), 0}
			at := int64(0)
			for _, delta := range h.GetPositiveDelta() {
				at += delta
				got.Native += at
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// However spread the values are, the number of buckets is bounded.
func TestNativeBucketsAreBounded(t *testing.T) {
	o := newObserver(t, Options{Native: Native{Factor: 1.01, MaxBuckets: 20}})
	c := bind(t, o)
	for d := ms; d < 1e6*ms; d += d / 20 {
		observe(t, c, answer(d))
	}
	h := scrape(t, o, expfmt.TypeProtoDelim)["tokentime_time_to_first_token_seconds"].GetMetric()[0].GetHistogram()
	if n := len(h.GetPositiveDelta()); n == 0 || n > 20 {
		t.Errorf("%d native buckets, want 1 to 20", n)
	}
}
