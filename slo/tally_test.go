package slo

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

var quantileKinds = []metrics.QuantileKind{metrics.Linear, metrics.InverseCDF, metrics.LinearCDF, metrics.OrderStatistic,
	metrics.Lower, metrics.FloorRank}

// twinQuantile sorts and interpolates in arbitrary precision, by the formulas
// of metrics.QuantileKind.
func twinQuantile(kind metrics.QuantileKind, values []*big.Rat, p Share) *big.Rat {
	x := slices.Clone(values)
	slices.SortFunc(x, (*big.Rat).Cmp)
	n := int64(len(x))
	np := new(big.Rat).Mul(big.NewRat(n, 1), big.NewRat(p.Num, p.Den))
	h := np // counted from 1
	switch kind {
	case metrics.Linear:
		h = new(big.Rat).Mul(big.NewRat(n-1, 1), big.NewRat(p.Num, p.Den))
		h.Add(h, big.NewRat(1, 1))
	case metrics.InverseCDF:
		h = new(big.Rat).SetFloat64(math.Ceil(float64(n) * (float64(p.Num) / float64(p.Den))))
	case metrics.Lower:
		h = new(big.Rat).SetFloat64(1 + math.Floor(float64(n-1)*(float64(p.Num)/float64(p.Den))))
	case metrics.FloorRank:
		h = new(big.Rat).SetFloat64(1 + math.Floor(float64(n)*(float64(p.Num)/float64(p.Den))))
	case metrics.OrderStatistic:
		h = new(big.Rat).SetInt(floor(np))
		if h.Cmp(np) < 0 {
			h.Add(h, big.NewRat(1, 1))
		}
	}
	if h.Cmp(big.NewRat(1, 1)) < 0 {
		return x[0]
	}
	if h.Cmp(big.NewRat(n, 1)) >= 0 {
		return x[n-1]
	}
	i := floor(h)
	part := new(big.Rat).Sub(h, new(big.Rat).SetInt(i))
	lo, hi := x[i.Int64()-1], x[i.Int64()]
	q := new(big.Rat).Sub(hi, lo)
	return q.Add(lo, q.Mul(q, part))
}

func floor(x *big.Rat) *big.Int { return new(big.Int).Div(x.Num(), x.Denom()) }

func TestTally(t *testing.T) {
	// Ten gaps of 10, 20, ..., 100 ns.
	for _, tt := range []struct {
		kind   metrics.QuantileKind
		p      Share
		limit  time.Duration
		want   Verdict
		reason string
	}{
		{metrics.Linear, Share{5, 10}, 55, Met, "the median of type 7 is 55"},
		{metrics.Linear, Share{5, 10}, 54, Missed, "1 ns below it"},
		{metrics.LinearCDF, Share{5, 10}, 50, Met, "the median of type 4 is 50"},
		{metrics.LinearCDF, Share{5, 10}, 49, Missed, "1 ns below it"},
		{metrics.InverseCDF, Share{5, 10}, 50, Met, "the median of type 1 is 50"},
		{metrics.InverseCDF, Share{5, 10}, 49, Missed, "1 ns below it"},
		{metrics.OrderStatistic, Share{51, 100}, 60, Met, "rank ceil(5.1) = 6"},
		{metrics.OrderStatistic, Share{51, 100}, 59, Missed, "1 ns below it"},
		{metrics.Lower, Share{51, 100}, 50, Met, "floor(0.51 * 9) = 4 are below it"},
		{metrics.Lower, Share{51, 100}, 49, Missed, "1 ns below it"},
		{metrics.FloorRank, Share{51, 100}, 60, Met, "floor(5.1) = 5 are below it"},
		{metrics.FloorRank, Share{51, 100}, 59, Missed, "1 ns below it"},
		{metrics.FloorRank, Share{99, 100}, 99, Missed, "the P99 of ten is the largest"},
		{metrics.Linear, Share{99, 100}, 100, Met, "P99 is 99.1"},
		{metrics.Linear, Share{99, 100}, 99, Missed, "P99 is 99.1: a tenth of a nanosecond decides"},
		{metrics.LinearCDF, Share{1, 100}, 10, Met, "h < 1 is the least value"},
		{metrics.LinearCDF, Share{1, 100}, 9, Missed, "h < 1 is the least value"},
	} {
		part := &Part{Metric: TBTQuantile, GapQuantile: tt.p, Max: tt.limit}
		var sum tally
		for v := int64(100); v > 0; v -= 10 {
			sum.add(ratio{v, 1}, v <= int64(tt.limit))
		}
		if got := sum.verdict(part, tt.p, tt.kind); got != tt.want {
			t.Errorf("%v, p = %v, limit %v: %v, want %v: %s", tt.kind, tt.p, tt.limit, got, tt.want, tt.reason)
		}
	}
	if got := new(tally).verdict(&Part{Max: 1}, Share{5, 10}, metrics.Linear); got != Undefined {
		t.Errorf("a quantile of nothing is %v", got)
	}
}

// A verdict by counting equals the verdict on the sorted sample, for limits
// from above and from below.
func TestTallyRandom(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	percentiles := []Share{{5, 10}, {7, 100}, {57, 100}, {9, 10}, {99, 100}, {999, 1000}, {1, 1e18}, {1e18 - 1, 1e18}}
	between := 0
	for round := range 10_000 {
		n := 1 + rng.IntN(1+rng.IntN(40))
		dens := rng.IntN(3) // durations, durations per token, or extremes
		values := make([]*big.Rat, n)
		ratios := make([]ratio, n)
		for i := range n {
			v := ratio{rng.Int64N(30), 1}
			switch dens {
			case 1:
				v.den = 1 + rng.Uint64N(4)
			case 2:
				v = ratio{rng.Int64() >> rng.IntN(63), 1 + rng.Uint64()>>(1+rng.IntN(63))}
			}
			ratios[i], values[i] = v, v.rat()
		}
		part := &Part{Metric: TBTQuantile, Max: time.Duration(rng.Int64N(30))}
		if round%2 == 1 {
			part = &Part{Metric: Fluidity, Min: Share{rng.Int64N(11), 10}}
		}
		p, kind := percentiles[rng.IntN(len(percentiles))], quantileKinds[rng.IntN(len(quantileKinds))]

		var whole tally
		shards := make([]tally, 3)
		for i, v := range ratios {
			low := part.holds(v) != part.IsShare()
			whole.add(v, low)
			shards[i%3].add(v, low)
		}
		got := whole.verdict(part, p, kind)
		q := twinQuantile(kind, values, p)
		c := q.Cmp(part.limit().rat())
		if want := verdict(c == 0 || c < 0 != part.IsShare()); got != want {
			t.Fatalf("round %d: %v of %v at p = %v, limit %v: %v, want %v", round, kind, ratios, p, part.limit(), got, want)
		}
		at := locate(kind, whole.n, p)
		if whole.low == at.i+1 && at.part > 0 {
			between++
		}
		var merged tally
		for i := range shards {
			merged.merge(&shards[2-i])
		}
		if merged.n != whole.n || merged.low != whole.low || merged.verdict(part, p, kind) != got {
			t.Fatalf("round %d: merged %+v, whole %+v", round, merged, whole)
		}
	}
	if between < 200 {
		t.Errorf("only %d rounds interpolate across the limit", between)
	}
}

// What a Report prints beside a verdict agrees with it.
func TestTallyAgreesWithDistribution(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 2))
	for range 1_000 {
		kind := quantileKinds[rng.IntN(len(quantileKinds))]
		p := Share{1 + rng.Int64N(99), 100}
		d := metrics.Distribution{Options: metrics.DistributionOptions{Kind: kind}}
		part := &Part{Max: time.Duration(rng.Int64N(int64(time.Second)))}
		var sum tally
		for range 1 + rng.IntN(300) {
			v := rng.Int64N(int64(time.Second))
			d.Add(float64(v))
			sum.add(ratio{v, 1}, v <= int64(part.Max))
		}
		q, _ := d.Quantile(p.Float64())
		if math.Abs(q-float64(part.Max)) < 1e-3 {
			continue // float64 interpolation may round across the limit
		}
		if got, want := sum.verdict(part, p, kind), verdict(q <= float64(part.Max)); got != want {
			t.Fatalf("%v at p = %v: verdict %v, but the value is %v and the limit %v", kind, p, got, q, part.Max)
		}
	}
}

func TestLocatePanics(t *testing.T) {
	defer func() {
		if got, want := recover(), "slo: no quantile kind has the number 9"; got != want {
			t.Errorf("panic %v, want %q", got, want)
		}
	}()
	locate(9, 1, Share{5, 10})
}
