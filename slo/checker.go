package slo

import (
	"errors"
	"fmt"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// Scorer knows the two metrics that this package does not compute.
type Scorer interface {
	// Fluidity returns how many token deadlines the request hit and missed
	// with D_p = prefill and D_d = decode, neither negative; ok is false if
	// it had none.
	Fluidity(r *metrics.Request, prefill, decode time.Duration) (hits, misses int64, ok bool)
	// IdleLatency returns how long the request's reader waited for tokens.
	IdleLatency(r *metrics.Request) metrics.Span
}

// ErrNoScorer says that an objective names idle or fluidity and there is no
// [Scorer] to measure them.
var ErrNoScorer = errors.New("the objective names idle or fluidity, which need a Scorer")

// Checker judges requests, one at a time, by the parts of an objective that
// are about one request. The zero Checker has no objective and judges nothing.
//
// It holds no state: it may be used from several goroutines if its Scorer may.
type Checker struct {
	Objective  Objective
	Convention metrics.Convention // zero: the rules of [metrics.Paper]
	Scorer     Scorer             // may be nil unless Objective.NeedsScorer
	Undefined  Policy             // zero: an undefined part does not count
}

// Result is what [Checker.Check] found.
type Result struct {
	// Verdict on the request. It is that of the parts together, except that
	// an Unanswered request has missed.
	Verdict Verdict
	// Unanswered requests did not complete, or completed without a token.
	Unanswered bool
	// Parts about one request, in the order of the objective.
	Parts []PartResult
}

// PartResult is the verdict on one part, and the value that was compared
// with its limit: nanoseconds, or a share.
type PartResult struct {
	Part    Part
	Verdict Verdict
	Value   metrics.Optional[float64]
}

// Validate returns an error that wraps [ErrNoScorer] if the objective needs a
// Scorer and there is none.
func (c *Checker) Validate() error {
	if c.Scorer == nil && c.Objective.scorer {
		return fmt.Errorf("%w: %v", ErrNoScorer, c.Objective)
	}
	return nil
}

// Verdict says whether the request attains the objective: whether it
// completed with at least one token and every part about one request holds.
// It supposes that r is valid, does not allocate, and panics if Validate
// returns an error.
//
// Special cases are:
//
//	no part about one request                      Undefined
//	failed, rejected, cancelled, timed out, empty  Missed
//	every part undefined                           as [Policy] says
func (c *Checker) Verdict(r *metrics.Request) Verdict {
	c.mustBeValid()
	if c.Objective.perRequest == 0 {
		return Undefined
	}
	if unanswered(r) {
		return Missed
	}
	m := c.measure(r)
	v := Undefined
	for i := range c.Objective.parts {
		part := &c.Objective.parts[i]
		if part.Scope != PerRequest {
			continue
		}
		if v = c.Undefined.and(v, c.judge(r, &m, part)); v == Missed {
			break
		}
	}
	return v
}

// Check returns the verdict of [Checker.Verdict] with those on the parts and
// the values behind them.
func (c *Checker) Check(r *metrics.Request) Result {
	c.mustBeValid()
	res := Result{Unanswered: unanswered(r)}
	m := c.measure(r)
	var gaps gapBuffer
	for i := range c.Objective.parts {
		part := &c.Objective.parts[i]
		if part.Scope != PerRequest {
			continue
		}
		p := PartResult{Part: *part, Verdict: c.judge(r, &m, part)}
		if v, ok := c.value(r, &m, part, &gaps); ok {
			p.Value = metrics.Known(v.float())
		}
		res.Parts = append(res.Parts, p)
		res.Verdict = c.Undefined.and(res.Verdict, p.Verdict)
	}
	if res.Unanswered && len(res.Parts) > 0 {
		res.Verdict = Missed
	}
	return res
}

func (c *Checker) mustBeValid() {
	if c.Scorer == nil && c.Objective.scorer {
		panic("slo: " + c.Validate().Error())
	}
}

func unanswered(r *metrics.Request) bool {
	if r.Outcome != metrics.Completed {
		return true
	}
	for _, d := range r.Deliveries {
		if d.Tokens > 0 {
			return false // as Empty finds by counting all of them
		}
	}
	return r.Empty()
}

// measured is what one computation of the request's views yields for all
// parts.
type measured struct {
	raw              metrics.Raw
	tpot, normalized metrics.PerToken
}

func (c *Checker) measure(r *metrics.Request) measured {
	switch {
	case c.Objective.normalized:
		n := c.Convention.Normalized(r)
		return measured{n.Raw, n.TPOT.PerToken, n.Latency.Total}
	case c.Objective.raw:
		return measured{raw: c.Convention.Raw(r)}
	}
	return measured{}
}

// judge returns the verdict on a part about one request.
func (c *Checker) judge(r *metrics.Request, m *measured, part *Part) Verdict {
	if part.Metric == TBTQuantile {
		t := tallyGaps(c.Convention, r, part.Max, nil)
		return t.verdict(part, part.GapQuantile, c.Convention.Quantile)
	}
	v, ok := c.value(r, m, part, nil)
	if !ok {
		return Undefined
	}
	return verdict(part.holds(v))
}

// value returns what the part measures of the request; gaps is the buffer of
// a TBTQuantile.
func (c *Checker) value(r *metrics.Request, m *measured, part *Part, gaps *gapBuffer) (ratio, bool) {
	switch part.Metric {
	case TTFT:
		return span(m.raw.TTFT)
	case TPOT:
		return perToken(m.tpot)
	case TTLT:
		return span(m.raw.TTLT)
	case EndToEnd:
		return span(m.raw.EndToEnd)
	case Normalized:
		return perToken(m.normalized)
	case Idle:
		return span(c.Scorer.IdleLatency(r))
	case Fluidity:
		hits, misses, ok := c.Scorer.Fluidity(r, part.Prefill, part.Decode)
		return ratio{hits, uint64(hits) + uint64(misses)}, ok && (hits > 0 || misses > 0)
	case TBTMax:
		return span(m.raw.Stall)
	case TBTQuantile:
		q, ok := gapQuantile(c.Convention, r, part.GapQuantile, gaps)
		return ratio{int64(q), 1}, ok
	}
	panic(fmt.Sprintf("slo: no request has a value of metric %v", part.Metric))
}

func span(s metrics.Span) (ratio, bool) {
	d, ok := s.Get()
	return ratio{int64(d), 1}, ok
}

func perToken(p metrics.PerToken) (ratio, bool) {
	return ratio{int64(p.Total), uint64(p.Tokens)}, p.Known()
}
