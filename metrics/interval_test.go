package metrics

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestIntervalWorked(t *testing.T) {
	tests := []struct {
		name          string
		n             int
		p, confidence float64
		want          Interval
		ok            bool
		reason        string
	}{
		{"median of 10", 10, 0.5, 0.95, Interval{2, 9, 1 - 22.0/1024}, true, "1 - 2 (1 + 10)/2^10; (3, 9) has 0.968 - 0.044 only"},
		{"median of 6", 6, 0.5, 0.95, Interval{1, 6, 1 - 2.0/64}, true, "all values: 1 - 2/2^6"},
		{"median of 5", 5, 0.5, 0.95, Interval{}, false, "1 - 2/2^5 = 0.9375 < 0.95"},
		{"median of 2, half", 2, 0.5, 0.5, Interval{1, 2, 0.5}, true, "P(B = 1) is exactly what is asked for"},
		{"just above half", 2, 0.5, math.Nextafter(0.5, 1), Interval{}, false, "boundary"},
		{"median of 5, one term", 5, 0.5, 0.3, Interval{2, 3, 10.0 / 32}, true, "of (2, 3) and (3, 4), which are equal, the lower one"},
		{"P90 of 10, low confidence", 10, 0.9, 0.5, Interval{8, 10, 0.19371024450 + 0.38742048900}, true, "10 choose 8 .9^8 .1^2 + 10 choose 9 .9^9 .1"},
		{"P90 of 10", 10, 0.9, 0.95, Interval{}, false, "0.9^10 = 0.35 of all samples lie below the quantile"},
		{"P99 of 298", 298, 0.99, 0.95, Interval{}, false, "0.99^298 = 0.05004 of all samples lie below the quantile"},
		{"one value", 1, 0.5, 0.1, Interval{}, false, "no pair"},
		{"p = 0", 10, 0, 0.1, Interval{}, false, "nothing is below the least possible value"},
		{"p = 1", 10, 1, 0.1, Interval{}, false, "nothing is above the largest"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := exactOf(upTo(tt.n)).Interval(tt.p, tt.confidence)
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateApprox(1e-9, 0)); diff != "" || ok != tt.ok {
				t.Errorf("ok = %v: %s (-want +got)\n%s", ok, tt.reason, diff)
			}
		})
	}
}

func TestIntervalOfJustEnough(t *testing.T) {
	got, ok := exactOf(upTo(299)).Interval(0.99, 0.95) // 1 - 0.99^299 = 0.9504
	if !ok || got.Hi != 299 || got.Confidence < 0.95 || got.Confidence > 0.9505 {
		t.Errorf("P99 of 299: %v, %v", got, ok)
	}
}

// ranksTwin tries all pairs, with exact probabilities.
func ranksTwin(trials int64, p, confidence float64) (rankInterval, bool) {
	n := int(trials)
	pr := new(big.Rat).SetFloat64(p)
	qr := new(big.Rat).Sub(big.NewRat(1, 1), pr)
	cumulative := make([]*big.Rat, n+2) // P(B < k)
	cumulative[0] = new(big.Rat)
	for k := 0; k <= n; k++ {
		term := new(big.Rat).SetInt(new(big.Int).Binomial(int64(n), int64(k)))
		for i := 0; i < n; i++ {
			if i < k {
				term.Mul(term, pr)
			} else {
				term.Mul(term, qr)
			}
		}
		cumulative[k+1] = term.Add(term, cumulative[k])
	}
	want := new(big.Rat).SetFloat64(confidence)
	for width := 1; width < n; width++ {
		var best rankInterval
		most := want
		for lo := 1; lo+width <= n; lo++ {
			c := new(big.Rat).Sub(cumulative[lo+width], cumulative[lo])
			if c.Cmp(most) > 0 || best.lo == 0 && c.Cmp(most) == 0 {
				f, _ := c.Float64()
				best, most = rankInterval{int64(lo), int64(lo + width), f}, c
			}
		}
		if best.lo > 0 {
			return best, true
		}
	}
	return rankInterval{}, false
}

func TestQuantileRanksAgainstTwin(t *testing.T) {
	for n := int64(1); n <= 20; n++ {
		for _, p := range []float64{0.001, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99} {
			for _, confidence := range []float64{0.2, 0.5, 0.9, 0.95, 0.99} {
				want, wantOK := ranksTwin(n, p, confidence)
				got, ok := quantileRanks(n, p, confidence)
				// Pairs that differ by a rounding of p only may be taken for each other.
				if ok != wantOK || got.hi-got.lo != want.hi-want.lo || math.Abs(got.confidence-want.confidence) > 1e-13 {
					t.Errorf("n = %d, p = %v, confidence %v: got %v %v, want %v %v", n, p, confidence, got, ok, want, wantOK)
				}
			}
		}
	}
}

// The interval holds the quantile at least as often as it says.
func TestIntervalCoverage(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 11))
	const runs = 4000
	for _, tt := range []struct {
		n             int
		p, confidence float64
	}{{20, 0.5, 0.95}, {200, 0.9, 0.95}, {1000, 0.99, 0.9}} {
		quantile := -math.Log(1 - tt.p) // of the exponential distribution
		var held int
		var stated float64
		for range runs {
			var e Exact
			for range tt.n {
				e.Add(rng.ExpFloat64())
			}
			i, ok := e.Interval(tt.p, tt.confidence)
			if !ok || i.Confidence < tt.confidence || i.Lo >= i.Hi {
				t.Fatalf("%+v: %v, %v", tt, i, ok)
			}
			stated = i.Confidence
			if i.Lo <= quantile && quantile <= i.Hi {
				held++
			}
		}
		got := float64(held) / runs
		if sigma := math.Sqrt(stated * (1 - stated) / runs); math.Abs(got-stated) > 4*sigma {
			t.Errorf("%+v: held in %v of the runs, stated %v", tt, got, stated)
		}
	}
}

// For a large n the binomial distribution is normal within 1/sqrt(n).
func TestQuantileRanksOfMany(t *testing.T) {
	const n = 100_000_000
	for _, p := range []float64{0.5, 0.9, 0.999} {
		got, ok := quantileRanks(n, p, 0.95)
		half := 1.959964 * math.Sqrt(n*p*(1-p))
		if !ok || got.confidence < 0.95 || got.confidence > 0.9501 && p < 0.99 || got.confidence > 0.951 ||
			math.Abs(float64(got.lo)-(n*p-half)) > 3 || math.Abs(float64(got.hi)-(n*p+half)) > 3 {
			t.Errorf("p = %v: %+v, want about %v to %v", p, got, n*p-half, n*p+half)
		}
	}
}

// The ranks of Bernstein's inequality have the probability that they state,
// summed exactly where that is possible; and they are not much further apart
// than the nearest that have it.
func TestWideRanks(t *testing.T) {
	for _, n := range []int64{10_000, 1_000_000, 30_000_000} {
		for _, p := range []float64{0.01, 0.5, 0.9, 0.99} {
			for _, confidence := range []float64{0.5, 0.95, 0.999999} {
				got := wideRanks(n, p, confidence)
				mode := newBinomialTerm(n, p)
				total := mode.tailSum(binomialTerm.below, nil) + mode.tailSum(binomialTerm.above, nil) - 1
				var sum float64
				for x := mode; x.k >= got.lo; x = x.below() {
					sum += x.ratio
				}
				for x := mode.above(); x.k < got.hi; x = x.above() {
					sum += x.ratio
				}
				nearest, ok := quantileRanks(n, p, confidence)
				if sum/total < confidence || got.confidence != confidence || !ok {
					t.Errorf("n = %d, p = %v: %+v has %v, not %v", n, p, got, sum/total, confidence)
				}
				if got.lo > nearest.lo || got.hi < nearest.hi || 2*(got.hi-got.lo) > 5*(nearest.hi-nearest.lo)+40 {
					t.Errorf("n = %d, p = %v, confidence %v: %+v, the nearest %+v", n, p, confidence, got, nearest)
				}
			}
		}
	}
}

// The numbers are those of 40 decimal digits: L = ln 40, t = 1424073.88.
func TestWideRanksWorked(t *testing.T) {
	want := rankInterval{lo: 549754389814, hi: 549757237963, confidence: 0.95}
	if got, ok := quantileRanks(1<<40, 0.5, 0.95); got != want || !ok {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestIntervalOfVeryMany(t *testing.T) {
	for _, tt := range []struct {
		n          int64
		p          float64
		wide       bool
		confidence float64
		reason     string
	}{
		{1 << 29, 0.5, false, 0.95, "n p (1-p) = 2^27"},
		{1<<29 + 4, 0.5, true, 0.95, "n p (1-p) = 2^27 + 1"},
		{1 << 32, 0.999, false, 0.95, "far from the middle there are fewer terms"},
		{maxCount, 0.5, true, 0.95, "the largest number of values"},
		{maxCount, 0.999, true, 1 - 0x1p-53, "the largest confidence"},
		{maxCount, 0x1p-31, true, 1 - 0x1p-53, "nearly as few below the quantile as can be"},
		{maxCount, 1 - 0x1p-31, true, 1 - 0x1p-53, "or above"},
		{maxCount, 0x1p-40, false, 0.95, "few enough to go through the terms"},
	} {
		got, ok := quantileRanks(tt.n, tt.p, tt.confidence)
		middle := float64(tt.n) * tt.p
		half := math.Sqrt(middle * (1 - tt.p))
		if !ok || tt.wide != (got.confidence == tt.confidence) || got.lo < 1 || got.hi > tt.n || got.lo >= got.hi ||
			float64(got.lo) < middle-9*half || float64(got.lo) > middle-1.9*half || float64(got.hi) < middle+1.9*half || float64(got.hi) > middle+9*half {
			t.Errorf("n = %d, p = %v: %s: %+v, %v", tt.n, tt.p, tt.reason, got, ok)
		}
	}
}

func TestIntervalPanics(t *testing.T) {
	e := exactOf(upTo(10))
	for _, c := range []float64{0, 1, -1, math.NaN(), 95} {
		mustPanic(t, func() { e.Interval(0.5, c) })
	}
	mustPanic(t, func() { e.Interval(95, 0.5) })
}

// TestIntervalsTogether compares several intervals at once with each alone,
// also where there is none, for samples that are sorted and that are not.
func TestIntervalsTogether(t *testing.T) {
	rng := rand.New(rand.NewPCG(12, 12))
	ps := []float64{0.999, 1e-9, 0.5, 0, 0.9, 0.5, 1}
	for _, n := range []int{0, 1, 2, 30, 1000, 20_000} {
		var e Exact
		for range n {
			e.Add(float64(rng.IntN(5000)))
		}
		var want []Optional[Interval]
		for _, p := range ps {
			v, ok := e.Interval(p, 0.9)
			if !ok {
				want = append(want, Optional[Interval]{})
				continue
			}
			want = append(want, Known(v))
		}
		if diff := cmp.Diff(want, e.Intervals(0.9, ps...)); diff != "" {
			t.Errorf("n = %d (-alone +together)\n%s", n, diff)
		}
		if got := e.Intervals(0.9, 1e-9)[0]; got.Known() {
			t.Errorf("n = %d: an interval %v for a quantile that no value encloses", n, got)
		}
	}
}
