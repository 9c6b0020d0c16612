package goodput

import (
	"math/big"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// Stats is a [Summary] in numbers, over the duration T of the run. R is all
// requests offered, and a met one attained its objective.
//
//	Requests = |met| / T                    requests/s; DistServe, arXiv:2401.09670
//	Tokens   = sum over the met of N / T    tokens/s; arXiv:2410.14257v2 eq. 7
//	Smooth   = sum over R of benefit / T    tokens/s; arXiv:2410.14257v2 eq. 11
//	Benefit  = sum over R of benefit        tokens
//
// N of Tokens is [metrics.Request.OutputTokens], that of the benefit
// [metrics.Request.Tokens]. Each number is rounded once.
//
// Special cases are:
//
//	T unknown, zero or negative   no rate
//	no request was judged         no Requests and no Tokens; 0 says that none met its objective
//	no request has a benefit      no Smooth and no Benefit
//	gaps of one not recorded      no Smooth and no Benefit: a part of the sum is unknown, and its sign
//	no value at all               the distribution is nil, and null in JSON
type Stats struct {
	Requests metrics.Optional[float64] `json:"requests_per_s"`
	Tokens   metrics.Optional[float64] `json:"tokens_per_s"`
	Smooth   metrics.Optional[float64] `json:"smooth_tokens_per_s"`
	Benefit  metrics.Optional[float64] `json:"benefit_tokens"`

	BenefitUndefined int64 `json:"benefit_undefined"` // requests without a benefit
	Uncharged        int64 `json:"benefit_uncharged"` // [Counts.Uncharged]

	IdleLatency *metrics.Stats `json:"idle_latency_ns"`
	QoE         *metrics.Stats `json:"qoe"`
}

// Stats returns the summary in numbers for a run of the given duration. With
// exact distributions its cost is that of finding quantiles among all values.
func (s *Summary) Stats(duration metrics.Span) Stats {
	c := s.Counts
	v := Stats{
		Benefit:          s.Benefit(),
		BenefitUndefined: c.Requests - c.Benefit,
		Uncharged:        c.Uncharged,
		IdleLatency:      describe(&s.IdleLatency),
		QoE:              describe(&s.QoE),
	}
	if c.Judged > 0 {
		v.Requests = metrics.PerSecond(c.Met, duration)
		v.Tokens = metrics.PerSecond(c.MetTokens, duration)
	}
	if t, ok := duration.Get(); ok && t > 0 {
		if b := s.benefit(); b != nil {
			v.Smooth = known(b.Mul(b, big.NewRat(int64(time.Second), int64(t))))
		}
	}
	return v
}

// PerAccelerator returns the same with the three rates divided by the number
// n of accelerators that served the run, and nothing else changed. It panics
// if n is not positive.
func (v Stats) PerAccelerator(n int) Stats {
	if n < 1 {
		panic("goodput: PerAccelerator of no accelerator")
	}
	for _, rate := range []*metrics.Optional[float64]{&v.Requests, &v.Tokens, &v.Smooth} {
		if x, ok := rate.Get(); ok {
			*rate = metrics.Known(x / float64(n))
		}
	}
	return v
}

// describe returns the numbers of d, or nil if there is no value.
func describe(d *metrics.Distribution) *metrics.Stats {
	if d.N() == 0 {
		return nil
	}
	s := d.Stats()
	return &s
}
