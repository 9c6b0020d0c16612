package goodput

import (
	"math"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// IdleLatency returns how long the request's reader waited: that of
// [Reader.IdleLatency], and for an abandoned request under [ChargeTheWait] at
// least the wait for the token that never came. With k tokens delivered,
//
//	l = max(0, max_i (t_i - z - D_0 - V i), end - z - D_0 - V (k+1))
//
// Special cases are those of [Reader.IdleLatency], and:
//
//	completed                       the last term is absent
//	abandoned, N = 0                undefined; what it costs is in the benefit
//	abandoned, N > 0, end unknown   the last term is absent: a lower bound
func (o Options) IdleLatency(r *metrics.Request) metrics.Span {
	must(o.err())
	e := o.experience(r)
	return e.idle()
}

// Benefit returns what the request was worth, in tokens, and whether that is
// defined (arXiv:2410.14257v2 eq. 10):
//
//	benefit = N - alpha f(l)
//
// N is the number of tokens delivered, l the idle latency of
// [Options.IdleLatency], f the [Penalty]. It may be negative. It never rises
// with alpha, nor, counting from the arrival, when a token is delayed.
//
// Special cases are:
//
//	N = 0, charged the wait         -alpha f(max(0, end - a - D_0 - V)), at most 0
//	N = 0, as delivered             undefined
//	N = 0, arrival or end unknown   undefined
//	N > 0, idle latency undefined   undefined, so also if gaps were not recorded
//
// The result is within 2^-51 (N + alpha f(l)) of the exact value; with a
// caller's own f, of the value that follows from f as returned. Nothing is
// allocated.
func (o Options) Benefit(r *metrics.Request) (float64, bool) {
	must(o.err())
	e := o.experience(r)
	l, ok := e.waited.Get()
	if !ok {
		return 0, false
	}
	return o.benefit(l, e.tokens), true
}

// benefit returns n - alpha f(l). Each operation is monotone in l and alpha,
// so the rounded result is, too.
func (o *Options) benefit(l time.Duration, n int64) float64 {
	alpha, tokens := o.alpha(), float64(n)
	if o.Penalty.Func != nil {
		return math.FMA(-alpha, o.Penalty.call(l, n), tokens)
	}
	unit := float64(o.unit())
	return math.FMA(-alpha, o.Penalty.weight(l, n).float(), float64(tokens*unit)) / unit
}

// experience is what the tokens of one request and its end amount to for the
// reader.
type experience struct {
	tokens int64 // N, as delivered

	// waited is l. Without a token it is the wait that the benefit charges,
	// if any.
	waited metrics.Span

	// sparse says that l is unknown because the gaps were not recorded.
	sparse bool

	// uncharged says that a charge for the token that never came is due, and
	// unknown.
	uncharged bool
}

// idle returns the idle latency of the request, which one without a token
// does not have.
func (e *experience) idle() metrics.Span {
	if e.tokens == 0 {
		return metrics.Span{}
	}
	return e.waited
}

func (o *Options) experience(r *metrics.Request) experience {
	ds := fromFirstToken(r.Deliveries)
	if len(ds) == 0 {
		return o.nothing(r)
	}
	e := experience{tokens: tokens(ds)}
	if r.Sparse {
		e.sparse = true
		return e
	}
	horizon := ds[len(ds)-1].At
	end, charged := horizon, false
	if o.Abandoned == ChargeTheWait && abandoned(r) {
		end, charged = r.End.Get()
		e.uncharged = !charged
	}
	want, ok := o.Reader.firstWanted(r, ds).Get()
	if !ok {
		return e
	}
	if charged {
		horizon = end
	}
	late, next := wait(ds, want, o.Reader.perToken(), horizon)
	if charged && next < horizon {
		late = max(late, horizon-next)
	}
	e.waited = metrics.Known(late)
	return e
}

// nothing is the experience of a request without a token.
func (o *Options) nothing(r *metrics.Request) experience {
	if o.Abandoned == AsDelivered {
		return experience{}
	}
	want, wants := o.Reader.firstWanted(r, nil).Get()
	end, ends := r.End.Get()
	if !wants || !ends {
		return experience{}
	}
	late := time.Duration(0)
	if want < end {
		late = end - want
	}
	return experience{waited: metrics.Known(late)}
}

// tokens returns the number of tokens in ds.
func tokens(ds []metrics.Delivery) int64 {
	var n int64
	for i := range ds {
		n += int64(ds[i].Tokens)
	}
	return n
}
