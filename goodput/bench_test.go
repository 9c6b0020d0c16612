package goodput

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// steady returns a request of n chunks of k tokens, one every gap or so.
func steady(n, k int, gap time.Duration) *metrics.Request {
	rng := rand.New(rand.NewPCG(7, 9))
	r := &metrics.Request{Sent: metrics.Known(time.Duration(0))}
	at := time.Second
	for range n {
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: k})
		at += gap/2 + time.Duration(rng.Int64N(int64(gap)))
	}
	r.End = metrics.Known(at)
	return r
}

// shapes are streams for a reader of 5 tokens/s: whether a stream outruns its
// reader decides how much of it has to be looked at.
var shapes = []struct {
	name string
	r    *metrics.Request
}{
	{"fast", steady(500, 1, 30*time.Millisecond)},
	{"slow", steady(500, 1, 300*time.Millisecond)},
	{"chunks", steady(125, 4, time.Second)},
}

func bench(b *testing.B, f func(r *metrics.Request)) {
	for _, s := range shapes {
		b.Run(s.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f(s.r)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(s.r.Tokens()), "ns/token")
		})
	}
}

func BenchmarkIdleLatency(b *testing.B) {
	bench(b, func(r *metrics.Request) { Reader{}.IdleLatency(r) })
}

func BenchmarkBenefit(b *testing.B) {
	bench(b, func(r *metrics.Request) { Options{}.Benefit(r) })
}

func BenchmarkQoE(b *testing.B) {
	q := Ideal{TTFT: time.Second, PerToken: 200 * time.Millisecond}
	bench(b, func(r *metrics.Request) { q.QoE(r) })
}

func BenchmarkSummaryAdd(b *testing.B) {
	s := &Summary{Options: Options{Ideal: Ideal{TTFT: time.Second, PerToken: 200 * time.Millisecond}}, Method: metrics.HDRMethod}
	bench(b, func(r *metrics.Request) {
		if err := s.Add(r, metrics.Known(true)); err != nil {
			b.Fatal(err)
		}
	})
}

// BenchmarkShortRequest shows what a request costs beside its tokens.
func BenchmarkShortRequest(b *testing.B) {
	r := steady(2, 1, time.Second)
	q := Ideal{TTFT: time.Second, PerToken: 200 * time.Millisecond}
	for b.Loop() {
		Options{}.Benefit(r)
		q.QoE(r)
	}
}

// BenchmarkTokens is the least that a walk over the deliveries costs.
func BenchmarkTokens(b *testing.B) { bench(b, func(r *metrics.Request) { r.Tokens() }) }
