package slo

import (
	"cmp"
	"math/bits"
)

// Share is a decimal fraction in [0, 1], kept as it was written: 0.9 is 9/10,
// which no float64 is. Den is a power of ten, at most 10^18, and as small as
// it can be, so that equal shares are equal values. The zero Share stands for
// none.
type Share struct {
	Num, Den int64
}

// Float64 returns the share, rounded once; 0 for the zero Share.
func (s Share) Float64() float64 {
	if s.Den == 0 {
		return 0
	}
	return float64(s.Num) / float64(s.Den)
}

func (s Share) ratio() ratio { return ratio{s.Num, uint64(s.Den)} }

// ratio is an exact measured value or limit: a duration over 1, a duration
// over a number of tokens, hits over deadlines. den is positive.
type ratio struct {
	num int64
	den uint64
}

// cmp returns -1, 0 or 1 as a is below, at or above b, comparing the cross
// products in 128 bits.
func (a ratio) cmp(b ratio) int {
	if a.den == b.den {
		return cmp.Compare(a.num, b.num)
	}
	if a.num < 0 || b.num < 0 {
		if a.num >= 0 || b.num >= 0 {
			return cmp.Compare(a.num, b.num)
		}
		return magnitudes(uint64(-b.num), a.den, uint64(-a.num), b.den) // uint64 makes -MinInt64 right
	}
	return magnitudes(uint64(a.num), b.den, uint64(b.num), a.den)
}

// magnitudes compares x*y with v*w.
func magnitudes(x, y, v, w uint64) int {
	hi1, lo1 := bits.Mul64(x, y)
	hi2, lo2 := bits.Mul64(v, w)
	if c := cmp.Compare(hi1, hi2); c != 0 {
		return c
	}
	return cmp.Compare(lo1, lo2)
}

// float returns the value, rounded once if its terms are below 2^53 (104 days
// of nanoseconds).
func (a ratio) float() float64 { return float64(a.num) / float64(a.den) }
