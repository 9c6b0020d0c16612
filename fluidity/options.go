package fluidity

import (
	"fmt"

	"github.com/tokentime/tokentime/metrics"
)

// Options says how a [Summary] judges. Deadlines must be set; the other
// fields are, when zero, the published choices.
type Options struct {
	Deadlines Deadlines

	// Target is the index that a request should reach: 9/10 if zero.
	Target Target

	// Unfinished says what a request without a complete answer counts.
	Unfinished Unfinished

	// Planned returns how many tokens a request should have had, if that is
	// known: its token limit, or what the same request had elsewhere.
	// RemainingMissed needs it.
	Planned func(*metrics.Request) (int64, bool)

	// Method is how the distributions are held.
	Method metrics.Method

	// NoTokenRate leaves out the minimum deadlines and the token rate, which
	// cost ten to thirty times what the index costs.
	NoTokenRate bool
}

// Unfinished says what a request counts that was cancelled, timed out,
// failed, was rejected or completed without a token.
type Unfinished uint8

const (
	// Excluded means that it has no index; it is counted as left out.
	Excluded Unfinished = iota
	// RemainingMissed means that its tokens are scored as they came and
	// that every deadline still planned is a miss, at any D_d. The first
	// token, when it never came, is one of them unless it is Skipped. A
	// request whose plan is unknown is left out.
	RemainingMissed
)

var unfinishedNames = [...]string{"excluded", "remaining-missed"}

// String returns the policy's name.
func (u Unfinished) String() string {
	if int(u) < len(unfinishedNames) {
		return unfinishedNames[u]
	}
	return fmt.Sprintf("Unfinished(%d)", uint8(u))
}

// MarshalText returns the policy's name.
func (u Unfinished) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// Validate reports the first option that means nothing as an [*OptionError],
// or nil.
func (o *Options) Validate() error {
	if err := o.Deadlines.Validate(); err != nil {
		return err
	}
	t := o.Target
	if t != (Target{}) && (t.Den <= 0 || t.Num < 0 || t.Num > t.Den) {
		return outOfRange("Target", "%d/%d, must be in [0, 1]", t.Num, t.Den)
	}
	if int(o.Unfinished) >= len(unfinishedNames) {
		return outOfRange("Unfinished", "no policy has the number %d", uint8(o.Unfinished))
	}
	if o.Unfinished == RemainingMissed && o.Planned == nil {
		return outOfRange("Planned", "nil, but RemainingMissed needs it")
	}
	return nil
}

// mismatch reports the first option in which the two differ.
func (o *Options) mismatch(p *Options) error {
	a, b := o.Deadlines, p.Deadlines
	differ := ""
	switch {
	case (a.Curve == nil) != (b.Curve == nil) || a.Curve != nil && a.Curve.shape != b.Curve.shape:
		differ = "Deadlines.Curve"
	case o.Target.orDefault() != p.Target.orDefault():
		differ = "Target"
	case o.Unfinished != p.Unfinished:
		differ = "Unfinished"
	case o.Method != p.Method:
		differ = "Method"
	case o.NoTokenRate != p.NoTokenRate:
		differ = "NoTokenRate"
	}
	a.Curve, b.Curve = nil, nil
	if a != b {
		differ = "Deadlines"
	}
	if differ == "" {
		return nil
	}
	return &OptionError{differ, ErrMismatch}
}
