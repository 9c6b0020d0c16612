package fluidity

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// BenchmarkTracker gives the wall time a token over all cores, with requests
// of its own for each goroutine, beside a counter.
func BenchmarkTracker(b *testing.B) {
	for _, s := range benchStreams {
		rs, tokens := benchRequests(s.gap)
		d := Deadlines{Prefill: time.Second, Decode: s.d}
		count := func(n *Score) {
			for i := range rs {
				for _, v := range rs[i].Deliveries {
					n.Hits += int64(v.Tokens)
				}
			}
		}
		observe := func(n *Score) {
			for i := range rs {
				var t Tracker
				if err := t.Start(&d, metrics.Count{}); err != nil {
					panic(err)
				}
				for _, v := range rs[i].Deliveries {
					t.Observe(&d, v.At, v.Tokens)
				}
				n.Misses += t.misses
			}
		}
		for _, goroutines := range []int{1, 2, 64, 4096} {
			for _, c := range []struct {
				name string
				run  func(*Score)
			}{{"counter", count}, {"Tracker", observe}} {
				b.Run(fmt.Sprintf("%s/%s/goroutines=%d", s.name, c.name, goroutines), func(b *testing.B) {
					b.ReportAllocs()
					each := (b.N + goroutines - 1) / goroutines
					var done sync.WaitGroup
					for range goroutines {
						done.Add(1)
						go func() {
							defer done.Done()
							var n Score
							for range each {
								c.run(&n)
							}
						}()
					}
					done.Wait()
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(each*goroutines)/float64(tokens), "ns/token")
				})
			}
		}
	}
}
