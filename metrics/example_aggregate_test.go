package metrics_test

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// finished returns a request of one class that was sent at an instant and got
// three tokens after the wait.
func finished(class string, sent, wait time.Duration) *metrics.Request {
	r := &metrics.Request{Class: class, Sent: metrics.Known(sent)}
	for i := range 3 {
		at := sent + wait + time.Duration(i)*20*time.Millisecond
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: 1})
	}
	return r
}

// Many goroutines finish requests into one place. A scraper reads the last
// minute of one class, and everything since the start.
func ExampleAggregate() {
	a := metrics.Aggregate{Options: metrics.AggregateOptions{
		Summary:  metrics.SummaryOptions{Convention: metrics.Paper, Method: metrics.HDRMethod},
		Interval: 10 * time.Second,
		Classes:  []string{"chat", "code"},
	}}
	var wg sync.WaitGroup
	for i := range 120 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			// One request a second for two minutes; in the second minute chat
			// has to wait longer.
			sent, wait, class := time.Duration(i)*time.Second, 200*time.Millisecond, "code"
			if i%2 == 0 {
				class = "chat"
				if i >= 60 {
					wait = 900 * time.Millisecond
				}
			}
			if err := a.Add(sent+wait, finished(class, sent, wait)); err != nil {
				fmt.Println(err)
			}
		}()
	}
	wg.Wait()

	now := 120 * time.Second
	for _, class := range []string{"chat", "code"} {
		s := a.Snapshot(metrics.Selection{Class: metrics.Known(class), Last: time.Minute, Now: now})
		stats := s.Stats()
		fmt.Printf("%s, last %v: %d requests, %v/s, TTFT P50 %v\n", class, s.Duration(), stats.Requests.Offered,
			stats.Throughput.Requests, stats.Raw.TTFT.P50)
	}
	all := a.Snapshot(metrics.Selection{}).Stats()
	fmt.Printf("since the start: %d requests, TTFT %v to %v\n", all.Requests.Offered, all.Raw.TTFT.Min, all.Raw.TTFT.Max)
	// Output:
	// chat, last 1m0s: 30 requests, 0.5/s, TTFT P50 9e+08
	// code, last 1m0s: 30 requests, 0.5/s, TTFT P50 2e+08
	// since the start: 120 requests, TTFT 2e+08 to 9e+08
}

// Workers send what they have counted; the network repeats and reorders it.
func ExampleLedger() {
	var worker metrics.Summary
	snapshot := func(requests int) []byte {
		for range requests {
			if err := worker.Add(finished("", 0, 100*time.Millisecond)); err != nil {
				fmt.Println(err)
			}
		}
		data, err := worker.MarshalBinary()
		if err != nil {
			fmt.Println(err)
		}
		return data
	}
	first, second := snapshot(10), snapshot(5) // the second is of all 15

	var l metrics.Ledger
	from := metrics.Source{Run: "2026-03-01T12:00", Worker: "gateway-1"}
	news, err := l.Add(from, 1, first)
	fmt.Println(news, err, l.Summary(nil).Requests.Offered)
	news, err = l.Add(from, 2, second)
	fmt.Println(news, err, l.Summary(nil).Requests.Offered)
	news, err = l.Add(from, 2, second) // delivered twice
	fmt.Println(news, err, l.Summary(nil).Requests.Offered)
	news, err = l.Add(from, 1, first) // delivered late
	fmt.Println(news, errors.Is(err, metrics.ErrStale), l.Summary(nil).Requests.Offered)
	// Output:
	// true <nil> 10
	// true <nil> 15
	// false <nil> 15
	// false true 15
}
