package goodput

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// DefaultAlpha is the alpha of [Options] that state none
// (arXiv:2410.14257v2 §5.2).
const DefaultAlpha = 2.5

// Options holds every choice behind a smooth goodput. The zero Options are
// those of this project: a reader of 5 tokens/s from the arrival on, alpha
// 2.5 tokens per second of waiting, abandoned requests charged for the wait
// they ended in, and no QoE.
type Options struct {
	Reader    Reader                    // who reads the stream
	Alpha     metrics.Optional[float64] // price of one unit of the penalty in tokens, at least 0; unknown means [DefaultAlpha]
	Penalty   Penalty                   // f; the zero Penalty is l / 1 s
	Abandoned Abandoned                 // what a token that never came costs; zero is [ChargeTheWait]
	Ideal     Ideal                     // what QoE compares with; zero means that QoE is undefined
}

// What can be wrong with options; an [*OptionError] says with which.
var (
	ErrRange    = errors.New("out of range")
	ErrSyntax   = errors.New("not understood")
	ErrNameless = errors.New("a penalty with a Func needs a name")
	ErrMismatch = errors.New("differs between the two summaries")
)

// OptionError reports an option that makes no sense.
type OptionError struct {
	Option string // such as "Reader.PerToken", or "penalty" for a text
	Err    error  // wraps one of the Err variables
}

func (e *OptionError) Error() string { return fmt.Sprintf("goodput: %s: %v", e.Option, e.Err) }

// Unwrap returns e.Err.
func (e *OptionError) Unwrap() error { return e.Err }

func outOfRange(option string, value any, want string) error {
	return &OptionError{option, fmt.Errorf("%w: %v (want %s)", ErrRange, value, want)}
}

func notUnderstood(option, text, want string) error {
	return &OptionError{option, fmt.Errorf("%w: %q (want %s)", ErrSyntax, text, want)}
}

// Validate reports the first option that makes no sense, as an
// [*OptionError], or nil. Times must not be negative, alpha must be finite
// and not negative, [Share] needs a positive limit, a caller's own penalty a
// name, an [Ideal] a pace.
func (o Options) Validate() error { return o.err() }

func (o *Options) err() error {
	if err := o.Reader.err(); err != nil {
		return err
	}
	if a, ok := o.Alpha.Get(); ok && !(a >= 0 && a <= math.MaxFloat64) {
		return outOfRange("Alpha", a, "a finite number, at least 0")
	}
	if err := o.Penalty.err(); err != nil {
		return err
	}
	if o.Abandoned > AsDelivered {
		return outOfRange("Abandoned", o.Abandoned, "charge or as-delivered")
	}
	return o.Ideal.err()
}

func (p Reader) err() error {
	switch {
	case p.PerToken < 0:
		return outOfRange("Reader.PerToken", p.PerToken, "at least 0")
	case p.Tolerance < 0:
		return outOfRange("Reader.Tolerance", p.Tolerance, "at least 0")
	case p.Origin > FromFirstToken:
		return outOfRange("Reader.Origin", p.Origin, "arrival or first token")
	}
	return nil
}

// must panics with the error of an option.
func must(err error) {
	if err != nil {
		panic("goodput: bad option: " + errors.Unwrap(err).Error())
	}
}

func (o *Options) alpha() float64 {
	if a, ok := o.Alpha.Get(); ok {
		return a
	}
	return DefaultAlpha
}

// unit returns the divisor of the penalty in nanoseconds.
func (o *Options) unit() time.Duration { return o.Penalty.unit(o.Reader.perToken()) }

// mismatch returns the name of an option in which the two differ, or "". A
// default equals the zero that stands for it.
func (o *Options) mismatch(p *Options) string {
	a, b := o.Reader, p.Reader
	a.PerToken, b.PerToken = a.perToken(), b.perToken()
	switch {
	case a != b:
		return "Reader"
	case o.alpha() != p.alpha():
		return "Alpha"
	case !o.Penalty.same(&p.Penalty):
		return "Penalty"
	case o.Abandoned != p.Abandoned:
		return "Abandoned"
	case o.Ideal != p.Ideal:
		return "Ideal"
	}
	return ""
}
