package audit

import (
	"math"
	"strconv"
	"strings"

	"github.com/tokentime/tokentime/results"
)

// statedTime returns a time that the file states, in ns.
func (a *Audit) statedTime(metric, stat string) (float64, bool) {
	r, ok := a.run.Report(metric, stat)
	if !ok {
		return 0, false
	}
	return r.Nanoseconds()
}

// statedNumber returns a number other than a time that the file states.
func (a *Audit) statedNumber(metric, stat string) (float64, bool) {
	r, ok := a.run.Report(metric, stat)
	return r.Value, ok
}

// statedFact returns a setting that is a finite number.
func (a *Audit) statedFact(kind results.FactKind) (float64, bool) {
	f, ok := a.run.Stated(kind)
	if !ok {
		return 0, false
	}
	v, err := strconv.ParseFloat(f.Value, 64)
	return v, err == nil && !math.IsInf(v, 0) && !math.IsNaN(v)
}

// isLatency reports whether a stated number of that metric is a latency that
// a user has.
func isLatency(metric string) bool {
	switch metric {
	case results.MetricTTFT, results.MetricTPOT, results.MetricITL, results.MetricTTLT,
		results.MetricEndToEnd, results.MetricNormalized, results.MetricTTFTFromDue, results.MetricEndToEndFromDue:
		return true
	}
	return false
}

// quantileOf returns the p in [0, 1] of a statistic such as "p99".
func quantileOf(stat string) (float64, bool) {
	digits, ok := strings.CutPrefix(stat, "p")
	if !ok {
		return 0, false
	}
	p, err := strconv.ParseFloat(digits, 64)
	return p / 100, err == nil && p >= 0 && p <= 100
}

// apart reports whether two figures differ by more than a share of the larger.
func apart(x, y, share float64) bool {
	return math.Abs(x-y) > share*max(math.Abs(x), math.Abs(y))
}

// beyondFactor reports whether a quotient is further from 1 than the factor,
// up or down.
func beyondFactor(ratio, factor float64) bool { return ratio > factor || ratio < 1/factor }

// complete reports whether there are records of all requests that the stated
// figures are about, as far as the file says of how many they are.
func (a *Audit) complete() bool {
	stated, ok := a.statedNumber(results.MetricCompleted, "")
	c := a.paper.Requests
	return len(a.records) > 0 && (!ok || stated >= float64(c.Completed) && stated <= float64(c.Offered))
}
