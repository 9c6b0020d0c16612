package compare

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tokentime/tokentime/metrics"
)

var kinds = []metrics.QuantileKind{metrics.Linear, metrics.InverseCDF, metrics.LinearCDF, metrics.OrderStatistic, metrics.Lower, metrics.FloorRank}

// randomPooled returns entries in the order of their owners: bursts, equal
// values within and between requests, requests without any.
func randomPooled(random *rand.Rand, requests int) []entry {
	var entries []entry
	for i := range requests {
		if random.IntN(5) == 0 {
			continue
		}
		for range random.IntN(12) {
			v := float64(random.IntN(30))
			if random.IntN(3) == 0 {
				v = math.Round(1e9 * random.Float64())
			}
			entries = append(entries, entry{v, int32(i), uint32(1 + random.IntN(4)*random.IntN(2))})
		}
	}
	return entries
}

// naive writes the resample out, value by value, and asks package metrics.
func naive(entries []entry, weights []uint8, kind metrics.QuantileKind, ps []float64) []float64 {
	var e metrics.Exact
	for owner, w := range weights {
		for range w {
			for _, x := range entries {
				if int(x.owner) == owner {
					e.AddN(x.value, int64(x.count))
				}
			}
		}
	}
	out := e.Quantiles(kind, ps...)
	if out == nil {
		out = slices.Repeat([]float64{math.NaN()}, len(ps))
	}
	mean, _ := e.Mean()
	return append(out, mean)
}

// TestWeightedEqualsConcatenation is the twin of the cluster bootstrap:
// quantiles of a resample equal those of the concatenated gaps of the drawn
// requests, exactly, on the same draws.
func TestWeightedEqualsConcatenation(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	d := newDrawer(3, 4)
	trials := 400
	if testing.Short() {
		trials = 40
	}
	for trial := range trials {
		kind := kinds[trial%len(kinds)]
		ps := []float64{0.01, 0.5, 0.9, 0.95, 0.99, 0.999}
		requests := 1 + random.IntN(40)
		weights := make([]uint8, requests)

		entries := randomPooled(random, requests)
		pooled := newPooledColumn(slices.Clone(entries), requests, kind, ps)
		values := make([]float64, requests)
		var single []entry
		for i := range values {
			values[i] = math.NaN()
			if random.IntN(4) > 0 {
				values[i] = float64(random.IntN(50))
				single = append(single, entry{values[i], int32(i), 1})
			}
		}
		perRequest := newColumn(values, kind, ps)
		for draw := range 20 {
			d.fill(weights)
			if draw == 0 {
				clear(weights) // nothing was drawn at all
			}
			for name, c := range map[string]struct {
				*column
				entries []entry
			}{"pooled": {pooled, entries}, "per request": {perRequest, single}} {
				got := make([]float64, len(ps)+1)
				c.weighted(weights, got)
				want := naive(c.entries, weights, kind, ps)
				if diff := gocmp.Diff(want[:len(ps)], got[:len(ps)], cmpopts.EquateNaNs()); diff != "" {
					t.Fatalf("%s, %v, weights %v (-naive +got)\n%s", name, kind, weights, diff)
				}
				if diff := gocmp.Diff(want[len(ps)], got[len(ps)], cmpopts.EquateNaNs(), cmpopts.EquateApprox(1e-12, 0)); diff != "" {
					t.Fatalf("%s: mean (-naive +got)\n%s", name, diff)
				}
			}
		}
	}
}

func TestColumnDoesNotChangeItsArgument(t *testing.T) {
	values := []float64{3, 1, math.NaN(), 2}
	want := slices.Clone(values)
	newColumn(values, metrics.Linear, []float64{0.5}).weighted([]uint8{1, 1, 1, 1}, make([]float64, 2))
	if diff := gocmp.Diff(want, values, cmpopts.EquateNaNs()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestSortEntries(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for _, tt := range []struct {
		name   string
		n      int
		value  func() float64
		reason string
	}{
		{"none", 0, nil, "nothing to do"},
		{"few", radixFrom - 1, func() float64 { return 1e9 * random.Float64() }, "by comparison"},
		{"many", radixFrom, func() float64 { return 1e9 * random.Float64() }, "by digits"},
		{"equal", radixFrom, func() float64 { return 7 }, "no digit differs"},
		{"zeros", 2 * radixFrom, func() float64 { return float64(random.IntN(3)) }, "bursts"},
		{"wide", 2 * radixFrom, func() float64 { return math.Exp(600 * (random.Float64() - 0.5)) }, "all digits differ"},
		{"signs", radixFrom, func() float64 { return random.NormFloat64() }, "the bits of negative ones have another order"},
	} {
		got := make([]entry, tt.n)
		for i := range got {
			got[i] = entry{tt.value(), int32(i), 1}
		}
		want := slices.Clone(got)
		slices.SortStableFunc(want, func(a, b entry) int { return cmp.Compare(a.value, b.value) })
		sortEntries(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: not sorted: %s", tt.name, tt.reason)
		}
	}
}

func TestTooFew(t *testing.T) {
	ramp := func(n int) []float64 {
		values := make([]float64, n)
		for i := range values {
			values[i] = float64(i)
		}
		return values
	}
	gaps := func(requests, each int) *column {
		var entries []entry
		for i := range requests {
			entries = append(entries, entry{float64(i), int32(i), uint32(each)})
		}
		return newPooledColumn(entries, requests, metrics.Linear, []float64{0.01, 0.5, 0.9, 0.99})
	}
	single := func(n int) *column { return newColumn(ramp(n), metrics.Linear, []float64{0.01, 0.5, 0.9, 0.99}) }
	for _, tt := range []struct {
		name   string
		column *column
		p      float64
		want   bool
		reason string
	}{
		{"P99 of 1000", single(1000), 0.99, false, "exactly 10 beyond"},
		{"P99 of 999", single(999), 0.99, true, "9.99 beyond"},
		{"P1 of 1000", single(1000), 0.01, false, "the lower side counts"},
		{"P1 of 999", single(999), 0.01, true, "9.99 below"},
		{"P50 of 20", single(20), 0.5, false, "10 on either side"},
		{"P50 of 19", single(19), 0.5, true, "9.5 on either side"},
		{"pooled, many requests", gaps(100, 50), 0.5, false, "50 requests beyond"},
		{"pooled, few requests beyond", gaps(60, 50), 0.9, true, "300 gaps beyond, of 6 requests"},
		{"pooled, P90 of 100 requests", gaps(101, 50), 0.9, false, "10 requests beyond P90"},
		{"pooled, one request less", gaps(99, 50), 0.9, true, "9 requests beyond"},
		{"pooled, few requests below", gaps(100, 50), 0.01, true, "one request below"},
		{"no value", single(0), 0.5, true, "nothing beyond"},
	} {
		if got := tt.column.tooFew(tt.p); got != tt.want {
			t.Errorf("%s: got %v, want %v: %s", tt.name, got, tt.want, tt.reason)
		}
	}
}

// TestDrawer compares the frequencies of draws with e^-1/k!, within five
// standard errors, and the moments with 1.
func TestDrawer(t *testing.T) {
	const n = 500_001
	weights := make([]uint8, n)
	newDrawer(1, 0).fill(weights)
	var counts [16]float64
	for _, w := range weights {
		counts[w]++
	}
	p := math.Exp(-1)
	for k := range 9 {
		if z := (counts[k] - n*p) / math.Sqrt(n*p*(1-p)); math.Abs(z) > 5 {
			t.Errorf("%d was drawn %v times, expected %.0f", k, counts[k], n*p)
		}
		p /= float64(k + 1)
	}
	again := make([]uint8, n)
	newDrawer(1, 0).fill(again)
	if !slices.Equal(weights, again) {
		t.Error("the same seed draws otherwise")
	}
	newDrawer(1, 1).fill(again)
	if slices.Equal(weights, again) {
		t.Error("base and new are drawn alike")
	}
}

// TestDrawerThresholds draws at each threshold and just below it.
func TestDrawerThresholds(t *testing.T) {
	d := newDrawer(1, 0)
	sum, term := 0.0, math.Exp(-1)
	for k := range uint8(8) {
		sum += term
		term /= float64(k + 1)
		at := uint32(math.Round(sum * (1 << 32)))
		for _, tt := range []struct {
			u    uint32
			want uint8
		}{{at - 1, k}, {at, k + 1}} {
			if got := d.draw(tt.u, d.guess[tt.u>>24]); got != tt.want {
				t.Errorf("%d: got %d, want %d", tt.u, got, tt.want)
			}
		}
	}
	if got := d.draw(math.MaxUint32, d.guess[255]); got < 10 || got > 15 {
		t.Errorf("the largest draw is %d", got)
	}
}
