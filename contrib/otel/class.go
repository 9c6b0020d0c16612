package otel

import (
	"context"
	"iter"
	"time"

	"go.opentelemetry.io/otel/metric"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/slo"
)

// Observe records a finished request. A record that contradicts itself is
// recorded nowhere; the error is then the [*metrics.RequestError] of
// [metrics.Request.Validate].
//
// A request without its deliveries, such as that of a metrics.Recorder that
// keeps none, has no latencies to find: hand those that the recorder tracked
// to [Class.Record].
//
// The context is handed to the SDK, which may take an exemplar's trace from
// it. Observe takes time proportional to the number of deliveries, with one
// Record for each value. With the SDK of OpenTelemetry a server's request makes
// no allocation, a client's at most five, however long the answer.
func (c *Class) Observe(ctx context.Context, r *metrics.Request) error {
	if err := r.Validate(); err != nil {
		return err
	}
	c.Record(ctx, c.observer.Judge(r))
	return nil
}

// Record records what is known about a finished request. It panics if the
// outcome or the verdict does not exist or a count is negative.
func (c *Class) Record(ctx context.Context, v Observation) {
	v.mustBeValid()
	outcome := v.Outcome
	if v.Empty && outcome == metrics.Completed {
		outcome = empty
	}
	i := &c.observer.instruments
	i.counters[requests].Add(ctx, 1, c.outcomes[outcome]...)
	c.span(ctx, ttft, v.TTFT, c.record)
	c.span(ctx, duration, v.Duration, c.durations[outcome])
	c.span(ctx, stall, v.Stall, c.record)
	c.span(ctx, schedulingDelay, v.SchedulingDelay, c.record)
	c.span(ctx, idleLatency, v.IdleLatency, c.record)
	perToken, ok := perTokenSeconds(v.TPOT)
	c.value(ctx, tpot, perToken, ok, c.record)
	c.chunks(ctx, v.Chunks)
	if i.usage != nil {
		if p, ok := v.PromptTokens.Get(); ok {
			i.usage.Record(ctx, p, c.input...)
		}
		i.usage.Record(ctx, v.OutputTokens, c.output...)
	}
	c.countVerdict(ctx, &v)
	c.countBenefit(ctx, &v)
	c.countDeadlines(ctx, v.Fluidity)
}

func (c *Class) span(ctx context.Context, s series, span metrics.Span, options []metric.RecordOption) {
	d, ok := span.Get()
	c.value(ctx, s, seconds(d), ok, options)
}

func (c *Class) value(ctx context.Context, s series, x float64, ok bool, options []metric.RecordOption) {
	h := c.observer.instruments.durations[s]
	switch {
	case h == nil:
	case ok:
		h.Record(ctx, x, options...)
	default:
		c.missing(ctx, absence(s))
	}
}

func (c *Class) missing(ctx context.Context, a absence) {
	c.observer.instruments.counters[undefined].Add(ctx, 1, c.undefined[a]...)
}

func (c *Class) chunks(ctx context.Context, gaps iter.Seq[time.Duration]) {
	h := c.observer.instruments.durations[chunk]
	if h == nil {
		return
	}
	any := false
	if gaps != nil {
		for gap := range gaps {
			h.Record(ctx, seconds(gap), c.record...)
			any = true
		}
	}
	if !any {
		c.missing(ctx, absence(chunk))
	}
}

func (c *Class) countVerdict(ctx context.Context, v *Observation) {
	i := &c.observer.instruments
	if i.counters[sloRequests] == nil {
		return
	}
	i.counters[sloRequests].Add(ctx, 1, c.verdicts[v.Verdict]...)
	if v.Verdict == slo.Met {
		i.counters[goodputTokens].Add(ctx, v.OutputTokens, c.add...)
	}
}

func (c *Class) countBenefit(ctx context.Context, v *Observation) {
	benefit, ok := v.Benefit.Get()
	if !ok {
		c.missing(ctx, noBenefit)
		return
	}
	i := &c.observer.instruments
	i.counters[smoothTokens].Add(ctx, v.Tokens, c.add...)
	i.penalty.Add(ctx, max(0, float64(v.Tokens)-benefit), c.add...) // a benefit is at most N, up to its rounding
}

func (c *Class) countDeadlines(ctx context.Context, s fluidity.Score) {
	i := &c.observer.instruments
	switch {
	case i.counters[fluidityHits] == nil:
	case s == fluidity.Score{}:
		c.missing(ctx, noScore)
	default:
		i.counters[fluidityHits].Add(ctx, s.Hits, c.add...)
		i.counters[fluidityMisses].Add(ctx, s.Misses, c.add...)
	}
}
