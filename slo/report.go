package slo

import (
	"fmt"
	"math/bits"

	"github.com/tokentime/tokentime/metrics"
)

// Report is a [Summary] in numbers: the object "slo" of the program's report.
type Report struct {
	Objective Objective `json:"objective"` // its text

	// How many requests have which verdict. Their sum is the number of
	// requests offered, whatever the denominator.
	Met       int64 `json:"met"`
	Missed    int64 `json:"missed"`
	Undefined int64 `json:"undefined"`

	// Attainment is Met over the number of requests in the denominator. It
	// is undefined if there is none of them, or no part about one request.
	Attainment          metrics.Optional[float64] `json:"attainment"`
	Denominator         Denominator               `json:"denominator"`
	DenominatorRequests int64                     `json:"denominator_requests"`

	// Parts about one request, and parts about many, each in the order of
	// the objective. Verdict is on the latter together: see [Verdict.And].
	PerRequest []PartReport       `json:"per_request"`
	Population []PopulationReport `json:"population"`
	Verdict    Verdict            `json:"verdict"`
}

// PartReport says how a part about one request went: the verdicts on it of
// all requests offered, also of those that did not complete.
type PartReport struct {
	Part      string `json:"part"`
	Met       int64  `json:"met"`
	Missed    int64  `json:"missed"`
	Undefined int64  `json:"undefined"`
}

// PopulationReport says how a part about many requests went.
type PopulationReport struct {
	Part    string  `json:"part"`
	Verdict Verdict `json:"verdict"`

	// The value that the part limits; the one that is not of its kind is
	// undefined. With a streaming method a value is within the error bound
	// of [metrics.HDR]; Verdict is exact all the same.
	ValueNS    metrics.Optional[float64] `json:"value_ns"`
	ValueShare metrics.Optional[float64] `json:"value_share"`

	// N is the number of values behind it: of requests or gaps, for an
	// attainment of requests in the denominator. Undefined is the number of
	// requests that had none, for an attainment of those without a verdict.
	N         int64 `json:"n"`
	Undefined int64 `json:"undefined"`
}

// Attained returns the attainment as a fraction: the number of requests that
// attain the objective, of how many. With no part about one request there is
// no attainment and both are 0.
func (s *Summary) Attained() (met, of int64) {
	if s.Checker.Objective.perRequest == 0 {
		return 0, 0
	}
	if s.Denominator == CompletedRequests {
		return s.requests[Met], s.completed
	}
	return s.requests[Met], s.offered
}

// Report returns the summary in numbers.
func (s *Summary) Report() Report {
	met, of := s.Attained()
	r := Report{
		Objective:           s.Checker.Objective,
		Met:                 s.requests[Met],
		Missed:              s.requests[Missed],
		Undefined:           s.requests[Undefined],
		Attainment:          quotient(met, of),
		Denominator:         s.Denominator,
		DenominatorRequests: of,
		PerRequest:          []PartReport{},
		Population:          []PopulationReport{},
	}
	for i := range s.Checker.Objective.parts {
		part := &s.Checker.Objective.parts[i]
		if part.Scope == PerRequest {
			n := s.partVerdicts(i)
			r.PerRequest = append(r.PerRequest, PartReport{part.text, n[Met], n[Missed], n[Undefined]})
			continue
		}
		p := s.population(i)
		if len(r.Population) == 0 {
			r.Verdict = p.Verdict
		}
		r.Verdict = r.Verdict.And(p.Verdict)
		r.Population = append(r.Population, p)
	}
	return r
}

func (s *Summary) partVerdicts(i int) (n [numVerdicts]int64) {
	if s.parts != nil {
		n = s.parts[i].verdicts
	}
	return n
}

// population returns how the part with index i, about many requests, went.
func (s *Summary) population(i int) PopulationReport {
	part := &s.Checker.Objective.parts[i]
	r := PopulationReport{Part: part.text}
	if part.Scope == OfAttainment {
		met, of := s.Attained()
		r.N, r.Undefined, r.ValueShare = of, s.requests[Undefined], quotient(met, of)
		if of > 0 {
			r.Verdict = verdict(part.holds(ratio{met, uint64(of)}))
		}
		return r
	}
	if s.parts == nil {
		return r
	}
	p := &s.parts[i]
	values := &s.parts[p.source].values
	r.N, r.Undefined = values.N(), values.Undefined()
	r.Verdict = p.tally.verdict(part, part.Quantile, s.Checker.Convention.Quantile)
	if q, ok := values.Quantile(part.Quantile.Float64()); ok {
		if part.IsShare() {
			r.ValueShare = metrics.Known(q)
		} else {
			r.ValueNS = metrics.Known(q)
		}
	}
	return r
}

func quotient(met, of int64) metrics.Optional[float64] {
	if of == 0 {
		return metrics.Optional[float64]{}
	}
	return metrics.Known(float64(met) / float64(of))
}

// Codes of the warnings of a [Summary], besides [metrics.WarnTooFewSamples].
const (
	WarnNoVerdict = "slo-no-verdict"
	WarnLeftOut   = "slo-left-out"
)

// minTail is the number of samples that a quantile should have on either
// side of it.
const minTail = 10

// Warnings returns what is doubtful about the verdicts.
func (s *Summary) Warnings() []metrics.Warning {
	var w []metrics.Warning
	add := func(code, format string, args ...any) {
		w = append(w, metrics.Warning{Code: code, Message: fmt.Sprintf(format, args...)})
	}
	if n := s.requests[Undefined]; n > 0 && s.Checker.Objective.perRequest > 0 {
		add(WarnNoVerdict, "%d of %d requests have no verdict, because every part is undefined for them; they are in the denominator and do not attain", n, s.offered)
	}
	for i := range s.parts {
		part := &s.Checker.Objective.parts[i]
		if part.Scope != OverRequests && part.Scope != OverGaps {
			continue
		}
		values := &s.parts[s.parts[i].source].values
		n, undefined := values.N(), values.Undefined()
		if undefined > 0 {
			add(WarnLeftOut, "%s does not see %d of %d requests, which have no value; a system that drops slow requests looks good in it, so set attainment beside it", part, undefined, s.offered)
		}
		if n > 0 && fewSamples(n, part.Quantile) {
			add(metrics.WarnTooFewSamples, "%s is decided by fewer than %d of %d values", part, minTail, n)
		}
	}
	return w
}

// fewSamples reports whether n p or n (1 - p) is below minTail.
func fewSamples(n int64, p Share) bool {
	tail := min(p.Num, p.Den-p.Num)
	hi, lo := bits.Mul64(uint64(n), uint64(tail))
	quo, _ := bits.Div64(hi, lo, uint64(p.Den)) // tail < Den
	return quo < minTail
}
