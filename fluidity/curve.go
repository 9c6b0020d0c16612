package fluidity

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// PrefillSample is one isolated request: how long its prompt was and how long
// it waited for its first token while nothing else ran.
type PrefillSample struct {
	PromptTokens int64         // P, within [0, metrics.MaxTokens]
	TTFT         time.Duration // not negative
}

// PrefillCurve predicts the prefill time of a prompt of P tokens, so that a
// long prompt gets a later first deadline (our definition, after the
// length-dependent deadlines of arXiv:2407.07000). It is the parabola
//
//	prefill(P) = q_0 + q_1 x (2w - x) + q_2 x^2,   x = P - P_min, w = P_max - P_min
//
// that is nearest to the samples in the sense of least squares among those
// that are not negative and do not fall on the sampled range [P_min, P_max],
// which is to say q_0, q_1, q_2 >= 0: they are the value and, up to the factor
// 2w, the slope at the low end and the slope at the high end.
//
// The published predictor is a random forest. It cannot leave its training
// range: a published fit is off by -32 % at its own largest training point
// and by -93 % at four times it, without a word. A PrefillCurve says what its
// residuals are, and of every prediction whether it is extrapolated.
//
// Outside the range the parabola goes on as long as it does not fall there,
// and as its tangent otherwise; below it never under 0. So the curve rises or
// stays everywhere.
//
// A PrefillCurve does not change and is safe for concurrent use. The zero
// PrefillCurve has no range and predicts 0, extrapolated.
type PrefillCurve struct {
	shape       parabola
	constrained bool
	residuals   []time.Duration
}

// parabola is what predictions depend on.
type parabola struct {
	low, high int64      // P_min, P_max
	q         [3]float64 // ns, ns/token^2, ns/token^2
}

// ErrFewLengths says that a parabola needs three points.
var ErrFewLengths = errors.New("fewer than 3 different prompt lengths")

// SampleError reports samples that no curve can be fitted to.
type SampleError struct {
	Index int // of the sample, or -1 if it is about all of them
	Err   error
}

func (e *SampleError) Error() string {
	if e.Index < 0 {
		return fmt.Sprintf("fluidity: prefill samples: %v", e.Err)
	}
	return fmt.Sprintf("fluidity: prefill samples[%d]: %v", e.Index, e.Err)
}

// Unwrap returns e.Err.
func (e *SampleError) Unwrap() error { return e.Err }

// FitPrefillCurve fits a curve to samples of isolated requests, in any order;
// every sample weighs the same. The fit is the constrained optimum itself: it
// is solved in rational arithmetic and rounded once, to the float64
// coefficients. The error is a [*SampleError].
//
// Special cases are:
//
//	fewer than 3 different P           ErrFewLengths
//	P or TTFT negative, or too large   ErrRange
//	samples that fall with P           the mean, a constant
func FitPrefillCurve(samples []PrefillSample) (*PrefillCurve, error) {
	low, high, err := sampledRange(samples)
	if err != nil {
		return nil, err
	}
	c := &PrefillCurve{shape: parabola{low: low, high: high}}
	q, constrained := leastSquares(samples, low, high)
	for i := range q {
		c.shape.q[i], _ = q[i].Float64()
	}
	c.constrained = constrained
	c.residuals = make([]time.Duration, len(samples))
	for i, s := range samples {
		c.residuals[i] = s.TTFT - c.shape.at(s.PromptTokens)
	}
	return c, nil
}

func sampledRange(samples []PrefillSample) (low, high int64, err error) {
	lengths := make([]int64, len(samples))
	for i, s := range samples {
		lengths[i] = s.PromptTokens
		if s.PromptTokens < 0 || s.PromptTokens > metrics.MaxTokens {
			return 0, 0, &SampleError{i, fmt.Errorf("%w: %d prompt tokens", ErrRange, s.PromptTokens)}
		}
		if s.TTFT < 0 || s.TTFT > metrics.MaxInstant {
			return 0, 0, &SampleError{i, fmt.Errorf("%w: TTFT %v", ErrRange, s.TTFT)}
		}
	}
	slices.Sort(lengths)
	if lengths = slices.Compact(lengths); len(lengths) < 3 {
		return 0, 0, &SampleError{-1, ErrFewLengths}
	}
	return lengths[0], lengths[len(lengths)-1], nil
}

// Predict returns the predicted prefill time of a prompt of the given number
// of tokens, rounded to the nanosecond, and whether that number is outside
// the sampled range. It does not allocate.
func (c *PrefillCurve) Predict(promptTokens int64) (prefill time.Duration, extrapolated bool) {
	p := &c.shape
	extrapolated = promptTokens < p.low || promptTokens > p.high || p.low == p.high
	return p.at(promptTokens), extrapolated
}

// at evaluates the parabola. Every term rises with P also after rounding, so
// no rounding makes the curve fall.
func (p *parabola) at(tokens int64) time.Duration {
	w, q := p.high-p.low, &p.q
	width := float64(w)
	var y float64
	switch {
	case tokens < p.low:
		u := float64(p.low) - float64(tokens)
		y = q[0] - float64(2*width*u*q[1]) - float64(max(q[1]-q[2], 0)*u*u)
	case tokens > p.high:
		v := float64(tokens) - float64(p.high)
		y = p.inside(w) + float64(2*width*v*q[2]) + float64(max(q[2]-q[1], 0)*v*v)
	default:
		y = p.inside(tokens - p.low)
	}
	switch y = math.Round(y); {
	case y <= 0:
		return 0
	case y >= math.MaxInt64:
		return math.MaxInt64
	}
	return time.Duration(y)
}

// inside evaluates the parabola at P = P_min + x, x in [0, w].
func (p *parabola) inside(x int64) float64 {
	w := p.high - p.low
	// The conversions forbid fused multiply-adds, which would let the result
	// depend on the processor.
	return p.q[0] + float64(p.q[1]*float64(x*(2*w-x))) + float64(p.q[2]*float64(x*x))
}

// Range returns the smallest and the largest sampled prompt length.
func (c *PrefillCurve) Range() (low, high int64) { return c.shape.low, c.shape.high }

// Constrained reports whether the nearest parabola of all is negative or
// falls somewhere on the sampled range, so that a less near one was taken:
// the samples do not look like prefill times.
func (c *PrefillCurve) Constrained() bool { return c.constrained }

// Residuals returns TTFT - prefill(P) for each sample, in their order.
func (c *PrefillCurve) Residuals() []time.Duration { return slices.Clone(c.residuals) }

// RMS returns the root of the mean square of the residuals, rounded to the
// nanosecond.
func (c *PrefillCurve) RMS() time.Duration {
	if len(c.residuals) == 0 {
		return 0
	}
	var sum float64
	for _, r := range c.residuals {
		sum += float64(float64(r) * float64(r))
	}
	return time.Duration(math.Round(math.Sqrt(sum / float64(len(c.residuals)))))
}

// MaxResidual returns the largest absolute residual.
func (c *PrefillCurve) MaxResidual() time.Duration {
	var m time.Duration
	for _, r := range c.residuals {
		m = max(m, r.Abs())
	}
	return m
}

// String returns the formula with its range and residuals.
func (c *PrefillCurve) String() string {
	p := &c.shape
	w := float64(p.high - p.low)
	return fmt.Sprintf("prefill(P) = %.6g + %.6g x + %.6g x^2 ns, x = P - %d, P in [%d, %d]; residuals: RMS %v, at most %v",
		p.q[0], 2*w*p.q[1], p.q[2]-p.q[1], p.low, p.low, p.high, c.RMS(), c.MaxResidual())
}
