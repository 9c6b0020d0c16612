package goodput

import (
	"fmt"
	"math"
	"math/big"

	"github.com/tokentime/tokentime/metrics"
)

// Summary sums up the goodput of many requests. The zero Summary is ready,
// under the zero [Options], with exact distributions.
//
// Counts and sums are exact integers, so they do not depend on the order in
// which requests are added or summaries merged. Only the sum of a caller's
// own penalty is one of float64 values: for n of them it differs from the
// exact sum by at most n 2^-53 of that, and between two orders by at most
// twice as much.
//
// It is not safe for concurrent use; let each goroutine fill its own and
// merge them.
type Summary struct {
	Options Options // not to be changed after the first Add

	// Method and Quantile say how the distributions are kept and read; the
	// zero values are exact and linear. Not to be changed after the first
	// Add.
	Method   metrics.Method
	Quantile metrics.QuantileKind

	Counts Counts

	// IdleLatency is the distribution of [Options.IdleLatency], in
	// nanoseconds, and QoE that of [Ideal.QoE]. Each has one value or one
	// undefined from every request.
	IdleLatency, QoE metrics.Distribution

	ready   bool
	tokens  int64   // sum of N over the requests that have a benefit
	weight  wide    // sum of the penalty's weight over them; see Penalty.unit
	penalty float64 // sum of Penalty.Func over them
}

// Counts says how many requests a [Summary] is about. All are of those
// offered, whatever became of them.
type Counts struct {
	Requests  int64 // R, all that were added
	Abandoned int64 // not completed
	Judged    int64 // held against an objective
	Met       int64 // attained it
	MetTokens int64 // [metrics.Request.OutputTokens] of those

	// Benefit is the number of requests that have a benefit. The others add
	// nothing to the sum.
	Benefit int64

	// Sparse is how many have tokens but no benefit because their gaps were
	// not recorded ([metrics.Request.Sparse]). If there is one, the sum over
	// all requests is unknown.
	Sparse int64

	// Uncharged is how many of these were abandoned and owe a charge that is
	// unknown, since their end is; see [ChargeTheWait].
	Uncharged int64
}

func (c *Counts) add(o Counts) {
	c.Requests += o.Requests
	c.Abandoned += o.Abandoned
	c.Judged += o.Judged
	c.Met += o.Met
	c.MetTokens += o.MetTokens
	c.Benefit += o.Benefit
	c.Sparse += o.Sparse
	c.Uncharged += o.Uncharged
}

func (s *Summary) prepare() {
	if s.ready {
		return
	}
	s.ready = true
	s.IdleLatency.Options = metrics.DistributionOptions{Method: s.Method, Kind: s.Quantile}
	s.QoE.Options = metrics.DistributionOptions{Method: s.Method, Kind: s.Quantile, Unit: metrics.Share}
}

// Add adds a request and whether it attained its service level objective:
//
//	metrics.Known(verdict == slo.Met)   there is an objective
//	metrics.Optional[bool]{}            there is none
//
// A request on which an objective has no verdict does not attain it, and
// stays among those offered; package slo counts such requests.
//
// The request must be valid. The error is an [*OptionError]; the request is
// then not counted at all. Add takes time proportional to the number of deliveries and, with streaming
// distributions, does not allocate.
func (s *Summary) Add(r *metrics.Request, attained metrics.Optional[bool]) error {
	o := &s.Options
	if err := o.err(); err != nil {
		return err
	}
	s.prepare()
	s.count(r, attained)
	e := o.experience(r)
	s.addBenefit(e)
	s.IdleLatency.AddSpan(e.idle())
	if q, ok := o.Ideal.QoE(r); ok {
		s.QoE.Add(q)
	} else {
		s.QoE.AddUndefined(1)
	}
	return nil
}

func (s *Summary) count(r *metrics.Request, attained metrics.Optional[bool]) {
	c := &s.Counts
	c.Requests++
	if abandoned(r) {
		c.Abandoned++
	}
	met, judged := attained.Get()
	if judged {
		c.Judged++
	}
	if met {
		c.Met++
		c.MetTokens += r.OutputTokens()
	}
}

func (s *Summary) addBenefit(e experience) {
	if e.sparse {
		s.Counts.Sparse++
	}
	l, ok := e.waited.Get()
	if !ok {
		return
	}
	s.Counts.Benefit++
	if e.uncharged {
		s.Counts.Uncharged++
	}
	s.tokens += e.tokens
	if p := &s.Options.Penalty; p.Func != nil {
		s.penalty += p.call(l, e.tokens)
	} else {
		s.weight = s.weight.plus(p.weight(l, e.tokens))
	}
}

// Merge adds all that o holds. The result equals the Summary of the requests
// of both. The error is an [*OptionError] that wraps [ErrMismatch]; then
// nothing has changed.
func (s *Summary) Merge(o *Summary) error {
	differs := s.Options.mismatch(&o.Options)
	switch {
	case s.Method != o.Method:
		differs = "Method"
	case s.Quantile != o.Quantile:
		differs = "Quantile"
	}
	if differs != "" {
		return &OptionError{differs, ErrMismatch}
	}
	if !o.ready {
		return nil // nothing was ever added
	}
	s.prepare()
	if err := s.IdleLatency.Merge(&o.IdleLatency); err != nil {
		return err
	}
	if err := s.QoE.Merge(&o.QoE); err != nil {
		return err
	}
	s.Counts.add(o.Counts)
	s.tokens += o.tokens
	s.weight = s.weight.plus(o.weight)
	s.penalty += o.penalty
	return nil
}

// Benefit returns the sum of [Options.Benefit] over the requests, in tokens,
// rounded once. It is undefined if no request has a benefit, if one has
// tokens and no benefit because its gaps were not recorded, or if the sum is
// beyond float64.
func (s *Summary) Benefit() metrics.Optional[float64] {
	return known(s.benefit())
}

// benefit returns sum N - alpha sum f, or nil if there is none.
func (s *Summary) benefit() *big.Rat {
	if s.Counts.Benefit == 0 || s.Counts.Sparse > 0 {
		return nil
	}
	f := new(big.Rat)
	if s.Options.Penalty.Func != nil {
		if math.IsInf(s.penalty, 1) {
			return nil
		}
		f.SetFloat64(s.penalty)
	} else {
		f.SetFrac(s.weight.int(), big.NewInt(int64(s.Options.unit())))
	}
	f.Mul(f, new(big.Rat).SetFloat64(s.Options.alpha()))
	return f.Sub(new(big.Rat).SetInt64(s.tokens), f)
}

// known returns x, rounded once, unless there is none or it is beyond
// float64.
func known(x *big.Rat) metrics.Optional[float64] {
	if x == nil {
		return metrics.Optional[float64]{}
	}
	f, _ := x.Float64()
	if math.IsInf(f, 0) {
		return metrics.Optional[float64]{}
	}
	return metrics.Known(f)
}

// Codes of the warnings of a [Summary].
const (
	WarnUncharged = "abandoned-end-unknown"
	WarnNoBenefit = "benefit-undefined"
	WarnNoSum     = "smooth-goodput-undefined"
)

// Warnings returns what is doubtful about the summary's numbers.
func (s *Summary) Warnings() []metrics.Warning {
	var w []metrics.Warning
	c := s.Counts
	if c.Sparse > 0 {
		w = append(w, metrics.Warning{Code: WarnNoSum, Message: fmt.Sprintf(
			"of %d of %d requests only the first and the last token have an instant: nobody knows how long their readers waited, so there is no sum of benefits and no smooth goodput",
			c.Sparse, c.Requests)})
	}
	if c.Uncharged > 0 {
		w = append(w, metrics.Warning{Code: WarnUncharged, Message: fmt.Sprintf(
			"%d of %d abandoned requests do not say when they ended: the wait for the token that never came is not charged, so their idle latency is a lower bound and the smooth goodput an upper one",
			c.Uncharged, c.Abandoned)})
	}
	if n := c.Requests - c.Benefit - c.Sparse; n > 0 {
		w = append(w, metrics.Warning{Code: WarnNoBenefit, Message: fmt.Sprintf(
			"%d of %d requests have no benefit, for want of a token, an arrival or an end, and add nothing to the smooth goodput",
			n, c.Requests)})
	}
	w = append(w, s.IdleLatency.Warnings("idle latency")...)
	return append(w, s.QoE.Warnings("QoE")...)
}
