package generate

import (
	"math/big"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/metrics/metricstest"
)

// choices are the options of the fluidity index; the zero value is the
// published index.
type choices struct {
	ceil bool // lateness x costs ceil(x/D_d) misses, not floor(x/D_d) + 1
	skip bool // the first token has no deadline, and D_p no part
	free bool // the first token is a hit however late
	drop bool // time left before D_p is lost
}

func (x *answer) fluidity(p *metricstest.Parameters) metricstest.Fluidity {
	return metricstest.Fluidity{
		Floor:      x.fluidityUnder(p, choices{}),
		Ceil:       x.fluidityUnder(p, choices{ceil: true}),
		DecodeOnly: x.fluidityUnder(p, choices{skip: true}),
		Free:       x.fluidityUnder(p, choices{free: true}),
		DropSlack:  x.fluidityUnder(p, choices{drop: true}),
	}
}

func (x *answer) fluidityUnder(p *metricstest.Parameters, c choices) metricstest.Score {
	a := x.arrival()
	if c.skip {
		a = x.firstToken() // any instant would do
	}
	zero, ok := a.Get()
	if !ok {
		return score(0, 0)
	}
	return score(fluidity(x.t, zero, p.PrefillDeadline, p.DecodeDeadline, c))
}

// fluidity follows the deadlines
//
//	d_1 = D_p;   d_{i+1} = max(d_i, t_i - a) + D_d
func fluidity(t []time.Duration, a, prefill, decode time.Duration, c choices) (hits, misses int64) {
	d := prefill
	for i := range t {
		at := minus(t[i], a)
		late := minus(at, d)
		switch {
		case i == 0 && c.skip:
		case i == 0 && c.free, late <= 0:
			hits++
		case c.ceil:
			misses += int64(plus(late, decode-1) / decode)
		default:
			misses += int64(late/decode) + 1
		}
		if i == 0 && (c.skip || c.drop) {
			d = at
		}
		d = plus(max(d, at), decode)
	}
	return hits, misses
}

// minDecodeDeadline returns the smallest D_d, in whole nanoseconds, with a
// decode-only index of at least 9/10.
func (x *answer) minDecodeDeadline() metrics.Span {
	if len(x.t) < 2 {
		return metrics.Span{}
	}
	reached := func(d time.Duration) bool {
		hits, misses := fluidity(x.t, x.t[0], 0, d, choices{skip: true})
		return 10*hits >= 9*(hits+misses)
	}
	stall, _ := largest(gaps(x.t)).Get()
	low, high := time.Duration(1), max(stall, 1) // high is long enough: no gap is longer
	for low < high {
		middle := low + (high-low)/2
		if reached(middle) {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return metrics.Known(low)
}

// tokenAttainment holds token i against TTFT* + (i - 1) TBT*.
func (x *answer) tokenAttainment(p *metricstest.Parameters) metricstest.Score {
	a, ok := x.arrival().Get()
	if !ok {
		return score(0, 0)
	}
	var hits, misses int64
	for i := range x.t {
		if minus(x.t[i], a) <= plus(p.AttainmentTTFT, times(i, p.AttainmentTBT)) {
			hits++
		} else {
			misses++
		}
	}
	return score(hits, misses)
}

func score(hits, misses int64) metricstest.Score {
	s := metricstest.Score{Hits: hits, Misses: misses}
	if hits+misses > 0 {
		s.Index = quotient(big.NewRat(hits, hits+misses))
	}
	return s
}
