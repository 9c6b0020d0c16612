package slo

import (
	"cmp"
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
	for g, k := range c.TBTRuns(r) {
		n += k
		if values != nil {
			values.AddSpanN(metrics.Known(g), k)
		}
		if g <= limit {
			low += k
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
func gapQuantile(c metrics.Convention, r *metrics.Request, p Share, buf *gapBuffer) (time.Duration, bool) {
	n := buf.fill(c, r)
	if n == 0 {
		return 0, false
	}
	at := locate(c.Quantile, n, p)
	q := buf.at(at.i)
	if at.part > 0 {
		hi, lo := bits.Mul64(at.part, uint64(buf.at(at.i+1)-q))
		quo, rem := bits.Div64(hi, lo, at.of) // part < of
		q += time.Duration(quo)
		if rem > 0 {
			q++
		}
	}
	return q, true
}

// gapBuffer holds the gaps of one request, ascending: each by itself, and
// apart those that occur so often in a row that they are not written out, so
// that a delivery can state any number of tokens.
type gapBuffer struct {
	gaps []time.Duration
	long []gapRun
}

// gapRun is a gap that occurs n times.
type gapRun struct {
	gap time.Duration
	n   int64
}

// fill replaces the gaps by those of the request and returns their number.
func (b *gapBuffer) fill(c metrics.Convention, r *metrics.Request) int64 {
	const longest = 64 // that is written out
	b.gaps, b.long = b.gaps[:0], b.long[:0]
	total := int64(0)
	for g, n := range c.TBTRuns(r) {
		total += n
		if n > longest {
			b.long = append(b.long, gapRun{g, n})
			continue
		}
		for range n {
			b.gaps = append(b.gaps, g)
		}
	}
	slices.Sort(b.gaps)
	slices.SortFunc(b.long, func(x, y gapRun) int { return cmp.Compare(x.gap, y.gap) })
	return total
}

// at returns the gap with index i.
func (b *gapBuffer) at(i int64) time.Duration {
	for _, r := range b.long {
		below, _ := slices.BinarySearch(b.gaps, r.gap)
		switch {
		case i < int64(below):
			return b.gaps[i]
		case i < int64(below)+r.n:
			return r.gap
		}
		i -= r.n
	}
	return b.gaps[i]
}
