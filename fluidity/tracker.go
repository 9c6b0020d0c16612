package fluidity

import (
	"math/bits"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// Tracker holds one running request against its deadlines, token by token. At
// any moment its Score is that of [Deadlines.Score] for the tokens so far, and
// [Tracker.Next] says when the next token is due.
//
// It is a value of 24 bytes without a pointer, made to be embedded beside a
// [metrics.Recorder]. It holds only what differs from request to request: the
// Deadlines are passed to each call, and must be the same for all calls about
// one request. It allocates nothing and takes a few nanoseconds a token.
//
// Instants are times since the arrival a of the request, as in the definition
// of d_i; [metrics.Recorder.Since] gives them. A Tracker supposes that they
// do not run backwards. A program that feeds one only with what
// [metrics.Recorder.Observe] accepted has that certainty.
//
// After a preemption a Tracker needs nothing: the stall is a late token. After
// a retry, whatever the clock, it is started again. The zero Tracker has no
// deadline. One goroutine at a time may use a Tracker.
type Tracker struct {
	due    time.Duration // of the next token; at never, no token can be late
	misses int64
	hits   uint32
	state  trackerState
}

type trackerState uint8

const (
	untracked trackerState = iota // there is no deadline
	beforeFirst
	decoding
)

// never is later than any token of a valid request since its arrival.
const never = 2 * metrics.MaxInstant

// Start begins a request with that number of prompt tokens, which matters
// only if the deadlines have a Curve. The error is that of
// [Deadlines.Validate]; the request then has no deadline.
//
// Special cases are:
//
//	prompt length unknown, with a Curve   no deadline, unless D_p has no part in the schedule
func (t *Tracker) Start(d *Deadlines, prompt metrics.Count) error {
	*t = Tracker{}
	if err := d.Validate(); err != nil {
		return err
	}
	if d.usesPrefill() {
		span, _ := d.PrefillDeadline(&metrics.Request{PromptTokens: prompt})
		dp, ok := span.Get()
		if !ok {
			return nil
		}
		t.due = min(dp, never)
	}
	t.state = beforeFirst
	return nil
}

// Observe records that k tokens became visible at the time since the arrival.
// k = 0 is a control event and is ignored; [metrics.UnknownTokens] is one
// token, as in the record of a [metrics.Recorder], and any other negative
// number is none.
func (t *Tracker) Observe(d *Deadlines, since time.Duration, k int) {
	if t.state != decoding || k != 1 {
		t.observe(d, since, k)
		return
	}
	if since > t.due {
		t.misses += d.missed(since - t.due)
		t.due = since
	} else {
		t.hits++
	}
	t.due = soon(t.due, d.Decode)
}

// observe is Observe for first tokens and deliveries of several.
func (t *Tracker) observe(d *Deadlines, since time.Duration, k int) {
	if k == metrics.UnknownTokens {
		k = 1
	}
	if t.state == untracked || k < 1 {
		return
	}
	first := t.state == beforeFirst
	t.state = decoding
	if first && !d.usesPrefill() {
		t.due = since
	}
	switch {
	case first && d.First == Skipped:
	case since <= t.due, first && d.First == Free:
		t.hits++
	default:
		t.misses += d.missed(since - t.due)
	}
	if since > t.due || first && d.DropSlack {
		t.due = since
	}
	t.hits += uint32(k - 1)
	hi, lo := bits.Mul64(uint64(d.Decode), uint64(k-1))
	if hi != 0 || lo > uint64(never) {
		lo = uint64(never)
	}
	t.due = soon(soon(t.due, time.Duration(lo)), d.Decode)
}

// soon returns t + step for t <= never and step >= 0, or never if that is
// earlier.
func soon(t, step time.Duration) time.Duration {
	if step > never-t {
		return never
	}
	return t + step
}

// Score returns how many deadlines the tokens so far met and missed.
func (t *Tracker) Score() Score { return Score{int64(t.hits), t.misses} }

// Next returns the deadline of the next token, since the arrival, and the
// slack that is left at the time now, since the arrival: negative if the token
// is late already. A scheduler that serves the request with the least slack
// first serves the earliest deadline first.
//
// Special cases are:
//
//	not started, or no deadline     not ok
//	first token Skipped or Free     not ok before it: it cannot be late
//	a deadline beyond all instants  2 metrics.MaxInstant
func (t *Tracker) Next(d *Deadlines, now time.Duration) (deadline, slack time.Duration, ok bool) {
	if t.state == untracked || t.state == beforeFirst && d.First != Scored {
		return 0, 0, false
	}
	return t.due, t.due - now, true
}
