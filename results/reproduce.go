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

// Reproduce compares the reported aggregates of TTFT, TPOT, ITL and end-to-end
// latency (mean, median, std and percentiles) with those of s, a summary of
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
		stat, metric, ok := statistic(reported.Name)
		if !ok {
			continue
		}
		d, tolerance := comparedWith(s, metric)
		if d == nil {
			continue
		}
		if stat == "std" {
			tolerance = max(tolerance, toleranceStdNs)
		}
		rep := Reproduction{Reported: reported, Tolerance: tolerance / 1e6}
		if r.Convention != "" && s.Options.Convention.Name == r.Convention {
			rep.compare(d, stat)
		}
		all = append(all, rep)
	}
	return all
}

// comparedWith returns the distribution that a tool's metric is compared with,
// or nil, and the tolerance.
func comparedWith(s *metrics.Summary, metric string) (*metrics.Distribution, float64) {
	switch metric {
	case "ttft":
		return &s.Raw.TTFT, toleranceNs
	case "itl":
		return &s.Raw.TBT, toleranceNs
	case "tpot":
		return &s.Normalized.TPOT, toleranceTPOT
	case "e2el":
		return &s.Raw.EndToEnd, toleranceNs
	}
	return nil, 0
}

func (rep *Reproduction) compare(d *metrics.Distribution, stat string) {
	if d.Options.Method != metrics.ExactMethod && stat != "mean" {
		return
	}
	ns, ok := aggregate(d, stat)
	if ok {
		rep.Recomputed = metrics.Known(ns / 1e6)
	}
	rep.Verdict = NotReproducible
	if ok && math.Abs(ns-rep.Value*1e6) <= rep.Tolerance*1e6 || !ok && rep.Value == 0 {
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
	case "median":
		return d.Quantile(0.5)
	}
	p, _ := percentile(stat)
	return d.Quantile(p / 100)
}
