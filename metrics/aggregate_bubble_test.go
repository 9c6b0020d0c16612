//go:build go1.25

package metrics

import (
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestAggregateInBubble lets 200 goroutines finish requests by a clock of
// their own while a scraper reads windows, all at exact virtual instants, and
// compares each window with the requests that ended in it.
func TestAggregateInBubble(t *testing.T) {
	const (
		writers  = 200
		interval = 10 * time.Second
		last     = time.Minute
	)
	for _, method := range []Method{ExactMethod, HDRMethod} {
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			o := SummaryOptions{Method: method}
			a := Aggregate{Options: AggregateOptions{Summary: o, Interval: interval, Intervals: 6}}
			type ended struct {
				at time.Duration
				r  *Request
			}
			var mu sync.Mutex
			var all []ended
			var writing sync.WaitGroup
			for g := range writers {
				writing.Add(1)
				go func() {
					defer writing.Done()
					rng := rand.New(rand.NewPCG(41, uint64(g)))
					for range 5 {
						// Never a multiple of a millisecond, when the scraper reads.
						time.Sleep(time.Duration(rng.IntN(40_000))*time.Millisecond + time.Microsecond)
						r := randomRequest(rng)
						now := time.Since(begin)
						if err := a.Add(now, r); err != nil {
							t.Error(err)
						}
						mu.Lock()
						all = append(all, ended{now, r})
						mu.Unlock()
					}
				}()
			}
			for range 12 {
				time.Sleep(15 * time.Second)
				synctest.Wait() // who ended by now has been counted
				now := time.Since(begin)
				from := (now - last) / interval * interval
				if now < last {
					from = 0
				}
				var in []*Request
				mu.Lock()
				for _, e := range all {
					if e.at >= from {
						in = append(in, e.r)
					}
				}
				mu.Unlock()
				s := a.Snapshot(Selection{Last: last, Now: now})
				if got, ok := s.Duration().Get(); !ok || got != now-from {
					t.Errorf("at %v: the window covers %v, want %v", now, got, now-from)
				}
				s.Options.Duration = Span{}
				checkSame(t, "window at "+now.String(), summaryOf(t, o, in), s)
			}
			writing.Wait()
			if n := a.Snapshot(Selection{}).Requests.Offered; n != 5*writers || a.Late() != 0 {
				t.Errorf("%d requests, %d late, want %d and 0", n, a.Late(), 5*writers)
			}
		})
	}
}
