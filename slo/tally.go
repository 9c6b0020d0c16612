package slo

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"

	"github.com/tokentime/tokentime/metrics"
)

// tally holds what decides whether a quantile of many values is within a
// limit: how many of them are, and the two values next to the limit. It
// answers exactly, in constant space, for every p and every
// [metrics.QuantileKind], so that no sample need be kept or sorted for a
// verdict.
//
// With x_1 <= ... <= x_n and the first low of them on the low side of the
// limit, x_r is on the low side if and only if r <= low. A quantile between
// x_low and x_{low+1} has to be computed; those two values are kept.
//
// A value at the limit is on the side that is within it: the low side of a
// limit from above, the high side of one from below.
type tally struct {
	n, low int64
	below  ratio // largest value on the low side, if low > 0
	above  ratio // least value on the high side, if low < n
}

func (t *tally) add(v ratio, low bool) {
	if low {
		t.merge(&tally{1, 1, v, ratio{}})
	} else {
		t.merge(&tally{1, 0, ratio{}, v})
	}
}

func (t *tally) merge(o *tally) {
	if o.low > 0 && (t.low == 0 || o.below.cmp(t.below) > 0) {
		t.below = o.below
	}
	if o.low < o.n && (t.low == t.n || o.above.cmp(t.above) < 0) {
		t.above = o.above
	}
	t.n += o.n
	t.low += o.low
}

// verdict says whether the p-quantile of the values is within the part's
// limit, by which they were added.
func (t *tally) verdict(part *Part, p Share, kind metrics.QuantileKind) Verdict {
	if t.n == 0 {
		return Undefined
	}
	at := locate(kind, t.n, p)
	switch {
	case t.low <= at.i:
		return verdict(part.IsShare())
	case t.low > at.i+1 || at.part == 0:
		return verdict(!part.IsShare())
	}
	side := t.compareBetween(at, part.limit())
	if part.IsShare() {
		return verdict(side >= 0)
	}
	return verdict(side <= 0)
}

// compareBetween compares the point at.part/at.of of the way from below to
// above with the limit, which is not outside them.
func (t *tally) compareBetween(at location, limit ratio) int {
	lo, hi := t.below, t.above
	if lo.den == 1 && hi.den == 1 && limit.den == 1 {
		return magnitudes(at.part, uint64(hi.num)-uint64(lo.num), at.of, uint64(limit.num)-uint64(lo.num))
	}
	q := hi.rat()
	q.Sub(q, lo.rat())
	q.Mul(q, new(big.Rat).SetFrac(new(big.Int).SetUint64(at.part), new(big.Int).SetUint64(at.of)))
	q.Add(q, lo.rat())
	return q.Cmp(limit.rat())
}

func (a ratio) rat() *big.Rat {
	return new(big.Rat).SetFrac(big.NewInt(a.num), new(big.Int).SetUint64(a.den))
}

// location is where a quantile lies in a sorted sample: part/of of the way
// from the value with index i to the next one. part = 0 needs only value i.
type location struct {
	i        int64
	part, of uint64
}

// locate returns where the p-quantile of n > 0 values lies, with p exact. The
// kinds are defined at [metrics.QuantileKind]; of InverseCDF, Lower and
// FloorRank the float64 product is the definition.
func locate(kind metrics.QuantileKind, n int64, p Share) location {
	den := uint64(p.Den)
	times := func(n int64) (whole int64, rest uint64) {
		hi, lo := bits.Mul64(uint64(n), uint64(p.Num))
		quo, rem := bits.Div64(hi, lo, den) // p < 1, so quo < n
		return int64(quo), rem
	}
	switch kind {
	case metrics.Linear:
		whole, rest := times(n - 1)
		return location{whole, rest, den}
	case metrics.LinearCDF:
		whole, rest := times(n)
		if whole == 0 {
			return location{0, 0, den}
		}
		return location{whole - 1, rest, den}
	case metrics.InverseCDF:
		rank := int64(math.Ceil(float64(n) * p.Float64()))
		return location{min(max(rank, 1), n) - 1, 0, den}
	case metrics.Lower:
		return location{int64(float64(n-1) * p.Float64()), 0, den}
	case metrics.FloorRank:
		return location{min(int64(float64(n)*p.Float64()), n-1), 0, den}
	case metrics.OrderStatistic:
		whole, rest := times(n)
		if rest == 0 {
			whole--
		}
		return location{whole, 0, den}
	}
	panic(fmt.Sprintf("slo: no quantile kind has the number %d", uint8(kind)))
}
