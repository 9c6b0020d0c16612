package otel

import (
	"iter"
	"time"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/slo"
)

// Observation is what is known about a finished request. [Observer.Judge]
// computes it from a record; a program that has tracked the values itself,
// and kept no deliveries, fills it in and calls [Class.Record].
//
// A value that is not known is left zero, and is counted as undefined.
//
// A record does not say whether the answer was streamed. If one came whole,
// the conventions want neither TTFT nor gaps of it at a client: set these to
// zero between Judge and Record.
type Observation struct {
	Outcome metrics.Outcome
	Empty   bool // metrics.Request.Empty

	// Under the convention of the role:

	TTFT     metrics.Span            // Raw.TTFT: to the first token of a server, the first chunk of a client
	TPOT     metrics.PerToken        // Normalized.TPOT; of a server
	Duration metrics.Span            // Raw.EndToEnd
	Chunks   iter.Seq[time.Duration] // Convention.TBT; of a client; nil: there are none

	// Under metrics.Paper:

	Stall           metrics.Span // Raw.Stall
	SchedulingDelay metrics.Span // Raw.SchedulingDelay

	PromptTokens metrics.Count
	OutputTokens int64 // metrics.Request.OutputTokens

	Fluidity    fluidity.Score // zero: no deadline
	Verdict     slo.Verdict
	IdleLatency metrics.Span
	Tokens      int64                     // delivered: metrics.Request.Tokens
	Benefit     metrics.Optional[float64] // goodput.Options.Benefit
}

// Judge computes what is to be recorded of the request, which must be valid,
// as packages metrics, fluidity, slo and goodput do under the options:
//
//	TTFT, TPOT of a server   none unless the request completed
//	Fluidity                 none unless the request completed with a token, as under [fluidity.Excluded]
//	the rest                 from every request, whatever became of it
//
// The Observation reads r until it is recorded.
func (o *Observer) Judge(r *metrics.Request) Observation {
	p := &o.options
	c := p.convention()
	n, raw := c.Normalized(r), metrics.Paper.Raw(r)
	v := Observation{
		Outcome:         r.Outcome,
		Empty:           r.Empty(),
		Duration:        n.Raw.EndToEnd,
		Stall:           raw.Stall,
		SchedulingDelay: raw.SchedulingDelay,
		PromptTokens:    r.PromptTokens,
		OutputTokens:    r.OutputTokens(),
		IdleLatency:     p.Goodput.IdleLatency(r),
		Tokens:          r.Tokens(),
	}
	if r.Outcome == metrics.Completed || !c.CompletedOnly {
		v.TTFT, v.TPOT = n.Raw.TTFT, n.TPOT.PerToken
	}
	if p.exported(chunk) {
		v.Chunks = c.TBT(r)
	}
	if p.scored() && r.Outcome == metrics.Completed {
		v.Fluidity, _ = p.Deadlines.Score(r) // the error is that of Validate
	}
	if o.judged {
		v.Verdict = o.checker.Verdict(r)
	}
	if b, ok := p.Goodput.Benefit(r); ok {
		v.Benefit = metrics.Known(b)
	}
	return v
}

func (v *Observation) mustBeValid() {
	p, _ := v.PromptTokens.Get()
	switch {
	case v.Outcome > metrics.Rejected:
		panic("otel: no such outcome")
	case v.Verdict > slo.Missed:
		panic("otel: no such verdict")
	case p < 0 || v.OutputTokens < 0 || v.Tokens < 0 || v.Fluidity.Hits < 0 || v.Fluidity.Misses < 0:
		panic("otel: negative count")
	}
}

// seconds rounds once, so that a length of time and a boundary compare as
// their decimals do.
func seconds(d time.Duration) float64 { return float64(d) / 1e9 }

func perTokenSeconds(p metrics.PerToken) (float64, bool) {
	if !p.Known() {
		return 0, false
	}
	return float64(p.Total) / (float64(p.Tokens) * 1e9), true
}
