package prometheus

import (
	"fmt"
	"sync"
	"testing"
	"time"

	hdrhistogram "github.com/HdrHistogram/hdrhistogram-go"
	prom "github.com/prometheus/client_golang/prometheus"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/goodput"
	"github.com/tokentime/tokentime/metrics"
)

// BenchmarkToken is the cost of one token, 20 ms after the one before, on many
// goroutines: what a recorder takes, alone and with both trackers, beside a
// bare counter, a histogram for each goroutine, and one Prometheus histogram
// that is observed for every token.
func BenchmarkToken(b *testing.B) {
	const gap = 20 * time.Millisecond
	shared := prom.NewHistogram(prom.HistogramOpts{Name: "gap_seconds", Buckets: prom.DefBuckets})
	deadlines := &fluidity.Deadlines{Prefill: time.Second, Decode: 50 * time.Millisecond}
	options := &goodput.Options{Ideal: goodput.Ideal{TTFT: time.Second, PerToken: 200 * time.Millisecond}}
	for _, c := range []struct {
		name   string
		stream func(n int)
	}{
		{"counter", func(n int) {
			var count, last time.Duration
			for i := range n {
				count += time.Duration(i) - last
				last = time.Duration(i)
			}
			sink(count)
		}},
		{"hdrhistogram-go", func(n int) {
			h := hdrhistogram.New(1, int64(time.Hour), 2)
			for i := range n {
				if err := h.RecordValue(int64(gap) + int64(i&1023)); err != nil {
					b.Error(err)
				}
			}
		}},
		{"prometheus Observe", func(n int) {
			for i := range n {
				shared.Observe((gap + time.Duration(i&1023)).Seconds())
			}
		}},
		{"Recorder", func(n int) {
			var rec metrics.Recorder
			rec.Start(0)
			for i := range n {
				rec.Observe(time.Duration(i)*gap, 1)
			}
			sink(rec.Tokens())
		}},
		{"Recorder and trackers", func(n int) {
			var rec metrics.Recorder
			var fluid fluidity.Tracker
			var good goodput.Tracker
			rec.Start(0)
			if err := fluid.Start(deadlines, metrics.Count{}); err != nil {
				b.Error(err)
			}
			for i := range n {
				at := time.Duration(i) * gap
				rec.Observe(at, 1)
				fluid.Observe(deadlines, at, 1)
				good.Observe(options, at, 1)
			}
			sink(fluid.Score())
		}},
	} {
		for _, goroutines := range []int{1, 2, 64, 4096} {
			b.Run(fmt.Sprintf("%s/goroutines=%d", c.name, goroutines), func(b *testing.B) {
				b.ReportAllocs()
				n := b.N/goroutines + 1
				var wg sync.WaitGroup
				for range goroutines {
					wg.Add(1)
					go func() {
						defer wg.Done()
						c.stream(n)
					}()
				}
				wg.Wait()
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n*goroutines), "ns/token")
			})
		}
	}
}

// sink keeps a result from being optimized away.
//
//go:noinline
func sink(any) {}
