package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

const (
	waves   = 25
	between = 40 * time.Second // waves

	prefill = time.Second           // of every prompt, one after the other
	gap     = 20 * time.Millisecond // between tokens: decode is elsewhere and never full
	lane    = 10 * time.Second      // how long the lane of long answers stays closed
	short   = 10                    // tokens
	long    = 1000                  // tokens
)

// arrived is a request of a wave, in the order in which it came.
type arrived struct {
	Name   string
	Tokens int
}

// wave returns the four requests that come together, the long answers first.
func wave() []arrived {
	return []arrived{{"long 1", long}, {"long 2", long}, {"short 1", short}, {"short 2", short}}
}

// scheduler says in which order the requests of a wave are prefilled, and how
// long after the wave each may begin.
type scheduler struct {
	Name   string
	Before func(a, b arrived) int // as in slices.SortStableFunc; nil keeps the order of arrival
	Closed func(a arrived) time.Duration
}

// schedulers returns the two.
func schedulers() []scheduler {
	return []scheduler{{
		Name:   "fifo",
		Closed: func(arrived) time.Duration { return 0 },
	}, {
		Name:   "lanes",
		Before: func(a, b arrived) int { return a.Tokens - b.Tokens },
		Closed: func(a arrived) time.Duration {
			if a.Tokens == long {
				return lane
			}
			return 0
		},
	}}
}

// serve returns the records of all waves. They do not overlap: the last prompt
// of a wave is prefilled long before the next one comes.
func (s scheduler) serve() []metrics.Request {
	var records []metrics.Request
	for i := range waves {
		origin := time.Duration(i) * between
		order := wave()
		if s.Before != nil {
			slices.SortStableFunc(order, s.Before)
		}
		free := origin // when the accelerator is
		for _, a := range order {
			begin := max(free, origin+s.Closed(a))
			free = begin + prefill
			r := a.record(origin, begin)
			r.ID = fmt.Sprintf("%s of wave %d", a.Name, i+1)
			records = append(records, r)
		}
	}
	return records
}

// record returns the request, of which prefill began at an instant.
func (a arrived) record(arrival, begin time.Duration) metrics.Request {
	r := metrics.Request{
		Class:     a.Name,
		Due:       metrics.Known(arrival),
		Sent:      metrics.Known(arrival),
		Scheduled: metrics.Known(begin),
	}
	for i := range a.Tokens {
		at := begin + prefill + time.Duration(i)*gap
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: 1})
	}
	r.End = metrics.Known(r.Deliveries[a.Tokens-1].At)
	return r
}
