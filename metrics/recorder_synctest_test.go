//go:build go1.25

package metrics

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestRecorderOfAServer runs a server's goroutines in a bubble, where time.Now
// is exact: an engine sends tokens for two requests through channels, and a
// handler for each stamps them as they come.
func TestRecorderOfAServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := NewClock(time.Now())
		results := make(chan Raw)
		handle := func(chunks <-chan int) {
			var rec Recorder
			rec.Start(clock.At(time.Now()))
			for k := range chunks {
				rec.Observe(clock.At(time.Now()), k)
			}
			rec.Finish(clock.At(time.Now()), Completed, Count{})
			if err := rec.Err(); err != nil {
				t.Error(err)
			}
			results <- rec.Raw()
		}
		send := func(chunks chan<- int, pauses ...time.Duration) {
			for _, p := range pauses {
				time.Sleep(p)
				chunks <- 1
			}
			time.Sleep(ms)
			close(chunks)
		}
		time.Sleep(time.Hour) // the origin is long ago
		fast, slow := make(chan int), make(chan int)
		go handle(fast)
		go handle(slow)
		go send(fast, 200*ms, 20*ms, 20*ms)
		go send(slow, 300*ms, 20*ms, 2*s1)
		want := []Raw{
			{TTFT: Known(200 * ms), TTLT: Known(240 * ms), Decode: Known(40 * ms), Stall: Known(20 * ms), EndToEnd: Known(241 * ms)},
			{TTFT: Known(300 * ms), TTLT: Known(2320 * ms), Decode: Known(2020 * ms), Stall: Known(2 * s1), EndToEnd: Known(2321 * ms)},
		}
		if diff := cmp.Diff(want, []Raw{<-results, <-results}); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}
