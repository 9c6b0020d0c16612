package results

import (
	"math"

	"github.com/tokentime/tokentime/metrics"
)

// toleranceRate is the share by which a rate may differ: our definition. A
// duration is rounded to the nanosecond here, and a tool divides float64
// values.
const toleranceRate = 1e-9

// ReproduceTotals is [Run.Reproduce] for the reported aggregates that are one
// number of the whole run: requests that completed and failed, tokens, the
// duration, and the rates that follow from them.
//
//	completed         requests that completed, empty answers included: no tool leaves them out
//	failed            requests that did not complete
//	prompt_tokens     of all requests
//	output_tokens     sum of N
//	duration          from the first arrival to the last end, in ns
//	request_rate      completed / duration
//	output_rate       sum of N / duration
//	total_token_rate  (prompt tokens + sum of N) / duration
//
// Counts must be equal, durations within 1 ns, rates within 1e-9 of the stated
// one.
//
// Special cases are:
//
//	another convention, no convention      NotCompared
//	tokens of requests that did not        NotCompared: tools leave out what such a request delivered
//	complete are in a sum                  or asked for
//	the summary was given the duration     NotCompared, of the duration itself
//	the duration is unknown                NotCompared, of it and of rates
func (r *Run) ReproduceTotals(s *metrics.Summary) []Reproduction {
	var all []Reproduction
	for _, reported := range r.Reported {
		if reported.Stat != "" {
			continue
		}
		v, tolerance, ok := total(s, reported)
		if !ok {
			continue
		}
		rep := Reproduction{Reported: reported, Tolerance: tolerance}
		if r.Convention != "" && s.Options.Convention.Name == r.Convention {
			rep.Recomputed = v
		}
		if got, known := rep.Recomputed.Get(); known {
			rep.Verdict = NotReproducible
			if math.Abs(got-rep.Value) <= tolerance {
				rep.Verdict = Reproduced
			}
		}
		all = append(all, rep)
	}
	return all
}

// total returns the number of s that the reported one is compared with, if it
// is a total, and the tolerance. It is unknown if s cannot tell.
func total(s *metrics.Summary, reported Reported) (v metrics.Optional[float64], tolerance float64, ok bool) {
	completed := s.Requests.Completed + s.Requests.Empty
	whole := s.Requests.Abandoned() == 0 // all requests completed
	rate := func(n int64, known bool) (metrics.Optional[float64], float64, bool) {
		if !known {
			return metrics.Optional[float64]{}, 0, true
		}
		return metrics.PerSecond(n, s.Duration()), toleranceRate * math.Abs(reported.Value), true
	}
	switch reported.Metric {
	case MetricCompleted:
		return metrics.Known(float64(completed)), 0, true
	case MetricFailed:
		return metrics.Known(float64(s.Requests.Abandoned())), 0, true
	case MetricPromptTokens:
		return knownIf(whole, s.PromptTokens), 0, true
	case MetricOutputTokens:
		return knownIf(s.Partial == 0, s.OutputTokens), 0, true
	case MetricDuration:
		v, tolerance = duration(s, reported.Unit)
		return v, tolerance, true
	case MetricRequestRate:
		return rate(completed, true)
	case MetricOutputRate:
		return rate(s.OutputTokens, s.Partial == 0)
	case MetricTotalRate:
		return rate(s.PromptTokens+s.OutputTokens, whole)
	}
	return v, 0, false
}

func knownIf(known bool, n int64) metrics.Optional[float64] {
	if !known {
		return metrics.Optional[float64]{}
	}
	return metrics.Known(float64(n))
}

// duration returns the duration that s found out itself, in that unit.
func duration(s *metrics.Summary, name string) (metrics.Optional[float64], float64) {
	d, ok := s.Duration().Get()
	u, err := unitOf(name)
	if !ok || err != nil || s.Options.Duration.Known() {
		return metrics.Optional[float64]{}, 0
	}
	scale := float64(powersOfTen[u])
	return metrics.Known(float64(d) / scale), toleranceNs / scale
}
