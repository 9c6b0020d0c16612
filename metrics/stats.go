package metrics

import (
	"fmt"
	"strings"
	"time"
)

// Stats describes a [Distribution] in its unit. What no value defines is
// undefined. StdDev is that of the values themselves (ddof 0), not an
// estimate for a population behind them.
type Stats struct {
	N         int64             `json:"n"`         // values
	Undefined int64             `json:"undefined"` // what had no value
	Min       Optional[float64] `json:"min"`
	Mean      Optional[float64] `json:"mean"`
	StdDev    Optional[float64] `json:"stddev"`
	P50       Optional[float64] `json:"p50"`
	P90       Optional[float64] `json:"p90"`
	P95       Optional[float64] `json:"p95"`
	P99       Optional[float64] `json:"p99"`
	P999      Optional[float64] `json:"p999"`
	Max       Optional[float64] `json:"max"`

	// Intervals of the quantiles, if they can be had: of exact values that
	// are independent of each other.
	Intervals *QuantileIntervals `json:"confidence_95,omitempty"`
}

// QuantileIntervals holds confidence intervals of at least 95 % of the
// quantiles of [Stats]; see [Exact.Interval]. One is unknown where too few
// values lie beyond the quantile to enclose it.
type QuantileIntervals struct {
	P50  Optional[Interval] `json:"p50"`
	P90  Optional[Interval] `json:"p90"`
	P95  Optional[Interval] `json:"p95"`
	P99  Optional[Interval] `json:"p99"`
	P999 Optional[Interval] `json:"p999"`
}

func (s *Stats) setIntervals(v []Optional[Interval]) {
	s.Intervals = &QuantileIntervals{v[0], v[1], v[2], v[3], v[4]}
}

// standardQuantiles are those of Stats, ascending.
var standardQuantiles = [...]float64{0.5, 0.9, 0.95, 0.99, 0.999}

func (s *Stats) setQuantiles(q []float64) {
	for i, to := range []*Optional[float64]{&s.P50, &s.P90, &s.P95, &s.P99, &s.P999} {
		*to = Known(q[i])
	}
}

// Codes of the warnings of a [Distribution].
const (
	WarnTooFewSamples = "too-few-samples"
	WarnOutOfRange    = "out-of-range"
)

// minTail is how many values must lie beyond a quantile for it to be more
// than a property of a few of them: n (1 - p) >= minTail. Our definition.
const minTail = 10

// trustedFrom lists the quantiles of Stats, ascending, with the number of
// values from which on each is trusted, minTail / (1 - p).
var trustedFrom = [...]struct {
	name string
	n    int64
}{
	{"P50", 2 * minTail},
	{"P90", 10 * minTail},
	{"P95", 20 * minTail},
	{"P99", 100 * minTail},
	{"P99.9", 1000 * minTail},
}

// Warnings returns what is doubtful about d's numbers; name is how the
// messages call d. There is at most one warning of each code:
//
//	too-few-samples   n (1 - p) < 10 for p = 0.9, 0.95, 0.99 or 0.999, with n > 0 values
//	out-of-range      values that the HDR cannot tell apart
func (d *Distribution) Warnings(name string) []Warning { return d.warnings(name, d.N()) }

// warnings is Warnings of a distribution with so many values that do not
// repeat one another.
func (d *Distribution) warnings(name string, n int64) []Warning {
	var w []Warning
	if msg := tooFew(n); msg != "" {
		w = append(w, Warning{WarnTooFewSamples, name + ": " + msg})
	}
	if out := d.hdr.OutOfRange(); out > 0 {
		limit := fmt.Sprint(time.Duration(MaxHDR))
		if d.Options.Unit == Share {
			limit = fmt.Sprint(d.fromHDR(MaxHDR))
		}
		w = append(w, Warning{WarnOutOfRange, fmt.Sprintf(
			"%s: %d of %d values are outside the histogram's 0 to %s; its quantiles take them for its ends, exact ones would not",
			name, out, d.N(), limit)})
	}
	return w
}

// tooFew returns which quantiles of n values are doubtful, or "".
func tooFew(n int64) string {
	if n == 0 {
		return "" // no quantile to doubt
	}
	trusted := "no quantile is to be trusted"
	var doubtful []string
	for _, q := range trustedFrom {
		if n >= q.n {
			trusted = "the highest quantile to trust is " + q.name
		} else if q.name != "P50" {
			doubtful = append(doubtful, q.name)
		}
	}
	if len(doubtful) == 0 {
		return ""
	}
	last := trustedFrom[len(trustedFrom)-1]
	return fmt.Sprintf("%d values leave fewer than %d beyond %s; %s, and %s needs %d values",
		n, minTail, strings.Join(doubtful, ", "), trusted, last.name, last.n)
}
