package metrics

import (
	"fmt"
	"math"
	"strings"
)

// QuantileKind says how a quantile is read off a sample. Tools differ in it,
// and small samples show the difference: the median of 1..10 is 5, 5, 5.5, 5
// under InverseCDF, LinearCDF, Linear, OrderStatistic, and 5, 6 under Lower,
// FloorRank. An [HDR] has order statistics only, whatever the kind.
//
// With x_1 <= ... <= x_n the sorted sample, p in [0, 1], and x_h for a
// fractional h the point (h - floor(h)) of the way from x_floor(h) to the
// next one:
//
//	Linear          x_h, h = (n - 1) p + 1     type 7
//	InverseCDF      x_ceil(h), h = n p         type 1
//	LinearCDF       x_h, h = n p               type 4
//	OrderStatistic  x_r, r = ceil(n p)         type 1, n p as in decimal arithmetic
//
// Types as numbered by Hyndman & Fan, "Sample Quantiles in Statistical
// Packages", The American Statistician 50(4), 1996. Two kinds of tools are
// none of their types:
//
//	Lower           x_floor(h), h = (n - 1) p + 1       DDSketch; NumPy's "lower"
//	FloorRank       x_floor(h), h = n p + 1, at most n  sorted[floor(n p)]: the P99 of up to 100 values is the largest
//
// InverseCDF and OrderStatistic have one definition and differ where a
// float64 cannot hold p: 0.07 * 100 is 7.000000000000001. InverseCDF takes
// the product as it comes, as gonum and NumPy do, and has x_8; Lower and
// FloorRank likewise.
// OrderStatistic takes a product within 2^-51 (relative) of an integer for
// that integer, and has x_7, which is meant.
//
// Special cases are:
//
//	n = 0         no quantile
//	n = 1         x_1
//	p = 0         x_1
//	p = 1         x_n
//	h < 1         x_1
type QuantileKind uint8

const (
	Linear         QuantileKind = iota // NumPy's default, and that of most tools
	InverseCDF                         // gonum's stat.Empirical, NumPy's "inverted_cdf"
	LinearCDF                          // gonum's stat.LinInterp, NumPy's "interpolated_inverted_cdf"
	OrderStatistic                     // what [HDR] approximates
	Lower                              // what DDSketch approximates
	FloorRank                          // MLPerf's and evalscope's
)

var quantileKindNames = [...]string{"linear", "inverse-cdf", "linear-cdf", "order-statistic", "lower", "floor-rank"}

// String returns the kind's name.
func (k QuantileKind) String() string { return name(quantileKindNames[:], "QuantileKind", uint8(k)) }

// MarshalText returns the kind's name.
func (k QuantileKind) MarshalText() ([]byte, error) {
	if int(k) >= len(quantileKindNames) {
		return nil, fmt.Errorf("no quantile kind has the number %d", uint8(k))
	}
	return []byte(k.String()), nil
}

// UnmarshalText accepts the names that MarshalText returns.
func (k *QuantileKind) UnmarshalText(b []byte) error {
	for i, s := range quantileKindNames {
		if s == string(b) {
			*k = QuantileKind(i)
			return nil
		}
	}
	return fmt.Errorf("unknown quantile kind %q (want %s)", b, strings.Join(quantileKindNames[:], ", "))
}

// Position returns where the p-quantile lies in a sorted sample of n values: the
// fraction of the way from the value with index lower to the one after it. A
// fraction of 0 needs only the value at lower. It is for samples that are not
// written out, such as those of values with counts; [Exact] has the others.
// Position panics if n is not positive or p is not in [0, 1].
func (k QuantileKind) Position(n int64, p float64) (lower int64, fraction float64) {
	checkP(p)
	if n <= 0 {
		panic(fmt.Sprintf("metrics: quantile of %d values; there must be one at least", n))
	}
	if p == 1 && int(k) < len(quantileKindNames) {
		return n - 1, 0 // float64(n) may be less than n
	}
	switch k {
	case Linear:
		return split(float64(n-1)*p, n)
	case InverseCDF:
		return clampRank(math.Ceil(float64(n)*p), n) - 1, 0
	case LinearCDF:
		return split(float64(n)*p-1, n)
	case OrderStatistic:
		return rank(n, p) - 1, 0
	case Lower:
		return clampRank(math.Floor(float64(n-1)*p)+1, n) - 1, 0
	case FloorRank:
		return clampRank(math.Floor(float64(n)*p)+1, n) - 1, 0
	}
	panic(fmt.Sprintf("metrics: no quantile kind has the number %d", uint8(k)))
}

// split returns the position of the fractional index h, 0 for the least value.
func split(h float64, n int64) (int64, float64) {
	if h <= 0 {
		return 0, 0
	}
	whole, t := math.Modf(h)
	if whole >= float64(n-1) {
		return n - 1, 0
	}
	return int64(whole), t
}

// clampRank returns r in [1, n].
func clampRank(r float64, n int64) int64 {
	if r >= float64(n) {
		return n
	}
	return max(1, int64(r))
}

// rank returns ceil(n p) in [1, n], with n p within a relative 2^-51 of an
// integer taken for that integer. p and the product carry a rounding of
// 2^-53 each, so what is an integer for the p that was written is inside.
func rank(n int64, p float64) int64 {
	h := float64(n) * p
	r := math.Round(h)
	if math.Abs(h-r) > h*0x1p-51 {
		r = math.Ceil(h)
	}
	return clampRank(r, n)
}

// between returns the point t of the way from a to b. It is never outside
// [a, b], is a at t = 0, and rounds as NumPy's "linear" does.
func between(a, b, t float64) float64 {
	d := b - a
	if math.IsInf(d, 0) { // the operands fit, their difference does not
		return a*(1-t) + b*t
	}
	if t < 0.5 {
		return a + float64(d*t) // the conversion forbids a fused multiply-add
	}
	return b - float64(d*(1-t))
}

// checkP panics unless p is a probability.
func checkP(p float64) {
	if !(p >= 0 && p <= 1) {
		panic(fmt.Sprintf("metrics: quantile of p = %v; p must be in [0, 1]", p))
	}
}
