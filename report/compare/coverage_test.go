package compare

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tokentime/tokentime/metrics"
)

// The synthetic population: half of the requests are slow, each gap is
// exponential with mean 1 in a fast request and 3 in a slow one. The pooled
// distribution function is known.
func mixture(x float64) float64 { return 1 - (math.Exp(-x)+math.Exp(-x/3))/2 }

func mixtureQuantile(p float64) float64 {
	lo, hi := 0.0, 100.0
	for range 200 {
		if mid := (lo + hi) / 2; mixture(mid) < p {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi
}

// draws returns the entries of the requests, scaled. If apart, every gap is a
// request of its own, which is what a bootstrap over tokens takes it for.
func draws(random *rand.Rand, requests, gaps int, scale float64, apart bool) (entries []entry, owners int) {
	for range requests {
		mean := scale
		if random.IntN(2) == 0 {
			mean *= 3
		}
		for range gaps {
			entries = append(entries, entry{mean * random.ExpFloat64(), int32(owners), 1})
			if apart {
				owners++
			}
		}
		if !apart {
			owners++
		}
	}
	return entries, owners
}

// covers counts, over the repetitions, how often the interval of each
// statistic's difference holds the true one.
func covers(t *testing.T, repetitions, requests, gaps int, apart bool) (share [3]float64) {
	t.Helper()
	const resamples, scale, confidence = 300, 1.2, 0.95
	ps := []float64{0.5, 0.9}
	truth := [3]float64{(scale - 1) * mixtureQuantile(0.5), (scale - 1) * mixtureQuantile(0.9), (scale - 1) * 2}
	random := rand.New(rand.NewPCG(7, uint64(gaps)))
	for rep := range repetitions {
		var values [2][3][]float64
		for side, k := range []float64{1, scale} {
			entries, owners := draws(random, requests, gaps, k, apart)
			c := newPooledColumn(entries, owners, metrics.Linear, ps)
			d := newDrawer(uint64(rep), uint64(side))
			weights, out := make([]uint8, owners), make([]float64, 3)
			for range resamples {
				d.fill(weights)
				c.weighted(weights, out)
				for i, v := range out {
					values[side][i] = append(values[side][i], v)
				}
			}
		}
		for i := range share {
			row := newRow("", metrics.Known(1.0), metrics.Known(1.0))
			row.resampled(values[0][i], values[1][i], confidence)
			if x, ok := row.DifferenceInterval.Get(); ok && x.Lo <= truth[i] && truth[i] <= x.Hi {
				share[i] += 1 / float64(repetitions)
			}
		}
	}
	return share
}

// TestCoverage holds that intervals of 95 % hold the true difference of known
// distributions in 92 to 98 % of 300 experiments, for one value a request and
// for clusters of ten; and that a bootstrap over tokens, which takes the gaps
// of one request for independent, does not.
func TestCoverage(t *testing.T) {
	if testing.Short() {
		t.Skip("300 experiments of 600 resamples")
	}
	for _, tt := range []struct {
		name           string
		requests, gaps int
	}{
		{"one value a request", 200, 1},
		{"clusters", 150, 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := covers(t, 300, tt.requests, tt.gaps, false)
			t.Logf("P50 %.3f, P90 %.3f, mean %.3f", got[0], got[1], got[2])
			for i, name := range []string{"P50", "P90", "mean"} {
				if got[i] < 0.92 || got[i] > 0.98 {
					t.Errorf("%s: %.3f of the intervals hold the truth, want 0.92 to 0.98", name, got[i])
				}
			}
		})
	}
	got := covers(t, 50, 50, 20, true)
	t.Logf("over tokens: P50 %.3f, P90 %.3f, mean %.3f", got[0], got[1], got[2])
	if got[2] > 0.85 {
		t.Errorf("over tokens: %.3f of the intervals of the mean hold the truth; the experiment does not show the difference", got[2])
	}
}
