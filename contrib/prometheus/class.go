package prometheus

import (
	"iter"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/slo"
)

// outcomes are the values of the label outcome: those of metrics.Outcome and
// one for answers that completed without a token.
const (
	empty       = metrics.Rejected + 1
	numOutcomes = empty + 1
)

const numVerdicts = slo.Missed + 1

// Class is what an [Observer] holds for one set of label values. It is safe
// for concurrent use, and makes no label set after [Observer.With].
type Class struct {
	observer   *Observer
	histograms [numHistograms]prometheus.Observer // nil: not exported

	outcomes  [numOutcomes]prometheus.Counter
	undefined [numAbsences]prometheus.Counter // nil: not counted
	verdicts  [numVerdicts]prometheus.Counter // nil without an objective

	promptTokens, outputTokens   prometheus.Counter
	smoothTokens, smoothPenalty  prometheus.Counter
	fluidityHits, fluidityMisses prometheus.Counter // nil without deadlines
	goodputTokens                prometheus.Counter // nil without an objective
}

// With returns the class of the label values, which are in the order of
// Options.Labels. The same values give the same series. All series of the
// class exist from then on, counters at 0, and are never removed: do not bind
// what a client may choose freely.
//
// The error is that of the client library: a wrong number of values, or one
// that is not UTF-8.
func (o *Observer) With(values ...string) (*Class, error) {
	c := &Class{observer: o}
	for s, vec := range o.histograms {
		if vec == nil {
			continue
		}
		h, err := vec.GetMetricWithLabelValues(values...)
		if err != nil {
			return nil, &OptionError{"Labels", err}
		}
		c.histograms[s] = h
	}
	b := binder{observer: o, values: values}
	for i := range c.outcomes {
		c.outcomes[i] = b.counter(Requests, outcomeName(metrics.Outcome(i)))
	}
	for a := range numAbsences {
		if o.options.counted(a) {
			c.undefined[a] = b.counter(Undefined, a.name())
		}
	}
	c.promptTokens, c.outputTokens = b.counter(PromptTokens), b.counter(OutputTokens)
	c.smoothTokens, c.smoothPenalty = b.counter(SmoothTokens), b.counter(SmoothPenalty)
	if o.options.scored() {
		c.fluidityHits, c.fluidityMisses = b.counter(FluidityHits), b.counter(FluidityMisses)
	}
	if o.options.judged() {
		for v := range numVerdicts {
			c.verdicts[v] = b.counter(SLORequests, v.String())
		}
		c.goodputTokens = b.counter(GoodputTokens)
	}
	if b.err != nil {
		return nil, &OptionError{"Labels", b.err}
	}
	return c, nil
}

func outcomeName(o metrics.Outcome) string {
	if o == empty {
		return "empty"
	}
	return o.String()
}

// binder binds counters and keeps the first error.
type binder struct {
	observer *Observer
	values   []string
	err      error
}

func (b *binder) counter(s Series, own ...string) prometheus.Counter {
	values := append(append([]string(nil), b.values...), own...)
	c, err := b.observer.counters[s-numHistograms].GetMetricWithLabelValues(values...)
	if b.err == nil {
		b.err = err
	}
	return c
}

// Observe records a finished request. A record that contradicts itself is
// recorded nowhere; the error is then the [*metrics.RequestError] of
// [metrics.Request.Validate].
//
// A request without its deliveries, such as that of a metrics.Recorder that
// keeps none, has no latencies to find: hand those that the recorder tracked
// to [Class.Record].
//
// It takes time proportional to the number of deliveries, with one
// observation for each value of a histogram and one for each gap. It makes at
// most five allocations a request, however long the answer, and none under
// Options.NoGaps.
func (c *Class) Observe(r *metrics.Request) error {
	if err := r.Validate(); err != nil {
		return err
	}
	c.Record(c.observer.Judge(r))
	return nil
}

// Record records what is known about a finished request. It panics if the
// outcome or the verdict does not exist or a count is negative.
func (c *Class) Record(v Observation) {
	v.mustBeValid()
	c.count(&v)
	raw := &v.Normalized.Raw
	c.span(TTFT, raw.TTFT)
	c.span(Duration, raw.EndToEnd)
	c.span(SchedulingDelay, raw.SchedulingDelay)
	c.span(Prefill, raw.Prefill)
	c.span(Decode, raw.Decode)
	c.span(Stall, raw.Stall)
	c.span(IdleLatency, v.IdleLatency)
	tpot, ok := perTokenSeconds(v.Normalized.TPOT.PerToken)
	c.value(TPOT, tpot, ok)
	c.gaps(v.Gaps)
	c.countBenefit(&v)
	c.countDeadlines(v.Fluidity)
}

func (c *Class) gaps(gaps iter.Seq[time.Duration]) {
	h := c.histograms[InterToken]
	if h == nil {
		return
	}
	any := false
	if gaps != nil {
		for gap := range gaps {
			h.Observe(seconds(gap))
			any = true
		}
	}
	if !any {
		c.undefined[InterToken].Inc()
	}
}

func (c *Class) span(s Series, span metrics.Span) {
	x, ok := spanSeconds(span)
	c.value(s, x, ok)
}

func (c *Class) value(s Series, x float64, ok bool) {
	if ok {
		c.histograms[s].Observe(x)
	} else {
		c.undefined[s].Inc()
	}
}

// count adds to the counters that every request adds to.
func (c *Class) count(v *Observation) {
	outcome := v.Outcome
	if v.Empty && outcome == metrics.Completed {
		outcome = empty
	}
	c.outcomes[outcome].Inc()
	if p, ok := v.PromptTokens.Get(); ok {
		c.promptTokens.Add(float64(p))
	}
	c.outputTokens.Add(float64(v.OutputTokens))
	if c.goodputTokens == nil {
		return
	}
	c.verdicts[v.Verdict].Inc()
	if v.Verdict == slo.Met {
		c.goodputTokens.Add(float64(v.OutputTokens))
	}
}

func (c *Class) countBenefit(v *Observation) {
	benefit, ok := v.Benefit.Get()
	if !ok {
		c.undefined[noBenefit].Inc()
		return
	}
	n := float64(v.Tokens)
	c.smoothTokens.Add(n)
	c.smoothPenalty.Add(max(0, n-benefit)) // a benefit is at most N, up to its rounding
}

func (c *Class) countDeadlines(s fluidity.Score) {
	switch {
	case c.fluidityHits == nil:
	case s == fluidity.Score{}:
		c.undefined[noScore].Inc()
	default:
		c.fluidityHits.Add(float64(s.Hits))
		c.fluidityMisses.Add(float64(s.Misses))
	}
}
