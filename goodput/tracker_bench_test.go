package goodput

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/metrics"
)

// BenchmarkOnline gives the wall time a token over all cores of all that is
// known of a running request, with requests of its own for each goroutine,
// beside a counter and the Recorder alone.
func BenchmarkOnline(b *testing.B) {
	d := fluidity.Deadlines{Prefill: time.Second, Decode: 50 * time.Millisecond}
	idle := Options{}
	all := Options{Ideal: Ideal{TTFT: time.Second, PerToken: time.Second / 5}}
	cases := []struct {
		name    string
		observe func(s *online, at time.Duration, k int)
	}{
		{"counter", func(s *online, at time.Duration, k int) { s.read.n += uint32(k) }},
		{"Recorder", func(s *online, at time.Duration, k int) { s.rec.Observe(at, k) }},
		{"Tracker", func(s *online, at time.Duration, k int) { s.read.Observe(&idle, at, k) }},
		{"Tracker, QoE", func(s *online, at time.Duration, k int) { s.read.Observe(&all, at, k) }},
		{"all", func(s *online, at time.Duration, k int) { s.observe(&d, &all, at, k) }},
	}
	for _, shape := range shapes {
		tokens := shape.r.Tokens()
		for _, goroutines := range []int{1, 2, 64, 4096} {
			for _, c := range cases {
				b.Run(fmt.Sprintf("%s/%s/goroutines=%d", c.name, shape.name, goroutines), func(b *testing.B) {
					b.ReportAllocs()
					each := (b.N + goroutines - 1) / goroutines
					states := make([]online, goroutines)
					var done sync.WaitGroup
					b.ResetTimer()
					for i := range states {
						s := &states[i]
						done.Add(1)
						go func() {
							defer done.Done()
							for range each {
								*s = online{}
								s.rec.Start(0)
								if err := s.fluid.Start(&d, metrics.Count{}); err != nil {
									panic(err)
								}
								for _, v := range shape.r.Deliveries {
									c.observe(s, v.At, v.Tokens)
								}
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

// BenchmarkOnlineStep is an engine: a step has one instant and gives each of
// many streams a token.
func BenchmarkOnlineStep(b *testing.B) {
	d := fluidity.Deadlines{Prefill: time.Second, Decode: 50 * time.Millisecond}
	o := Options{Ideal: Ideal{TTFT: time.Second, PerToken: time.Second / 5}}
	for _, streams := range []int{256, 4096, 65536} {
		b.Run(fmt.Sprintf("streams=%d", streams), func(b *testing.B) {
			b.ReportAllocs()
			slab := make([]online, streams)
			for i := range slab {
				slab[i].rec.Start(0)
				if err := slab[i].fluid.Start(&d, metrics.Count{}); err != nil {
					b.Fatal(err)
				}
			}
			at := time.Duration(0)
			for b.Loop() {
				at += 20 * time.Millisecond
				for i := range slab {
					slab[i].observe(&d, &o, at, 1)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*streams), "ns/token")
		})
	}
}
