package goodput

import (
	"math"
	"math/big"
	"math/bits"
)

// wide is an unsigned integer of 128 bits: a sum of products of nanoseconds
// and tokens.
//
// No sum in this package overflows it. A product of a difference of instants,
// below 2^63, and a number of tokens, at most 2^31, is below 2^94; 2^34
// requests would have to be summed to reach 2^128.
type wide struct{ hi, lo uint64 }

func product(a, b uint64) wide {
	hi, lo := bits.Mul64(a, b)
	return wide{hi, lo}
}

func (a wide) plus(b wide) wide {
	lo, carry := bits.Add64(a.lo, b.lo, 0)
	hi, _ := bits.Add64(a.hi, b.hi, carry)
	return wide{hi, lo}
}

// minus returns a - b for b <= a.
func (a wide) minus(b wide) wide {
	lo, borrow := bits.Sub64(a.lo, b.lo, 0)
	hi, _ := bits.Sub64(a.hi, b.hi, borrow)
	return wide{hi, lo}
}

func (a wide) less(b wide) bool { return a.hi < b.hi || a.hi == b.hi && a.lo < b.lo }

// float returns a, within 2 roundings; it is exact below 2^53 and never
// decreases as a grows.
func (a wide) float() float64 {
	if a.hi == 0 {
		return float64(a.lo)
	}
	return math.FMA(float64(a.hi), 1<<64, float64(a.lo))
}

func (a wide) int() *big.Int {
	n := new(big.Int).SetUint64(a.hi)
	return n.Or(n.Lsh(n, 64), new(big.Int).SetUint64(a.lo))
}

// ratio returns a/b, rounded once, for a <= b and 0 < b < 2^127.
func ratio(a, b wide) float64 {
	switch {
	case b.hi == 0 && b.lo <= 1<<53: // both operands exact
		return float64(a.lo) / float64(b.lo)
	case a == wide{}:
		return 0
	case a == b:
		return 1
	}
	// Long division in binary until the quotient has 55 digits, of which the
	// last also stands for the remainder: two more than a float64 holds, so
	// that its conversion rounds as the exact quotient would.
	var q uint64
	digits := 0
	for ; q < 1<<54; digits++ {
		a = a.plus(a)
		q <<= 1
		if !a.less(b) {
			a = a.minus(b)
			q |= 1
		}
	}
	if (a != wide{}) {
		q |= 1
	}
	return math.Ldexp(float64(q), -digits)
}
