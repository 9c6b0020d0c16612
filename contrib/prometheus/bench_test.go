package prometheus

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tokentime/tokentime/metrics"
)

const benchTokens = 100

func benchRequest() *metrics.Request {
	var at []time.Duration
	for i := range benchTokens {
		at = append(at, 300*ms+time.Duration(i)*20*ms+time.Duration(i%7)*ms)
	}
	return answer(at...)
}

// What a finished request of 100 tokens costs, beside one Observe of the
// client library for each token, which is what it replaces.
func BenchmarkRequest(b *testing.B) {
	perToken := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchTokens, "ns/token")
	}
	r := benchRequest()
	for _, c := range []struct {
		name    string
		options Options
	}{
		{"classic", everything(b, VLLM())},
		{"native", func() Options { o := everything(b, VLLM()); o.Native.Factor = 1.1; return o }()},
		{"NoGaps", func() Options { o := everything(b, VLLM()); o.NoGaps = true; return o }()},
	} {
		b.Run(c.name, func(b *testing.B) {
			class := bind(b, newObserver(b, c.options))
			b.ReportAllocs()
			for b.Loop() {
				observe(b, class, r)
			}
			perToken(b)
		})
	}
	b.Run("baseline/bound", func(b *testing.B) {
		h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "h", Buckets: VLLM().Buckets[InterToken]})
		for b.Loop() {
			for range benchTokens {
				h.Observe(0.02)
			}
		}
		perToken(b)
	})
	b.Run("baseline/labels", func(b *testing.B) {
		h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "h", Buckets: VLLM().Buckets[InterToken]}, []string{"a", "b", "c", "d"})
		for b.Loop() {
			for range benchTokens {
				h.WithLabelValues("model", "class", "server", "zone").Observe(0.02)
			}
		}
		perToken(b)
	})
}
