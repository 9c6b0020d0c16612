package goodput

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// The twins in this file follow the definitions word for word, over expanded
// tokens and in arithmetic of any size.

// instants returns t_1..t_N.
func instants(r *metrics.Request) []time.Duration {
	var ts []time.Duration
	for _, d := range r.Deliveries {
		for range d.Tokens {
			ts = append(ts, d.At)
		}
	}
	return ts
}

func bigInt(d time.Duration) *big.Int { return big.NewInt(int64(d)) }

// naiveWanted returns z + D_0 + V i.
func naiveWanted(p Reader, z time.Duration, i int) *big.Int {
	v := p.PerToken
	if v == 0 {
		v = 200 * time.Millisecond
	}
	w := new(big.Int).Mul(bigInt(v), big.NewInt(int64(i)))
	w.Add(w, bigInt(z))
	return w.Add(w, bigInt(p.Tolerance))
}

// naiveOrigin returns z, and false if it is unknown.
func naiveOrigin(p Reader, r *metrics.Request) (time.Duration, bool) {
	if ts := instants(r); p.Origin == FromFirstToken && len(ts) > 0 {
		return ts[0], true
	}
	return r.Arrival().Get()
}

// naiveEvents returns the instants that the reader waits for: those of the
// tokens, and the end if the policy charges it.
func naiveEvents(o Options, r *metrics.Request) []time.Duration {
	ts := instants(r)
	end, ok := r.End.Get()
	if o.Abandoned == ChargeTheWait && ok && (r.Outcome != metrics.Completed || len(ts) == 0) {
		ts = append(ts, end)
	}
	return ts
}

// naiveWait is the formula: the largest lateness of what the reader waits for.
func naiveWait(o Options, r *metrics.Request) metrics.Span {
	z, ok := naiveOrigin(o.Reader, r)
	events := naiveEvents(o, r)
	if !ok || len(events) == 0 {
		return metrics.Span{}
	}
	most := new(big.Int)
	for i, t := range events {
		late := new(big.Int).Sub(bigInt(t), naiveWanted(o.Reader, z, i+1))
		if late.Cmp(most) > 0 {
			most = late
		}
	}
	return metrics.Known(time.Duration(most.Int64()))
}

// readAlong is the story: somebody takes one token per V, waits when the next
// is not there, and adds up the waits.
func readAlong(o Options, r *metrics.Request) metrics.Span {
	z, ok := naiveOrigin(o.Reader, r)
	events := naiveEvents(o, r)
	if !ok || len(events) == 0 {
		return metrics.Span{}
	}
	ready := naiveWanted(o.Reader, z, 1)
	waited := new(big.Int)
	for _, t := range events {
		if at := bigInt(t); at.Cmp(ready) > 0 {
			waited.Add(waited, new(big.Int).Sub(at, ready))
			ready.Set(at)
		}
		ready.Add(ready, naiveWanted(Reader{PerToken: o.Reader.PerToken}, 0, 1))
	}
	return metrics.Known(time.Duration(waited.Int64()))
}

// naiveBenefit returns N - alpha f(l), exactly, or nil.
func naiveBenefit(o Options, r *metrics.Request) *big.Rat {
	l, ok := naiveWait(o, r).Get()
	if !ok {
		return nil
	}
	n := int64(len(instants(r)))
	ns := func(d time.Duration) *big.Rat { return new(big.Rat).SetInt64(int64(d)) }
	var f *big.Rat
	switch v := o.Reader.PerToken; {
	case o.Penalty.Func != nil:
		f = new(big.Rat).SetFloat64(o.Penalty.Func(l, n))
	case o.Penalty.Form == Seconds:
		f = new(big.Rat).Quo(ns(l), ns(time.Second))
	case o.Penalty.Form == Tokens && v == 0:
		f = new(big.Rat).Quo(ns(l), ns(200*time.Millisecond))
	case o.Penalty.Form == Tokens:
		f = new(big.Rat).Quo(ns(l), ns(v))
	case o.Penalty.Form == Share:
		f = new(big.Rat).Quo(ns(min(l, o.Penalty.Limit)), ns(o.Penalty.Limit))
		f.Mul(f, new(big.Rat).SetInt64(n))
	}
	f.Mul(f, new(big.Rat).SetFloat64(o.alpha()))
	return f.Sub(new(big.Rat).SetInt64(n), f)
}

// naiveActual returns ideal_i and actual_i, from the arrival.
func naiveActual(q Ideal, r *metrics.Request) (ideal, actual []*big.Int) {
	a, ok := r.Arrival().Get()
	if !ok || q == (Ideal{}) {
		return nil, nil
	}
	for i, t := range instants(r) {
		want := new(big.Int).Mul(bigInt(q.PerToken), big.NewInt(int64(i)))
		want.Add(want, bigInt(q.TTFT))
		got := new(big.Int).Sub(bigInt(t), bigInt(a))
		atLeast := want
		if i > 0 {
			atLeast = new(big.Int).Add(actual[i-1], bigInt(q.PerToken))
		}
		if got.Cmp(atLeast) < 0 {
			got = atLeast
		}
		ideal, actual = append(ideal, want), append(actual, got)
	}
	return ideal, actual
}

// naiveQoE returns the two sums' quotient, exactly, or nil.
func naiveQoE(q Ideal, r *metrics.Request) *big.Rat {
	ideal, actual := naiveActual(q, r)
	if len(ideal) == 0 {
		return nil
	}
	delay, whole := new(big.Int), new(big.Int)
	for i := range ideal {
		delay.Add(delay, new(big.Int).Sub(actual[i], ideal[i]))
		whole.Add(whole, new(big.Int).Sub(actual[len(actual)-1], ideal[i]))
	}
	if delay.Sign() == 0 {
		return big.NewRat(1, 1)
	}
	return new(big.Rat).SetFrac(new(big.Int).Sub(whole, delay), whole)
}

// stream returns a completed request that arrived at 0 and whose tokens came
// one by one, at the given numbers of seconds.
func stream(t testing.TB, seconds ...float64) *metrics.Request {
	t.Helper()
	r := &metrics.Request{Sent: metrics.Known(time.Duration(0))}
	for _, s := range seconds {
		at := time.Duration(math.Round(s * 1e9))
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: 1})
	}
	if err := r.Validate(); err != nil {
		t.Fatal(err)
	}
	return r
}

// until returns r as it would be with that outcome at the end given in
// seconds.
func until(r *metrics.Request, outcome metrics.Outcome, end float64) *metrics.Request {
	c := *r
	c.Outcome, c.End = outcome, metrics.Known(time.Duration(math.Round(end*1e9)))
	return &c
}

// pick returns one of xs.
func pick[T any](rng *rand.Rand, xs ...T) T { return xs[rng.IntN(len(xs))] }

// randomRequest returns a valid request of at most a few dozen tokens: on a
// coarse or fine grid of time, near the origin or near the bound of instants,
// with chunks, control events, bursts, unknown instants and all outcomes.
func randomRequest(rng *rand.Rand) *metrics.Request {
	grid := pick(rng, 1, time.Millisecond, 50*time.Millisecond, time.Second, 1<<55)
	at := pick(rng, 0, -time.Hour, -metrics.MaxInstant, metrics.MaxInstant/2)
	later := func(steps int) time.Duration {
		d := grid * time.Duration(rng.IntN(steps+1))
		if rng.IntN(4) == 0 {
			d += time.Duration(rng.IntN(3)) // off the grid
		}
		at = min(at+d, metrics.MaxInstant)
		return at
	}
	r := &metrics.Request{Outcome: metrics.Outcome(rng.IntN(5))}
	if rng.IntN(8) > 0 {
		r.Sent = metrics.Known(at)
	}
	for range rng.IntN(12) {
		k := pick(rng, 1, 1, 1, 1, 0, 2, 5)
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: later(8), Tokens: k})
	}
	if rng.IntN(8) > 0 {
		r.End = metrics.Known(later(8))
	}
	if rng.IntN(3) == 0 {
		r.UsageTokens = metrics.Known(rng.Int64N(40))
	}
	return r
}

// logistic is a caller's own penalty: bounded, and neither linear nor convex.
var logistic = Penalty{Name: "logistic", Func: func(l time.Duration, n int64) float64 {
	return float64(n) / (1 + math.Exp(2-l.Seconds()))
}}

func randomOptions(rng *rand.Rand) Options {
	step := func() time.Duration {
		return pick(rng, 1, 3, 50*time.Millisecond, time.Second, 1<<55, 1<<61, math.MaxInt64)
	}
	o := Options{
		Reader:    Reader{Origin: Origin(rng.IntN(2))},
		Penalty:   pick(rng, Penalty{}, Penalty{Form: Tokens}, Penalty{Form: Share, Limit: step()}, logistic),
		Abandoned: Abandoned(rng.IntN(2)),
	}
	if rng.IntN(3) > 0 {
		o.Reader.PerToken = step()
	}
	if rng.IntN(3) == 0 {
		o.Reader.Tolerance = step()
	}
	if rng.IntN(2) == 0 {
		o.Alpha = metrics.Known(pick(rng, 0, 0.1, 1, 1e6))
	}
	if rng.IntN(5) > 0 {
		o.Ideal = Ideal{PerToken: step(), TTFT: pick(rng, 0, step())}
	}
	return o
}

// delayed returns r with some of its tokens later, in order and not after the
// end. With keepFirst the first token stays.
func delayed(rng *rand.Rand, r *metrics.Request, keepFirst bool) *metrics.Request {
	ts := instants(r)
	last := metrics.MaxInstant
	if end, ok := r.End.Get(); ok {
		last = end
	}
	by := pick(rng, 1, time.Millisecond, time.Second, 1<<54)
	from := 0
	if keepFirst {
		from = 1
	}
	for i := from; i < len(ts); i++ {
		if rng.IntN(3) == 0 {
			ts[i] += by * time.Duration(1+rng.IntN(20))
		}
		ts[i] = min(ts[i], last)
	}
	slices.Sort(ts)
	c := *r
	c.Deliveries = nil
	for _, t := range ts {
		c.Deliveries = append(c.Deliveries, metrics.Delivery{At: t, Tokens: 1})
	}
	return &c
}
