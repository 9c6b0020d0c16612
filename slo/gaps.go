package slo

import (
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// tallyGaps tallies the request's gaps by a limit from above, and adds each
// to values unless that is nil.
func tallyGaps(c metrics.Convention, r *metrics.Request, limit time.Duration, values *metrics.Distribution) tally {
	var n, low int64
	below, above := time.Duration(math.MinInt64), time.Duration(math.MaxInt64)
	for g := range c.TBT(r) {
		n++
		if values != nil {
			values.AddSpan(metrics.Known(g))
		}
		if g <= limit {
			low++
			below = max(below, g)
		} else {
			above = min(above, g)
		}
	}
	return tally{n, low, ratio{int64(below), 1}, ratio{int64(above), 1}}
}

// gapQuantile returns the p-quantile of the request's gaps, rounded up to the
// nanosecond: a limit is a whole number of them, so the quantile is within it
// if and only if the rounded one is. It sorts the gaps in buf, which it may
// grow.
func gapQuantile(c metrics.Convention, r *metrics.Request, p Share, buf *[]time.Duration) (time.Duration, bool) {
	gaps := slices.AppendSeq((*buf)[:0], c.TBT(r))
	*buf = gaps
	if len(gaps) == 0 {
		return 0, false
	}
	slices.Sort(gaps)
	at := locate(c.Quantile, int64(len(gaps)), p)
	q := gaps[at.i]
	if at.part > 0 {
		hi, lo := bits.Mul64(at.part, uint64(gaps[at.i+1]-q))
		quo, rem := bits.Div64(hi, lo, at.of) // part < of
		q += time.Duration(quo)
		if rem > 0 {
			q++
		}
	}
	return q, true
}
