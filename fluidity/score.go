package fluidity

import (
	"math/big"
	"math/bits"

	"github.com/tokentime/tokentime/metrics"
)

// Score counts deadlines: those that were met and those that passed. The zero
// Score has no deadline.
type Score struct {
	Hits   int64 `json:"hits"`
	Misses int64 `json:"misses"`
}

// Index returns the share of deadlines that were met,
//
//	index = 1 - misses / (hits + misses) = hits / (hits + misses)
//
// in [0, 1], rounded once (arXiv:2407.07000; arXiv:2507.09019).
//
// Special cases are:
//
//	hits + misses = 0    undefined, not 1
func (s Score) Index() metrics.Optional[float64] {
	total := uint64(s.Hits) + uint64(s.Misses)
	if total == 0 {
		return metrics.Optional[float64]{}
	}
	if total <= 1<<53 { // both operands exact
		return metrics.Known(float64(s.Hits) / float64(total))
	}
	f, _ := new(big.Rat).SetFrac(big.NewInt(s.Hits), new(big.Int).SetUint64(total)).Float64()
	return metrics.Known(f)
}

// AtLeast reports whether the index is at least the target, compared exactly,
// and whether there is an index. It panics if the target is no number.
func (s Score) AtLeast(target Target) (reached, ok bool) {
	t := target.orDefault()
	total := uint64(s.Hits) + uint64(s.Misses)
	if total == 0 {
		return false, false
	}
	if t.Num <= 0 {
		return true, true
	}
	// hits / total >= num / den
	h1, l1 := bits.Mul64(uint64(s.Hits), uint64(t.Den))
	h2, l2 := bits.Mul64(total, uint64(t.Num))
	return h1 > h2 || h1 == h2 && l1 >= l2, true
}

// add returns the sum, and false if a count of it overflows.
func (s Score) add(o Score) (Score, bool) {
	sum := Score{s.Hits + o.Hits, s.Misses + o.Misses}
	return sum, sum.Hits >= 0 && sum.Misses >= 0
}

// Target is an index to reach, as the exact fraction Num/Den: 0.9 is no
// float64, and a request with 9 hits and 1 miss reaches it.
//
// The zero Target is 9/10, the one of arXiv:2407.07000.
type Target struct{ Num, Den int64 }

func (t Target) orDefault() Target {
	if t == (Target{}) {
		return Target{9, 10}
	}
	if t.Den <= 0 {
		panic("fluidity: Target with a denominator that is not positive")
	}
	return t
}
