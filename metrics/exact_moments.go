package metrics

import (
	"math"
	"math/big"
	"math/bits"
)

// moments describes a sample that is not empty: extremes, mean and standard
// deviation (ddof 0).
type moments struct {
	min, max, mean, stdDev float64
}

// moments computes moments from exact sums, so that the order of the values
// does not matter, nor which of them are in repeats: integers are summed in 192
// bits, other values as expansions.
func (e *Exact) moments() moments {
	if s, ok := sumIntegers(e.values); ok && s.addRepeats(e.repeats) {
		return s.moments(e.n())
	}
	m := moments{min: math.Inf(1), max: math.Inf(-1)}
	n := float64(e.n())
	var sum, squares expansion
	for _, v := range e.values {
		m.min, m.max = min(m.min, v), max(m.max, v)
		sum.add(v)
	}
	for _, r := range e.repeats {
		m.min, m.max = min(m.min, r.value), max(m.max, r.value)
		sum.addN(r.value, r.count)
	}
	m.mean = min(max(sum.value()/n, m.min), m.max) // the division can round out of the range
	for _, v := range e.values {
		d := v - m.mean
		squares.add(float64(d * d)) // no fused multiply-add
	}
	for _, r := range e.repeats {
		d := r.value - m.mean
		squares.addN(float64(d*d), r.count)
	}
	m.stdDev = math.Sqrt(squares.value() / n)
	return m
}

// maxInteger is up to which magnitude sums of integers are taken.
const maxInteger = 1 << 53

// integerSums holds the extremes of integers of at most 2^53, their sum and
// that of their squares. 2^62 of them fit: the sum is below 2^115, that of the
// squares below 2^168.
type integerSums struct {
	min, max      int64
	sumHi, sumLo  uint64 // 128 bits, two's complement
	sq2, sq1, sq0 uint64 // 192 bits
}

// sumIntegers returns the sums, or false if a value is not an integer or
// larger than 2^53.
func sumIntegers(values []float64) (integerSums, bool) {
	s := integerSums{min: maxInteger, max: -maxInteger}
	var carry uint64
	for len(values) > 0 {
		block := values[:min(len(values), 512)] // of which the sum fits in 63 bits
		values = values[len(block):]
		var sum int64
		var hi, lo uint64
		for _, v := range block {
			i := int64(v)
			if float64(i) != v || uint64(i+maxInteger) > 2*maxInteger {
				return integerSums{}, false
			}
			s.min, s.max = min(s.min, i), max(s.max, i)
			sum += i
			h, l := bits.Mul64(uint64(max(i, -i)), uint64(max(i, -i)))
			lo, carry = bits.Add64(lo, l, 0)
			hi += h + carry
		}
		s.sumLo, carry = bits.Add64(s.sumLo, uint64(sum), 0)
		s.sumHi += uint64(sum>>63) + carry
		s.sq0, carry = bits.Add64(s.sq0, lo, 0)
		s.sq1, carry = bits.Add64(s.sq1, hi, carry)
		s.sq2 += carry
	}
	return s, true
}

// addRepeats adds the values of the repeats, or returns false if one is not an
// integer or larger than 2^53; s is then of no use.
func (s *integerSums) addRepeats(repeats []repeat) bool {
	var carry uint64
	for _, r := range repeats {
		i, n := int64(r.value), uint64(r.count)
		if float64(i) != r.value || uint64(i+maxInteger) > 2*maxInteger {
			return false
		}
		s.min, s.max = min(s.min, i), max(s.max, i)

		hi, lo := bits.Mul64(uint64(i), n)
		if i < 0 {
			hi -= n // uint64(i) is i + 2^64
		}
		s.sumLo, carry = bits.Add64(s.sumLo, lo, 0)
		s.sumHi += hi + carry

		// i^2 = hi 2^64 + lo, and hi n < 2^42 2^62
		hi, lo = bits.Mul64(uint64(max(i, -i)), uint64(max(i, -i)))
		m1, m0 := bits.Mul64(lo, n)
		m3, m2 := bits.Mul64(hi, n)
		s.sq0, carry = bits.Add64(s.sq0, m0, 0)
		s.sq1, carry = bits.Add64(s.sq1, m1, carry)
		s.sq2 += m3 + carry
		s.sq1, carry = bits.Add64(s.sq1, m2, 0)
		s.sq2 += carry
	}
	return true
}

// moments returns the moments of n values,
//
//	mean   = S_1/n
//	stdDev = sqrt((n S_2 - S_1^2) / n^2)
//
// with S_1 and S_2 the sums of the values and of their squares.
func (s integerSums) moments(n int64) moments {
	count := big.NewInt(n)
	s1 := big.NewInt(int64(s.sumHi))
	s1.Lsh(s1, 64).Add(s1, new(big.Int).SetUint64(s.sumLo))
	s2 := new(big.Int).SetUint64(s.sq2)
	s2.Lsh(s2, 64).Add(s2, new(big.Int).SetUint64(s.sq1))
	s2.Lsh(s2, 64).Add(s2, new(big.Int).SetUint64(s.sq0))

	mean, _ := new(big.Rat).SetFrac(s1, count).Float64()
	v := s2.Mul(s2, count)
	v.Sub(v, new(big.Int).Mul(s1, s1))
	variance, _ := new(big.Rat).SetFrac(v, count.Mul(count, count)).Float64()
	return moments{float64(s.min), float64(s.max), mean, math.Sqrt(variance)}
}

// expansion is an exact sum of float64 values, held as values that do not
// overlap, the smallest first: Shewchuk, "Adaptive Precision Floating-Point
// Arithmetic and Fast Robust Geometric Predicates", Discrete & Computational
// Geometry 18, 1997, section 2.4. It overflows if the sum of some of the
// values does.
type expansion struct {
	parts []float64
}

func (e *expansion) add(x float64) {
	kept := e.parts[:0]
	for _, y := range e.parts {
		sum, rest := twoSum(x, y)
		if rest != 0 {
			kept = append(kept, rest)
		}
		x = sum
	}
	e.parts = append(kept, x)
}

// addN adds x n times, 0 <= n <= 2^62, as the exact products with the upper
// and the lower 31 bits of n, each of them a rounded one and its error.
func (e *expansion) addN(x float64, n int64) {
	const low = 1<<31 - 1
	for _, part := range [...]int64{n &^ low, n & low} {
		product := float64(x * float64(part))
		e.add(product)
		e.add(math.FMA(x, float64(part), -product))
	}
}

// twoSum returns the rounded sum of a and b and what the rounding left out
// (Knuth).
func twoSum(a, b float64) (sum, rest float64) {
	sum = a + b
	b1 := sum - a
	a1 := sum - b1
	return sum, (a - a1) + (b - b1)
}

// value returns the sum, rounded once.
func (e *expansion) value() float64 {
	p := e.parts
	if len(p) == 0 {
		return 0
	}
	i := len(p) - 1
	sum, rest := p[i], 0.0
	for i > 0 && rest == 0 {
		i--
		sum, rest = twoSum(sum, p[i])
	}
	// If sum lies exactly between two float64 values, it was rounded to the
	// even one, whatever the smaller parts say.
	if i > 0 && rest != 0 && math.Signbit(rest) == math.Signbit(p[i-1]) {
		if up := sum + 2*rest; up-sum == 2*rest {
			sum = up
		}
	}
	return sum
}
