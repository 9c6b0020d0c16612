package slo

import (
	"slices"
	"strings"
	"time"
)

// Objective is a service level objective: a list of parts in the order given.
// It is immutable. The zero Objective has no part, so that nothing meets or
// misses it.
type Objective struct {
	parts []Part

	perRequest int  // how many parts are about one request
	raw        bool // some part needs Convention.Raw
	normalized bool // some part needs Convention.Normalized, which has Raw in it
	scorer     bool // some part needs a Scorer
}

// Part is one condition: that a value is within a limit.
type Part struct {
	Scope    Scope
	Quantile Share // p of a quantile over requests or over gaps, in (0, 1)

	Metric      Metric        // what is measured; 0 for an attainment
	GapQuantile Share         // p of TBTQuantile, in (0, 1)
	Prefill     time.Duration // D_p of Fluidity, at least 0
	Decode      time.Duration // D_d of Fluidity, above 0

	Max time.Duration // limit of a duration, from above
	Min Share         // limit of a share, from below: Fluidity and attainment

	text string
}

// Scope says what a part is about.
type Scope uint8

const (
	PerRequest   Scope = iota // one request: each must hold it
	OverRequests              // a quantile over requests
	OverGaps                  // a quantile of the gaps of all requests, pooled
	OfAttainment              // the share of requests that attain the parts about one request
)

var scopeNames = [...]string{"per request", "over requests", "over gaps", "attainment"}

// String returns the scope in words.
func (s Scope) String() string { return name(scopeNames[:], "Scope", uint8(s)) }

// Metric says what is measured. The values are those of a
// [metrics.Convention] unless stated otherwise.
type Metric uint8

const (
	TTFT        Metric = iota + 1 // Raw.TTFT
	TPOT                          // Normalized.TPOT
	TTLT                          // Raw.TTLT
	EndToEnd                      // Raw.EndToEnd
	Normalized                    // Normalized.Latency.Total
	Idle                          // Scorer.IdleLatency
	Fluidity                      // Scorer.Fluidity, a share
	TBTMax                        // Raw.Stall, the largest gap, also under a convention that smooths gaps
	TBTQuantile                   // a quantile of Convention.TBT within one request
	TBT                           // Convention.TBT of all requests, pooled
)

var metricNames = [...]string{"", "ttft", "tpot", "ttlt", "e2e", "norm", "idle", "fluidity", "tbt.max", "tbt.p", "tbt"}

// String returns the metric's name in the text form; "tbt.p" for
// [TBTQuantile].
func (m Metric) String() string { return name(metricNames[:], "Metric", uint8(m)) }

// newObjective expects valid parts, without duplicates.
func newObjective(parts []Part) Objective {
	o := Objective{parts: parts}
	for i := range parts {
		p := &parts[i]
		if p.Scope == PerRequest {
			o.perRequest++
		}
		switch p.Metric {
		case TTFT, TTLT, EndToEnd, TBTMax:
			o.raw = true
		case TPOT, Normalized:
			o.normalized = true
		case Idle, Fluidity:
			o.scorer = true
		}
	}
	return o
}

// Parts returns a copy of the parts.
func (o Objective) Parts() []Part { return slices.Clone(o.parts) }

// NeedsScorer reports whether some part names the idle latency or the
// fluidity index, which a [Scorer] knows and this package does not.
func (o Objective) NeedsScorer() bool { return o.scorer }

// Equal reports whether both have the same parts in the same order and the
// same spelling.
func (o Objective) Equal(other Objective) bool { return slices.Equal(o.parts, other.parts) }

// String returns the objective as it was written, without spaces; one in the
// vLLM form is returned in the other. [Parse] accepts it and returns o, except
// for the zero Objective, whose text is empty.
func (o Objective) String() string {
	texts := make([]string, len(o.parts))
	for i := range o.parts {
		texts[i] = o.parts[i].text
	}
	return strings.Join(texts, ",")
}

// MarshalText returns the text of [Objective.String].
func (o Objective) MarshalText() ([]byte, error) { return []byte(o.String()), nil }

// UnmarshalText accepts what [Parse] does, and an empty text for the zero
// Objective.
func (o *Objective) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*o = Objective{}
		return nil
	}
	parsed, err := Parse(string(b))
	if err != nil {
		return err
	}
	*o = parsed
	return nil
}

// String returns the part as it was written, without spaces.
func (p Part) String() string { return p.text }

// IsShare reports whether the part limits a share from below; else it limits
// a duration from above.
func (p *Part) IsShare() bool { return p.Scope == OfAttainment || p.Metric == Fluidity }

func (p *Part) limit() ratio {
	if p.IsShare() {
		return p.Min.ratio()
	}
	return ratio{int64(p.Max), 1}
}

// holds reports whether the value is within the part's limit.
func (p *Part) holds(v ratio) bool {
	if p.IsShare() {
		return v.cmp(p.limit()) >= 0
	}
	return v.cmp(p.limit()) <= 0
}

// subject returns the part without its limit and the quantile taken over
// many: two parts with one subject measure the same values.
func (p *Part) subject() Part {
	return Part{Scope: p.Scope, Metric: p.Metric, GapQuantile: p.GapQuantile, Prefill: p.Prefill, Decode: p.Decode}
}

// duplicates reports whether both parts limit the same value.
func (p *Part) duplicates(q *Part) bool {
	return p.Quantile == q.Quantile && p.subject() == q.subject()
}
