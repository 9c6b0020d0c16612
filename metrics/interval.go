package metrics

import (
	"fmt"
	"math"
	"slices"
)

// Interval is a confidence interval. Confidence is the level reached, which
// is at least the one asked for.
type Interval struct {
	Lo         float64 `json:"lo"`
	Hi         float64 `json:"hi"`
	Confidence float64 `json:"confidence"`
}

// Interval returns a confidence interval for the p-quantile of the population
// that the values were drawn from, independently of each other. It supposes
// nothing about the distribution. With x_1 <= ... <= x_n the sorted sample
// and B binomial with n trials of probability p,
//
//	P(x_l <= quantile <= x_u) >= P(l <= B <= u - 1)
//
// with equality if the population is continuous. Of all pairs l < u whose
// right side is at least the confidence, the interval is that of the smallest
// u - l; of two equal ones, the one with more probability, then the lower
// one. Source: David & Nagaraja, "Order Statistics", 3rd ed., Wiley 2003,
// section 7.1.
//
// Where n p (1-p) is above 2^27, which takes 2^29 values at least, written out
// or repeated ([Exact.AddN]), the search would take too long. The interval is
// then about 1.4 times as wide at 95 %, and the confidence stated is the one asked for: by
// Bernstein's inequality (Boucheron, Lugosi & Massart, "Concentration
// Inequalities", Oxford 2013, corollary 2.11) its ranks
//
//	floor(n p - t) and ceil(n p + t) + 1, t = L/3 + sqrt(L^2/9 + 2 L n p (1-p)), L = ln(2/(1 - confidence))
//
// enclose the quantile at least so often.
//
// Gaps of one request are not independent of each other. For an interval that
// means what it says, use per-request values.
//
// Special cases are:
//
//	1 - p^n - (1-p)^n < confidence   false: even the least and the largest value do not enclose the quantile surely enough
//	n < 2, p = 0, p = 1              false, likewise
//
// It panics unless p is in [0, 1] and confidence in (0, 1).
func (e *Exact) Interval(p, confidence float64) (Interval, bool) {
	return e.Intervals(confidence, p)[0].Get()
}

// Intervals returns [Exact.Interval] of each p, in the order of ps, at about
// the cost of one.
func (e *Exact) Intervals(confidence float64, ps ...float64) []Optional[Interval] {
	if !(confidence > 0 && confidence < 1) {
		panic(fmt.Sprintf("metrics: confidence of %v; it must be in (0, 1)", confidence))
	}
	found := make([]Optional[rankInterval], len(ps))
	var ranks []int64
	for i, p := range ps {
		checkP(p)
		if r, ok := quantileRanks(e.n(), p, confidence); ok {
			found[i] = Known(r)
			ranks = append(ranks, r.lo-1, r.hi-1)
		}
	}
	slices.Sort(ranks)
	ranks = slices.Compact(ranks)
	sorted := selectRanks(e.values, e.repeats, ranks)
	value := func(rank int64) float64 {
		j, _ := slices.BinarySearch(ranks, rank-1)
		return sorted[j]
	}
	intervals := make([]Optional[Interval], len(ps))
	for i, f := range found {
		if r, ok := f.Get(); ok {
			intervals[i] = Known(Interval{Lo: value(r.lo), Hi: value(r.hi), Confidence: r.confidence})
		}
	}
	return intervals
}

// rankInterval is a confidence interval in ranks, 1 for the least value.
type rankInterval struct {
	lo, hi     int64
	confidence float64
}

// quantileRanks returns the ranks of Interval. The terms of the binomial
// distribution come from their ratios to the largest one, divided by their
// sum: no gamma function, whose rounding would spoil a large n. (gonum's
// distuv.Binomial.CDF is off by 4e-10 at n = 10^6, p = 1/2, and by 0.14 at
// n = 10^8.) The time is proportional to sqrt(n p (1-p)), at most maxVariance.
func quantileRanks(n int64, p, confidence float64) (rankInterval, bool) {
	if n < 2 || p == 0 || p == 1 {
		return rankInterval{}, false
	}
	variance := float64(n) * p * (1 - p)
	if variance > maxVariance {
		return wideRanks(n, p, confidence), true
	}
	mode := newBinomialTerm(n, p)
	terms := make([]float64, 0, 16+int(10*math.Sqrt(variance)))
	total := mode.tailSum(binomialTerm.below, terms) + mode.tailSum(binomialTerm.above, terms) - 1

	// Terms 1 to n-1 are those between two values. They fall on both sides
	// of the mode, so adding the larger neighbor gives the fewest terms.
	for mode.k < 1 {
		mode = mode.above()
	}
	for mode.k > n-1 {
		mode = mode.below()
	}
	sum := mode.ratio
	lo, hi := mode, mode
	for sum/total < confidence {
		down, up := lo.below(), hi.above()
		if down.k < 1 {
			down.ratio = 0
		}
		if up.k > n-1 {
			up.ratio = 0
		}
		switch {
		case down.ratio == 0 && up.ratio == 0:
			return rankInterval{}, false
		case down.ratio >= up.ratio:
			lo, sum = down, sum+down.ratio
		default:
			hi, sum = up, sum+up.ratio
		}
	}
	return rankInterval{lo: lo.k, hi: hi.k + 1, confidence: sum / total}, true
}

// maxVariance is up to which n p (1-p) the terms of the binomial distribution
// are gone through: 110,000 of them on each side, a millisecond or two.
const maxVariance = 1 << 27

// wideRanks returns the ranks of Bernstein's inequality. There are such, as
// both n p and n (1-p) are above 2^27, and t below 9 times its square root.
func wideRanks(n int64, p, confidence float64) rankInterval {
	l := math.Log(2 / (1 - confidence))
	middle := float64(n) * p
	t := l/3 + math.Sqrt(float64(l*l)/9+2*l*middle*(1-p))
	t += middle * 0x1p-51 // more than the roundings of middle
	return rankInterval{lo: int64(math.Floor(middle - t)), hi: int64(math.Ceil(middle+t)) + 1, confidence: confidence}
}

// binomialTerm is P(B = k) divided by the largest of these probabilities, B
// binomial with n trials of probability p.
type binomialTerm struct {
	n, k  int64
	odds  float64 // p/(1-p)
	ratio float64
}

// newBinomialTerm returns the largest term, the first of two equal ones.
func newBinomialTerm(n int64, p float64) binomialTerm {
	return binomialTerm{n: n, k: min(max(0, int64(math.Ceil(float64(n+1)*p))-1), n), odds: p / (1 - p), ratio: 1}
}

func (t binomialTerm) above() binomialTerm {
	t.ratio *= float64(t.n-t.k) / float64(t.k+1) * t.odds
	t.k++
	return t
}

func (t binomialTerm) below() binomialTerm {
	t.ratio *= float64(t.k) / float64(t.n-t.k+1) / t.odds
	t.k--
	return t
}

// tailSum sums the terms from t on in the direction of next, the smallest
// first, until they no longer matter. It holds them in terms.
func (t binomialTerm) tailSum(next func(binomialTerm) binomialTerm, terms []float64) float64 {
	const negligible = 1e-20
	terms = terms[:0]
	for ; t.ratio > negligible && t.k >= 0 && t.k <= t.n; t = next(t) {
		terms = append(terms, t.ratio)
	}
	var sum float64
	for _, x := range slices.Backward(terms) {
		sum += x
	}
	return sum
}
