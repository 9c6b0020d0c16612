package goodput

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/tokentime/tokentime/metrics"
)

func ms(n int64) metrics.Span { return metrics.Known(time.Duration(n) * time.Millisecond) }

func TestReaderIdleLatency(t *testing.T) {
	const s = time.Second
	at := func(arrival time.Duration, ds ...metrics.Delivery) *metrics.Request {
		return &metrics.Request{Sent: metrics.Known(arrival), Deliveries: ds}
	}
	noArrival := stream(t, 1, 2)
	noArrival.Sent = metrics.Instant{}
	smooth := stream(t, .1, .2, .3, .4, .5, .6, .7, .8, .9, 1, 2, 2.1, 2.2)
	tests := []struct {
		name   string
		reader Reader
		r      *metrics.Request
		want   metrics.Span
		reason string
	}{
		{"fast", Reader{}, stream(t, .1, .2, .3, .4, .5), ms(0), "DEFINITIONS §7: every token is there before the reader wants it"},
		{"late start", Reader{}, stream(t, 1, 1.1, 1.2, 1.3, 1.4), ms(800), "DEFINITIONS §7: wanted at 0.2, came at 1"},
		{"stall", Reader{}, stream(t, .1, .2, .3, 2, 2.1), ms(1200), "DEFINITIONS §7: token 4 wanted at 0.8, came at 2"},
		{"fast, from first token", Reader{Origin: FromFirstToken}, stream(t, .1, .2, .3, .4, .5), ms(0), "DEFINITIONS §7"},
		{"late start, from first token", Reader{Origin: FromFirstToken}, stream(t, 1, 1.1, 1.2, 1.3, 1.4), ms(0), "DEFINITIONS §7: the wait for the first token is hidden"},
		{"stall, from first token", Reader{Origin: FromFirstToken}, stream(t, .1, .2, .3, 2, 2.1), ms(1100), "DEFINITIONS §7: token 4 wanted at 0.1 + 0.8"},
		{"stall held back, from first token", Reader{Origin: FromFirstToken}, stream(t, 2, 2, 2, 2, 2.1), ms(0), "holding back the first token pays under this origin; the doc says so"},
		{"stall behind a buffer", Reader{PerToken: s / 4}, smooth, ms(0), "[Smooth] §1: ten tokens last a reader of 4/s beyond a TBT of 1 s"},
		{"stall, faster reader", Reader{PerToken: s / 8}, smooth, ms(625), "token 11 is wanted at 1.375"},

		{"no token", Reader{}, at(0), metrics.Span{}, "special case: undefined, not 0"},
		{"control events only", Reader{}, at(0, metrics.Delivery{At: s}), metrics.Span{}, "a delivery of no token is none"},
		{"arrival unknown", Reader{}, noArrival, metrics.Span{}, "special case: undefined"},
		{"arrival unknown, from first token", Reader{Origin: FromFirstToken}, noArrival, ms(600), "z = t_1 = 1 is known; token 2 wanted at 1.4"},
		{"chunk", Reader{}, at(0, metrics.Delivery{At: s, Tokens: 3}, metrics.Delivery{At: 2 * s, Tokens: 2}), ms(1200), "tokens 1 and 4 decide: 0.8 and 1.2"},
		{"control event ignored", Reader{}, at(0, metrics.Delivery{}, metrics.Delivery{At: s / 5, Tokens: 1}, metrics.Delivery{At: 9 * s}), ms(0), "neither at the head nor at the tail is it waited for"},
		{"due counts", Reader{}, &metrics.Request{Due: metrics.Known(-s), Sent: metrics.Known(time.Duration(0)), Deliveries: []metrics.Delivery{{At: s, Tokens: 1}}}, ms(1800), "arrival is due: coordinated omission does not hide the wait"},

		{"in time", Reader{}, at(0, metrics.Delivery{At: s / 5, Tokens: 1}), ms(0), "special case: t = z + V"},
		{"1 ns early", Reader{}, at(0, metrics.Delivery{At: s/5 - 1, Tokens: 1}), ms(0), "boundary"},
		{"1 ns late", Reader{}, at(0, metrics.Delivery{At: s/5 + 1, Tokens: 1}), metrics.Known(time.Duration(1)), "boundary"},
		{"tolerated", Reader{Tolerance: 800 * time.Millisecond}, stream(t, 1, 1.1), ms(0), "D_0 + V = 1 s"},
		{"tolerance short by 1 ns", Reader{Tolerance: 800*time.Millisecond - 1}, stream(t, 1, 1.1), metrics.Known(time.Duration(1)), "boundary"},

		{"longest wait", Reader{PerToken: 1}, at(-metrics.MaxInstant, metrics.Delivery{At: metrics.MaxInstant, Tokens: 1}), metrics.Known(2*metrics.MaxInstant - 1), "no overflow at the bounds of instants"},
		{"V at its largest", Reader{PerToken: math.MaxInt64}, at(-metrics.MaxInstant, metrics.Delivery{At: metrics.MaxInstant, Tokens: 1}), ms(0), "V i beyond all instants"},
		{"V and tolerance at their largest", Reader{PerToken: math.MaxInt64, Tolerance: math.MaxInt64}, at(metrics.MaxInstant, metrics.Delivery{At: metrics.MaxInstant, Tokens: 1}), ms(0), "their sum would wrap"},
		{"V k wraps to a small number", Reader{PerToken: 1 << 34}, at(0, metrics.Delivery{At: 1 << 40, Tokens: 1 << 30}, metrics.Delivery{At: 1 << 41, Tokens: 1}), metrics.Known(time.Duration(1<<40 - 1<<34)), "2^34 · 2^30 = 2^64 is 0 modulo 2^64; the second delivery is early all the same"},
		{"V k as long as any step", Reader{PerToken: 1 << 32}, at(0, metrics.Delivery{At: 1 << 40, Tokens: 1 << 30}, metrics.Delivery{At: metrics.MaxInstant, Tokens: 1}), metrics.Known(time.Duration(1<<40 - 1<<32)), "boundary of the guard: 2^62"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.reader.IdleLatency(tt.r)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.reason, diff)
			}
		})
	}
}

// For a reader who takes at most one token per V, the largest lateness is the
// sum of the waits.
func TestIdleLatencyIsTheSumOfWaits(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 1))
	for range 20_000 {
		o, r := randomOptions(rng), randomRequest(rng)
		want := naiveWait(o, r)
		if diff := cmp.Diff(want, readAlong(o, r)); diff != "" {
			t.Fatalf("the formula and the reader differ (-formula +reader):\n%s\n%+v\n%+v", diff, o, r)
		}
		if len(instants(r)) == 0 {
			want = metrics.Span{}
		}
		if diff := cmp.Diff(want, o.IdleLatency(r)); diff != "" {
			t.Fatalf("(-naive +fast):\n%s\n%+v\n%+v", diff, o, r)
		}
		o.Abandoned = AsDelivered
		if diff := cmp.Diff(naiveWait(o, r), o.Reader.IdleLatency(r)); diff != "" {
			t.Fatalf("Reader alone (-naive +fast):\n%s\n%+v\n%+v", diff, o, r)
		}
	}
}

func TestPerToken(t *testing.T) {
	tests := []struct {
		speed  float64
		want   time.Duration
		ok     bool
		reason string
	}{
		{5, 200 * time.Millisecond, true, "the default of the program"},
		{3, 333333333, true, "rounded to the nearest nanosecond"},
		{1.5, 666666667, true, "rounded to the nearest nanosecond"},
		{1e9, 1, true, "the fastest reader"},
		{4e9, 0, false, "less than a nanosecond per token"},
		{1e-9, 1e18, true, "31 years per token"},
		{1e-10, 0, false, "longer than any Duration"},
		{0, 0, false, "a reader who never reads has no V"},
		{-5, 0, false, "no speed"},
		{math.Inf(1), 0, false, "no number"},
		{math.NaN(), 0, false, "no number"},
	}
	for _, tt := range tests {
		got, err := PerToken(tt.speed)
		if got != tt.want || (err == nil) != tt.ok {
			t.Errorf("PerToken(%v) = %v, %v; want %v, ok %v: %s", tt.speed, got, err, tt.want, tt.ok, tt.reason)
		}
		var oe *OptionError
		if err != nil && !(errors.As(err, &oe) && errors.Is(err, ErrRange)) {
			t.Errorf("PerToken(%v): error %v is no OptionError out of range", tt.speed, err)
		}
	}
}

func TestHumanPace(t *testing.T) {
	// DEFINITIONS §7, from the words per minute of Brysbaert 2019.
	got := map[string]float64{}
	for name, v := range map[string]time.Duration{"non-fiction": SilentNonFiction, "fiction": SilentFiction, "aloud": Aloud} {
		got[name] = math.Round(10/v.Seconds()) / 10
	}
	want := map[string]float64{"non-fiction": 5.2, "fiction": 5.6, "aloud": 4.0}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tokens/s (-want +got):\n%s", diff)
	}
}
