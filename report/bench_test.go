package report

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

// benchRequests makes n requests of 100 tokens with gaps as of speculative
// decoding: three of four near zero, the others around 30 ms, one of a
// hundred a stall.
func benchRequests(n int) []metrics.Request {
	rng := rand.New(rand.NewPCG(1, 2))
	run := make([]metrics.Request, n)
	all := make([]metrics.Delivery, 0, 100*n) // in one piece, as a reader of columns holds them
	for i := range run {
		start := time.Duration(i) * time.Millisecond
		run[i] = metrics.Request{ID: fmt.Sprint(i), Due: metrics.Known(start), Sent: metrics.Known(start)}
		now := start + 200*time.Millisecond
		for range 100 {
			all = append(all, metrics.Delivery{At: now, Tokens: 1})
			switch x := rng.IntN(100); {
			case x < 75:
				now += time.Duration(1+rng.IntN(40)) * time.Microsecond
			case x < 99:
				now += 25*time.Millisecond + time.Duration(rng.IntN(int(10*time.Millisecond)))
			default:
				now += time.Duration(rng.IntN(int(2 * time.Second)))
			}
		}
		run[i].Deliveries = all[len(all)-100:]
		run[i].End = metrics.Known(now)
	}
	return run
}

func benchOptions(method metrics.Method) Options {
	return Options{
		Method:    method,
		Deadlines: fluidity.Deadlines{Prefill: time.Second, Decode: 100 * time.Millisecond},
		Goodput:   goodput.Options{Ideal: goodput.Ideal{TTFT: time.Second, PerToken: 200 * time.Millisecond}},
	}
}

func newBenchRun(b testing.TB, o Options, rate bool) *Run {
	b.Helper()
	run, err := NewRun(&results.Run{CommonClock: true}, o)
	if err != nil {
		b.Fatal(err)
	}
	run.Fluidity.Options.NoTokenRate = !rate
	return run
}

// BenchmarkPass is the pass over a run in memory that yields every metric:
// raw and normalized distributions, fluidity, idle latency, benefit and QoE.
// The token rate, a search in every request, is apart.
func BenchmarkPass(b *testing.B) {
	requests := benchRequests(10_000)
	for _, c := range []struct {
		name       string
		method     metrics.Method
		rate       bool
		goroutines int
	}{
		{"hdr", metrics.HDRMethod, false, 1},
		{"hdr+two-goroutines", metrics.HDRMethod, false, 2},
		{"hdr+token-rate", metrics.HDRMethod, true, 1},
		{"exact", metrics.ExactMethod, false, 1},
	} {
		b.Run(c.name, func(b *testing.B) {
			var runs []*Run
			for range c.goroutines {
				runs = append(runs, newBenchRun(b, benchOptions(c.method), c.rate))
			}
			for b.Loop() {
				if c.method == metrics.ExactMethod {
					runs[0] = newBenchRun(b, benchOptions(c.method), c.rate)
				}
				var wg sync.WaitGroup
				share := len(requests) / c.goroutines
				for i, run := range runs {
					part := requests[i*share : (i+1)*share]
					wg.Add(1)
					go func() {
						defer wg.Done()
						for i := range part {
							if err := run.Add(&part[i]); err != nil {
								b.Error(err)
							}
						}
					}()
				}
				wg.Wait()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(requests)*100), "ns/token")
		})
	}
}

func TestPassDoesNotAllocate(t *testing.T) {
	requests := benchRequests(50)
	run := newBenchRun(t, benchOptions(metrics.HDRMethod), true)
	add := func() {
		for i := range requests {
			if err := run.Add(&requests[i]); err != nil {
				t.Fatal(err)
			}
		}
	}
	add()
	if n := testing.AllocsPerRun(20, add); n != 0 {
		t.Errorf("%v allocations for 50 requests of 100 tokens, want 0", n)
	}
}
