package compare

import (
	"fmt"
	"math"
	"slices"

	"github.com/tokentime/tokentime/metrics"
)

// Verdict says what a row shows.
type Verdict uint8

const (
	// NotJudged rows have no interval: a value is undefined, or it is the
	// worst value, about whose variation resampling says nothing.
	NotJudged Verdict = iota
	// NoChange means that the interval of the difference holds 0. That is
	// no proof that nothing changed.
	NoChange
	// Better and Worse mean that it does not.
	Better
	Worse
	// TooFew means that in one of the runs fewer than 10 values, or values of
	// fewer than 10 requests, lie beyond the quantile.
	TooFew
	// NotComparable means that the runs' requests ended differently.
	NotComparable
)

var verdictNames = [...]string{"not judged", "no change shown", "better", "worse", "too few samples", "not comparable"}

// String returns the verdict in words.
func (v Verdict) String() string {
	if int(v) < len(verdictNames) {
		return verdictNames[v]
	}
	return fmt.Sprintf("Verdict(%d)", uint8(v))
}

// MarshalText returns the verdict in words.
func (v Verdict) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// Row is one statistic of one metric in both runs.
//
//	Difference = New - Base
//	Ratio      = New / Base
//
// An interval holds the middle share, of the confidence, of the differences
// (ratios) between resample b of new and resample b of base (the percentile
// interval; Efron & Tibshirani 1993, section 13.3).
//
// Special cases are:
//
//	a value undefined                  no difference, no ratio, no interval
//	Base = 0 or of other sign          no ratio
//	some resample without a value      no interval
//	some resample with Base <= 0       no interval of the ratio
//	the worst value                    no interval
type Row struct {
	Stat string                    `json:"stat"` // "p50", "mean", "max", "min", "rate", "share"
	Base metrics.Optional[float64] `json:"base"`
	New  metrics.Optional[float64] `json:"new"`

	Difference         metrics.Optional[float64]          `json:"difference"`
	Ratio              metrics.Optional[float64]          `json:"ratio"`
	DifferenceInterval metrics.Optional[metrics.Interval] `json:"difference_interval"`
	RatioInterval      metrics.Optional[metrics.Interval] `json:"ratio_interval"`

	Verdict Verdict `json:"verdict"`
	TooFew  bool    `json:"too_few"` // also where the verdict is another one
}

// newRow returns the row of two values, without intervals.
func newRow(stat string, base, new metrics.Optional[float64]) Row {
	row := Row{Stat: stat, Base: base, New: new}
	a, okA := base.Get()
	b, okB := new.Get()
	if okA && okB {
		row.Difference = metrics.Known(b - a)
		if a > 0 && b >= 0 {
			row.Ratio = metrics.Known(b / a)
		}
	}
	return row
}

// resampled adds the intervals from the resamples of both runs.
func (row *Row) resampled(base, new []float64, confidence float64) {
	if !row.Difference.Known() {
		return
	}
	differences, ratios := make([]float64, len(base)), make([]float64, len(base))
	for i, a := range base {
		differences[i], ratios[i] = new[i]-a, new[i]/a
		if !(a > 0) {
			ratios[i] = math.NaN()
		}
	}
	row.DifferenceInterval = percentileInterval(differences, confidence)
	if row.Ratio.Known() {
		row.RatioInterval = percentileInterval(ratios, confidence)
	}
}

// percentileInterval returns the quantiles (1 - confidence)/2 and
// (1 + confidence)/2, or nothing if a value is missing.
func percentileInterval(values []float64, confidence float64) metrics.Optional[metrics.Interval] {
	if slices.ContainsFunc(values, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }) {
		return metrics.Optional[metrics.Interval]{}
	}
	var e metrics.Exact
	for _, v := range values {
		e.Add(v)
	}
	q := e.Quantiles(metrics.Linear, (1-confidence)/2, (1+confidence)/2)
	return metrics.Known(metrics.Interval{Lo: q[0], Hi: q[1], Confidence: confidence})
}

// judge sets the verdict.
func (row *Row) judge(higherBetter, tooFew, comparable bool) {
	row.TooFew = tooFew
	i, ok := row.DifferenceInterval.Get()
	switch {
	case !row.Difference.Known():
		row.Verdict = NotJudged
	case !comparable:
		row.Verdict = NotComparable
	case tooFew:
		row.Verdict = TooFew
	case !ok:
		row.Verdict = NotJudged
	case i.Lo <= 0 && i.Hi >= 0:
		row.Verdict = NoChange
	case (i.Lo > 0) == higherBetter:
		row.Verdict = Better
	default:
		row.Verdict = Worse
	}
}
