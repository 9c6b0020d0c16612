package compare

import (
	"fmt"
	"slices"

	"github.com/tokentime/tokentime/metrics"
)

// Unit says what the values of a metric are.
type Unit uint8

const (
	Nanoseconds Unit = iota // durations, also per token
	Share                   // values in [0, 1]
	PerSecond               // rates
)

// String returns "ns", "share" or "per second".
func (u Unit) String() string {
	switch u {
	case Nanoseconds:
		return "ns"
	case Share:
		return "share"
	case PerSecond:
		return "per second"
	}
	return fmt.Sprintf("Unit(%d)", uint8(u))
}

// MarshalText returns the name of the unit.
func (u Unit) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// metric describes a distribution that is compared. Its key is the name in
// conditions and in JSON; the names are those of package slo.
type metric struct {
	key, label   string
	unit         Unit
	higherBetter bool
}

// Indexes into perRequest.
const (
	ttft = iota
	stall
	tpot
	normalized
	ttlt
	endToEnd
	idle
	fluidityIndex
	numPerRequest
)

// perRequest are the metrics with one value a request at most.
var perRequest = [numPerRequest]metric{
	ttft:          {"ttft", "TTFT: arrival to first token", Nanoseconds, false},
	stall:         {"stall", "stall: largest gap of each answer", Nanoseconds, false},
	tpot:          {"tpot", "TPOT: decode per token after the first", Nanoseconds, false},
	normalized:    {"norm", "normalized latency: TTLT/N", Nanoseconds, false},
	ttlt:          {"ttlt", "TTLT: arrival to last token", Nanoseconds, false},
	endToEnd:      {"e2e", "end-to-end: arrival to end of stream", Nanoseconds, false},
	idle:          {"idle", "idle latency: the reader's wait", Nanoseconds, false},
	fluidityIndex: {"fluidity", "fluidity index", Share, true},
}

// pooled is the metric with many values a request.
var pooled = metric{"tbt", "TBT: gaps between tokens, pooled", Nanoseconds, false}

// Indexes into rates.
const (
	requestRate = iota
	outputRate
	smoothGoodput
	numRates
)

// rates are sums over requests divided by the duration of the run.
var rates = [numRates]metric{
	requestRate:   {"requests", "requests/s", PerSecond, true},
	outputRate:    {"output", "output tokens/s", PerSecond, true},
	smoothGoodput: {"smooth", "smooth goodput, tokens/s", PerSecond, true},
}

// attainment is a share over the requests offered.
var attainment = metric{"attainment", "SLO attainment", Share, true}

// requestKind says how a request ended, for the comparison of populations.
type requestKind uint8

const (
	answered requestKind = iota // completed with two tokens or more
	oneToken                    // completed with a single token
	empty
	failed
	cancelled
	timedOut
	rejected
	numKinds
)

// kindOf returns the kind of a request with n output tokens.
func kindOf(r *metrics.Request, n int64) requestKind {
	switch r.Outcome {
	case metrics.Completed:
		switch {
		case n == 0:
			return empty
		case n == 1:
			return oneToken
		}
		return answered
	case metrics.Cancelled:
		return cancelled
	case metrics.TimedOut:
		return timedOut
	case metrics.Rejected:
		return rejected
	}
	return failed
}

// defaultPs are the quantiles that are compared whatever the conditions. Where
// more is better the bad tail is the lower one: they are 1 - p there.
var defaultPs = [...]float64{0.5, 0.9, 0.95, 0.99, 0.999}

// quantiles returns the default ones of the metric and those that conditions
// name, ascending.
func (m metric) quantiles(conditions []Condition) []float64 {
	ps := slices.Clone(defaultPs[:])
	if m.higherBetter {
		ps = []float64{0.001, 0.01, 0.05, 0.1, 0.5}
	}
	for _, c := range conditions {
		if c.stat == statQuantile && c.metric == m.key && !slices.Contains(ps, c.p()) {
			ps = append(ps, c.p())
		}
	}
	slices.Sort(ps)
	return ps
}

// worst returns the name of the least or the largest value, whichever is the
// worst.
func (m metric) worst() string {
	if m.higherBetter {
		return "min"
	}
	return "max"
}
