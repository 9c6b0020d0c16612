package slo

import (
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tokentime/tokentime/metrics"
)

// randomRequest returns a valid request of up to a few dozen tokens, times on
// a grid coarse enough that values often are at their limits.
func randomRequest(rng *rand.Rand) *metrics.Request {
	at := time.Duration(rng.IntN(5)) * ms
	r := &metrics.Request{Outcome: metrics.Completed}
	if rng.IntN(4) > 0 {
		r.Due = metrics.Known(at)
		at += time.Duration(rng.IntN(2)) * ms
	}
	if rng.IntN(8) > 0 {
		r.Sent = metrics.Known(at)
	}
	if rng.IntN(2) == 0 {
		at += time.Duration(rng.IntN(10)) * ms
		r.Scheduled = metrics.Known(at)
	}
	for range rng.IntN(1 + rng.IntN(20)) {
		at += time.Duration(rng.IntN(6)) * ms
		r.Deliveries = append(r.Deliveries, metrics.Delivery{At: at, Tokens: rng.IntN(4)})
	}
	if rng.IntN(4) > 0 {
		r.End = metrics.Known(at + time.Duration(rng.IntN(3))*ms)
	}
	if rng.IntN(5) == 0 {
		r.Outcome = metrics.Outcome(rng.IntN(5))
	}
	if rng.IntN(4) == 0 {
		r.UsageTokens = metrics.Known(rng.Int64N(30))
	}
	return r
}

// The verdict by counting, and the quantile by sorting, equal those of
// arbitrary precision under every convention and kind.
func TestGapQuantile(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 1))
	var buf gapBuffer
	for range 10_000 {
		r := randomRequest(rng)
		if rng.IntN(20) == 0 { // gaps that are not written out
			for i := range r.Deliveries {
				r.Deliveries[i].Tokens *= 1 + rng.IntN(60)
			}
			r.UsageTokens = metrics.Known(rng.Int64N(300))
		}
		c := metrics.Conventions()[rng.IntN(len(metrics.Conventions()))]
		c.Quantile = quantileKinds[rng.IntN(len(quantileKinds))]
		p := Share{1 + rng.Int64N(999), 1000}
		part := &Part{Metric: TBTQuantile, GapQuantile: p, Max: time.Duration(rng.IntN(3000)) * (ms / 500)}
		var values []*big.Rat
		for g := range c.TBT(r) {
			values = append(values, new(big.Rat).SetInt64(int64(g)))
		}

		sum := tallyGaps(c, r, part.Max, nil)
		got := sum.verdict(part, p, c.Quantile)
		value, ok := gapQuantile(c, r, p, &buf)
		if len(values) == 0 {
			if ok || got != Undefined {
				t.Fatalf("no gaps have a quantile of %v, %v", value, got)
			}
			continue
		}
		q := twinQuantile(c.Quantile, values, p)
		if want := verdict(q.Cmp(part.limit().rat()) <= 0); got != want || verdict(value <= part.Max) != want {
			t.Fatalf("%v of %v, p = %v: verdict %v on %v, limit %v, want %v", c.Quantile, values, p, got, value, part.Max, want)
		}
		up := floor(q)
		if !q.IsInt() {
			up.Add(up, big.NewInt(1))
		}
		if !ok || int64(value) != up.Int64() {
			t.Fatalf("%v of %v, p = %v: %v, want %v", c.Quantile, values, p, value, up)
		}
	}
}
