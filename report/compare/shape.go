package compare

import (
	"cmp"
	"math"
	"math/bits"
)

// Side says which of two runs.
type Side uint8

const (
	Neither Side = iota
	Base
	New
)

// String returns "neither", "base" or "new".
func (s Side) String() string { return [...]string{"neither", "base", "new"}[s%3] }

// MarshalText returns the side's name.
func (s Side) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Shape compares two whole distributions. With F and G the empirical
// distribution functions of base and new,
//
//	D(x) = G(x) - F(x)
//	Distance = max |D(x)|                     Kolmogorov-Smirnov
//	band(x) = b s(x) sqrt(n/M^2 + k/N^2)      n, k requests with values; M, N values, of base and new
//	s(x)^2 = mean of (c_i - H m_i)^2          over the requests of both; c_i of its m_i values are <= x
//	H(x) = sum of c_i / sum of m_i
//
// A difference within the band is taken for chance. Requests are independent,
// the gaps of one are not, and s is the spread between requests; for one value
// a request, s^2 = H (1 - H). The band is as wide as chance is: narrow in the
// tails, where that of Kolmogorov and Smirnov, of constant width, hides
// everything. It holds for all x at once, up to where the smaller run can be
// expected to have fewer than 10 requests with a value below, or above, x. b
// is the solution of
//
//	1 - confidence = 4 phi(b)/b + phi(b) (b - 1/b) ln((1 - a)^2 / a^2),   a = 10/min(M, N)
//
// with phi the normal density (Miller & Siegmund, "Maximally selected chi
// square statistics", Biometrics 38, 1982), an approximation for large n and
// k. A part of the distributions where |D| exceeds the band is a [Region]; a
// [Crossing] lies between two regions in which different runs are better.
//
// With fewer than 10 requests in a run, or 20 values, there is no region.
type Shape struct {
	Distance   float64 `json:"distance"`   // in [0, 1]
	At         float64 `json:"at"`         // where it is, in the metric's unit
	Percentile float64 `json:"percentile"` // of base, in [0, 1], there
	Band       float64 `json:"band"`       // there

	// Dominates is the run that is better at every percentile or as good,
	// and better at one (first-order stochastic dominance), counting every
	// difference, however small. It is about these samples; ShownBetter is
	// the run that is better somewhere, and worse nowhere, beyond the band.
	Dominates   Side `json:"dominates"`
	ShownBetter Side `json:"shown_better"`

	Regions   []Region   `json:"regions"`
	Crossings []Crossing `json:"crossings"`
}

// Region is the part of two distributions, from one value to another, in
// which one is better beyond the band: its first and last value there.
type Region struct {
	Better   Side    `json:"better"`
	From     float64 `json:"from"`
	To       float64 `json:"to"`
	Distance float64 `json:"distance"` // the largest in it
}

// Crossing is where two distribution functions cross: below Percentile (of
// both, in [0, 1]) and below the value At one run has the smaller values,
// above the other. Lower and Upper say which run is better there.
type Crossing struct {
	Percentile float64 `json:"percentile"`
	At         float64 `json:"at"`
	Lower      Side    `json:"better_below"`
	Upper      Side    `json:"better_above"`
}

// shapeOf compares two columns. There is no shape if one is empty.
func shapeOf(base, new *column, m metric, confidence float64) *Shape {
	if base.n == 0 || new.n == 0 {
		return nil
	}
	s := sweep{shape: &Shape{Regions: []Region{}, Crossings: []Crossing{}}, smaller: New, larger: Base}
	s.spread = newSpread(base, new)
	s.critical = critical(1-confidence, minTail/float64(min(base.n, new.n)))
	if m.higherBetter {
		s.smaller, s.larger = Base, New
	}
	s.run(base, new)
	s.finish()
	return s.shape
}

// sweep walks over the values of both columns in order.
type sweep struct {
	shape           *Shape
	smaller, larger Side // who is better where new, or base, has the smaller values
	above, below    bool // D was ever above 0, below 0

	spread   *spread
	critical float64 // b

	// The last place where D changed its sign, or became 0, for good so far.
	sign    int
	crossed Crossing
}

// run visits each value x that occurs, once, with the distribution functions
// just before and at it.
func (s *sweep) run(base, new *column) {
	a, b := base.entries, new.entries
	var i, j, f, g int64 // indexes, and numbers of values at or below x
	n, m := base.n, new.n
	for i < int64(len(a)) || j < int64(len(b)) {
		x := math.Inf(1)
		if i < int64(len(a)) {
			x = a[i].value
		}
		if j < int64(len(b)) {
			x = min(x, b[j].value)
		}
		f0, g0 := f, g
		for ; i < int64(len(a)) && a[i].value == x; i++ {
			f += int64(a[i].count)
			s.spread.base.pass(a[i])
		}
		for ; j < int64(len(b)) && b[j].value == x; j++ {
			g += int64(b[j].count)
			s.spread.new.pass(b[j])
		}
		s.visit(x, quotients{f0, g0, n, m}, quotients{f, g, n, m})
	}
}

// quotients are F = f/n and G = g/m.
type quotients struct{ f, g, n, m int64 }

func (q quotients) base() float64 { return float64(q.f) / float64(q.n) }
func (q quotients) new() float64  { return float64(q.g) / float64(q.m) }

// sign returns that of D = G - F, without rounding.
func (q quotients) sign() int {
	return compareProducts(uint64(q.g), uint64(q.n), uint64(q.f), uint64(q.m))
}

// visit looks at one value.
func (s *sweep) visit(x float64, before, at quotients) {
	d, sign := at.new()-at.base(), at.sign()
	s.above, s.below = s.above || sign > 0, s.below || sign < 0
	if math.Abs(d) > s.shape.Distance {
		s.shape.Distance, s.shape.At, s.shape.Percentile, s.shape.Band = math.Abs(d), x, at.base(), s.band()
	}
	if sign != 0 && sign != s.sign {
		s.sign = sign
		s.crossed.At = x
		s.crossed.Percentile = (max(before.base(), before.new()) + min(at.base(), at.new())) / 2
	}
	if !(math.Abs(d) > s.band()) {
		return
	}
	better := s.smaller
	if sign < 0 {
		better = s.larger
	}
	regions := s.shape.Regions
	if k := len(regions) - 1; k >= 0 && regions[k].Better == better {
		regions[k].To = x
		regions[k].Distance = max(regions[k].Distance, math.Abs(d))
		return
	} else if k >= 0 {
		c := s.crossed
		c.Lower, c.Upper = regions[k].Better, better
		s.shape.Crossings = append(s.shape.Crossings, c)
	}
	s.shape.Regions = append(regions, Region{better, x, x, math.Abs(d)})
}

// band returns the band at the current value: 1, which no difference exceeds,
// near the ends.
func (s *sweep) band() float64 {
	deviation, ok := s.spread.deviation()
	if !ok || math.IsInf(s.critical, 1) {
		return 1
	}
	return min(1, s.critical*deviation)
}

// critical returns b for the error and the edge a; see [Shape].
func critical(err, a float64) float64 {
	if a >= 0.5 {
		return math.Inf(1)
	}
	span := 2 * math.Log((1-a)/a)
	lo, hi := 1.5, 40.0
	for range 100 {
		b := (lo + hi) / 2
		phi := math.Exp(-b*b/2) / math.Sqrt(2*math.Pi)
		if 4*phi/b+float64(phi*(b-1/b)*span) > err {
			lo = b
		} else {
			hi = b
		}
	}
	return hi
}

func (s *sweep) finish() {
	h := s.shape
	switch {
	case s.above && !s.below:
		h.Dominates = s.smaller
	case s.below && !s.above:
		h.Dominates = s.larger
	}
	if len(h.Regions) == 1 {
		h.ShownBetter = h.Regions[0].Better
	}
}

// compareProducts returns the sign of a b - c d.
func compareProducts(a, b, c, d uint64) int {
	h1, l1 := bits.Mul64(a, b)
	h2, l2 := bits.Mul64(c, d)
	if h1 != h2 {
		return cmp.Compare(h1, h2)
	}
	return cmp.Compare(l1, l2)
}
