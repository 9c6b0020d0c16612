package fluidity

import (
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// FluidDeadline returns D*, the smallest D_d at which at least ceil(0.99 n) of
// the n requests with two or more tokens reach the target: the order
// statistic of that rank of their minimum deadlines, never interpolated
// (arXiv:2407.07000 interpolates between float seconds; the rank is our
// definition). Under [metrics.HDRMethod] it is within that histogram's error
// bound.
//
// Special cases are:
//
//	n = 0                           undefined
//	fewer than ceil(0.99 n) reach the target at any D_d   undefined
//	Options.NoTokenRate             undefined
func (s *Summary) FluidDeadline() metrics.Span {
	n := s.MinDeadline.N()
	total := n + s.Unreachable
	rank := total - total/100 // ceil(0.99 total)
	if n == 0 || rank > n {
		return metrics.Span{}
	}
	// p in the middle between two ranks, so that no rounding of p moves it.
	d, _ := s.MinDeadline.Quantile((float64(rank) - 0.5) / float64(n))
	return metrics.Known(time.Duration(d))
}

// TokenRate returns the fluid token generation rate in tokens per second,
//
//	1 / D*
//
// the pace that 99 % of the requests could have been read at with an index of
// at least the target (arXiv:2407.07000); D* is [Summary.FluidDeadline]. It is
// undefined when D* is.
func (s *Summary) TokenRate() metrics.Optional[float64] {
	d, ok := s.FluidDeadline().Get()
	if !ok {
		return metrics.Optional[float64]{}
	}
	return metrics.Known(1e9 / float64(d))
}

func (s *Summary) addMinDeadline(r *metrics.Request, j judgement) {
	n := j.tokens + j.lacking
	if !j.paced || n < 2 {
		s.MinDeadline.AddUndefined(1)
		return
	}
	d, ok := minDecodeDeadline(r, s.Options.Target.orDefault(), s.Options.Deadlines.Late, j.lacking)
	if !ok {
		s.Unreachable++
		s.MinDeadline.AddUndefined(1)
		return
	}
	s.MinDeadline.AddSpan(metrics.Known(d))
}
