package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/results"
)

// recorded reads the requests of the first run in a file of rounds.
func recorded(path string) ([]metrics.Request, error) {
	rd, err := results.Open(path, results.Options{})
	if err != nil {
		return nil, err
	}
	defer rd.Close()
	var requests []metrics.Request
	if rd.NextRun() {
		for rd.Next() {
			r := *rd.Request()
			r.Deliveries = slices.Clone(r.Deliveries) // the reader reuses them
			requests = append(requests, r)
		}
	}
	if err := rd.Err(); err != nil {
		return nil, err
	}
	if len(requests) == 0 {
		return nil, fmt.Errorf("%s: %w", path, errors.New("no requests"))
	}
	return requests, nil
}

// file is the recording that is shown.
const file = "s1_dflash_fresh.rounds.jsonl.gz"

const (
	seed     = 1
	answers  = 96
	rounds   = 50                    // of each answer
	shortest = 42 * time.Millisecond // round
	spread   = 4 * time.Millisecond
	prefill  = 100 * time.Millisecond
	proposed = 7 // tokens
)

// synthetic returns answers as a speculating server gives them, one at a time: in
// a round of 42 to 46 ms the model checks 7 proposed tokens and keeps those before
// the first that it would not have said, and one of its own. It agrees with a
// proposal 7 times in 8, but in passages that are hard to guess 5 times in 8; one
// round in 8 a passage ends. All of this is our choice, near to the recordings,
// which have rounds of 42 to 51 ms but the first, with 4.4 tokens on average.
func synthetic() []metrics.Request {
	rng := rand.New(rand.NewPCG(seed, 0))
	requests := make([]metrics.Request, answers)
	for i := range requests {
		at := prefill
		r := metrics.Request{ID: fmt.Sprint(i), Sent: metrics.Known(time.Duration(0))}
		hard := false
		for range rounds {
			if rng.IntN(8) == 0 {
				hard = !hard
			}
			at += shortest + time.Duration(rng.Int64N(int64(spread)))
			r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: accepted(rng, hard)})
		}
		r.End = metrics.Known(at)
		requests[i] = r
	}
	return requests
}

// accepted throws the number of tokens of a round.
func accepted(rng *rand.Rand, hard bool) int {
	likely := 7 // of 8
	if hard {
		likely = 5
	}
	n := 1
	for n <= proposed && rng.IntN(8) < likely {
		n++
	}
	return n
}

// smoothed returns the request with its tokens evenly between the same first and
// last instants. With T = t_N - t_1,
//
//	t_i = t_1 + floor((i-1) T / (N-1))
//
// so TTFT, TTLT and TPOT stay as they are, to the nanosecond.
func smoothed(r metrics.Request) metrics.Request {
	n := r.Tokens()
	if n < 2 {
		return r
	}
	decode, _ := r.Raw().Decode.Get()
	first := r.Deliveries[slices.IndexFunc(r.Deliveries, func(d metrics.Delivery) bool { return d.Tokens > 0 })].At
	r.Deliveries = make([]metrics.Delivery, n)
	for i := range r.Deliveries {
		r.Deliveries[i] = metrics.Delivery{At: first + time.Duration(int64(i)*int64(decode)/(n-1)), Tokens: 1}
	}
	return r
}
