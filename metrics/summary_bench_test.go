package metrics

import (
	"math/rand/v2"
	"testing"
	"time"
)

// benchRun makes requests of 100 tokens with gaps as of speculative decoding:
// mostly near zero, some around 30 ms, 1 % stalls.
func benchRun(n int) (run []*Request, tokens int) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range n {
		r := &Request{Sent: Known(0 * ms)}
		now := 200 * ms
		for range 100 {
			r.Deliveries = append(r.Deliveries, Delivery{now, 1})
			switch x := rng.IntN(100); {
			case x < 75:
				now += time.Duration(1+rng.IntN(40)) * time.Microsecond
			case x < 99:
				now += 25*ms + time.Duration(rng.IntN(int(10*ms)))
			default:
				now += time.Duration(rng.IntN(int(2 * s1)))
			}
		}
		run = append(run, r)
	}
	return run, 100 * n
}

func BenchmarkSummaryAdd(b *testing.B) {
	run, tokens := benchRun(2000)
	for _, method := range []Method{HDRMethod, ExactMethod} {
		b.Run(method.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s := Summary{Options: SummaryOptions{Method: method}}
				for _, r := range run {
					if err := s.Add(r); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*tokens), "ns/token")
		})
	}
}
