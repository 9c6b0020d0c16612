package metrics

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestTimeWeightedWorked(t *testing.T) {
	const s = time.Second
	tests := []struct {
		name    string
		samples []Sample
		end     time.Duration
		limit   float64
		want    Utilization
		reason  string
	}{
		{"busy for a moment", []Sample{{0, 0.1}, {9 * s, 1}, {9500 * time.Millisecond, 1}}, 10 * s, 0.9,
			Utilization{Known(0.19), Known(1.0), Known(0.1), 10 * s},
			"0.1 for 9 s and 1 for 1 s: (0.9 + 1)/10, where the plain mean of the samples is 0.7"},
		{"one sample", []Sample{{2 * s, 0.5}}, 4 * s, 0.5, Utilization{Known(0.5), Known(0.5), Known(0.0), 2 * s}, "a limit that is reached is not exceeded"},
		{"the last sample holds until the end", []Sample{{0, 0}, {1 * s, 1}}, 4 * s, 0.5, Utilization{Known(0.75), Known(1.0), Known(0.75), 4 * s}, "3 of 4 seconds"},
		{"two at one instant", []Sample{{0, 0}, {s, 9}, {s, 1}}, 2 * s, 5, Utilization{Known(0.5), Known(9.0), Known(0.0), 2 * s}, "9 was seen and held for no time"},
		{"no time", []Sample{{s, 0.5}}, s, 0, Utilization{Max: Known(0.5)}, "nothing held for any time"},
		{"no samples", nil, s, 0, Utilization{}, "everything undefined"},
		{"no samples, odd end", nil, -s, 0, Utilization{}, "no time that could run backwards"},
		{"constant", []Sample{{0, 0.1}, {1, 0.1}, {3, 0.1}}, 7, 0, Utilization{Known(0.1), Known(0.1), Known(1.0), 7}, "the mean is in the range of the values, to the last digit"},
		{"negative origin", []Sample{{-MaxInstant, 1}}, MaxInstant, 0, Utilization{Known(1.0), Known(1.0), Known(1.0), 2 * MaxInstant}, "the longest time that exists"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := slices.Clone(tt.samples)
			got, err := TimeWeighted(tt.samples, tt.end, tt.limit)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(Optional[float64]{}), cmpopts.EquateApprox(1e-15, 0)); diff != "" {
				t.Errorf("%s (-want +got)\n%s", tt.reason, diff)
			}
			if !slices.Equal(before, tt.samples) {
				t.Error("the samples were changed")
			}
		})
	}
}

func TestTimeWeightedErrors(t *testing.T) {
	tests := []struct {
		name    string
		samples []Sample
		end     time.Duration
		index   int
		want    error
	}{
		{"unsorted", []Sample{{5, 0}, {4, 0}}, 9, 1, ErrTimeReversed},
		{"end before the last sample", []Sample{{5, 0}}, 4, 1, ErrTimeReversed},
		{"NaN", []Sample{{5, 0}, {6, math.NaN()}}, 9, 1, ErrNotFinite},
		{"infinite", []Sample{{5, math.Inf(1)}}, 9, 0, ErrNotFinite},
		{"instant out of range", []Sample{{math.MinInt64, 0}}, 9, 0, ErrRange},
		{"end out of range", []Sample{{0, 0}}, math.MaxInt64, 1, ErrRange},
	}
	for _, tt := range tests {
		_, err := TimeWeighted(tt.samples, tt.end, 0)
		var at *SampleError
		if !errors.As(err, &at) || at.Index != tt.index || !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want sample %d: %v", tt.name, err, tt.index, tt.want)
		}
	}
	mustPanic(t, func() { TimeWeighted(nil, 0, math.NaN()) })
}

// The twin adds nanosecond by nanosecond.
func TestTimeWeightedAgainstTwin(t *testing.T) {
	rng := rand.New(rand.NewPCG(51, 51))
	for range 500 {
		var samples []Sample
		now := time.Duration(rng.IntN(5))
		for range 1 + rng.IntN(8) {
			samples = append(samples, Sample{now, float64(rng.IntN(5)) / 4})
			now += time.Duration(rng.IntN(6))
		}
		end := now + time.Duration(1+rng.IntN(5))
		var sum, above, n float64
		for t := samples[0].At; t < end; t++ {
			i := len(samples) - 1
			for samples[i].At > t {
				i--
			}
			sum += samples[i].Value
			if samples[i].Value > 0.5 {
				above++
			}
			n++
		}
		got, err := TimeWeighted(samples, end, 0.5)
		mean, _ := got.Mean.Get()
		if err != nil || math.Abs(mean-sum/n) > 1e-15 || got.Above != Known(above/n) {
			t.Fatalf("%v until %v: %+v, %v, want mean %v, above %v", samples, end, got, err, sum/n, above/n)
		}
	}
}
