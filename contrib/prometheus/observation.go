package prometheus

import (
	"iter"
	"time"

	"github.com/tokentime/tokentime/fluidity"
	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/slo"
)

// Observation is what is known about a finished request. [Observer.Judge]
// computes it from a record; a server that has tracked the values itself, and
// kept no deliveries, fills it in and calls [Class.Record].
//
// A value that is not known is left zero, and is counted as undefined.
type Observation struct {
	Outcome metrics.Outcome
	Empty   bool // metrics.Request.Empty

	Normalized metrics.Normalized      // with the Raw in it
	Gaps       iter.Seq[time.Duration] // metrics.Convention.TBT; nil: there are none

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
//	Normalized, Gaps   nothing if the convention leaves the request out (CompletedOnly)
//	Fluidity           none unless the request completed with a token, as under [fluidity.Excluded]
//	the rest           from every request, whatever became of it
//
// The Observation reads r until it is recorded.
func (o *Observer) Judge(r *metrics.Request) Observation {
	p := &o.options
	v := Observation{
		Outcome:      r.Outcome,
		Empty:        r.Empty(),
		PromptTokens: r.PromptTokens,
		OutputTokens: r.OutputTokens(),
		IdleLatency:  p.Goodput.IdleLatency(r),
		Tokens:       r.Tokens(),
	}
	if c := p.Layout.Convention; r.Outcome == metrics.Completed || !c.CompletedOnly {
		v.Normalized = c.Normalized(r)
		if !p.NoGaps {
			v.Gaps = c.TBT(r)
		}
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
		panic("prometheus: no such outcome")
	case v.Verdict > slo.Missed:
		panic("prometheus: no such verdict")
	case p < 0 || v.OutputTokens < 0 || v.Tokens < 0 || v.Fluidity.Hits < 0 || v.Fluidity.Misses < 0:
		panic("prometheus: negative count")
	}
}

// seconds rounds once, so that a length of time and the bound of a bucket
// compare as their decimals do.
func seconds(d time.Duration) float64 { return float64(d) / 1e9 }

func perTokenSeconds(p metrics.PerToken) (float64, bool) {
	if !p.Known() {
		return 0, false
	}
	return float64(p.Total) / (float64(p.Tokens) * 1e9), true
}

func spanSeconds(s metrics.Span) (float64, bool) {
	d, ok := s.Get()
	return seconds(d), ok
}
