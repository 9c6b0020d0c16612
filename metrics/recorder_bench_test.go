package metrics

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// benchGaps is a cycle of gaps as of speculative decoding.
func benchGaps() *[1024]time.Duration {
	rng := rand.New(rand.NewPCG(5, 5))
	gaps := new([1024]time.Duration)
	for i := range gaps {
		gaps[i] = time.Duration(1 + rng.IntN(40_000))
		if rng.IntN(4) == 0 {
			gaps[i] = 25*ms + time.Duration(rng.IntN(int(10*ms)))
		}
	}
	return gaps
}

// tokenBenchmarks are what is done with each token: make returns it for one
// stream. The baselines come first.
var tokenBenchmarks = []struct {
	name string
	make func() func(at, gap time.Duration)
}{
	{"nothing", func() func(at, gap time.Duration) { return func(at, gap time.Duration) {} }},
	{"counter", func() func(at, gap time.Duration) {
		n := new([8]int64) // a cache line of its own
		return func(at, gap time.Duration) { n[0]++ }
	}},
	{"hdrhistogram-go", func() func(at, gap time.Duration) {
		h := hdrhistogram.New(1, int64(time.Hour), 2)
		return func(at, gap time.Duration) {
			if err := h.RecordValue(int64(gap)); err != nil {
				panic(err)
			}
		}
	}},
	{"time.Since", func() func(at, gap time.Duration) {
		origin, r := time.Now(), new(Recorder)
		r.Start(0)
		return func(at, gap time.Duration) { r.Observe(time.Since(origin), 1) }
	}},
	{"time.Now", func() func(at, gap time.Duration) {
		clock, r := NewClock(time.Now()), new(Recorder)
		r.Start(0)
		return func(at, gap time.Duration) { r.Observe(clock.At(time.Now()), 1) }
	}},
	{"Recorder", func() func(at, gap time.Duration) {
		r := new(Recorder)
		r.Start(0)
		return func(at, gap time.Duration) { r.Observe(at, 1) }
	}},
	{"TraceRecorder", func() func(at, gap time.Duration) {
		r := new(TraceRecorder)
		buffer := make([]Delivery, 0, 1024)
		r.Keep(buffer)
		r.Start(0)
		return func(at, gap time.Duration) {
			if len(r.kept) == cap(r.kept) { // the next request
				*r = TraceRecorder{}
				r.Keep(buffer)
				r.Start(at)
			}
			r.Observe(at, 1)
		}
	}},
}

// BenchmarkRecorder gives the wall time a token over all cores, with a stream
// of its own for each goroutine. Every case pays for one indirect call, which
// "nothing" shows.
func BenchmarkRecorder(b *testing.B) {
	gaps := benchGaps()
	for _, streams := range []int{1, 2, 64, 4096} {
		for _, c := range tokenBenchmarks {
			b.Run(fmt.Sprintf("%s/streams=%d", c.name, streams), func(b *testing.B) {
				b.ReportAllocs()
				each := (b.N + streams - 1) / streams
				observe := make([]func(at, gap time.Duration), streams)
				for i := range observe {
					observe[i] = c.make()
				}
				var done sync.WaitGroup
				b.ResetTimer()
				for _, f := range observe {
					done.Add(1)
					go func() {
						defer done.Done()
						at := time.Duration(0)
						for i := range each {
							gap := gaps[i%len(gaps)]
							at += gap
							f(at, gap)
						}
					}()
				}
				done.Wait()
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(each*streams), "ns/token")
			})
		}
	}
}

// BenchmarkRecorderDirect is one stream, without the indirect call.
func BenchmarkRecorderDirect(b *testing.B) {
	gaps := benchGaps()
	b.Run("counter", func(b *testing.B) {
		var n, at time.Duration
		i := 0
		for b.Loop() {
			at += gaps[i%len(gaps)]
			i++
			n++
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/token")
		sink = n + at
	})
	b.Run("hdrhistogram-go", func(b *testing.B) {
		h := hdrhistogram.New(1, int64(time.Hour), 2)
		i := 0
		for b.Loop() {
			if err := h.RecordValue(int64(gaps[i%len(gaps)])); err != nil {
				b.Fatal(err)
			}
			i++
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/token")
	})
	b.Run("Recorder", func(b *testing.B) {
		var r Recorder
		r.Start(0)
		at := time.Duration(0)
		i := 0
		for b.Loop() {
			at += gaps[i%len(gaps)]
			r.Observe(at, 1)
			i++
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/token")
	})
}

var sink time.Duration

// BenchmarkRecorderStep is an engine: a step has one instant and gives each of
// many streams a token.
func BenchmarkRecorderStep(b *testing.B) {
	for _, streams := range []int{256, 4096, 65536} {
		b.Run(fmt.Sprintf("streams=%d", streams), func(b *testing.B) {
			b.ReportAllocs()
			slab := make([]Recorder, streams)
			for i := range slab {
				slab[i].Start(0)
			}
			at := time.Duration(0)
			for b.Loop() {
				at += 20 * ms
				for i := range slab {
					slab[i].Observe(at, 1)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*streams), "ns/token")
		})
	}
}
