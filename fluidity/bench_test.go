package fluidity

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// benchRequests returns 200 requests of 100 tokens.
func benchRequests(gap func(*rand.Rand) time.Duration) (rs []metrics.Request, tokens int) {
	rng := rand.New(rand.NewPCG(7, 7))
	for range 200 {
		r := metrics.Request{Sent: metrics.Known(time.Duration(0))}
		at := time.Duration(300e6 * rng.ExpFloat64())
		for range 100 {
			r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: 1})
			at += gap(rng)
			tokens++
		}
		rs = append(rs, r)
	}
	return rs, tokens
}

// steady is a stream of 25 ms gaps with a jitter of 1 ms.
func steady(rng *rand.Rand) time.Duration {
	return time.Duration(25e6 + 1e6*rng.NormFloat64())
}

// bimodal is as under speculative decoding: 75 % of gaps of microseconds, 24 %
// around 30 ms, 1 % Pareto stalls of up to a minute.
func bimodal(rng *rand.Rand) time.Duration {
	switch u := rng.Float64(); {
	case u < 0.75:
		return time.Duration(1e3 + 39e3*rng.Float64())
	case u < 0.99:
		return time.Duration(30e6 * math.Exp(0.3*rng.NormFloat64()))
	default:
		return time.Duration(min(60e9, 100e6/math.Pow(rng.Float64(), 1/1.5)))
	}
}

var benchStreams = []struct {
	name string
	gap  func(*rand.Rand) time.Duration
	d    time.Duration
}{
	{"steady/none late", steady, 100 * time.Millisecond},
	{"bimodal/few late", bimodal, 50 * time.Millisecond},
	{"bimodal/3 % late", bimodal, 8 * time.Millisecond},
	{"steady/most late", steady, 24 * time.Millisecond},
}

func BenchmarkScore(b *testing.B) {
	for _, s := range benchStreams {
		rs, tokens := benchRequests(s.gap)
		d := Deadlines{Prefill: time.Second, Decode: s.d}
		b.Run(s.name, func(b *testing.B) {
			var sum Score
			for b.Loop() {
				sum = Score{}
				for i := range rs {
					v, err := d.Score(&rs[i])
					if err != nil {
						b.Fatal(err)
					}
					sum.Hits += v.Hits
					sum.Misses += v.Misses
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(tokens), "ns/token")
			b.ReportMetric(100*float64(sum.Misses)/float64(sum.Misses+sum.Hits), "%missed")
		})
	}
}

func BenchmarkMinDecodeDeadline(b *testing.B) {
	for _, s := range benchStreams[:2] {
		rs, tokens := benchRequests(s.gap)
		b.Run(s.name, func(b *testing.B) {
			for b.Loop() {
				for i := range rs {
					MinDecodeDeadline(&rs[i], Target{}, Floor)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(tokens), "ns/token")
		})
	}
}

func BenchmarkTokenDeadlines(b *testing.B) {
	rs, tokens := benchRequests(steady)
	for _, s := range []struct {
		name string
		d    TokenDeadlines
	}{
		{"none late", TokenDeadlines{time.Minute, 100 * time.Millisecond}},
		{"most late", TokenDeadlines{0, 24 * time.Millisecond}},
	} {
		b.Run(s.name, func(b *testing.B) {
			for b.Loop() {
				for i := range rs {
					if _, err := s.d.Score(&rs[i]); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(tokens), "ns/token")
		})
	}
}

func BenchmarkSummary(b *testing.B) {
	rs, tokens := benchRequests(bimodal)
	for _, s := range []struct {
		name string
		o    Options
	}{
		{"exact", Options{}},
		{"hdr", Options{Method: metrics.HDRMethod}},
		{"hdr without token rate", Options{Method: metrics.HDRMethod, NoTokenRate: true}},
	} {
		s.o.Deadlines = Deadlines{Prefill: time.Second, Decode: 50 * time.Millisecond}
		b.Run(s.name, func(b *testing.B) {
			b.ReportAllocs()
			sum := Summary{Options: s.o}
			for b.Loop() {
				for i := range rs {
					if err := sum.Add(&rs[i]); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(tokens), "ns/token")
		})
	}
}

// BenchmarkRead is the floor: the deliveries are read and nothing is judged.
func BenchmarkRead(b *testing.B) {
	rs, tokens := benchRequests(steady)
	var n int64
	for b.Loop() {
		for i := range rs {
			n += rs[i].Tokens()
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(tokens), "ns/token")
}
