package goodput

import (
	"math/bits"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// Tracker follows the reader of one running request, token by token: its idle
// latency, benefit and QoE are at any moment those that [Options] gives for
// the tokens so far.
//
// It is a value of 40 bytes without a pointer, made to be embedded beside a
// [metrics.Recorder] and a [fluidity.Tracker]; all three together take 128
// bytes. It holds only what differs from request to request: the Options are
// passed to each call, and must be valid and the same for all calls about one
// request. It allocates nothing and takes a few nanoseconds a token.
//
// Instants are times since the arrival a of the request;
// [metrics.Recorder.Since] gives them. A Tracker supposes that they do not run
// backwards. A program that feeds one only with what
// [metrics.Recorder.Observe] accepted has that certainty.
//
// A preemption needs nothing: its stall is waited through. After a retry,
// whatever the clock, a Tracker begins anew as Tracker{}. The zero Tracker is
// ready. One goroutine at a time may use a Tracker.
type Tracker struct {
	want time.Duration // when the reader wants the next token; at never, none is late
	late time.Duration // the largest lateness so far, at least 0
	lag  time.Duration // of QoE: actual - ideal of the last token
	sum  uint64        // of the lags, the lower 64 bits
	high uint32        // the upper ones: see wide
	n    uint32        // tokens so far
}

// never is later than any token of a valid request since its arrival.
const never = span

// Observe records that k tokens became visible at the time since the arrival.
// k = 0 is a control event and is ignored; [metrics.UnknownTokens] is one
// token, as in the record of a [metrics.Recorder], and any other negative
// number is none.
func (t *Tracker) Observe(o *Options, since time.Duration, k int) {
	if k != 1 || t.n == 0 {
		t.observe(o, since, k)
		return
	}
	want := t.want
	t.late = max(t.late, since-want)
	t.want = soon(want, o.Reader.perToken())
	if o.Ideal.PerToken > 0 {
		lag := o.Ideal.lag(since, t.n, t.lag)
		t.lag = lag
		t.sum += uint64(lag)
		if t.sum < uint64(lag) {
			t.high++
		}
	}
	t.n++
}

// observe is Observe for first tokens and deliveries of several.
func (t *Tracker) observe(o *Options, since time.Duration, k int) {
	if k == metrics.UnknownTokens {
		k = 1
	}
	if k < 1 {
		return
	}
	if t.n == 0 {
		t.want = o.firstWant(since)
	}
	t.late = max(t.late, since-t.want)
	t.want = stepped(t.want, o.Reader.perToken(), uint64(k))
	if o.Ideal.PerToken > 0 {
		t.lag = o.Ideal.lag(since, t.n, t.lag)
		sum := wide{uint64(t.high), t.sum}.plus(product(uint64(t.lag), uint64(k)))
		t.high, t.sum = uint32(sum.hi), sum.lo
	}
	t.n += uint32(k)
}

// firstWant returns z + D_0 + V - a, or never, for a first token at the time
// since the arrival.
func (o *Options) firstWant(since time.Duration) time.Duration {
	z := time.Duration(0)
	if o.Reader.Origin == FromFirstToken {
		z = since
	}
	return min(later(later(z, o.Reader.Tolerance), o.Reader.perToken()), never)
}

// lag returns the lag of a token that came at the time since the arrival,
// after n others, the last of which had the lag before: the larger of that
// and of since - TTFT* - n/r, computed so that nothing overflows.
func (q *Ideal) lag(since time.Duration, n uint32, before time.Duration) time.Duration {
	late := since - q.TTFT
	if late <= before {
		return before
	}
	if hi, lo := bits.Mul64(uint64(q.PerToken), uint64(n)); hi == 0 && lo < uint64(late-before) {
		return late - time.Duration(lo)
	}
	return before
}

// soon returns t + v for t <= never and v >= 0, or never if that is earlier.
func soon(t, v time.Duration) time.Duration {
	if v > never-t {
		return never
	}
	return t + v
}

// stepped returns t + v k for t <= never, or never if that is earlier.
func stepped(t, v time.Duration, k uint64) time.Duration {
	hi, lo := bits.Mul64(uint64(v), k)
	if hi != 0 || lo > uint64(never-t) {
		return never
	}
	return t + time.Duration(lo)
}

// Tokens returns the number of tokens observed.
func (t *Tracker) Tokens() int64 { return int64(t.n) }

// IdleSoFar returns [Reader.IdleLatency] of the tokens so far.
func (t *Tracker) IdleSoFar() metrics.Span {
	if t.n == 0 {
		return metrics.Span{}
	}
	return metrics.Known(t.late)
}

// IdleLatency returns [Options.IdleLatency] of the request that ended with
// that outcome at that time since its arrival, which is
// [metrics.Raw.EndToEnd].
func (t *Tracker) IdleLatency(o *Options, end metrics.Span, outcome metrics.Outcome) metrics.Span {
	e := t.experience(o, end, outcome)
	return e.idle()
}

// Benefit returns [Options.Benefit] of the request that ended with that
// outcome at that time since its arrival, and whether it is defined.
func (t *Tracker) Benefit(o *Options, end metrics.Span, outcome metrics.Outcome) (float64, bool) {
	e := t.experience(o, end, outcome)
	l, ok := e.waited.Get()
	if !ok {
		return 0, false
	}
	return o.benefit(l, e.tokens), true
}

func (t *Tracker) experience(o *Options, end metrics.Span, outcome metrics.Outcome) experience {
	r := metrics.Request{Sent: metrics.Known(time.Duration(0)), End: end, Outcome: outcome}
	if t.n == 0 {
		return o.nothing(&r)
	}
	e := experience{tokens: int64(t.n), waited: metrics.Known(t.late)}
	if o.Abandoned == ChargeTheWait && abandoned(&r) {
		ended, ok := end.Get()
		e.uncharged = !ok
		if ok {
			e.waited = metrics.Known(max(t.late, ended-t.want))
		}
	}
	return e
}

// QoE returns [Ideal.QoE] of the tokens so far, and whether it is defined.
func (t *Tracker) QoE(o *Options) (float64, bool) {
	if t.n == 0 || o.Ideal == (Ideal{}) {
		return 0, false
	}
	return o.Ideal.share(t.lag, uint64(t.n), wide{uint64(t.high), t.sum}), true
}
