package metrics

import (
	"fmt"
	"math"
	"slices"
)

// Exact is a distribution that keeps every value: 8 bytes each, no error.
// The zero Exact is empty and ready.
//
// A value that [Exact.AddN] adds 64 times or more takes 16 bytes, however
// large the count: neither memory nor time depends on it, and no figure
// differs from that of the values written out. It holds up to 2^62 of these.
//
// Methods that only read do not change it, not even its order, so any number
// of goroutines may read at once while none adds. They look at every value;
// ask for several quantiles by one call of [Exact.Quantiles].
//
// Mean and standard deviation depend on which values there are, not on their
// order, because the sums behind them are exact. So the figures of merged
// parts are bit for bit those of the whole. Values beyond 1e150 overflow
// them.
type Exact struct {
	values   []float64
	repeats  []repeat
	repeated int64 // values in repeats
}

// Add adds a value. It panics if v is NaN or infinite: what is undefined is
// not to be added, see [Distribution.AddUndefined].
func (e *Exact) Add(v float64) {
	if v-v != 0 {
		panicNotFinite(v)
	}
	e.values = append(e.values, v+0) // -0 becomes 0
}

// AddN adds v n times. It panics if n is negative or v not finite.
func (e *Exact) AddN(v float64, n int64) {
	if v-v != 0 {
		panicNotFinite(v)
	}
	if n < 0 {
		panicNegativeCount(n)
	}
	if n >= minRepeat {
		e.addRepeat(repeat{v + 0, n})
		return
	}
	e.values = slices.Grow(e.values, int(n))
	for ; n > 0; n-- {
		e.values = append(e.values, v+0) // -0 becomes 0
	}
}

func panicNotFinite(v float64) {
	panic(fmt.Sprintf("metrics: value %v added to a distribution", v))
}

func panicNegativeCount(n int64) {
	panic(fmt.Sprintf("metrics: negative count %d added to a distribution", n))
}

// Merge adds all values of o.
func (e *Exact) Merge(o *Exact) {
	e.mergeRepeats(o)
	e.values = append(e.values, o.values...)
}

// Len returns the number of values, at most [math.MaxInt].
func (e *Exact) Len() int { return int(min(e.n(), math.MaxInt)) }

// n returns the number of values.
func (e *Exact) n() int64 { return int64(len(e.values)) + e.repeated }

// Min returns the least value, or NaN and false if there is none.
func (e *Exact) Min() (float64, bool) {
	if e.n() == 0 {
		return math.NaN(), false
	}
	least := math.Inf(1)
	if len(e.values) > 0 {
		least = slices.Min(e.values)
	}
	for _, r := range e.repeats {
		least = min(least, r.value)
	}
	return least, true
}

// Max returns the largest value, or NaN and false if there is none.
func (e *Exact) Max() (float64, bool) {
	if e.n() == 0 {
		return math.NaN(), false
	}
	largest := math.Inf(-1)
	if len(e.values) > 0 {
		largest = slices.Max(e.values)
	}
	for _, r := range e.repeats {
		largest = max(largest, r.value)
	}
	return largest, true
}

// Mean returns the arithmetic mean, or NaN and false if there is no value.
func (e *Exact) Mean() (float64, bool) {
	if e.n() == 0 {
		return math.NaN(), false
	}
	return e.moments().mean, true
}

// StdDev returns the standard deviation of the values themselves (ddof 0),
//
//	sqrt(sum (v - mean)^2 / n)
//
// or NaN and false if there is no value.
func (e *Exact) StdDev() (float64, bool) {
	if e.n() == 0 {
		return math.NaN(), false
	}
	return e.moments().stdDev, true
}

// Quantile returns the p-quantile under the kind, or NaN and false if there
// is no value. It panics unless p is in [0, 1].
func (e *Exact) Quantile(kind QuantileKind, p float64) (float64, bool) {
	checkP(p)
	if e.n() == 0 {
		return math.NaN(), false
	}
	return e.Quantiles(kind, p)[0], true
}

// Quantiles returns the quantile under the kind for each p, in the order of
// ps, at about the cost of one; or nil if there is no value. It panics unless
// every p is in [0, 1].
func (e *Exact) Quantiles(kind QuantileKind, ps ...float64) []float64 {
	for _, p := range ps {
		checkP(p)
	}
	n := e.n()
	if n == 0 {
		return nil
	}
	lower, fraction := make([]int64, len(ps)), make([]float64, len(ps))
	ranks := make([]int64, 0, 2*len(ps))
	for i, p := range ps {
		lower[i], fraction[i] = kind.Position(n, p)
		ranks = append(ranks, lower[i])
		if fraction[i] > 0 {
			ranks = append(ranks, lower[i]+1)
		}
	}
	slices.Sort(ranks)
	ranks = slices.Compact(ranks)
	sorted := selectRanks(e.values, e.repeats, ranks)
	value := func(rank int64) float64 {
		j, _ := slices.BinarySearch(ranks, rank)
		return sorted[j]
	}
	q := make([]float64, len(ps))
	for i, at := range lower {
		q[i] = value(at)
		if fraction[i] > 0 {
			q[i] = between(q[i], value(at+1), fraction[i])
		}
	}
	return q
}
