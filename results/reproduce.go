package results

import (
	"fmt"
	"math"

	"github.com/tokentime/tokentime/metrics"
)

// Verdict says whether an aggregate that a file states follows from the
// records in it.
type Verdict uint8

const (
	// NotCompared means that the summary cannot tell: it was computed under
	// another convention, or holds quantiles with an error.
	NotCompared Verdict = iota
	// Reproduced means that both agree within the tolerance.
	Reproduced
	// NotReproducible means that they do not: the tool took it from
	// something that the records do not hold, or computed something else.
	NotReproducible
)

// String returns the verdict in words.
func (v Verdict) String() string {
	switch v {
	case NotCompared:
		return "not compared"
	case Reproduced:
		return "reproduced"
	case NotReproducible:
		return "not reproducible"
	}
	return fmt.Sprintf("Verdict(%d)", uint8(v))
}

// MarshalText returns the verdict in words.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Reproduction compares one aggregate as it is stated with the same aggregate
// as it follows from the records. Value, Recomputed and Tolerance are in Unit.
type Reproduction struct {
	Reported
	Recomputed metrics.Optional[float64]
	Tolerance  float64
	Verdict    Verdict
}

// String returns both numbers and the verdict.
func (r Reproduction) String() string {
	recomputed := metrics.Undefined
	if v, ok := r.Recomputed.Get(); ok {
		recomputed = fmt.Sprintf("%.6f", v)
	}
	return fmt.Sprintf("%s: stated %.6f, recomputed %s %s: %v", r.Name, r.Value, recomputed, r.Unit, r.Verdict)
}

// Tolerances of a comparison in nanoseconds: our definition. The first two are
// the rounding of instants to nanoseconds and of the tool's sums. A TPOT needs
// the end of the stream, which files without latencies do not hold; divided by
// the tokens, what is missing is small. An end-to-end latency needs it whole,
// so that without latencies it is not reproducible.
const (
	toleranceNs    = 1
	toleranceStdNs = 10
	toleranceTPOT  = 200
)

// Reproduce compares the reported aggregates of times (TTFT, TPOT, ITL, TTLT,
// end-to-end and normalized latency, schedule delay: mean, std, extremes and
// percentiles) with those of s, a summary of
// all requests of the run under the run's Convention. Other aggregates are
// left out.
//
// Special cases are:
//
//	no value, and the file states 0.0   Reproduced: the tool writes 0.0 for an empty set
//	no value, and the file states more  NotReproducible
//	another convention, no convention   NotCompared
//	an HDR summary                      NotCompared, apart from the mean
func (r *Run) Reproduce(s *metrics.Summary) []Reproduction {
	var all []Reproduction
	for _, reported := range r.Reported {
		d, tolerance := comparedWith(s, reported.Metric)
		perUnit, err := unitOf(reported.Unit)
		if d == nil || err != nil || !isStatistic(reported.Stat) {
			continue
		}
		if reported.Stat == "std" {
			tolerance = max(tolerance, toleranceStdNs)
		}
		tolerance = max(tolerance, 2*float64(r.Resolution)) // both ends of a span are that coarse
		scale := float64(powersOfTen[perUnit])
		rep := Reproduction{Reported: reported, Tolerance: tolerance / scale}
		if r.Convention != "" && s.Options.Convention.Name == r.Convention {
			rep.compare(d, scale)
		}
		all = append(all, rep)
	}
	return all
}

// isStatistic reports whether aggregate knows the statistic.
func isStatistic(stat string) bool {
	_, ok := percentile(stat)
	return ok || stat == "mean" || stat == "std" || stat == "min" || stat == "max"
}

// comparedWith returns the distribution that a tool's metric is compared with,
// or nil, and the tolerance.
func comparedWith(s *metrics.Summary, metric string) (*metrics.Distribution, float64) {
	switch metric {
	case MetricTTFT:
		return &s.Raw.TTFT, toleranceNs
	case MetricITL:
		return &s.Raw.TBT, toleranceNs
	case MetricTPOT:
		return &s.Normalized.TPOT, toleranceTPOT
	case MetricEndToEnd:
		return &s.Raw.EndToEnd, toleranceNs
	case MetricTTLT:
		return &s.Raw.TTLT, toleranceNs
	case MetricNormalized:
		return &s.Normalized.Latency, toleranceTPOT
	case MetricScheduleDelay:
		return &s.Raw.ClientDelay, toleranceNs
	}
	return nil, 0
}

func (rep *Reproduction) compare(d *metrics.Distribution, scale float64) {
	if d.Options.Method != metrics.ExactMethod && rep.Stat != "mean" {
		return
	}
	ns, ok := aggregate(d, rep.Stat)
	if ok {
		rep.Recomputed = metrics.Known(ns / scale)
	}
	rep.Verdict = NotReproducible
	if ok && math.Abs(ns-rep.Value*scale) <= rep.Tolerance*scale || !ok && rep.Value == 0 {
		rep.Verdict = Reproduced
	}
}

// aggregate returns the statistic of that name in nanoseconds.
func aggregate(d *metrics.Distribution, stat string) (float64, bool) {
	switch stat {
	case "mean":
		return d.Stats().Mean.Get()
	case "std":
		return d.Stats().StdDev.Get()
	case "min":
		return d.Stats().Min.Get()
	case "max":
		return d.Stats().Max.Get()
	}
	p, _ := percentile(stat)
	return d.Quantile(p / 100)
}
