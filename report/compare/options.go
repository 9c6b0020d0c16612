package compare

import (
	"errors"
	"fmt"
	"math"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/report"
)

// Defaults of [Options].
const (
	DefaultConfidence = 0.95
	DefaultResamples  = 1000
	DefaultSeed       = 1
)

// Options says how runs are compared. The zero Options lack what the zero
// report.Options lack, and nothing else.
type Options struct {
	// Report says what the numbers mean: convention, deadlines, reader,
	// objective. Its Method is not used: every value is kept.
	Report report.Options

	Confidence float64                  // of the intervals; 0 means 0.95
	Resamples  int                      // 0 means 1000
	Seed       metrics.Optional[uint64] // of the resampling; unknown means 1

	// AllowDifference gives verdicts also where the two runs' requests ended
	// differently, beyond chance.
	AllowDifference bool

	// Conditions are checked in every pair. With Confident one holds only if
	// the whole confidence interval of the change lies beyond its limit.
	Conditions []Condition
	Confident  bool
}

// What can be wrong with options; an [*OptionError] says with which.
var (
	ErrRange        = errors.New("out of range")
	ErrFewResamples = errors.New("too few resamples for the confidence")
)

// OptionError reports an option that means nothing.
type OptionError struct {
	Option string
	Err    error // wraps one of the Err variables
}

func (e *OptionError) Error() string { return e.Option + ": " + e.Err.Error() }

// Unwrap returns e.Err.
func (e *OptionError) Unwrap() error { return e.Err }

// maxResamples bounds the memory of the resamples: 8 bytes for each of them,
// statistic and run.
const maxResamples = 1_000_000

// minBeyond is how many resamples must lie beyond either end of an interval,
// so that the end is a property of a few of them.
const minBeyond = 5

func (o *Options) confidence() float64 {
	if o.Confidence == 0 {
		return DefaultConfidence
	}
	return o.Confidence
}

func (o *Options) resamples() int {
	if o.Resamples == 0 {
		return DefaultResamples
	}
	return o.Resamples
}

func (o *Options) seed() uint64 {
	if s, ok := o.Seed.Get(); ok {
		return s
	}
	return DefaultSeed
}

// Validate reports the first option that means nothing as an error, an
// [*OptionError] if it is one of this package's, or nil.
//
// Special cases are:
//
//	Confidence outside (0, 1)                    ErrRange
//	Resamples negative or above 1,000,000        ErrRange
//	Resamples (1 - Confidence)/2 < 5             ErrFewResamples: an end of an interval would hang on a few of them
func (o *Options) Validate() error {
	if err := o.Report.Deadlines.Validate(); err != nil {
		return err
	}
	if err := o.Report.Goodput.Validate(); err != nil {
		return err
	}
	c, n := o.confidence(), o.resamples()
	if !(c > 0 && c < 1) {
		return &OptionError{"Confidence", fmt.Errorf("%w: %v is not between 0 and 1", ErrRange, c)}
	}
	if n < 0 || n > maxResamples {
		return &OptionError{"Resamples", fmt.Errorf("%w: %d is not between 1 and %d", ErrRange, n, maxResamples)}
	}
	if need := math.Ceil(2*minBeyond/(1-c) - 1e-6); float64(n) < need {
		return &OptionError{"Resamples", fmt.Errorf("%w: %v needs at least %.0f, not %d", ErrFewResamples, c, need, n)}
	}
	return nil
}
