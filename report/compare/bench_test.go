package compare

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// BenchmarkCompare compares two runs of 20,000 requests with 100 tokens each,
// resampled 1000 times; the time a token includes the collecting. 100,000
// requests take five times as long.
func BenchmarkCompare(b *testing.B) {
	const requests, tokens = 20_000, 100
	o := testOptions()
	o.Resamples = DefaultResamples
	runs := make([]*Run, 2)
	for b.Loop() {
		for k := range runs {
			random := rand.New(rand.NewPCG(1, uint64(k)))
			runs[k] = newTestRun(b, o, requests, func(i int) *metrics.Request {
				return steadyRequest(random, i, tokens, 20*time.Millisecond)
			})
		}
		if _, err := Compare(runs[0], runs[1:], o); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(2*requests*tokens), "ns/token")
}
