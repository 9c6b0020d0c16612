package otel

import (
	"fmt"

	"go.opentelemetry.io/otel/metric"
)

// A series is one of the metrics that an [Observer] can export.
type series uint8

const (
	ttft series = iota // histograms in seconds
	tpot
	duration
	chunk
	stall
	schedulingDelay
	idleLatency

	usage // histogram of tokens

	requests // counters
	undefined
	smoothTokens
	smoothPenalty
	fluidityHits
	fluidityMisses
	sloRequests
	goodputTokens

	numSeries
	numDurations = usage
)

// definition is what a series is called and how it is made. A series without
// a name does not exist in a role.
type definition struct {
	name, unit, description string
	boundaries              []float64 // of histograms
}

func (s series) definition(role Role) definition {
	if s <= chunk || s == usage {
		if role == ClientRole {
			return s.client()
		}
		return s.server()
	}
	switch s {
	case stall:
		return definition{"tokentime.stall", "s", "Largest gap between two tokens of a request.", fine()}
	case schedulingDelay:
		return definition{"tokentime.scheduling_delay", "s", "Time from arrival to the beginning of prefill.", fine()}
	case idleLatency:
		return definition{"tokentime.idle_latency", "s", "How long a reader of a steady pace waited for tokens in total.", fine()}
	case requests:
		return definition{"tokentime.requests", "{request}", "Finished requests by outcome; empty is completed without a token.", nil}
	case undefined:
		return definition{"tokentime.undefined", "{request}", "Requests that have no value of the metric.", nil}
	case smoothTokens:
		return definition{"tokentime.smooth.tokens", "{token}", "Tokens delivered by the requests that have a benefit.", nil}
	case smoothPenalty:
		return definition{"tokentime.smooth.penalty", "{token}", "Price of the waits of the requests that have a benefit.", nil}
	case fluidityHits:
		return definition{"tokentime.fluidity.hits", "{deadline}", "Token deadlines met, of completed requests.", nil}
	case fluidityMisses:
		return definition{"tokentime.fluidity.misses", "{deadline}", "Token deadlines missed, of completed requests.", nil}
	case sloRequests:
		return definition{"tokentime.slo.requests", "{request}", "Finished requests by verdict of the objective.", nil}
	case goodputTokens:
		return definition{"tokentime.goodput.tokens", "{token}", "Output tokens of the requests that met the objective.", nil}
	}
	return definition{}
}

func (s series) server() definition {
	switch s {
	case ttft:
		return definition{"gen_ai.server.time_to_first_token", "s", "Time to generate the first token of successful responses.", serverTTFT()}
	case tpot:
		return definition{"gen_ai.server.time_per_output_token", "s", "Time per output token after the first of successful responses.", serverTPOT()}
	case duration:
		return definition{"gen_ai.server.request.duration", "s", "Duration of the request until its last byte.", operation()}
	}
	return definition{}
}

func (s series) client() definition {
	switch s {
	case ttft:
		return definition{"gen_ai.client.operation.time_to_first_chunk", "s", "Time to receive the first chunk of a streamed response.", operation()}
	case chunk:
		return definition{"gen_ai.client.operation.time_per_output_chunk", "s", "Time between chunks of a streamed response.", operation()}
	case duration:
		return definition{"gen_ai.client.operation.duration", "s", "Duration of the operation.", operation()}
	case usage:
		return definition{"gen_ai.client.token.usage", "{token}", "Number of input and output tokens used.", tokens()}
	}
	return definition{}
}

// The boundaries of the semantic conventions v1.41.

func operation() []float64 {
	return []float64{0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92}
}

func serverTTFT() []float64 {
	return []float64{0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}
}

func serverTPOT() []float64 {
	return []float64{0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5}
}

func tokens() []float64 {
	return []float64{1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864}
}

// fine returns our own boundaries, for waits from 1 ms to 10 minutes.
func fine() []float64 {
	return []float64{0.001, 0.002, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75,
		1, 1.5, 2, 3, 4, 5, 7.5, 10, 15, 20, 30, 60, 120, 300, 600}
}

// instruments holds what a meter made; nil is a series that is not exported.
type instruments struct {
	durations [numDurations]metric.Float64Histogram
	usage     metric.Int64Histogram
	counters  [numSeries]metric.Int64Counter
	penalty   metric.Float64Counter
}

func (i *instruments) make(meter metric.Meter, s series, d definition) error {
	var err error
	switch {
	case s < numDurations:
		i.durations[s], err = meter.Float64Histogram(d.name, metric.WithUnit(d.unit), metric.WithDescription(d.description),
			metric.WithExplicitBucketBoundaries(d.boundaries...))
	case s == usage:
		i.usage, err = meter.Int64Histogram(d.name, metric.WithUnit(d.unit), metric.WithDescription(d.description),
			metric.WithExplicitBucketBoundaries(d.boundaries...))
	case s == smoothPenalty:
		i.penalty, err = meter.Float64Counter(d.name, metric.WithUnit(d.unit), metric.WithDescription(d.description))
	default:
		i.counters[s], err = meter.Int64Counter(d.name, metric.WithUnit(d.unit), metric.WithDescription(d.description))
	}
	if err != nil {
		return fmt.Errorf("otel: %s: %w", d.name, err)
	}
	return nil
}

// An absence is a metric of which a request may have no value: a histogram of
// durations, or one of the two below, which only counters show.
type absence uint8

const (
	noScore   = absence(numDurations) + iota // no fluidity index
	noBenefit                                // no benefit
	numAbsences
)

// name returns the value of tokentime.metric: the name of the instrument, or
// of what the counters are about.
func (a absence) name(role Role) string {
	switch a {
	case noScore:
		return "tokentime.fluidity"
	case noBenefit:
		return "tokentime.smooth"
	}
	return series(a).definition(role).name
}
