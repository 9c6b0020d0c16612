package metrics

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"slices"

	"github.com/HdrHistogram/hdrhistogram-go"
	"gonum.org/v1/gonum/stat"
)

// MaxHDR is the largest value that an [HDR] resolves: 73 minutes in
// nanoseconds.
const MaxHDR int64 = 1<<42 - 1

// HDR is a distribution of integers, usually nanoseconds, in constant memory:
// counts in the buckets of an HdrHistogram with the range 1..[MaxHDR] (0 has a
// bucket of its own). Number, sum, least and largest value are kept beside
// the counts and are exact.
//
// With x the true order statistic of rank ceil(n p) and 0 <= x <= MaxHDR,
//
//	|Quantile(p) - x| <= 0.001 x    with 3 significant digits: 270 KB
//	|Quantile(p) - x| <= 0.01 x     with 2:                     37 KB
//
// and Quantile is never below the least or above the largest value. A value
// out of range is recorded in the first or the last bucket and counted in
// [HDR.OutOfRange]; nothing is dropped.
//
// The zero HDR is empty, has 3 digits and is ready; it allocates its buckets
// with the first value. An HDR must not be copied after that, and is not safe
// for concurrent use while values are added.
type HDR struct {
	counts []int64 // nil before the first value
	bits   uint8   // buckets per power of two as a power of two; may be 0 instead of 10 before the first value

	n            int64
	sumHi, sumLo uint64 // 128 bits, two's complement
	min, max     int64  // meaningful if n > 0
	outOfRange   int64
}

// The bits of the geometries that 2 and 3 decimal digits need: a bucket is
// not wider than 2^-bits of its values.
const (
	hdrBits2 = 7
	hdrBits3 = 10
)

// maxCount bounds the number of values of an HDR, so that adding one more
// never needs a check.
const maxCount = 1 << 62

// NewHDR returns an empty HDR of 2 or 3 significant digits. It panics if
// digits is another number.
func NewHDR(digits int) *HDR {
	switch digits {
	case 2:
		return &HDR{bits: hdrBits2}
	case 3:
		return &HDR{}
	}
	panic(fmt.Sprintf("metrics: NewHDR(%d): an HDR has 2 or 3 digits", digits))
}

// Digits returns the number of significant digits, 2 or 3.
func (h *HDR) Digits() int {
	if h.bits == hdrBits2 {
		return 2
	}
	return 3
}

// RelativeError returns the bound of |Quantile(p) - x| / x, for values in
// range.
func (h *HDR) RelativeError() float64 {
	if h.Digits() == 2 {
		return 0.01
	}
	return 0.001
}

// hdrIndex returns the bucket of u with 2^b buckets per power of two, in
// HdrHistogram's own numbering: s is how many low bits of u the bucket does
// not tell apart.
func hdrIndex(u uint64, b uint8) uint64 {
	s := uint(bits.Len64(u>>(b&63)|1) - 1)
	return uint64(s)<<(b&63) + u>>(s&63)
}

// hdrBucket returns the least and the largest value of bucket i.
func hdrBucket(i int, b uint8) (lo, hi int64) {
	s := max(0, i>>b-1)
	lo = int64(i-s<<b) << s
	return lo, lo + 1<<s - 1
}

// hdrBuckets returns the number of buckets.
func hdrBuckets(b uint8) int { return int(hdrIndex(uint64(MaxHDR), b)) + 1 }

// Record adds a value.
func (h *HDR) Record(v int64) {
	u := uint64(v)
	i := hdrIndex(u, h.bits)
	if i >= uint64(len(h.counts)) { // also a negative v, and the first value
		h.recordSlow(v, 1)
		return
	}
	h.counts[i]++
	h.n++
	h.sumLo += u
	if h.sumLo < u {
		h.sumHi++
	}
	if v < h.min {
		h.min = v
	}
	if v > h.max {
		h.max = v
	}
}

// RecordAll adds each of the values. It is faster than Record of each.
func (h *HDR) RecordAll(values []int64) {
	if len(values) == 0 {
		return
	}
	h.prepare()
	counts, shift := h.counts, h.bits
	least, largest := h.min, h.max
	var sum, carries uint64
	done := int64(0)
	for _, v := range values {
		i := hdrIndex(uint64(v), shift)
		if i >= uint64(len(counts)) {
			h.recordSlow(v, 1)
			continue
		}
		counts[i]++
		done++
		var carry uint64
		sum, carry = bits.Add64(sum, uint64(v), 0)
		carries += carry
		least, largest = min(least, v), max(largest, v)
	}
	h.n += done
	var carry uint64
	h.sumLo, carry = bits.Add64(h.sumLo, sum, 0)
	h.sumHi += carries + carry
	h.min, h.max = min(h.min, least), max(h.max, largest)
}

// RecordN adds a value n times. It panics if n is negative or the number of
// values exceeds 2^62.
func (h *HDR) RecordN(v, n int64) {
	if n < 0 {
		panicNegativeCount(n)
	}
	if n == 0 {
		return
	}
	h.recordSlow(v, n)
}

func (h *HDR) recordSlow(v, n int64) {
	h.prepare()
	if n > maxCount-h.n {
		panic("metrics: more than 2^62 values in an HDR")
	}
	in := min(max(v, 0), MaxHDR)
	if in != v {
		h.outOfRange += n
	}
	h.counts[hdrIndex(uint64(in), h.bits)] += n
	h.n += n
	h.addSum(v, n)
	h.min = min(h.min, v)
	h.max = max(h.max, v)
}

func (h *HDR) prepare() {
	if h.counts != nil {
		return
	}
	if h.bits == 0 {
		h.bits = hdrBits3
	}
	h.counts = make([]int64, hdrBuckets(h.bits))
	h.min, h.max = math.MaxInt64, math.MinInt64
}

// addSum adds v*n to the sum; n >= 0.
func (h *HDR) addSum(v, n int64) {
	hi, lo := bits.Mul64(uint64(v), uint64(n))
	if v < 0 {
		hi -= uint64(n) // uint64(v) is v + 2^64
	}
	var carry uint64
	h.sumLo, carry = bits.Add64(h.sumLo, lo, 0)
	h.sumHi, _ = bits.Add64(h.sumHi, hi, carry)
}

// sum returns the exact sum of the values.
func (h *HDR) sum() *big.Int {
	s := big.NewInt(int64(h.sumHi))
	return s.Lsh(s, 64).Add(s, new(big.Int).SetUint64(h.sumLo))
}

// Len returns the number of values.
func (h *HDR) Len() int64 { return h.n }

// OutOfRange returns how many values were below 0 or above [MaxHDR]. They are
// in Len, the mean, the least and the largest value as what they were, and in
// quantiles and the standard deviation as the end of the range.
func (h *HDR) OutOfRange() int64 { return h.outOfRange }

// Min returns the least value, exactly, or 0 and false if there is none.
func (h *HDR) Min() (int64, bool) {
	if h.n == 0 {
		return 0, false
	}
	return h.min, true
}

// Max returns the largest value, exactly, or 0 and false if there is none.
func (h *HDR) Max() (int64, bool) {
	if h.n == 0 {
		return 0, false
	}
	return h.max, true
}

// Mean returns the exact mean, rounded once, or NaN and false if there is no
// value.
func (h *HDR) Mean() (float64, bool) {
	if h.n == 0 {
		return math.NaN(), false
	}
	mean, _ := new(big.Rat).SetFrac(h.sum(), big.NewInt(h.n)).Float64()
	return mean, true
}

// StdDev returns the standard deviation (ddof 0) about the exact mean, with
// each value taken for the middle of its bucket: with values in range,
//
//	|StdDev - true| <= RelativeError * Max
//
// It returns NaN and false if there is no value.
func (h *HDR) StdDev() (float64, bool) {
	mean, ok := h.Mean()
	if !ok || h.min == h.max {
		return mean - mean, ok // 0, or NaN
	}
	var middles, weights []float64
	for i, c := range h.counts {
		if c > 0 {
			lo, hi := hdrBucket(i, h.bits)
			middles = append(middles, float64(lo)+float64(hi-lo)/2)
			weights = append(weights, float64(c))
		}
	}
	return math.Sqrt(stat.MomentAbout(2, middles, mean, weights)), true
}

// Quantile returns the order statistic of rank ceil(n p) within the error
// bound, or 0 and false if there is no value. That of rank 1 and that of rank
// n are exact. It panics unless p is in [0, 1].
func (h *HDR) Quantile(p float64) (int64, bool) {
	checkP(p)
	if h.n == 0 {
		return 0, false
	}
	return h.Quantiles(p)[0], true
}

// Quantiles returns [HDR.Quantile] of each p, in the order of ps, at about
// the cost of one; or nil if there is no value.
func (h *HDR) Quantiles(ps ...float64) []int64 {
	for _, p := range ps {
		checkP(p)
	}
	if h.n == 0 {
		return nil
	}
	// hdrhistogram-go takes percentages and has the rank
	// floor(percent/100 * n + 1/2). The middle of that rounding is safe from
	// the two roundings of a float64 for n up to 2^50.
	percent := make([]float64, len(ps))
	ranks := make([]int64, len(ps))
	for i, p := range ps {
		ranks[i] = rank(h.n, p)
		percent[i] = 100 * (float64(ranks[i]) / float64(h.n))
	}
	q := h.Histogram().ValueAtPercentilesSlice(percent)
	for i, r := range ranks {
		switch r {
		case 1:
			q[i] = h.min
		case h.n:
			q[i] = h.max
		default:
			q[i] = min(max(q[i], h.min), h.max)
		}
	}
	return q
}

// Histogram returns the counts as a histogram of hdrhistogram-go, with lowest
// value 1, highest [MaxHDR] and the same digits: for its codec, its log files
// and its percentile tables. It is a copy.
func (h *HDR) Histogram() *hdrhistogram.Histogram {
	return hdrhistogram.Import(&hdrhistogram.Snapshot{
		LowestTrackableValue:  1,
		HighestTrackableValue: MaxHDR,
		SignificantFigures:    int64(h.Digits()),
		Counts:                h.counts,
	})
}

// DigitsError says that two HDRs of different precision were to be merged.
type DigitsError struct {
	Digits, Other int
}

func (e *DigitsError) Error() string {
	return fmt.Sprintf("an HDR of %d digits cannot be merged into one of %d", e.Other, e.Digits)
}

// Merge adds all that o holds. The result equals, bucket for bucket, the HDR
// of both samples. It returns a [*DigitsError] and changes nothing if o has
// another precision, and panics if the number of values exceeds 2^62.
func (h *HDR) Merge(o *HDR) error {
	if h.Digits() != o.Digits() {
		return &DigitsError{h.Digits(), o.Digits()}
	}
	if o.n == 0 {
		return nil
	}
	h.prepare()
	if o.n > maxCount-h.n {
		panic("metrics: more than 2^62 values in an HDR")
	}
	to := h.counts[:len(o.counts)]
	for i, c := range o.counts {
		to[i] += c
	}
	h.n += o.n
	var carry uint64
	h.sumLo, carry = bits.Add64(h.sumLo, o.sumLo, 0)
	h.sumHi, _ = bits.Add64(h.sumHi, o.sumHi, carry)
	h.min = min(h.min, o.min)
	h.max = max(h.max, o.max)
	h.outOfRange += o.outOfRange
	return nil
}

// Clone returns a copy that shares nothing with h.
func (h *HDR) Clone() *HDR {
	c := *h
	c.counts = slices.Clone(h.counts)
	return &c
}
