package metrics

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Sample says that a gauge, such as the share of busy compute or of filled
// KV cache, was seen to have Value at the instant At.
type Sample struct {
	At    time.Duration
	Value float64
}

// Utilization describes a gauge over time, not over its samples: a value
// counts by how long it held. The plain mean of samples says how often
// somebody looked.
type Utilization struct {
	Mean     Optional[float64] // time-weighted
	Max      Optional[float64] // of all samples
	Above    Optional[float64] // share of the time, in [0, 1], with a value above the limit
	Duration time.Duration     // from the first sample to the end
}

// ErrNotFinite says that a number is NaN or infinite.
var ErrNotFinite = errors.New("not a finite number")

// SampleError reports which sample is wrong, and how.
type SampleError struct {
	Index int   // of the sample; the number of samples if it is the end
	Err   error // wraps ErrTimeReversed, ErrRange or ErrNotFinite
}

func (e *SampleError) Error() string { return fmt.Sprintf("sample %d: %v", e.Index, e.Err) }

// Unwrap returns e.Err.
func (e *SampleError) Unwrap() error { return e.Err }

// TimeWeighted returns the utilization from the first sample to the end. A
// sample holds until the next one, the last one until end. With t_i, v_i the
// samples and t_{n+1} = end,
//
//	Mean  = sum v_i (t_{i+1} - t_i) / (end - t_1)
//	Above = sum of t_{i+1} - t_i with v_i > limit / (end - t_1)
//
// (our definition). It returns a [*SampleError] if time runs backwards, an
// instant is beyond [MaxInstant], or a value is not finite; and panics if
// limit is NaN.
//
// Special cases are:
//
//	no samples                 everything undefined
//	all samples at end         Mean and Above undefined: nothing held for any time
//	two samples at one instant the first held for no time, and is only in Max
func TimeWeighted(samples []Sample, end time.Duration, limit float64) (Utilization, error) {
	if math.IsNaN(limit) {
		panic("metrics: TimeWeighted with a limit of NaN")
	}
	if err := validateSamples(samples, end); err != nil || len(samples) == 0 {
		return Utilization{}, err
	}
	u := Utilization{Duration: end - samples[0].At}
	var area expansion
	var above time.Duration
	least, largest := samples[0].Value, samples[0].Value
	for i, s := range samples {
		until := end
		if i+1 < len(samples) {
			until = samples[i+1].At
		}
		held := until - s.At
		area.add(s.Value * (float64(held) / float64(max(1, u.Duration))))
		if s.Value > limit {
			above += held
		}
		least, largest = min(least, s.Value), max(largest, s.Value)
	}
	u.Max = Known(largest)
	if u.Duration > 0 {
		u.Mean = Known(min(max(area.value(), least), largest)) // rounding must not leave the range
		u.Above = Known(float64(above) / float64(u.Duration))
	}
	return u, nil
}

func validateSamples(samples []Sample, end time.Duration) error {
	prev := -MaxInstant
	for i, s := range samples {
		switch {
		case s.At > MaxInstant || s.At < -MaxInstant:
			return &SampleError{i, fmt.Errorf("%w: %v", ErrRange, s.At)}
		case s.At < prev:
			return &SampleError{i, fmt.Errorf("%w: %v after %v", ErrTimeReversed, s.At, prev)}
		case s.Value-s.Value != 0:
			return &SampleError{i, fmt.Errorf("%w: %v", ErrNotFinite, s.Value)}
		}
		prev = s.At
	}
	if len(samples) == 0 {
		return nil
	}
	if end > MaxInstant {
		return &SampleError{len(samples), fmt.Errorf("%w: end %v", ErrRange, end)}
	}
	if end < prev {
		return &SampleError{len(samples), fmt.Errorf("%w: end %v after %v", ErrTimeReversed, end, prev)}
	}
	return nil
}
