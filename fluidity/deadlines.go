package fluidity

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// Deadlines says when each token of a request is due, and what a late one
// costs. Decode must be set; the other fields are, when zero, the published
// choices (arXiv:2407.07000; arXiv:2507.09019).
//
//	d_1 = D_p
//	d_{i+1} = max(d_i, t_i - a) + D_d
//
// Whatever the choices, hits rise and misses fall, token by token, as D_d or
// D_p grows: by induction no d_i falls, so no token gets later.
type Deadlines struct {
	// Prefill is D_p >= 0, the deadline of the first token, from the arrival
	// of the request. With a Curve it is the slack that is added to the
	// curve's prediction.
	Prefill time.Duration

	// Decode is D_d > 0, the deadline of each later token.
	Decode time.Duration

	// Late says how many deadlines a late token missed.
	Late MissRule

	// First says what the first token counts.
	First FirstToken

	// DropSlack says that time left over before D_p is lost: the second
	// token is then due D_d after the first one. If false, it is carried
	// into decode.
	DropSlack bool

	// Curve makes D_p depend on the prompt: D_p = predicted prefill(P) +
	// Prefill. If nil, D_p is Prefill.
	Curve *PrefillCurve
}

// MissRule says how many deadlines a token missed that is late by x > 0.
type MissRule uint8

const (
	// Floor is the published count, floor(x/D_d) + 1. A token that is late
	// by exactly m deadlines costs m + 1.
	Floor MissRule = iota
	// Ceil is ceil(x/D_d), so that the deadline at the very instant of the
	// token is not missed, as it would not be by a token in time.
	Ceil
)

// FirstToken says what the first token of a request counts.
type FirstToken uint8

const (
	// Scored means that it is held against D_p like any other. Its lateness
	// is priced in units of D_d, as published.
	Scored FirstToken = iota
	// Skipped means that it counts neither as a hit nor as a miss, and that
	// the schedule starts from it: d_2 = t_1 - a + D_d. There being no
	// deadline for it, there is no slack to carry; D_p is not used. This is
	// the decode-only index.
	Skipped
	// Free means that it is a hit however late it is. Time left over before
	// D_p is carried into decode unless DropSlack says otherwise.
	Free
)

var (
	missRuleNames   = [...]string{"floor", "ceil"}
	firstTokenNames = [...]string{"scored", "skipped", "free"}
)

// String returns the rule's name.
func (m MissRule) String() string {
	if int(m) < len(missRuleNames) {
		return missRuleNames[m]
	}
	return fmt.Sprintf("MissRule(%d)", uint8(m))
}

// MarshalText returns the rule's name.
func (m MissRule) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// String returns the choice's name.
func (f FirstToken) String() string {
	if int(f) < len(firstTokenNames) {
		return firstTokenNames[f]
	}
	return fmt.Sprintf("FirstToken(%d)", uint8(f))
}

// MarshalText returns the choice's name.
func (f FirstToken) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// What can be wrong with options; an [*OptionError] says with which.
var (
	ErrRange    = errors.New("out of range")
	ErrMismatch = errors.New("differs between the two summaries")
)

// OptionError reports an option that means nothing.
type OptionError struct {
	Option string // such as "Deadlines.Decode"
	Err    error  // wraps one of the Err variables
}

func (e *OptionError) Error() string { return fmt.Sprintf("fluidity: %s: %v", e.Option, e.Err) }

// Unwrap returns e.Err.
func (e *OptionError) Unwrap() error { return e.Err }

// Validate reports the first option that means nothing as an [*OptionError],
// or nil.
func (d Deadlines) Validate() error {
	switch {
	case d.Decode <= 0:
		return outOfRange("Deadlines.Decode", "%v, must be positive", d.Decode)
	case d.Prefill < 0:
		return outOfRange("Deadlines.Prefill", "%v is negative", d.Prefill)
	case int(d.Late) >= len(missRuleNames):
		return outOfRange("Deadlines.Late", "no rule has the number %d", uint8(d.Late))
	case int(d.First) >= len(firstTokenNames):
		return outOfRange("Deadlines.First", "no choice has the number %d", uint8(d.First))
	}
	return nil
}

func outOfRange(option, format string, args ...any) error {
	return &OptionError{option, fmt.Errorf("%w: %s", ErrRange, fmt.Sprintf(format, args...))}
}

// PrefillDeadline returns D_p for the request, and whether the curve had to
// be extrapolated for it. It is unknown if there is a curve and the length of
// the prompt is unknown.
func (d Deadlines) PrefillDeadline(r *metrics.Request) (dp metrics.Span, extrapolated bool) {
	if d.Curve == nil {
		return metrics.Known(d.Prefill), false
	}
	p, ok := r.PromptTokens.Get()
	if !ok {
		return metrics.Span{}, false
	}
	predicted, extrapolated := d.Curve.Predict(p)
	if predicted > math.MaxInt64-d.Prefill {
		return metrics.Known(time.Duration(math.MaxInt64)), extrapolated
	}
	return metrics.Known(predicted + d.Prefill), extrapolated
}

// usesPrefill reports whether D_p has a part in the schedule.
func (d *Deadlines) usesPrefill() bool {
	return d.First == Scored || d.First == Free && !d.DropSlack
}

// Score counts the deadlines that the request met and missed. It takes time
// proportional to the number of deliveries, whatever they hold, and does not
// allocate. The error is that of [Deadlines.Validate].
//
// Special cases are:
//
//	t_i - a = d_i                        a hit
//	N = 0                                no deadline
//	N = 1, first token skipped           no deadline
//	arrival unknown                      no deadline, unless D_p has no part in the schedule
//	prompt length unknown, with a Curve  no deadline, unless D_p has no part in the schedule
//	a delivery of k > 1 tokens           late if at all with its first one; the others are hits
//	a delivery of no token               ignored
//	gaps not recorded (Request.Sparse)   no deadline: nobody knows which were met
func (d Deadlines) Score(r *metrics.Request) (Score, error) {
	if err := d.Validate(); err != nil {
		return Score{}, err
	}
	v := d.score(r)
	return v.Score, nil
}

// verdict is a Score and why there is none.
type verdict struct {
	Score
	why          reason
	extrapolated bool // D_p was read off the curve outside its range
}

// reason says why a request has no deadline.
type reason uint8

const (
	hasDeadline reason = iota
	noToken
	noArrival
	noPrompt
	onlySkipped
	sparse // when the tokens between the first and the last came was not recorded
)

func (d *Deadlines) score(r *metrics.Request) verdict {
	ds := firstToken(r.Deliveries)
	if len(ds) == 0 {
		return verdict{why: noToken}
	}
	if r.Sparse {
		return verdict{why: sparse}
	}
	s := newSchedule(d.Decode, ds)
	t1, k := ds[0].At, int64(ds[0].Tokens)
	v := verdict{}
	due := t1
	if d.usesPrefill() {
		a, ok := r.Arrival().Get()
		if !ok {
			return verdict{why: noArrival}
		}
		span, extrapolated := d.PrefillDeadline(r)
		dp, ok := span.Get()
		if !ok {
			return verdict{why: noPrompt}
		}
		due = a + min(dp, s.last-a)
		v.extrapolated = extrapolated
	}
	switch {
	case d.First == Skipped:
	case d.First == Scored && t1 > due:
		v.Misses = d.missed(t1 - due)
	default:
		v.Hits = 1
	}
	if t1 > due || d.DropSlack {
		due = t1
	}
	v.Hits += k - 1
	d.walk(&s, ds[1:], s.after(due, k), &v.Score)
	if v.Score == (Score{}) {
		v.why = onlySkipped
	}
	return v
}

// walk adds the hits and misses of ds, whose first deadline is due.
func (d *Deadlines) walk(s *schedule, ds []metrics.Delivery, due time.Duration, score *Score) {
	for {
		n, next, tokens := s.onTime(ds, due)
		score.Hits += tokens
		ds, due = ds[n:], next
		if len(ds) == 0 {
			return
		}
		for len(ds) > 0 && ds[0].At > due { // late tokens come in runs
			if k := int64(ds[0].Tokens); k > 0 {
				score.Misses += d.missed(ds[0].At - due)
				score.Hits += k - 1
				due = s.after(ds[0].At, k)
			}
			ds = ds[1:]
		}
	}
}

// missed returns what a lateness of x > 0 costs. Ceil is Floor of a lateness
// one nanosecond less: ceil(x/D) = floor((x-1)/D) + 1.
func (d *Deadlines) missed(x time.Duration) int64 {
	x -= time.Duration(d.Late)
	if x < d.Decode { // most late tokens; saves a division
		return 1
	}
	return int64(x/d.Decode) + 1
}
