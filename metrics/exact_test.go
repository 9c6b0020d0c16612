package metrics

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// exactOf returns the distribution of the values.
func exactOf(values []float64) *Exact {
	e := new(Exact)
	for _, v := range values {
		e.Add(v)
	}
	return e
}

// selectTwin is selectRanks by sorting.
func selectTwin(values []float64, ranks []int64) []float64 {
	sorted := slices.Sorted(slices.Values(values))
	out := make([]float64, len(ranks))
	for i, r := range ranks {
		out[i] = sorted[r]
	}
	return out
}

func TestSelectAgainstSort(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	each := func(f func(i int) float64) func(int) []float64 {
		return func(n int) []float64 {
			v := make([]float64, n)
			for i := range v {
				v[i] = f(i)
			}
			return v
		}
	}
	tests := []struct {
		name   string
		values func(n int) []float64
		reason string
	}{
		{"bimodal", bimodal, "what bursts look like: half of it zeros"},
		{"steady", steady, "all within few buckets of a wide grid"},
		{"milliseconds", ties, "a bucket that holds one value a hundred thousand times is divided"},
		{"all equal", each(func(int) float64 { return 25e6 }), "nothing to divide"},
		{"all zero", each(func(int) float64 { return 0 }), "no positive value to guess from"},
		{"two values", each(func(i int) float64 { return float64(i % 2) }), "both heavy"},
		{"shares", each(func(int) float64 { return rng.Float64() }), "values below 1"},
		{"shares with zeros and ones", each(func(int) float64 { return min(1, max(0, 2*rng.Float64()-0.5)) }), "heavy ends"},
		{"both signs", each(func(int) float64 { return math.Round(1e6 * rng.NormFloat64()) }), "negative values are all in the first bucket of the guess"},
		{"negative", each(func(int) float64 { return -1 - rng.ExpFloat64() }), "no positive value at all"},
		{"any bits", each(func(int) float64 {
			for {
				if v := math.Float64frombits(rng.Uint64()); v-v == 0 {
					return v
				}
			}
		}), "the whole range of float64"},
		{"ascending", each(func(i int) float64 { return float64(i) }), "order of the input does not matter"},
		{"descending", each(func(i int) float64 { return float64(-i) }), "order of the input does not matter"},
		{"dense with an outlier", each(func(i int) float64 {
			if i == 1 {
				return 1e300
			}
			return 1 + 1e-9*rng.Float64()
		}), "one bucket holds all but one, level after level"},
		{"the sample misleads", func(n int) []float64 {
			v := each(func(int) float64 { return 1000 * rng.Float64() })(n)
			for i := 0; i < n; i += n / 1000 {
				v[i] = 1e9
			}
			return v
		}, "the values that the guess looks at are not like the others"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, n := range []int{1, 2, 1000, sortLimit, sortLimit + 1, 40000, 150001} {
				values := tt.values(max(n, 1000))[:n]
				before := slices.Clone(values)
				ranks := []int64{0, int64(n) - 1}
				for range rng.IntN(12) {
					ranks = append(ranks, rng.Int64N(int64(n)))
				}
				slices.Sort(ranks)
				ranks = slices.Compact(ranks)
				if diff := cmp.Diff(selectTwin(values, ranks), selectRanks(values, nil, ranks)); diff != "" {
					t.Fatalf("n = %d, ranks %v: %s (-want +got)\n%s", n, ranks, tt.reason, diff)
				}
				if !slices.Equal(before, values) {
					t.Fatal("the sample was changed")
				}
			}
		})
	}
}

func TestSelectManyRanks(t *testing.T) {
	values := bimodal(50000)
	ranks := make([]int64, len(values))
	for i := range ranks {
		ranks[i] = int64(i)
	}
	if !slices.Equal(selectTwin(values, ranks), selectRanks(values, nil, ranks)) {
		t.Error("asking for all ranks does not sort the sample")
	}
}

func TestOrderedKeyIsOrdered(t *testing.T) {
	values := []float64{-math.MaxFloat64, -1e9, -1, -math.SmallestNonzeroFloat64, 0,
		math.SmallestNonzeroFloat64, 1, math.Nextafter(1, 2), 1e9, math.MaxFloat64}
	for i, v := range values {
		if got := keyValue(orderedKey(v)); got != v {
			t.Errorf("key of %v stands for %v", v, got)
		}
		if i > 0 && orderedKey(values[i-1]) >= orderedKey(v) {
			t.Errorf("the keys of %v and %v are not ascending", values[i-1], v)
		}
	}
}

// momentsTwin computes in rationals; the square root is of 200 bits.
func momentsTwin(values []float64) moments {
	n := new(big.Rat).SetInt64(int64(len(values)))
	mean, variance := new(big.Rat), new(big.Rat)
	for _, v := range values {
		mean.Add(mean, new(big.Rat).SetFloat64(v))
	}
	mean.Quo(mean, n)
	for _, v := range values {
		d := new(big.Rat).Sub(new(big.Rat).SetFloat64(v), mean)
		variance.Add(variance, d.Mul(d, d))
	}
	variance.Quo(variance, n)
	sd, _ := new(big.Float).Sqrt(new(big.Float).SetPrec(200).SetRat(variance)).Float64()
	m, _ := mean.Float64()
	return moments{slices.Min(values), slices.Max(values), m, sd}
}

func TestMomentsAgainstTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	tests := []struct {
		name   string
		value  func() float64
		reason string
	}{
		{"nanoseconds", func() float64 { return math.Floor(1e13 * rng.Float64()) }, "sums beyond 2^53"},
		{"large integers", func() float64 { return math.Floor(1<<53 - 1000*rng.Float64()) }, "squares of 106 bits"},
		{"both signs", func() float64 { return math.Floor(1e12 * rng.NormFloat64()) }, "two's complement"},
		{"equal", func() float64 { return 25e6 }, "standard deviation 0"},
		{"fractions", func() float64 { return 1e7 * rng.Float64() }, "TPOT"},
		{"equal fractions", func() float64 { return 0.1 }, "the mean is the value, the standard deviation 0"},
		{"cancellation", func() float64 { return 1e15*float64(rng.IntN(3)-1) + rng.Float64() }, "small values beside large ones"},
		{"beyond 2^53", func() float64 { return 1e17 * rng.Float64() }, "no integer path"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, n := range []int{1, 2, 3, 511, 512, 513, 2000} {
				values := make([]float64, n)
				for i := range values {
					values[i] = tt.value()
				}
				want, got := momentsTwin(values), momentsOf(values)
				if want.min != got.min || want.max != got.max || !near(want.mean, got.mean, 2) || !near(want.stdDev, got.stdDev, 1e3) && got.stdDev > 1e-16*got.max {
					t.Fatalf("n = %d: %s\nwant %+v\ngot  %+v", n, tt.reason, want, got)
				}
				rng.Shuffle(n, func(i, j int) { values[i], values[j] = values[j], values[i] })
				if again := momentsOf(values); again != got {
					t.Fatalf("n = %d: in another order %+v, before %+v", n, again, got)
				}
			}
		})
	}
}

// momentsOf returns the moments of the values.
func momentsOf(values []float64) moments {
	e := Exact{values: values}
	return e.moments()
}

// near reports whether a and b differ by at most ulps units in the last place.
func near(a, b, ulps float64) bool {
	unit := math.Nextafter(math.Abs(a), math.Inf(1)) - math.Abs(a)
	return math.Abs(a-b) <= ulps*unit
}

func TestIntegerMomentsAreRoundedOnce(t *testing.T) {
	var e Exact
	e.AddN(1e13, 1e6)
	e.Add(1e13 + 1)
	if mean, _ := e.Mean(); mean != 1e13 {
		t.Errorf("mean %v", mean)
	}
	e.AddN(1e13+1, 1e6-1)
	if mean, _ := e.Mean(); mean != 1e13+0.5 {
		t.Errorf("mean %v: half a nanosecond of 10^13 is lost", mean)
	}
	if sd, _ := e.StdDev(); sd != 0.5 {
		t.Errorf("standard deviation %v, want 0.5", sd)
	}
}

func TestExpansionRoundsOnce(t *testing.T) {
	tests := []struct {
		name   string
		values []float64
		want   float64
		reason string
	}{
		{"nothing", nil, 0, "the empty sum"},
		{"cancellation", []float64{1e100, 1, -1e100}, 1, "no digit is lost"},
		{"half to even", []float64{1, 0x1p-53}, 1, "exactly between 1 and its neighbor"},
		{"more than half", []float64{1, 0x1p-53, 0x1p-200}, 1 + 0x1p-52, "the smallest part decides"},
		{"less than half", []float64{1 + 0x1p-52, 0x1p-53, -0x1p-200}, 1 + 0x1p-52, "the smallest part decides"},
		{"below zero", []float64{-1, -0x1p-53, -0x1p-200}, -1 - 0x1p-52, "the same with the other sign"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var e expansion
			for _, v := range tt.values {
				e.add(v)
			}
			if got := e.value(); got != tt.want {
				t.Errorf("got %v, want %v: %s", got, tt.want, tt.reason)
			}
		})
	}
}

func TestExactBasics(t *testing.T) {
	var e Exact
	for _, f := range []func() (float64, bool){e.Min, e.Max, e.Mean, e.StdDev} {
		if v, ok := f(); ok || !math.IsNaN(v) {
			t.Errorf("of no value: %v, %v", v, ok)
		}
	}
	e.Add(4)
	if q := e.Quantiles(Linear, 0.5); q[0] != 4 {
		t.Errorf("median %v", q)
	}
	e.AddN(1, 2) // adding after reading works
	e.AddN(9, 0)
	e.Add(math.Copysign(0, -1))
	if lo, _ := e.Min(); lo != 0 || math.Signbit(lo) {
		t.Errorf("least value %v, want 0: -0 is no latency of its own", lo)
	}
	if hi, _ := e.Max(); hi != 4 || e.Len() != 4 {
		t.Errorf("largest value %v of %d", hi, e.Len())
	}
	mean, _ := e.Mean()
	sd, _ := e.StdDev()
	if mean != 1.5 || sd != 1.5 { // 0 1 1 4: deviations 1.5 .5 .5 2.5, squares 2.25 .25 .25 6.25
		t.Errorf("mean %v, standard deviation %v", mean, sd)
	}
}

func TestExactPanics(t *testing.T) {
	var e Exact
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		mustPanic(t, func() { e.Add(v) })
		mustPanic(t, func() { e.AddN(v, 1) })
	}
	mustPanic(t, func() { e.AddN(1, -1) })
	if e.Len() != 0 {
		t.Error("a refused value was added")
	}
}

func TestExactMergeIsConcatenation(t *testing.T) {
	a, b := bimodal(3000), steady(2000)
	merged, whole := exactOf(a), exactOf(append(slices.Clone(a), b...))
	merged.Merge(exactOf(b))
	if diff := cmp.Diff(whole, merged, cmp.AllowUnexported(Exact{}, repeat{})); diff != "" {
		t.Error(diff)
	}
	merged.Merge(merged)
	if merged.Len() != 10000 {
		t.Errorf("merged with itself: %d values", merged.Len())
	}
}

// Readers do not change an Exact; the race detector would see it.
func TestExactConcurrentReaders(t *testing.T) {
	e := exactOf(bimodal(20000))
	done := make(chan []float64)
	for range 4 {
		go func() { done <- append(e.Quantiles(Linear, standardQuantiles[:]...), e.moments().mean) }()
	}
	first := <-done
	for range 3 {
		if again := <-done; !slices.Equal(first, again) {
			t.Errorf("readers see %v and %v", first, again)
		}
	}
}

func TestFiniteKeys(t *testing.T) {
	if got := (keyRange{orderedKey(-math.MaxFloat64), orderedKey(math.MaxFloat64)}); got != (keyRange{minKey, maxKey}) {
		t.Errorf("keys of the extremes: %#x", got)
	}
}
