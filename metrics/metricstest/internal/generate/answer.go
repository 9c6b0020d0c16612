package generate

import (
	"fmt"
	"math/big"
	"time"

	"github.com/tokentime/tokentime/metrics"
	"github.com/tokentime/tokentime/metrics/metricstest"
)

// answer is a request with its deliveries expanded.
type answer struct {
	*metrics.Request
	t      []time.Duration    // t_1..t_N
	chunks []metrics.Delivery // those with a token
}

func expand(r *metrics.Request) *answer {
	x := &answer{Request: r}
	for _, d := range r.Deliveries {
		if d.Tokens > 0 {
			x.chunks = append(x.chunks, d)
		}
		for range d.Tokens {
			x.t = append(x.t, d.At)
		}
	}
	return x
}

// arrival is a.
func (x *answer) arrival() metrics.Instant { return either(x.Due, x.Sent) }

// outputTokens is n, the number of tokens by which totals are divided.
func (x *answer) outputTokens() int64 {
	if usage, ok := x.UsageTokens.Get(); ok {
		return usage
	}
	return int64(len(x.t))
}

// empty reports that the answer completed and holds nothing.
func (x *answer) empty() bool {
	return x.Outcome == metrics.Completed && len(x.t) == 0 && x.outputTokens() == 0
}

func (x *answer) firstToken() metrics.Instant {
	if len(x.t) == 0 {
		return metrics.Instant{}
	}
	return metrics.Known(x.t[0])
}

func (x *answer) lastToken() metrics.Instant {
	if len(x.t) == 0 {
		return metrics.Instant{}
	}
	return metrics.Known(x.t[len(x.t)-1])
}

// lastEvent is the instant of the last delivery, of a token or not.
func (x *answer) lastEvent() metrics.Instant {
	if len(x.Deliveries) == 0 {
		return metrics.Instant{}
	}
	return metrics.Known(x.Deliveries[len(x.Deliveries)-1].At)
}

// either returns p, or q if p is unknown.
func either(p, q metrics.Instant) metrics.Instant {
	if p.Known() {
		return p
	}
	return q
}

// since returns to - from, undefined if either is unknown.
func since(from, to metrics.Instant) metrics.Span {
	z, ok1 := from.Get()
	t, ok2 := to.Get()
	if !ok1 || !ok2 {
		return metrics.Span{}
	}
	return metrics.Known(minus(t, z))
}

// total returns p + q, undefined if either is.
func total(p, q metrics.Span) metrics.Span {
	a, ok1 := p.Get()
	b, ok2 := q.Get()
	if !ok1 || !ok2 {
		return metrics.Span{}
	}
	return metrics.Known(plus(a, b))
}

// over returns total / n, undefined if total is or n < 1.
func over(total metrics.Span, n int64) metricstest.Quotient {
	d, ok := total.Get()
	if !ok || n < 1 {
		return metricstest.Quotient{}
	}
	return quotient(big.NewRat(int64(d), n))
}

// share returns part / whole, undefined if either is or whole = 0.
func share(part, whole metrics.Span) metricstest.Quotient {
	p, ok1 := part.Get()
	w, ok2 := whole.Get()
	if !ok1 || !ok2 || w == 0 {
		return metricstest.Quotient{}
	}
	return quotient(big.NewRat(int64(p), int64(w)))
}

func quotient(x *big.Rat) metricstest.Quotient {
	q, ok := metricstest.NewRational(x)
	if !ok {
		panic("generate: " + x.String() + " does not fit a vector")
	}
	return metrics.Known(q)
}

func plus(a, b time.Duration) time.Duration {
	c := a + b
	if (c > a) != (b > 0) && b != 0 {
		panic(fmt.Sprintf("generate: %d + %d overflows", a, b))
	}
	return c
}

func minus(a, b time.Duration) time.Duration {
	c := a - b
	if (c < a) != (b > 0) && b != 0 {
		panic(fmt.Sprintf("generate: %d - %d overflows", a, b))
	}
	return c
}

func times(n int, d time.Duration) time.Duration {
	c := time.Duration(n) * d
	if d != 0 && c/d != time.Duration(n) {
		panic(fmt.Sprintf("generate: %d * %d overflows", n, d))
	}
	return c
}
