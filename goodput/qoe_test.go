package goodput

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tokentime/tokentime/metrics"
)

func TestQoE(t *testing.T) {
	const s = time.Second
	two := Ideal{TTFT: s, PerToken: s / 2}
	noArrival := stream(t, 1, 2)
	noArrival.Sent = metrics.Instant{}
	chunk := func(at time.Duration, k int) *metrics.Request {
		return &metrics.Request{Sent: metrics.Known(time.Duration(0)), Deliveries: []metrics.Delivery{{At: at, Tokens: k}}}
	}
	undefined := metrics.Optional[float64]{}
	tests := []struct {
		name   string
		ideal  Ideal
		r      *metrics.Request
		want   metrics.Optional[float64]
		reason string
	}{
		{"early", two, stream(t, .5, .6, .7, .8), known64(1), "DEFINITIONS §7"},
		{"steady and late", two, stream(t, 2, 2.5, 3, 3.5), known64(3. / 7), "DEFINITIONS §7: 1 - 4/7"},
		{"stall", two, stream(t, 1, 1.5, 3.5, 3.6), known64(2. / 3), "DEFINITIONS §7: 1 - 3/9"},
		{"last token delayed", two, stream(t, 2, 2.5, 3, 10), known64(15. / 22), "1 - 10.5/33: above 3/7, though later; the doc says so"},
		{"ideal", two, stream(t, 1, 1.5, 2, 2.5), known64(1), "in time to the nanosecond"},
		{"one token in time", two, stream(t, 1), known64(1), "special case"},
		{"one token 1 ns late", two, chunk(s+1, 1), known64(0), "special case: 1 - 1/1"},
		{"one chunk in time", two, chunk(s, 4), known64(1), "the later ones are early"},
		{"one chunk late", two, chunk(2*s, 4), known64(3. / 7), "the reader falls behind by 1 s and stays there"},
		{"control events", two, &metrics.Request{Sent: metrics.Known(time.Duration(0)), Deliveries: []metrics.Delivery{{}, {At: s, Tokens: 1}, {At: 9 * s}}}, known64(1), "are no tokens"},
		{"no ideal first token", Ideal{PerToken: s}, chunk(0, 3), known64(1), "TTFT* = 0 is an ideal: at once"},
		{"no token", two, stream(t), undefined, "special case"},
		{"arrival unknown", two, noArrival, undefined, "special case"},
		{"no ideal", Ideal{}, stream(t, 1, 2), undefined, "special case: there is nothing to compare with"},
		{"abandoned", two, until(stream(t, .5, .6), metrics.Cancelled, 99), known64(1), "scored by what it delivered"},
		{"ideal beyond time", Ideal{TTFT: math.MaxInt64, PerToken: math.MaxInt64}, stream(t, 1, 2), known64(1), "no overflow"},
		{"most tokens", Ideal{PerToken: 1}, chunk(1<<30, 1<<31), known64(1 - math.Ldexp(1, 61)/(math.Ldexp(1, 61)+math.Ldexp(1, 30)*(1<<31-1))), "sums beyond 2^53"},
		{"largest sums", Ideal{PerToken: math.MaxInt64}, chunk(metrics.MaxInstant, 1<<31), known64(1 - 0x1p-32), "2^92 over about 2^124: sums beyond 2^64"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got metrics.Optional[float64]
			if q, ok := tt.ideal.QoE(tt.r); ok {
				got = known64(q)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.reason, diff)
			}
		})
	}
}

// The ideal of the second delivery is 2^34 · 2^30 = 2^64 after that of the
// first, which is 0 modulo 2^64: were it to wrap, the token would be late.
func TestQoEDoesNotWrap(t *testing.T) {
	r := &metrics.Request{Sent: metrics.Known(time.Duration(0)), Deliveries: []metrics.Delivery{
		{At: 1 << 40, Tokens: 1 << 30}, {At: 1 << 41, Tokens: 1}}}
	n := big.NewInt(1<<30 + 1)
	delay := new(big.Int).Lsh(n, 40) // every token lags by 2^40
	ideal := new(big.Int).Lsh(n, 63) // N (N-1)/2 · 2^34, as N-1 = 2^30
	want, _ := new(big.Rat).SetFrac(ideal, delay.Add(delay, ideal)).Float64()
	if got, ok := (Ideal{PerToken: 1 << 34}).QoE(r); !ok || got != want {
		t.Errorf("got %v, want %v: only the first delivery is late, by 2^40", got, want)
	}
}

func TestQoEEqualsNaive(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 3))
	defined := 0
	for range 20_000 {
		q, r := randomOptions(rng).Ideal, randomRequest(rng)
		want := naiveQoE(q, r)
		got, ok := q.QoE(r)
		if ok != (want != nil) {
			t.Fatalf("defined is %v, want %v\n%+v\n%+v", ok, !ok, q, r)
		}
		if !ok {
			continue
		}
		defined++
		if w, _ := want.Float64(); got != w {
			t.Fatalf("got %v, want %v\n%+v\n%+v", got, w, q, r)
		}
	}
	if defined < 5_000 {
		t.Errorf("only %d cases had a QoE", defined)
	}
}

// TestRatio compares the long division with math/big, which rounds once.
func TestRatio(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 4))
	random := func() wide {
		w := wide{rng.Uint64() >> 1, rng.Uint64()}
		for range rng.IntN(127) {
			w = wide{w.hi >> 1, w.lo>>1 | w.hi<<63}
		}
		return w
	}
	check := func(a, b wide) {
		t.Helper()
		want, _ := new(big.Rat).SetFrac(a.int(), b.int()).Float64()
		if got := ratio(a, b); got != want {
			t.Fatalf("ratio(%v, %v) = %v, want %v", a, b, got, want)
		}
	}
	for range 100_000 {
		a, b := random(), random()
		if b.less(a) {
			a, b = b, a
		}
		if (b != wide{}) {
			check(a, b)
		}
	}
	// Quotients half way between two float64 values, and one part in 2^125
	// to each side of that.
	for _, m := range []uint64{1<<54 + 2, 1<<54 + 6} {
		half := product(m, 1<<62)
		for _, a := range []wide{half.minus(wide{0, 1}), half, half.plus(wide{0, 1})} {
			check(a, wide{1 << 61, 0})
			check(a, wide{1<<61 + 1, 1})
		}
	}
	for _, b := range []uint64{1, 2, 1<<53 - 1, 1 << 53, 1<<53 + 1, math.MaxUint64} {
		check(wide{}, wide{0, b})
		check(wide{0, 1}, wide{0, b})
		check(wide{0, b}, wide{0, b})
	}
	check(wide{1 << 60, 1}, wide{1 << 60, 1})
}
