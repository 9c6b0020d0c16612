package goodput

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Penalty is f, the price of an idle latency l in the benefit N - alpha f(l).
// arXiv:2410.14257v2 does not fix f, so a smooth goodput without its Penalty
// means nothing.
//
// The zero Penalty is that of seconds.
type Penalty struct {
	Form  Form          // the formula, unless Func is set
	Limit time.Duration // L of [Share], positive; unused otherwise

	// Func, if not nil, is the caller's own f of the idle latency l and the
	// number n of tokens delivered. It must depend on nothing else and be
	// finite, not negative, and non-decreasing in l; what this package says
	// about delays and abandoned requests holds only then. A value that is
	// not finite, or negative, makes the caller panic.
	Func func(l time.Duration, n int64) float64

	// Name names Func. Functions cannot be compared, so two Penalties with a
	// Func are taken for the same if their Names are equal.
	Name string
}

// Form is a formula for [Penalty], with l the idle latency, V the reader's
// time per token, N the tokens delivered and L a limit.
type Form uint8

const (
	// Seconds is f(l) = l / 1 s (our choice of default). Alpha is then in
	// tokens per second of waiting.
	Seconds Form = iota

	// Tokens is f(l) = l / V, the tokens the reader could have read while
	// waiting.
	Tokens

	// Share is f(l) = N min(1, l/L): the answer loses its worth in proportion
	// to the wait, and alpha times its worth after L.
	//
	// N is what was delivered, since a record does not say what was planned.
	// So a request without a token costs nothing under Share, however long
	// its user waited: the benefit lies within N(1 - alpha) and N. With
	// alpha > 1 each further token of an answer that was idle for L or more
	// lowers the benefit.
	Share
)

// String returns the form's name.
func (f Form) String() string {
	switch f {
	case Seconds:
		return "seconds"
	case Tokens:
		return "tokens"
	case Share:
		return "share"
	}
	return fmt.Sprintf("Form(%d)", uint8(f))
}

// String returns the penalty as [ParsePenalty] reads it, or the Name of a
// caller's own.
func (p Penalty) String() string {
	switch {
	case p.Func != nil:
		return p.Name
	case p.Form == Share:
		return p.Form.String() + ":" + p.Limit.String()
	}
	return p.Form.String()
}

// ParsePenalty returns the penalty that s states: "seconds", "tokens", or
// "share:" and a positive duration with its unit, as in "share:2s". The error
// is an [*OptionError].
func ParsePenalty(s string) (Penalty, error) {
	switch s {
	case "seconds":
		return Penalty{}, nil
	case "tokens":
		return Penalty{Form: Tokens}, nil
	}
	if limit, ok := strings.CutPrefix(s, "share:"); ok {
		if d, err := time.ParseDuration(limit); err == nil && d > 0 {
			return Penalty{Form: Share, Limit: d}, nil
		}
	}
	return Penalty{}, notUnderstood("penalty", s, `seconds, tokens, or share: and a positive duration, as in share:2s`)
}

// err reports what is wrong with the penalty.
func (p *Penalty) err() error {
	switch {
	case p.Func != nil && p.Name == "":
		return &OptionError{"Penalty.Name", ErrNameless}
	case p.Func != nil:
		return nil
	case p.Form > Share:
		return outOfRange("Penalty.Form", p.Form, "seconds, tokens or share")
	case p.Form == Share && p.Limit <= 0:
		return outOfRange("Penalty.Limit", p.Limit, "a positive duration for share")
	}
	return nil
}

// same reports whether both are the same function.
func (p *Penalty) same(q *Penalty) bool {
	if p.Func != nil || q.Func != nil {
		return p.Func != nil && q.Func != nil && p.Name == q.Name
	}
	return p.Form == q.Form && (p.Form != Share || p.Limit == q.Limit)
}

// Every form but the caller's own is a fraction of integers, so that sums of
// it are exact: f = weight/unit.

// unit returns the divisor in nanoseconds; v is the reader's V.
func (p *Penalty) unit(v time.Duration) time.Duration {
	switch p.Form {
	case Tokens:
		return v
	case Share:
		return p.Limit
	}
	return time.Second
}

// weight returns the dividend, in nanoseconds or token nanoseconds.
func (p *Penalty) weight(l time.Duration, n int64) wide {
	if p.Form == Share {
		return product(uint64(min(l, p.Limit)), uint64(n))
	}
	return wide{lo: uint64(l)}
}

// call returns the value of Func.
func (p *Penalty) call(l time.Duration, n int64) float64 {
	f := p.Func(l, n)
	if !(f >= 0) || math.IsInf(f, 1) {
		panic(fmt.Sprintf("goodput: Penalty.Func %q returned %v for an idle latency of %v and %d tokens", p.Name, f, l, n))
	}
	return f
}
