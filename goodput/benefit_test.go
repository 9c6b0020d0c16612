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

func known64(x float64) metrics.Optional[float64] { return metrics.Known(x) }

func TestBenefit(t *testing.T) {
	const cancelled, completed = metrics.Cancelled, metrics.Completed
	fast, slow, stall := stream(t, .1, .2, .3, .4, .5), stream(t, 1, 1.1, 1.2, 1.3, 1.4), stream(t, .1, .2, .3, 2, 2.1)
	none := stream(t)
	endless := *stall
	endless.Outcome = cancelled
	nobody := *none
	nobody.Outcome = cancelled
	unborn := *until(none, cancelled, 3)
	unborn.Sent = metrics.Instant{}
	unsent := *until(stall, cancelled, 9)
	unsent.Sent = metrics.Instant{}

	tokens := Options{Penalty: Penalty{Form: Tokens}}
	share := func(l time.Duration) Options { return Options{Penalty: Penalty{Form: Share, Limit: l}} }
	delivered := Options{Abandoned: AsDelivered}
	first := Options{Reader: Reader{Origin: FromFirstToken}}
	alpha := func(a float64) Options { return Options{Alpha: known64(a)} }
	undefined := metrics.Optional[float64]{}

	tests := []struct {
		name   string
		o      Options
		r      *metrics.Request
		idle   metrics.Span
		want   metrics.Optional[float64]
		reason string
	}{
		{"fast", Options{}, fast, ms(0), known64(5), "DEFINITIONS §7, seconds"},
		{"late start", Options{}, slow, ms(800), known64(3), "DEFINITIONS §7, seconds: 5 - 2.5 · 0.8"},
		{"stall", Options{}, stall, ms(1200), known64(2), "DEFINITIONS §7, seconds: 5 - 2.5 · 1.2"},
		{"fast, tokens", tokens, fast, ms(0), known64(5), "DEFINITIONS §7, tokens"},
		{"late start, tokens", tokens, slow, ms(800), known64(-5), "DEFINITIONS §7, tokens: 5 - 2.5 · 4"},
		{"stall, tokens", tokens, stall, ms(1200), known64(-10), "DEFINITIONS §7, tokens: 5 - 2.5 · 6"},
		{"stall, share of 2.4 s", share(2400 * time.Millisecond), stall, ms(1200), known64(-1.25), "5 - 2.5 · 5 · 0.5"},
		{"stall, share of 1.2 s", share(1200 * time.Millisecond), stall, ms(1200), known64(-7.5), "all of its worth: 5 (1 - 2.5)"},
		{"stall, share of 1 ns", share(1), stall, ms(1200), known64(-7.5), "no more than all of its worth"},
		{"stall, own", Options{Penalty: Penalty{Name: "square", Func: func(l time.Duration, n int64) float64 { return math.Pow(float64(l.Milliseconds()/100), 2) }}}, slow, ms(800), known64(-155), "the caller's f: 5 - 2.5 · 64"},
		{"stall, alpha 0", alpha(0), stall, ms(1200), known64(5), "0 is expressible and is not the default"},
		{"stall, alpha 1", alpha(1), stall, ms(1200), known64(3.8), "5 - 1.2"},
		{"exact cancellation", Options{}, stream(t, 1, 1), ms(800), known64(0), "2 - 2.5 · 0.8 is 0, not 2e-16"},

		{"cancelled at once", Options{}, until(fast, cancelled, .5), ms(0), known64(5), "the next token was wanted at 1.2"},
		{"cancelled when due", Options{}, until(fast, cancelled, 1.2), ms(0), known64(5), "boundary: 0 + 0.2 · 6"},
		{"cancelled 4 s later", Options{}, until(fast, cancelled, 5.2), ms(4000), known64(-5), "5 - 2.5 · 4: the stall was lived"},
		{"timed out 4 s later", Options{}, until(fast, metrics.TimedOut, 5.2), ms(4000), known64(-5), "abandoned, too"},
		{"failed 4 s later", Options{}, until(fast, metrics.Failed, 5.2), ms(4000), known64(-5), "abandoned, too"},
		{"completed, end 4 s later", Options{}, until(fast, completed, 5.2), ms(0), known64(5), "usage and done events after the last token are not waited for"},
		{"cancelled, as delivered", delivered, until(fast, cancelled, 5.2), ms(0), known64(5), "[Smooth]: tokens so far, idle time so far"},
		{"cancelled, smaller charge", Options{}, until(stall, cancelled, 2.1), ms(1200), known64(2), "the charge of 0.9 is below an earlier wait"},
		{"cancelled, end unknown", Options{}, &endless, ms(1200), known64(2), "the charge is unknown: as delivered, counted by Summary"},
		{"cancelled, arrival unknown", Options{}, &unsent, metrics.Span{}, undefined, "no origin"},
		{"cancelled, from first token", first, until(fast, cancelled, 5.3), ms(4000), known64(-5), "z = 0.1"},

		{"rejected at once", Options{}, until(none, metrics.Rejected, .1), metrics.Span{}, known64(0), "no token was wanted before 0.2"},
		{"rejected when due", Options{}, until(none, metrics.Rejected, .2), metrics.Span{}, known64(0), "boundary"},
		{"no token, cancelled", Options{}, until(none, cancelled, 3), metrics.Span{}, known64(-7), "DEFINITIONS §7: -2.5 (3 - 0.2)"},
		{"no token, completed", Options{}, until(none, completed, 3), metrics.Span{}, known64(-7), "an empty answer kept its user waiting all the same"},
		{"no token, from first token", first, until(none, cancelled, 3), metrics.Span{}, known64(-7), "there is no first token: from the arrival"},
		{"no token, as delivered", delivered, until(none, cancelled, 3), metrics.Span{}, undefined, "nothing came, nothing is charged"},
		{"no token, share", share(time.Second), until(none, cancelled, 3), metrics.Span{}, known64(0), "a share of no token; the doc says so"},
		{"no token, end unknown", Options{}, &nobody, metrics.Span{}, undefined, "nothing is known"},
		{"no token, arrival unknown", Options{}, &unborn, metrics.Span{}, undefined, "nothing is known"},
		{"no token, tolerance beyond time", Options{Reader: Reader{Tolerance: math.MaxInt64}}, until(none, cancelled, 3), metrics.Span{}, known64(0), "no overflow"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.idle, tt.o.IdleLatency(tt.r)); diff != "" {
				t.Errorf("idle latency, %s (-want +got):\n%s", tt.reason, diff)
			}
			var got metrics.Optional[float64]
			if b, ok := tt.o.Benefit(tt.r); ok {
				got = known64(b)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("benefit, %s (-want +got):\n%s", tt.reason, diff)
			}
		})
	}
}

// TestBenefitError holds the documented bound against exact arithmetic.
func TestBenefitError(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 2))
	for range 20_000 {
		o, r := randomOptions(rng), randomRequest(rng)
		want := naiveBenefit(o, r)
		got, ok := o.Benefit(r)
		if ok != (want != nil) {
			t.Fatalf("defined is %v, want %v\n%+v\n%+v", ok, !ok, o, r)
		}
		if !ok {
			continue
		}
		diff := new(big.Rat).Sub(new(big.Rat).SetFloat64(got), want)
		n := new(big.Rat).SetInt64(r.Tokens())
		// N + alpha f = 2 N - benefit
		bound := new(big.Rat).Add(n, n)
		bound.Sub(bound, want).Mul(bound, new(big.Rat).SetFloat64(math.Ldexp(1, -51)))
		if diff.Abs(diff).Cmp(bound) > 0 {
			w, _ := want.Float64()
			t.Fatalf("got %v, want %v\n%+v\n%+v", got, w, o, r)
		}
	}
}

func TestFunctionsPanicOnOptions(t *testing.T) {
	r := until(stream(t, 1), metrics.Cancelled, 9)
	nan := Options{Penalty: Penalty{Name: "bad", Func: func(time.Duration, int64) float64 { return math.NaN() }}}
	negative := Options{Penalty: Penalty{Name: "bad", Func: func(time.Duration, int64) float64 { return -1 }}}
	for name, f := range map[string]func(){
		"negative V":         func() { Reader{PerToken: -1}.IdleLatency(r) },
		"negative tolerance": func() { Options{Reader: Reader{Tolerance: -1}}.IdleLatency(r) },
		"negative alpha":     func() { Options{Alpha: known64(-1)}.Benefit(r) },
		"ideal without pace": func() { Ideal{TTFT: 1}.QoE(r) },
		"penalty NaN":        func() { nan.Benefit(r) },
		"penalty negative":   func() { negative.Benefit(r) },
		"no accelerator":     func() { Stats{}.PerAccelerator(0) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if s, ok := recover().(string); !ok || len(s) < 9 || s[:9] != "goodput: " {
					t.Errorf("panic value %q does not begin with the package", s)
				}
			}()
			f()
		})
	}
}
